"""The calls that a program in a scenario can make: the portable ones under their portable names, and this system's own."""

from __future__ import annotations

from collections.abc import Callable

from flavors.netbsd import kern_prot, sysctl
from flavors.netbsd.kern_auth import cred_of
from flavors.netbsd.kern_descrip import advlock, fd_alloc, fd_close, fd_dup2, fd_getfile, install, is_queue, lseek, open_vnode
from flavors.netbsd.kern_event import kqueue_register
from flavors.netbsd.kern_exec import execve1
from flavors.netbsd.kern_exit import do_sys_wait, exit1
from flavors.netbsd.kern_fork import fork1, sys___clone, sys___vfork14, sys_fork, sys_vfork
from flavors.netbsd.kern_ktrace import ktrace
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.kern_proc import pgrp_find, pgrp_of, proc_enterpgrp, proc_find_raw
from flavors.netbsd.kern_resource import donice, dosetrlimit
from flavors.netbsd.kern_sig import kill_one, killpg1, kpgsignal, kpsignal
from flavors.netbsd.kern_time import nanosleep1, profil, run_in_user_mode, setitimer
from flavors.netbsd.param import CLONE_FLAGS, FORK_FLAGS, NSIG, PL_CONTROLT, SIGSEGV
from flavors.netbsd.state import occupant
from flavors.netbsd.status import status
from flavors.netbsd.sys_lwp import sys__lwp_create
from flavors.netbsd.sys_mqueue import mq_open
from flavors.netbsd.sys_process import ptrace
from flavors.netbsd.sys_sig import getucontext, sigaction1, sigprocmask1
from flavors.netbsd.userret import userret
from flavors.netbsd.uvm_glue import vmspace_of
from flavors.netbsd.vfs_cwd import chdir, umask
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param, Result
from oracle.flavor import Args, Call
from oracle.machine.errno import EFAULT, EINVAL, ENOMEM, ENOTTY, ESRCH
from oracle.machine.files import File
from oracle.machine.kevent import KQueue
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import sigmask
from oracle.machine.traps import Kernel, no_wait
from oracle.machine.vm import Inherit, load, map_region, store, unmap_region

Answer = int | str | None
Run = Callable[[Machine, Lwp, Args], Kernel[Answer]]
INHERITS = {"share": Inherit.SHARE, "copy": Inherit.COPY, "none": Inherit.NONE}

CALLS: dict[str, Call] = {}


def portable(name: str) -> Callable[[Run], Run]:
    """Register the code of a portable call."""
    return native(PORTABLE_BY_NAME[name])


def native(spec: CallSpec) -> Callable[[Run], Run]:
    """Register the code of a call."""

    def register(run: Run) -> Run:
        CALLS[spec.name] = Call(spec, run)
        return run

    return register


# --- making processes -----------------------------------------------------------------------------------------------------


@portable("fork")
def _fork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys_fork(k, l)


