"""Alarms and sleeps."""

from __future__ import annotations

from flavors.dragonfly.kern import NANOWAIT, kern_of
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import HZ
from flavors.dragonfly.signal_h import SIGALRM
from flavors.dragonfly.sources import KERN_TIME
from oracle.cite import models
from oracle.machine.errno import EINTR, ERESTART
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


def to_ticks(ms: int) -> int:
    """Milliseconds as clock ticks, rounded up."""
    return -(-ms * HZ // 1000)


@models(KERN_TIME, function="sys_setitimer")
def setitimer(k: Machine, p: Proc, ms: int) -> None:
    """Arm the real-time timer, or disarm it with 0."""
    p.p_realtimer = k.ticks + to_ticks(ms) if ms > 0 else 0


@models(KERN_TIME)
def realitexpire(k: Machine, p: Proc) -> None:
    """The real-time timer went off."""
    kern_of(k).rev.ksignal(k, p, SIGALRM)


@models(KERN_TIME, function="nanosleep1")
def nanosleep(k: Machine, lp: Lwp, ms: int) -> Kernel[None]:
    """Sleep. A signal that is acted on ends it with EINTR, SA_RESTART or not."""
    until = k.ticks + to_ticks(ms)
    while k.ticks < until:
        try:
            if (yield from tsleep(k, lp, NANOWAIT, "nanslp", until - k.ticks, catch=True)):
                return  # woken without a signal to act on
        except ERESTART as restart:
            raise EINTR(str(restart)) from None
