"""execve: a new program in an old process."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_clock import stopprofclock
from flavors.dragonfly.kern_descrip import fdcloseexec, unshare_for_exec
from flavors.dragonfly.kern_event import knote
from flavors.dragonfly.kern_exit import killalllwps
from flavors.dragonfly.kern_ktrace import ktrdestroy
from flavors.dragonfly.kern_prot import change_euid, cratom, cred_of, suser
from flavors.dragonfly.kern_sig import acts_of
from flavors.dragonfly.proc_h import (
    AFORK,
    LWP_ALTSTACK,
    MAXCOMLEN,
    NOTE_EXEC,
    P_EXEC,
    P_INEXEC,
    P_PPWAIT,
    P_SUGID,
    P_TRACED,
    PS_NOCLDWAIT,
)
from flavors.dragonfly.signal_h import IGNORE_MASK, SIG_IGN, SIGABRT, SIGCONT, SIGTRAP
from flavors.dragonfly.sources import KERN_EXEC, KERN_SIG
from flavors.dragonfly.vfs import fdcheckstd
from flavors.dragonfly.vm_glue import vmspace_exec
from oracle.cite import models
from oracle.machine.errno import ENOENT, Errno
from oracle.machine.files import vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Args, Lwp, Proc
from oracle.machine.signals import sigmask
from oracle.machine.traps import Kernel, may_block


@models(KERN_EXEC)
def kern_execve(k: Machine, lp: Lwp, path: str, exists: bool, setuid: int | None) -> Kernel[None]:
    """Replace the program. `setuid` is the owner of a set-user-id program."""
    p = lp.lwp_proc
    if k.sched.ready:
        yield from may_block("namei")
    if not exists:
        raise ENOENT(path)
    yield from kern_of(k).rev.exec_new_vmspace(k, lp)
    if k.sched.ready:
        yield from may_block("copyout")  # of the arguments, to the new stack
    yield from unshare_for_exec(k, lp, p)
    if k.sched.ready and acts_of(p).ps_refcnt > 1:
        yield from may_block("kmalloc subproc")
    _unshare_sigacts(p)
    p.p_vkernel = None
    p.p_emul = ""
    stopprofclock(p)
    yield from fdcloseexec(k, p)
    execsigs(lp)
    p.p_comm = path.rpartition("/")[2][:MAXCOMLEN]
    p.p_flag |= P_EXEC
    if p.p_flag & P_PPWAIT:
        p.p_flag &= ~P_PPWAIT
        k.wakeup(p.p_pptr)  # sic: a debugger, if it has the child; then nobody wakes the parent held by vfork
    try:
        yield from _set_ids(k, p, setuid)
    except Errno:  # sic: too late for any error, since the old program is gone
        p.p_flag &= ~P_INEXEC
        yield from kern_of(k).rev.exit1(k, lp, SIGABRT)
    if p.p_textvp is not None:
        vrele(p.p_textvp)
    p.p_textvp = k.vget(path)
    p.p_flag &= ~P_INEXEC
    knote(k, p, NOTE_EXEC, lp.lwp_ucred)
    if p.p_flag & P_TRACED:
        kern_of(k).rev.ksignal(k, p, SIGTRAP)
    p.p_acflag &= ~AFORK
    if p.p_args is not None:
        p.p_args.ar_ref -= 1
    p.p_args = Args(path)
    lp.lwp_usp = ""
    lp.lwp_private = ""
    # sic: p_sigparent, p_leader and p_peers stay


@models(KERN_EXEC)
def exec_new_vmspace(k: Machine, lp: Lwp) -> Kernel[None]:
    """Get rid of the other threads and of the old memory."""
    p = lp.lwp_proc
    yield from killalllwps(k, lp, forexec=True)
    p.p_flag |= P_INEXEC
    vmspace_exec(k, p)


def _unshare_sigacts(p: Proc) -> None:
    """A program has signal actions of its own."""
    acts = acts_of(p)
    if acts.ps_refcnt > 1:
        p.p_sigacts = acts.copy()
        acts.ps_refcnt -= 1


@models(KERN_SIG)
def execsigs(lp: Lwp) -> None:
    """Caught signals get their default action back; what is ignored, masked or pending stays so."""
    p = lp.lwp_proc
    acts = acts_of(p)
    for sig in sorted(acts.ps_sigact):
        if acts.ps_sigact[sig] is SIG_IGN:
            continue
        bit = sigmask(sig)
        del acts.ps_sigact[sig]
        acts.ps_sigcatch &= ~bit
        if bit & IGNORE_MASK:
            if sig != SIGCONT:
                acts.ps_sigignore |= bit
            p.p_siglist &= ~bit
            lp.lwp_siglist &= ~bit
    lp.lwp_sigstk = ""
    lp.lwp_flag &= ~LWP_ALTSTACK
    acts.ps_flag &= ~PS_NOCLDWAIT


def _set_ids(k: Machine, p: Proc, owner: int | None) -> Kernel[None]:
    """The ids of a set-user-id program, unless a debugger watches; the saved id follows the effective one."""
    cred = cred_of(p)
    if owner is not None and owner != cred.cr_uid and not p.p_flag & P_TRACED:
        p.p_flag |= P_SUGID
        if p.p_tracenode is not None and not kern_of(k).ktrace_suid and not suser(cred):
            ktrdestroy(p)
            p.p_traceflag = 0
        yield from fdcheckstd(k, p)
        change_euid(p, owner)
        p.p_varsymset = ()
    elif cred.cr_uid == cred.cr_ruid:
        p.p_flag &= ~P_SUGID
    cred = cred_of(p)
    if cred.cr_svuid != cred.cr_uid:
        cratom(p).cr_svuid = cred.cr_uid
