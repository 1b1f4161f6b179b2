"""Dying and being reaped: exit1, the end of a thread, wait4."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_clock import stopprofclock
from flavors.dragonfly.kern_descrip import fdfree
from flavors.dragonfly.kern_event import knote
from flavors.dragonfly.kern_ktrace import ktrdestroy
from flavors.dragonfly.kern_plimit import plimit_free
from flavors.dragonfly.kern_proc import fixjobc, leavepgrp, pgrp_of, proc_move_allproc_zombie, proc_remove_zombie
from flavors.dragonfly.kern_prot import crfree
from flavors.dragonfly.kern_resource import chgproccnt
from flavors.dragonfly.kern_sig import acts_of, lwpsignal, pgsignal
from flavors.dragonfly.kern_sig_calls import kern_kill
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import (
    HZ,
    LWP_WEXIT,
    NOTE_EXIT,
    P_CONTINUED,
    P_PPWAIT,
    P_PROFIL,
    P_TRACED,
    P_WAITED,
    P_WEXIT,
    PS_NOCLDWAIT,
    SSTOP,
    SZOMB,
    WCONTINUED,
    WLINUXCLONE,
    WNOHANG,
    WUNTRACED,
)
from flavors.dragonfly.signal_h import SIGCHLD, SIGHUP, SIGKILL
from flavors.dragonfly.sources import KERN_EXIT
from flavors.dragonfly.vm_glue import vm_waitproc, vmspace_exit
from oracle.cite import models
from oracle.machine.errno import EALREADY, ECHILD, EINVAL, Errno, LwpExit, Panic
from oracle.machine.files import vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


@models(KERN_EXIT)
def exit1(k: Machine, lp: Lwp, rv: int) -> Kernel[NoReturn]:
    """End the process with a wait status. Never returns: raises LwpExit."""
    p = lp.lwp_proc
    if p.p_pid == 1:
        k.printf(f"init died (signal {rv & 0x7F}, exit {rv >> 8})")
        raise Panic("init is going to exit")
    p.p_varsymset = ()
    try:
        yield from killalllwps(k, lp, forexec=False)
    except EALREADY:
        lwp_exit(k, lp, master=False)  # another thread is at it: just end this one
        raise LwpExit from None
    if p is p.p_leader:
        yield from kill_peers(k, lp, p)
    if p.p_flag & P_PROFIL:
        stopprofclock(p)
    p.p_flag &= ~(P_TRACED | P_PPWAIT)  # the held parent is woken below
    p.p_siglist = 0
    lp.lwp_siglist = 0
    p.p_realtimer = 0
    yield from fdfree(k, lp, p, None)
    leave_peers(k, p)
    vmspace_exit(k, p)
    yield from leave_session(k, lp, p)
    fixjobc(k, p, pgrp_of(p), False)
    ktrdestroy(p)
    p.p_traceflag = 0
    if p.p_textvp is not None:
        vrele(p.p_textvp)
        p.p_textvp = None
    yield from proc_move_allproc_zombie(k, lp, p)
    give_children_to_init(k, p)
    p.p_xstat = rv
    p.p_cputime += p.p_childtime
    knote(k, p, NOTE_EXIT, lp.lwp_ucred)
    tell_parent(k, p)
    plimit_free(p)
    lwp_exit(k, lp, master=True)
    raise LwpExit


def kill_peers(k: Machine, lp: Lwp, p: Proc) -> Kernel[None]:
    """A leader takes its peers with it, and waits until they are gone.

    sic: the ordinary permission check applies and its verdict is ignored, so a peer that changed its ids survives and the
    leader waits for it; a peer linked behind the loop is never killed.
    """
    peer = p.p_peers
    while peer is not None:
        with suppress(Errno):
            yield from kern_kill(k, lp, SIGKILL, peer.p_pid)
        peer = peer.p_peers
    while p.p_peers is not None:
        yield from tsleep(k, lp, p, "exit1", awaits=lambda: p.p_peers is None)


def leave_peers(k: Machine, p: Proc) -> None:
    """Unlink from the leader's chain, and tell the leader."""
    leader = p.p_leader
    assert leader is not None
    if leader.p_peers is not None:
        peer = leader
        while peer.p_peers is not p:
            assert peer.p_peers is not None
            peer = peer.p_peers
        peer.p_peers = p.p_peers
        k.wakeup(leader)


