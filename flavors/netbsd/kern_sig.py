"""Signals: posting them, taking them on the way to user mode, stopping and continuing."""

from __future__ import annotations

from collections.abc import Iterable

from flavors.netbsd.kern_auth import signal_allowed
from flavors.netbsd.param import (
    CONTSIG,
    DEFAULT_IGNORED,
    KILLSIGS,
    LSONPROC,
    LSRUN,
    LSSTOP,
    LSZOMB,
    LW_PENDSIG,
    PK_SYSTEM,
    PL_CONTROLT,
    PL_ORPHANPG,
    PL_PPWAIT,
    PS_NOCLDSTOP,
    PS_NOTIFYSTOP,
    PSL_FSTRACE,
    PSL_TRACED,
    SACTIVE,
    SIGCHLD,
    SIGKILL,
    SSTOP,
    STOPSIGS,
    TOALL,
    TTYSTOPSIGS,
    UINT32,
)
from flavors.netbsd.sources import KERN_SIG
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.errno import ESRCH, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.signals import first, sigmask
from oracle.machine.traps import Kernel, tsleep

SIG_DFL, SIG_IGN, SIG_CATCH = 0, 1, 2


def sigaction_of(p: Proc, bit: int) -> int:
    """What the handler table (maybe shared) says about a signal; the private ignore and catch sets are not asked."""
    acts = p.p_sigacts
    assert acts is not None
    if acts.ps_sigignore & bit:
        return SIG_IGN
    return SIG_CATCH if acts.ps_sigact and bit.bit_length() in acts.ps_sigact else SIG_DFL


# --- posting --------------------------------------------------------------------------------------------------------------


@models(KERN_SIG, function="kpsignal2")
def kpsignal(k: Machine, p: Proc, signo: int, lid: int = 0) -> None:
    """Post a signal to a process, or to one of its LWPs. A process that is neither active nor stopped drops it silently."""
    stat = p.p_stat
    if stat != SACTIVE and stat != SSTOP:
        return
    bit = sigmask(signo)
    traced = p.p_slflag & PSL_TRACED
    action = SIG_DFL
    if traced:
        if not lid:
            p.p_siglist |= bit
    elif p.p_sigignore & bit:  # sic: the private set, though a sharer of the table may have installed a handler since
        return
    elif p.p_sigcatch & bit:
        action = SIG_CATCH
    else:
        if bit & TTYSTOPSIGS and p.p_pgrp is not None and p.p_pgrp.pg_jobc == 0:
            return
        if bit & KILLSIGS and p.p_nice > 0:
            p.p_nice = 0
    if bit & CONTSIG:
        p.p_siglist &= ~STOPSIGS
    elif bit & STOPSIGS:
        p.p_siglist &= ~CONTSIG
    if lid:
        for l in p.p_lwps:
            if l.lwp_tid == lid:
                l.lwp_siglist |= bit
                sigpost(k, l, bit)
        return
    if stat == SACTIVE:
        if not traced:
            if bit & CONTSIG and action == SIG_DFL:
                return
            p.p_siglist |= bit
    elif not _post_to_stopped(p, bit, bool(traced), action):
        return
    for l in p.p_lwps:
        if sigpost(k, l, bit) and not bit & TOALL:
            break


def _post_to_stopped(p: Proc, bit: int, traced: bool, action: int) -> bool:
    """Only SIGCONT and SIGKILL make a stopped process run; says whether its LWPs are to be told."""
    kill = bit == sigmask(SIGKILL)
    if traced and not kill:
        return False
    if bit & CONTSIG or kill:
        p.p_stat = SACTIVE
        if not p.p_waited:
            count_stopchild(p.p_pptr, -1)  # the parent of record, whoever was charged
        if traced or (bit & CONTSIG and action == SIG_DFL):
            return True
    elif bit & STOPSIGS:
        return False
    p.p_siglist |= bit
    return True


def count_stopchild(parent: Proc | None, by: int) -> None:
    """Change a parent's count of stopped or dead children, an unsigned 32-bit number."""
    assert parent is not None and parent.p_nstopchild is not None
    parent.p_nstopchild = (parent.p_nstopchild + by) & UINT32


