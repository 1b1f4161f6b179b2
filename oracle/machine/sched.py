"""The deterministic scheduler: runs kernel coroutines, puts them to sleep, wakes them, moves the clock.

One LWP runs until it sleeps or is done; who makes every choice himself moves one from trap to trap. Given the same tasks and
the same choices, every run is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import GeneratorType
from typing import TYPE_CHECKING

from oracle.errors import LimitExceeded
from oracle.machine.errno import Errno, LwpExit, Panic, Unmodelled
from oracle.machine.task import Task, Waiting
from oracle.machine.traps import Kernel, Preempt, Sleep, Wake

if TYPE_CHECKING:
    from oracle.machine.machine import Machine
    from oracle.machine.proc import Lwp

RESUMES_PER_ROUND = 2_000  # resumes of one task in one round, after which it counts as spinning
SWITCHES_PER_ROUND = 100_000  # turns of all tasks together in one round
ROUND_TICKS = 6_000  # how far the clock may move in one round: one minute at 100 Hz
TASKS_PER_RUN = 20_000


class Contended(deque[Task]):
    """A run queue for which somebody else always waits, though he may not be on it yet: no preemption point is left out."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


class Scheduler:
    """Run queue, sleep queues and time-outs of one machine."""

    __slots__ = (
        "events",
        "finished",
        "k",
        "last",
        "panic",
        "preemptible",
        "ready",
        "rings",
        "sleepers",
        "spawned",
        "spinning",
        "switches",
    )

    def __init__(self, k: Machine) -> None:
        self.k = k
        self.ready: deque[Task] = deque()
        self.sleepers: list[Task] = []  # in the order in which they fell asleep
        self.spinning: list[Task] = []
        self.finished: Callable[[Task], None] = _ignore  # told of every task that ends
        self.preemptible = False  # whether the kernel can be preempted, or only where it may have to wait
        self.spawned = 0
        self.panic: Panic | None = None  # what the kernel died of; nothing runs any more
        self.last: Task | None = None  # the task that ran last
        self.switches = 0  # how often another task got its turn
        self.rings = 0  # how often timers went off
        self.events = 0  # how often a task began, fell asleep, was woken, or ended

    def dismantle(self) -> None:
        """Let go of the machine, its tasks and whoever listens. Nothing can run afterwards.

        Kernel code that never came to its end is cut off here and now: what it does on its way out shall not be seen later.
        """
        if unfinished := [*self.ready, *self.sleepers, *self.spinning]:
            for task in unfinished:
                if isinstance(task.code, GeneratorType):  # compiled code does nothing on its way out
                    with suppress(Panic, ValueError):
                        task.code.close()
            self.ready.clear()
            self.sleepers.clear()
            self.spinning.clear()
        self.last = None
        self.finished = _ignore
        self.k = None  # type: ignore[assignment]  # nobody asks a dismantled machine anything

    def spawn(self, lwp: Lwp, name: str, code: Kernel[object]) -> Task:
        """Make an LWP run kernel code; it gets its turn after those that are ready already."""
        self.spawned += 1
        self.events += 1
        if self.spawned > TASKS_PER_RUN:
            raise LimitExceeded(f"more than {TASKS_PER_RUN} trips into the kernel in one run; split the scenario")
        if lwp.lwp_task is not None:
            raise LimitExceeded(f"an LWP can run one system call at a time; it is in {lwp.lwp_task.name}")
        task = lwp.lwp_task = Task(lwp, name, code, self.k.ticks)
        self.ready.append(task)
        return task

    def run(self, call: Task | None = None) -> None:
        """Run until nothing can go on without somebody outside the kernel acting. One round. Nothing runs after a panic.

        The clock moves as sleeps time out. Interval timers move it only as long as `call` is not done: a program whose call
        has returned makes its next one before its alarm goes off.
        """
        if self.panic is not None:
            self.ready.clear()
            return
        most = self.switches + SWITCHES_PER_ROUND
        horizon = self.k.ticks + ROUND_TICKS
        ready = self.ready
        if self.spinning:
            self.unpark()
        while True:
            while ready:
                self._resume(ready.popleft())
                if self.switches > most:
                    raise LimitExceeded(f"more than {SWITCHES_PER_ROUND} switches in one round: tasks wake each other for ever")
            if call is not None and call.done and not self.sleepers:
                return
            if not self._advance(horizon, call is not None and not call.done):
                return

    def unpark(self) -> None:
        """Give those that spun in the last round another one."""
        for task in self.spinning:
            task.spins = False
            task.resumes = 0
        self.ready.extend(self.spinning)
        self.spinning.clear()

    def _resume(self, task: Task) -> None:
        """Let a task go on until it sleeps, ends, or spins."""
        k = self.k
        k.curlwp = task.lwp
        if task is not self.last:
            self.last = task
            self.switches += 1
        try:
            while True:
                trap = task.code.send(task.wake)  # type: ignore[arg-type]
                if isinstance(trap, Sleep):
                    return self._fall_asleep(task, trap)
                task.wake = Wake.WOKEN
                task.resumes += 1
                if task.resumes > RESUMES_PER_ROUND:
                    return self._set_aside(task)
        except StopIteration as stop:
            task.value = stop.value
            return self._end(task, None)
        except (Errno, LwpExit, Panic, Unmodelled) as failure:
            return self._end(task, failure)
        finally:
            k.curlwp = None
            if self.sleepers:
                self._note_missed(task)

    def advance(self, task: Task) -> Preempt | None:
        """Let one ready task go on as far as its next trap, whatever that is: for somebody who makes every choice himself.

        Returns the preemption point at which it stands now, ready to go on; None if it sleeps, is done, or spins.
        """
        self.ready.remove(task)
        task.resumes += 1
        k = self.k
        k.curlwp = task.lwp
        if task is not self.last:
            self.last = task
            self.switches += 1
        try:
            trap = task.code.send(task.wake)  # type: ignore[arg-type]
            passed = 0
            while not (self.preemptible or isinstance(trap, Sleep) or trap.blocks):
                passed += 1
                if passed > RESUMES_PER_ROUND:
                    task.wake = Wake.WOKEN
                    self._set_aside(task)
                    return None
                trap = task.code.send(Wake.WOKEN)
            if isinstance(trap, Sleep):
                self._fall_asleep(task, trap)
                return None
        except StopIteration as stop:
            task.value = stop.value
            self._end(task, None)
            return None
        except (Errno, LwpExit, Panic, Unmodelled) as failure:
            self._end(task, failure)
            return None
        finally:
            k.curlwp = None
            if self.sleepers:
                self._note_missed(task)
        task.wake = Wake.WOKEN
        self.ready.append(task)
        return trap

    def pass_time(self, horizon: int) -> bool:
        """Move the clock to the next time-out or timer up to `horizon`. False if there is none, or somebody could go on."""
        return not len(self.ready) and self._advance(horizon, True)

    def park(self, task: Task) -> None:
        """A ready task gets nowhere; it is left alone until the next round."""
        self.ready.remove(task)
        self._set_aside(task)

    def _set_aside(self, task: Task) -> None:
        """It spins: it gets no turn in this round any more."""
        task.spins = True
        self.spinning.append(task)

    def _fall_asleep(self, task: Task, sleep: Sleep) -> None:
        self.events += 1
        task.sleep = sleep
        task.slept = True
        task.missed = None
        task.wake_at = self.k.ticks + sleep.timo if sleep.timo else 0
        self.sleepers.append(task)
        if self.k.trace is not None:
            self.k.note(task.lwp, "sleeps", sleep.wmesg)

    def _note_missed(self, by: Task) -> None:
        """Remember of sleepers whom nobody woke that what they wait for has come about."""
        for task in self.sleepers:
            if task.missed is None and task.sleep is not None and task.sleep.awaits is not None and task.sleep.awaits():
                task.missed = by

    def _end(self, task: Task, failure: Exception | None) -> None:
        self.events += 1
        task.done = True
        task.failure = failure
        task.lwp.lwp_task = None
        if failure is not None and isinstance(failure, Panic):
            self.panic = failure
            self.ready.clear()
            self.sleepers.clear()
            self.spinning.clear()
        self.finished(task)

    def wakeup(self, wchan: object) -> int:
        """Wake everybody who sleeps on `wchan`, in the order in which they fell asleep. Says how many that were."""
        if not self.sleepers:
            return 0
        woken = [task for task in self.sleepers if task.sleep is not None and task.sleep.wchan is wchan]
        for task in woken:
            self._wake(task, Wake.WOKEN)
        return len(woken)

    def interrupt(self, lwp: Lwp) -> bool:
        """End the sleep of an LWP because of a signal, if it sleeps interruptibly."""
        task = lwp.lwp_task
        if task is None or task.sleep is None or not task.sleep.catch:
            return False
        self._wake(task, Wake.SIGNAL)
        return True

    def rouse(self, lwp: Lwp) -> bool:
        """End the sleep of one LWP alone, whatever it sleeps on."""
        task = lwp.lwp_task
        if task is None or task.sleep is None:
            return False
        self._wake(task, Wake.WOKEN)
        return True

    def _wake(self, task: Task, why: Wake) -> None:
        if self.k.trace is not None and task.sleep is not None:
            self.k.note(task.lwp, "wakes", f"{task.sleep.wmesg} ({why.value})")
        self.events += 1
        self.sleepers.remove(task)
        task.sleep = None
        task.wake = why
        task.resumes = 0
        self.ready.append(task)

    def _advance(self, horizon: int, timers: bool) -> bool:
        """Move the clock towards the next time-out, or timer if `timers`, up to `horizon`. False if there is none.

        A timer on the way to a time-out goes off at its own tick, too.
        """
        k = self.k
        timer = k.next_timer()
        due = timer if timers else 0
        for task in self.sleepers:
            if task.wake_at and (not due or task.wake_at < due):
                due = task.wake_at
        if not due or due > horizon:
            return False
        if timer and timer < due:
            due = timer
        k.ticks = max(k.ticks, due)
        for task in [task for task in self.sleepers if task.wake_at and task.wake_at <= k.ticks]:
            self._wake(task, Wake.TIMEOUT)
        k.fire_timers()
        return True

    def waiting(self) -> list[Waiting]:
        """Everybody who sleeps without a time-out, in the order in which they fell asleep."""
        return [
            Waiting(
                task.lwp,
                task.name,
                task.sleep.wmesg,
                task.sleep.wchan,
                task.sleep.catch,
                bool(task.sleep.awaits is not None and task.sleep.awaits()),
                task.missed,
            )
            for task in self.sleepers
            if task.sleep is not None and not task.wake_at
        ]


def _ignore(task: Task) -> None:
    """Nobody wants to know."""
