"""Reads a DragonFly machine back in the words of the recordings: every member that the model has a notion of."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from oracle.flavor import Flavor
from oracle.machine.cred import Cred
from oracle.machine.files import FdToLeader, FileDesc
from oracle.machine.limits import PLimit
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import SigActs
from oracle.machine.vm import VmSpace, load
from tests.recorded.dragonfly import STATES
from tests.recorded.dragonfly_build import LWP_FLAGS, TREE_SINCE
from tests.recorded.recording import Outcome, Recording
from tests.recorded.world import Counted, World

EXIT_SIGNALS = {20: "SIGCHLD", 30: "SIGUSR1"}
LWP_STATES = {1: "LSRUN", 2: "LSSTOP", 3: "LSSLEEP"}
COUNTERS = (
    "v_forkpages", "v_forks", "v_kthreadpages", "v_kthreads", "v_rforkpages", "v_rforks", "v_vforkpages", "v_vforks",
)  # fmt: skip
BOOT_TIME = 1_000_000  # seconds


def outcome(flavor: Flavor, world: World, recording: Recording) -> Outcome:
    """What the call did."""
    child = world.child
    k, errors = world.k, world.errors
    made = child.p_pid if child is not None else 0
    failed = errors[-1] != 0
    result: Outcome = {
        "error": errors[-1],
        "stop": world.stop,
        "retval": None if failed or recording.call in ("fork1", "lwp_create") else [world.value, 0],
        "sleeps": world.sleeps,
        "log": k.console,
        "child": None if child is None else _process(flavor, world, child),
        "parent": _process(flavor, world, world.p1),
        "globals": _globals(world, recording.outcome["globals"]),
        "invariants": _invariants(world),
    }
    if "errors" in recording.outcome:
        result["errors"] = errors
    if world.hooks is not None:
        result["hooks"] = world.hooks
    if recording.call == "lwp_create":
        assert world.p1.p_vmspace is not None
        result["user_tids"] = [int(load(world.p1.p_vmspace, address) or 0) for address in ("tid1", "tid2")]
    if recording.call == "fork1":
        held = errors[-1] in ("HANG", "PANIC") and child is not None and bool(world.stage.queued or errors[-1] == "PANIC")
        result["procp"] = "child" if held or (not failed and made) else "untouched" if failed else "NULL"
        result["started"] = not failed and bool(made) and bool(recording.args.get("start"))
    return result


def _globals(world: World, wanted: Outcome) -> Outcome:
    k = world.k
    node, vkernel = world.before["tracenode"], world.p1.p_vkernel
    text, cdir = k.vnode("text"), k.vnode("cdir")
    members = next((pgrp.pg_members for pgrp in k.pgrps.values() if world.p1 in pgrp.pg_members), [])
    found: Outcome = {name: k.counters.get(name, 0) for name in COUNTERS}
    found |= {
        "cdir_usecount": cdir.v_usecount,
        "textvp_usecount": text.v_usecount,
        "init_children": _pids(k.initproc.p_children),
        "nprocs": k.nprocs,
        "pgrp_members": _pids(members),
        "proccnt": {uid: k.uid(int(uid)).ui_proccnt for uid in wanted["proccnt"]},
        "ticks": k.ticks,
        "tracenode_refs": node.kn_refs if node is not None else 0,  # type: ignore[attr-defined]
        "vkernel_refs": sum(p.p_vkernel is vkernel for p in k.allproc) if vkernel is not None else 0,
    }
    if "leader_peers" in wanted:
        assert world.p1.p_leader is not None
        found["leader_peers"] = _peers(world.p1.p_leader)
    return found


def _invariants(world: World) -> Outcome:
    mismatches = world.mismatches()
    locks = [pgrp.pg_lock for pgrp in world.k.pgrps.values() if pgrp.pg_lock is not None]
    readers = [lock.lk_readers for lock in locks if isinstance(lock.lk_readers, Counted)]
    before = world.before["hold"]
    assert isinstance(before, int)
    return {
        "lists_ok": world.lists_hold(),
        "parent_hold_delta": world.p1.p_hold - before,
        "pgrp_lock_grabs": sum(one.ever for one in readers),
        "pgrp_lock_held": len(world.locks()),
        "ref_mismatch": mismatches,
        "refs_ok": not mismatches,
        "violations": [],
    }


def _pids(procs: list[Proc]) -> list[int]:
    return [proc.p_pid for proc in procs]


def _peers(p: Proc) -> list[int]:
    found = []
    peer = p.p_peers
    while peer is not None:
        found.append(peer.p_pid)
        peer = peer.p_peers
    return found


def _process(flavor: Flavor, world: World, p: Proc) -> Outcome:
    child = p is not world.p1
    names = flavor.flags["p_flag"]
    pgrp = p.p_pgrp
    found: Outcome = {
        "acflag": ["AFORK"] if p.p_acflag == 1 else [f"{p.p_acflag:#x}"] if p.p_acflag else [],
        "args_ref": p.p_args.ar_ref if p.p_args is not None else None,
        "children": _pids(p.p_children),
        "comm": p.p_comm,
        "cru": p.p_childtime,
        "fd": _table(world, p),
        "fdtol": _node(world, p),
        "flags": [name for name, bit in names.items() if p.p_flag & bit],
        "lasttid": p.p_lasttid,
        "leader": "self" if p.p_leader is p else world.role(p.p_leader),
        "limit": _limit(world, p.p_limit, child),
        "lock": p.p_hold,
        "lwps": [_lwp(world, lp) for lp in p.p_lwps],
        "nice": p.p_nice,
        "nknotes": len(p.p_klist),
        "nstopped": p.p_nstopped,
        "nthreads": p.p_nthreads,
        "numposixlocks": p.p_numposixlocks,
        "oppid": p.p_oppid,
        "parent": world.role(p.p_pptr) or "NULL",
        "peers": _peers(p),
        "pgid": pgrp.pg_id if pgrp is not None else -1,
        "pid": p.p_pid,
        "ppid": p.p_pptr.p_pid if p.p_pptr is not None else -1,
        "prof": p.p_prof,
        "realtimer": 7 if p.p_realtimer else 0,
        "ru": p.p_cputime,
        "sigacts": _sigacts(world, p.p_sigacts, child),
        "siglist": p.p_siglist,
        "sigparent": EXIT_SIGNALS.get(p.p_exitsig, p.p_exitsig),
        "start": BOOT_TIME + p.p_start // 100 if p.p_start or p.p_acflag else 0,  # both are set as fork1 ends
        "stat": STATES[p.p_stat],
        "sysent": p.p_emul == "sysent",
        "textvp": p.p_textvp.name if p.p_textvp is not None else None,
        "traceflag": p.p_traceflag & 0xFFFFFFFF if p.p_traceflag >= 0 else p.p_traceflag + (1 << 32),
        "tracenode": None if p.p_tracenode is None else "parent's" if p.p_tracenode is world.before["tracenode"] else "other",
        "ucred": _cred(world, p.p_ucred),
        "varsyms": [int(one) for one in p.p_varsymset],
        "vkernel": _vkernel(flavor, world, p),
        "vm": _vm(world, p.p_vmspace, child),
        "wakeup": int(p in kern_of(world.k).p_wakeup),
        "xstat": p.p_xstat,
    }
    return found


def _table(world: World, p: Proc) -> Outcome | None:
    fd = p.p_fd
    if fd is None:
        return None
    how = _how(world, fd)
    found: Outcome = {
        "cdir": fd.fd_cdir.name if fd.fd_cdir is not None else None,
        "cmask": fd.fd_cmask,
        "files": slots(fd, "reserved", 0),
        "refcnt": fd.fd_refcnt,
        "table": how,
    }
    if p is not world.p1:
        found["rel"] = "shared" if fd is world.p1.p_fd else how
    return found


def slots(fd: FileDesc, reserved: str, count: int) -> list[list[object]]:
    """The slots of a table that are taken: number, kind, and references of the open file, `count` for those half open."""
    found: list[list[object]] = [[slot, fp.f_type, fp.f_count] for slot, fp in fd.fd_files.items()]
    return found + [[slot, reserved, count] for slot in fd.fd_reserved]


def _vkernel(flavor: Flavor, world: World, p: Proc) -> str | None:
    """Whose virtual-kernel state a process has. Early revisions share a part of it, which is the part that the model has."""
    if p.p_vkernel is None:
        return None
    if p.p_vkernel is not world.p1.p_vkernel:
        return "other"
    return "own, common part shared" if p is not world.p1 and flavor.order < TREE_SINCE else "parent's"


def _how(world: World, fd: FileDesc) -> str:
    """Where a table comes from. An empty one was made so if it has not the caller's umask, which copies keep."""
    mine = world.before["fd"]
    fresh = not fd.fd_files and isinstance(mine, FileDesc) and fd.fd_cmask != mine.fd_cmask
    return "parent's" if fd is mine else "fresh" if fresh else "copied"


