"""exit, wait, reaping, and moving processes from one parent to another."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, crfree
from flavors.netbsd.kern_descrip import fd_free
from flavors.netbsd.kern_event import knote
from flavors.netbsd.kern_ktrace import ktrderef
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import fixjobc, pgrp_of, proc_find_raw, proc_free_pid, proc_leavepgrp
from flavors.netbsd.kern_resource import chgproccnt, lim_free, sched_proc_exit
from flavors.netbsd.kern_sig import count_stopchild, killproc, kpgsignal, kpsignal, miscount, stop_here
from flavors.netbsd.kern_sleepq import sleep_sig
from flavors.netbsd.param import (
    ALLSIGS,
    CONTSIG,
    LSZOMB,
    NOTE_EXIT,
    PK_CLDSIGIGN,
    PK_NOCLDWAIT,
    PL_PPWAIT,
    PS_STOPEXIT,
    PS_WEXIT,
    PSL_CHTRACED,
    PSL_FSTRACE,
    PSL_SYSCALL,
    PSL_TRACED,
    SDEAD,
    SDYING,
    SIDL,
    SIGCHLD,
    SIGHUP,
    SSTOP,
    SZOMB,
    WALLSIG,
    WALTSIG,
    WNOHANG,
    WUNTRACED,
)
from flavors.netbsd.sources import KERN_EXIT
from flavors.netbsd.state import kern
from flavors.netbsd.sys_sig import sigactsfree
from flavors.netbsd.uvm_glue import uvm_proc_exit
from flavors.netbsd.vfs_cwd import cwdfree
from oracle.cite import models
from oracle.machine.errno import ECHILD, EINVAL, LwpExit, Panic, Unmodelled
from oracle.machine.files import vrele
from oracle.machine.locks import rw_enter_exclusive, rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, preempt

TRACE_FLAGS = PSL_TRACED | PSL_FSTRACE | PSL_SYSCALL


def exit_signal(p: Proc) -> int:
    """P_EXITSIG: SIGCHLD while somebody traces the process, whatever it was born with."""
    return SIGCHLD if p.p_slflag & (PSL_TRACED | PSL_FSTRACE) else p.p_exitsig


@models(KERN_EXIT)
def exit1(k: Machine, l: Lwp, rv: int) -> Kernel[None]:
    """End the calling process. Never returns: raises LwpExit."""
    p = l.lwp_proc
    if p is k.initproc:
        raise Panic(f"init died (signal {rv & 0x7F}, exit {rv >> 8})")
    if len(p.p_lwps) > 1:
        raise Unmodelled("exit of a process with several LWPs")
    p.p_sflag |= PS_WEXIT
    if p.p_sflag & PS_STOPEXIT:
        # sic: the stop is not counted with the parent, but continuing or collecting it will be
        miscount(k, p.p_pptr, -1)
        p.p_siglist &= ~CONTSIG
        p.p_waited = 0
        p.p_stat = SSTOP
        yield from stop_here(l)
    p.p_sigignore = ALLSIGS
    p.p_siglist = l.lwp_siglist = 0
    if p.p_stat == SSTOP and not p.p_waited:
        miscount(k, p.p_pptr, 1)
    p.p_stat = SDYING  # sic: from a stop, too, and nobody takes that off the parent's count: see issignal
    assert p.p_reflock is not None
    yield from rw_enter_exclusive(k, l, p.p_reflock)  # whoever still looks at the process must let go first
    p.p_xstat = rv
    p.p_realtimer = 0
    if k.sched.ready:
        yield from preempt("before the descriptors")
    fd_free(k, p)
    cwdfree(p)
    sigactsfree(p)
    if p.p_tracenode is not None:
        ktrderef(k, p)
    uvm_proc_exit(p)
    if k.sched.ready:
        yield from preempt("proc_lock")
    yield from pass_proc_lock(k)  # kept until the process is a zombie, unless it hangs up a terminal
    if p.p_lflag & PL_PPWAIT:
        assert p.p_pptr is not None
        p.p_lflag &= ~PL_PPWAIT
        k.wakeup(p.p_pptr.p_waitcv)  # sic: of the parent of record, who need not be the one that sleeps
    yield from _leave_session(k, p)
    if p.p_pgrp is not None:
        fixjobc(k, p, p.p_pgrp, False)
    if p.p_klist:
        knote(k, p, NOTE_EXIT, cred_of(l))
        p.p_klist = ()
    _give_away_children(k, p)
    _die(k, p)
    l.lwp_stat = LSZOMB
    crfree(l.lwp_ucred)
    l.lwp_ucred = None
    rw_exit(k, l, p.p_reflock)
    raise LwpExit("exit1")


def _leave_session(k: Machine, p: Proc) -> Kernel[None]:
    """A session leader's exit hangs up the foreground group and takes the terminal away from the session.

    The process lists are not locked while the terminal drains: a parent may be back from vfork before there is a zombie.
    """
    session = pgrp_of(p).pg_session
    if session.s_leader is not p:
        return
    if session.s_ttyvp is not None:
        pgrp = session.s_ttypgrp
        session.s_ttypgrp = None
        if pgrp is not None:
            kpgsignal(k, pgrp, SIGHUP, True)
            if k.sched.ready:
                yield from preempt("terminal drains")
            yield from pass_proc_lock(k)
        vrele(session.s_ttyvp)
        session.s_ttyvp = None
    session.s_leader = None


def _give_away_children(k: Machine, p: Proc) -> None:
    """Children go to init; those that the process traced are killed, and go to their real parents."""
    init = k.initproc
    if p.p_slflag & PSL_CHTRACED:
        for q in k.allproc:
            if q.p_opptr is p:
                q.p_opptr = None
    if not p.p_children:
        return
    for q in list(p.p_children):
        if q.p_slflag & PSL_TRACED:
            q.p_slflag &= ~TRACE_FLAGS
            if q.p_opptr is not p:
                real = q.p_opptr
                proc_reparent(k, q, real if real is not None else init)
                q.p_opptr = None
            else:
                proc_reparent(k, q, init)
            killproc(k, q, "orphaned traced process")
        else:
            proc_reparent(k, q, init)
    k.wakeup(init.p_waitcv)


def _die(k: Machine, p: Proc) -> None:
    """Become a zombie: the lists, the parent's count, the exit signal, the parent's wake-up."""
    k.allproc.remove(p)
    k.zombproc.insert(0, p)
    p.p_stat = SDEAD
    q = p.p_pptr
    assert q is not None
    count_stopchild(q, 1)
    if q.p_children[0] is not p:
        q.p_children.remove(p)
        q.p_children.insert(0, p)
    if q.p_flag & (PK_NOCLDWAIT | PK_CLDSIGIGN):
        proc_reparent(k, p, k.initproc)  # sic: not a zombie yet, so the unit just counted stays with the old parent
        miscount(k, q, 1)
        miscount(k, p.p_pptr, -1)
        if not q.p_children:
            k.wakeup(q.p_waitcv)
        q = k.initproc if p.p_pptr is k.initproc else q
    if p.p_exitsig and not p.p_slflag & PSL_FSTRACE:
        kpsignal(k, q, exit_signal(p))
    p.p_stat = SZOMB
    k.wakeup(q.p_waitcv)


@models(KERN_EXIT)
def proc_reparent(k: Machine, child: Proc, parent: Proc | None) -> None:
    """Give a child a new parent, at the head of its list. init's children always signal SIGCHLD.

    No parent is that of process 0, which nobody can trace.

    sic: a unit of p_nstopchild moves along for a zombie and for an uncollected stop, not for a process about to be a zombie.
    """
    old = child.p_pptr
    assert old is not None
    if old is parent:
        return
    if child.p_stat == SZOMB or (child.p_stat == SSTOP and not child.p_waited):
        count_stopchild(old, -1)
        count_stopchild(parent, 1)
    if parent is k.initproc:
        child.p_exitsig = SIGCHLD
    old.p_children.remove(child)
    if parent is None:
        raise Panic("page fault: process 0 has no parent")
    parent.p_children.insert(0, child)
    child.p_pptr = parent
    child.p_ppid = parent.p_pid


# --- wait -----------------------------------------------------------------------------------------------------------------


@models(KERN_EXIT)
def do_sys_wait(k: Machine, l: Lwp, pid: int, options: int) -> Kernel[tuple[Proc, int] | None]:
    """Wait for a child: who it was and its wait status, or None with WNOHANG. A stop is reported once, a zombie is reaped."""
    child = yield from find_stopped_child(k, l, pid, options)
    if child is None:
        return None
    if child.p_stat == SZOMB:
        status = child.p_xstat
        yield from proc_free(k, l.lwp_proc, child)
    else:
        status = child.p_xstat << 8 | 0o177
    return child, status


def _passes(p: Proc, child: Proc, pid: int, options: int) -> bool:
    """Whether wait may look at a child: its pid or group, and its exit signal."""
    if pid > 0:
        if child.p_pid != pid:
            return False
    elif pid != -1:
        group = child.p_pgrp
        mine = p.p_pgrp
        if group is None or mine is None or group.pg_id != (mine.pg_id if pid == 0 else -pid):
            return False
    if options & WALLSIG:
        return True
    if options & WALTSIG:
        return child.p_exitsig != SIGCHLD
    return exit_signal(child) == SIGCHLD


@models(KERN_EXIT)
def find_stopped_child(k: Machine, l: Lwp, pid: int, options: int) -> Kernel[Proc | None]:
    """Look through the children for one to report, sleeping until there is one; None with WNOHANG."""
    if options & ~(WNOHANG | WUNTRACED | WALTSIG | WALLSIG):
        raise EINVAL(f"options {options:#x}")
    p = l.lwp_proc
    while True:
        yield from pass_proc_lock(k)
        eligible = dying = False
        children: list[Proc] = p.p_children
        if pid > 0 and children:
            exact = proc_find_raw(k, pid)
            if exact is None or exact.p_stat == SIDL or exact.p_pptr is not p:
                raise ECHILD(f"{pid} is no child")
            children = [exact]
        for child in children:
            if not _passes(p, child, pid, options):
                continue
            eligible = True
            if child.p_stat == SZOMB:
                return child
            if child.p_stat == SDEAD:
                dying = True
            elif child.p_stat == SSTOP and not child.p_waited and (options & WUNTRACED or child.p_slflag & PSL_TRACED):
                child.p_waited = 1
                count_stopchild(p, -1)
                return child
            if p.p_nstopchild == 0 or child.p_pid == pid:
                break  # the count says that the rest is not worth a look, even if it is wrong
        if not eligible:
            raise ECHILD("no child to wait for")
        if options & WNOHANG and not dying:
            return None
        yield from sleep_sig(k, l, p.p_waitcv, "wait")


@models(KERN_EXIT)
def proc_free(k: Machine, parent: Proc, p: Proc) -> Kernel[None]:
    """Reap a zombie; one that was traced goes back to its real parent first, with a second exit signal."""
    if p.p_slflag & PSL_TRACED and p.p_opptr is not parent:
        p.p_slflag &= ~TRACE_FLAGS
        real = p.p_opptr if p.p_opptr is not None else k.initproc
        proc_reparent(k, p, real)
        p.p_opptr = None
        if p.p_exitsig:
            kpsignal(k, real, exit_signal(p))
        k.wakeup(real.p_waitcv)
        return
    sched_proc_exit(parent, p)
    parent.p_childtime += p.p_cputime + p.p_childtime
    p.p_xstat = 0
    p.p_stat = SIDL
    k.zombproc.remove(p)
    parent.p_children.remove(p)
    count_stopchild(parent, -1)
    proc_free_pid(k, p.p_pid)
    proc_leavepgrp(k, p)
    if k.sched.ready:
        yield from preempt("reaped")  # the process lists are free again: its slot is gone, its user is still charged
    p.p_lwps.clear()
    cred = p.p_ucred
    assert cred is not None and p.p_lock is not None
    chgproccnt(k, cred.cr_ruid, -1)
    lim_free(p)
    crfree(cred)
    p.p_ucred = None
    if p.p_textvp is not None:
        vrele(p.p_textvp)
        p.p_textvp = None
    p.p_lock.mtx_refcnt -= 1
    p.p_lock = None
    kern(k).freeprocs.append(p)
