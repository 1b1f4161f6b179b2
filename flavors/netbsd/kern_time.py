"""Alarms, sleeps, and the use of processor time."""

from __future__ import annotations

from flavors.netbsd.kern_resource import sched_schedclock
from flavors.netbsd.kern_sig import kpsignal
from flavors.netbsd.kern_sleepq import sleep_sig
from flavors.netbsd.param import LW_PENDSIG, PST_PROFIL, SIGALRM
from flavors.netbsd.sources import KERN_TIME
from flavors.netbsd.state import kern, ms_to_ticks
from flavors.netbsd.userret import userret
from oracle.cite import models
from oracle.machine.errno import EINTR, EINVAL, ERESTART
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, tsleep


@models(KERN_TIME, function="dosetitimer")
def setitimer(k: Machine, p: Proc, ms: int) -> None:
    """Arm the real-time interval timer once, or disarm it with 0."""
    if ms < 0:
        raise EINVAL(f"{ms} ms")
    p.p_realtimer = k.ticks + ms_to_ticks(ms) if ms else 0


def realtimexpire(k: Machine, p: Proc) -> None:
    """The real-time interval timer has gone off."""
    kpsignal(k, p, SIGALRM)


@models(KERN_TIME)
def nanosleep1(k: Machine, l: Lwp, ms: int) -> Kernel[None]:
    """Sleep. Any signal that is acted on ends it with EINTR, whether its action restarts calls or not; a stop does not."""
    if ms <= 0:
        return
    end = k.ticks + ms_to_ticks(ms)
    try:
        while end > k.ticks:
            yield from sleep_sig(k, l, kern(k), "nanoslp", end - k.ticks)
    except ERESTART as restart:
        raise EINTR(str(restart)) from None


def run_in_user_mode(k: Machine, l: Lwp, ms: int) -> Kernel[None]:
    """Use processor time; signals are acted on as they come."""
    p = l.lwp_proc
    left = ms_to_ticks(ms)
    while left > 0:
        before = k.ticks
        yield from tsleep(l, "user", left, True)
        used = k.ticks - before
        p.p_cputime += used
        sched_schedclock(l, used)
        left -= used
        if l.lwp_flag & LW_PENDSIG:
            yield from userret(k, l)


def profil(p: Proc, on: bool) -> None:
    """profil(2): start or stop the profiling clock."""
    if on:
        p.p_stflag |= PST_PROFIL
        p.p_prof = 1
    else:
        p.p_stflag &= ~PST_PROFIL
        p.p_prof = 0