def _node(world: World, p: Proc) -> Outcome | None:
    node: FdToLeader | None = p.p_fdtol
    if node is None:
        return None
    mine = world.p1.p_fdtol
    found: Outcome = {
        "leader": world.role(node.fdl_leader),
        "node": "parent's" if node is world.before["fdtol"] else "new-ring" if node is mine else "linked",
        "refcount": node.fdl_refcount,
        "ring": len(node.fdl_ring),
    }
    if p is not world.p1:
        linked = mine is not None and node.fdl_ring is mine.fdl_ring
        found["rel"] = "shared" if node is mine else "linked" if linked else "apart"
    return found


def _limit(world: World, limit: PLimit | None, child: bool) -> Outcome | None:
    if limit is None:
        return None
    found: Outcome = {
        "exclusive": limit.pl_exclusive,
        "nproc": limit.pl_rlimit["nproc"][0],
        "refcnt": limit.pl_refcnt,
        "set": "parent's" if limit is world.before["limit"] else "copied",
    }
    if child:
        found["rel"] = "shared" if limit is world.p1.p_limit else "copied"
    return found


def _sigacts(world: World, acts: SigActs | None, child: bool) -> Outcome | None:
    if acts is None:
        return None
    handler = acts.ps_sigact.get(30)
    found: Outcome = {"dispositions": int(handler.name) if handler is not None else 0, "refcnt": acts.ps_refcnt}
    found |= {"ps_flag": acts.ps_flag, "sigcatch": acts.ps_sigcatch, "sigignore": acts.ps_sigignore}
    heap = getattr(getattr(world.k.kern, "own", None), "heap_sigacts", None)  # of 1.62: those that have left the u-area
    if heap is not None:
        found["where"] = "heap" if acts in heap else "own u-area" if child else "parent u-area"
    if child:
        found["rel"] = "shared" if acts is world.p1.p_sigacts else "copied"
    return found