def leave_session(k: Machine, lp: Lwp, p: Proc) -> Kernel[None]:
    """A session's leader hangs up its terminal."""
    session = pgrp_of(p).pg_session
    if session.s_leader is not p:
        return
    if session.s_ttyvp is not None:
        if session.s_ttypgrp is not None:
            yield from pgsignal(k, lp, session.s_ttypgrp, SIGHUP, True)
        vrele(session.s_ttyvp)
        session.s_ttyvp = None
        session.s_ttypgrp = None
    session.s_leader = None


def give_children_to_init(k: Machine, p: Proc) -> None:
    """init inherits the children, in reverse order; its exit signal for them is always SIGCHLD."""
    init = k.initproc
    if p.p_children:
        k.wakeup(init)
    for child in list(p.p_children):
        p.p_children.remove(child)
        init.p_children.insert(0, child)
        child.p_pptr = init
        child.p_exitsig = SIGCHLD
        if child.p_flag & P_TRACED:
            child.p_flag &= ~P_TRACED
            kern_of(k).rev.ksignal(k, child, SIGKILL)


def tell_parent(k: Machine, p: Proc) -> None:
    """Signal and wake the parent; with SA_NOCLDWAIT in effect that is init from now on."""
    pptr = p.p_pptr
    assert pptr is not None
    if acts_of(pptr).ps_flag & PS_NOCLDWAIT:
        # sic: a parent held by vfork is woken only if this was its last child; p_sigparent stays as it was
        proc_reparent(p, k.initproc)
        if not pptr.p_children:
            k.wakeup(pptr)
        pptr = k.initproc
    ksignal = kern_of(k).rev.ksignal
    if p.p_exitsig and pptr is not k.initproc:
        ksignal(k, pptr, p.p_exitsig)
    else:
        ksignal(k, pptr, SIGCHLD)
    k.wakeup(pptr)


@models(KERN_EXIT)
def proc_reparent(child: Proc, parent: Proc) -> None:
    """Move a process to the head of another's children."""
    if child.p_pptr is parent:
        return
    assert child.p_pptr is not None
    child.p_pptr.p_children.remove(child)
    parent.p_children.insert(0, child)
    child.p_pptr = parent


@models(KERN_EXIT)
def killalllwps(k: Machine, lp: Lwp, forexec: bool) -> Kernel[None]:
    """Kill the other threads and wait for their end; EALREADY if another thread does so already.

    sic: a thread made after the loop is not killed, and the wait goes on until it ends by itself.
    """
    p = lp.lwp_proc
    if p.p_flag & P_WEXIT:
        raise EALREADY("another thread ends the process")
    p.p_flag |= P_WEXIT
    lp.lwp_flag |= LWP_WEXIT
    if p.p_nthreads > 1:
        for other in list(p.p_lwps):
            if other is not lp:
                lwpsignal(k, p, other, SIGKILL)
                other.lwp_flag |= LWP_WEXIT
        while p.p_nthreads > 1:
            yield from tsleep(k, lp, p.p_lwps, "killlwps", awaits=lambda: p.p_nthreads <= 1)
    if forexec:
        lp.lwp_flag &= ~LWP_WEXIT
        p.p_flag &= ~P_WEXIT


@models(KERN_EXIT, function="lwp_exit")
def end_thread(k: Machine, lp: Lwp) -> None:
    """End a thread of a process that goes on."""
    lwp_exit(k, lp, master=False)


@models(KERN_EXIT)
def lwp_exit(k: Machine, lp: Lwp, master: bool) -> None:
    """End a thread. The last one of a process (`master`) is disposed of by wait4 and holds the process until then."""
    p = lp.lwp_proc
    lp.lwp_flag |= LWP_WEXIT
    crfree(lp.lwp_ucred)
    lp.lwp_ucred = None
    p.p_nthreads -= 1
    if master:
        p.p_hold += 1
    else:
        p.p_lwps.remove(lp)
        k.wakeup(p.p_lwps)


