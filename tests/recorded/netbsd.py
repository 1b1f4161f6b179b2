"""Plays a NetBSD recording on the flavor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from flavors.netbsd import kern_fork
from flavors.netbsd import param as P
from flavors.netbsd.kern_descrip import fd_init
from oracle.flavor import Flavor
from oracle.machine.files import FileDesc
from oracle.machine.locks import Mutex
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, no_wait
from tests.recorded.netbsd_build import build
from tests.recorded.people import flag_word
from tests.recorded.recording import Knobs, Recording
from tests.recorded.world import EXIT, REAPED, World, play

SOMEBODY = 31337  # the pid of whoever has a reaped child's memory
LOST = "PL_PPWAIT is cleared, but the broadcast goes to init"
STATES = {P.SIDL: "SIDL", P.SACTIVE: "SACTIVE", P.SDYING: "SDYING", P.SSTOP: "SSTOP", P.SZOMB: "SZOMB", P.SDEAD: "SDEAD"}


def run(flavor: Flavor, recording: Recording) -> World:
    """Play a recording on the flavor."""
    world = build(flavor, Knobs(recording.state))
    world.remember()
    with _watched(world):
        play(world, recording, lambda: _call(world, recording), _wake, lambda p: STATES[p.p_stat], LOST)
    return world


def custom(k: Machine, l: Lwp) -> Kernel[None]:
    """A start function that is not the usual one."""
    yield from no_wait(None)


def _call(world: World, recording: Recording) -> Kernel[object]:
    """The kernel code of the call."""
    k, l, args = world.k, world.lp1, recording.args
    stack = str(args["stack"]) if args.get("stack") else ""
    if recording.call == "__clone":
        flags = flag_word(args.get("flags", []), P.CLONE_FLAGS) | args.get("csignal", 0)
        return _deferred(lambda: kern_fork.sys___clone(k, l, flags, stack))
    if recording.call == "fork1":
        world.made = [] if args.get("rnewprocp", 1) else None
        start = custom if args.get("func") else None
        flags = flag_word(args.get("flags", []), P.FORK_FLAGS)
        return kern_fork.fork1(
            k, l, flags, args.get("exitsig", P.SIGCHLD), stack, args.get("stacksize", 0), start, bool(args.get("retval", 1)),
            world.made,
        )  # fmt: skip
    calls: dict[str, Callable[[Machine, Lwp], Kernel[int]]] = {
        "fork": kern_fork.sys_fork, "vfork": kern_fork.sys_vfork, "__vfork14": kern_fork.sys___vfork14,
    }  # fmt: skip
    return calls[recording.call](k, l)


def _deferred(code: Callable[[], Kernel[int]]) -> Kernel[object]:
    """Kernel code whose first part is no generator, begun only when it is its turn."""
    return (yield from code())


@contextmanager
def _watched(world: World) -> Iterator[None]:
    """Write down which tables fork1 makes empty, and when it releases a lock that it does not hold.

    The latter a kernel without DIAGNOSTIC lets it do.
    """
    real = kern_fork.mutex_exit_unchecked

    def watch(k: Machine, mutex: Mutex) -> None:
        child = world.child
        name = "child.p_lock" if child is not None and mutex is child.p_lock else mutex.mtx_name
        if mutex.mtx_owner is not world.lp1:
            world.violations.append(f"mutex_exit: {name} is not held")
        real(k, mutex)

    def fresh() -> FileDesc:
        world.fresh.append(fd_init())
        return world.fresh[-1]

    with patch.object(kern_fork, "mutex_exit_unchecked", watch), patch.object(kern_fork, "fd_init", fresh):
        yield


def _wake(world: World, child: Proc, end: str) -> None:
    """The child execs or exits (or is reaped, too): the parent of record is woken."""
    child.p_lflag &= ~P.PL_PPWAIT
    pptr = child.p_pptr
    assert pptr is not None
    if end in (EXIT, REAPED):
        child.p_stat = P.SZOMB
    if end == REAPED:
        child.p_pid = SOMEBODY
    world.k.wakeup(pptr.p_waitcv)
