"""Signal actions and masks: shared, copied, set, reset by exec; and kill of one process."""

from __future__ import annotations

from flavors.netbsd.kern_auth import signal_allowed
from flavors.netbsd.kern_sig import kpsignal, sigispending
from flavors.netbsd.param import (
    CANTMASK,
    CONTSIG,
    DEFAULT_IGNORED,
    LW_PENDSIG,
    NORESET,
    NSIG,
    PK_CLDSIGIGN,
    PK_NOCLDWAIT,
    PS_NOCLDSTOP,
    SA_ALLBITS,
    SA_NOCLDSTOP,
    SA_NOCLDWAIT,
    SA_NODEFER,
    SA_RESETHAND,
    SACTIVE,
    SIGCHLD,
    SSTOP,
)
from flavors.netbsd.sources import KERN_SIG, SYS_SIG
from oracle.cite import models
from oracle.machine.errno import EINVAL, EPERM, ESRCH, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigActs, SigHandler, sigmask


@models(KERN_SIG)
def sigactsinit(p1: Proc, share: bool) -> SigActs:
    """The handler table for a child: the parent's own, or a copy. The ignore and catch sets are not in it."""
    acts = p1.p_sigacts
    assert acts is not None
    if share:
        acts.ps_refcnt += 1
        return acts
    return SigActs(acts.ps_sigact.copy(), 1, acts.ps_sigignore)


@models(KERN_SIG)
def sigactsunshare(p: Proc) -> None:
    """Give a process a handler table of its own."""
    acts = p.p_sigacts
    assert acts is not None
    if acts.ps_refcnt > 1:
        p.p_sigacts = sigactsinit(p, False)
        acts.ps_refcnt -= 1


@models(KERN_SIG)
def sigactsfree(p: Proc) -> None:
    """Give up the handler table at exit."""
    if p.p_sigacts is not None:
        p.p_sigacts.ps_refcnt -= 1
        p.p_sigacts = None


@models(KERN_SIG)
def getucontext(l: Lwp) -> int:
    """Where the stack of the process is said to begin; nobody is on an alternate stack outside of a handler.

    sic: what the last exec noted in the process structure, which fork neither copies nor clears.
    """
    base = l.lwp_proc.p_stackbase
    if not base:
        raise Unmodelled("nobody has used this process structure before: the stack base is whatever was in that memory")
    return base


@models(SYS_SIG)
def sigaction1(k: Machine, l: Lwp, signo: int, handler: str, mask: int, flags: int) -> None:
    """Set the action of a signal: the handler in the (maybe shared) table, ignore and catch sets in this process alone."""
    if signo <= 0 or signo >= NSIG:
        raise EINVAL(f"signal {signo}")
    bit = sigmask(signo)
    if flags & ~SA_ALLBITS or bit & CANTMASK:
        raise EINVAL("unknown flags, or a signal that can't be caught")
    p = l.lwp_proc
    acts = p.p_sigacts
    assert acts is not None
    acts.ps_sigact.pop(signo, None)
    acts.ps_sigignore &= ~bit
    if handler == "ignore":
        acts.ps_sigignore |= bit
    elif handler != "default":
        if bit & NORESET:
            flags &= ~SA_RESETHAND  # these handlers stay, whatever was asked for
        mask = mask & ~bit if flags & SA_NODEFER else mask | bit  # SA_NODEFER wins even over an explicit wish
        acts.ps_sigact[signo] = SigHandler(handler, mask & ~CANTMASK, flags)
    if signo == SIGCHLD:
        _set_child_flags(p, handler, flags)
    if handler == "ignore" or (handler == "default" and bit & (DEFAULT_IGNORED | CONTSIG)):
        p.p_siglist &= ~bit
        for l2 in p.p_lwps:
            l2.lwp_siglist &= ~bit
        if not bit & CONTSIG:
            p.p_sigignore |= bit
        p.p_sigcatch &= ~bit
    else:
        p.p_sigignore &= ~bit
        if handler == "default":
            p.p_sigcatch &= ~bit
        else:
            p.p_sigcatch |= bit
    look_again(l)


def _set_child_flags(p: Proc, handler: str, flags: int) -> None:
    """What an action for SIGCHLD says about children: no news of stops, no zombies. init may not refuse zombies."""
    p.p_sflag = p.p_sflag | PS_NOCLDSTOP if flags & SA_NOCLDSTOP else p.p_sflag & ~PS_NOCLDSTOP
    p.p_flag &= ~(PK_NOCLDWAIT | PK_CLDSIGIGN)
    if p.p_pid != 1:
        if flags & SA_NOCLDWAIT:
            p.p_flag |= PK_NOCLDWAIT
        if handler == "ignore":
            p.p_flag |= PK_CLDSIGIGN


def look_again(l: Lwp) -> None:
    """Signals held so far may have become visible: look at them before user mode."""
    if sigispending(l):
        l.lwp_flag |= LW_PENDSIG


@models(SYS_SIG)
def sigprocmask1(l: Lwp, how: str, mask: int) -> None:
    """Change the signal mask of an LWP."""
    mask &= ~CANTMASK
    if how == "block":
        l.lwp_sigmask |= mask
    elif how == "unblock":
        l.lwp_sigmask &= ~mask
        look_again(l)
    else:
        l.lwp_sigmask = mask
        look_again(l)


@models(KERN_SIG)
def execsigs(k: Machine, l: Lwp) -> None:
    """exec: caught signals are back to their defaults, SIGCHLD is no longer ignored, children leave zombies again.

    Only what this process itself catches is reset: a handler that a former sharer of the table installed stays in the copy.
    """
    p = l.lwp_proc
    sigactsunshare(p)
    acts = p.p_sigacts
    assert acts is not None
    caught = p.p_sigcatch
    if caught:
        p.p_sigignore |= caught & DEFAULT_IGNORED
        dropped = caught & (DEFAULT_IGNORED | CONTSIG)
        p.p_siglist &= ~dropped
        l.lwp_siglist &= ~dropped
        acts.ps_sigact = {signo: act for signo, act in acts.ps_sigact.items() if not caught & sigmask(signo)}
        acts.ps_sigignore &= ~caught
        p.p_sigcatch = 0
    p.p_flag &= ~(PK_NOCLDWAIT | PK_CLDSIGIGN)
    acts.ps_sigignore &= ~sigmask(SIGCHLD)
    l.lwp_sigstk = ""


def kill_one(k: Machine, l: Lwp, p: Proc | None, signo: int) -> None:
    """Signal one process; one that is half made or dead counts as signalled."""
    if p is None:
        raise ESRCH("no such process")
    if p.p_stat != SACTIVE and p.p_stat != SSTOP:
        return
    if not signal_allowed(l, p, signo):
        raise EPERM("another user's process")
    if signo:
        kpsignal(k, p, signo)
