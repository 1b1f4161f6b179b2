"""Posting signals to processes and threads, stopping and continuing, and acting on signals, as since native threads."""

from __future__ import annotations

from collections.abc import Callable

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_synch import lock_exclusive, setrunnable, tell_parent_of_stop
from flavors.dragonfly.proc_h import (
    AXSIG,
    LSRUN,
    LSSLEEP,
    LSSTOP,
    LWP_ALTSTACK,
    LWP_BREAKTSLEEP,
    LWP_SINTR,
    LWP_WEXIT,
    LWP_WSTOP,
    P_CONTINUED,
    P_CONTROLT,
    P_PPWAIT,
    P_TRACED,
    SACTIVE,
    SIDL,
    SSTOP,
)
from flavors.dragonfly.signal_h import (
    CKPT_MASK,
    CONT_MASK,
    IGNORE_MASK,
    SA_NODEFER,
    SA_ONSTACK,
    SA_RESETHAND,
    SIG_IGN,
    SIGCKPT,
    SIGCONT,
    SIGILL,
    SIGKILL,
    STOP_MASK,
    TTYSTOP_MASK,
    signal_name,
)
from flavors.dragonfly.sources import KERN_SIG
from oracle.cite import models
from oracle.machine.errno import Panic, Unmodelled
from oracle.machine.locks import rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.signals import SigActs, first, sigmask
from oracle.machine.traps import Kernel

DOESNT_KILL = STOP_MASK | CONT_MASK | IGNORE_MASK | sigmask(SIGCKPT)
BAD_STACK = "bad"  # lwp_usp of a thread whose stack can't be written


def acts_of(p: Proc) -> SigActs:
    """The signal actions of a process. One that is still being made may have none: then the kernel faults."""
    if p.p_sigacts is None:
        raise Panic("page fault: a signal for a process that has no signal actions yet")
    return p.p_sigacts


@models(KERN_SIG, function="lwpsignal")
def ksignal(k: Machine, p: Proc, sig: int) -> None:
    """Post a signal to a process."""
    lwpsignal(k, p, None, sig)


@models(KERN_SIG)
def lwpsignal(k: Machine, p: Proc, lp: Lwp | None, sig: int) -> None:
    """Post a signal to a process, or to one of its threads. Stops and continues the process right here where that is due."""
    bit = sigmask(sig)
    acts = acts_of(p)
    default = True
    if not p.p_flag & P_TRACED:
        if lp is not None and lp.lwp_flag & LWP_WEXIT:
            return
        if acts.ps_sigignore & bit:
            return
        default = not acts.ps_sigcatch & bit
    if bit & CONT_MASK:
        p.p_siglist &= ~STOP_MASK
    if bit & STOP_MASK:
        if bit & TTYSTOP_MASK and default and p.p_pgrp is not None and p.p_pgrp.pg_jobc == 0:
            return  # an orphaned group: nobody could continue it
        p.p_siglist &= ~CONT_MASK
        p.p_flag &= ~P_CONTINUED
    if p.p_stat == SSTOP:
        if bit & CONT_MASK and not p.p_flag & P_TRACED:
            p.p_flag |= P_CONTINUED
            k.wakeup(p.p_pptr)
        if not signal_stopped(k, p, lp, sig, bit, default):
            return
    signal_active(k, p, lp, bit, sig, default)


def signal_stopped(k: Machine, p: Proc, lp: Lwp | None, sig: int, bit: int, default: bool) -> bool:
    """A signal for a stopped process. True if the process goes on and has to deal with the signal at once."""
    if lp is not None:
        lp.lwp_siglist |= bit
    else:
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
    chosen = lp or find_lwp_for_signal(k, p, bit)
    if chosen is not None and chosen.lwp_stat in (LSSLEEP, LSSTOP):
        chosen.lwp_flag |= LWP_BREAKTSLEEP
    return False


