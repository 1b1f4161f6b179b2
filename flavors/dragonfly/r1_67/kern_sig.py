"""Posting and taking signals in the first days of threads."""

from __future__ import annotations

from flavors.dragonfly.kern_sig import (
    acts_of,
    default_action,
    find_lwp_for_signal,
    lwp_delsig,
    signal_active,
    stop_for_debugger,
)
from flavors.dragonfly.kern_synch import setrunnable
from flavors.dragonfly.proc_h import (
    LSRUN,
    LSSLEEP,
    LSSTOP,
    LWP_BREAKTSLEEP,
    LWP_WSTOP,
    P_PPWAIT,
    P_TRACED,
    P_WEXIT,
    SACTIVE,
    SSTOP,
)
from flavors.dragonfly.r1_67.sources import KERN_SIG
from flavors.dragonfly.signal_h import CONT_MASK, SIG_IGN, SIGKILL, STOP_MASK, TTYSTOP_MASK
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import first, sigmask
from oracle.machine.traps import Kernel


@models(KERN_SIG)
def ksignal(k: Machine, p: Proc, sig: int) -> None:
    """Post a signal to a process."""
    lwpsignal(k, p, None, sig)


@models(KERN_SIG)
def lwpsignal(k: Machine, p: Proc, lp: Lwp | None, sig: int) -> None:
    """Post a signal to a process, or to one of its threads. What the thread masks is pending for the process instead."""
    bit = sigmask(sig)
    acts = acts_of(p)
    default = True
    if not p.p_flag & P_TRACED:
        if acts.ps_sigignore & bit or p.p_flag & P_WEXIT:
            return
        default = not acts.ps_sigcatch & bit
    if bit & CONT_MASK:
        p.p_siglist &= ~STOP_MASK
    if bit & STOP_MASK:
        if bit & TTYSTOP_MASK and default and p.p_pgrp is not None and p.p_pgrp.pg_jobc == 0:
            return  # an orphaned group: nobody could continue it
        p.p_siglist &= ~CONT_MASK
    if p.p_stat == SSTOP and not _signal_stopped(k, p, lp, sig, bit, default):
        return
    if lp is not None and lp.lwp_sigmask & bit:
        p.p_siglist |= bit
    else:
        signal_active(k, p, lp, bit, sig, default)


@models(KERN_SIG, function="lwpsignal")
def _signal_stopped(k: Machine, p: Proc, lp: Lwp | None, sig: int, bit: int, default: bool) -> bool:
    """A signal for a stopped process: pending for the process, even if it was sent to one thread. True if the process goes on
    and has to deal with the signal at once."""
    p.p_siglist |= bit
    if p.p_flag & P_TRACED:
        return False  # its debugger will see
    if sig == SIGKILL:
        proc_unstop(k, p)
        return True
    if bit & CONT_MASK:
        if default:
            p.p_siglist &= ~bit
        proc_unstop(k, p)
        return not default
    if bit & STOP_MASK and (k.curlwp is None or k.curlwp.lwp_proc is not p):
        p.p_siglist &= ~bit  # it need not stop twice
    lp = lp or find_lwp_for_signal(k, p, bit)
    if lp is not None and lp.lwp_stat in (LSSLEEP, LSSTOP):
        lp.lwp_flag |= LWP_BREAKTSLEEP
    return False


@models(KERN_SIG)
def proc_unstop(k: Machine, p: Proc) -> None:
    """Let a stopped process go on. sic: a thread that wakes up only now from the sleep in which it was counted as stopped stays
    counted; tstop counts one down for every time that it wakes up, however often it was counted."""
    if p.p_stat != SSTOP:
        return
    p.p_stat = SACTIVE
    for lp in p.p_lwps:
        if lp.lwp_stat == LSSLEEP and lp.lwp_flag & LWP_WSTOP:
            p.p_nstopped -= 1
        if lp.lwp_stat != LSRUN:
            setrunnable(k, lp)
        lp.lwp_flag &= ~LWP_WSTOP


@models(KERN_SIG, function="issignal")
def cursig(k: Machine, lp: Lwp, maytrace: bool) -> Kernel[int]:
    """The signal that the thread has to act on now, 0 for none. Stops here for a debugger, asleep or not, and on a signal whose
    default is to stop; a process that was stopped otherwise stops on its way to user mode alone."""
    p = lp.lwp_proc
    if not (p.p_siglist | lp.lwp_siglist) & ~lp.lwp_sigmask and not p.p_flag & P_TRACED:
        return 0  # the quick test of CURSIG
    acts = acts_of(p)
    while True:
        traced = p.p_flag & P_TRACED
        mask = (p.p_siglist | lp.lwp_siglist) & ~lp.lwp_sigmask
        if p.p_flag & P_PPWAIT:
            mask &= ~STOP_MASK
        if not mask:
            return 0
        sig = first(mask)
        bit = sigmask(sig)
        if acts.ps_sigignore & bit and not traced:
            lwp_delsig(lp, bit)
            continue
        if p.p_flag & P_TRACED and not p.p_flag & P_PPWAIT:
            sig = yield from stop_for_debugger(k, lp, sig)
            bit = sigmask(sig) if sig else 0
            if not sig or lp.lwp_sigmask & bit or not p.p_flag & P_TRACED:
                continue
        action = acts.ps_sigact.get(sig)
        if action is not None and action is not SIG_IGN:
            return sig
        if action is None and not (yield from default_action(k, lp, sig, bit)):
            return sig
        lwp_delsig(lp, bit)
