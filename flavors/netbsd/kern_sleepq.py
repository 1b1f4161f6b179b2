"""Sleeps that signals end."""

from __future__ import annotations

from flavors.netbsd.kern_sig import issignal, sigispending
from flavors.netbsd.param import LW_PENDSIG, SA_RESTART, SIGNAL_NAMES, STOPSIGS
from flavors.netbsd.sources import KERN_SLEEPQ
from oracle.cite import models
from oracle.machine.errno import EINTR, ERESTART
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.signals import sigmask
from oracle.machine.traps import Kernel, Wake, tsleep


@models(KERN_SLEEPQ, function="sleepq_block")
def sleep_sig(k: Machine, l: Lwp, wchan: object, wmesg: str, timo: int = 0) -> Kernel[Wake]:
    """Sleep interruptibly. A signal ends it with EINTR, or ERESTART if its action restarts calls.

    A stop is taken in here, and is no error: once continued, the sleeper is told Wake.SIGNAL and looks again.
    """
    why = Wake.SIGNAL
    if not (l.lwp_flag & LW_PENDSIG and sigispending(l)):
        why = yield from tsleep(wchan, wmesg, timo, True)
    if l.lwp_flag & LW_PENDSIG and why is not Wake.TIMEOUT:
        signo = sigispending(l)
        if not signo or sigmask(signo) & STOPSIGS:
            signo = yield from issignal(k, l, False)
        if signo:
            acts = l.lwp_proc.p_sigacts
            assert acts is not None
            handler = acts.ps_sigact.get(signo)
            if handler is None or handler.flags & SA_RESTART:
                raise ERESTART(SIGNAL_NAMES.get(signo, str(signo)))
            raise EINTR(SIGNAL_NAMES.get(signo, str(signo)))
    return why