def signal_active(k: Machine, p: Proc, lp: Lwp | None, bit: int, sig: int, default: bool) -> None:
    """A signal for a process that runs (or has just been made to)."""
    if lp is None:
        lp = find_lwp_for_signal(k, p, bit)
    if lp is None:
        p.p_siglist |= bit
        return
    if p.p_nice > 0 and default and not p.p_flag & P_TRACED and not bit & DOESNT_KILL:
        p.p_nice = 0  # let it die soon
    if bit & STOP_MASK and default:
        if p.p_flag & P_PPWAIT:
            p.p_siglist |= bit  # stopping could deadlock the parent it holds
            return
        # A running fork1 will not find this among its pending signals, and goes on to make a child.
        p.p_xstat = sig
        proc_stop(k, p)
        return
    if bit & CONT_MASK and default:
        return
    lp.lwp_siglist |= bit
    lwp_signotify(k, lp)


@models(KERN_SIG)
def find_lwp_for_signal(k: Machine, p: Proc, bit: int) -> Lwp | None:
    """The thread that gets a process's signal: the current one, else one that runs, sleeps interruptibly or has stopped.

    A thread that masks the signal, or sleeps uninterruptibly, is never chosen.
    """
    lp = k.curlwp
    if lp is not None and lp.lwp_proc is p and not lp.lwp_sigmask & bit:
        return lp
    run: Lwp | None = None
    sleep: Lwp | None = None
    stop: Lwp | None = None
    for lp in p.p_lwps:
        if lp.lwp_sigmask & bit:
            continue
        if lp.lwp_stat == LSRUN:
            run = lp
        elif lp.lwp_stat == LSSTOP:
            stop = lp
        elif lp.lwp_flag & LWP_SINTR:
            sleep = lp
    return run or sleep or stop


@models(KERN_SIG)
def lwp_signotify(k: Machine, lp: Lwp) -> None:
    """Make a thread notice: from user mode it traps into the kernel, an interruptible sleep ends.

    sic: an lwp is on its process's list before it has a thread, and the kernel insists on one.
    """
    if lp.lwp_task is None:
        if lp in kern_of(k).threadless:
            raise Panic("a signal for an lwp that has no thread yet")
        p = lp.lwp_proc
        if p.p_stat != SIDL and lp is not k.curlwp and not kern_of(k).rev.is_zombie(p) and lp not in kern_of(k).unscheduled:
            k.sched.spawn(lp, "trap", k.userret(k, lp))
    elif lp.lwp_flag & LWP_SINTR or lp.lwp_stat == LSRUN:
        k.sched.interrupt(lp)


@models(KERN_SIG)
def proc_stop(k: Machine, p: Proc) -> None:
    """Stop a process. Threads that sleep count as stopped at once, the others stop on their way to user mode."""
    if p.p_stat == SSTOP or kern_of(k).rev.is_zombie(p):
        return
    p.p_stat = SSTOP
    for lp in p.p_lwps:
        if lp.lwp_stat == LSSLEEP:
            if not lp.lwp_flag & LWP_WSTOP:
                lp.lwp_flag |= LWP_WSTOP
                p.p_nstopped += 1
        elif lp.lwp_stat == LSRUN:
            lwp_signotify(k, lp)
    if p.p_nstopped == p.p_nthreads:
        tell_parent_of_stop(k, p)


@models(KERN_SIG)
def proc_unstop(k: Machine, p: Proc) -> None:
    """Let a stopped process go on."""
    if p.p_stat != SSTOP:
        return
    p.p_stat = SACTIVE
    for lp in p.p_lwps:
        if lp.lwp_stat == LSSLEEP and lp.lwp_flag & LWP_WSTOP:
            lp.lwp_flag &= ~LWP_WSTOP
            p.p_nstopped -= 1
        if lp.lwp_stat != LSRUN:
            setrunnable(k, lp)


@models(KERN_SIG)
def pgsignal(k: Machine, lp: Lwp, pgrp: Pgrp, sig: int, checkctty: bool) -> Kernel[None]:
    """Signal every member of a group, in list order, with the group locked against fork."""
    assert pgrp.pg_lock is not None
    yield from lock_exclusive(k, lp, pgrp.pg_lock)
    for p in list(pgrp.pg_members):
        if not checkctty or p.p_flag & P_CONTROLT:
            kern_of(k).rev.ksignal(k, p, sig)
    rw_exit(k, lp, pgrp.pg_lock)


