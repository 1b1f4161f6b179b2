"""ptrace. There is no tracing across fork: a child is not traced, and no request asks for it."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_exit import proc_reparent
from flavors.dragonfly.kern_proc import line_of
from flavors.dragonfly.kern_prot import cred_of, suser
from flavors.dragonfly.proc_h import LWP_BREAKTSLEEP, P_INEXEC, P_SUGID, P_TRACED, P_WAITED, SSTOP
from flavors.dragonfly.signal_h import _SIG_MAXSIG, SIGKILL, SIGSTOP
from flavors.dragonfly.sources import SYS_PROCESS
from oracle.cite import models
from oracle.machine.errno import EAGAIN, EBUSY, EINVAL, EPERM, ESRCH
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc


@models(SYS_PROCESS)
def kern_ptrace(k: Machine, lp: Lwp, request: str, target: Proc | None, data: int) -> None:
    """Carry out a request: traceme, attach, detach, continue, kill. Others are unknown here."""
    curp = lp.lwp_proc
    if request == "traceme":
        assert curp.p_pptr is not None
        curp.p_flag |= P_TRACED
        curp.p_oppid = curp.p_pptr.p_pid
        return
    p = k.pfind(target.p_pid) if target is not None else None
    if p is None:
        raise ESRCH("there is no such process")
    prison = cred_of(curp).cr_prison
    if prison is not None and cred_of(p).cr_prison != prison:
        raise ESRCH("it is in another jail")
    if p.p_flag & P_INEXEC:
        raise EAGAIN("it is in the middle of exec")
    if request == "attach":
        _check_attach(curp, p)
    elif request in ("detach", "continue", "kill"):
        _check_traced(curp, p)
    else:
        raise EINVAL(f"the kernel knows no request {request}")
    if request == "attach":
        assert p.p_pptr is not None
        p.p_flag |= P_TRACED
        p.p_oppid = p.p_pptr.p_pid
        proc_reparent(p, curp)
        data = SIGSTOP
    elif request == "kill":
        data = SIGKILL
    elif not 0 <= data <= _SIG_MAXSIG:
        raise EINVAL(f"signal {data}")
    if request == "detach":
        _detach(k, p)
    _send(k, p, data)


def _check_attach(curp: Proc, p: Proc) -> None:
    if p is curp:
        raise EINVAL("a process can't attach to itself")
    if p.p_flag & P_TRACED:
        raise EBUSY("it is traced already")
    if curp.p_flag & P_TRACED and p in line_of(curp):
        raise EINVAL("it is an ancestor of a traced debugger")
    me, his = cred_of(curp), cred_of(p)
    if (his.cr_ruid != me.cr_ruid or p.p_flag & P_SUGID) and not suser(me):
        raise EPERM("it belongs to somebody else, or has changed its ids")


def _check_traced(curp: Proc, p: Proc) -> None:
    if not p.p_flag & P_TRACED:
        raise EPERM("it is not traced")
    if p.p_pptr is not curp:
        raise EBUSY("somebody else traces it")
    if p.p_stat != SSTOP or not p.p_flag & P_WAITED:
        raise EBUSY("it has not stopped, or its stop was not waited for")


def _detach(k: Machine, p: Proc) -> None:
    """Give it back to its parent of old, or to init. sic: without a word or a wakeup to the parent."""
    assert p.p_pptr is not None
    if p.p_oppid != p.p_pptr.p_pid:
        proc_reparent(p, k.pfind(p.p_oppid) or k.initproc)
    p.p_flag &= ~(P_TRACED | P_WAITED)
    p.p_oppid = 0


def _send(k: Machine, p: Proc, data: int) -> None:
    """Let a stopped process go on with a signal, or send the signal to one that runs."""
    if p.p_stat == SSTOP:
        p.p_xstat = data
        for one in p.p_lwps[:1]:
            one.lwp_flag |= LWP_BREAKTSLEEP
        kern_of(k).rev.proc_unstop(k, p)
    elif data:
        kern_of(k).rev.ksignal(k, p, data)
