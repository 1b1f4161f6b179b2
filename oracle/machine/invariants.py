"""What must hold on any kernel whenever no kernel code runs: counts equal what they count, references equal their holders,
every process is where it should be. The rules know no system; a kernel that breaks one has a bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from oracle.machine.cred import Cred
from oracle.machine.files import Cwdi, FdToLeader, File, FileDesc, Vnode
from oracle.machine.kevent import KtrNode
from oracle.machine.limits import PLimit
from oracle.machine.locks import Mutex
from oracle.machine.machine import Machine
from oracle.machine.proc import Args, Proc
from oracle.machine.signals import SigActs
from oracle.machine.vm import VmObject, VmSpace

REFERENCE_COUNT: dict[type, str] = {
    Args: "ar_ref",
    Cred: "cr_ref",
    Cwdi: "cwdi_refcnt",
    FdToLeader: "fdl_refcount",
    File: "f_count",
    FileDesc: "fd_refcnt",
    KtrNode: "kn_refs",
    Mutex: "mtx_refcnt",
    PLimit: "pl_refcnt",
    SigActs: "ps_refcnt",
    VmObject: "refs",
    VmSpace: "vm_refcnt",
    Vnode: "v_usecount",
}


class Broken(NamedTuple):
    """A rule that does not hold: the rule's name, and what was found."""

    rule: str
    text: str


def check(k: Machine, states: Mapping[int, str]) -> list[Broken]:
    """Everything that does not hold now. `states` gives a p_stat its portable name."""
    found: list[Broken] = []
    procs = k.allproc + k.zombproc
    _check_counts(k, procs, found)
    _check_references(k, procs, found)
    _check_lists(k, procs, found)
    _check_rest(k, procs, states, found)
    return found


def _check_counts(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    expected = len(procs) + sum(k.background.values())
    if k.nprocs != expected:
        found.append(Broken("nprocs", f"nprocs is {k.nprocs}, but there are {expected} processes"))
    by_uid = dict(k.background)
    for proc in procs:
        if (cred := proc.p_ucred) is not None:
            by_uid[cred.cr_ruid] = by_uid.get(cred.cr_ruid, 0) + 1
    for uid, info in k.uidinfo.items():
        if info.ui_proccnt != (expected := by_uid.pop(uid, 0)):
            found.append(Broken("uid-count", f"uid {uid} is charged {info.ui_proccnt}, but has {expected} processes"))
    found.extend(
        Broken("uid-count", f"uid {uid} is charged nothing, but has {count} processes") for uid, count in by_uid.items()
    )


def _holders(k: Machine, procs: list[Proc]) -> dict[object, int]:
    """How many references to each counted object there are, by looking at who has one."""
    held: list[object] = []
    for proc in procs:
        held += (
            proc.p_fd, proc.p_cwdi, proc.p_limit, proc.p_sigacts, proc.p_vmspace, proc.p_fdtol, proc.p_textvp, proc.p_args,
            proc.p_tracenode, proc.p_ucred, proc.p_lock,
        )  # fmt: skip
        for lwp in proc.p_lwps:
            held.append(lwp.lwp_ucred)
    holders = Counter(held)
    inner: list[object] = []
    for one in holders:
        kind = type(one)
        if kind is FileDesc:
            inner += one.fd_files.values()  # type: ignore[attr-defined]
            inner += (one.fd_cdir, one.fd_rdir)  # type: ignore[attr-defined]
        elif kind is VmSpace:
            inner += [entry.obj for entry in one.vm_map.values()]  # type: ignore[attr-defined]
        elif kind is Cwdi:
            inner += (one.cwdi_cdir, one.cwdi_rdir)  # type: ignore[attr-defined]
    inner += [file.f_data for file in dict.fromkeys(inner) if type(file) is File and type(file.f_data) is Vnode]
    inner += [session.s_ttyvp for session in dict.fromkeys([pgrp.pg_session for pgrp in k.pgrps.values()])]
    holders.update(inner)
    del holders[None]
    return holders


def _check_references(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    holders = _holders(k, procs)
    for one, count in holders.items():
        attribute = REFERENCE_COUNT[type(one)]
        if (said := getattr(one, attribute)) != count:
            found.append(Broken("references", f"{_name(one)}: {attribute} is {said}, but {count} hold it"))
    found.extend(
        Broken("references", f"{_name(vp)}: v_usecount is {vp.v_usecount}, but nobody holds it")
        for vp in k.vnodes.values()
        if vp.v_usecount and vp not in holders
    )
    leavers: dict[VmSpace, int] = {}
    for proc in procs:
        if (vm := proc.p_exitvm) is not None:
            leavers[vm] = leavers.get(vm, 0) + 1
    for vm, count in leavers.items():
        if vm.vm_exitingcnt != count:
            found.append(
                Broken("references", f"address space: vm_exitingcnt is {vm.vm_exitingcnt}, but {count} zombies used it")
            )


def _check_lists(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    seen = dict.fromkeys(procs)
    if len(seen) != len(procs):
        for proc, times in Counter(procs).items():
            if times != 1:
                found.append(Broken("process-table", f"{k.role(proc)} is {times} times on the process lists"))
    members: list[Proc] = []
    for pgrp in k.pgrps.values():
        members += pgrp.pg_members
    in_groups = Counter(members)
    as_child: dict[Proc, int] = {}
    for proc in procs:
        for child in proc.p_children:
            as_child[child] = as_child.get(child, 0) + (1 if child.p_pptr is proc else 1_000)
    if len(in_groups) > len(seen) or len(as_child) > len(seen):
        for rule, listed in (("group-list", in_groups), ("child-list", as_child)):
            found.extend(Broken(rule, f"{k.role(proc)} is gone, but still listed") for proc in listed if proc not in seen)
    for proc in seen:
        if proc.p_pgrp is not None and (times := in_groups.get(proc, 0)) != 1:
            found.append(Broken("group-list", f"{k.role(proc)} is on {times} group lists"))
        if proc is not k.proc0 and (times := as_child.get(proc, 0)) != 1:
            found.append(Broken("child-list", f"{k.role(proc)} is not exactly once among the children of its parent"))


def _check_rest(k: Machine, procs: list[Proc], states: Mapping[int, str], found: list[Broken]) -> None:
    in_kernel = bool(k.sched.sleepers or k.sched.spinning)
    for proc in procs:
        for lwp in proc.p_lwps:
            if lwp.lwp_task is None and lwp.lwp_locks:
                found.append(Broken("locks", f"{k.role(proc)} is in user mode and holds {len(lwp.lwp_locks)} locks"))
        if not in_kernel and states.get(proc.p_stat) == "embryo":
            found.append(Broken("embryo", f"{k.role(proc)} stays in the embryonic state"))
        if proc.p_nstopchild is not None:
            expected = sum(_unwaited(k, child, states) for child in proc.p_children)
            if proc.p_nstopchild != expected:
                found.append(
                    Broken(
                        "stopped-children",
                        f"{k.role(proc)} counts {proc.p_nstopchild} stopped or dead children, there are {expected}",
                    )
                )


def _unwaited(k: Machine, child: Proc, states: Mapping[int, str]) -> bool:
    """Whether a child is dead, or stopped and not reported yet."""
    state = states.get(child.p_stat)
    return child in k.zombproc or (state == "stopped" and not child.p_waited)


def _name(one: object) -> str:
    """A name for an object in a report."""
    if isinstance(one, Vnode):
        return f"vnode {one.name}"
    if isinstance(one, File):
        return f"open file {one.f_name}"
    if isinstance(one, Mutex):
        return f"mutex {one.mtx_name}"
    return type(one).__name__