@portable("vfork")
@native(CallSpec("__vfork14", "the vfork(2) of today, by its own name", (), Result.PROCESS, True))
def _vfork14(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys___vfork14(k, l)


@native(CallSpec("vfork44", "system call 66: the vfork of old binaries, which copies memory", (), Result.PROCESS, True))
def _vfork44(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys_vfork(k, l)


@native(
    CallSpec(
        "__clone",
        "__clone(2), as the kernel sees it",
        (
            Param("flags", Kind.FLAGS, "CLONE_ flags", 0, names=tuple(CLONE_FLAGS.items())),
            Param("csignal", Kind.SIGNAL, "the exit signal, in the low byte of the flags; 0 for none", 0),
            Param("stack", Kind.TEXT, "a name for the child's stack; empty for the caller's own", ""),
        ),
        Result.PROCESS,
        True,
    )
)
def _clone(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys___clone(k, l, args.number("flags") | args.number("csignal") & 0xFF, args.text("stack"))


@native(
    CallSpec(
        "_lwp_create",
        "_lwp_create(2): another LWP of the calling process",
        (Param("stack", Kind.TEXT, "a name for its stack; empty for the caller's own", ""),),
        Result.NUMBER,
        True,
    )
)
def _lwp_create(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(sys__lwp_create(k, l, args.text("stack")))


@native(
    CallSpec(
        "fork1",
        "fork1(9), as code inside the kernel calls it",
        (
            Param("flags", Kind.FLAGS, "FORK_ flags", 0, names=tuple(FORK_FLAGS.items())),
            Param("exitsig", Kind.SIGNAL, "the exit signal", "SIGCHLD"),
            Param("stack", Kind.TEXT, "a name for the child's stack; empty for the caller's own", ""),
            Param("stacksize", Kind.NUMBER, "bytes from there to the stack pointer", 0),
            Param("retval", Kind.SWITCH, "whether the caller wants the pid in its return registers", False),
            Param(
                "rnewprocp",
                Kind.SWITCH,
                "whether the caller wants a pointer to the process: gives its pid",
                False,
            ),
        ),
        Result.PROCESS,
        True,
    )
)
def _fork1(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    made: list[Proc] | None = [] if args.switch("rnewprocp") else None
    pid = yield from fork1(
        k, l, args.number("flags"), args.number("exitsig"), args.text("stack"), args.number("stacksize"), None,
        args.switch("retval"), made,
    )  # fmt: skip
    return occupant(k, made[0]).p_pid if made else pid  # the pointer, too, is read when the child may be gone


@portable("exit")
def _exit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from exit1(k, l, (args.number("status") & 0xFF) << 8)
    return None


@portable("exec")
def _exec(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from execve1(k, l, args.text("path"), args.switch("exists"), args.number("setuid") if args.given("setuid") else None)
    return None


@portable("wait")
def _wait(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    child, group = args.process("child"), args.process("group")
    pid = child.p_pid if child is not None else -group.p_pid if group is not None else -1
    found = yield from do_sys_wait(k, l, pid, args.number("options"))
    return 0 if found is None else f"{k.role(found[0])} {status(found[1])}"


# --- signals, groups, ids -------------------------------------------------------------------------------------------------


@portable("kill")
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


@portable("type")
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


@portable("setpgid")
def _setpgid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    pid = (args.process("of") or p).p_pid
    group = args.process("group")
    yield from pass_proc_lock(k)
    proc_enterpgrp(k, p, pid, pid if group is None else group.p_pid, False)
    return None


@portable("setsid")
def _setsid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    yield from pass_proc_lock(k)
    proc_enterpgrp(k, p, p.p_pid, p.p_pid, True)
    return None


@portable("setuid")
def _setuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_setuid(k, l, args.number("uid"))


@portable("seteuid")
def _seteuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_seteuid(k, l, args.number("uid"))


@portable("setreuid")
def _setreuid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return kern_prot.sys_setreuid(k, l, args.number("ruid"), args.number("euid"))


@portable("setrlimit")
def _setrlimit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    dosetrlimit(k, l, args.text("resource"), args.number("soft"), args.number("hard") if args.given("hard") else None)
    return no_wait(None)


@portable("sigaction")
def _sigaction(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sigaction1(k, l, args.number("signal"), args.text("handler"), args.number("mask"), args.number("options"))
    return no_wait(None)


@portable("sigprocmask")
def _sigprocmask(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sigprocmask1(l, args.text("how"), args.number("signals"))
    return no_wait(None)


@portable("sigaltstack")
def _sigaltstack(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    stack = args.text("stack")
    l.lwp_sigstk = "" if stack == "off" else stack
    return no_wait(None)


# --- files ----------------------------------------------------------------------------------------------------------------


@portable("open")
def _open(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(open_vnode(k, l.lwp_proc, args.text("path"), args.switch("cloexec")))


@portable("pipe")
def _pipe(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(install(l.lwp_proc, File("pipe", args.text("name"), None)))


@portable("kqueue")
def _kqueue(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(install(l.lwp_proc, File("kqueue", "kqueue", KQueue())))


@portable("kevent")
def _kevent(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    queue = is_queue(fd_getfile(l.lwp_proc, args.number("fd")))
    target = args.process("process")
    if target is None:
        raise ESRCH("no such process")
    kqueue_register(k, queue, target, args.number("notes"), cred_of(l))
    return no_wait(None)


@portable("close")
def _close(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    fd_close(k, l.lwp_proc, args.number("fd"))
    return no_wait(None)


@portable("dup2")
def _dup2(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(fd_dup2(k, l.lwp_proc, args.number("fd"), args.number("to")))


@portable("lseek")
def _lseek(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(lseek(l.lwp_proc, args.number("fd"), args.number("offset")))


@portable("lock")
def _lock(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    advlock(l.lwp_proc, args.number("fd"))
    return no_wait(None)


@portable("chdir")
def _chdir(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    chdir(k, l.lwp_proc, args.text("path"))
    return no_wait(None)


@portable("umask")
def _umask(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(umask(l.lwp_proc, args.number("mask")))


@portable("mq_open")
def _mq_open(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    fd_alloc(p)
    return no_wait(install(p, mq_open(k, p, args.text("name"), args.switch("create"))))


# --- memory ---------------------------------------------------------------------------------------------------------------


@portable("mmap")
def _mmap(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    inherit = Inherit.SHARE if args.switch("shared") else Inherit.COPY
    map_region(vmspace_of(l.lwp_proc), args.text("region"), inherit, args.text("value"))
    return no_wait(None)


@portable("munmap")
def _munmap(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    unmap_region(vmspace_of(l.lwp_proc), args.text("region"))
    return no_wait(None)


@portable("minherit")
def _minherit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    entry = vmspace_of(l.lwp_proc).vm_map.get(args.text("region"))
    if entry is not None:
        entry.inherit = INHERITS[args.text("inherit")]
    return no_wait(None)


@portable("mlock")
def _mlock(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    entry = vmspace_of(l.lwp_proc).vm_map.get(args.text("region"))
    if entry is None:
        raise ENOMEM("nothing is mapped there")
    entry.wired = True
    return no_wait(None)


def _fault(k: Machine, l: Lwp, region: str) -> Kernel[None]:
    """An access to memory that is not mapped: SIGSEGV, which nobody can ignore."""
    p = l.lwp_proc
    bit = sigmask(SIGSEGV)
    if not p.p_sigcatch & bit:
        p.p_sigignore &= ~bit
        assert p.p_sigacts is not None
        p.p_sigacts.ps_sigignore &= ~bit
    kpsignal(k, p, SIGSEGV, l.lwp_tid)
    yield from userret(k, l)
    raise EFAULT(f"{region} is not mapped")


@portable("store")
def _store(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    if not store(vmspace_of(l.lwp_proc), args.text("region"), args.text("value")):
        yield from _fault(k, l, args.text("region"))
    return None


@portable("load")
def _load(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    value = load(vmspace_of(l.lwp_proc), args.text("region"))
    if value is None:
        yield from _fault(k, l, args.text("region"))
    return value


# --- the rest -------------------------------------------------------------------------------------------------------------


@portable("ptrace")
def _ptrace(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    request, target, events = args.text("request"), args.process("process"), args.number("events")
    yield from pass_proc_lock(k)
    return ptrace(k, l, request, target, args.number("signal"), events, args.switch("bad_size"))


@portable("getpid")
def _getpid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(l.lwp_proc.p_pid)


@portable("getppid")
def _getppid(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(l.lwp_proc.p_ppid)


@portable("getpgrp")
def _getpgrp(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(pgrp_of(l.lwp_proc).pg_id)


@portable("alarm")
def _alarm(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    setitimer(k, l.lwp_proc, args.number("ms"))
    return no_wait(None)


@portable("sleep")
def _sleep(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from nanosleep1(k, l, args.number("ms"))
    return None


@portable("nice")
def _nice(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    donice(l, l.lwp_proc, args.number("nice"))
    return no_wait(None)


@portable("profil")
def _profil(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    profil(l.lwp_proc, args.switch("on"))
    return no_wait(None)


@portable("ktrace")
def _ktrace(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    target = args.process("process")
    found = l.lwp_proc if target is None else proc_find_raw(k, target.p_pid)
    if found is None or found.p_ucred is None:
        raise ESRCH("no such process")
    ktrace(k, l, found, args.text("file"), args.switch("inherit"))
    return no_wait(None)


@portable("burn")
def _burn(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from run_in_user_mode(k, l, args.number("ms"))
    return None


# --- sysctl ---------------------------------------------------------------------------------------------------------------

_WHAT = Param("what", Kind.TEXT, "which of the three", "stopfork", choices=("stopfork", "stopexec", "stopexit"))


@native(
    CallSpec(
        "stopfork",
        "write proc.<pid>.stopfork, or one of its siblings",
        (
            Param("process", Kind.ROLE, "whose", required=True),
            Param("on", Kind.SWITCH, "the new value", True),
            _WHAT,
        ),
    )
)
def _stopfork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from sysctl.sysctl_proc_stop(k, l, args.process("process"), args.text("what"), args.switch("on"))
    return None


@native(
    CallSpec(
        "read_stopfork",
        "read proc.<pid>.stopfork, or one of its siblings",
        (Param("process", Kind.ROLE, "whose", required=True), _WHAT),
        Result.NUMBER,
    )
)
def _read_stopfork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(sysctl.sysctl_proc_stop_read(k, args.process("process"), args.text("what")))


@native(
    CallSpec(
        "getcontext",
        "getcontext(2): whose stack begins where uc_stack says that the caller's does",
        (),
        Result.TEXT,
    )
)
def _getcontext(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    base = getucontext(l)
    return no_wait(next(name for p, name in k.names.items() if p.p_stackbase == base))


@native(CallSpec("forkfsleep", "set kern.forkfsleep", (Param("ms", Kind.NUMBER, "milliseconds, 0 to 20000", required=True),)))
def _forkfsleep(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sysctl.sysctl_kern_forkfsleep(k, l, args.number("ms"))
    return no_wait(None)


@native(CallSpec("maxproc", "set kern.maxproc", (Param("number", Kind.NUMBER, "0 to 29999", required=True),)))
def _maxproc(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sysctl.sysctl_kern_maxproc(k, l, args.number("number"))
    return no_wait(None)
