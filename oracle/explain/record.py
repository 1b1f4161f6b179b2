"""Records what kernel code does in one run: every write to a kernel object, decision, sleep and return, each with its place.

The objects of the machine are watched by exchanging their classes (`oracle.explore.tracker.Kinds`); containers are compared
with how they were at each line of the flavor that runs. Where kernel code stands is known from Python's trace function.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, FrameType, GeneratorType
from typing import Any, TypeAlias

from oracle.errors import UsageError
from oracle.explain.contents import Contents
from oracle.explain.events import WHOLE, At, Decided, Failed, Read, Returned, Site, Slept, Write
from oracle.explain.rounds import Rounds
from oracle.explain.statements import Decision, statements_of
from oracle.explore.kinds import Kinds
from oracle.explore.values import CONTAINERS
from oracle.flavor import Flavor
from oracle.machine import traps
from oracle.machine.errno import Errno
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import Scheduler

Trace: TypeAlias = Any  # a trace function: (frame, event, arg) -> itself or None
_get = object.__getattribute__
_RESUME = getattr(Scheduler._resume, "__code__", None)  # who lets a task go on; compiled, it has none, and is not watched


class Recorder:
    """Watches one machine while kernel code of a flavor runs on it."""

    def __init__(self, k: Machine, flavor: Flavor) -> None:
        self.k = k
        self.serial = 0
        self.writes: list[Write] = []
        self.decided: list[Decided] = []
        self.slept: list[Slept] = []
        self.returned: list[Returned] = []
        self.failed: list[Failed] = []
        self.reads: list[Read] = []
        self.stood: dict[Lwp, tuple[int, Site]] = {}  # where somebody else could run last, and when that was
        self.roles_read: dict[str, None] = {}  # a listener has them; they decide nothing
        self.roles_given: dict[str, None] = {}
        self._kinds = _kinds()
        self._rounds = Rounds(k)
        self._standing: list[FrameType] = []  # functions that wait, innermost first
        self._packages = frozenset(_package(call.run.__module__) for call in flavor.calls.values()) | {
            _package(flavor.boot.__module__)
        }
        self._code: dict[CodeType, Trace] = {}  # what to do with a function
        self._decisions: dict[CodeType, dict[int, Decision]] = {}
        self._entries = {code for call in flavor.calls.values() if (code := _code_of(call.run)) is not None}
        self._tops = set(self._entries)
        self._in_call = False  # whether the last place was in one
        self._around = _code_of(flavor.syscall)
        self._objects: dict[int, object] = {}
        self._contents = Contents()
        self._unborn: list[tuple[object, Site, frozenset[str]]] = []
        self._unsettled: tuple[object, str, object, Site] | None = None
        self._at: tuple[FrameType | None, int] = (None, 0)
        self._pending: dict[FrameType, tuple[Decision, dict[str, object], Site]] = {}
        self._frames: dict[FrameType, int] = {}
        if flavor.calls and not any(inspectable(code) for code in self._entries):
            raise UsageError(f"{flavor.id} is compiled: what it does can't be watched; explain with the project as it is")

    # --- watching -------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Watch all that there is on the machine."""
        self.k.furnish()
        self._adopt(self.k)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note what happens inside the block."""
        before = sys.gettrace()
        assert self._kinds.tracker is None, "one run is watched at a time"
        self._kinds.tracker = self
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)
            self.settle()
            self._kinds.tracker = None

    def settle(self) -> None:
        """Note what has been done so far, with the place where the kernel code stood."""
        self._settle_write()
        if self._unborn:
            self._settle_births()
        if self._contents.changed():
            site = self._site_now()
            for obj, field, key, before, after in self._contents.changes():
                self.writes.append(Write(self._next(), obj, field, key, before, after, site, self.k.curlwp))
                self._adopt(after)

    def _adopt(self, value: object) -> None:
        """Watch the kernel objects that can be reached from a value."""
        kinds, objects = self._kinds, self._objects
        queue: list[object] = [value]
        for one in queue:
            kind = type(one)
            if kind in CONTAINERS or kind is tuple:
                queue += one  # type: ignore[arg-type]
                if kind is dict:
                    queue += one.values()  # type: ignore[attr-defined]
            elif id(one) not in objects and (watched := kinds.watched(kind)) is not None:
                objects[id(one)] = one
                one.__class__ = watched
                for field in kinds.fields[watched]:
                    held = _get(one, field)
                    self._contents.track(one, field, held)
                    queue.append(held)

    # --- what the machine tells (see Listener) --------------------------------------------------------------------------

    def read(self, obj: object, field: str, value: object) -> None:
        """What a call's own function reads, or one that it calls, may be what it answers."""
        frame = sys._getframe(2)
        if frame.f_code in self._tops or (frame.f_back is not None and frame.f_back.f_code in self._tops):
            self.reads.append(Read(self.serial, self.k.curlwp, obj, field))

    def write(self, obj: object, field: str, before: object) -> None:
        """A field is about to be written."""
        self.settle()
        self._unsettled = (obj, field, before, self._site(sys._getframe(2)))

    def channel(self, wchan: object) -> None:
        """The scheduler is not listened to."""

    def sleeper(self, lwp: Lwp) -> None:
        """Likewise."""

    def enables(self, lwp: Lwp) -> None:
        """Likewise."""

    # --- noting ---------------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _settle_write(self) -> None:
        if self._unsettled is None:
            return
        obj, field, before, site = self._unsettled
        self._unsettled = None
        after = _get(obj, field)
        self.writes.append(Write(self._next(), obj, field, WHOLE, before, after, site, self.k.curlwp))
        self._contents.track(obj, field, after)
        self._adopt(after)

    def _settle_births(self) -> None:
        born, self._unborn = self._unborn, []
        for obj, site, given in born:
            watched = self._kinds.watched(type(obj))
            if watched is None or not all(_has(obj, field) for field in self._kinds.fields[watched]):
                continue  # it is still being made, or was given up
            for field in self._kinds.fields[watched]:
                value = _get(obj, field)
                self.writes.append(
                    Write(self._next(), obj, field, WHOLE, None, value, site, self.k.curlwp, True, field in given)
                )
            self._adopt(obj)

    # --- where kernel code stands ---------------------------------------------------------------------------------------

    def _called(self, frame: FrameType, event: str, arg: object) -> Trace:
        """The trace function for calls."""
        code = frame.f_code
        try:
            act = self._code[code]
        except KeyError:
            act = self._code[code] = self._act(frame)
        return None if act is None else act(frame, event, arg)

    def _act(self, frame: FrameType) -> Trace:
        code = frame.f_code
        if code is traps.tsleep.__code__:
            return self._sleeps
        name = frame.f_globals.get("__name__", "")
        if (
            code.co_name == "__init__"
            and code.co_varnames
            and not name.startswith(("oracle.machine.traps", "oracle.machine.sched"))
        ):
            made = frame.f_locals.get(code.co_varnames[0])
            return self._made if self._kinds.watched(type(made)) is not None else None
        if self._is_kernel(frame):
            return self._enters
        return self._passes if code.co_flags & inspect.CO_GENERATOR else None

    def _is_kernel(self, frame: FrameType) -> bool:
        """Whether a function is of the flavor's code."""
        return _package(frame.f_globals.get("__name__", "")) in self._packages and inspectable(frame.f_code)

    def _sleeps(self, frame: FrameType, event: str, arg: object) -> Trace:
        timo = frame.f_locals["timo"]
        self.slept.append(Slept(self._next(), self.k.curlwp, timo, self._site(frame.f_back)))
        return None

    def _made(self, frame: FrameType, event: str, arg: object) -> Trace:
        """A kernel object is made: what is its arguments' own is given, the rest has its default."""
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        made = frame.f_locals[names[0]]
        site = self._site(frame.f_back)
        self._unborn.append((made, site, self._given(frame.f_back, type(made).__name__, names[1:])))
        return None

    def _given(self, caller: FrameType | None, kind: str, names: tuple[str, ...]) -> frozenset[str]:
        """The parameters that the kernel code that makes an object names; none, if the machine makes it by itself."""
        if caller is None or self._code.get(caller.f_code) != self._enters:
            return frozenset()
        module = caller.f_globals["__name__"]
        return statements_of(module).given(caller.f_lineno, kind, names)

    def _enters(self, frame: FrameType, event: str, arg: object) -> Trace:
        """Kernel code begins, or goes on after a sleep."""
        self.settle()
        self._frames.setdefault(frame, len(self._frames))
        self._at = (frame, frame.f_lineno)
        return self._inside

    def _inside(self, frame: FrameType, event: str, arg: Any) -> Trace:
        """The trace function inside kernel code."""
        if event == "line":
            self.settle()
            self._at = (frame, frame.f_lineno)
            self._decide(frame)
        elif event == "return":
            self.settle()
            trap = isinstance(arg, traps.Sleep | traps.Preempt)
            if not trap:
                self._went(frame, 0)
                self._returns(frame, arg)
            caller = frame.f_back
            self._at = (caller, caller.f_lineno if caller is not None else 0)
            if trap:
                self._stands(frame, arg)
        elif event == "exception" and isinstance(arg[1], Errno) and not (self.failed and self.failed[-1].error is arg[1]):
            self.failed.append(Failed(self._next(), self.k.curlwp, arg[1], self._site(frame)))
        return self._inside

    def _returns(self, frame: FrameType, value: object) -> None:
        """A function has returned."""
        code = frame.f_code
        if code in self._tops and isinstance(value, GeneratorType) and value.gi_frame and self._is_kernel(value.gi_frame):
            self._tops.add(value.gi_code)  # this one makes the rest of the call
        elif (site := self._site(frame)) and self._in_call:
            self.returned.append(Returned(self._next(), self.k.curlwp, value, site))

    def _stands(self, frame: FrameType, trap: traps.Trap) -> None:
        """A function waits where it stands, or for what it called there."""
        self._standing.append(frame)
        if frame.f_back is None or frame.f_back.f_code is not _RESUME:
            return
        standing, self._standing = self._standing, []
        if isinstance(trap, traps.Preempt):
            assert self.k.curlwp is not None and self.k.curlwp.lwp_task is not None
            inner = next((one for one in standing if self._is_kernel(one)), None)
            self.stood[self.k.curlwp] = (self._next(), self._site(inner))
            self._rounds.passes(self.k.curlwp.lwp_task, standing, self.writes)

    def _passes(self, frame: FrameType, event: str, arg: Any) -> Trace:
        """The trace function inside what is no kernel code, but may be on the way from it to a trap."""
        frame.f_trace_lines = False
        if event == "return" and isinstance(arg, traps.Sleep | traps.Preempt):
            self._stands(frame, arg)
        return self._passes

    def _decide(self, frame: FrameType) -> None:
        line = frame.f_lineno
        if frame in self._pending:
            self._went(frame, line)
        try:
            decisions = self._decisions[frame.f_code]
        except KeyError:
            decisions = self._decisions[frame.f_code] = statements_of(frame.f_globals["__name__"]).decisions
        decision = decisions.get(line)
        if decision is not None and frame not in self._pending:
            names = {
                name: value for name, value in frame.f_locals.items() if id(value) in self._objects or type(value) in CONTAINERS
            }
            self._pending[frame] = decision, names, self._site(frame)

    def _went(self, frame: FrameType, line: int) -> None:
        """A decision that a function stood at has been taken, unless its condition goes over several lines."""
        found = self._pending.get(frame)
        if found is None or found[0].first <= line <= found[0].head:
            return
        decision, names, site = self._pending.pop(frame)
        taken = decision.block[0] <= line <= decision.block[1]
        self.decided.append(Decided(self._next(), decision, site, taken, names, self._frames.get(frame, -1), self.k.curlwp))

    def _site_now(self) -> Site:
        frame, line = self._at
        return self._site(frame, line)

    def _site(self, frame: FrameType | None, line: int = 0) -> Site:
        """Where kernel code stands, and who called it, up to the function of the system call."""
        found: list[At] = []
        self._in_call = False
        while frame is not None:
            code = frame.f_code
            if self._code.get(code) == self._enters and not (found and code is self._around):
                found.append((frame.f_globals["__name__"], line or frame.f_lineno))
                if code in self._tops:
                    self._in_call = True
                    break
            line = 0
            frame = frame.f_back
        return tuple(found)

    def site_of(self, failure: BaseException) -> Site:
        """Where a failure was raised."""
        found: list[At] = []
        traceback = failure.__traceback__
        while traceback is not None:
            if self._code.get(traceback.tb_frame.f_code) == self._enters:
                if traceback.tb_frame.f_code in self._entries:
                    found.clear()
                found.append((traceback.tb_frame.f_globals["__name__"], traceback.tb_lineno))
            traceback = traceback.tb_next
        return tuple(reversed(found))


@lru_cache(maxsize=1)
def _kinds() -> Kinds:
    """The watched classes. To make them takes longer than many a run."""
    return Kinds()


def _code_of(function: object) -> CodeType | None:
    """The code of a function as it was written, without what wraps it."""
    inner = inspect.unwrap(function) if callable(function) else None
    return getattr(inner, "__code__", None)


def inspectable(code: CodeType) -> bool:
    """Whether there is a text for a piece of code."""
    return code.co_filename.endswith(".py")


def _package(module: str) -> str:
    return module.partition(".")[0]


def _has(obj: object, field: str) -> bool:
    try:
        _get(obj, field)
    except AttributeError:
        return False
    return True
