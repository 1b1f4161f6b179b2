"""The machine at the start: process 0, init, and processes as a scenario wants them."""

from __future__ import annotations

from flavors.dragonfly.kern import Globals, Revision, kern_of
from flavors.dragonfly.kern_descrip import NDFILE, fdgrow
from flavors.dragonfly.kern_plimit import own_limit, plimit_init0
from flavors.dragonfly.kern_proc import new_pgrp, pgrp_of, proc_add_allproc
from flavors.dragonfly.kern_sig_calls import kern_sigaction
from flavors.dragonfly.kern_time import realitexpire
from flavors.dragonfly.proc_h import CMASK, LSRUN, MAXCOMLEN, P_CONTROLT, P_JAILED, P_SUGID, P_SYSTEM, SACTIVE
from flavors.dragonfly.signal_h import CANT_MASK, SIGCHLD, SIGIGNORE_INIT, SIGNALS
from flavors.dragonfly.sources import INIT_MAIN
from flavors.dragonfly.sys_mqueue import mq_open
from flavors.dragonfly.trap import userret
from flavors.dragonfly.vm_glue import DSIZE, SSIZE
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.errno import Unmodelled
from oracle.machine.files import File, FileDesc, Vnode
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY, PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Args, Lwp, Proc, Session
from oracle.machine.signals import SigActs, sigmask
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec

MAXPROC = 4116  # what a machine with 512 MB computes
TUNABLES: dict[str, int] = {
    "kern.maxproc": MAXPROC,
    "kern.maxprocperuid": 9 * MAXPROC // 10,
    "kern.randompid": 0,
    "options.INVARIANTS": 1,
}
INHERITS = {"share": Inherit.SHARE, "copy": Inherit.COPY, "none": Inherit.NONE}