# --- acting on signals --------------------------------------------------------------------------------------------------


@models(KERN_SIG, function="issignal")
def cursig(k: Machine, lp: Lwp, maytrace: bool) -> Kernel[int]:
    """The signal that the thread has to act on now, 0 for none. Stops here if the process is stopped, or a debugger has to see
    the signal (`maytrace`: on the way to user mode alone)."""
    p = lp.lwp_proc
    if not (p.p_siglist | lp.lwp_siglist) & ~lp.lwp_sigmask and not p.p_flag & P_TRACED:
        return 0  # the quick test of CURSIG
    acts = acts_of(p)
    while True:
        traced = p.p_flag & P_TRACED
        if p.p_stat == SSTOP:
            yield from kern_of(k).rev.tstop(k, lp)
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
        if maytrace and p.p_flag & P_TRACED and not p.p_flag & P_PPWAIT:
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


def stop_for_debugger(k: Machine, lp: Lwp, sig: int) -> Kernel[int]:
    """A traced process stops on every signal; its debugger says which signal it gets instead."""
    p = lp.lwp_proc
    p.p_xstat = sig
    proc_stop(k, p)
    yield from kern_of(k).rev.tstop(k, lp)
    lwp_delsig(lp, sigmask(sig))
    sig = p.p_xstat
    if sig:
        p.p_siglist |= sigmask(sig)
    return sig


def default_action(k: Machine, lp: Lwp, sig: int, bit: int, stop: Callable[[Machine, Proc], None] = proc_stop) -> Kernel[bool]:
    """Carry out a default action that is not the process's death. False if that is what it is."""
    p = lp.lwp_proc
    if p.p_pid <= 1:
        return True  # system processes take no default actions
    if bit & CKPT_MASK:
        raise Unmodelled(f"{signal_name(sig)}: checkpointing a process")
    if bit & STOP_MASK:
        orphaned = p.p_pgrp is not None and p.p_pgrp.pg_jobc == 0
        if not (p.p_flag & P_TRACED or (orphaned and bit & TTYSTOP_MASK)):
            p.p_xstat = sig
            stop(k, p)
            while p.p_stat == SSTOP:
                yield from kern_of(k).rev.tstop(k, lp)
        return True
    return bool(bit & IGNORE_MASK)


@models(KERN_SIG)
def lwp_delsig(lp: Lwp, bits: int) -> None:
    """Forget pending signals, whether they are pending for the thread or for its process."""
    lp.lwp_siglist &= ~bits
    lp.lwp_proc.p_siglist &= ~bits


@models(KERN_SIG)
def postsig(k: Machine, lp: Lwp, sig: int) -> Kernel[None]:
    """Act on a signal: set up its handler, or die of it."""
    p = lp.lwp_proc
    acts = acts_of(p)
    bit = sigmask(sig)
    lwp_delsig(lp, bit)
    action = acts.ps_sigact.get(sig)
    if k.trace is not None:
        k.note(lp, "takes", signal_name(sig))
    if action is None or action is SIG_IGN:
        yield from sigexit(k, lp, sig)
        raise AssertionError("a thread came back from its process's death")
    on_signal_stack = action.flags & SA_ONSTACK and lp.lwp_flag & LWP_ALTSTACK
    if not lp.lwp_sigstk if on_signal_stack else lp.lwp_usp == BAD_STACK:
        yield from sigexit(k, lp, SIGILL)  # sendsig can't put the handler's frame anywhere
    lp.lwp_sigmask |= action.mask
    if not action.flags & SA_NODEFER:
        lp.lwp_sigmask |= bit
    if action.flags & SA_RESETHAND:
        del acts.ps_sigact[sig]
        acts.ps_sigcatch &= ~bit
        if bit & IGNORE_MASK and sig != SIGCONT:
            acts.ps_sigignore |= bit
    lp.lwp_handled += (f"{signal_name(sig)} {action.name}",)


@models(KERN_SIG)
def sigexit(k: Machine, lp: Lwp, sig: int) -> Kernel[None]:
    """Die of a signal."""
    lp.lwp_proc.p_acflag |= AXSIG
    yield from kern_of(k).rev.exit1(k, lp, sig)
