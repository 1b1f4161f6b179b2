"""Event queues that watch processes."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.proc_h import (
    NOTE_CHILD,
    NOTE_EXIT,
    NOTE_FORK,
    NOTE_PCTRLMASK,
    NOTE_PDATAMASK,
    NOTE_TRACK,
    NOTE_TRACKERR,
)
from flavors.dragonfly.sources import KERN_EVENT
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import EACCES, ESRCH, Errno
from oracle.machine.kevent import Knote, KQueue, unwatch
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_EVENT)
def knote(k: Machine, p: Proc, hint: int, cred: Cred | None) -> None:
    """Tell everybody who watches a process. `cred` is the running process's, for the jail check of tracking."""
    for kn in p.p_klist:
        if kern_of(k).rev.filt_proc(k, kn, p, hint, cred):
            kn.kn_active = True


@models(KERN_EVENT)
def filt_proc(k: Machine, kn: Knote, p: Proc, hint: int, cred: Cred | None) -> bool:
    """Record an event in one knote; follow a fork into the child. Whether there is something to report.

    The event of an exit says how the process ended.
    """
    event = hint & NOTE_PCTRLMASK
    if kn.kn_sfflags & event:
        kn.kn_fflags |= event
    if event == NOTE_EXIT:
        kn.kn_data = p.p_xstat
        kn.kn_ended = True
        unwatch(p, kn)
        kn.kn_proc = None
        return True
    if event == NOTE_FORK and kn.kn_sfflags & NOTE_TRACK and not follow(k, kn, hint, cred):
        kn.kn_fflags |= NOTE_TRACKERR
    return kn.kn_fflags != 0


def follow(k: Machine, kn: Knote, hint: int, cred: Cred | None) -> bool:
    """Watch the child of a fork as its parent is watched. Whether that worked."""
    try:
        kqueue_register(k, kn.kn_kq, hint & NOTE_PDATAMASK, kn.kn_sfflags, cred, kn.kn_id)
    except Errno:
        return False
    return True


@models(KERN_EVENT)
def kqueue_register(k: Machine, kq: KQueue, pid: int, fflags: int, cred: Cred | None, parent: int) -> None:
    """Watch a process in a queue, or change what is watched for. `parent`, if not 0: the kernel does so itself, for a fork."""
    for kn in kq.kq_knotes:
        if kn.kn_id == pid and kn.kn_proc is not None:
            kn.kn_sfflags = fflags
            return
    p = k.pfind(pid)
    dead = False
    if p is None and fflags & NOTE_EXIT:
        p = k.zfind(pid)
        dead = True
    if p is None:
        raise ESRCH(f"there is no process {pid}")
    prison = cred.cr_prison if cred is not None else None
    if prison is not None and (p.p_ucred is None or p.p_ucred.cr_prison != prison):
        raise EACCES(f"process {pid} is not in jail {prison}")
    kn = Knote(kq, p, pid, fflags)
    if parent:
        kn.kn_data = parent
        kn.kn_fflags = NOTE_CHILD
    p.p_klist = (kn, *p.p_klist)
    kq.kq_knotes.append(kn)
    if dead:
        kern_of(k).rev.filt_proc(k, kn, p, NOTE_EXIT, cred)
        kn.kn_active = True
    elif kn.kn_fflags:
        kn.kn_active = True


@models(KERN_EVENT)
def kqueue_close(kq: KQueue) -> None:
    """Forget all that a queue watches."""
    for kn in kq.kq_knotes:
        if kn.kn_proc is not None:
            unwatch(kn.kn_proc, kn)
            kn.kn_proc = None
    kq.kq_knotes.clear()
