"""Stopping in the first days of threads."""

from __future__ import annotations

from flavors.dragonfly.kern_synch import tell_parent_of_stop, tsleep
from flavors.dragonfly.proc_h import LSSTOP, LWP_BREAKTSLEEP, LWP_WSTOP
from flavors.dragonfly.r1_67.sources import KERN_SYNCH
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel


@models(KERN_SYNCH)
def tstop(k: Machine, lp: Lwp) -> Kernel[None]:
    """Stay here until something wakes the address of the process. The last thread to arrive tells the parent.

    sic: whoever wakes up without being continued, because a child has died, is counted down and, with its mark still set, not
    up again when it comes back. From then on too few threads seem to have stopped, and the parent is told of no stop any more.
    """
    p = lp.lwp_proc
    lp.lwp_flag |= LWP_BREAKTSLEEP
    lp.lwp_stat = LSSTOP
    if not lp.lwp_flag & LWP_WSTOP:
        p.p_nstopped += 1
        lp.lwp_flag |= LWP_WSTOP
        if p.p_nstopped == p.p_nthreads:
            tell_parent_of_stop(k, p)
    yield from tsleep(k, lp, p, "stop")
    p.p_nstopped -= 1
