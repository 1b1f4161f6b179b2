"""Builds the machine that a NetBSD recording started from."""

from __future__ import annotations

from collections.abc import Callable

from flavors.netbsd import param as P
from flavors.netbsd.furnish import settle
from flavors.netbsd.kern_auth import DENY, proc_listener
from flavors.netbsd.kern_exit import proc_reparent
from flavors.netbsd.state import NetBSD, PidTable, kern
from oracle.extras import MachineExtras, ProcessExtras
from oracle.flavor import Flavor
from oracle.machine.cred import Cred
from oracle.machine.files import File
from oracle.machine.kevent import Knote, KQueue, KtrNode
from oracle.machine.limits import PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigHandler, sigmask
from oracle.machine.task import Task
from oracle.machine.traps import tsleep
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.recorded.people import extra, flag_word, group_of, make, number, take_place
from tests.recorded.recording import Knobs
from tests.recorded.world import CALLER, Stage, World

LONG_AGO = -99_900_100  # the caller's birth in ticks: 999 seconds after the machine's epoch
CALLS = 100  # more than any recording makes
PIDS = 64  # free ones, and more than any recording takes


def build(flavor: Flavor, knobs: Knobs) -> World:
    """The machine, with every knob turned."""
    k = Machine()
    flavor.boot(k, MachineSpec(tunables=(("options.DIAGNOSTIC", knobs.number("invariants")),)))
    stage = Stage(k)
    k.sched = stage
    grandparent = make(flavor, k, ProcessSpec("grandparent", parent="init", session="", terminal=False), k.initproc, 400)
    tracer = make(flavor, k, ProcessSpec("tracer", parent="init", session="", terminal=False), k.initproc, 300)
    l1 = _caller(flavor, k, knobs, grandparent.lwp_proc)
    p1 = l1.lwp_proc
    stage.allowed.append(l1)
    world = World(k, knobs, p1, l1, stage)
    knobs.number("vfork_resume")  # asked for by the driver, in the calls that wait
    _flags(k, p1, knobs)
    _credentials(p1, l1, knobs)
    _structures(k, p1, knobs)
    _threads(p1, l1, knobs)
    _lists(k, p1, knobs, grandparent.lwp_proc, tracer.lwp_proc)
    _globals(k, p1, knobs)
    _locks(world, tracer)
    return world


def _caller(flavor: Flavor, k: Machine, knobs: Knobs, parent: Proc) -> Lwp:
    """The process that forks: an ordinary one, process 0 or init."""
    ruid = knobs.number("ruid", 1000)
    spec = ProcessSpec(
        CALLER, parent="grandparent", uid=ruid, euid=knobs.number("euid", ruid), session="", terminal=False,
        files=tuple(FileSpec(fd, f"/file{fd}") for fd in range(knobs.number("nfiles", 3))), umask=0o77,
        nice=knobs.number("nice", 24) - 20, command="forker", text="text", cwd="cdir",
        root="rdir" if knobs.number("chrooted") else "/", extras=_extras(knobs),
    )  # fmt: skip
    l = make(flavor, k, spec, parent, knobs.number("pid", 500))
    who, pgid = knobs.number("who"), knobs.number("pgid", 500)
    if who:
        take_place(k, l.lwp_proc, k.proc0 if who == 1 else k.initproc)
    else:
        number(k, group_of(l.lwp_proc), pgid)
    return l


def _extras(knobs: Knobs) -> ProcessExtras:
    """What scenarios have knobs for, too."""
    return ProcessExtras(
        lacks=() if knobs.number("textvp", 1) else ("text",),
        emulation="linux" if knobs.number("emul_hooks") else "",
        message_queues=knobs.number("mqueue_cnt", 2),
    )


def _flags(k: Machine, p1: Proc, knobs: Knobs) -> None:
    p1.p_flag |= flag_word(knobs.words("p_flag"), P.P_FLAG)
    p1.p_sflag |= flag_word(knobs.words("sflag"), P.P_SFLAG)
    p1.p_slflag |= flag_word(knobs.words("slflag"), P.P_SLFLAG)
    p1.p_lflag |= flag_word(knobs.words("lflag"), P.P_LFLAG)
    p1.p_stflag |= flag_word(knobs.words("stflag"), P.P_STFLAG)
    p1.p_fpid, p1.p_xstat, p1.p_waited, p1.p_prof, p1.p_acflag = 77, 119, 1, 40, 0x8
    p1.p_start, p1.p_realtimer, p1.p_stackbase = LONG_AGO, 1 << 40, 24576
    p1.p_cputime, p1.p_childtime, p1.p_estcpu = 10, 20, 0
    p1.p_nstopchild = knobs.number("nstopchild", p1.p_nstopchild or 0)
    p1.p_traceflag = knobs.number("traceflag")
    if knobs.number("tracep"):
        p1.p_tracenode = KtrNode("trace")
    heir = bool(p1.p_tracenode and p1.p_traceflag & P.KTRFAC_INHERIT)  # a child that inherits it is counted before anybody asks
    if knobs.number("ktrace_on", knobs.number("tracep")) or heir:
        kern(k).ktrace_files["trace"] = p1.p_tracenode or KtrNode("elsewhere")


