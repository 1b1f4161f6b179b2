"""ptrace."""

from __future__ import annotations

from flavors.netbsd.kern_auth import ptrace_allowed
from flavors.netbsd.kern_exit import proc_reparent
from flavors.netbsd.kern_lwp import lwp_find, lwp_unstop
from flavors.netbsd.kern_proc import proc_find, proc_find_raw
from flavors.netbsd.kern_sig import kpsignal, proc_unstop
from flavors.netbsd.param import (
    NSIG,
    PK_SYSTEM,
    PSL_CHTRACED,
    PSL_FSTRACE,
    PSL_SYSCALL,
    PSL_TRACED,
    PSL_TRACEFORK,
    PTRACE_FORK,
    SIGKILL,
    SIGSTOP,
    SSTOP,
)
from flavors.netbsd.sources import SYS_PROCESS
from flavors.netbsd.vfs_cwd import cwdi_of
from oracle.cite import models
from oracle.machine.errno import EBUSY, EINVAL, EPERM, ESRCH
from oracle.machine.locks import RwLock, rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc

ALWAYS_ALLOWED = ("continue", "kill", "detach")  # to whoever traces, even if the ids have changed since


@models(SYS_PROCESS, function="sys_ptrace")
def ptrace(k: Machine, l: Lwp, request: str, target: Proc | None, signo: int, events: int, bad_size: bool) -> str:
    """One ptrace request. The target's reference lock is held shared meanwhile, so that it neither execs nor exits.

    Who may make the request is asked after everything else: a state in which it makes no sense is reported first.
    """
    p = l.lwp_proc
    if request == "traceme":
        if not ptrace_allowed(l, p):
            raise EPERM("has changed its ids")
        p.p_slflag |= PSL_TRACED
        p.p_opptr = p.p_pptr
        return "0"
    t = proc_find(k, target.p_pid) if target is not None else None
    if t is None or t.p_reflock is None:
        raise ESRCH("no such process")
    _rw_tryenter_shared(l, t.p_reflock)
    try:
        _may(k, p, t, request)
        if request not in ALWAYS_ALLOWED and not ptrace_allowed(l, t):
            raise EPERM("another user's process, or one that changed its ids")
    except (EPERM, EBUSY, EINVAL):
        rw_exit(k, l, t.p_reflock)
        raise
    if request in ("set_events", "get_events", "get_state"):
        if bad_size:
            # sic: returns without letting go of the reference lock, so that the target can never exec or exit again
            raise EINVAL("the structure has another size")
        answer = _events(k, t, request, events)
        rw_exit(k, l, t.p_reflock)
        return answer
    try:
        _act(k, p, t, request, signo)
    finally:
        rw_exit(k, l, t.p_reflock)
    return "0"


def proc_isunder(t: Proc, p: Proc) -> bool:
    """Whether the root directory of one process is that of another, or below it."""
    inner, outer = cwdi_of(t).cwdi_rdir.name.rstrip("/"), cwdi_of(p).cwdi_rdir.name.rstrip("/")
    return inner == outer or inner.startswith(outer + "/")


def _rw_tryenter_shared(l: Lwp, lock: RwLock) -> None:
    """Take a reference lock shared; whoever execs or exits is not waited for."""
    if lock.lk_writer is not None or lock.lk_waiting_writers:
        raise EBUSY("it is in exec or exit")
    lock.lk_readers.append(l)
    l.lwp_locks.append(lock)


def _may(k: Machine, p: Proc, t: Proc, request: str) -> None:
    """What a request needs of its target, in the C's order."""
    if request == "attach":
        if t is p:
            raise EINVAL("attach to oneself")
        if t.p_flag & PK_SYSTEM:
            raise EPERM("a system process")
        if t.p_slflag & PSL_TRACED:
            raise EBUSY("traced already")
        if not proc_isunder(t, p):
            raise EPERM("outside the caller's root directory")
        return
    if not t.p_slflag & PSL_TRACED:
        raise EPERM("not traced")
    if t.p_slflag & PSL_FSTRACE:
        raise EBUSY("traced through procfs")
    if t.p_pptr is not p:
        raise EBUSY("traced by another process")
    if t.p_stat != SSTOP or not t.p_waited:
        raise EBUSY("not stopped, or its stop was not collected yet")


def _events(k: Machine, t: Proc, request: str, events: int) -> str:
    """PT_SET_EVENT_MASK, PT_GET_EVENT_MASK, PT_GET_PROCESS_STATE."""
    if request == "set_events":
        t.p_slflag = t.p_slflag | PSL_TRACEFORK if events & PTRACE_FORK else t.p_slflag & ~PSL_TRACEFORK
        return "0"
    if request == "get_events":
        return "PTRACE_FORK" if t.p_slflag & PSL_TRACEFORK else "none"
    if not t.p_fpid:
        return "none"
    other = proc_find_raw(k, t.p_fpid)
    return f"FORK {k.role(other) if other is not None else f'pid {t.p_fpid}'}"


def _act(k: Machine, p: Proc, t: Proc, request: str, signo: int) -> None:
    """The requests that make the target go on (or, for attach, stop)."""
    lt: Lwp | None = None  # the only one that goes on
    if request == "attach":
        signo = SIGSTOP
        t.p_slflag |= PSL_TRACED
        t.p_opptr = t.p_pptr
        if t.p_pptr is not p:
            assert t.p_pptr is not None
            t.p_pptr.p_slflag |= PSL_CHTRACED
            proc_reparent(k, t, p)
    elif request == "kill":
        signo = SIGKILL
    else:
        t.p_slflag &= ~PSL_SYSCALL
        if signo < 0:  # the id of the one LWP that is to go on, and no signal
            if request == "detach":
                raise EINVAL(f"signal {signo}")
            lt = lwp_find(t, -signo)
            if lt is None:
                raise ESRCH(f"no LWP {-signo}")
            signo = 0
        if signo >= NSIG:
            raise EINVAL(f"signal {signo}")
        if request == "detach":
            # sic: PSL_TRACEFORK stays, for whoever attaches next
            t.p_slflag &= ~(PSL_TRACED | PSL_FSTRACE)
            if t.p_opptr is not t.p_pptr:
                proc_reparent(k, t, t.p_opptr if t.p_opptr is not None else k.initproc)
            t.p_opptr = None
    t.p_fpid = 0
    if t.p_stat == SSTOP:
        t.p_xstat = signo
        if lt is None:
            proc_unstop(k, t)
        else:
            lwp_unstop(k, lt)
    elif signo:
        kpsignal(k, t, signo)
