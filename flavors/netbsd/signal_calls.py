"""The calls that send signals, and say what is to become of them."""

from __future__ import annotations

from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import pgrp_find, pgrp_of, proc_find_raw
from flavors.netbsd.kern_sig import killpg1, kpgsignal
from flavors.netbsd.param import NSIG, PL_CONTROLT
from flavors.netbsd.portable import portable
from flavors.netbsd.sys_sig import kill_one, sigaction1, sigprocmask1
from oracle.flavor import Answer, Args
from oracle.machine.errno import EINVAL, ENOTTY
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, no_wait


def _kill(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    signo = args.number("signal")
    if signo < 0 or signo >= NSIG:
        raise EINVAL(f"signal {signo}")
    target, group = args.process("to"), args.process("group")
    yield from pass_proc_lock(k)
    if args.switch("everybody"):
        killpg1(k, l, signo, None, True)
    elif group is not None:
        killpg1(k, l, signo, pgrp_find(k, group.p_pid), False)
    elif target is not None:
        kill_one(k, l, proc_find_raw(k, target.p_pid), signo)
    else:
        killpg1(k, l, signo, l.lwp_proc.p_pgrp, False)
    return None


def _type(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    signo = args.number("signal")
    if signo <= 0 or signo >= NSIG:
        raise EINVAL(f"signal {signo}")
    yield from pass_proc_lock(k)
    session = pgrp_of(l.lwp_proc).pg_session
    if session.s_ttyvp is None or not l.lwp_proc.p_lflag & PL_CONTROLT:
        raise ENOTTY("no controlling terminal")
    if session.s_ttypgrp is not None:
        kpgsignal(k, session.s_ttypgrp, signo, True)
    return None


def _sigaction(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sigaction1(k, l, args.number("signal"), args.text("handler"), args.number("mask"), args.number("options"))
    return no_wait(None)


def _sigprocmask(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sigprocmask1(l, args.text("how"), args.number("signals"))
    return no_wait(None)


def _sigaltstack(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    stack = args.text("stack")
    l.lwp_sigstk = "" if stack == "off" else stack
    return no_wait(None)


SIGNAL_CALLS = portable(
    kill=_kill, type=_type, sigaction=_sigaction, sigprocmask=_sigprocmask, sigaltstack=_sigaltstack,
)  # fmt: skip
