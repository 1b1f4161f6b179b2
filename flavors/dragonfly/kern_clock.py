"""The profiling clock."""

from __future__ import annotations

from flavors.dragonfly.proc_h import P_PROFIL
from flavors.dragonfly.sources import KERN_CLOCK
from oracle.cite import models
from oracle.machine.proc import Proc


@models(KERN_CLOCK)
def startprofclock(p: Proc) -> None:
    """Profile a process."""
    p.p_flag |= P_PROFIL


@models(KERN_CLOCK)
def stopprofclock(p: Proc) -> None:
    """Profile it no longer."""
    p.p_flag &= ~P_PROFIL