def miscount(k: Machine, parent: Proc | None, by: int) -> None:
    """Note that a defect has made a parent's count of stopped or dead children too high or too low.

    The kernel keeps no such note. It tells a drift that is the kernel's own from one that would be a mistake of the model's.
    """
    assert parent is not None
    drift = kern(k).nstopchild_drift
    drift[parent] = drift.get(parent, 0) + by


@models(KERN_SIG)
def sigpost(k: Machine, l: Lwp, bit: int) -> bool:
    """Make an LWP look at its signals. Says whether it will take this one."""
    l.lwp_flag |= LW_PENDSIG
    if l.lwp_sigmask & bit and not bit & CONTSIG:
        return False
    if l.lwp_stat == LSSTOP:
        if bit & STOPSIGS:
            return False
        setrunnable(k, l)  # whatever the signal: it looks, and stops again if its process is still stopped
        return True
    if l.lwp_stat == LSZOMB:
        return False
    task = l.lwp_task
    if task is None:
        k.sched.spawn(l, "trap", k.userret(k, l))
        return True
    if task.sleep is not None:
        return k.sched.interrupt(l)
    return True


def setrunnable(k: Machine, l: Lwp) -> None:
    """Let a stopped LWP go on where it stopped."""
    l.lwp_stat = LSRUN
    l.lwp_proc.p_nrlwps += 1
    k.wakeup(l)


@models(KERN_SIG)
def kpgsignal(k: Machine, pgrp: Pgrp, signo: int, checkctty: bool) -> None:
    """Post a signal to every member of a group, head of the list first, under one hold of proc_lock."""
    for p in list(pgrp.pg_members):
        if not checkctty or p.p_lflag & PL_CONTROLT:
            kpsignal(k, p, signo)


@models(KERN_SIG)
def killpg1(k: Machine, l: Lwp, signo: int, pgrp: Pgrp | None, everybody: bool) -> None:
    """Signal a group, or all processes but oneself; an embryo counts as found, although it drops the signal."""
    cp = l.lwp_proc
    targets: Iterable[Proc] = list(k.allproc) if everybody else list(pgrp.pg_members) if pgrp is not None else ()
    found = 0
    for p in targets:
        if p.p_pid <= 1 or p.p_flag & PK_SYSTEM or (everybody and p is cp):
            continue
        if signal_allowed(l, p, signo):
            found += 1
            if signo:
                kpsignal(k, p, signo)
    if not found:
        raise ESRCH("nobody to signal")


@models(KERN_SIG)
def killproc(k: Machine, p: Proc, why: str) -> None:
    """Kill a process and say why on the console."""
    k.printf(f"pid {p.p_pid} was killed: {why}")
    kpsignal(k, p, SIGKILL)


# --- taking ---------------------------------------------------------------------------------------------------------------


def _candidates(p: Proc, l: Lwp, pending: int) -> int:
    """What may be taken of a set of pending signals: not what is masked, and no stops while a parent waits in vfork."""
    if p.p_lflag & PL_PPWAIT:
        pending &= ~STOPSIGS
    return pending & ~l.lwp_sigmask


def sigispending(l: Lwp) -> int:
    """The first signal that is pending, neither masked nor ignored; vfork's hiding of stops is not considered here."""
    p = l.lwp_proc
    return first((l.lwp_siglist | p.p_siglist) & ~p.p_sigignore & ~l.lwp_sigmask)


