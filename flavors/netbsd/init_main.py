"""A machine that has just come up, and processes as a scenario wants them: made directly, not by fork."""

from __future__ import annotations

from flavors.netbsd.kern_proc import fixjobc, new_pgrp, proc_alloc_pid
from flavors.netbsd.kern_resource import boot_limits, lim_privatise
from flavors.netbsd.kern_sig import realtimexpire
from flavors.netbsd.param import (
    CANTMASK,
    DEFAULT_IGNORED,
    LSONPROC,
    LW_PENDSIG,
    LW_SYSTEM,
    MAXPROC,
    PK_CLDSIGIGN,
    PK_SUGID,
    PK_SYSTEM,
    PL_CONTROLT,
    SACTIVE,
    SIDL,
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
from oracle.machine.files import Cwdi, File, FileDesc, vref
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY
from oracle.machine.locks import CondVar, Mutex, RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc, Session
from oracle.machine.signals import SigActs, SigHandler
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace
from oracle.scenario import MachineSpec, ProcessSpec

TTY = "/dev/tty"


@models(INIT_MAIN, function="main")
def boot(k: Machine, spec: MachineSpec) -> None:
    """Globals, process 0, and init."""
    k.maxproc = MAXPROC if spec.maxproc is None else spec.maxproc
    tunables = dict(spec.tunables) if spec.tunables else {}
    k.kern = NetBSD(
        PidTable(),
        Mutex("ktrace_lock"),
        spec.terminal,
        ms_to_ticks(tunables.get("forkfsleep", 0)),
    )
    if tunables:
        kern(k).uarea_fail = tunables.get("uarea_fail", 0)
        kern(k).note_track = tunables.get("note_track", 0)
    k.proc_lock = Mutex("proc_lock")
    k.userret = userret
    k.timer_expired = realtimexpire
    root = k.vnode("/")
    p0 = k.new_proc("system", SACTIVE)
    p0.p_pid = 0
    p0.p_flag = PK_SYSTEM
    kern(k).pids.slots[0] = p0
    session = Session(0, None)
    p0.p_pgrp = pgrp = Pgrp(0, session)
    pgrp.pg_members.append(p0)
    k.pgrps[0] = pgrp
    kern(k).pids.reserved[0] = 0
    p0.p_limit = boot_limits(k)
    _substructures(k, p0, Cred(0, 0, 0, None, 2), FileDesc({}, {}), Cwdi(vref(root), vref(root), 0o22), SigActs(), VmSpace({}))
    p0.p_lwps[0].lwp_flag = LW_SYSTEM
    k.allproc.append(p0)
    k.proc0 = p0
    _name(k, p0, "kernel")
    p1 = k.new_proc("init", SACTIVE)
    _alloc_init(k, p1)
    p1.p_pptr = p0
    p0.p_children.append(p1)
    p1.p_limit = p0.p_limit
    p0.p_limit.pl_refcnt += 1
    p1.p_pgrp = pgrp = new_pgrp(k, 1, Session(1, p1))
    pgrp.pg_members.append(p1)
    p1.p_textvp = vref(k.vnode("/sbin/init"))
    p1.p_exitsig = SIGCHLD
    _substructures(k, p1, Cred(0, 0, 0, None, 2), FileDesc({}, {}), Cwdi(vref(root), vref(root), 0o22), SigActs(), VmSpace({}))
    k.allproc.insert(0, p1)
    k.initproc = p1
    _name(k, p1, "init")
    k.uid(0).ui_proccnt = 2
    k.nprocs = 2


def _alloc_init(k: Machine, p: Proc) -> None:
    """Process 1 takes the first free slot."""
    pids = kern(k).pids
    pids.slots[1] = p
    pids.next_free = 2
    pids.count = 2
    p.p_pid = 1


def _name(k: Machine, p: Proc, role: str) -> None:
    l = p.p_lwps[0]
    k.names[p] = role
    k.lwp_names[l] = role
    k.roles[role] = l


def _substructures(k: Machine, p: Proc, cred: Cred, fd: FileDesc, cwdi: Cwdi, acts: SigActs, vm: VmSpace) -> None:
    """What every process has: its structures, its locks, its one LWP."""
    p.p_ucred = cred
    p.p_fd = fd
    p.p_cwdi = cwdi
    p.p_sigacts = acts
    p.p_sigignore = DEFAULT_IGNORED
    p.p_vmspace = vm
    p.p_nstopchild = 0
    p.p_emul = "netbsd"
    p.p_lock = Mutex("p_lock", None, 1, k.next_serial())
    p.p_reflock = RwLock("tstile")
    p.p_waitcv = CondVar("wait")
    p.p_lwps.append(Lwp(p, 1, LSONPROC, cred))
    p.p_lasttid = p.p_nthreads = p.p_nrlwps = 1


def new_process(k: Machine, spec: ProcessSpec, parent: Proc) -> Lwp:
    """A process as a scenario wants it at its start, a child of `parent`; it has exec'd nothing and is in user mode."""
    if spec.jail:
        raise Unmodelled("NetBSD has no jails")
    p = k.new_proc(spec.command, SIDL)
    proc_alloc_pid(kern(k).pids, p)
    p.p_stat = SACTIVE
    p.p_pptr = parent
    p.p_ppid = parent.p_pid
    p.p_exitsig = SIGCHLD
    parent.p_children.insert(0, p)
    k.allproc.insert(0, p)
    k.nprocs += 1
    k.uid(spec.uid).ui_proccnt += 1
    _limits(p, spec, parent)
    euid = spec.uid if spec.euid is None else spec.euid
    cred = Cred(euid, spec.uid, euid if spec.svuid is None else spec.svuid, None, 2)
    cwdi = Cwdi(vref(k.vnode(spec.cwd)), vref(k.vnode(spec.root)), spec.umask)
    _substructures(k, p, cred, FileDesc({}, {}), cwdi, SigActs(), _memory(spec))
    p.p_textvp = vref(k.vnode(spec.text))
    p.p_nice = spec.nice
    if spec.sugid:
        p.p_flag |= PK_SUGID
    _files(k, p, spec)
    _group(k, p, spec, parent)
    l = p.p_lwps[0]
    if spec.masked or spec.pending or spec.ignored or spec.caught:
        _signals(p, l, spec)
    _name(k, p, spec.name)
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
        own = lim_privatise(p).pl_rlimit
        for resource, soft, hard in spec.limits:
            own[resource] = (soft if soft >= 0 else RLIM_INFINITY, hard if hard >= 0 else RLIM_INFINITY)


def _memory(spec: ProcessSpec) -> VmSpace:
    return VmSpace(
        {
            region.name: VmEntry(region.name, Inherit(region.inherit), VmObject(region.value), False, region.wired)
            for region in spec.memory
        }
    )


def _files(k: Machine, p: Proc, spec: ProcessSpec) -> None:
    """Open descriptors."""
    fd = p.p_fd
    assert fd is not None
    for file in spec.files:
        if file.kind == "vnode":
            fp = File("vnode", file.path, vref(k.vnode(file.path)), 1, file.offset)
        elif file.kind == "kqueue":
            fp = File("kqueue", file.path, KQueue())
        elif file.kind == "mqueue":
            fp = mq_open(k, p, file.path, True)
        else:
            fp = File(file.kind, file.path, None, 1, file.offset)
        fd.fd_files[file.fd] = fp
        if file.cloexec:
            fd.fd_exclose[file.fd] = None


def _group(k: Machine, p: Proc, spec: ProcessSpec, parent: Proc) -> None:
    """Group, session, terminal. The first job that is not the session leader's own group is in the foreground."""
    leads_session = spec.session in ("", spec.name)
    if spec.group and spec.group != spec.name:
        pgrp = k.roles[spec.group].lwp_proc.p_pgrp
        assert pgrp is not None
    elif leads_session:
        session = Session(p.p_pid, p)
        if kern(k).terminal and spec.terminal:
            session.s_ttyvp = vref(k.vnode(TTY))
        pgrp = session.s_ttypgrp = new_pgrp(k, p.p_pid, session)
    else:
        theirs = k.roles[spec.session].lwp_proc.p_pgrp
        assert theirs is not None
        session = theirs.pg_session
        session.s_count += 1
        pgrp = new_pgrp(k, p.p_pid, session)
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


def _signals(p: Proc, l: Lwp, spec: ProcessSpec) -> None:
    """Mask, actions, and what is pending: it is looked at on the way back from the first call."""
    acts = p.p_sigacts
    assert acts is not None
    for name in spec.masked:
        l.lwp_sigmask |= 1 << (SIGNALS[name] - 1)
    l.lwp_sigmask &= ~CANTMASK
    for name in spec.ignored:
        bit = 1 << (SIGNALS[name] - 1)
        acts.ps_sigignore |= bit
        p.p_sigignore |= bit
        if SIGNALS[name] == SIGCHLD:
            p.p_flag |= PK_CLDSIGIGN
    for name, handler in spec.caught:
        bit = 1 << (SIGNALS[name] - 1)
        acts.ps_sigact[SIGNALS[name]] = SigHandler(handler, bit)
        p.p_sigcatch |= bit
        p.p_sigignore &= ~bit
    for name in spec.pending:
        p.p_siglist |= 1 << (SIGNALS[name] - 1)
        l.lwp_flag |= LW_PENDSIG
