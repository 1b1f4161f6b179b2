"""A step that was taken, while the run goes on: the call that was made, and what it has given so far."""

from __future__ import annotations

from oracle.calls import Result
from oracle.machine.errno import Errno, LwpExit, Panic
from oracle.machine.machine import MS_PER_TICK, Machine
from oracle.machine.task import Task
from oracle.outcome import ASLEEP, GONE, SPINS, UNMODELLED, Outcome
from oracle.scenario import Step


class Made:
    """What has become of a step by now."""

    __slots__ = ("call", "detail", "ended", "result", "returns", "started", "step", "task")

    def __init__(self, step: Step, now: int) -> None:
        self.step = step
        self.call = step.call  # as made on this flavor
        self.result = ""
        self.detail = ""
        self.task: Task | None = None  # None: the call was not made
        self.started = now
        self.ended = now
        self.returns = Result.NOTHING

    def by_now(self, now: int) -> tuple[str, int]:
        """What the call gave, or that it goes on; and the simulated milliseconds that it took, or has taken by now."""
        task = self.task
        if task is None or task.done:
            return self.result, (self.ended - self.started) * MS_PER_TICK
        return SPINS if task.spins else ASLEEP, (now - self.started) * MS_PER_TICK

    def outcome(self, now: int) -> Outcome:
        """The same, as a value that stays."""
        result, elapsed = self.by_now(now)
        return Outcome(self.step.index, self.step.by, self.call, result, self.detail, elapsed)

    def end(self, k: Machine, task: Task) -> None:
        """The call is over: note what it gave."""
        failure = task.failure
        self.ended = k.ticks
        if failure is None:
            self.result = _shown(k, task.value, self.returns)
        elif isinstance(failure, Errno):
            self.result, self.detail = failure.name, str(failure)
        elif isinstance(failure, LwpExit):
            self.result = GONE
        elif isinstance(failure, Panic):
            self.result, self.detail = "panic", str(failure)
        else:
            self.result, self.detail = UNMODELLED, str(failure)


def _shown(k: Machine, value: object, returns: Result) -> str:
    """What a call returned, with the role of a process in the place of its pid."""
    if value is None:
        return "0"
    if returns is Result.PROCESS and isinstance(value, int) and value:
        return role_of_pid(k, value)
    return str(value)


def role_of_pid(k: Machine, pid: int) -> str:
    """The role of the process that has or last had a pid."""
    for proc in reversed(k.names):
        if proc.p_pid == pid:
            return k.names[proc]
    return f"pid {pid}"
