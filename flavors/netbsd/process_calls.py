"""The calls by which a process sets and asks what it is: groups, users, limits, time, and who watches it."""

from __future__ import annotations

from flavors.netbsd import kern_prot
from flavors.netbsd.kern_ktrace import ktrace
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import pgrp_of, proc_enterpgrp
from flavors.netbsd.kern_resource import donice, dosetrlimit
from flavors.netbsd.kern_time import nanosleep1, profil, run_in_user_mode, setitimer
from flavors.netbsd.portable import portable
from flavors.netbsd.sys_process import ptrace
from oracle.flavor import Answer, Args
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, no_wait


def _setpgid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    pid = (args.process("of") or p).p_pid
    group = args.process("group")
    yield from pass_proc_lock(k)
    proc_enterpgrp(k, p, pid, pid if group is None else group.p_pid, False)
    return None


def _setsid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    yield from pass_proc_lock(k)
    proc_enterpgrp(k, p, p.p_pid, p.p_pid, True)
    return None


def _setuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_setuid(k, l, args.number("uid"))


def _seteuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_seteuid(k, l, args.number("uid"))


def _setreuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_setreuid(k, l, args.number("ruid"), args.number("euid"))


def _setrlimit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    hard = args.number("hard") if args.given("hard") else None
    yield from dosetrlimit(k, l, args.text("resource"), args.number("soft"), hard)
    return None


def _getpid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(l.lwp_proc.p_pid)


def _getppid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(l.lwp_proc.p_ppid)


def _getpgrp(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from pass_proc_lock(k)
    return pgrp_of(l.lwp_proc).pg_id


def _nice(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from pass_proc_lock(k)
    donice(l, l.lwp_proc, args.number("nice"))
    return None


def _alarm(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    setitimer(k, l.lwp_proc, args.number("ms"))
    return no_wait(None)


def _sleep(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from nanosleep1(k, l, args.number("ms"))
    return None


def _burn(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from run_in_user_mode(k, l, args.number("ms"))
    return None


def _profil(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    profil(l.lwp_proc, args.switch("on"))
    return no_wait(None)


def _ktrace(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    target = args.process("process")
    yield from ktrace(k, l, (target or l.lwp_proc).p_pid, args.text("file"), args.switch("inherit"))
    return None


def _ptrace(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    request, target, events = args.text("request"), args.process("process"), args.number("events")
    yield from pass_proc_lock(k)
    return ptrace(k, l, request, target, args.number("signal"), events, args.switch("bad_size"))


PROCESS_CALLS = portable(
    setpgid=_setpgid, setsid=_setsid, setuid=_setuid, seteuid=_seteuid, setreuid=_setreuid, setrlimit=_setrlimit,
    getpid=_getpid, getppid=_getppid, getpgrp=_getpgrp, nice=_nice, alarm=_alarm, sleep=_sleep, burn=_burn, profil=_profil,
    ktrace=_ktrace, ptrace=_ptrace,
)  # fmt: skip
