"""LWPs: making the first one of a new process, keeping their credentials up to date."""

from __future__ import annotations

from flavors.netbsd.kern_auth import crfree
from flavors.netbsd.kern_sig import count_stopchild, setrunnable
from flavors.netbsd.param import LSIDL, LSSTOP, LSZOMB, LW_SYSTEM, PK_SYSTEM, SACTIVE
from flavors.netbsd.sources import KERN_LWP
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc


@models(KERN_LWP)
def lwp_create(k: Machine, l1: Lwp, p2: Proc, stack: str, stacksize: int) -> Lwp:
    """A new LWP, the first on its process's list: zeroed, but for mask, alternate stack, priority and affinity of the caller.

    A stack is where its user stack pointer starts (plus the size); without one it goes on on the caller's. LWP_VFORK makes it
    borrow the caller's lwpctl block, which nothing here can see.
    """
    cred = p2.p_ucred
    assert cred is not None
    cred.cr_ref += 1
    tid = p2.p_lasttid = p2.p_lasttid + 1
    l2 = Lwp(
        p2, tid, LSIDL, cred, LW_SYSTEM if p2.p_flag & PK_SYSTEM else 0, 0, l1.lwp_sigmask, 0, l1.lwp_sigstk,
        (f"{stack}+{stacksize}" if stacksize else stack) if stack else l1.lwp_usp,
        (0, l1.lwp_retval[1]),  # x86 clears the first register and leaves the second
    )  # fmt: skip
    l2.lwp_estcpu = l1.lwp_estcpu
    l2.lwp_priority = l1.lwp_priority
    l2.lwp_cpumask = l1.lwp_cpumask
    p2.p_lwps.insert(0, l2)
    p2.p_nthreads += 1
    p2.p_nrlwps += 1
    k.name_lwp(l2)
    return l2


@models(KERN_LWP)
def lwp_update_creds(l: Lwp) -> None:
    """Take over the process's credential, if another LWP has changed it since."""
    cred = l.lwp_proc.p_ucred
    if l.lwp_ucred is not cred and cred is not None:
        cred.cr_ref += 1
        crfree(l.lwp_ucred)
        l.lwp_ucred = cred


@models(KERN_LWP)
def lwp_find(p: Proc, lid: int) -> Lwp | None:
    """The LWP of a process with an id, unless it is half made or dead."""
    for l in p.p_lwps:
        if l.lwp_tid == lid:
            return None if l.lwp_stat in (LSIDL, LSZOMB) else l
    return None


@models(KERN_LWP)
def lwp_unstop(k: Machine, l: Lwp) -> None:
    """Make one LWP of a stopped process run: the process counts as active then, while its other LWPs stay stopped."""
    if l.lwp_stat != LSSTOP:
        return
    p = l.lwp_proc
    p.p_stat = SACTIVE
    if not p.p_waited:
        count_stopchild(p.p_pptr, -1)
    setrunnable(k, l)