def _credentials(p1: Proc, l1: Lwp, knobs: Knobs) -> None:
    cred = p1.p_ucred
    assert cred is not None
    cred.cr_ref = knobs.number("cr_ref", 2)
    if knobs.given("td_ruid") or knobs.given("td_euid"):
        ruid = knobs.number("td_ruid", cred.cr_ruid)
        l1.lwp_ucred = Cred(knobs.number("td_euid", ruid), ruid, ruid)


def _structures(k: Machine, p1: Proc, knobs: Knobs) -> None:
    """What may be shared: how many share it, and what is in it."""
    fd, cwdi, vm, acts = p1.p_fd, p1.p_cwdi, p1.p_vmspace, p1.p_sigacts
    assert fd is not None and cwdi is not None and vm is not None and acts is not None
    assert p1.p_limit is not None
    soft = knobs.number("rlim_nproc", 64) % (1 << 64)
    p1.p_limit.pl_refcnt -= 1
    p1.p_limit = PLimit({"nproc": (soft, soft)}, knobs.number("limit_refcnt", 1), knobs.number("limit_writeable"))
    slot = len(fd.fd_files)
    for _ in range(knobs.number("nkqueues")):
        fd.fd_files[slot] = File("kqueue", "kqueue", KQueue())
        slot += 1
    for _ in range(knobs.number("nreserved")):
        fd.fd_reserved[slot] = None
        slot += 1
    fd.fd_refcnt, cwdi.cwdi_refcnt = knobs.number("fd_refcnt", 1), knobs.number("cwd_refcnt", 1)
    vm.vm_refcnt, acts.ps_refcnt = knobs.number("vm_refcnt", 1), knobs.number("sigacts_refcnt", 1)
    cwdi.cwdi_cdir.v_usecount = 10
    k.vnodes["text"].v_usecount = 3  # others run it, too
    acts.ps_sigact = {30: SigHandler("777")}
    p1.p_sigignore, p1.p_sigcatch = 48, 192
    p1.p_siglist = knobs.number("sig_proc")
    if signo := knobs.number("pending_signal"):
        p1.p_siglist |= sigmask(signo)
    for _ in range(knobs.number("nknotes")):
        kq = KQueue()
        kn = Knote(kq, p1, p1.p_pid, P.NOTE_FORK)
        kq.kq_knotes.append(kn)
        p1.p_klist += (kn,)


def _threads(p1: Proc, l1: Lwp, knobs: Knobs) -> None:
    l1.lwp_sigmask, l1.lwp_sigstk = knobs.number("sigmask"), "4096"
    l1.lwp_private = str(knobs.number("l_private", 4660))
    l1.lwp_priority, l1.lwp_estcpu = 43, 70
    for n in range(knobs.number("nthreads", 1) - 1):
        p1.p_lwps.insert(0, Lwp(p1, 2 + n, P.LSRUN, l1.lwp_ucred, lwp_estcpu=70))
    p1.p_nthreads = p1.p_nrlwps = p1.p_lasttid = len(p1.p_lwps)


def _lists(k: Machine, p1: Proc, knobs: Knobs, grandparent: Proc, tracer: Proc) -> None:
    """Who is whose parent, and who else is in the group."""
    pgrp = group_of(p1)
    pgrp.pg_session.s_ttyvp = k.vnode("tty") if knobs.number("ctty") else None
    older = grandparent.p_children.index(p1) + 1 if p1 in grandparent.p_children else 0
    for n in range(knobs.number("pgrp_before")):
        pgrp.pg_members.insert(n, extra(k, f"before{n}", 600 + n, grandparent))
        grandparent.p_children.insert(older, pgrp.pg_members[n])
    for n in range(knobs.number("pgrp_after")):
        pgrp.pg_members.append(extra(k, f"after{n}", 700 + n, grandparent))
        grandparent.p_children.insert(0, pgrp.pg_members[-1])
    if not knobs.number("has_pgrp", 1):
        pgrp.pg_members.remove(p1)
        p1.p_pgrp = None
    if by := knobs.number("tracer"):
        p1.p_opptr = p1.p_pptr if by == 1 else None
        if p1.p_pptr is None:
            p1.p_pptr, p1.p_ppid = k.initproc, 1  # process 0 is nobody's child, and gets a tracer all the same
            k.initproc.p_children.insert(0, p1)
        proc_reparent(k, p1, tracer if by == 1 else k.initproc)
    for pid, count, parent in ((800, knobs.number("nchildren"), p1), (850, knobs.number("init_children"), k.initproc)):
        for n in range(count):
            parent.p_children.insert(0, extra(k, f"{pid + n}", pid + n, parent))


