"""Kernel event queues that watch processes."""

from __future__ import annotations

from flavors.netbsd.kern_auth import suser
from flavors.netbsd.kern_proc import proc_find, proc_find_raw
from flavors.netbsd.param import (
    NOTE_CHILD,
    NOTE_EXIT,
    NOTE_FORK,
    NOTE_PCTRLMASK,
    NOTE_PDATAMASK,
    NOTE_TRACK,
    NOTE_TRACKERR,
    PK_SUGID,
    SIDL,
)
from flavors.netbsd.sources import KERN_EVENT
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import EACCES, ESRCH, Errno
from oracle.machine.kevent import Knote, KQueue, unwatch
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_EVENT)
def knote(k: Machine, p: Proc, hint: int, cred: Cred) -> None:
    """Tell everybody who watches a process. `cred` is that of the LWP that runs: tracking acts with it."""
    for kn in p.p_klist:
        if filt_proc(k, kn, p, hint, cred):
            kn.kn_active = True


@models(KERN_EVENT)
def filt_proc(k: Machine, kn: Knote, p: Proc, hint: int, cred: Cred) -> bool:
    """Record an event in one knote, and follow a fork into the child; whether there is something to report."""
    event = hint & NOTE_PCTRLMASK
    if kn.kn_sfflags & event:
        kn.kn_fflags |= event
    if event == NOTE_EXIT:
        kn.kn_proc = None
        return True
    if event == NOTE_FORK and kn.kn_sfflags & NOTE_TRACK:
        try:
            track_child(k, kn, hint & NOTE_PDATAMASK, cred)
        except Errno:
            kn.kn_fflags |= NOTE_TRACKERR
    return kn.kn_fflags != 0


@models(KERN_EVENT, function="filt_procattach")
def track_child(k: Machine, kn: Knote, pid: int, cred: Cred) -> None:
    """Watch a new child on the same queue.

    In March 2012 the attach looks for an active or stopped process, so it never finds the half-made child; the tunable
    note_track takes the repaired attach, which wants an embryo.
    """
    if not kern(k).note_track:
        p = proc_find(k, pid)  # sic: refuses embryos, so every tracked fork ends in NOTE_TRACKERR
    else:
        p = proc_find_raw(k, pid)
        if p is not None and p.p_stat != SIDL:
            p = None
    if p is None:
        raise ESRCH(f"no process {pid} to attach to")
    new = attach(kn.kn_kq, p, kn.kn_sfflags, cred)
    new.kn_fflags |= NOTE_CHILD
    new.kn_data = kn.kn_id
    new.kn_active = True


def attach(kq: KQueue, p: Proc, fflags: int, cred: Cred) -> Knote:
    """A new knote for a process: its owner's, if it never changed its ids, or root's."""
    theirs = p.p_ucred
    assert theirs is not None
    if (cred.cr_ruid != theirs.cr_ruid or p.p_flag & PK_SUGID) and not suser(cred):
        raise EACCES("another user's process")
    kn = Knote(kq, p, p.p_pid, fflags)
    p.p_klist = (kn, *p.p_klist)
    kq.kq_knotes.append(kn)
    return kn


@models(KERN_EVENT)
def kqueue_register(k: Machine, kq: KQueue, p: Proc, fflags: int, cred: Cred) -> None:
    """Watch a process, or change what is watched for."""
    for kn in kq.kq_knotes:
        if kn.kn_proc is p:
            kn.kn_sfflags = fflags
            return
    found = proc_find(k, p.p_pid)
    if found is None:
        raise ESRCH(f"no process {p.p_pid}")
    attach(kq, found, fflags, cred)


@models(KERN_EVENT)
def kqueue_close(kq: KQueue) -> None:
    """Forget all that a queue watches."""
    for kn in kq.kq_knotes:
        if kn.kn_proc is not None:
            unwatch(kn.kn_proc, kn)
            kn.kn_proc = None
    kq.kq_knotes.clear()
