"""Dying with threads, in their first days: the others are told to die, and poked."""

from __future__ import annotations

from typing import NoReturn

from flavors.dragonfly.early.kern_exec import vmspace_exec
from flavors.dragonfly.early.kern_exit import exit_process, free_zombie, wait_for, wait_for_holds
from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_sig import lwp_signotify
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import HZ, LWP_WEXIT, P_INEXEC
from flavors.dragonfly.r1_67.sources import KERN_EXEC, KERN_EXIT
from oracle.cite import models
from oracle.machine.errno import LwpExit, Panic
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


@models(KERN_EXIT)
def exit1(k: Machine, lp: Lwp, rv: int) -> Kernel[NoReturn]:
    """End the process with a wait status. Never returns: raises LwpExit."""
    p = lp.lwp_proc
    if p.p_pid == 1:
        k.printf(f"init died (signal {rv & 0x7F}, exit {rv >> 8})")
        raise Panic("init is going to exit")
    if p.p_nthreads > 1:
        if lp.lwp_flag & LWP_WEXIT:  # another thread is at it: just end this one
            lwp_exit(k, lp)
            raise LwpExit
        yield from killlwps(k, lp)
    yield from exit_process(k, lp, rv)
    lwp_exit(k, lp)
    raise LwpExit


@models(KERN_EXIT)
def killlwps(k: Machine, lp: Lwp) -> Kernel[None]:
    """Tell the other threads to die and wait for their end, looking again every second.

    sic: no signal is sent. A thread in user mode notices; one that sleeps is woken, and mostly goes back to sleep. A
    thread made after the loop is not told. One that was itself told to die must not come here, but exec does not ask.
    """
    p = lp.lwp_proc
    if kern_of(k).invariants and lp.lwp_flag & LWP_WEXIT:
        raise Panic("a thread that was told to die kills the others")
    for other in list(p.p_lwps):
        if other is not lp:
            other.lwp_flag |= LWP_WEXIT
            lwp_signotify(k, other)
    while p.p_nthreads > 1:
        yield from tsleep(k, lp, p.p_lwps, "killlwps", HZ)


@models(KERN_EXIT)
def lwp_exit(k: Machine, lp: Lwp) -> None:
    """End a thread, the last one of a process included. A task queue frees it."""
    p = lp.lwp_proc
    lp.lwp_flag |= LWP_WEXIT
    p.p_nthreads -= 1
    p.p_lwps.remove(lp)
    k.wakeup(p.p_lwps)


@models(KERN_EXIT)
def kern_wait(k: Machine, lp: Lwp, pid: int, options: int) -> Kernel[tuple[Proc, int] | None]:
    """wait4: see wait_for."""
    return (yield from wait_for(k, lp, pid, options, _reap))


@models(KERN_EXIT, function="kern_wait")
def _reap(k: Machine, lp: Lwp, q: Proc, p: Proc) -> Kernel[bool]:
    yield from wait_for_holds(k, lp, p)
    return free_zombie(k, q, p)


@models(KERN_EXEC)
def exec_new_vmspace(k: Machine, lp: Lwp) -> Kernel[None]:
    """Get rid of the other threads and of the old memory. The process was marked as being in exec from the start."""
    p = lp.lwp_proc
    p.p_flag |= P_INEXEC
    if p.p_nthreads > 1:
        yield from killlwps(k, lp)
    vmspace_exec(k, p)
