"""Reads a NetBSD machine back in the words of the recordings: every member that the model has a notion of."""

from __future__ import annotations

from flavors.netbsd import param as P
from flavors.netbsd.kern_ktrace import trace_is_enabled
from oracle.machine.files import Cwdi, FileDesc
from oracle.machine.limits import PLimit
from oracle.machine.proc import Lwp, Proc
from tests.recorded.dragonfly_read import slots
from tests.recorded.netbsd import STATES
from tests.recorded.recording import Outcome, Recording
from tests.recorded.world import World

LWP_STATES = {1: "LSIDL", 2: "LSRUN", 3: "LSSLEEP", 4: "LSSTOP", 5: "LSZOMB", 7: "LSONPROC"}
COUNTERS = ("forks", "forks_ppwait", "forks_sharevm")
BOOT_TIME = 1_000_000  # seconds


def outcome(world: World, recording: Recording) -> Outcome:
    """What the call did."""
    child = world.child
    errors = world.errors
    failed = errors[-1] != 0
    result: Outcome = {
        "error": errors[-1],
        "stop": world.stop,
        "retval": None if failed or not recording.args.get("retval", 1) else [world.value, 0],
        "sleeps": world.sleeps,
        "log": world.k.console,
        "child": None if child is None else _process(world, child),
        "parent": _process(world, world.p1),
        "globals": _globals(world, recording.outcome["globals"]),
        "invariants": _invariants(world),
    }
    if "errors" in recording.outcome:
        result["errors"] = errors
    if recording.call == "fork1":
        result["rnewprocp"] = "child" if world.made else "untouched"
    return result


def _globals(world: World, wanted: Outcome) -> Outcome:
    k, child = world.k, world.child
    grandparent, tracer = k.roles["grandparent"].lwp_proc, k.roles["tracer"].lwp_proc
    node = world.before["tracenode"]
    members = next((pgrp.pg_members for pgrp in k.pgrps.values() if world.p1 in pgrp.pg_members), [])
    found: Outcome = {name: k.counters.get(name, 0) for name in COUNTERS}
    found |= {
        "cdir_usecount": k.vnode("cdir").v_usecount,
        "textvp_usecount": k.vnode("text").v_usecount,
        "child_heads_allproc": child is not None and k.allproc[0] is child,
        "grandparent_children": _pids(grandparent.p_children),
        "grandparent_nstopchild": grandparent.p_nstopchild,
        "init_children": _pids(k.initproc.p_children),
        "init_nstopchild": k.initproc.p_nstopchild,
        "tracer_children": _pids(tracer.p_children),
        "tracer_nstopchild": tracer.p_nstopchild,
        "nprocs": k.nprocs,
        "pgrp_members": _pids(members),
        "proccnt": {uid: k.uid(int(uid)).ui_proccnt for uid in wanted["proccnt"]},
        "tracep_refs": node.kn_refs if node is not None else 0,  # type: ignore[attr-defined]
        "uptime_ms": k.ticks * 10,
    }
    return found


def _invariants(world: World) -> Outcome:
    mismatches = world.mismatches()
    held = ["parent.p_lock" if lock is world.p1.p_lock else lock.mtx_name for lock in world.locks()]  # type: ignore[union-attr]
    return {
        "lists_ok": world.lists_hold(),
        "locks_held": held,
        "ref_mismatch": mismatches,
        "refs_ok": not mismatches,
        "violations": world.violations,
    }


def _pids(procs: list[Proc]) -> list[int]:
    return [proc.p_pid for proc in procs]


def _names(word: int, names: dict[str, int]) -> list[str]:
    return [name for name, bit in names.items() if word & bit]


