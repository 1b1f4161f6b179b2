"""The stage on which one recorded call is played: the caller runs alone, others look on, and sleeps end as told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oracle.machine import invariants
from oracle.machine.counted import references
from oracle.machine.errno import Errno, Panic, Unmodelled
from oracle.machine.files import FileDesc
from oracle.machine.locks import Mutex, RwLock, mutex_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.sched import Scheduler
from oracle.machine.task import Task
from oracle.machine.traps import Kernel, Sleep
from tests.recorded.recording import Knobs, Recording

CALLER = "parent"
CHILD = "child"
SPURIOUS, EXEC, EXIT, REAPED, NEVER = "spurious wakeup", "exec", "exit", "reaped", "never"


class Stage(Scheduler):
    """A scheduler that lets the caller run (and whom the world allows besides) and keeps everybody else off the processor.

    A new process is so found as fork leaves it. Every sleep of the caller is written down.
    """

    __slots__ = ("allowed", "began", "queued")

    def __init__(self, k: Machine) -> None:
        super().__init__(k)
        self.allowed: list[Lwp] = []
        self.queued: dict[Lwp, str] = {}  # who was put on a run queue, and what it would run first
        self.began: Callable[[Sleep], None] = _nothing  # told of every sleep of the caller

    def spawn(self, lwp: Lwp, name: str, code: Kernel[object]) -> Task:
        """Like the machine's own, for those who may run."""
        if lwp in self.allowed:
            return super().spawn(lwp, name, code)
        self.queued[lwp] = getattr(code, "__name__", name)
        code.close()
        return Task(lwp, name, code, self.k.ticks)

    def _fall_asleep(self, task: Task, sleep: Sleep) -> None:
        super()._fall_asleep(task, sleep)
        if task.lwp is self.allowed[0] and not isinstance(sleep.wchan, Mutex):
            self.began(sleep)


def _nothing(sleep: Sleep) -> None:
    """Nobody wants to know."""


class Counted(list[Lwp]):
    """The readers of a lock, which remember how many there ever were."""

    def __init__(self) -> None:
        super().__init__()
        self.ever = 0

    def append(self, lwp: Lwp) -> None:
        """One more reader."""
        self.ever += 1
        super().append(lwp)


@dataclass(slots=True)
class World:
    """A machine with one process that is going to fork, and what was remembered of it from before."""

    k: Machine
    knobs: Knobs
    p1: Proc
    lp1: Lwp
    stage: Stage
    before: dict[str, object] = field(default_factory=dict)  # the caller's structures, by the name of its field
    siblings: list[Lwp] = field(default_factory=list)  # the caller's threads, itself included
    others: Proc = field(default_factory=lambda: Proc(-1, 0, "others", 0))  # whoever shares the caller's structures
    excess: dict[object, int] = field(default_factory=dict)  # references that the state gives and nobody in sight holds
    sleeps: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    value: object = None  # what the last call returned
    stop: str | None = None
    hooks: dict[str, list[int]] | None = None
    made: list[Proc] | None = None  # where fork1 of NetBSD puts the new process
    violations: list[str] = field(default_factory=list)
    fresh: list[FileDesc] = field(default_factory=list)  # descriptor tables that NetBSD made empty

    @property
    def child(self) -> Proc | None:
        """The process that the last call made, if it made one."""
        found = [proc for proc, name in self.k.names.items() if name == CHILD]
        return found[-1] if found else None

    def role(self, proc: Proc | None) -> str | None:
        """Who somebody is, in the words of the recordings."""
        if proc is None:
            return None
        if proc is self.p1:
            return CALLER
        return "proc0" if proc is self.k.proc0 else self.k.names.get(proc, str(proc.p_pid))

    def remember(self) -> None:
        """Take down which structures the caller has before the call, and which references are held out of sight."""
        p = self.p1
        self.before = {
            "fd": p.p_fd, "fdtol": p.p_fdtol, "limit": p.p_limit, "sigacts": p.p_sigacts, "vm": p.p_vmspace, "ucred": p.p_ucred,
            "td_ucred": self.lp1.lwp_ucred, "tracenode": p.p_tracenode, "hold": p.p_hold, "lock": p.p_lock, "cwd": p.p_cwdi,
        }  # fmt: skip
        self.siblings = list(p.p_lwps)
        for name, shared in (("p_fd", p.p_fd), ("p_vmspace", p.p_vmspace)):
            if shared is not None and references(shared) > 1:
                setattr(self.others, name, shared)
        self.excess = _excess(self.k, [self.others])

    def mismatches(self) -> list[dict[str, Any]]:
        """Counted structures that have more or fewer references than the call has holders to show for."""
        child = self.child  # which no list has before fork1 is far enough
        now = _excess(self.k, [self.others, *([child] if child is not None and child not in self.k.allproc else [])])
        found = []
        for one in {**self.excess, **now}:
            more = now.get(one, references(one)) - self.excess.get(one, 0)
            if more and (refs := references(one)):
                found.append({"object": type(one).__name__.lower(), "expected": refs - more, "refs": refs})
        return found

    def lists_hold(self) -> bool:
        """Whether who is on the lists is on them once, and the child on all of them or none."""
        child = self.child
        if child is None or child not in self.k.allproc:
            return True
        members = [proc for pgrp in self.k.pgrps.values() for proc in pgrp.pg_members]
        siblings = child.p_pptr.p_children if child.p_pptr is not None else []
        times = (self.k.allproc.count(child), members.count(child), siblings.count(child))
        return times == (1, 1, 1) or (self.stop is not None and max(times) == 1)

    def locks(self) -> list[Mutex | RwLock]:
        """The locks that the caller still holds."""
        return self.lp1.lwp_locks