def _cred(world: World, cred: Cred | None) -> Outcome | None:
    if cred is None:
        return None
    return {
        "jailed": cred.cr_prison is not None,
        "ref": cred.cr_ref,
        "ruid": cred.cr_ruid,
        "uid": cred.cr_uid,
        "which": "p_ucred" if cred is world.before["ucred"] else "td_ucred" if cred is world.before["td_ucred"] else "other",
    }


def _vm(world: World, vm: VmSpace | None, child: bool) -> Outcome | None:
    if vm is None:
        return None
    found: Outcome = {"refcnt": vm.vm_refcnt, "shm": vm.vm_shm is not None, "space": _space(world, vm, child)}
    if child:
        found["rel"] = "shared" if vm is world.p1.p_vmspace else "copied"
    return found


def _space(world: World, vm: VmSpace | None, child: bool) -> str:
    return "parent's" if vm is world.before["vm"] else "copied" if child else "unshared"


def _lwp(world: World, lp: Lwp) -> Outcome:
    known = lp is world.lp1
    new = not known and lp not in world.siblings
    fd = lp.lwp_proc.p_fd
    return {
        "cpumask": lp.lwp_cpumask,
        "flags": [name for name, bit in LWP_FLAGS.items() if lp.lwp_flag & bit],
        "kqueue_fd": _how(world, fd) if new and fd is not None else None,
        "oldsigmask": lp.lwp_oldsigmask,
        "onrunq": lp in world.stage.queued,
        "proc": world.role(lp.lwp_proc),
        "siglist": lp.lwp_siglist,
        "sigmask": lp.lwp_sigmask,
        "sigstk_size": int(lp.lwp_sigstk or 0),
        "stat": LWP_STATES[lp.lwp_stat],
        "vmspace": _space(world, lp.lwp_proc.p_vmspace, lp.lwp_proc is not world.p1),
        "thread": {"linked": lp not in kern_of(world.k).threadless, "tls": int(lp.lwp_private or 0)},
        "tid": lp.lwp_tid,
        "who": "caller" if known else "new" if new else "other",
    }