def _process(world: World, p: Proc) -> Outcome:
    child = p is not world.p1
    pgrp, lock = p.p_pgrp, p.p_lock
    assert lock is not None and p.p_vmspace is not None and p.p_sigacts is not None and p.p_ucred is not None
    handler = p.p_sigacts.ps_sigact.get(30)
    found: Outcome = {
        "acflag": ["AFORK"] if p.p_acflag == 1 else [f"{p.p_acflag:#x}"] if p.p_acflag else [],
        "children": _pids(p.p_children),
        "comm": p.p_comm,
        "cred": {
            "euid": p.p_ucred.cr_uid,
            "ref": p.p_ucred.cr_ref,
            "uid": p.p_ucred.cr_ruid,
            "which": "p_cred" if p.p_ucred is world.before["ucred"] else "other",
        },
        "cwd": _cwd(world, p.p_cwdi, child),
        "emul": p.p_emul,
        "estcpu_inherited": p.p_estcpu,
        "exitsig": "SIGCHLD" if p.p_exitsig == P.SIGCHLD else p.p_exitsig,
        "fd": _table(world, p.p_fd, child),
        "flag": _names(p.p_flag, P.P_FLAG),
        "fpid": p.p_fpid,
        "lflag": _names(p.p_lflag, P.P_LFLAG),
        "limit": _limit(world, p.p_limit, child),
        "locks_inited": p.p_reflock is not None and p.p_waitcv is not None,
        "lwps": [_lwp(world, l) for l in p.p_lwps],
        "mqueue_cnt": p.p_mqueue_cnt,
        "nice": p.p_nice + 20,
        "nknotes": len(p.p_klist),
        "nlwpid": p.p_lasttid,
        "nlwps": p.p_nthreads,
        "nrlwps": p.p_nrlwps,
        "nstopchild": p.p_nstopchild,
        "opptr": world.role(p.p_opptr),
        "p_lock": "shared" if child and lock is world.p1.p_lock else "own",
        "p_lock_holds": lock.mtx_refcnt,
        "parent": world.role(p.p_pptr) or "NULL",
        "pgid": pgrp.pg_id if pgrp is not None else -1,
        "pid": p.p_pid,
        "ppid": p.p_ppid,
        "sflag": _names(p.p_sflag, P.P_SFLAG),
        "sigacts": {"dispositions": int(handler.name) if handler is not None else 0, "refcnt": p.p_sigacts.ps_refcnt},
        "sigcatch": p.p_sigcatch,
        "sigignore": p.p_sigignore,
        "sigpend": p.p_siglist,
        "slflag": _names(p.p_slflag, P.P_SLFLAG),
        "stackbase": p.p_stackbase,
        "stat": STATES[p.p_stat],
        "stats": {
            "cru": p.p_childtime,
            "prof": p.p_prof,
            "ru": p.p_cputime,
            "start": BOOT_TIME + p.p_start // 100 if p.p_acflag else 0,
        },
        "stflag": _names(p.p_stflag, P.P_STFLAG),
        "textvp": p.p_textvp.name if p.p_textvp is not None else None,
        "timers": p.p_realtimer != 0,
        "traceflag": p.p_traceflag,
        "tracep": None if p.p_tracenode is None else "parent's" if p.p_tracenode is world.before["tracenode"] else "other",
        "vm": {"refcnt": p.p_vmspace.vm_refcnt},
        "waited": p.p_waited,
        "xstat": p.p_xstat,
    }
    if child:
        found["vm"]["rel"] = "shared" if p.p_vmspace is world.p1.p_vmspace else "copied"
        found["sigacts"]["rel"] = "shared" if p.p_sigacts is world.p1.p_sigacts else "copied"
        found["trace_enabled"] = p in world.k.allproc and trace_is_enabled(p)  # decided when it is put on the lists
    return found


def _cwd(world: World, cwdi: Cwdi | None, child: bool) -> Outcome | None:
    if cwdi is None:
        return None
    found: Outcome = {
        "cmask": cwdi.cwdi_cmask,
        "rdir": "rdir" if cwdi.cwdi_rdir.name == "rdir" else None,
        "refcnt": cwdi.cwdi_refcnt,
    }
    if child:
        found["rel"] = "shared" if cwdi is world.p1.p_cwdi else "copied"
    return found


def _table(world: World, fd: FileDesc | None, child: bool) -> Outcome | None:
    if fd is None:
        return None
    mine = world.p1.p_fd
    assert mine is not None
    how = "parent's" if fd is mine else "fresh" if fd in world.fresh else "copied"
    found: Outcome = {"files": slots(fd, "half-open", 1), "refcnt": fd.fd_refcnt, "table": how}
    if child:
        found["rel"] = "shared" if fd is mine else how
    return found


def _limit(world: World, limit: PLimit | None, child: bool) -> Outcome | None:
    if limit is None:
        return None
    found: Outcome = {"nproc": limit.pl_rlimit["nproc"][0], "refcnt": limit.pl_refcnt, "writeable": bool(limit.pl_exclusive)}
    if child:
        found["rel"] = "shared" if limit is world.p1.p_limit else "copied"
    return found


def _lwp(world: World, l: Lwp) -> Outcome:
    known = l is world.lp1
    new = not known and l not in world.siblings
    found: Outcome = {
        "cred": "p_cred" if l.lwp_ucred is world.before["ucred"] else "l_cred",
        "enqueued": l in world.stage.queued and l.lwp_stat == P.LSRUN,
        "flag": ["LW_SYSTEM"] if l.lwp_flag & P.LW_SYSTEM else [],
        "lid": l.lwp_tid,
        "priority": l.lwp_priority,
        "private": int(l.lwp_private or 0),
        "sigmask": l.lwp_sigmask,
        "sigstk": int(l.lwp_sigstk or 0),
        "stat": LWP_STATES[l.lwp_stat],
        "who": "caller" if known else "new" if new else "other",
    }
    if new:
        stack, _, size = l.lwp_usp.partition("+")
        found |= {"func": world.stage.queued.get(l), "stack": int(stack or 0), "stacksize": int(size or 0)}
    return found
