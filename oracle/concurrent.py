"""Steps that go on at the same time: one block of a scenario, moved on one actor at a time by whoever makes the choices.

A move takes an actor from where it stands to its next trap: the next point at which its kernel would let somebody else run, a
sleep, or user mode. Time passes only when nobody can go on; init reaps what it inherits whenever it gets its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from oracle.errors import LimitExceeded
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import ROUND_TICKS, Contended
from oracle.machine.task import Task
from oracle.machine.traps import Preempt
from oracle.scenario import Step

FUTILE = 2  # times that a call starts over, with nothing happening in between, after which it gets nowhere
MOST_MOVES = 20_000
INIT = "init"


@dataclass(frozen=True, slots=True)
class Hands:
    """What a block asks of the run that it is part of."""

    begin: Callable[[Step], object]  # make the next call of its actor
    reap: Callable[[], object]  # let init ask once for a zombie of its own
    over: Callable[[], bool]  # whether nothing is to go on any more: a panic, or what is not modelled


class ConcurrentBlock:
    """One concurrent block while it runs."""

    __slots__ = ("_events", "_fruitless", "_hands", "_horizon", "_k", "_programs", "_restarts", "moves")

    def __init__(self, k: Machine, steps: tuple[Step, ...], hands: Hands) -> None:
        self._k = k
        self._hands = hands
        self._programs: dict[str, deque[Step]] = {}
        for step in steps:
            self._programs.setdefault(step.by, deque()).append(step)
        self._restarts: dict[str, int] = {}  # by actor: how often its call has started over since something happened
        self._events = 0
        self._fruitless: tuple[int, ...] = ()  # pids of the zombies that init had when it asked last
        self.moves = 0
        self._horizon = k.ticks + ROUND_TICKS  # a block is one round: who looks again every second does so for a minute
        k.sched.unpark()
        k.sched.ready = Contended(k.sched.ready)

    def close(self) -> list[Step]:
        """End the block. Returns the steps that were never taken."""
        sched = self._k.sched
        for task in list(sched.ready):
            sched.park(task)
        sched.ready = deque()
        return [step for program in self._programs.values() for step in program]

    def enabled(self) -> list[str]:
        """Who could go on now, in the order of the file, then of birth. Nobody: time has to pass, or the block is over."""
        k = self._k
        if self._hands.over():
            return []
        ready = [task.lwp for task in k.sched.ready]
        found = [
            name
            for name in dict.fromkeys((*self._programs, *k.roles))
            if (lwp := k.roles.get(name)) is not None
            and ((lwp in ready and not self._futile(name)) or (lwp.lwp_task is None and self._has_next(name, lwp)))
        ]
        found += [nameless(lwp) for lwp in ready if lwp not in k.lwp_names and not self._futile(nameless(lwp))]
        return found

    def pass_time(self) -> bool:
        """Let time pass until somebody could go on again. False if that will never be."""
        if self._hands.over() or not self._k.sched.pass_time(self._horizon):
            return False
        self._restarts.clear()
        return True

    def move(self, actor: str) -> Preempt | None:
        """Let one of those that can go on do so. Returns the preemption point at which he stands then, None if at none."""
        k = self._k
        self.moves += 1
        if self.moves > MOST_MOVES:
            raise LimitExceeded(f"more than {MOST_MOVES} moves in one block: its steps keep each other busy for ever")
        task = self._task(actor)
        if task is None:
            if self._programs.get(actor):
                self._hands.begin(self._programs[actor].popleft())
            else:
                self._fruitless = self._zombies_of_init()
                self._hands.reap()
            task = k.roles[actor].lwp_task
        before = k.sched.events
        trap = k.sched.advance(task) if task is not None else None
        if k.sched.events != before or task is None:
            self._restarts.clear()
        elif trap is not None and trap.why == "restart":
            self._restarts[actor] = self._restarts.get(actor, 0) + 1
        return trap

    def position(self) -> tuple[object, ...]:
        """Where the block stands, as far as the machine does not know it."""
        left = tuple(len(program) for program in self._programs.values())
        return left, tuple(sorted(self._restarts.items())), self._fruitless

    def _task(self, actor: str) -> Task | None:
        lwp = self._k.roles.get(actor)
        if lwp is not None:
            return lwp.lwp_task
        return next(task for task in self._k.sched.ready if nameless(task.lwp) == actor)

    def _has_next(self, name: str, lwp: Lwp) -> bool:
        """Whether an LWP in user mode has a step to take."""
        proc = lwp.lwp_proc
        if lwp not in proc.p_lwps or proc not in self._k.allproc:
            return False
        if self._programs.get(name):
            return True
        return name == INIT and bool(zombies := self._zombies_of_init()) and zombies != self._fruitless

    def _zombies_of_init(self) -> tuple[int, ...]:
        k = self._k
        return tuple(child.p_pid for child in k.initproc.p_children if child in k.zombproc)

    def _futile(self, actor: str) -> bool:
        """Whether a call only starts over and over, and nothing has happened that could change that."""
        return self._restarts.get(actor, 0) >= FUTILE


def nameless(lwp: Lwp) -> str:
    """What to call an LWP that plays no part."""
    return f"pid{lwp.lwp_proc.p_pid}.{lwp.lwp_tid}"
