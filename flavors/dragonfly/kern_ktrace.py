"""Kernel tracing: which processes write to which trace file."""

from __future__ import annotations

from flavors.dragonfly.proc_h import KTRFAC_DEFAULT, KTRFAC_INHERIT, KTRFAC_ROOT, P_SUGID
from flavors.dragonfly.sources import KERN_KTRACE
from oracle.cite import models
from oracle.machine.errno import EPERM
from oracle.machine.kevent import KtrNode
from oracle.machine.proc import Proc


@models(KERN_KTRACE)
def ktrinherit(node: KtrNode | None) -> KtrNode | None:
    """One more process writes to the trace file."""
    if node is not None:
        node.kn_refs += 1
    return node


@models(KERN_KTRACE)
def ktrdestroy(p: Proc) -> None:
    """A process stops writing to its trace file."""
    if p.p_tracenode is not None:
        p.p_tracenode.kn_refs -= 1
        p.p_tracenode = None


@models(KERN_KTRACE, function="sys_ktrace")
def ktrace(curp: Proc, p: Proc, name: str, inherit: bool) -> None:
    """Trace a process to a file; its later children, too, with `inherit`. What the superuser traces, others can't take over."""
    me, his = curp.p_ucred, p.p_ucred
    assert me is not None
    assert his is not None
    his_own = me.cr_uid == his.cr_ruid == his.cr_svuid and not p.p_flag & P_SUGID
    allowed = his_own and not p.p_traceflag & KTRFAC_ROOT
    if me.cr_prison is not None and me.cr_prison != his.cr_prison:
        raise EPERM("tracing a process outside of the jail")
    if me.cr_uid != 0 and not allowed:
        raise EPERM("somebody else's process, one that changed its ids, or one that root traces")
    ktrdestroy(p)
    p.p_tracenode = KtrNode(name)
    p.p_traceflag |= KTRFAC_DEFAULT | (KTRFAC_INHERIT if inherit else 0)
    if me.cr_uid == 0:
        p.p_traceflag |= KTRFAC_ROOT
