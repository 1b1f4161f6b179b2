"""A machine that has just come up, and processes as a scenario wants them: made directly, not by fork."""

from __future__ import annotations

from flavors.netbsd.kern_proc import fixjobc, new_pgrp, proc_alloc_pid
from flavors.netbsd.kern_resource import boot_limits, private_limits
from flavors.netbsd.kern_time import realtimexpire
from flavors.netbsd.param import (
    CANTMASK,
    DEFAULT_IGNORED,
    LSONPROC,
    LW_PENDSIG,
    LW_SYSTEM,
    MAXCOMLEN,
    MAXPROC,
    NATIVE,
    PK_CLDSIGIGN,
    PK_SUGID,
    PK_SYSTEM,
    PL_CONTROLT,
    SACTIVE,
    SIGCHLD,
    SIGNALS,
)
from flavors.netbsd.sources import INIT_MAIN
from flavors.netbsd.state import NetBSD, PidTable, kern, ms_to_ticks
from flavors.netbsd.sys_mqueue import mq_open
from flavors.netbsd.userret import userret
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import Unmodelled
from oracle.machine.files import Cwdi, File, FileDesc, Vnode
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY, PLimit
from oracle.machine.locks import CondVar, Mutex, RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc, Session
from oracle.machine.signals import SigActs, SigHandler, sigmask
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace
from oracle.scenario import MachineSpec, ProcessSpec

TTY = "/dev/tty"
INHERITS = {"share": Inherit.SHARE, "copy": Inherit.COPY, "none": Inherit.NONE}


@models(INIT_MAIN, function="main")
def boot(k: Machine, spec: MachineSpec) -> None:
    """Globals, process 0, and init."""
    k.maxproc = MAXPROC if spec.maxproc is None else spec.maxproc
    pids = PidTable()
    globals_ = k.kern = NetBSD(pids, Mutex("ktrace_lock"), spec.terminal)
    if spec.tunables:
        tunables = dict(spec.tunables)
        globals_.forkfsleep = ms_to_ticks(tunables.get("forkfsleep", 0))
        globals_.child_return_traps = tunables.get("child_return_traps", 1)
        globals_.note_track = tunables.get("note_track", 0)
        globals_.diagnostic = tunables.get("options.DIAGNOSTIC", 0)
    k.proc_lock = Mutex("proc_lock")
    k.userret = userret
    k.timer_expired = realtimexpire
    root = k.vnode("/")
    limit = boot_limits(k)
    limit.pl_refcnt = 2
    p0 = k.proc0 = _system_process(k, 0, "system", None, limit, root)
    p0.p_flag = PK_SYSTEM
    p0.p_lwps[0].lwp_flag = LW_SYSTEM
    p1 = k.initproc = _system_process(k, 1, "init", p0, limit, root)
    p1.p_textvp = k.vget("/sbin/init")
    pids.slots[0] = p0
    pids.slots[1] = p1
    pids.next_free = pids.count = 2
    k.uid(0).ui_proccnt = k.nprocs = 2


def _system_process(k: Machine, pid: int, role: str, parent: Proc | None, limit: PLimit, root: Vnode) -> Proc:
    """Process 0 or init: each in a session of its own, with nothing open."""
    p = Proc(pid, k.next_serial(), role, SACTIVE, parent)
    p.p_pgrp = new_pgrp(k, pid, Session(pid, p), [p])
    p.p_limit = limit
    root.v_usecount += 2
    cred = Cred(0, 0, 0, None, 2)
    if parent is not None:
        parent.p_children.append(p)
        p.p_exitsig = SIGCHLD
    l = _give_own(k, p, cred, FileDesc({}, {}), Cwdi(root, root, 0o22), VmSpace({}))
    k.allproc.insert(0, p)
    name = "init" if pid else "kernel"
    k.names[p] = k.lwp_names[l] = name
    k.roles[name] = l
    return p


def _give_own(k: Machine, p: Proc, cred: Cred, fd: FileDesc, cwdi: Cwdi, vm: VmSpace) -> Lwp:
    """What every process has: its structures, its locks, and its one LWP, which is returned."""
    p.p_ucred = cred
    p.p_fd = fd
    p.p_cwdi = cwdi
    p.p_sigacts = SigActs({}, 1)
    p.p_sigignore = DEFAULT_IGNORED
    p.p_vmspace = vm
    p.p_nstopchild = 0
    p.p_emul = NATIVE
    p.p_lock = Mutex("p_lock", None, 1, k.next_serial())
    p.p_reflock = RwLock("tstile")
    p.p_waitcv = CondVar("wait")
    l = Lwp(p, 1, LSONPROC, cred)
    p.p_lwps.append(l)
    p.p_lasttid = p.p_nthreads = p.p_nrlwps = 1
    return l


