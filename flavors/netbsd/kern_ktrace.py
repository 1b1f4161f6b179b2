"""ktrace: what is traced, and where to."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, suser
from flavors.netbsd.kern_descrip import fd_alloc
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import proc_find
from flavors.netbsd.param import (
    KTRFAC_DEFAULT,
    KTRFAC_EMUL,
    KTRFAC_INHERIT,
    KTRFAC_PERSISTENT,
    KTRFAC_SYSCALL,
    KTRFAC_SYSRET,
    PK_SUGID,
    PSL_SYSCALL,
)
from flavors.netbsd.sources import KERN_KTRACE, KERN_SUBR
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.machine.errno import ESRCH
from oracle.machine.kevent import KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


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


@models(KERN_KTRACE, function="ktrace_listener_cb")
def ktrcanset(l: Lwp, p: Proc) -> bool:
    """KAUTH_PROCESS_KTRACE: root, or who has the ids of a process that never changed them, unless root traces it. No groups."""
    cred, theirs = cred_of(l), p.p_ucred
    assert theirs is not None
    if suser(cred):
        return True
    if p.p_traceflag & KTRFAC_PERSISTENT or p.p_flag & PK_SUGID:
        return False
    return cred.cr_uid == theirs.cr_ruid and cred.cr_ruid == theirs.cr_svuid


@models(KERN_KTRACE, function="ktrace_common")
def ktrace(k: Machine, l: Lwp, pid: int, file: str, inherit: bool) -> Kernel[None]:
    """ktrace(2): trace what ktrace(1) traces if it is not told otherwise. The call needs a descriptor while it lasts."""
    fd_alloc(l.lwp_proc)
    yield from pass_proc_lock(k)
    p = proc_find(k, pid)
    if p is None:
        raise ESRCH(f"no process {pid}")
    ktrops(k, l, p, file, inherit)  # sic: whether it was allowed is not asked: ktrops never says that it did nothing


@models(KERN_KTRACE)
def ktrops(k: Machine, l: Lwp, p: Proc, file: str, inherit: bool) -> None:
    """Trace one process, if the caller may. All who write to one file share its descriptor."""
    if not ktrcanset(l, p):
        return
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
    if suser(cred_of(l)):
        p.p_traceflag |= KTRFAC_PERSISTENT  # goes on even if the process changes its ids


@models(KERN_KTRACE)
def ktrpoint_emul(k: Machine, p: Proc) -> bool:
    """Whether the running process traces emulation changes: never, if nobody on the machine traces anything."""
    return bool(p.p_traceflag & KTRFAC_EMUL and kern(k).ktrace_files)


@models(KERN_SUBR)
def trace_is_enabled(p: Proc) -> bool:
    """Whether system calls of a process take the slow way: traced by ktrace, or by a debugger with PT_SYSCALL."""
    return bool(p.p_traceflag & (KTRFAC_SYSCALL | KTRFAC_SYSRET) or p.p_slflag & PSL_SYSCALL)
