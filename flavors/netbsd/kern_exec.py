"""exec: a new program in the same process."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of, suser
from flavors.netbsd.kern_descrip import fd_checkstd, fd_closeexec
from flavors.netbsd.kern_event import knote
from flavors.netbsd.kern_exit import exit1
from flavors.netbsd.kern_ktrace import ktrderef
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_prot import proc_crmod
from flavors.netbsd.kern_sig import count_stopchild, kpsignal, miscount, stop_here
from flavors.netbsd.param import (
    AFORK,
    CONTSIG,
    KTRFAC_PERSISTENT,
    MAXCOMLEN,
    NATIVE,
    NOTE_EXEC,
    PK_EXEC,
    PK_SUGID,
    PL_PPWAIT,
    PS_STOPEXEC,
    PSL_SYSCALL,
    PSL_TRACED,
    PST_PROFIL,
    SIGABRT,
    SIGTRAP,
    SSTOP,
)
from flavors.netbsd.sources import KERN_EXEC
from flavors.netbsd.sys_sig import execsigs
from flavors.netbsd.uvm_glue import uvmspace_exec
from flavors.netbsd.vfs_cwd import cwdunshare
from oracle.cite import models
from oracle.machine.errno import EAGAIN, EMFILE, ENOENT, Unmodelled
from oracle.machine.files import vrele
from oracle.machine.locks import rw_enter_exclusive, rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, preempt

EMFILE_NUMBER = 24


@models(KERN_EXEC)
def execve1(k: Machine, l: Lwp, path: str, exists: bool, setuid: int | None) -> Kernel[None]:
    """Load and run a program. What fails, fails before anything has changed."""
    p = l.lwp_proc
    cred = cred_of(l)
    assert p.p_limit is not None and p.p_reflock is not None
    if p.p_flag & PK_SUGID and not suser(cred) and k.uid(cred.cr_ruid).ui_proccnt > p.p_limit.pl_rlimit["nproc"][0]:
        raise EAGAIN("changed its ids, and the real uid has too many processes")
    yield from rw_enter_exclusive(k, l, p.p_reflock)
    if not exists:
        rw_exit(k, l, p.p_reflock)
        raise ENOENT(path)
    if len(p.p_lwps) > 1:
        raise Unmodelled("exec by a process with several LWPs")
    yield from execve_runproc(k, l, path, setuid)


@models(KERN_EXEC)
def execve_runproc(k: Machine, l: Lwp, path: str, setuid: int | None) -> Kernel[None]:
    """Everything from the point of no return on, in the kernel's order."""
    p = l.lwp_proc
    if k.sched.ready:
        yield from preempt("image loaded")
    uvmspace_exec(p)
    l.lwp_usp = l.lwp_private = ""
    cwdunshare(p)
    fd_closeexec(k, p)
    p.p_stflag &= ~PST_PROFIL
    if k.sched.ready:
        yield from preempt("p_lock")
    execsigs(k, l)
    p.p_comm = path.rpartition("/")[2][:MAXCOMLEN]
    p.p_acflag &= ~AFORK
    vp = k.vget(path)
    if p.p_textvp is not None:
        vrele(p.p_textvp)
    p.p_textvp = vp
    p.p_stackbase = k.next_serial()
    p.p_emul = NATIVE
    if k.sched.ready:
        yield from preempt("proc_lock")
    p.p_flag |= PK_EXEC
    if p.p_lflag & PL_PPWAIT:
        yield from pass_proc_lock(k)
        assert p.p_pptr is not None
        p.p_lflag &= ~PL_PPWAIT
        k.wakeup(p.p_pptr.p_waitcv)  # sic: of the parent of record, who need not be the one that sleeps
    if k.sched.ready:
        yield from preempt("p_lock")
    assert p.p_reflock is not None
    try:
        yield from _set_ids(k, l, p, setuid)
    except EMFILE:  # sic: too late for an error, since the old program is gone
        rw_exit(k, l, p.p_reflock)
        yield from exit1(k, l, EMFILE_NUMBER << 8 | SIGABRT)
    p.p_siglist = l.lwp_siglist = 0  # sic: all that is pending is forgotten, what vfork had held back and SIGKILL included
    if p.p_klist:
        knote(k, p, NOTE_EXEC, cred_of(l))
    rw_exit(k, l, p.p_reflock)
    if p.p_slflag & PSL_TRACED or p.p_sflag & PS_STOPEXEC:
        if k.sched.ready:
            yield from preempt("proc_lock")  # whoever looks now finds a process that runs its new program
        yield from pass_proc_lock(k)
    if p.p_slflag & (PSL_TRACED | PSL_SYSCALL) == PSL_TRACED:
        kpsignal(k, p, SIGTRAP, l.lwp_tid)
    if p.p_sflag & PS_STOPEXEC:
        pptr = p.p_pptr
        assert pptr is not None
        count_stopchild(pptr, 1)
        if p.p_waited:
            miscount(k, pptr, 1)
        if pptr.p_stat == SSTOP and pptr.p_waited:
            miscount(k, pptr.p_pptr, -1)
        pptr.p_waited = 0  # sic: the parent's mark, not its own
        p.p_siglist &= ~CONTSIG
        p.p_stat = SSTOP
        yield from stop_here(l)


def _set_ids(k: Machine, l: Lwp, p: Proc, setuid: int | None) -> Kernel[None]:
    """A set-user-id program changes the effective id, unless the process is traced; the saved id follows the effective one."""
    cred = cred_of(l)
    euid = cred.cr_uid
    if setuid is not None and not p.p_slflag & PSL_TRACED and setuid != euid:
        p.p_flag |= PK_SUGID  # before anything can go wrong
        yield from fd_checkstd(k, l)
        if p.p_tracenode is not None and not p.p_traceflag & KTRFAC_PERSISTENT:
            ktrderef(k, p)
        proc_crmod(p, l, cred.copy(cr_uid=setuid, cr_svuid=setuid))
        return
    if cred.cr_uid == cred.cr_ruid:
        p.p_flag &= ~PK_SUGID
    if cred.cr_svuid != euid:
        sugid = p.p_flag & PK_SUGID
        proc_crmod(p, l, cred.copy(cr_svuid=euid))
        p.p_flag = p.p_flag & ~PK_SUGID | sugid
