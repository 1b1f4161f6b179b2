"""TinyOS 1, a kernel that exists nowhere but here: the smallest one with all that a flavor has.

To add a system, copy this file and its `pyproject.toml`, rename, and put in what your kernel does otherwise. From top to
bottom: numbers, the first processes, fork, exit and wait, exec, signals, small calls, and the value that ties them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from oracle.calls import PORTABLE_BY_NAME
from oracle.cite import Source, models
from oracle.flavor import Args, Call, Flavor, Inexpressible, Lowered, Words, at_once
from oracle.machine.cred import Cred
from oracle.machine.errno import (
    EAGAIN,
    EBADF,
    ECHILD,
    EFAULT,
    EINTR,
    EINVAL,
    ENOENT,
    EPERM,
    ESRCH,
    Errno,
    LwpExit,
    Panic,
    Unmodelled,
)
from oracle.machine.files import File, FileDesc, Vnode, lowest_free, vref, vrele
from oracle.machine.limits import RLIM_INFINITY, PLimit
from oracle.machine.machine import HZ, Machine
from oracle.machine.proc import Lwp, Pgrp, Proc, Session
from oracle.machine.signals import SigActs, SigHandler, first, sigmask, sigset
from oracle.machine.traps import Kernel, Wake, no_wait, tsleep
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace, load, store, vmspace_fork, vmspace_rele
from oracle.scenario import MachineSpec, ProcessSpec

T = TypeVar("T")
KERN = Source("TinyOS", "kern.c", "1")

# --- numbers -------------------------------------------------------------------------------------------------------------

EMBRYO, RUNNING, ZOMBIE = 1, 2, 3
P_TTY, P_PPWAIT, P_EXEC, P_SUGID = 0x1, 0x2, 0x4, 0x8
AFORK = 0x1
WNOHANG = 0x1
SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGKILL": 9, "SIGALRM": 14, "SIGTERM": 15, "SIGCHLD": 20, "SIGUSR1": 30}
SIGNAL_NAMES = {number: name for name, number in SIGNALS.items()}
SIGKILL, SIGALRM, SIGCHLD = 9, 14, 20
NPROC = 64  # default of maxproc


@dataclass(slots=True, eq=False)
class Globals:
    """What this kernel keeps in variables of its own. A dataclass, so that an error return that changes one is noticed."""

    lastpid: int = -1
    terminal: bool = True  # whether the first session gets a terminal


def kern(k: Machine) -> Globals:
    """This kernel's own variables."""
    assert isinstance(k.kern, Globals)
    return k.kern


def new_pid(k: Machine) -> int:
    """The next process id; none is used twice."""
    kern(k).lastpid += 1
    return kern(k).lastpid


def signal(name: str) -> int:
    """The number of a signal that a scenario starts with."""
    if name not in SIGNALS:
        raise Unmodelled(f"there is no {name}")
    return SIGNALS[name]


def live(part: T | None) -> T:
    """A part that every process has until it exits."""
    assert part is not None
    return part


# --- the first processes -------------------------------------------------------------------------------------------------


def boot(k: Machine, spec: MachineSpec) -> None:
    """Process 0 and init."""
    k.kern = Globals(terminal=spec.terminal)
    k.maxproc = NPROC if spec.maxproc is None else spec.maxproc
    k.userret = userret
    k.timer_expired = lambda k, p: psignal(k, p, SIGALRM)
    k.proc0 = system_process(k, "kernel", None)
    k.initproc = system_process(k, "init", k.proc0)


def system_process(k: Machine, role: str, pptr: Proc | None) -> Proc:
    """A process that is there before anybody has logged in."""
    spec = ProcessSpec(role, uid=0, session="", command=role, text="", cwd="/", terminal=False, files=(), memory=())
    lwp = make_process(k, spec, pptr)
    k.names[lwp.lwp_proc] = k.lwp_names[lwp] = role
    k.roles[role] = lwp
    return lwp.lwp_proc


def new_process(k: Machine, spec: ProcessSpec, pptr: Proc) -> Lwp:
    """A process as a scenario describes it."""
    return make_process(k, spec, pptr)


