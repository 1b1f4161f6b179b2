"""User ids."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, crfree, suser
from flavors.netbsd.kern_mutex import mutex_pass, preempt_owner
from flavors.netbsd.kern_resource import chgproccnt
from flavors.netbsd.param import PK_SUGID
from flavors.netbsd.sources import KERN_PROT
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import EPERM
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


@models(KERN_PROT, function="proc_crmod_leave")
def proc_crmod(p: Proc, l: Lwp, new: Cred) -> None:
    """Give a process and the calling LWP a new credential; other LWPs follow when they next enter the kernel."""
    crfree(p.p_ucred)
    crfree(l.lwp_ucred)
    new.cr_ref = 2
    p.p_ucred = l.lwp_ucred = new
    p.p_flag |= PK_SUGID


@models(KERN_PROT)
def do_setresuid(k: Machine, l: Lwp, r: int, e: int, sv: int, r_from: str, e_from: str, sv_from: str) -> Kernel[None]:
    """Set real, effective and saved user id (-1: leave it).

    `r_from` and the others name the present ids ("r", "e", "s") that an ordinary user may set each to. A new real id moves one
    process from one uid's count to another's, and is never refused for that.
    """
    p = l.lwp_proc
    assert p.p_lock is not None
    if p.p_lock.mtx_owner is not None:
        yield from mutex_pass(p.p_lock)
    cred = p.p_ucred
    assert cred is not None and p.p_limit is not None
    present = {"r": cred.cr_ruid, "e": cred.cr_uid, "s": cred.cr_svuid}
    for wanted, sources in ((r, r_from), (e, e_from), (sv, sv_from)):
        if wanted != -1 and all(wanted != present[source] for source in sources) and not suser(cred_of(l)):
            raise EPERM(f"user id {wanted}")
    if r in (-1, cred.cr_ruid) and e in (-1, cred.cr_uid) and sv in (-1, cred.cr_svuid):
        return
    new = cred.copy()
    if r not in (-1, cred.cr_ruid):
        chgproccnt(k, cred.cr_ruid, -1)
        if k.sched.ready:  # it is charged to nobody for a moment, and its user's other processes are counted meanwhile
            yield from preempt_owner(k, l, p.p_lock, "between the counts")
        chgproccnt(k, r, 1)
        new.cr_ruid = r
    elif k.sched.ready:
        yield from preempt_owner(k, l, p.p_lock, "new credential")  # a fork may read the flags before, the credential after
    if sv != -1:
        new.cr_svuid = sv
    if e != -1:
        new.cr_uid = e
    proc_crmod(p, l, new)


@models(KERN_PROT)
def sys_setuid(k: Machine, l: Lwp, uid: int) -> Kernel[None]:
    """setuid(2): all three ids."""
    return do_setresuid(k, l, uid, uid, uid, "r", "r", "r")


@models(KERN_PROT)
def sys_seteuid(k: Machine, l: Lwp, uid: int) -> Kernel[None]:
    """seteuid(2)."""
    return do_setresuid(k, l, -1, uid, -1, "", "rs", "")


@models(KERN_PROT)
def sys_setreuid(k: Machine, l: Lwp, ruid: int, euid: int) -> Kernel[None]:
    """setreuid(2): the saved id becomes the effective one if the real one changes."""
    cred = cred_of(l)
    ruid = cred.cr_ruid if ruid == -1 else ruid
    euid = cred.cr_uid if euid == -1 else euid
    sv = -1 if ruid == cred.cr_ruid else euid
    return do_setresuid(k, l, ruid, euid, sv, "re", "res", "res")
