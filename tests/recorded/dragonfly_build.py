"""Builds the machine that a DragonFly recording started from."""

from __future__ import annotations

from typing import Any

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.proc_h import NOTE_FORK
from oracle.extras import ProcessExtras
from oracle.flavor import Flavor
from oracle.machine.cred import Cred
from oracle.machine.files import FdToLeader, File
from oracle.machine.kevent import Knote, KQueue, KtrNode
from oracle.machine.limits import PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigHandler, sigmask
from oracle.machine.vm import Inherit, map_region
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.recorded.people import extra, flag_word, group_of, make, number, take_place
from tests.recorded.recording import Knobs
from tests.recorded.world import CALLER, Counted, Stage, World

LWP_FLAGS = {
    "LWP_ALTSTACK": 0x1, "LWP_OLDMASK": 0x2, "LWP_BREAKTSLEEP": 0x4, "LWP_SINTR": 0x8, "LWP_SELECT": 0x10, "LWP_ONRUNQ": 0x20,
    "LWP_WEXIT": 0x40, "LWP_WSTOP": 0x80,
}  # fmt: skip
THREADS_SINCE = 2  # the revision (by `Flavor.order`) from which signal actions are never in the u-area
TREE_SINCE = 3  # the revision (by `Flavor.order`) from which threads are kept in a tree
LONG_AGO = -99_900_100  # the caller's birth in ticks: 999 seconds after the machine's epoch


def build(flavor: Flavor, knobs: Knobs) -> World:
    """The machine, with every knob turned but those of the call itself."""
    k = Machine()
    flavor.boot(k, MachineSpec(tunables=(("options.INVARIANTS", knobs.number("invariants")),)))
    stage = Stage(k)
    k.sched = stage
    spec = ProcessSpec("grandparent", parent="init", session="", terminal=False)
    other = make(flavor, k, spec, k.initproc, 400).lwp_proc
    lp1 = _caller(flavor, k, knobs, other)
    p1 = lp1.lwp_proc
    stage.allowed.append(lp1)
    names = dict(flavor.flags["p_flag"])
    _flags(p1, knobs, names)
    _credentials(p1, lp1, knobs)
    _structures(k, p1, knobs)
    _files(p1, knobs)
    _leaders(k, p1, knobs, names, other)
    _signals(p1, lp1, knobs)
    _threads(flavor, p1, lp1, knobs)
    _lists(k, p1, knobs, other)
    _globals(k, p1, knobs)
    return World(k, knobs, p1, lp1, stage)


def _caller(flavor: Flavor, k: Machine, knobs: Knobs, parent: Proc) -> Lwp:
    """The process that forks: an ordinary one, process 0 or init."""
    ruid = knobs.number("ruid", 1000)
    files = tuple(FileSpec(fd, f"/file{fd}") for fd in range(knobs.number("nfiles", 3)))
    spec = ProcessSpec(
        CALLER, parent="grandparent", uid=ruid, euid=knobs.number("euid", ruid), session="", terminal=False, files=files,
        umask=0o77, nice=knobs.number("nice", 4), command="forker", text="text", cwd="cdir", extras=_extras(flavor, knobs),
    )  # fmt: skip
    lp = make(flavor, k, spec, parent, knobs.number("pid", 500))
    who, pgid = knobs.number("who"), knobs.number("pgid", 500)
    if who:
        take_place(k, lp.lwp_proc, k.proc0 if who == 1 else k.initproc)
    else:
        number(k, group_of(lp.lwp_proc), pgid)
    return lp


def _extras(flavor: Flavor, knobs: Knobs) -> ProcessExtras:
    """What scenarios have knobs for, too."""
    there = {"text": knobs.number("textvp", 1), "arguments": knobs.number("pargs", 1)}
    moved = bool(knobs.number("sigacts_shared")) and flavor.order < THREADS_SINCE
    return ProcessExtras(
        lacks=tuple(name for name, number in there.items() if not number),
        emulation="sysent",
        virtual_kernel=bool(knobs.number("vkernel")),
        moved_handlers=moved,
    )


