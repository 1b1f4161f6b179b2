"""What must hold on any kernel whenever no kernel code runs: counts equal what they count, references equal their holders,
every process is where it should be. The rules know no system; a kernel that breaks one has a bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from oracle.machine.counted import references
from oracle.machine.files import Cwdi, File, FileDesc, Vnode
from oracle.machine.locks import Mutex
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.vm import VmSpace


class Broken(NamedTuple):
    """A rule that does not hold: the rule's name, and what was found."""

    rule: str
    text: str


def check(k: Machine, states: Mapping[int, str]) -> list[Broken]:
    """Everything that does not hold now. `states` gives a p_stat its portable name."""
    found: list[Broken] = []
    procs = k.allproc + k.zombproc if k.zombproc else k.allproc
    _check_counts(k, procs, found)
    _check_references(k, procs, found)
    _check_lists(k, procs, found)
    in_kernel = bool(k.sched.sleepers or k.sched.spinning)
    for proc in procs:
        for lwp in proc.p_lwps:
            if lwp.lwp_locks and lwp.lwp_task is None:
                found.append(Broken("locks", f"{k.role(proc)} is in user mode and holds {len(lwp.lwp_locks)} locks"))
        if states.get(proc.p_stat) == "embryo" and not in_kernel:
            found.append(Broken("embryo", f"{k.role(proc)} stays in the embryonic state"))
        if proc.p_nstopchild is not None and (proc.p_nstopchild or proc.p_children):
            _check_stopped_children(k, proc, states, found)
    return found


