"""Between user mode and kernel: entering a system call, making it again, leaving."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_prot import crfree
from flavors.dragonfly.kern_sig import postsig
from flavors.dragonfly.proc_h import LWP_WEXIT, SACTIVE, SSTOP
from flavors.dragonfly.signal_h import SIGSEGV
from flavors.dragonfly.sources import TRAP
from oracle.cite import models
from oracle.flavor import Answer, Args, Call
from oracle.machine import traps
from oracle.machine.errno import ERESTART, Errno, LwpExit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, may_block


@models(TRAP, function="syscall2")
def syscall(k: Machine, lwp: Lwp, call: Call, args: Args) -> Kernel[Answer]:
    """A system call from user mode to user mode. ERESTART makes the program issue it again, after signals were dealt with."""
    while True:
        kern_of(k).rev.userenter(lwp)
        failure: Errno | None = None
        value: Answer = None
        try:
            value = yield from call.run(k, lwp, args)
        except ERESTART:
            yield from userret(k, lwp)
            yield from may_block("restart")
            continue
        except Errno as error:
            failure = error
        if to_be_dealt_with(lwp):
            yield from userret(k, lwp)
        if failure is not None:
            raise failure
        lwp.lwp_retval = (value, 0) if isinstance(value, int) else (0, 0)
        return value


@models(TRAP)
def userenter(lp: Lwp) -> None:
    """Refresh the thread's credential. What a sibling sets after this, the call will not see."""
    cred = lp.lwp_proc.p_ucred
    old = lp.lwp_ucred
    if old is not cred and cred is not None:
        if old is not None:
            crfree(old)
        cred.cr_ref += 1
        lp.lwp_ucred = cred


def to_be_dealt_with(lp: Lwp) -> bool:
    """Whether there is anything to do for a thread on its way to user mode."""
    p = lp.lwp_proc
    return bool((p.p_siglist | lp.lwp_siglist) & ~lp.lwp_sigmask or p.p_stat != SACTIVE or lp.lwp_flag & LWP_WEXIT)


@models(TRAP)
def userret(k: Machine, lp: Lwp) -> Kernel[None]:
    """On the way to user mode: die if told to, stop if stopped, act on signals. Then the handlers run, last one set up first,
    and each returns through the kernel, which looks again."""
    p = lp.lwp_proc
    cursig = kern_of(k).rev.cursig
    frames: list[int] = []
    while True:
        if lp.lwp_flag & LWP_WEXIT:
            kern_of(k).rev.lwp_exit(k, lp)
            raise LwpExit
        if p.p_stat == SSTOP:
            yield from kern_of(k).rev.tstop(k, lp)
            continue
        mask = lp.lwp_sigmask
        if sig := (yield from cursig(k, lp, True)):
            yield from postsig(k, lp, sig)
            frames.append(mask)
        elif frames:
            lp.lwp_sigmask = frames.pop()
        else:
            return


@models(TRAP)
def fork_return(k: Machine, lp: Lwp) -> Kernel[None]:
    """A forked child's first steps: registers 0 and 1, then user mode."""
    lp.lwp_retval = (0, 1)
    kern_of(k).rev.userenter(lp)
    if to_be_dealt_with(lp):
        yield from userret(k, lp)


@models(TRAP)
def generic_lwp_return(k: Machine, lp: Lwp) -> Kernel[None]:
    """A new thread's first steps: it gets its credential, and the usual checks are made."""
    kern_of(k).rev.userenter(lp)
    yield from userret(k, lp)


@models(TRAP, function="trap")
def page_fault(k: Machine, lp: Lwp) -> Kernel[None]:
    """An access to memory that is not mapped. A handler is taken to find a way out.

    sic: where SIGSEGV is ignored or masked nothing happens, the program makes the same access again, and so on for ever.
    """
    before = len(lp.lwp_handled)
    while True:
        kern_of(k).rev.lwpsignal(k, lp.lwp_proc, lp, SIGSEGV)
        yield from userret(k, lp)
        if any(handled.startswith("SIGSEGV ") for handled in lp.lwp_handled[before:]):
            return
        yield from may_block("restart")


@models(TRAP, function="fork_return")
def bad_stack_return(k: Machine, lp: Lwp) -> Kernel[None]:
    """A thread whose stack could not be written starts like a forked child, and faults on its first push."""
    yield from fork_return(k, lp)
    yield from page_fault(k, lp)


def run_in_user_mode(k: Machine, lp: Lwp, ticks: int) -> Kernel[None]:
    """Use processor time; signals are acted on as they come."""
    p = lp.lwp_proc
    while ticks > 0:
        before = k.ticks
        yield from traps.tsleep(lp, "user", ticks, catch=True)
        p.p_cputime += k.ticks - before
        ticks -= k.ticks - before
        yield from userret(k, lp)
