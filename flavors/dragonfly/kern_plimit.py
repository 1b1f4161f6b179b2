"""Resource limits: one structure for many processes until somebody changes it."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.sources import KERN_PLIMIT
from oracle.cite import models
from oracle.machine.errno import EPERM
from oracle.machine.limits import RLIM_INFINITY, PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc

SHAREABLE, PRIVATE, THREADED = 0, 1, 2  # pl_exclusive
UNLIMITED = (RLIM_INFINITY, RLIM_INFINITY)
MB = 1024 * 1024
MAXDSIZ, MAXSSIZ = 512 * MB, 64 * MB


def limit_of(p: Proc) -> PLimit:
    """The limits of a process; every live one has some."""
    assert p.p_limit is not None
    return p.p_limit


@models(KERN_PLIMIT)
def plimit_init0(maxproc: int, maxfiles: int) -> PLimit:
    """The limits of process 0, which nobody uses yet: as many processes and files as the whole system may have."""
    return PLimit(
        {"nproc": (maxproc, maxproc), "nofile": (maxfiles, maxfiles), "cpu": UNLIMITED, "data": UNLIMITED, "stack": UNLIMITED},
        0,
    )


@models(KERN_PLIMIT)
def plimit_fork(p1: Proc) -> PLimit:
    """The child's limits: the same structure, unless p1's is private because of its threads."""
    limit = p1.p_limit
    assert limit is not None
    if limit.pl_exclusive:
        if limit.pl_exclusive == THREADED and p1.p_nthreads > 1:
            return limit.copy()
        limit.pl_exclusive = SHAREABLE
    limit.pl_refcnt += 1
    return limit


@models(KERN_PLIMIT)
def plimit_lwp_fork(k: Machine, p: Proc) -> None:
    """Make a process's limits private, because several threads are going to use them."""
    limit = limit_of(p)
    if limit.pl_exclusive == THREADED:
        return
    if limit.pl_refcnt > 1:
        limit = plimit_modify(k, p)
    limit.pl_exclusive = THREADED


@models(KERN_PLIMIT)
def plimit_modify(k: Machine, p: Proc) -> PLimit:
    """Limits that may be changed without anybody else noticing. Those of a threaded process stay marked as such.

    sic: a process that gets a copy keeps its reference to the limits that it had, which are never freed.
    """
    limit = limit_of(p)
    if limit.pl_refcnt > 1:
        lost = kern_of(k).lost_limits
        lost[limit] = lost.get(limit, 0) + 1
        limit = p.p_limit = limit.copy()
    if limit.pl_exclusive == SHAREABLE:
        limit.pl_exclusive = PRIVATE
    return limit


def own_limit(p: Proc) -> PLimit:
    """Limits that nobody else uses: a copy, if there are others."""
    limit = limit_of(p)
    if limit.pl_refcnt > 1:
        limit.pl_refcnt -= 1
        limit = p.p_limit = limit.copy()
    return limit


@models(KERN_PLIMIT)
def plimit_free(p: Proc) -> None:
    """Let go of the limits, at exit."""
    limit_of(p).pl_refcnt -= 1
    p.p_limit = None


@models(KERN_PLIMIT)
def kern_setrlimit(k: Machine, p: Proc, resource: str, soft: int, hard: int | None) -> None:
    """Change a limit. sic: the structure is made private first, even if the call then fails."""
    kern = kern_of(k)
    limit = kern.rev.plimit_modify(k, p)
    _, old_hard = limit.pl_rlimit[resource]
    hard = old_hard if hard is None else hard
    soft = RLIM_INFINITY if soft < 0 else soft
    hard = RLIM_INFINITY if hard < 0 else hard
    assert p.p_ucred is not None
    if (soft > old_hard or hard > old_hard) and p.p_ucred.cr_uid != 0:
        raise EPERM(f"raising the hard limit of {resource}, {old_hard}")
    soft = min(soft, hard)
    most = {"nproc": kern.maxprocperuid, "nofile": kern.maxfilesperproc, "data": MAXDSIZ, "stack": MAXSSIZ}.get(resource)
    if most is not None:
        soft, hard = min(soft, most), min(hard, most)
    if resource == "nproc":  # 0 would mean no limit to fork, and can't be set
        soft, hard = max(1, soft), max(1, hard)
    limit.pl_rlimit[resource] = (soft, hard)