def _excess(k: Machine, others: list[Proc]) -> dict[object, int]:
    """By how much each reference count is above its holders in sight."""
    holders = invariants.holders(k, [*k.allproc, *k.zombproc, *others])
    return {one: references(one) - count for one, count in holders.items()}


def play(
    world: World,
    recording: Recording,
    code: Callable[[], Kernel[object]],
    wake: Callable[[World, Proc, str], None],
    stat: Callable[[Proc], str],
    lost: str,
) -> None:
    """Make the call as often as the recording says, and end its sleeps as it says.

    `wake` clears what a vfork parent waits for and wakes whom the system wakes; `lost` says who else that may be.
    """
    knobs, k, stage = world.knobs, world.k, world.stage
    stage.began = lambda sleep: _write_down(world, sleep, stat)
    spurious, end = knobs.number("vfork_spurious"), knobs.text("vfork_end", EXEC)
    advance = knobs.number("advance")
    for turn in range(knobs.number("repeat", 1)):
        if turn:
            k.ticks += advance
            k.curlwp = None
        k.expecting[world.lp1] = CHILD
        k.roles.pop(CHILD, None)
        task = stage.spawn(world.lp1, recording.call, code())
        stage.run()
        while not task.done and world.stop is None:
            assert task.sleep is not None
            if isinstance(task.sleep.wchan, Mutex):
                _let_go(world, task.sleep.wchan)
            elif spurious:
                spurious -= 1
                world.sleeps[-1]["woken"] = SPURIOUS
                k.wakeup(task.sleep.wchan)
            else:
                _end_vfork(world, task, end, wake, lost)
            stage.run()
        _result(world, task)
        if world.stop is not None:
            return


def _write_down(world: World, sleep: Sleep, stat: Callable[[Proc], str]) -> None:
    if sleep.timo:
        world.sleeps.append({"chan": _channel(world, sleep), "timo": sleep.timo, "wmesg": sleep.wmesg, "woken": "timeout"})
        return
    child = world.child
    assert child is not None
    world.sleeps.append(
        {"chan": _channel(world, sleep), "child_ppwait": True, "child_stat": stat(child), "timo": 0, "wmesg": sleep.wmesg}
    )


def _channel(world: World, sleep: Sleep) -> str:
    if sleep.wchan is world.p1:
        return CALLER
    if sleep.wchan is world.p1.p_waitcv:
        return f"{CALLER}.p_waitcv"
    return str(getattr(sleep.wchan, "name", "kpause"))


def _let_go(world: World, mutex: Mutex) -> None:
    """The other processor releases a lock that the caller wants."""
    assert mutex.mtx_owner is not None
    mutex_exit(world.k, mutex.mtx_owner, mutex)


def _end_vfork(world: World, task: Task, end: str, wake: Callable[[World, Proc, str], None], lost: str) -> None:
    """End the wait for a vfork child, if anything ends it."""
    child = world.child
    assert child is not None
    sleep = world.sleeps[-1]
    stopped = sleep["child_stat"] == "SSTOP"
    if stopped and not world.knobs.number("vfork_resume"):
        world.stop = "the child is stopped (PS_STOPFORK) and cannot exec"
    elif end == NEVER:
        world.stop = "the child neither execs nor exits"
    else:
        wake(world, child, end)
        if task.sleep is not None:
            world.stop = lost
    sleep["woken"] = NEVER if world.stop else end


def _result(world: World, task: Task) -> None:
    """What the call came to, in the words of the recordings."""
    world.value = None
    failure = task.failure
    if not task.done:
        world.errors.append("HANG")
    elif failure is None:
        world.value = task.value
        world.errors.append(0)
    elif isinstance(failure, Errno):
        world.errors.append(failure.name)
    elif isinstance(failure, Unmodelled):
        world.errors.append(f"unmodelled: {failure}")
    else:
        assert isinstance(failure, Panic), failure
        world.stop = str(failure)
        world.errors.append("FAULT" if world.stop.startswith("page fault") else "PANIC")
