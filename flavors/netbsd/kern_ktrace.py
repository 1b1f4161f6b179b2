"""ktrace: what is traced, and where to."""

from __future__ import annotations

from flavors.netbsd.kern_auth import ptrace_allowed
from flavors.netbsd.param import KTRFAC_DEFAULT, KTRFAC_EMUL, KTRFAC_INHERIT, KTRFAC_SYSCALL, KTRFAC_SYSRET, PSL_SYSCALL
from flavors.netbsd.sources import KERN_KTRACE, KERN_SUBR
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.errno import EPERM
from oracle.machine.kevent import KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc


@models(KERN_KTRACE)
def ktrderef(k: Machine, p: Proc) -> None:
    """Stop tracing a process; the last one that writes to a file closes it."""
    node = p.p_tracenode
    p.p_traceflag = 0
    if node is None:
        return
    p.p_tracenode = None
    node.kn_refs -= 1
    if node.kn_refs == 0:
        kern(k).ktrace_files.pop(node.kn_name, None)


@models(KERN_KTRACE)
def ktrace(k: Machine, l: Lwp, p: Proc, file: str, inherit: bool) -> None:
    """ktrace(2): trace what ktrace(1) traces if it is not told otherwise. All who write to one file share its descriptor."""
    if not ptrace_allowed(l, p):
        raise EPERM("another user's process, or one that changed its ids")
    files = kern(k).ktrace_files
    if p.p_tracenode is None or p.p_tracenode.kn_name != file:
        ktrderef(k, p)
        node = files.get(file)
        if node is None:
            node = files[file] = KtrNode(file)
        else:
            node.kn_refs += 1
        p.p_tracenode = node
    p.p_traceflag |= KTRFAC_DEFAULT | (KTRFAC_INHERIT if inherit else 0)


@models(KERN_KTRACE)
def ktrpoint_emul(k: Machine, p: Proc) -> bool:
    """Whether the running process traces emulation changes: never, if nobody on the machine traces anything."""
    return bool(p.p_traceflag & KTRFAC_EMUL and kern(k).ktrace_files)


@models(KERN_SUBR)
def trace_is_enabled(p: Proc) -> bool:
    """Whether system calls of a process take the slow way: traced by ktrace, or by a debugger with PT_SYSCALL."""
    return bool(p.p_traceflag & (KTRFAC_SYSCALL | KTRFAC_SYSRET) or p.p_slflag & PSL_SYSCALL)