def _globals(k: Machine, p1: Proc, knobs: Knobs) -> None:
    netbsd = kern(k)
    k.counters.clear()
    k.ticks = knobs.number("uptime_ms", 100_000) // 10
    k.nprocs, k.maxproc = knobs.number("nprocs", 20), knobs.number("maxproc", 100)
    for info in k.uidinfo.values():
        info.ui_proccnt = 0
    ruid = knobs.number("ruid", 1000)
    k.uid(ruid).ui_proccnt = knobs.number("proccnt", 3)
    theirs = knobs.number("td_proccnt")
    if knobs.given("td_ruid") and knobs.number("td_ruid") != ruid:
        k.uid(knobs.number("td_ruid")).ui_proccnt = theirs
    netbsd.forkfsleep = knobs.number("forkfsleep")
    if knobs.number("uarea_fail"):
        settle(k, MachineExtras(faults=(("uarea", tuple(range(1, CALLS))),)))
    netbsd.pids = _pid_table(knobs.number("lastpid", 1000), _pids_in_use(k, p1))
    _authority(netbsd, knobs)
    if knobs.number("recycled"):  # every new process gets the structure of a dead one
        for _ in range(knobs.number("repeat", 1)):
            old = Proc(-1, 0, "old", P.SIDL)
            old.p_stackbase = 48879
            netbsd.freeprocs.append(old)
    for letter in knobs.words("hooks"):
        netbsd.forkhooks.insert(0, _hook(letter))


def _pids_in_use(k: Machine, p1: Proc) -> set[int]:
    """The pids of the processes that run, and of those that stand on lists."""
    listed = [*k.allproc, *(child for p in k.allproc for child in p.p_children), *(p1.p_pgrp.pg_members if p1.p_pgrp else ())]
    return {p.p_pid for p in listed}


def _pid_table(last: int, used: set[int]) -> PidTable:
    """A pid table whose free slots give the pids after `last`, one after the other.

    It is so large that process 0, which nobody frees, has slot 0.
    """
    free = [pid for pid in range(last + 1, last + PIDS) if pid not in used]
    size = 1 << (last + PIDS).bit_length()
    slots: list[Proc | int] = [0] * size
    for pid, after in zip(free, [*free[1:], 0], strict=True):
        slots[pid] = -size | after
    return PidTable(slots, {}, size - 1, free[0], free[-1], 0, size)


def _authority(netbsd: NetBSD, knobs: Knobs) -> None:
    """Who refuses what."""
    how = knobs.text("kauth_fork", "netbsd6")
    if how == "deny":
        netbsd.fork_listener = lambda k, arg1, arg2: DENY
    elif how == "arg1":
        netbsd.fork_listener = lambda k, arg1, arg2: proc_listener(k, arg2, arg1)
    bypass = knobs.text("kauth_rlimit", "suser")
    if bypass != "suser":
        netbsd.rlimit_listener = lambda cred: bypass == "allow"


def _hook(letter: str) -> Callable[[Machine, Proc, Proc], None]:
    """A hook; some spoil the child."""

    def hook(k: Machine, p2: Proc, p1: Proc) -> None:
        l2 = p2.p_lwps[0]
        if letter == "N":
            p2.p_nrlwps = 2
        elif letter == "W":
            l2.lwp_task = Task(l2, "hook", tsleep(hook, "hook", 0), k.ticks)

    return hook


def _locks(world: World, other: Lwp) -> None:
    """Where the caller's lock lies, and whether another processor takes it before fork1 wants it for a traced child."""
    lock = world.p1.p_lock
    assert lock is not None
    if world.knobs.number("plock_above"):
        lock.mtx_serial = 1 << 30

    def take(k: Machine, p2: Proc, p1: Proc) -> None:
        lock.mtx_owner = other
        other.lwp_locks.append(lock)

    if world.knobs.number("plock_busy"):
        kern(world.k).forkhooks.append(take)
