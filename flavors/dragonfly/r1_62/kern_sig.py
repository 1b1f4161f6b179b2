"""Posting and taking signals before there were threads: all that is pending is pending for the process."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_sig import DOESNT_KILL, default_action, lwp_delsig, lwp_signotify
from flavors.dragonfly.proc_h import (
    LSRUN,
    LWP_ALTSTACK,
    LWP_BREAKTSLEEP,
    LWP_SINTR,
    P_PPWAIT,
    P_TRACED,
    P_WAITED,
    P_WEXIT,
    PS_NOCLDSTOP,
    SACTIVE,
    SSTOP,
)
from flavors.dragonfly.r1_62.kern import state_of
from flavors.dragonfly.r1_62.kern_synch import setrunnable, tstop
from flavors.dragonfly.r1_62.sources import KERN_SIG
from flavors.dragonfly.signal_h import (
    CONT_MASK,
    SA_ONSTACK,
    SIG_IGN,
    SIGCHLD,
    SIGKILL,
    STOP_MASK,
    TTYSTOP_MASK,
    signal_name,
)
from oracle.cite import models
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigActs, SigHandler, first, sigmask
from oracle.machine.traps import Kernel


def procsig_of(p: Proc) -> SigActs:
    """The signal sets of a process. One that is still being made may have those of a dead one, or none."""
    if p.p_sigacts is None:
        raise Unmodelled("a signal for a process that has no signal actions yet: its memory may hold a dead one's")
    return p.p_sigacts


@models(KERN_SIG)
def ksignal(k: Machine, p: Proc, sig: int) -> None:
    """Post a signal. A process that sleeps interruptibly is stopped or continued right here; one that runs will see."""
    bit = sigmask(sig)
    lp = p.p_lwps[0]
    acts = procsig_of(p)
    held = caught = False
    if not p.p_flag & P_TRACED:
        if acts.ps_sigignore & bit or p.p_flag & P_WEXIT:
            return
        held = bool(lp.lwp_sigmask & bit)
        caught = not held and bool(acts.ps_sigcatch & bit)
        if p.p_nice > 0 and not held and not caught and not bit & DOESNT_KILL:
            p.p_nice = 0  # let it die soon
    default = not held and not caught
    if bit & CONT_MASK:
        p.p_siglist &= ~STOP_MASK
    if bit & STOP_MASK:
        if bit & TTYSTOP_MASK and default and p.p_pgrp is not None and p.p_pgrp.pg_jobc == 0:
            return  # an orphaned group: nobody could continue it
        p.p_siglist &= ~CONT_MASK
    p.p_siglist |= bit
    if held and (not bit & CONT_MASK or p.p_stat != SSTOP):
        return
    if lp.lwp_stat == LSRUN:
        # A running process notices on its way to user mode; until then even a continue, or a stop, is pending.
        lwp_signotify(k, lp)
    elif p.p_stat == SSTOP:
        _signal_stopped(k, p, lp, sig, bit, default, caught)
    elif lp.lwp_flag & LWP_SINTR:
        _signal_asleep(k, p, lp, sig, bit, default)


@models(KERN_SIG, function="ksignal")
def _signal_asleep(k: Machine, p: Proc, lp: Lwp, sig: int, bit: int, default: bool) -> None:
    """A signal for a process that sleeps interruptibly."""
    if not p.p_flag & P_TRACED and default:
        if bit & CONT_MASK:
            p.p_siglist &= ~bit
            return
        if bit & STOP_MASK:
            if not p.p_flag & P_PPWAIT:  # stopping could deadlock the parent it holds
                p.p_siglist &= ~bit
                p.p_xstat = sig
                k.wakeup(p.p_pptr)
                _stop(k, p)
            return
    k.sched.interrupt(lp)


def _stop(k: Machine, p: Proc) -> None:
    """Mark a process as stopped. The parent gets SIGCHLD unless it asked not to."""
    assert p.p_pptr is not None
    p.p_stat = SSTOP
    p.p_flag &= ~P_WAITED
    if not procsig_of(p.p_pptr).ps_flag & PS_NOCLDSTOP:
        ksignal(k, p.p_pptr, SIGCHLD)


@models(KERN_SIG, function="ksignal")
def _signal_stopped(k: Machine, p: Proc, lp: Lwp, sig: int, bit: int, default: bool, caught: bool) -> None:
    """A signal for a stopped process."""
    if p.p_flag & P_TRACED:
        return  # its debugger will see
    if sig == SIGKILL:
        lp.lwp_flag |= LWP_BREAKTSLEEP
        setrunnable(k, p)
    elif bit & CONT_MASK:
        if default:
            p.p_siglist &= ~bit
        if caught:
            lp.lwp_flag |= LWP_BREAKTSLEEP
        setrunnable(k, p)
    elif bit & STOP_MASK:
        p.p_siglist &= ~bit  # it need not stop twice
    else:
        lp.lwp_flag |= LWP_BREAKTSLEEP


@models(KERN_SIG, function="trapsignal")
def trapsignal(k: Machine, p: Proc, lp: Lwp, sig: int) -> None:
    """A signal that the process itself has caused."""
    kern_of(k).rev.ksignal(k, p, sig)


@models(KERN_SIG, function="kern_kill")
def kill_one(k: Machine, p: Proc, sig: int, tid: int) -> None:
    """Signal a process that may be signalled."""
    if sig:
        ksignal(k, p, sig)


@models(KERN_SIG, function="issignal")
def cursig(k: Machine, lp: Lwp, maytrace: bool) -> Kernel[int]:
    """The signal that the process has to act on now, 0 for none. Stops here for a debugger, asleep or not, and on a
    signal whose default is to stop."""
    p = lp.lwp_proc
    if not p.p_siglist & ~lp.lwp_sigmask and not p.p_flag & P_TRACED:
        return 0  # the quick test of CURSIG
    acts = procsig_of(p)
    while True:
        traced = p.p_flag & P_TRACED
        mask = p.p_siglist & ~lp.lwp_sigmask
        if p.p_flag & P_PPWAIT:
            mask &= ~STOP_MASK
        if not mask:
            return 0
        sig = first(mask)
        bit = sigmask(sig)
        if acts.ps_sigignore & bit and not traced:
            lwp_delsig(lp, bit)
            continue
        if traced and not p.p_flag & P_PPWAIT:
            sig = yield from _stop_for_debugger(k, lp, sig)
            bit = sigmask(sig) if sig else 0
            if not sig or lp.lwp_sigmask & bit or not p.p_flag & P_TRACED:
                continue
        action = acts.ps_sigact.get(sig)
        if action is not None and action is not SIG_IGN:
            _check_stack(k, lp, sig, action)
            return sig
        if action is None and not (yield from default_action(k, lp, sig, bit, _stop)):
            return sig
        lwp_delsig(lp, bit)


@models(KERN_SIG, function="issignal")
def _stop_for_debugger(k: Machine, lp: Lwp, sig: int) -> Kernel[int]:
    """A traced process stops on every signal, and its debugger hears of it even if it asked not to (SA_NOCLDSTOP).

    sic: whatever wakes the address of the process, such as the death of a child, lets it go on with the signal.
    """
    p = lp.lwp_proc
    assert p.p_pptr is not None
    p.p_xstat = sig
    p.p_stat = SSTOP
    p.p_flag &= ~P_WAITED
    ksignal(k, p.p_pptr, SIGCHLD)
    yield from tstop(k, lp)
    p.p_stat = SACTIVE
    lwp_delsig(lp, sigmask(sig))
    sig = p.p_xstat
    if sig:
        p.p_siglist |= sigmask(sig)
    return sig


def _check_stack(k: Machine, lp: Lwp, sig: int, action: SigHandler) -> None:
    """A child may have been born with a flag that says it has a signal stack, and with none, or with one that was given up."""
    if action.flags & SA_ONSTACK and lp.lwp_flag & LWP_ALTSTACK and lp in state_of(k).given_up:
        raise Unmodelled(f"the handler of {signal_name(sig)} would run on a signal stack that was given up")
