"""More LWPs for a process."""

from __future__ import annotations

from flavors.netbsd.kern_lwp import lwp_create
from flavors.netbsd.param import LSRUN
from flavors.netbsd.sources import SYS_LWP
from flavors.netbsd.userret import startlwp
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp


@models(SYS_LWP)
def sys__lwp_create(k: Machine, l: Lwp, stack: str) -> int:
    """Make another LWP of the calling process, and let it run. What it would run in user mode is the scenario's affair."""
    l2 = lwp_create(k, l, l.lwp_proc, stack, 0)
    l2.lwp_stat = LSRUN
    k.sched.spawn(l2, "startlwp", startlwp(k, l2))
    return l2.lwp_tid
