"""Dying and being reaped in early 2007: the part of exit1 after the threads are gone, and wait4 without WCONTINUED."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flavors.dragonfly.early.kern_exec import vm_waitproc
from flavors.dragonfly.early.sources import KERN_EXIT
from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_clock import stopprofclock
from flavors.dragonfly.kern_descrip import fdfree
from flavors.dragonfly.kern_event import knote
from flavors.dragonfly.kern_exit import (
    give_children_to_init,
    hand_back,
    kill_peers,
    leave_peers,
    leave_session,
    release_identity,
    tell_parent,
)
from flavors.dragonfly.kern_ktrace import ktrdestroy
from flavors.dragonfly.kern_plimit import plimit_free
from flavors.dragonfly.kern_proc import fixjobc, leavepgrp, pgrp_of, proc_move_allproc_zombie, proc_remove_zombie
from flavors.dragonfly.kern_sig import acts_of
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import (
    HZ,
    NOTE_EXIT,
    P_PPWAIT,
    P_PROFIL,
    P_TRACED,
    P_WAITED,
    P_WEXIT,
    SSTOP,
    WLINUXCLONE,
    WNOHANG,
    WUNTRACED,
)
from flavors.dragonfly.signal_h import SIGCHLD
from flavors.dragonfly.vm_glue import vmspace_exit
from oracle.cite import models
from oracle.machine.errno import ECHILD, EINVAL
from oracle.machine.files import vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel

Reap: TypeAlias = Callable[[Machine, Lwp, Proc, Proc], Kernel[bool]]


@models(KERN_EXIT, function="exit1")
def exit_process(k: Machine, lp: Lwp, rv: int) -> Kernel[None]:
    """All of exit1 that concerns the process. sic: its variant symlinks are not released, and are lost for ever."""
    p = lp.lwp_proc
    if p is p.p_leader:
        yield from kill_peers(k, lp, p)
    if p.p_flag & P_PROFIL:
        stopprofclock(p)
    p.p_flag &= ~(P_TRACED | P_PPWAIT)  # the held parent is woken below
    p.p_flag |= P_WEXIT
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
    knote(k, p, NOTE_EXIT, p.p_ucred)
    tell_parent(k, p)
    plimit_free(p)


@models(KERN_EXIT, function="kern_wait")
def wait_for(k: Machine, lp: Lwp, pid: int, options: int, reap: Reap) -> Kernel[tuple[Proc, int] | None]:
    """The first child that has something to report, and its status; None if there is nothing and WNOHANG was given.

    Children are looked at in list order, so the most recently attached comes first.
    """
    q = lp.lwp_proc
    is_zombie = kern_of(k).rev.is_zombie
    if pid == 0:
        pid = -pgrp_of(q).pg_id
    if options & ~(WNOHANG | WUNTRACED | WLINUXCLONE):
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
            if is_zombie(p):
                status = p.p_xstat
                yield from reap(k, lp, q, p)
                return p, status
            if p.p_stat == SSTOP and not p.p_flag & P_WAITED and (p.p_flag & P_TRACED or options & WUNTRACED):
                p.p_flag |= P_WAITED
                return p, p.p_xstat << 8 | 0o177
        if not nfound:
            raise ECHILD("no child to wait for")
        if options & WNOHANG:
            return None
        yield from tsleep(k, lp, q, "wait", catch=True)


@models(KERN_EXIT, function="kern_wait")
def wait_for_holds(k: Machine, lp: Lwp, p: Proc) -> Kernel[None]:
    """Look again every second whether somebody still holds the zombie."""
    while p.p_hold:
        yield from tsleep(k, lp, p, "reap3", HZ)


@models(KERN_EXIT, function="kern_wait")
def free_zombie(k: Machine, q: Proc, p: Proc) -> bool:
    """Free a zombie, or hand it back to the parent that a debugger took it from; whether it was freed."""
    if hand_back(k, p):
        return False
    p.p_xstat = 0
    q.p_childtime += p.p_cputime
    release_identity(k, p)
    proc_remove_zombie(k, p)
    leavepgrp(k, p)
    acts_of(p).ps_refcnt -= 1
    p.p_sigacts = None
    vm_waitproc(k, p)
    kern = kern_of(k)
    kern.lost_varsyms += len(p.p_varsymset)  # sic: nobody has freed them, and nobody will
    kern.freed[p] = kern.allocated
    k.nprocs -= 1
    return True
