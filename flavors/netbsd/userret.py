"""The way back to user mode: dealing with signals, running handlers, dying of a signal; and a new process's first return."""

from __future__ import annotations

from flavors.netbsd.kern_exit import exit1
from flavors.netbsd.kern_lwp import lwp_update_creds
from flavors.netbsd.kern_sig import issignal, kpsignal
from flavors.netbsd.param import (
    ACORE,
    AXSIG,
    CORESIGS,
    DEFAULT_IGNORED,
    LSONPROC,
    LSSTOP,
    LW_PENDSIG,
    PK_SUGID,
    PSL_TRACED,
    SA_RESETHAND,
    SIGNAL_NAMES,
    SIGTRAP,
    WCOREFLAG,
)
from flavors.netbsd.sources import KERN_LWP, KERN_SIG, X86_SYSCALL
from flavors.netbsd.state import kern
from oracle.cite import models
from oracle.flavor import Answer, Args, Call
from oracle.machine.errno import ERESTART, Errno
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.signals import sigmask
from oracle.machine.traps import Kernel, may_block, preempt, tsleep

IN_USER_MODE = frozenset(("store", "load", "burn"))  # what a program does without a system call


@models(KERN_LWP, function="lwp_userret")
def userret(k: Machine, l: Lwp) -> Kernel[None]:
    """What an LWP does before it goes to user mode: deal with its signals, maybe stop, maybe die.

    Then the handlers run, the last one set up first; each returns through the kernel, which takes the mask back and
    looks again.
    """
    frames: list[int] = []
    while True:
        mask = l.lwp_sigmask
        if signo := (yield from issignal(k, l, True)):
            yield from postsig(k, l, signo)
            frames.append(mask)
        elif frames:
            l.lwp_sigmask = frames.pop()
        else:
            return


@models(X86_SYSCALL)
def syscall(k: Machine, l: Lwp, call: Call, args: Args) -> Kernel[Answer]:
    """A system call from user mode to user mode. ERESTART makes it again, after signals were dealt with."""
    if l.lwp_ucred is not l.lwp_proc.p_ucred:
        lwp_update_creds(l)
    if k.sched.ready and call.spec.name not in IN_USER_MODE:
        yield from preempt("entered")  # it is in the kernel, and has looked at nothing yet but its credential
    while True:
        try:
            value = yield from call.run(k, l, args)
        except ERESTART:
            yield from userret(k, l)
            yield from may_block("restart")
            continue
        except Errno:
            if l.lwp_flag & LW_PENDSIG:
                yield from userret(k, l)
            raise
        l.lwp_retval = (value, 0) if isinstance(value, int) else (0, 0)
        if l.lwp_flag & LW_PENDSIG:
            yield from userret(k, l)
        return value


@models(X86_SYSCALL)
def child_return(k: Machine, l: Lwp) -> Kernel[None]:
    """The first thing that the LWP of a new process runs.

    On x86 a child that is traced from birth stops here, with a SIGTRAP to itself. sic: on no other port, where it runs on.
    """
    while l.lwp_stat == LSSTOP:  # born stopped: it was never put on a run queue
        yield from tsleep(l, "stopped")
    l.lwp_stat = LSONPROC
    p = l.lwp_proc
    if p.p_slflag & PSL_TRACED and kern(k).child_return_traps:
        kpsignal(k, p, SIGTRAP, l.lwp_tid)
    if l.lwp_flag & LW_PENDSIG:
        yield from userret(k, l)


@models(X86_SYSCALL)
def startlwp(k: Machine, l: Lwp) -> Kernel[None]:
    """The first thing that another LWP of a process runs."""
    l.lwp_stat = LSONPROC
    if l.lwp_flag & LW_PENDSIG:
        yield from userret(k, l)


@models(KERN_SIG)
def postsig(k: Machine, l: Lwp, signo: int) -> Kernel[None]:
    """Act on a signal: run its handler, or die of it."""
    p = l.lwp_proc
    bit = sigmask(signo)
    acts = p.p_sigacts
    assert acts is not None
    handler = acts.ps_sigact.get(signo)
    if handler is None:
        yield from sigexit(k, l, signo)
        return
    l.lwp_handled += (f"{SIGNAL_NAMES.get(signo, f'signal {signo}')} {handler.name}",)
    l.lwp_sigmask |= handler.mask
    if handler.flags & SA_RESETHAND:
        p.p_sigcatch &= ~bit
        p.p_sigignore |= bit & DEFAULT_IGNORED
        del acts.ps_sigact[signo]


@models(KERN_SIG)
def sigexit(k: Machine, l: Lwp, signo: int) -> Kernel[None]:
    """Die of a signal, with a core dump where that is its nature and the process may leave one."""
    p = l.lwp_proc
    p.p_acflag |= AXSIG
    status = signo
    if CORESIGS & sigmask(signo) and not p.p_flag & PK_SUGID:
        p.p_acflag |= ACORE
        status |= WCOREFLAG
    yield from exit1(k, l, status)