def _flags(p1: Proc, knobs: Knobs, names: dict[str, int]) -> None:
    p1.p_flag |= flag_word(knobs.words("p_flag"), names)
    p1.p_exitsig = knobs.number("sigparent", p1.p_exitsig)
    p1.p_hold = knobs.number("p_lock")
    p1.p_prof, p1.p_xstat, p1.p_oppid = 9, 119, 44
    p1.p_start, p1.p_realtimer, p1.p_acflag = LONG_AGO, 1 << 40, 0x8
    p1.p_cputime, p1.p_childtime = 10, 20
    p1.p_numposixlocks = knobs.number("numposixlocks", 2)
    p1.p_traceflag = knobs.number("traceflag")
    p1.p_varsymset = tuple(str(n) for n in range(1, knobs.number("nvarsyms") + 1))
    if knobs.number("tracenode"):
        p1.p_tracenode = KtrNode("trace")


def _credentials(p1: Proc, lp1: Lwp, knobs: Knobs) -> None:
    cred = p1.p_ucred
    assert cred is not None
    if knobs.number("jailed"):
        cred.cr_prison = "jail"
    cred.cr_ref = knobs.number("cr_ref", 2)
    if not (knobs.given("td_ruid") or knobs.given("td_euid") or knobs.given("td_jailed")):
        return
    ruid = knobs.number("td_ruid", cred.cr_ruid)
    lp1.lwp_ucred = Cred(knobs.number("td_euid", ruid), ruid, ruid, "jail" if knobs.number("td_jailed") else None)


def _structures(k: Machine, p1: Proc, knobs: Knobs) -> None:
    """What may be shared: how many share it, and what is in it."""
    soft = knobs.number("rlim_nproc", 64)
    assert p1.p_limit is not None and p1.p_vmspace is not None and p1.p_sigacts is not None
    p1.p_limit.pl_refcnt -= 1
    p1.p_limit = PLimit({"nproc": (soft, soft)}, knobs.number("limit_refcnt", 1), knobs.number("limit_exclusive"))
    vm = p1.p_vmspace
    vm.vm_refcnt, vm.vm_exitingcnt = knobs.number("vm_refcnt", 1), knobs.number("vm_exitingcnt")
    vm.vm_dsize, vm.vm_ssize = knobs.number("vm_dsize", 10), knobs.number("vm_ssize", 5)
    if knobs.number("vm_shm"):
        map_region(vm, "segment", Inherit.SHARE, "0")
        vm.vm_shm = ["segment"]
        kern_of(k).shm_nattch["segment"] = 1
    for address in ("tid1", "tid2"):
        map_region(vm, address, Inherit.COPY, "-1")
    p1.p_sigacts.ps_refcnt = knobs.number("sigacts_refcnt", 1)
    k.vnodes["text"].v_usecount = 3  # others run it, too
    holders = knobs.number("pargs_ref", 1)
    if p1.p_args is not None:
        p1.p_args.ar_ref = holders


def _files(p1: Proc, knobs: Knobs) -> None:
    fd = p1.p_fd
    assert fd is not None and fd.fd_cdir is not None
    fd.fd_cdir.v_usecount = 10
    fd.fd_refcnt = knobs.number("fd_refcnt", 1)
    slot = len(fd.fd_files)
    for _ in range(knobs.number("nkqueues")):
        fd.fd_files[slot] = File("kqueue", "kqueue", KQueue())
        slot += 1
    for _ in range(knobs.number("nreserved")):
        fd.fd_reserved[slot] = None
        slot += 1
    if knobs.number("fd_null"):
        p1.p_fd = None
    for _ in range(knobs.number("nknotes")):
        kq = KQueue()
        kn = Knote(kq, p1, p1.p_pid, NOTE_FORK)
        kq.kq_knotes.append(kn)
        p1.p_klist += (kn,)


def _leaders(k: Machine, p1: Proc, knobs: Knobs, names: dict[str, int], parent: Proc) -> None:
    """The chain of peers, and the nodes that say for which leader the table is used."""
    first = 460
    flags = flag_word(knobs.words("leader_flag"), names)
    if knobs.number("leader_other"):
        leader = extra(k, "leader", first, parent)
        leader.p_flag |= flags
        leader.p_leader, leader.p_peers = leader, p1
        p1.p_leader = leader
    last = p1
    for n in range(knobs.number("npeers")):
        peer = extra(k, f"peer{n}", first + n, parent)
        peer.p_leader = p1.p_leader
        last.p_peers = peer
        last = peer
    users, others = knobs.number("fdtol_refcnt", 1), knobs.number("fdtol_ring")
    if knobs.number("fdtol"):
        assert p1.p_leader is not None
        node = FdToLeader(p1.p_leader, [], users)
        node.fdl_ring.append(node)
        for n in range(others):
            node.fdl_ring.append(FdToLeader(extra(k, f"ring{n}", 480 + n, parent), node.fdl_ring))
        p1.p_fdtol = node