@models(INIT_MAIN, function="proc0_init")
def boot(k: Machine, spec: MachineSpec, rev: Revision) -> None:
    """Globals, process 0 and init."""
    given = dict(spec.tunables)
    tuned = given.get("kern.maxproc", MAXPROC)
    maxproc = tuned if spec.maxproc is None else spec.maxproc
    maxfiles = given.get("kern.maxfiles", rev.files_per_proc * tuned)  # a machine made small by a scenario keeps its files
    k.maxproc = maxproc
    k.kern = Globals(
        rev,
        given.get("kern.maxprocperuid", 9 * maxproc // 10),
        9 * maxfiles // 10,
        given.get("kern.mqueue.mq_open_max", 512),
        given.get("kern.randompid", 0),
        bool(given.get("kern.ktrace_suid", 0)),
        bool(given.get("options.INVARIANTS", 1)),
        spec.terminal,
    )
    k.userret = userret
    k.timer_expired = realitexpire
    limit = plimit_init0(maxproc, maxfiles)
    slash = k.vnode("/")
    root = Cred(0, 0, 0, None, 2)
    proc0 = k.proc0 = _system_process(k, 0, "swapper", None, root, limit, slash)
    k.initproc = _system_process(k, 1, "init", proc0, root, limit, slash)
    k.initproc.p_textvp = k.vget("/sbin/init")
    k.kern.nextpid = 1
    k.nprocs = 2
    k.uid(0).ui_proccnt = 2


@models(INIT_MAIN, function="create_init")
def _system_process(k: Machine, pid: int, comm: str, parent: Proc | None, cred: Cred, limit: PLimit, slash: Vnode) -> Proc:
    """Process 0 or init, each in a session of its own."""
    p = Proc(pid, k.next_serial(), comm, SACTIVE, parent)
    p.p_leader = p
    p.p_flag = P_SYSTEM
    p.p_ucred = cred
    slash.v_usecount += 2
    p.p_fd = FileDesc({}, {}, 1, {}, slash, slash, CMASK, 0, NDFILE)
    limit.pl_refcnt += 1
    p.p_limit = limit
    p.p_sigacts = SigActs({}, 1, SIGIGNORE_INIT)
    p.p_vmspace = VmSpace({})
    p.p_pgrp = new_pgrp(k, pid, Session(pid, p), [p])
    if parent is not None:
        parent.p_children.append(p)
        p.p_exitsig = SIGCHLD
    lp = _first_lwp(kern_of(k).rev, p)
    role = "init" if pid else "kernel"
    k.names[p] = k.lwp_names[lp] = role
    k.roles[role] = lp
    k.allproc.insert(0, p)
    return p


def _first_lwp(rev: Revision, p: Proc) -> Lwp:
    """The one thread of a process at the start."""
    lp = Lwp(p, 0, LSRUN)
    p.p_lwps.append(lp)
    p.p_nthreads = 1
    p.p_lasttid = rev.lasttid
    rev.userenter(lp)
    return lp


def new_process(k: Machine, spec: ProcessSpec, parent: Proc) -> Lwp:
    """A process as a scenario wants it: as if its parent had forked it and it had made itself so."""
    kern = kern_of(k)
    rev = kern.rev
    p = Proc(-1, k.next_serial(), spec.command[:MAXCOMLEN], SACTIVE, parent)
    proc_add_allproc(k, p)
    kern.allocated += 1
    k.nprocs += 1
    uid = spec.uid
    k.uid(uid).ui_proccnt += 1
    euid = uid if spec.euid is None else spec.euid
    p.p_ucred = Cred(euid, uid, euid if spec.svuid is None else spec.svuid, spec.jail or None, 1)
    if spec.jail:
        p.p_flag |= P_JAILED
    if spec.sugid:
        p.p_flag |= P_SUGID
    p.p_leader = p
    p.p_exitsig = SIGCHLD
    p.p_nice = spec.nice
    p.p_textvp = k.vget(spec.text)
    p.p_args = Args(spec.command)
    parent.p_children.insert(0, p)
    _enter_group(k, kern, p, spec, parent)
    _give_files(k, p, spec)
    p.p_limit = rev.plimit_fork(parent)
    for resource, soft, hard in spec.limits:
        own_limit(p)
        rev.plimit_modify(k, p).pl_rlimit[resource] = (
            soft if soft >= 0 else RLIM_INFINITY,
            hard if hard >= 0 else RLIM_INFINITY,
        )
    vm_map: dict[str, VmEntry] = {}
    for one in spec.memory:
        vm_map[one.name] = VmEntry(one.name, INHERITS[one.inherit], VmObject(one.value), False, one.wired)
    p.p_vmspace = VmSpace(vm_map, 1, 0, DSIZE, SSIZE)
    p.p_sigacts = SigActs({}, 1, SIGIGNORE_INIT)
    lp = _first_lwp(rev, p)
    if spec.masked or spec.ignored or spec.caught or spec.pending:
        _give_signals(p, lp, spec)
    return lp


def _enter_group(k: Machine, kern: Globals, p: Proc, spec: ProcessSpec, parent: Proc) -> None:
    """The session and group of a new process; its session's terminal, and who is in the foreground there."""
    name = spec.name
    own_group = not spec.group or spec.group == name
    if not spec.session or spec.session == name:
        session = Session(p.p_pid, p)
        if kern.terminal and spec.terminal:
            session.s_ttyvp = k.vget("/dev/tty")
    else:
        session = pgrp_of(k.roles[spec.session].lwp_proc).pg_session
        if own_group:
            session.s_count += 1
    if own_group:
        pgrp = new_pgrp(k, p.p_pid, session, [p])
        foreground = session.s_ttypgrp
        if session.s_ttyvp is not None and spec.terminal and (foreground is None or foreground.pg_id == session.s_sid):
            session.s_ttypgrp = pgrp  # a shell puts its first job into the foreground
    else:
        pgrp = pgrp_of(k.roles[spec.group].lwp_proc)
        members = pgrp.pg_members
        members.insert(members.index(parent) + 1 if parent in members else 0, p)
    p.p_pgrp = pgrp
    his = parent.p_pgrp
    if his is not None and his is not pgrp and his.pg_session is session:
        pgrp.pg_jobc += 1
    if spec.terminal and session.s_ttyvp is not None:
        p.p_flag |= P_CONTROLT


def _give_files(k: Machine, p: Proc, spec: ProcessSpec) -> None:
    """Directories and open files of a new process."""
    fd_files: dict[int, File] = {}
    fd_exclose: dict[int, None] = {}
    for one in spec.files:
        fp = _open_file(k, p, one)
        fd_files[one.fd] = fp
        if one.cloexec:
            fd_exclose[one.fd] = None
    p.p_fd = FileDesc(fd_files, fd_exclose, 1, {}, k.vget(spec.cwd), k.vget(spec.root), spec.umask, 0, NDFILE)
    fdgrow(p.p_fd, max(fd_files, default=0))


def _open_file(k: Machine, p: Proc, spec: FileSpec) -> File:
    """An open file as a scenario wants it."""
    if spec.kind == "vnode":
        return File("vnode", spec.path, k.vget(spec.path), 1, spec.offset)
    if spec.kind == "kqueue":
        return File("kqueue", spec.path, KQueue())
    if spec.kind == "mqueue":
        return mq_open(k, p, spec.path, True)
    return File(spec.kind, spec.path, None, 1, spec.offset)


def signo(name: str) -> int:
    """The number of a signal. A scenario may ask for one that another of its systems has."""
    number = SIGNALS.get(name)
    if number is None:
        raise Unmodelled(f"DragonFly has no signal {name}")
    return number


def _give_signals(p: Proc, lp: Lwp, spec: ProcessSpec) -> None:
    """Mask, actions and pending signals of a new process."""
    acts = p.p_sigacts
    assert acts is not None
    for name in spec.masked:
        lp.lwp_sigmask |= sigmask(signo(name)) & ~CANT_MASK
    for name in spec.ignored:
        kern_sigaction(p, signo(name), "ignore", 0, 0)
    for name, handler in spec.caught:
        kern_sigaction(p, signo(name), handler, 0, 0)
    for name in spec.pending:  # as if posted just now: what is not masked is dealt with on the next way to user mode
        p.p_siglist |= sigmask(signo(name)) & ~acts.ps_sigignore
