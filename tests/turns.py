"""A scheduler that asks a test who goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from oracle.machine.machine import Machine
from oracle.machine.sched import Scheduler
from oracle.machine.task import Task

Pick = Callable[[Task | None, deque[Task]], int]


class Turns(Scheduler):
    """The machine's own scheduler until a test sets `pick`; from then on, that is asked.

    With None, for an index into those that are ready; with a task that stands at a preemption point, for 0 to let it go on or
    an index into [it, *those that are ready].
    """

    __slots__ = ("at", "pick")

    def __init__(self, k: Machine) -> None:
        super().__init__(k)
        self.pick: Pick | None = None
        self.at = ""  # the point at which the task stands

    def _resume(self, task: Task) -> None:
        if self.pick is None:
            return super()._resume(task)
        ready = self.ready
        ready.appendleft(task)
        task = ready[self.pick(None, ready)]
        while (trap := self.advance(task)) is not None:
            ready.remove(task)
            self.at = trap.why
            index = self.pick(task, ready) if ready else 0
            ready.appendleft(task)
            task = ready[index]
        return None