def _signals(p1: Proc, lp1: Lwp, knobs: Knobs) -> None:
    acts = p1.p_sigacts
    assert acts is not None
    acts.ps_sigact = {30: SigHandler("777")}
    acts.ps_sigignore, acts.ps_sigcatch, acts.ps_flag = 48, 192, 1
    p1.p_siglist = knobs.number("sig_proc")
    if signo := knobs.number("pending_signal"):
        p1.p_siglist |= sigmask(signo)
    lp1.lwp_siglist = knobs.number("sig_lwp")
    lp1.lwp_sigmask = knobs.number("sigmask")
    lp1.lwp_oldsigmask, lp1.lwp_sigstk, lp1.lwp_private = 17, "4096", "99"
    lp1.lwp_cpumask = knobs.number("cpumask", 255)
    lp1.lwp_flag = flag_word(knobs.words("lwp_flag"), LWP_FLAGS)


def _threads(flavor: Flavor, p1: Proc, lp1: Lwp, knobs: Knobs) -> None:
    """The caller's siblings, and which of all is the caller. Younger ones come first, unless threads are kept by their ids."""
    count = knobs.number("nthreads", 1)
    tids = knobs.numbers("tids") or list(range(count))
    mine = knobs.number("curlwp")
    lp1.lwp_tid = tids[mine]
    others = [Lwp(p1, tid, lp1.lwp_stat, lwp_cpumask=0) for n, tid in enumerate(tids) if n != mine]
    p1.p_lwps[:] = [*others[:mine], lp1, *others[mine:]]
    if flavor.order >= TREE_SINCE:
        p1.p_lwps.sort(key=lambda lp: lp.lwp_tid)
    else:
        p1.p_lwps.reverse()
    p1.p_nthreads = len(tids)
    last = p1.p_lasttid + max(tids) if "lwp_create" in flavor.calls else p1.p_lasttid
    p1.p_lasttid = knobs.number("lasttid", last)


def _lists(k: Machine, p1: Proc, knobs: Knobs, parent: Proc) -> None:
    """Who else is in the group, and among the children of the caller and of init."""
    pgrp = group_of(p1)
    lock = pgrp.pg_lock
    assert lock is not None
    lock.lk_readers = Counted()
    pgrp.pg_session.s_ttyvp = k.vnode("tty") if knobs.number("ctty") else None
    for n in range(knobs.number("pgrp_before")):
        pgrp.pg_members.insert(n, extra(k, f"before{n}", 600 + n, parent))
    for n in range(knobs.number("pgrp_after")):
        pgrp.pg_members.append(extra(k, f"after{n}", 700 + n, parent))
    if not knobs.number("has_pgrp", 1):
        pgrp.pg_members.remove(p1)
        p1.p_pgrp = None
    for pid, count, parent_of in ((800, knobs.number("nchildren"), p1), (850, knobs.number("init_children"), k.initproc)):
        for n in range(count):
            parent_of.p_children.insert(0, extra(k, f"{pid + n}", pid + n, parent_of))
    for pid in knobs.numbers("pids_in_use"):
        k.allproc.append(extra(k, f"{pid}", pid, parent))


def _globals(k: Machine, p1: Proc, knobs: Knobs) -> None:
    kern = kern_of(k)
    k.counters.clear()
    k.ticks = knobs.number("ticks", k.ticks)
    k.nprocs, k.maxproc = knobs.number("nprocs", 20), knobs.number("maxproc", 100)
    for info in k.uidinfo.values():
        info.ui_proccnt = 0
    ruid = knobs.number("ruid", 1000)
    k.uid(ruid).ui_proccnt = knobs.number("proccnt", 3)
    theirs = knobs.number("td_proccnt")
    if knobs.given("td_ruid") and knobs.number("td_ruid") != ruid:
        k.uid(knobs.number("td_ruid")).ui_proccnt = theirs
    kern.nextpid, kern.pidchecked = knobs.number("lastpid", 1000), 0
    kern.usched_mastermask = knobs.number("usched_mastermask", -1)
    kern.p_wakeup[p1] = None
    own: Any = getattr(kern, "own", None)  # of one revision: at 1.62, memory that nobody clears
    if knobs.number("recycled") and hasattr(own, "lwp_zone"):
        own.lwp_zone += [LWP_FLAGS["LWP_ALTSTACK"] | LWP_FLAGS["LWP_OLDMASK"]] * knobs.number("repeat", 1)