def _check_counts(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    expected = len(procs)
    by_uid: dict[int, int] = {}
    if k.background:
        by_uid.update(k.background)
        expected += sum(by_uid.values())
    if k.nprocs != expected:
        found.append(Broken("nprocs", f"nprocs is {k.nprocs}, but there are {expected} processes"))
    for proc in procs:
        if (cred := proc.p_ucred) is not None:
            uid = cred.cr_ruid
            by_uid[uid] = by_uid.get(uid, 0) + 1
    for uid, info in k.uidinfo.items():
        if info.ui_proccnt != (expected := by_uid.pop(uid, 0)):
            found.append(Broken("uid-count", f"uid {uid} is charged {info.ui_proccnt}, but has {expected} processes"))
    for uid, count in by_uid.items():
        found.append(Broken("uid-count", f"uid {uid} is charged nothing, but has {count} processes"))


def holders(k: Machine, procs: list[Proc]) -> Counter[object]:
    """How many references to each counted structure there are, by looking at who has one."""
    held: list[object] = []
    tables: dict[FileDesc, None] = {}
    spaces: dict[VmSpace, None] = {}
    directories: dict[Cwdi, None] = {}
    for proc in procs:
        fd, vm, cwdi = proc.p_fd, proc.p_vmspace, proc.p_cwdi
        held += (
            proc.p_ucred, fd, proc.p_limit, proc.p_sigacts, vm, proc.p_textvp, cwdi, proc.p_lock, proc.p_args, proc.p_fdtol,
            proc.p_tracenode,
        )  # fmt: skip
        for lwp in proc.p_lwps:
            held.append(lwp.lwp_ucred)
        if fd is not None:
            tables[fd] = None
        if vm is not None:
            spaces[vm] = None
        if cwdi is not None:
            directories[cwdi] = None
    opened: dict[File, None] = {}
    for fd in tables:
        held += (fd.fd_cdir, fd.fd_rdir)
        if fd.fd_files:
            held += fd.fd_files.values()
            opened.update(dict.fromkeys(fd.fd_files.values()))
    for file in opened:
        if isinstance(file.f_data, Vnode):
            held.append(file.f_data)
    for vm in spaces:
        for entry in vm.vm_map.values():
            held.append(entry.obj)
    for cwdi in directories:
        held += (cwdi.cwdi_cdir, cwdi.cwdi_rdir)
    for session in dict.fromkeys([pgrp.pg_session for pgrp in k.pgrps.values()]):
        held.append(session.s_ttyvp)
    return Counter(filter(None, held))


def _check_references(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    held = holders(k, procs)
    if list(map(references, held)) != list(held.values()):
        for one, count in held.items():
            if (said := references(one)) != count:
                field = getattr(one, "reference_field")  # noqa: B009  # see oracle.machine.counted
                found.append(Broken("references", f"{_name(one)}: {field} is {said}, but {count} hold it"))
    for vp in k.vnodes.values():
        if vp.v_usecount and vp not in held:
            found.append(Broken("references", f"{_name(vp)}: v_usecount is {vp.v_usecount}, but nobody holds it"))
    for vm, count in Counter([proc.p_exitvm for proc in procs if proc.p_exitvm is not None]).items():
        if vm.vm_exitingcnt != count:
            found.append(
                Broken("references", f"address space: vm_exitingcnt is {vm.vm_exitingcnt}, but {count} zombies used it")
            )


def _check_lists(k: Machine, procs: list[Proc], found: list[Broken]) -> None:
    """Each process is once in the table, on one group list, and among the children of its parent."""
    members: list[Proc] = []
    for pgrp in k.pgrps.values():
        members += pgrp.pg_members
    children: list[Proc] = []
    for proc in procs:
        children += proc.p_children
    seen = dict.fromkeys(procs)
    if len(seen) == len(procs) == len(members) == len(children) + 1 and seen.keys() == dict.fromkeys(members).keys():
        for proc in procs:
            if proc.p_pptr is not None and proc not in proc.p_pptr.p_children:
                break
        else:
            return
    for rule, listed in (("group-list", members), ("child-list", children)):
        for proc in dict.fromkeys(listed):
            if proc not in seen:
                found.append(Broken(rule, f"{k.role(proc)} is gone, but still listed"))
    for proc in seen:
        if procs.count(proc) != 1:
            found.append(Broken("process-table", f"{k.role(proc)} is {procs.count(proc)} times on the process lists"))
        if proc.p_pgrp is not None and (times := members.count(proc)) != 1:
            found.append(Broken("group-list", f"{k.role(proc)} is on {times} group lists"))
        parents = [parent for parent in seen for child in parent.p_children if child is proc]
        if proc is not k.proc0 and parents != [proc.p_pptr]:
            found.append(Broken("child-list", f"{k.role(proc)} is not exactly once among the children of its parent"))


def _check_stopped_children(k: Machine, proc: Proc, states: Mapping[int, str], found: list[Broken]) -> None:
    """Where a process counts the children that wait could report, it counts them right."""
    expected = 0
    for child in proc.p_children:
        if child in k.zombproc or (not child.p_waited and states.get(child.p_stat) == "stopped"):
            expected += 1
    if proc.p_nstopchild != expected:
        text = f"{k.role(proc)} counts {proc.p_nstopchild} stopped or dead children, there are {expected}"
        found.append(Broken("stopped-children", text))


def _name(one: object) -> str:
    """A name for an object in a report."""
    if isinstance(one, Vnode):
        return f"vnode {one.name}"
    if isinstance(one, File):
        return f"open file {one.f_name}"
    if isinstance(one, Mutex):
        return f"mutex {one.mtx_name}"
    return type(one).__name__


# --- in the middle of kernel code --------------------------------------------------------------------------------------------


def check_midway(k: Machine, states: Mapping[int, str]) -> list[Broken]:
    """What does not hold although it has to even while kernel code stands still between two of its steps.

    Counts may be ahead of what they count there, and a process may be on its way from one list to another. But a lock is held
    by one writer or by readers, and by nobody in user mode; nothing is on a list twice; families agree on who belongs to them;
    and who uses a thing has a reference to it, but for the one that takes it apart.
    """
    found: list[Broken] = []
    procs = k.allproc + k.zombproc
    for name, listed in (("live", k.allproc), ("dead", k.zombproc)):
        _check_twice(k, "process-table", f"the list of {name} processes", listed, found)
    for proc in procs:
        _check_family(k, proc, states, found)
        for lwp in proc.p_lwps:
            if lwp.lwp_locks:
                _check_locks(k, proc, lwp, found)
    _check_released(procs, found)
    return found


def _check_twice(k: Machine, rule: str, where: str, listed: list[Proc], found: list[Broken]) -> None:
    if len(dict.fromkeys(listed)) != len(listed):
        for proc, times in Counter(listed).items():
            if times > 1:
                found.append(Broken(rule, f"{k.role(proc)} is {times} times on {where}"))


def _check_family(k: Machine, proc: Proc, states: Mapping[int, str], found: list[Broken]) -> None:
    """Who is among the children of a process has it for a parent, and the other way round once it is past its making."""
    _check_twice(k, "child-list", f"the list of {k.role(proc)}'s children", proc.p_children, found)
    for child in proc.p_children:
        if child.p_pptr is not proc:
            found.append(
                Broken("child-list", f"{k.role(child)} is a child of {k.role(proc)}, whom it does not call its parent")
            )
    parent = proc.p_pptr
    if parent is not None and states.get(proc.p_stat) != "embryo" and proc not in parent.p_children:
        found.append(Broken("child-list", f"{k.role(proc)} calls {k.role(parent)} its parent, but is no child of his"))


def _check_locks(k: Machine, proc: Proc, lwp: Lwp, found: list[Broken]) -> None:
    """Who says that he holds a lock is in the kernel, and the lock says so, too."""
    who = k.lwp_names.get(lwp) or k.role(proc)
    if lwp.lwp_task is None:
        found.append(Broken("locks", f"{k.role(proc)} is in user mode and holds {len(lwp.lwp_locks)} locks"))
    for lock in lwp.lwp_locks:
        if isinstance(lock, Mutex):
            if lock.mtx_owner is not lwp:
                found.append(Broken("locks", f"{who} holds mutex {lock.mtx_name}, which has another owner or none"))
        elif lock.lk_writer is not None and lock.lk_readers:
            found.append(Broken("locks", f"{lock.lk_wmesg} is held by a writer and by {len(lock.lk_readers)} readers"))
        elif lock.lk_writer is not lwp and lwp not in lock.lk_readers:
            found.append(Broken("locks", f"{who} holds {lock.lk_wmesg}, which does not know of it"))


def _check_released(procs: list[Proc], found: list[Broken]) -> None:
    """What processes use has a reference for each of them, but for the one that takes it apart just now."""
    used: list[object] = []
    for proc in procs:
        used += (proc.p_ucred, proc.p_fd, proc.p_limit, proc.p_sigacts, proc.p_vmspace, proc.p_cwdi)
    for one, users in Counter(filter(None, used)).items():
        if (said := references(one)) < users - 1 or said < 0:
            field = getattr(one, "reference_field")  # noqa: B009  # see oracle.machine.counted
            found.append(Broken("references", f"{_name(one)}: {field} is {said}, but {users} processes use it"))