def make_process(k: Machine, spec: ProcessSpec, pptr: Proc | None) -> Lwp:
    """Any process that nobody forked."""
    p = k.new_proc(spec.command, RUNNING)
    p.p_pid = new_pid(k)
    euid = spec.uid if spec.euid is None else spec.euid
    p.p_ucred = Cred(euid, spec.uid, euid if spec.svuid is None else spec.svuid, spec.jail or None, cr_ref=2)
    p.p_fd = FileDesc({}, {one.fd: None for one in spec.files if one.cloexec})
    p.p_fd.fd_cdir, p.p_fd.fd_rdir, p.p_fd.fd_cmask = k.vget(spec.cwd), k.vget(spec.root), spec.umask
    for one in spec.files:
        data = k.vget(one.path) if one.kind == "vnode" else None
        p.p_fd.fd_files[one.fd] = File(one.kind, one.path, data, f_offset=one.offset)
    p.p_vmspace = VmSpace({})
    for area in spec.memory:
        p.p_vmspace.vm_map[area.name] = VmEntry(area.name, Inherit(area.inherit), VmObject(area.value), wired=area.wired)
    p.p_limit = PLimit(dict.fromkeys(("nproc", "nofile", "cpu", "data", "stack"), (RLIM_INFINITY, RLIM_INFINITY)))
    p.p_limit.pl_rlimit.update({resource: (soft, hard) for resource, soft, hard in spec.limits})
    p.p_sigacts = SigActs({signal(name): SigHandler(handler) for name, handler in spec.caught})
    p.p_sigacts.ps_sigignore = sigset(signal(name) for name in spec.ignored)
    p.p_siglist = sigset(signal(name) for name in spec.pending)
    p.p_textvp = k.vget(spec.text) if spec.text else None
    p.p_nice, p.p_exitsig = spec.nice, SIGCHLD
    lwp = Lwp(p, 1, RUNNING, p.p_ucred, lwp_sigmask=sigset(signal(name) for name in spec.masked))
    p.p_lwps.append(lwp)
    session = join_group(k, p, spec)
    p.p_flag = (P_TTY if spec.terminal and session.s_ttyvp else 0) | (P_SUGID if spec.sugid else 0)
    insert_process(k, p, pptr)
    k.nprocs += 1
    k.uid(spec.uid).ui_proccnt += 1
    return lwp


def join_group(k: Machine, p: Proc, spec: ProcessSpec) -> Session:
    """Put a new process into the group and the session that its spec names; an empty name is its own."""
    if spec.session:
        session = live(k.roles[spec.session].lwp_proc.p_pgrp).pg_session
    else:
        session = Session(p.p_pid, p, s_count=0)
        if spec.terminal and kern(k).terminal:
            session.s_ttyvp = k.vget("/dev/tty")
    if spec.group:
        pgrp = live(k.roles[spec.group].lwp_proc.p_pgrp)
    else:
        pgrp = k.pgrps[p.p_pid] = Pgrp(p.p_pid, session)
        session.s_count += 1
    p.p_pgrp = pgrp
    return session


def insert_process(k: Machine, p: Proc, pptr: Proc | None) -> None:
    """Make a process visible: in its group, below its parent, in the process table."""
    live(p.p_pgrp).pg_members.append(p)
    if pptr is not None:
        p.p_pptr = pptr
        pptr.p_children.insert(0, p)
    k.allproc.insert(0, p)


# --- fork ----------------------------------------------------------------------------------------------------------------


@models(KERN)
def fork1(k: Machine, lwp1: Lwp, vfork: bool) -> Kernel[int]:
    """Make a child, and wait for its exec or exit if it borrows the memory."""
    p1 = lwp1.lwp_proc
    cred, limit, vm = live(p1.p_ucred), live(p1.p_limit), live(p1.p_vmspace)
    if k.nprocs >= k.maxproc:
        raise EAGAIN("nprocs >= maxproc")
    if cred.cr_uid and k.uid(cred.cr_ruid).ui_proccnt >= limit.pl_rlimit["nproc"][0]:
        raise EAGAIN("the user has as many processes as its limit allows")
    p2 = k.new_proc(p1.p_comm, EMBRYO)
    p2.p_pid = new_pid(k)
    k.nprocs += 1
    k.uid(cred.cr_ruid).ui_proccnt += 1
    k.count("vforks" if vfork else "forks")

    p2.p_flag = p1.p_flag & (P_TTY | P_SUGID)
    p2.p_nice, p2.p_exitsig, p2.p_acflag, p2.p_start = p1.p_nice, SIGCHLD, AFORK, k.ticks
    p2.p_ucred = cred
    cred.cr_ref += 2  # the process and its LWP
    p2.p_limit = limit
    limit.pl_refcnt += 1
    p2.p_textvp = vref(p1.p_textvp) if p1.p_textvp else None
    p2.p_fd = fdcopy(live(p1.p_fd))
    p2.p_sigacts = live(p1.p_sigacts).copy()
    p2.p_vmspace = vm if vfork else vmspace_fork(vm)
    vm.vm_refcnt += vfork
    p2.p_pgrp = p1.p_pgrp
    lwp2 = Lwp(p2, 1, RUNNING, cred, lwp_sigmask=lwp1.lwp_sigmask)
    p2.p_lwps.append(lwp2)
    k.name_lwp(lwp2)
    insert_process(k, p2, p1)
    p2.p_stat = RUNNING
    k.sched.spawn(lwp2, "fork_return", userret(k, lwp2))
    if vfork:
        p2.p_flag |= P_PPWAIT
        while p2.p_flag & P_PPWAIT:
            yield from tsleep(p2, "ppwait", awaits=lambda: not p2.p_flag & P_PPWAIT)
    return p2.p_pid


