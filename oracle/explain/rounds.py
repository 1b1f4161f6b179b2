"""Notices kernel code that goes round and round, so that no more than one round of it need be watched.

A task that passes a point again, with the machine and all that its own code has at hand as they were there before, does the
same again and again until the scheduler gives it up: nobody else runs meanwhile, and no time passes. So the rounds in between
can be left out, and what is left of the last one ends where it would have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TypeAlias

from oracle.explain.events import Write
from oracle.explore.values import CONTAINERS, SCALARS
from oracle.machine.machine import Machine
from oracle.machine.sched import RESUMES_PER_ROUND
from oracle.machine.task import Task

Position: TypeAlias = tuple[tuple[CodeType, int], ...]  # where each function on the way to a point stands


@dataclass(frozen=True, slots=True)
class _Pass:
    """A point that a task passed: when, and what was at hand there."""

    resumes: int
    writes: int  # noted by then
    outside: tuple[int, ...]
    names: tuple[tuple[str, object], ...]


class Rounds:
    """The points that the task that runs now has passed without a sleep."""

    def __init__(self, k: Machine) -> None:
        self._k = k
        self._task: Task | None = None
        self._last = -1  # how often it had been let go on
        self._passed: dict[Position, _Pass] = {}

    def passes(self, task: Task, standing: Iterable[FrameType], writes: Sequence[Write]) -> None:
        """A task is at a point where others could run; `standing`: its functions that wait there for what they called.

        If it has come full circle, it is done with all rounds but the last.
        """
        if task is not self._task or task.resumes <= self._last:
            self._passed.clear()  # it has slept, or is let go on
        self._task, self._last = task, task.resumes
        position, names = _at_hand(standing)
        now = _Pass(task.resumes, len(writes), self._outside(), names)
        before = self._passed.get(position)
        self._passed[position] = now
        if before is None or before.outside != now.outside or not _same(before.names, now.names):
            return
        if _undone(writes[before.writes :]):
            around = now.resumes - before.resumes
            task.resumes += max(0, RESUMES_PER_ROUND - 1 - task.resumes) // around * around

    def _outside(self) -> tuple[int, ...]:
        """What of the machine is not noted when it is written: the clock, the scheduler's doings, who is known by a name."""
        k = self._k
        return k.ticks, k.sched.events, k.sched.rings, len(k.names), len(k.lwp_names), len(k.roles)


def _at_hand(standing: Iterable[FrameType]) -> tuple[Position, tuple[tuple[str, object], ...]]:
    """Where functions stand, and what their names stand for."""
    position: list[tuple[CodeType, int]] = []
    names: list[tuple[str, object]] = []
    for frame in standing:
        position.append((frame.f_code, frame.f_lasti))
        names += [(name, _copy(value)) for name, value in frame.f_locals.items()]
    return tuple(position), tuple(names)


def _copy(value: object) -> object:
    return value.copy() if isinstance(value, CONTAINERS) else value


def _same(before: Sequence[tuple[str, object]], now: Sequence[tuple[str, object]]) -> bool:
    """Whether names stand for what they stood for. Errors that were caught on the way are gone, whatever a name says."""
    return len(before) == len(now) and all(
        one[0] == other[0] and _alike(one[1], other[1]) for one, other in zip(before, now, strict=True)
    )


def _alike(before: object, now: object) -> bool:
    if before is now:
        return True
    plain = (*SCALARS, *CONTAINERS, tuple)
    return type(before) is type(now) and isinstance(now, plain) and before == now


def _undone(writes: Sequence[Write]) -> bool:
    """Whether everything that was written is again as it was before."""
    first: dict[tuple[int, str, object], object] = {}
    last: dict[tuple[int, str, object], object] = {}
    for one in writes:
        if not one.born:  # what is made and not kept makes no difference
            place = (id(one.obj), one.field, id(one.key) if isinstance(one.key, CONTAINERS) else one.key)
            first.setdefault(place, one.before)
            last[place] = one.after
    return all(_alike(before, last[place]) for place, before in first.items())
