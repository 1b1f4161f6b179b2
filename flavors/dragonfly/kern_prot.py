"""Credentials, and who may do what to whom; sessions and groups as programs ask for them."""

from __future__ import annotations

from flavors.dragonfly.kern_proc import enterpgrp, inferior, pgrp_of
from flavors.dragonfly.kern_resource import chgproccnt
from flavors.dragonfly.proc_h import P_EXEC, P_SUGID
from flavors.dragonfly.sources import KERN_PROT
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import EACCES, EPERM, ESRCH
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


def cred_of(p: Proc) -> Cred:
    """The credential of a process; every process has one until it is reaped."""
    assert p.p_ucred is not None
    return p.p_ucred


@models(KERN_PROT)
def crfree(cred: Cred | None) -> None:
    """Drop a reference to a credential."""
    if cred is not None:
        cred.cr_ref -= 1


@models(KERN_PROT)
def cratom(p: Proc) -> Cred:
    """A credential of the process's own, to be changed."""
    cred = cred_of(p)
    if cred.cr_ref > 1:
        cred.cr_ref -= 1
        cred = p.p_ucred = cred.copy()
    return cred


@models(KERN_PROT, function="suser_cred")
def suser(cred: Cred) -> bool:
    """Whether a credential is the superuser's, where a jail's own superuser is not enough."""
    return cred.cr_uid == 0 and cred.cr_prison is None


@models(KERN_PROT)
def change_euid(p: Proc, euid: int) -> None:
    """Change the effective user id."""
    cratom(p).cr_uid = euid


@models(KERN_PROT)
def change_ruid(k: Machine, p: Proc, ruid: int) -> None:
    """Change the real user id; the process is charged to the new one whatever its limit."""
    cred = cratom(p)
    chgproccnt(k, cred.cr_ruid, -1, 0)
    cred.cr_ruid = ruid
    chgproccnt(k, ruid, 1, 0)


@models(KERN_PROT)
def p_trespass(mine: Cred, his: Cred) -> bool:
    """Whether a process with one credential may meddle with one that has another."""
    if mine is his:
        return True
    if mine.cr_prison is not None and mine.cr_prison != his.cr_prison:
        return False
    return mine.cr_uid == 0 or mine.cr_ruid in (his.cr_ruid, his.cr_uid) or mine.cr_uid in (his.cr_ruid, his.cr_uid)


@models(KERN_PROT, function="sys_setuid")
def setuid(k: Machine, p: Proc, uid: int) -> None:
    """Set all user ids; only the superuser may take one that is neither its real nor its effective id."""
    cred = cred_of(p)
    if uid not in (cred.cr_ruid, cred.cr_uid) and cred.cr_uid != 0:
        raise EPERM(f"uid {uid} is neither the real nor the effective one")
    if uid != cred.cr_ruid:
        change_ruid(k, p, uid)
        p.p_flag |= P_SUGID
    if cred_of(p).cr_svuid != uid:
        cratom(p).cr_svuid = uid
        p.p_flag |= P_SUGID
    if cred_of(p).cr_uid != uid:
        change_euid(p, uid)
        p.p_flag |= P_SUGID


@models(KERN_PROT, function="sys_seteuid")
def seteuid(p: Proc, euid: int) -> None:
    """Set the effective user id, to the real or saved one unless superuser."""
    cred = cred_of(p)
    if euid not in (cred.cr_ruid, cred.cr_svuid) and cred.cr_uid != 0:
        raise EPERM(f"uid {euid} is neither the real nor the saved one")
    if cred.cr_uid != euid:
        change_euid(p, euid)
        p.p_flag |= P_SUGID


@models(KERN_PROT, function="sys_setreuid")
def setreuid(k: Machine, p: Proc, ruid: int, euid: int) -> None:
    """Set the real and the effective user id; -1 leaves one as it is."""
    cred = cred_of(p)
    bad_real = ruid != -1 and ruid not in (cred.cr_ruid, cred.cr_svuid)
    bad_effective = euid != -1 and euid not in (cred.cr_uid, cred.cr_ruid, cred.cr_svuid)
    if (bad_real or bad_effective) and cred.cr_uid != 0:
        raise EPERM(f"real uid {ruid}, effective uid {euid}")
    if euid != -1 and cred.cr_uid != euid:
        change_euid(p, euid)
        p.p_flag |= P_SUGID
    if ruid != -1 and cred_of(p).cr_ruid != ruid:
        change_ruid(k, p, ruid)
        p.p_flag |= P_SUGID
    cred = cred_of(p)
    if (ruid != -1 or cred.cr_uid != cred.cr_ruid) and cred.cr_svuid != cred.cr_uid:
        cred = cratom(p)
        cred.cr_svuid = cred.cr_uid
        p.p_flag |= P_SUGID


@models(KERN_PROT, function="sys_setsid")
def setsid(k: Machine, p: Proc) -> None:
    """Start a session, unless a group is named by the process."""
    if pgrp_of(p).pg_id == p.p_pid:
        raise EPERM("a group leader can't start a session")
    if p.p_pid in k.pgrps:
        raise EPERM(f"there is a group {p.p_pid}")
    enterpgrp(k, p, p.p_pid, True)


@models(KERN_PROT, function="sys_setpgid")
def setpgid(k: Machine, curp: Proc, pid: int, pgid: int) -> None:
    """Move the caller or one of its descendants to a group of the session."""
    session = pgrp_of(curp).pg_session
    targp = curp
    if pid not in (0, curp.p_pid):
        found = k.pfind(pid)
        if found is None or not inferior(curp, found):
            raise ESRCH(f"process {pid} is not a descendant")
        if found.p_pgrp is None or found.p_pgrp.pg_session is not session:
            raise EPERM(f"process {pid} is in another session")
        if found.p_flag & P_EXEC:
            raise EACCES(f"process {pid} has called exec")
        targp = found
    if session.s_leader is targp:
        raise EPERM("a session leader stays in its group")
    if pgid == 0:
        pgid = targp.p_pid
    elif pgid != targp.p_pid:
        pgrp = k.pgrps.get(pgid)
        if pgrp is None or pgrp.pg_session is not session:
            raise EPERM(f"there is no group {pgid} in the session")
    enterpgrp(k, targp, pgid, False)