def new_process(k: Machine, spec: ProcessSpec, parent: Proc) -> Lwp:
    """A process as a scenario wants it at its start, a child of `parent`; it has exec'd nothing and is in user mode."""
    if spec.jail:
        raise Unmodelled("NetBSD has no jails")
    p = Proc(-1, k.next_serial(), spec.command[:MAXCOMLEN], SACTIVE, parent, parent.p_pid)
    globals_ = kern(k)
    proc_alloc_pid(globals_.pids, p)
    p.p_exitsig = SIGCHLD
    p.p_stackbase = p.p_serial  # its own, as after the exec that somebody has made in it before the scenario
    parent.p_children.insert(0, p)
    k.allproc.insert(0, p)
    k.nprocs += 1
    uid = spec.uid
    k.uid(uid).ui_proccnt += 1
    _limits(p, spec, parent)
    euid = uid if spec.euid is None else spec.euid
    cred = Cred(euid, uid, euid if spec.svuid is None else spec.svuid, None, 2)
    p.p_textvp = k.vget(spec.text)
    cwdi = Cwdi(k.vget(spec.cwd), k.vget(spec.root), spec.umask)
    vm_map: dict[str, VmEntry] = {}
    for one in spec.memory:
        vm_map[one.name] = VmEntry(one.name, INHERITS[one.inherit], VmObject(one.value), False, one.wired)
    fd = FileDesc({}, {})
    l = _give_own(k, p, cred, fd, cwdi, VmSpace(vm_map))
    p.p_nice = spec.nice
    if spec.sugid:
        p.p_flag = PK_SUGID
    _files(k, p, fd, spec)
    _group(k, globals_, p, spec, parent)
    if spec.masked or spec.pending or spec.ignored or spec.caught:
        _signals(p, l, spec)
    return l


def _limits(p: Proc, spec: ProcessSpec, parent: Proc) -> None:
    """The parent's limits, shared as fork would; a process that changed one has its own."""
    lim = parent.p_limit
    assert lim is not None
    if lim.pl_exclusive:
        p.p_limit = lim.copy()
    else:
        lim.pl_refcnt += 1
        p.p_limit = lim
    if spec.limits:
        own = private_limits(p).pl_rlimit
        for resource, soft, hard in spec.limits:
            own[resource] = (soft if soft >= 0 else RLIM_INFINITY, hard if hard >= 0 else RLIM_INFINITY)


def _files(k: Machine, p: Proc, fd: FileDesc, spec: ProcessSpec) -> None:
    """Open descriptors."""
    for file in spec.files:
        if file.kind == "vnode":
            fp = File("vnode", file.path, k.vget(file.path), 1, file.offset)
        elif file.kind == "kqueue":
            fp = File("kqueue", file.path, KQueue())
        elif file.kind == "mqueue":
            fp = mq_open(k, p, file.path, True)
        else:
            fp = File(file.kind, file.path, None, 1, file.offset)
        fd.fd_files[file.fd] = fp
        if file.cloexec:
            fd.fd_exclose[file.fd] = None


def _group(k: Machine, globals_: NetBSD, p: Proc, spec: ProcessSpec, parent: Proc) -> None:
    """Group, session, terminal. The first job that is not the session leader's own group is in the foreground."""
    leads_session = not spec.session or spec.session == spec.name
    if spec.group and spec.group != spec.name:
        pgrp = k.roles[spec.group].lwp_proc.p_pgrp
        assert pgrp is not None
    elif leads_session:
        session = Session(p.p_pid, p)
        if globals_.terminal and spec.terminal:
            session.s_ttyvp = k.vget(TTY)
        pgrp = session.s_ttypgrp = new_pgrp(k, p.p_pid, session, [])
    else:
        theirs = k.roles[spec.session].lwp_proc.p_pgrp
        assert theirs is not None
        session = theirs.pg_session
        session.s_count += 1
        pgrp = new_pgrp(k, p.p_pid, session, [])
        leader = session.s_leader
        if session.s_ttyvp is not None and leader is not None and session.s_ttypgrp is leader.p_pgrp and spec.terminal:
            session.s_ttypgrp = pgrp
    p.p_pgrp = pgrp
    if parent.p_pgrp is pgrp:
        pgrp.pg_members.insert(pgrp.pg_members.index(parent) + 1, p)
    else:
        pgrp.pg_members.insert(0, p)
        fixjobc(k, p, pgrp, True)
    if spec.terminal and pgrp.pg_session.s_ttyvp is not None:
        p.p_lflag |= PL_CONTROLT


def signo(name: str) -> int:
    """The number of a signal. A scenario may ask for one that another of its systems has."""
    number = SIGNALS.get(name)
    if number is None:
        raise Unmodelled(f"NetBSD has no signal {name}")
    return number


def _signals(p: Proc, l: Lwp, spec: ProcessSpec) -> None:
    """Mask, actions, and what is pending: it is looked at on the way back from the first call."""
    acts = p.p_sigacts
    assert acts is not None
    for name in spec.masked:
        l.lwp_sigmask |= sigmask(signo(name))
    l.lwp_sigmask &= ~CANTMASK
    for name in spec.ignored:
        bit = sigmask(signo(name))
        acts.ps_sigignore |= bit
        p.p_sigignore |= bit
        if signo(name) == SIGCHLD:
            p.p_flag |= PK_CLDSIGIGN
    for name, handler in spec.caught:
        bit = sigmask(signo(name))
        acts.ps_sigact[signo(name)] = SigHandler(handler, bit)
        p.p_sigcatch |= bit
        p.p_sigignore &= ~bit
    for name in spec.pending:
        if bit := sigmask(signo(name)) & ~p.p_sigignore:  # nobody posts what is ignored
            p.p_siglist |= bit
            l.lwp_flag |= LW_PENDSIG