@models(KERN_EXIT)
def lwp_dispose(lp: Lwp) -> None:
    """Free a dead thread, and let go of its process."""
    lp.lwp_proc.p_hold -= 1


# --- wait4 --------------------------------------------------------------------------------------------------------------


@models(KERN_EXIT)
def kern_wait(k: Machine, lp: Lwp, pid: int, options: int) -> Kernel[tuple[Proc, int] | None]:
    """The first child that has something to report, and its status; None if there is nothing and WNOHANG was given.

    Children are looked at in list order, so the most recently attached comes first.
    """
    q = lp.lwp_proc
    if pid == 0:
        pid = -pgrp_of(q).pg_id
    if options & ~(WNOHANG | WUNTRACED | WCONTINUED | WLINUXCLONE):
        raise EINVAL(f"wait options {options:#x}")
    while True:
        while q.p_stat == SSTOP:
            yield from kern_of(k).rev.tstop(k, lp)
        nfound = 0
        for p in q.p_children:
            if pid not in (-1, p.p_pid) and (p.p_pgrp is None or p.p_pgrp.pg_id != -pid):
                continue
            if (p.p_exitsig != SIGCHLD) != bool(options & WLINUXCLONE):
                continue  # sic: a child with another exit signal is seen by WLINUXCLONE alone
            nfound += 1
            if p.p_stat == SZOMB:
                status = p.p_xstat
                yield from _reap(k, lp, q, p)
                return p, status
            if p.p_stat == SSTOP and not p.p_flag & P_WAITED and (p.p_flag & P_TRACED or options & WUNTRACED):
                p.p_flag |= P_WAITED
                return p, p.p_xstat << 8 | 0o177
            if options & WCONTINUED and p.p_flag & P_CONTINUED:
                p.p_flag &= ~P_CONTINUED
                return p, 19
        if not nfound:
            raise ECHILD("no child to wait for")
        if options & WNOHANG:
            return None
        yield from tsleep(k, lp, q, "wait", catch=True)


@models(KERN_EXIT, function="kern_wait")
def _reap(k: Machine, lp: Lwp, q: Proc, p: Proc) -> Kernel[None]:
    """Free a zombie, or hand it back to the parent that a debugger took it from."""
    while p.p_nthreads > 0:
        yield from tsleep(k, lp, p.p_lwps, "lwpzomb", HZ)
    for dead in p.p_lwps:
        lwp_dispose(dead)
    p.p_lwps.clear()
    while p.p_hold:
        yield from tsleep(k, lp, p, "reap3", HZ)
    if hand_back(k, p):
        return
    proc_remove_zombie(k, p)
    leavepgrp(k, p)
    p.p_xstat = 0
    q.p_childtime += p.p_cputime
    release_identity(k, p)
    acts_of(p).ps_refcnt -= 1
    p.p_sigacts = None
    vm_waitproc(p)
    kern = kern_of(k)
    kern.freed[p] = kern.allocated
    k.nprocs -= 1


def hand_back(k: Machine, p: Proc) -> bool:
    """Give a zombie that a debugger had to its parent of old, if there is one."""
    old = k.pfind(p.p_oppid) if p.p_oppid else None
    if old is None:
        return False
    p.p_oppid = 0
    proc_reparent(p, old)
    kern_of(k).rev.ksignal(k, old, SIGCHLD)
    k.wakeup(old)
    return True


def release_identity(k: Machine, p: Proc) -> None:
    """A reaped process is no longer charged to its user, and needs neither credential nor arguments."""
    assert p.p_ucred is not None
    chgproccnt(k, p.p_ucred.cr_ruid, -1, 0)
    crfree(p.p_ucred)
    p.p_ucred = None
    if p.p_args is not None:
        p.p_args.ar_ref -= 1
        p.p_args = None
