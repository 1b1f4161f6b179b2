"""Who may do what: the rule that combines listeners, the listeners of a stock kernel, and what fork does with credentials."""

from __future__ import annotations

from flavors.netbsd.param import PK_SUGID, SIGCONT
from flavors.netbsd.sources import KERN_AUTH, KERN_PROC, KERN_SIG, SUSER, SYS_PROCESS
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc

ALLOW, DENY, DEFER = 0, 1, 2


@models(KERN_AUTH, function="kauth_authorize_action")
def authorized(one: int, other: int) -> bool:
    """Of what the listeners say, one DENY refuses, else one ALLOW grants, else it is refused."""
    return one != DENY and other != DENY and (one == ALLOW or other == ALLOW)


def cred_of(l: Lwp) -> Cred:
    """The credential that an LWP's system calls act with."""
    assert l.lwp_ucred is not None
    return l.lwp_ucred


@models(SUSER, function="secmodel_suser_process_cb")
def suser(cred: Cred) -> bool:
    """Whether the superuser's listener would say ALLOW: by the effective user id."""
    return cred.cr_uid == 0


@models(KERN_PROC, function="proc_listener_cb")
def proc_listener(k: Machine, arg1: int, arg2: int) -> int:
    """Means to keep the last five slots for root, but reads the process count from the argument after the one that has it."""
    return DEFER if arg2 >= k.maxproc - 5 else ALLOW


@models(KERN_AUTH, function="kauth_authorize_process")
def authorize_fork(k: Machine, cred: Cred, arg1: int, arg2: int) -> bool:
    """KAUTH_PROCESS_FORK: the process subsystem's listener is asked, and the superuser's."""
    listener = kern(k).fork_listener or proc_listener
    return authorized(listener(k, arg1, arg2), ALLOW if cred.cr_uid == 0 else DEFER)


@models(KERN_AUTH)
def kauth_proc_fork(p1: Proc, p2: Proc) -> None:
    """The child refers to the credential of the parent process, whatever the calling LWP has cached."""
    cred = p1.p_ucred
    assert cred is not None
    cred.cr_ref += 1
    p2.p_ucred = cred


@models(KERN_AUTH)
def kauth_cred_uidmatch(one: Cred, other: Cred) -> bool:
    """Whether a real or effective user id of one is a real or effective user id of the other."""
    return one.cr_ruid in (other.cr_ruid, other.cr_uid) or one.cr_uid in (other.cr_ruid, other.cr_uid)


@models(KERN_SIG, function="signal_listener_cb")
def signal_allowed(l: Lwp, p: Proc, signo: int) -> bool:
    """KAUTH_PROCESS_SIGNAL: root, a matching user id, or SIGCONT within the session."""
    cred, theirs = cred_of(l), p.p_ucred
    assert theirs is not None
    if suser(cred) or kauth_cred_uidmatch(cred, theirs):
        return True
    mine, group = l.lwp_proc.p_pgrp, p.p_pgrp
    return signo == SIGCONT and mine is not None and group is not None and mine.pg_session is group.pg_session


@models(SYS_PROCESS, function="ptrace_listener_cb")
def ptrace_allowed(l: Lwp, p: Proc) -> bool:
    """KAUTH_PROCESS_PTRACE: root, or the same real user id and a process that never changed its ids."""
    cred, theirs = cred_of(l), p.p_ucred
    assert theirs is not None
    return suser(cred) or (cred.cr_ruid == theirs.cr_ruid and not p.p_flag & PK_SUGID)


@models(KERN_PROC)
def proc_uidmatch(cred: Cred, target: Cred) -> bool:
    """Whether the caller's real user id is both the real and the saved one of the target. Groups are not modelled."""
    return cred.cr_ruid == target.cr_ruid and cred.cr_ruid == target.cr_svuid


def crfree(cred: Cred | None) -> None:
    """Drop a reference to a credential."""
    if cred is not None:
        cred.cr_ref -= 1
