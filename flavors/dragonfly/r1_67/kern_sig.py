"""Posting and taking signals in the first days of threads."""

from __future__ import annotations

from flavors.dragonfly.kern_sig import (
    acts_of,
    default_action,
    lwp_delsig,
    signal_active,
    signal_stopped,
    stop_for_debugger,
)
from flavors.dragonfly.proc_h import P_PPWAIT, P_TRACED, P_WEXIT, SSTOP
from flavors.dragonfly.r1_67.sources import KERN_SIG
from flavors.dragonfly.signal_h import CONT_MASK, SIG_IGN, STOP_MASK, TTYSTOP_MASK
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import first
from oracle.machine.traps import Kernel


@models(KERN_SIG)
def ksignal(k: Machine, p: Proc, sig: int) -> None:
    """Post a signal to a process."""
    lwpsignal(k, p, None, sig)


@models(KERN_SIG)
def lwpsignal(k: Machine, p: Proc, lp: Lwp | None, sig: int) -> None:
    """Post a signal to a process, or to one of its threads. What the thread masks is pending for the process instead."""
    bit = 1 << (sig - 1)
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
    masked = lp is not None and bool(lp.lwp_sigmask & bit)
    if masked:
        lp = None
    if p.p_stat == SSTOP and not signal_stopped(k, p, lp, sig, bit, default):
        return
    if masked:
        p.p_siglist |= bit
    else:
        signal_active(k, p, lp, bit, sig, default)


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
        bit = 1 << (sig - 1)
        if acts.ps_sigignore & bit and not traced:
            lwp_delsig(lp, bit)
            continue
        if p.p_flag & P_TRACED and not p.p_flag & P_PPWAIT:
            sig = yield from stop_for_debugger(k, lp, sig)
            bit = 1 << (sig - 1) if sig else 0
            if not sig or lp.lwp_sigmask & bit or not p.p_flag & P_TRACED:
                continue
        action = acts.ps_sigact.get(sig)
        if action is not None and action is not SIG_IGN:
            return sig
        if action is None and not (yield from default_action(k, lp, sig, bit)):
            return sig
        lwp_delsig(lp, bit)
