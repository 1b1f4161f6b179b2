"""The sysctl nodes that fork depends on: kern.maxproc, kern.forkfsleep, proc.<pid>.stopfork and its siblings."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, proc_uidmatch, suser
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import proc_find
from flavors.netbsd.param import MAXSLP, PID_MAX, PS_STOPEXEC, PS_STOPEXIT, PS_STOPFORK
from flavors.netbsd.sources import INIT_SYSCTL, KERN_RESOURCE
from flavors.netbsd.state import kern, ms_to_ticks
from oracle.cite import models
from oracle.machine.errno import EBUSY, EINVAL, EPERM, ESRCH
from oracle.machine.locks import RwLock, mutex_enter, mutex_exit, rw_exit, rw_tryenter_shared
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, preempt

STOP_BITS = {"stopfork": PS_STOPFORK, "stopexec": PS_STOPEXEC, "stopexit": PS_STOPEXIT}


@models(INIT_SYSCTL)
def sysctl_kern_maxproc(k: Machine, l: Lwp, maxproc: int) -> None:
    """Set kern.maxproc; below the present count is fine, and only stops new forks."""
    if not suser(cred_of(l)):
        raise EPERM("only root writes kern.maxproc")
    if maxproc < 0 or maxproc >= PID_MAX:
        raise EINVAL(f"kern.maxproc {maxproc} is not from 0 to {PID_MAX - 1}")
    k.maxproc = maxproc


@models(INIT_SYSCTL)
def sysctl_kern_forkfsleep(k: Machine, l: Lwp, ms: int) -> None:
    """Set kern.forkfsleep, in milliseconds."""
    if not suser(cred_of(l)):
        raise EPERM("only root writes kern.forkfsleep")
    if ms < 0 or ms > MAXSLP * 1000:
        raise EINVAL(f"kern.forkfsleep {ms} is not from 0 to {MAXSLP * 1000}")
    kern(k).forkfsleep = ms_to_ticks(ms)


@models(KERN_RESOURCE)
def sysctl_proc_findproc(k: Machine, l: Lwp, p: Proc | None) -> Kernel[tuple[Proc, RwLock]]:
    """The process of a node below proc.<pid>, and its reference lock, held shared; nobody waits for who is in exec or exit."""
    yield from pass_proc_lock(k)
    found = proc_find(k, p.p_pid) if p is not None else None
    if found is None or found.p_reflock is None:
        raise ESRCH("no such process")
    if not rw_tryenter_shared(k, l, found.p_reflock):
        raise EBUSY("it is in exec or exit")
    return found, found.p_reflock


@models(KERN_RESOURCE)
def sysctl_proc_stop(k: Machine, l: Lwp, p: Proc | None, what: str, on: bool) -> Kernel[None]:
    """Write proc.<pid>.stopfork, stopexec or stopexit: root, or the process's own user.

    The lock of the target's signal state is held, that of the process lists is not: it may be in fork on another processor.
    """
    target, reflock = yield from sysctl_proc_findproc(k, l, p)
    cred = cred_of(l)
    assert target.p_ucred is not None
    if not suser(cred) and not proc_uidmatch(cred, target.p_ucred):
        rw_exit(k, l, reflock)
        raise EPERM("another user's process")
    lock = target.p_lock
    assert lock is not None
    yield from mutex_enter(k, l, lock)
    if k.sched.ready:
        yield from preempt("p_lock held")
    if on:
        target.p_sflag |= STOP_BITS[what]
    else:
        target.p_sflag &= ~STOP_BITS[what]
    mutex_exit(k, l, lock)
    rw_exit(k, l, reflock)


@models(KERN_RESOURCE, function="sysctl_proc_stop")
def sysctl_proc_stop_read(k: Machine, l: Lwp, p: Proc | None, what: str) -> Kernel[int]:
    """Read the same nodes."""
    target, reflock = yield from sysctl_proc_findproc(k, l, p)
    rw_exit(k, l, reflock)
    return 1 if target.p_flag & STOP_BITS[what] else 0  # sic: looks in p_flag, where no such bit is, so it reads 0 always
