"""The system calls that set signal actions and send signals."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_proc import pgrp_of
from flavors.dragonfly.kern_prot import cred_of, p_trespass
from flavors.dragonfly.kern_sig import acts_of
from flavors.dragonfly.kern_synch import lock_exclusive
from flavors.dragonfly.proc_h import LWP_ALTSTACK, P_SYSTEM, P_WEXIT, PS_NOCLDSTOP, PS_NOCLDWAIT
from flavors.dragonfly.signal_h import (
    _SIG_MAXSIG,
    CANT_MASK,
    IGNORE_MASK,
    SA_NOCLDSTOP,
    SA_NOCLDWAIT,
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    signal_name,
)
from flavors.dragonfly.sources import KERN_SIG
from oracle.cite import models
from oracle.machine.errno import EINVAL, EPERM, ESRCH
from oracle.machine.locks import rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigHandler, sigmask
from oracle.machine.traps import Kernel

ANY_THREAD = -1


@models(KERN_SIG)
def kern_sigaction(p: Proc, sig: int, handler: str, mask: int, flags: int) -> None:
    """Set what a signal does: "default", "ignore", or a handler by its name."""
    if not 0 < sig <= _SIG_MAXSIG:
        raise EINVAL(f"signal {sig}")
    bit = sigmask(sig)
    if bit & CANT_MASK and handler != "default":
        raise EINVAL(f"{signal_name(sig)} can't be caught or ignored")
    acts = acts_of(p)
    caught = handler not in ("default", "ignore")
    if handler == "default":
        acts.ps_sigact.pop(sig, None)
    else:
        acts.ps_sigact[sig] = SigHandler(handler, mask & ~CANT_MASK, flags) if caught else SIG_IGN
    if sig == SIGCHLD:
        acts.ps_flag &= ~(PS_NOCLDSTOP | PS_NOCLDWAIT)
        if flags & SA_NOCLDSTOP:
            acts.ps_flag |= PS_NOCLDSTOP
        if flags & SA_NOCLDWAIT and p.p_pid != 1:
            acts.ps_flag |= PS_NOCLDWAIT
    if handler == "ignore" or (handler == "default" and bit & IGNORE_MASK):
        p.p_siglist &= ~bit
        for lp in p.p_lwps:
            lp.lwp_siglist &= ~bit
        if sig != SIGCONT:
            acts.ps_sigignore |= bit
        acts.ps_sigcatch &= ~bit
    else:
        acts.ps_sigignore &= ~bit
        if caught:
            acts.ps_sigcatch |= bit
        else:
            acts.ps_sigcatch &= ~bit


@models(KERN_SIG)
def kern_sigprocmask(lp: Lwp, how: str, signals: int) -> None:
    """Change the calling thread's mask: "block", "unblock" or "set"."""
    signals &= ~CANT_MASK
    if how == "block":
        lp.lwp_sigmask |= signals
    elif how == "unblock":
        lp.lwp_sigmask &= ~signals
    else:
        lp.lwp_sigmask = signals


@models(KERN_SIG)
def kern_sigaltstack(lp: Lwp, stack: str) -> None:
    """Register an alternate signal stack, or none with "off"."""
    if stack == "off":
        lp.lwp_flag &= ~LWP_ALTSTACK
        lp.lwp_sigstk = ""
    else:
        lp.lwp_flag |= LWP_ALTSTACK
        lp.lwp_sigstk = stack


def cansignal(curp: Proc, p: Proc, sig: int) -> bool:
    """Whether the caller may send a signal to a process (CANSIGNAL in the C)."""
    if p_trespass(cred_of(curp), cred_of(p)):
        return True
    return sig == SIGCONT and p.p_pgrp is not None and p.p_pgrp.pg_session is pgrp_of(curp).pg_session


@models(KERN_SIG)
def kern_kill(k: Machine, lp: Lwp, sig: int, pid: int, tid: int = ANY_THREAD) -> Kernel[None]:
    """Signal a process or one of its threads; with a pid below 1 the caller's group, everybody (-1), or a group."""
    if not 0 <= sig <= _SIG_MAXSIG:
        raise EINVAL(f"signal {sig}")
    if pid <= 0:
        if tid != ANY_THREAD:
            raise EINVAL("a thread of a group")
        yield from dokillpg(k, lp, sig, -pid, pid == -1)
        return
    p = k.pfind(pid)
    if p is None:
        raise ESRCH(f"there is no process {pid}")
    if not cansignal(lp.lwp_proc, p, sig):
        raise EPERM(f"{signal_name(sig)} to a process of uid {cred_of(p).cr_ruid}")
    kern_of(k).rev.kill_one(k, p, sig, tid)


@models(KERN_SIG, function="kern_kill")
def kill_one(k: Machine, p: Proc, sig: int, tid: int) -> None:
    """Signal a process, or one of its threads. A process that is exiting takes any signal, and nothing comes of it."""
    if not p.p_flag & P_WEXIT:
        kill_thread(k, p, sig, tid)


@models(KERN_SIG, function="kern_kill")
def kill_thread(k: Machine, p: Proc, sig: int, tid: int) -> None:
    """Signal a process, or the thread of it that has an id."""
    target: Lwp | None = None
    if tid != ANY_THREAD:
        target = next((one for one in p.p_lwps if one.lwp_tid == tid), None)
        if target is None:
            raise ESRCH(f"there is no thread {tid}")
    if sig and target is not None:
        kern_of(k).rev.lwpsignal(k, p, target, sig)
    elif sig:
        kern_of(k).rev.ksignal(k, p, sig)


@models(KERN_SIG)
def dokillpg(k: Machine, lp: Lwp, sig: int, pgid: int, everybody: bool) -> Kernel[None]:
    """Signal a group, locked against fork, or everybody, which sic: takes no lock and can miss a child being made."""
    curp = lp.lwp_proc
    ksignal, is_zombie = kern_of(k).rev.ksignal, kern_of(k).rev.is_zombie
    nfound = 0
    if everybody:
        for p in list(k.allproc):
            if p.p_pid > 1 and not p.p_flag & P_SYSTEM and p is not curp and cansignal(curp, p, sig):
                nfound += 1
                if sig:
                    ksignal(k, p, sig)
    else:
        pgrp = pgrp_of(curp) if pgid == 0 else k.pgrps.get(pgid)
        if pgrp is None:
            raise ESRCH(f"there is no group {pgid}")
        assert pgrp.pg_lock is not None
        yield from lock_exclusive(k, lp, pgrp.pg_lock)
        for p in list(pgrp.pg_members):
            if p.p_pid > 1 and not is_zombie(p) and not p.p_flag & P_SYSTEM and cansignal(curp, p, sig):
                nfound += 1
                if sig:
                    ksignal(k, p, sig)
        rw_exit(k, lp, pgrp.pg_lock)
    if not nfound:
        raise ESRCH("nobody to signal")
