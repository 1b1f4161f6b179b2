"""Limits, per-uid counts, nice, statistics of processor use."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, suser
from flavors.netbsd.kern_mutex import mutex_pass
from flavors.netbsd.param import CHILD_MAX, MAXFILES, NOFILE, PRIO_MAX, PRIO_MIN
from flavors.netbsd.sources import KERN_PROC, KERN_RESOURCE, KERN_UIDINFO, SCHED_4BSD, UVM_GLUE
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.errno import EACCES, EINVAL, EPERM, Panic
from oracle.machine.limits import RLIM_INFINITY, PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel

MB = 1024 * 1024
PAGE = 4096
FILES = (NOFILE, MAXFILES)
ENDLESS = (RLIM_INFINITY, RLIM_INFINITY)
DATA = (256 * MB, 8192 * MB)
STACK = (4 * MB, 128 * MB)


@models(KERN_PROC, function="proc0_init")
def boot_limits(k: Machine) -> PLimit:
    """The limits of process 0, which everybody shares until somebody changes one."""
    limit = PLimit(
        {"nproc": (min(k.maxproc, CHILD_MAX), k.maxproc), "nofile": FILES, "cpu": ENDLESS, "data": ENDLESS, "stack": ENDLESS}
    )
    uvm_init_limits(limit)
    return limit


@models(UVM_GLUE)
def uvm_init_limits(limit: PLimit) -> None:
    """What memory process 0 may have: a default, and at most what a process can map."""
    limit.pl_rlimit["stack"] = STACK
    limit.pl_rlimit["data"] = DATA


@models(KERN_UIDINFO)
def chgproccnt(k: Machine, uid: int, diff: int) -> int:
    """Charge processes to a uid (or take them off); what it has then. Fewer than none is noticed with DIAGNOSTIC alone."""
    info = k.uidinfo.get(uid) or k.uid(uid)
    count = info.ui_proccnt = info.ui_proccnt + diff
    if count < 0 and kern(k).diagnostic:
        raise Panic("proccnt >= 0")
    return count


def mischarge(k: Machine, charged: int, uid: int) -> None:
    """Note that a process of one uid is charged to another, and will be taken off its own. The kernel keeps no such note.

    It tells a drift that is the kernel's own from one that would be a mistake of the model's.
    """
    drift = kern(k).proccnt_drift
    drift[charged] = drift.get(charged, 0) + 1
    drift[uid] = drift.get(uid, 0) - 1


@models(KERN_RESOURCE)
def lim_copy(lim: PLimit) -> PLimit:
    """A copy of limits with one reference, not writable."""
    return lim.copy()


@models(KERN_RESOURCE)
def lim_free(p: Proc) -> None:
    """Drop a process's reference to its limits."""
    if p.p_limit is not None:
        p.p_limit.pl_refcnt -= 1
        p.p_limit = None


def private_limits(p: Proc) -> PLimit:
    """Limits that the process alone has, marked writable (pl_writeable, kept in pl_exclusive)."""
    lim = p.p_limit
    assert lim is not None
    if not lim.pl_exclusive:
        lim.pl_refcnt -= 1
        lim = p.p_limit = lim.copy()
        lim.pl_exclusive = 1
    return lim


@models(KERN_RESOURCE)
def lim_privatise(p: Proc) -> Kernel[PLimit]:
    """Give a process limits that nobody else has. Under its lock, since another LWP may be about the same."""
    lim = p.p_limit
    assert lim is not None and p.p_lock is not None
    if not lim.pl_exclusive:
        yield from mutex_pass(p.p_lock)
    return private_limits(p)


@models(KERN_RESOURCE)
def dosetrlimit(k: Machine, l: Lwp, resource: str, soft: int, hard: int | None) -> Kernel[None]:
    """Set a limit: hard limits rise for root alone, and both are clamped to what the system can give.

    Setting what is set already does nothing, so the limits stay shared.
    """
    p = l.lwp_proc
    assert p.p_limit is not None
    old = p.p_limit.pl_rlimit[resource]
    old_hard = old[1]
    soft = RLIM_INFINITY if soft < 0 else soft
    hard = old_hard if hard is None else RLIM_INFINITY if hard < 0 else hard
    if soft > hard:
        raise EINVAL(f"soft limit {soft} above the hard limit {hard}")
    if (soft, hard) == old:
        return
    if hard > old_hard and not suser(cred_of(l)):
        raise EPERM("only root raises a hard limit")
    ceiling = {"nproc": k.maxproc, "nofile": MAXFILES, "data": DATA[1], "stack": STACK[1]}.get(resource, RLIM_INFINITY)
    soft, hard = min(soft, ceiling), min(hard, ceiling)
    limit = yield from lim_privatise(p)
    if resource == "stack":
        used = PAGE
        if soft < used or hard < used:  # sic: now that the limits are the process's own
            raise EINVAL("less than the stack in use, which is never less than a page")
        soft = (soft + PAGE - 1) // PAGE * PAGE  # sic: even above the hard limit
    limit.pl_rlimit[resource] = (soft, hard)


@models(KERN_RESOURCE)
def donice(l: Lwp, p: Proc, nice: int) -> None:
    """Set a nice value; only root lowers it."""
    nice = max(PRIO_MIN, min(PRIO_MAX, nice))
    if nice < p.p_nice and not suser(cred_of(l)):
        raise EACCES(f"nice {nice} is less than {p.p_nice}")
    p.p_nice = nice


# --- the 4BSD scheduler's estimate of recent use ------------------------------------------------------------------------------

ESTCPU_SHIFT = 11
ESTCPU_MAX = (20 * 2 - 4) << ESTCPU_SHIFT


@models(SCHED_4BSD)
def sched_proc_fork(p1: Proc, p2: Proc) -> None:
    """The child remembers what it inherits: the estimate of the first LWP on the parent's list, the newest, whoever calls."""
    p2.p_estcpu = p1.p_lwps[0].lwp_estcpu


@models(SCHED_4BSD)
def sched_proc_exit(parent: Proc, child: Proc) -> None:
    """What a dead child used beyond what it inherited is charged to the first LWP of who reaps it."""
    if parent.p_lwps and child.p_lwps:
        l = parent.p_lwps[0]
        l.lwp_estcpu = min(l.lwp_estcpu + max(child.p_lwps[0].lwp_estcpu - child.p_estcpu, 0), ESTCPU_MAX)


@models(SCHED_4BSD)
def sched_schedclock(l: Lwp, ticks: int) -> None:
    """Raise an LWP's estimate for processor time used: 16 times a second. The decay over time is not modelled."""
    l.lwp_estcpu = min(l.lwp_estcpu + (ticks * 16 // 100 << ESTCPU_SHIFT), ESTCPU_MAX)