@models(KERN_SIG)
def issignal(k: Machine, l: Lwp, take: bool) -> Kernel[int]:
    """The signal to act on, 0 for none; with `take` it is pending no longer. Stops happen in here.

    A signal that the debugger hands over is in no set: one of the same number that came meanwhile stays pending beside it.
    """
    p = l.lwp_proc
    while True:
        signo = 0
        pending = False
        if p.p_stat == SSTOP:
            yield from sigswitch(k, l, PS_NOCLDSTOP)
            signo = sigchecktrace(p, l)  # sic: nobody looks whether the process is still stopped
        if not signo:
            signo = first(_candidates(p, l, l.lwp_siglist)) or first(_candidates(p, l, p.p_siglist))
            if not signo:
                l.lwp_flag &= ~LW_PENDSIG
                return 0
            pending = True
        bit = sigmask(signo)
        traced = p.p_slflag & PSL_TRACED
        if p.p_sigignore & bit and not traced:
            discard(p, l, bit)
            continue
        if traced and not p.p_lflag & PL_PPWAIT and signo != SIGKILL:
            if pending:
                discard(p, l, bit)
            p.p_xstat = signo
            yield from sigswitch(k, l, 0, not p.p_slflag & PSL_FSTRACE)
            signo = sigchecktrace(p, l)
            if not signo:
                continue
            pending = False
            bit = sigmask(signo)
        action = sigaction_of(p, bit)
        acted_on = action == SIG_CATCH or (
            action == SIG_DFL and p.p_pid > 1 and not bit & (STOPSIGS | DEFAULT_IGNORED | CONTSIG)
        )
        if pending and (take or not acted_on):
            discard(p, l, bit)
        if acted_on:
            return signo
        if action == SIG_DFL and p.p_pid > 1 and bit & STOPSIGS:
            if not p.p_slflag & PSL_TRACED and not (p.p_lflag & PL_ORPHANPG and bit & TTYSTOPSIGS):
                p.p_xstat = signo
                yield from sigswitch(k, l, PS_NOCLDSTOP)


def discard(p: Proc, l: Lwp, bit: int) -> None:
    """Take a signal out of the set it is pending in; the LWP's own comes first."""
    if l.lwp_siglist & bit:
        l.lwp_siglist &= ~bit
    else:
        p.p_siglist &= ~bit


@models(KERN_SIG)
def sigchecktrace(p: Proc, l: Lwp) -> int:
    """The signal that the debugger continued the process with, 0 for none."""
    if p.p_siglist & sigmask(SIGKILL) or not p.p_slflag & PSL_TRACED or not p.p_xstat:
        return 0
    signo = p.p_xstat
    p.p_xstat = 0
    return 0 if l.lwp_sigmask & sigmask(signo) else signo


@models(KERN_SIG)
def sigswitch(k: Machine, l: Lwp, ppmask: int, ppsig: bool = True) -> Kernel[None]:
    """Stop, and tell the parent if this is a new stop; returns once somebody made the LWP run again."""
    p = l.lwp_proc
    if p.p_stat == SACTIVE:
        if len(p.p_lwps) > 1:
            raise Unmodelled("a process with several LWPs stops")
        p.p_sflag |= PS_NOTIFYSTOP
        proc_stop_done(k, p, ppmask, ppsig)
    yield from stop_here(l)


def stop_here(l: Lwp) -> Kernel[None]:
    """Sleep as a stopped LWP."""
    l.lwp_proc.p_nrlwps -= 1
    l.lwp_stat = LSSTOP
    while l.lwp_stat == LSSTOP:
        yield from tsleep(l, "stopped")
    l.lwp_stat = LSONPROC


@models(KERN_SIG)
def proc_stop_done(k: Machine, p: Proc, ppmask: int, ppsig: bool) -> None:
    """The process has stopped: count that with its parent, signal the parent unless it wants no news of stops, wake it."""
    pptr = p.p_pptr
    assert pptr is not None
    p.p_stat = SSTOP
    p.p_waited = 0
    count_stopchild(pptr, 1)
    if ppsig and not pptr.p_sflag & ppmask:
        kpsignal(k, pptr, SIGCHLD)
    k.wakeup(pptr.p_waitcv)


@models(KERN_SIG)
def proc_unstop(k: Machine, p: Proc) -> None:
    """Make a stopped process run, as its debugger does."""
    p.p_stat = SACTIVE
    if not p.p_waited:
        count_stopchild(p.p_pptr, -1)
    for l in p.p_lwps:
        if l.lwp_stat == LSSTOP:
            setrunnable(k, l)
