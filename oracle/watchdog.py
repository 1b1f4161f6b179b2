"""Ends kernel code that neither ends nor yields: a flavor is foreign code, and one that loops must not hold up the others.

Its clock is the processor time of this process, so it is no matter how busy the host is or who stops at a breakpoint, and it
asks a run for nothing: in one that takes long a signal comes now and then, and only where the machine has not moved at all
since the last ones, in long enough, is there something to end. Between runs no timer goes. Python's signals reach the main
thread alone, and no loop inside a C function or in a compiled copy; there, and where somebody else uses the signal or its
timer, nothing is watched.
"""

from __future__ import annotations

import ast
import linecache
import os
import signal
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import TypeAlias

from oracle.errors import LimitExceeded, UsageError
from oracle.machine.machine import Machine

VARIABLE = "FORK_ORACLE_PATIENCE"
PATIENCE = 10.0  # seconds of processor time in which well-behaved kernel code gets to its next trap, on any host
LOOKS = 12  # in that time
AGAIN = (
    1 / 4
)  # of that time is enough for a loop that was ended before: who tries very many cases must not wait so long in each
AT_ALL = 3  # times that, and it is ended wherever it is; before, in its own packages alone: a tracer's lock would stay locked
LOOPS = (ast.While, ast.For, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Stack: TypeAlias = list[tuple[FrameType, int]]  # frames, the outermost first, and the lines where they are
OWN, RUN = "oracle", "oracle.run"
NO_TIMER = (0.0, 0.0)


class Ended(BaseException):
    """Raised in the code that loops; no `except Exception` of its own keeps it."""


class Watched:
    """A context in which a machine runs. Raises LimitExceeded, which names the loop, for kernel code that was ended."""

    __slots__ = ("_dog", "_k", "_outer")

    def __init__(self, k: Machine) -> None:
        self._k = k
        self._dog: Watchdog | None = None
        self._outer: Machine | None = None

    def __enter__(self) -> None:
        if threading.get_ident() == threading.main_thread().ident and (dog := watchdog()) is not None:
            self._dog, self._outer = dog, dog.watches
            dog.watches = self._k
            dog.entered += 1
            if self._outer is None:
                dog.arm()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._dog is not None:
            self._dog.watches = self._outer
            if self._outer is None:
                self._dog.rest()
            if kind is Ended:
                raise LimitExceeded(str(error)) from None


class Watchdog:
    """The one of a process."""

    __slots__ = ("_armed", "_mark", "_stacks", "_waited", "entered", "known", "patience", "watches")

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.known: set[str] = set()  # loops that were ended
        self._mark: tuple[int, ...] = ()  # how far the machine had come when it was looked at last
        self._stacks: list[Stack] = []  # as they were each time since it came there
        self._waited = 0.0  # since the first of them
        self._armed = False
        self.watches: Machine | None = None
        self.entered = 0  # contexts: a machine may stand at the address of one that was there before

    def arm(self) -> None:
        """From now on, come now and then; not if the timer is somebody else's by now."""
        interval = self.patience / LOOKS
        others = signal.setitimer(signal.ITIMER_VIRTUAL, interval, interval)
        self._armed = others == NO_TIMER
        if not self._armed:
            signal.setitimer(signal.ITIMER_VIRTUAL, *others)

    def rest(self) -> None:
        """Stay away until there is something to watch again."""
        if self._armed:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self._armed = False
        self._stacks.clear()

    def look(self, _signal: int, frame: FrameType | None) -> None:
        """Called by the signal, in whatever runs."""
        if self.watches is None:
            return
        interval = self.patience / LOOKS
        mark = self.entered, *_mark(self.watches)
        if mark != self._mark:
            self._mark, self._waited = mark, -interval
            self._stacks.clear()
        self._stacks.append(_stack(frame))
        self._waited += interval
        share = self._waited / self.patience + 1 / LOOKS**2  # what is added up is not exact
        if share < AGAIN or not (_is_own(self._stacks) or share >= AT_ALL):
            return
        if share >= 1 or (self.known and _loop(self._stacks) in self.known):
            self._end(_loop(self._stacks))

    def _end(self, where: str) -> None:
        self.known.add(where)
        raise Ended(
            f"{where} loops: kernel code that neither ends nor yields is given up after {self.patience:g} s of processor time "
            f"at the latest; {VARIABLE} in the environment says how many"
        )


@cache
def watchdog() -> Watchdog | None:
    """The watchdog of this process; None where there can't or shall not be one."""
    seconds = patience()
    if not seconds or not hasattr(signal, "setitimer"):
        return None
    if signal.getsignal(signal.SIGVTALRM) is not signal.SIG_DFL or signal.getitimer(signal.ITIMER_VIRTUAL) != NO_TIMER:
        return None  # it is somebody else's
    dog = Watchdog(seconds)
    signal.signal(signal.SIGVTALRM, dog.look)
    return dog


def patience() -> float:
    """Seconds of processor time, from the environment or as they are without a word there; 0: there is no limit."""
    said = os.environ.get(VARIABLE, "")
    try:
        seconds = float(said) if said else PATIENCE
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise UsageError(f"{VARIABLE}={said!r} in the environment; expected a number of seconds, or 0 for no limit")
    return seconds


def _mark(k: Machine) -> tuple[int, ...]:
    """How far a machine has come. Nobody else may notice that it was looked at."""
    sched = _get(k, "sched")
    last = _get(sched, "last")
    counts = [_get(sched, name) for name in ("spawned", "switches", "rings", "events")]
    return *counts, 0 if last is None else _get(last, "resumes")


def _stack(frame: FrameType | None) -> Stack:
    found = []
    while frame is not None:
        found.append((frame, frame.f_lineno))
        frame = frame.f_back
    return found[::-1]


def _never_left(stacks: Sequence[Stack]) -> list[tuple[tuple[FrameType, int], ...]]:
    """The frames of a run that were there each time, the outermost first, and where they were."""
    common = []
    for calls in zip(*stacks, strict=False):
        if any(frame is not calls[0][0] for frame, _ in calls):
            break
        common.append(calls)
    modules = [_module(calls[0][0]) for calls in common]
    return common[modules.index(RUN) :] if RUN in modules else common


def _is_own(stacks: Sequence[Stack]) -> bool:
    """Is it, just now, in a package of the code that was never left?"""
    packages = {_module(calls[0][0]).partition(".")[0] for calls in _never_left(stacks)}
    return _module(stacks[-1][-1][0]).partition(".")[0] in packages


def _loop(stacks: Sequence[Stack]) -> str:
    """Where it loops: in the innermost function that was never left, its smallest loop around all that it was seen at."""
    common = _never_left(stacks)
    in_a_run = _module(common[0][0][0]) == RUN
    foreign = [calls for calls in common if in_a_run and _module(calls[0][0]).partition(".")[0] != OWN]
    calls = foreign[-1] if foreign else common[-1]
    code = calls[0][0].f_code
    lines = [line for _, line in calls]
    around = [loop for loop in _loops(code.co_filename) if loop[0] <= min(lines) and max(lines) <= loop[1]]
    line = max(around, default=(code.co_firstlineno, 0))[0]
    return f"{code.co_qualname} ({Path(code.co_filename).name}:{line})"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


@cache
def _loops(file: str) -> tuple[tuple[int, int], ...]:
    """First and last line of every loop in a file."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return ()
    return tuple([(node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree) if isinstance(node, LOOPS)])


_get = object.__getattribute__  # where a search watches the machine, this is not noted
