"""The calls that are alike in all revisions: what a scenario may ask for, and the code that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_clock import startprofclock, stopprofclock
from flavors.dragonfly.kern_descrip import holdfp, kern_close
from flavors.dragonfly.kern_event import kqueue_register
from flavors.dragonfly.kern_exec import kern_execve
from flavors.dragonfly.kern_ktrace import ktrace
from flavors.dragonfly.kern_plimit import kern_setrlimit
from flavors.dragonfly.kern_proc import pgrp_of
from flavors.dragonfly.kern_prot import cred_of, seteuid, setpgid, setreuid, setsid, setuid, suser
from flavors.dragonfly.kern_resource import donice
from flavors.dragonfly.kern_sig_calls import kern_kill, kern_sigaction, kern_sigaltstack, kern_sigprocmask
from flavors.dragonfly.kern_threads import thr_sleep, thr_wakeup
from flavors.dragonfly.kern_time import nanosleep, setitimer, to_ticks
from flavors.dragonfly.kern_varsym import varsym_set, varsyms_in_use
from flavors.dragonfly.sys_process import kern_ptrace
from flavors.dragonfly.sysv_shm import shm_nattch, shmat, shmdt
from flavors.dragonfly.trap import page_fault, run_in_user_mode
from flavors.dragonfly.tty import ttyinput
from flavors.dragonfly.vfs import chdir, dup2, fsetfd, lseek, open_file, setlock, umask
from flavors.dragonfly.vm_glue import vmspace_of
from flavors.dragonfly.words import status
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param, Result
from oracle.flavor import Answer, Args, Call, Code, at_once
from oracle.machine.errno import EBADF, EFAULT, ENOMEM, EPERM, ESRCH
from oracle.machine.files import File
from oracle.machine.kevent import KQueue
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel
from oracle.machine.vm import Inherit, load, map_region, store, unmap_region

NO_ENTRY = frozenset(("store", "load", "burn", "fork1"))  # done in user mode, or by who is in the kernel already

Plain: TypeAlias = Callable[[Machine, Lwp, Args], Answer]


def _exit(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    yield from kern_of(k).rev.exit1(k, lp, (args.number("status") & 0xFF) << 8)


def _exec(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    owner = args.number("setuid") if args.given("setuid") else None
    yield from kern_execve(k, lp, args.text("path"), args.switch("exists"), owner)


def _wait(k: Machine, lp: Lwp, args: Args) -> Kernel[str]:
    child, group = args.process("child"), args.process("group")
    pid = child.p_pid if child is not None else -group.p_pid if group is not None else -1
    found = yield from kern_of(k).rev.kern_wait(k, lp, pid, args.number("options"))
    return "0" if found is None else f"{k.role(found[0])} {status(found[1])}"


def _kill(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    to, group = args.process("to"), args.process("group")
    if args.switch("everybody"):
        pid = -1
    elif group is not None:
        pid = -group.p_pid
    else:
        pid = to.p_pid if to is not None else 0
    yield from kern_kill(k, lp, args.number("signal"), pid)


def _type(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    yield from ttyinput(k, lp, args.number("signal"))


def _pid(p: Proc | None) -> int:
    return p.p_pid if p is not None else 0


def _setpgid(k: Machine, lp: Lwp, args: Args) -> None:
    setpgid(k, lp.lwp_proc, _pid(args.process("of")), _pid(args.process("group")))


def _setsid(k: Machine, lp: Lwp, args: Args) -> None:
    setsid(k, lp.lwp_proc)


def _setuid(k: Machine, lp: Lwp, args: Args) -> None:
    setuid(k, lp.lwp_proc, args.number("uid"))


def _seteuid(k: Machine, lp: Lwp, args: Args) -> None:
    seteuid(lp.lwp_proc, args.number("uid"))


def _setreuid(k: Machine, lp: Lwp, args: Args) -> None:
    setreuid(k, lp.lwp_proc, args.number("ruid"), args.number("euid"))


def _setrlimit(k: Machine, lp: Lwp, args: Args) -> None:
    hard = args.number("hard") if args.given("hard") else None
    kern_setrlimit(k, lp.lwp_proc, args.text("resource"), args.number("soft"), hard)


def _sigaction(k: Machine, lp: Lwp, args: Args) -> None:
    kern_sigaction(lp.lwp_proc, args.number("signal"), args.text("handler"), args.number("mask"), args.number("options"))


def _sigprocmask(k: Machine, lp: Lwp, args: Args) -> None:
    kern_sigprocmask(lp, args.text("how"), args.number("signals"))


def _sigaltstack(k: Machine, lp: Lwp, args: Args) -> None:
    kern_sigaltstack(lp, args.text("stack"))


def _open(k: Machine, lp: Lwp, args: Args) -> int:
    return open_file(k, lp.lwp_proc, args.text("path"), args.switch("cloexec"))


def _pipe(k: Machine, lp: Lwp, args: Args) -> int:
    return fsetfd(k, lp.lwp_proc, File("pipe", args.text("name"), None))


def _kqueue(k: Machine, lp: Lwp, args: Args) -> int:
    return fsetfd(k, lp.lwp_proc, File("kqueue", "kqueue", KQueue()))


def _kevent(k: Machine, lp: Lwp, args: Args) -> None:
    kq = holdfp(lp.lwp_proc, args.number("fd")).f_data
    if not isinstance(kq, KQueue):
        raise EBADF(f"descriptor {args.number('fd')} is no event queue")
    kqueue_register(k, kq, _pid(args.process("process")), args.number("notes"), lp.lwp_proc.p_ucred, 0)


def _close(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    yield from kern_close(k, lp.lwp_proc, args.number("fd"))


def _dup2(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    return (yield from dup2(k, lp.lwp_proc, args.number("fd"), args.number("to")))


def _lseek(k: Machine, lp: Lwp, args: Args) -> int:
    return lseek(lp.lwp_proc, args.number("fd"), args.number("offset"))


def _lock(k: Machine, lp: Lwp, args: Args) -> None:
    setlock(lp.lwp_proc, args.number("fd"))


def _chdir(k: Machine, lp: Lwp, args: Args) -> None:
    chdir(k, lp.lwp_proc, args.text("path"))


def _umask(k: Machine, lp: Lwp, args: Args) -> str:
    return f"{umask(lp.lwp_proc, args.number('mask')):03o}"


def _mmap(k: Machine, lp: Lwp, args: Args) -> None:
    inherit = Inherit.SHARE if args.switch("shared") else Inherit.COPY
    map_region(vmspace_of(lp.lwp_proc), args.text("region"), inherit, args.text("value"))


def _munmap(k: Machine, lp: Lwp, args: Args) -> None:
    unmap_region(vmspace_of(lp.lwp_proc), args.text("region"))


def _minherit(k: Machine, lp: Lwp, args: Args) -> None:
    entry = vmspace_of(lp.lwp_proc).vm_map.get(args.text("region"))
    if entry is not None:  # holes are passed over
        entry.inherit = Inherit(args.text("inherit"))


def _mlock(k: Machine, lp: Lwp, args: Args) -> None:
    if not suser(cred_of(lp.lwp_proc)):
        raise EPERM("only the superuser wires memory")
    entry = vmspace_of(lp.lwp_proc).vm_map.get(args.text("region"))
    if entry is None:
        raise ENOMEM(f"nothing is mapped at {args.text('region')}")
    entry.wired = True


def _store(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    if not store(vmspace_of(lp.lwp_proc), args.text("region"), args.text("value")):
        yield from page_fault(k, lp)
        raise EFAULT(f"nothing is mapped at {args.text('region')}")


def _load(k: Machine, lp: Lwp, args: Args) -> Kernel[str]:
    value = load(vmspace_of(lp.lwp_proc), args.text("region"))
    if value is None:
        yield from page_fault(k, lp)
        raise EFAULT(f"nothing is mapped at {args.text('region')}")
    return value


def _ptrace(k: Machine, lp: Lwp, args: Args) -> None:
    kern_ptrace(k, lp, args.text("request"), args.process("process"), args.number("signal"))


def _getpid(k: Machine, lp: Lwp, args: Args) -> int:
    return lp.lwp_proc.p_pid


def _getppid(k: Machine, lp: Lwp, args: Args) -> int:
    return _pid(lp.lwp_proc.p_pptr)


def _getpgrp(k: Machine, lp: Lwp, args: Args) -> int:
    return pgrp_of(lp.lwp_proc).pg_id


def _alarm(k: Machine, lp: Lwp, args: Args) -> None:
    setitimer(k, lp.lwp_proc, args.number("ms"))


def _sleep(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    yield from nanosleep(k, lp, args.number("ms"))


def _nice(k: Machine, lp: Lwp, args: Args) -> None:
    donice(lp.lwp_proc, args.number("nice"))


def _profil(k: Machine, lp: Lwp, args: Args) -> None:
    if args.switch("on"):
        lp.lwp_proc.p_prof = 1
        startprofclock(lp.lwp_proc)
    else:
        stopprofclock(lp.lwp_proc)


def _ktrace(k: Machine, lp: Lwp, args: Args) -> None:
    target = args.process("process")
    p = lp.lwp_proc if target is None else k.pfind(target.p_pid)
    if p is None:
        raise ESRCH("there is no such process")
    ktrace(lp.lwp_proc, p, args.text("file"), args.switch("inherit"))


def _burn(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    yield from run_in_user_mode(k, lp, to_ticks(args.number("ms")))


def _shmat(k: Machine, lp: Lwp, args: Args) -> None:
    shmat(k, lp.lwp_proc, args.text("segment"))


def _shmdt(k: Machine, lp: Lwp, args: Args) -> None:
    shmdt(k, lp.lwp_proc, args.text("segment"))


def _thr_sleep(k: Machine, lp: Lwp, args: Args) -> Kernel[str]:
    return (yield from thr_sleep(k, lp, to_ticks(args.number("ms"))))


def _thr_wakeup(k: Machine, lp: Lwp, args: Args) -> str:
    return thr_wakeup(k, lp.lwp_proc, _pid(args.process("process")))


def _shm_nattch(k: Machine, lp: Lwp, args: Args) -> int:
    return shm_nattch(k, args.text("segment"))


def _varsym_set(k: Machine, lp: Lwp, args: Args) -> None:
    varsym_set(lp.lwp_proc, args.text("name"))


def _varsyms_in_use(k: Machine, lp: Lwp, args: Args) -> int:
    return varsyms_in_use(k)


THR_SLEEP = CallSpec(
    "thr_sleep",
    "thr_sleep(2): sleep until a peer wakes the process",
    (Param("ms", Kind.NUMBER, "simulated milliseconds; 0 for no limit", 0),),
    Result.TEXT,
)
THR_WAKEUP = CallSpec(
    "thr_wakeup",
    "thr_wakeup(2): wake a process of the same leader",
    (Param("process", Kind.ROLE, "the process", required=True),),
    Result.TEXT,
)
_SEGMENT = (Param("segment", Kind.TEXT, "a name for the segment", required=True),)
SHMAT = CallSpec("shmat", "shmat(2): attach a System V shared memory segment, made when first attached", _SEGMENT)
SHMDT = CallSpec("shmdt", "shmdt(2): detach a System V shared memory segment", _SEGMENT)
SHM_NATTCH = CallSpec("shm_nattch", "shmctl(2) IPC_STAT: how often a System V segment is attached", _SEGMENT, Result.NUMBER)
VARSYM_SET = CallSpec(
    "varsym_set",
    "varsym_set(2): set a variable for symbolic links, for the calling process",
    (Param("name", Kind.TEXT, "the variable", required=True),),
)
VARSYMS_IN_USE = CallSpec(
    "varsyms_in_use", "vmstat -m: how many variables of processes the kernel has allocated", (), Result.NUMBER
)


_BLOCKING: dict[str, Code] = {
    "exit": _exit, "exec": _exec, "wait": _wait, "kill": _kill, "type": _type, "close": _close, "dup2": _dup2, "store": _store,
    "load": _load, "sleep": _sleep, "burn": _burn,
}  # fmt: skip
_PLAIN: dict[str, Plain] = {
    "setpgid": _setpgid, "setsid": _setsid, "setuid": _setuid, "seteuid": _seteuid, "setreuid": _setreuid,
    "setrlimit": _setrlimit, "sigaction": _sigaction, "sigprocmask": _sigprocmask, "sigaltstack": _sigaltstack, "open": _open,
    "pipe": _pipe, "kqueue": _kqueue, "kevent": _kevent, "lseek": _lseek, "lock": _lock, "chdir": _chdir, "umask": _umask,
    "mmap": _mmap, "munmap": _munmap, "minherit": _minherit, "mlock": _mlock, "ptrace": _ptrace, "getpid": _getpid,
    "getppid": _getppid, "getpgrp": _getpgrp, "alarm": _alarm, "nice": _nice, "profil": _profil, "ktrace": _ktrace,
}  # fmt: skip

SHARED_CALLS: dict[str, Call] = (
    {name: Call(PORTABLE_BY_NAME[name], run) for name, run in _BLOCKING.items()}
    | {name: Call(PORTABLE_BY_NAME[name], at_once(run)) for name, run in _PLAIN.items()}
    | {"shmat": Call(SHMAT, at_once(_shmat)), "shmdt": Call(SHMDT, at_once(_shmdt))}
    | {"shm_nattch": Call(SHM_NATTCH, at_once(_shm_nattch))}
    | {"varsym_set": Call(VARSYM_SET, at_once(_varsym_set)), "varsyms_in_use": Call(VARSYMS_IN_USE, at_once(_varsyms_in_use))}
    | {"thr_sleep": Call(THR_SLEEP, _thr_sleep), "thr_wakeup": Call(THR_WAKEUP, at_once(_thr_wakeup))}
)