def fdcopy(fd: FileDesc) -> FileDesc:
    """A table with the same open files."""
    for fp in fd.fd_files.values():
        fp.f_count += 1
    cdir, rdir = vref(live(fd.fd_cdir)), vref(live(fd.fd_rdir))
    return FileDesc(dict(fd.fd_files), dict(fd.fd_exclose), fd_cdir=cdir, fd_rdir=rdir, fd_cmask=fd.fd_cmask)


def closef(fp: File) -> None:
    """A descriptor less refers to an open file."""
    fp.f_count -= 1
    if fp.f_count == 0 and isinstance(fp.f_data, Vnode):
        vrele(fp.f_data)


def sys_fork(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    """fork(2)."""
    return (yield from fork1(k, lwp, False))


def sys_vfork(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    """vfork(2)."""
    return (yield from fork1(k, lwp, True))


# --- exit and wait -------------------------------------------------------------------------------------------------------


@models(KERN)
def exit1(k: Machine, lwp: Lwp, status: int) -> NoReturn:
    """The end of a process: give back all but the process structure, tell the parent."""
    p = lwp.lwp_proc
    pptr, fd = p.p_pptr, live(p.p_fd)
    if p is k.initproc or pptr is None:
        raise Panic(f"{p.p_comm} died")
    p.p_realtimer = p.p_siglist = 0
    for fp in fd.fd_files.values():
        closef(fp)
    vrele(live(fd.fd_cdir))
    vrele(live(fd.fd_rdir))
    vmspace_rele(live(p.p_vmspace))
    live(p.p_limit).pl_refcnt -= 1
    live(p.p_ucred).cr_ref -= 1  # the LWP's; the zombie keeps the other, it is still counted under it
    if p.p_textvp:
        vrele(p.p_textvp)
    p.p_fd, p.p_vmspace, p.p_sigacts, p.p_limit, p.p_textvp = None, None, None, None, None
    session = live(p.p_pgrp).pg_session
    if session.s_leader is p:
        session.s_leader = None
        if session.s_ttyvp:
            vrele(session.s_ttyvp)
            session.s_ttyvp = None
    for child in p.p_children:
        child.p_pptr = k.initproc
        k.initproc.p_children.insert(0, child)
    p.p_children.clear()
    p.p_lwps.clear()
    p.p_stat, p.p_xstat = ZOMBIE, status
    k.allproc.remove(p)
    k.zombproc.insert(0, p)
    release_parent(k, p)
    k.wakeup(pptr)
    psignal(k, pptr, p.p_exitsig)
    raise LwpExit


def release_parent(k: Machine, p: Proc) -> None:
    """Let a parent that waits in vfork go on."""
    if p.p_flag & P_PPWAIT:
        p.p_flag &= ~P_PPWAIT
        k.wakeup(p)


def exit_(k: Machine, lwp: Lwp, args: Args) -> None:
    """_exit(2)."""
    exit1(k, lwp, (args.number("status") & 0xFF) << 8)


@models(KERN)
def sys_wait(k: Machine, lwp: Lwp, args: Args) -> Kernel[str | None]:
    """wait4(2): the first zombie among the children that are asked for."""
    p, child, leader = lwp.lwp_proc, args.process("child"), args.process("group")
    while True:
        asked = [one for one in p.p_children if child in (None, one)]
        if leader is not None:
            asked = [one for one in asked if live(one.p_pgrp).pg_id == leader.p_pid]
        if not asked:
            raise ECHILD("there is no such child")
        for one in asked:
            if one.p_stat == ZOMBIE:
                return f"{k.role(one)} {reap(k, one)}"
        if args.number("options") & WNOHANG:
            return None
        why = yield from tsleep(p, "wait", catch=True, awaits=lambda: any(one.p_stat == ZOMBIE for one in p.p_children))
        if why is Wake.SIGNAL:
            raise EINTR("a signal arrived")


def reap(k: Machine, p: Proc) -> str:
    """Free what is left of a zombie; how it ended."""
    pgrp, cred = live(p.p_pgrp), live(p.p_ucred)
    k.zombproc.remove(p)
    live(p.p_pptr).p_children.remove(p)
    pgrp.pg_members.remove(p)
    p.p_pgrp = None
    if not pgrp.pg_members:
        del k.pgrps[pgrp.pg_id]
        pgrp.pg_session.s_count -= 1
    k.uid(cred.cr_ruid).ui_proccnt -= 1
    k.nprocs -= 1
    cred.cr_ref -= 1
    p.p_ucred = None
    return status(p.p_xstat)


def status(xstat: int) -> str:
    """A wait status in words."""
    return f"killed {SIGNAL_NAMES.get(xstat, xstat)}" if xstat & 0x7F else f"exited {xstat >> 8}"


# --- exec ----------------------------------------------------------------------------------------------------------------


@models(KERN)
def execve(k: Machine, lwp: Lwp, args: Args) -> None:
    """execve(2): another program in the same process."""
    p, path = lwp.lwp_proc, args.text("path")
    fd, cred = live(p.p_fd), live(p.p_ucred)
    if not args.switch("exists"):
        raise ENOENT(path)
    vmspace_rele(live(p.p_vmspace))
    p.p_vmspace = VmSpace({"data": VmEntry("data", Inherit.COPY, VmObject("0"))})
    for number in fd.fd_exclose:
        closef(fd.fd_files.pop(number))
    fd.fd_exclose.clear()
    live(p.p_sigacts).ps_sigact.clear()
    if args.given("setuid"):
        cred.cr_ref -= 2
        owner = args.number("setuid")
        p.p_ucred = lwp.lwp_ucred = cred.copy(cr_uid=owner, cr_svuid=owner)
        p.p_ucred.cr_ref = 2
        p.p_flag |= P_SUGID
    if p.p_textvp:
        vrele(p.p_textvp)
    p.p_textvp = k.vget(path)
    p.p_comm = path.rpartition("/")[2]
    p.p_flag |= P_EXEC
    p.p_acflag &= ~AFORK
    release_parent(k, p)


# --- signals -------------------------------------------------------------------------------------------------------------


def psignal(k: Machine, p: Proc, signo: int) -> None:
    """Post a signal: pending, and if it is not masked, the process looks at it at once."""
    acts = p.p_sigacts
    if acts is None or sigmask(signo) & acts.ps_sigignore or (signo == SIGCHLD and signo not in acts.ps_sigact):
        return
    p.p_siglist |= sigmask(signo)
    for lwp in p.p_lwps:
        if sigmask(signo) & lwp.lwp_sigmask:
            continue
        if lwp.lwp_task is None:
            k.sched.spawn(lwp, "trap", userret(k, lwp))
        else:
            k.sched.interrupt(lwp)


def userret(k: Machine, lwp: Lwp) -> Kernel[None]:
    """On the way back to user mode: run handlers, or die of a signal that has none."""
    p = lwp.lwp_proc
    while signo := first(p.p_siglist & ~lwp.lwp_sigmask):
        p.p_siglist &= ~sigmask(signo)
        action = live(p.p_sigacts).ps_sigact.get(signo)
        if action is None:
            exit1(k, lwp, signo)
        lwp.lwp_handled += (f"{SIGNAL_NAMES[signo]} {action.name}",)
    return (yield from no_wait(None))


def syscall(k: Machine, lwp: Lwp, call: Call, args: Args) -> Kernel[int | str | None]:
    """The way into a system call and back; nothing is ever restarted."""
    try:
        value = yield from call.run(k, lwp, args)
    except Errno:
        yield from userret(k, lwp)
        raise
    lwp.lwp_retval = (value if isinstance(value, int) else 0, 0)
    yield from userret(k, lwp)
    return value


@models(KERN)
def kill(k: Machine, lwp: Lwp, args: Args) -> None:
    """kill(2); who is dead takes no notice, who is another user's may not be signalled."""
    to, leader, signo, uid = args.process("to"), args.process("group"), args.number("signal"), live(lwp.lwp_ucred).cr_uid
    if signo and signo not in SIGNAL_NAMES:
        raise EINVAL(f"there is no signal {signo}")
    if args.switch("everybody"):
        found = [p for p in k.allproc if p is not k.proc0 and p is not k.initproc and p is not lwp.lwp_proc]
    elif leader is not None:
        pgrp = k.pgrps.get(leader.p_pid)
        found = list(pgrp.pg_members) if pgrp else []
    else:
        found = [p for p in (*k.allproc, *k.zombproc) if p is to]
    allowed = [p for p in found if p.p_ucred and uid in (0, p.p_ucred.cr_ruid)]
    if not allowed:
        raise EPERM("it is somebody else's") if found else ESRCH("there is nobody to signal")
    for p in allowed:
        if signo:
            psignal(k, p, signo)


def sigaction(k: Machine, lwp: Lwp, args: Args) -> None:
    """sigaction(2), without masks and flags."""
    acts, signo, handler = live(lwp.lwp_proc.p_sigacts), args.number("signal"), args.text("handler")
    if signo == SIGKILL or signo not in SIGNAL_NAMES:
        raise EINVAL(f"signal {signo} can't be caught or ignored")
    if args.number("mask") or args.number("options"):
        raise Unmodelled("masks and flags of handlers")
    acts.ps_sigact.pop(signo, None)
    acts.ps_sigignore &= ~sigmask(signo)
    if handler == "ignore":
        acts.ps_sigignore |= sigmask(signo)
        lwp.lwp_proc.p_siglist &= ~sigmask(signo)
    elif handler != "default":
        acts.ps_sigact[signo] = SigHandler(handler)


def sigprocmask(k: Machine, lwp: Lwp, args: Args) -> None:
    """sigprocmask(2); SIGKILL is never masked."""
    how, given = args.text("how"), args.number("signals")
    old = lwp.lwp_sigmask
    lwp.lwp_sigmask = {"block": old | given, "unblock": old & ~given, "set": given}[how] & ~sigmask(SIGKILL)


def alarm(k: Machine, lwp: Lwp, args: Args) -> None:
    """alarm(3)."""
    ms = args.number("ms")
    lwp.lwp_proc.p_realtimer = k.ticks + ticks_of(ms) if ms else 0


def sys_sleep(k: Machine, lwp: Lwp, args: Args) -> Kernel[None]:
    """sleep(3)."""
    why = yield from tsleep(lwp, "nanosleep", max(1, ticks_of(args.number("ms"))), catch=True)
    if why is Wake.SIGNAL:
        raise EINTR("a signal arrived")


def ticks_of(ms: int) -> int:
    """Clock ticks, rounded up."""
    return -(-ms * HZ // 1000)


# --- small calls: files, memory, ids -------------------------------------------------------------------------------------


def open_(k: Machine, lwp: Lwp, args: Args) -> int:
    """open(2): every file is there."""
    fd = live(lwp.lwp_proc.p_fd)
    number = lowest_free(fd)
    fd.fd_files[number] = File("vnode", args.text("path"), vref(k.vnode(args.text("path"))))
    if args.switch("cloexec"):
        fd.fd_exclose[number] = None
    return number


def close(k: Machine, lwp: Lwp, args: Args) -> None:
    """close(2)."""
    fd, number = live(lwp.lwp_proc.p_fd), args.number("fd")
    fp = fd.fd_files.pop(number, None)
    if fp is None:
        raise EBADF(f"descriptor {number} is not open")
    fd.fd_exclose.pop(number, None)
    closef(fp)


def lseek(k: Machine, lwp: Lwp, args: Args) -> int:
    """lseek(2)."""
    fp = live(lwp.lwp_proc.p_fd).fd_files.get(args.number("fd"))
    if fp is None:
        raise EBADF(f"descriptor {args.number('fd')} is not open")
    fp.f_offset = args.number("offset")
    return fp.f_offset


def chdir(k: Machine, lwp: Lwp, args: Args) -> None:
    """chdir(2): every directory is there."""
    fd = live(lwp.lwp_proc.p_fd)
    vrele(live(fd.fd_cdir))
    fd.fd_cdir = vref(k.vnode(args.text("path")))


def umask(k: Machine, lwp: Lwp, args: Args) -> str:
    """umask(2): the old mask."""
    fd = live(lwp.lwp_proc.p_fd)
    old, fd.fd_cmask = fd.fd_cmask, args.number("mask") & 0o777
    return f"{old:03o}"


def store_(k: Machine, lwp: Lwp, args: Args) -> None:
    """A store; where nothing is mapped, this kernel returns an error instead of killing."""
    if not store(live(lwp.lwp_proc.p_vmspace), args.text("region"), args.text("value")):
        raise EFAULT(f"no region {args.text('region')}")


def load_(k: Machine, lwp: Lwp, args: Args) -> str:
    """A load, likewise."""
    found = load(live(lwp.lwp_proc.p_vmspace), args.text("region"))
    if found is None:
        raise EFAULT(f"no region {args.text('region')}")
    return found


def getppid(k: Machine, lwp: Lwp, args: Args) -> int:
    """getppid(2)."""
    pptr = lwp.lwp_proc.p_pptr
    return pptr.p_pid if pptr else 0


# --- the value -----------------------------------------------------------------------------------------------------------


def lower(intent: Mapping[str, bool | int | str]) -> Lowered | Inexpressible:
    """An intent as fork or vfork; this system has nothing else."""
    usual = {"files": "copy", "handlers": "copy", "parent": "caller", "same_leader": False, "new_stack": False}
    other = [f"{name}: {intent[name]}" for name, value in usual.items() if intent[name] != value]
    if intent["cwd"] == "share":
        other.append("cwd: share")
    if intent["exit_signal"] not in ("SIGCHLD", SIGCHLD):
        other.append(f"exit_signal: {intent['exit_signal']}")
    if (intent["memory"] == "share") != intent["wait_for_exec"]:
        other.append("shared memory without waiting for exec, or the other way round")
    if other:
        return Inexpressible(f"fork and vfork are all there is, and neither can do {', '.join(other)}")
    return Lowered("vfork" if intent["wait_for_exec"] else "fork", {})


def handler_of(p: Proc, signo: int) -> str:
    """The handler that a signal would run."""
    action = p.p_sigacts.ps_sigact.get(signo) if p.p_sigacts else None
    return action.name if action else ""


CALLS = {
    "fork": sys_fork,
    "vfork": sys_vfork,
    "exit": at_once(exit_),
    "wait": sys_wait,
    "exec": at_once(execve),
    "kill": at_once(kill),
    "sigaction": at_once(sigaction),
    "sigprocmask": at_once(sigprocmask),
    "alarm": at_once(alarm),
    "sleep": sys_sleep,
    "open": at_once(open_),
    "close": at_once(close),
    "lseek": at_once(lseek),
    "chdir": at_once(chdir),
    "umask": at_once(umask),
    "store": at_once(store_),
    "load": at_once(load_),
    "getpid": at_once(lambda k, lwp, args: lwp.lwp_proc.p_pid),
    "getppid": at_once(getppid),
    "getpgrp": at_once(lambda k, lwp, args: live(lwp.lwp_proc.p_pgrp).pg_id),
}

FLAVOR = Flavor(
    id="tinyos@1",
    title="TinyOS 1, the example of a flavor from outside",
    sources=(KERN,),
    calls={name: Call(PORTABLE_BY_NAME[name], run) for name, run in CALLS.items()},
    boot=boot,
    new_process=new_process,
    syscall=syscall,
    lower=lower,
    signals=SIGNALS,
    flags={
        "p_flag": {"P_TTY": P_TTY, "P_PPWAIT": P_PPWAIT, "P_EXEC": P_EXEC, "P_SUGID": P_SUGID},
        "wait": {"WNOHANG": WNOHANG},
    },
    states={EMBRYO: "embryo", RUNNING: "running", ZOMBIE: "zombie"},
    words=Words(
        terminal=("p_flag", P_TTY),
        sugid=("p_flag", P_SUGID),
        exec=("p_flag", P_EXEC),
        vfork_wait=("p_flag", P_PPWAIT),
    ),
    counters={"forks": "forks", "vforks": "vforks"},
    status=status,
    ignored=lambda p: p.p_sigacts.ps_sigignore if p.p_sigacts else 0,
    handler=handler_of,
    unmodelled={"setpgid": "process groups are never changed"},
)
