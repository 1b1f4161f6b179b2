"""Stopping and going on with one thread a process."""

from __future__ import annotations

from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import LSSLEEP, LWP_BREAKTSLEEP, SACTIVE
from flavors.dragonfly.r1_62.sources import KERN_SYNCH
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


@models(KERN_SYNCH)
def tstop(k: Machine, lp: Lwp) -> Kernel[None]:
    """Stay here until something wakes the address of the process; the parent is woken each time."""
    p = lp.lwp_proc
    k.wakeup(p.p_pptr)
    lp.lwp_flag |= LWP_BREAKTSLEEP
    yield from tsleep(k, lp, p, "stop")


@models(KERN_SYNCH)
def setrunnable(k: Machine, p: Proc) -> None:
    """Let a process go on that has stopped, and end its sleep if that is marked as broken."""
    lp = p.p_lwps[0]
    p.p_stat = SACTIVE
    if lp.lwp_stat == LSSLEEP and lp.lwp_flag & LWP_BREAKTSLEEP:
        k.sched.rouse(lp)
