"""Sleeping and waking as threads of a process do it, and stopping."""

from __future__ import annotations

from collections.abc import Callable

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.proc_h import (
    LSRUN,
    LSSLEEP,
    LSSTOP,
    LWP_BREAKTSLEEP,
    LWP_SINTR,
    LWP_WSTOP,
    P_WAITED,
    PS_NOCLDSTOP,
    SSTOP,
)
from flavors.dragonfly.signal_h import SA_RESTART, SIGCHLD, signal_name
from flavors.dragonfly.sources import KERN_LOCK, KERN_SIG, KERN_SYNCH
from oracle.cite import models
from oracle.machine import traps
from oracle.machine.errno import EINTR, ERESTART, Errno
from oracle.machine.locks import RwLock, rw_enter_exclusive
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, Wake


@models(KERN_SYNCH)
def tsleep(
    k: Machine,
    lp: Lwp,
    wchan: object,
    wmesg: str,
    timo: int = 0,
    catch: bool = False,
    awaits: Callable[[], object] | None = None,
) -> Kernel[bool]:
    """Sleep on `wchan`; false if `timo` ticks went by. With `catch`, a signal to act on raises EINTR or ERESTART.

    sic: no time-out wakes a thread while its process is stopped; it sleeps on until it is continued, with all locks it holds.
    """
    if catch:
        if sig := (yield from kern_of(k).rev.cursig(k, lp, False)):
            raise _interrupted(lp, sig)
        lp.lwp_flag |= LWP_SINTR
    if lp.lwp_stat != LSSTOP:
        lp.lwp_stat = LSSLEEP
    sintr = bool(lp.lwp_flag & LWP_SINTR)
    why = yield from traps.tsleep(wchan, wmesg, timo, sintr, awaits)
    timed_out = why is Wake.TIMEOUT
    if timed_out and lp.lwp_proc.p_stat == SSTOP:
        lp.lwp_flag |= LWP_BREAKTSLEEP
        yield from traps.tsleep(wchan, wmesg, 0, sintr, awaits)
    lp.lwp_stat = LSRUN
    try:
        if catch and not timed_out:
            if sig := (yield from kern_of(k).rev.cursig(k, lp, False)):
                raise _interrupted(lp, sig)
    finally:
        lp.lwp_flag &= ~(LWP_BREAKTSLEEP | LWP_SINTR)
    return not timed_out


def _interrupted(lp: Lwp, sig: int) -> Errno:
    """What a sleep that a signal ended comes to: the call starts over unless the handler was set without SA_RESTART."""
    acts = lp.lwp_proc.p_sigacts
    action = acts.ps_sigact.get(sig) if acts is not None else None
    if action is not None and not action.flags & SA_RESTART:
        return EINTR(f"{signal_name(sig)} has a handler without SA_RESTART")
    return ERESTART(signal_name(sig))


def wait_for_memory(k: Machine, lp: Lwp, why: str) -> Kernel[None]:
    """An allocation may sleep: signals that come then find nobody to take them, and wait for the process; after that, the
    thread is ready but does not run yet, and takes its signals itself."""
    lp.lwp_stat = LSSLEEP
    yield from traps.may_block(f"short of memory: {why}")
    lp.lwp_stat = LSRUN
    yield from traps.may_block(why)


@models(KERN_LOCK, function="lockmgr")
def lock_exclusive(k: Machine, lp: Lwp, lock: RwLock) -> Kernel[None]:
    """Take a lock exclusively. Who waits for it is asleep, and no signal is given to it meanwhile."""
    lp.lwp_stat = LSSLEEP
    yield from rw_enter_exclusive(k, lp, lock)
    lp.lwp_stat = LSRUN


@models(KERN_SYNCH)
def setrunnable(k: Machine, lp: Lwp) -> None:
    """Let a stopped thread go on, and end a sleep that a signal was meant to end while the process was stopped."""
    if lp.lwp_stat == LSSTOP:
        lp.lwp_stat = LSSLEEP
    if lp.lwp_stat == LSSLEEP and lp.lwp_flag & LWP_BREAKTSLEEP:
        k.sched.rouse(lp)


@models(KERN_SIG)
def tstop(k: Machine, lp: Lwp) -> Kernel[None]:
    """Stay here while the process is stopped. The last thread to arrive tells the parent."""
    p = lp.lwp_proc
    if not lp.lwp_flag & LWP_WSTOP:
        p.p_nstopped += 1
        lp.lwp_flag |= LWP_WSTOP
        if p.p_nstopped == p.p_nthreads:
            tell_parent_of_stop(k, p)
    while p.p_stat == SSTOP:
        lp.lwp_flag |= LWP_BREAKTSLEEP
        lp.lwp_stat = LSSTOP
        yield from tsleep(k, lp, p, "stop")
    p.p_nstopped -= 1
    lp.lwp_flag &= ~LWP_WSTOP


def tell_parent_of_stop(k: Machine, p: Proc) -> None:
    """All threads have stopped: wait4 may report it, and the parent gets SIGCHLD unless it asked not to."""
    p.p_flag &= ~P_WAITED
    pptr = p.p_pptr
    assert pptr is not None
    k.wakeup(pptr)
    assert pptr.p_sigacts is not None
    if not pptr.p_sigacts.ps_flag & PS_NOCLDSTOP:
        kern_of(k).rev.ksignal(k, pptr, SIGCHLD)
