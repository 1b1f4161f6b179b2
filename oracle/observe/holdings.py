"""What a process has open, mapped, limited, caught and locked: facts whose paths say what there is."""

from __future__ import annotations

from functools import lru_cache

from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.machine.files import File, FileDesc, Vnode
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.observation import Block
from oracle.observe.naming import RolesByPid, signal_name
from oracle.scenario import Focus


def locked_files(k: Machine) -> list[Vnode]:
    """The files with advisory locks on them."""
    locked: list[Vnode] = []
    for vp in k.vnodes.values():
        if vp.v_locks:
            locked.append(vp)
    return locked


def holdings(flavor: Flavor, focus: Focus, by_pid: RolesByPid, locked: list[Vnode], name: str, proc: Proc) -> Block:
    """What a process has open, mapped, limited, caught and locked."""
    mapped: tuple[str, ...] = ()
    more: list[str] = []
    facts: list[Value] = []
    opened = _open_files(flavor, by_pid, proc.p_fd, facts) if proc.p_fd is not None else ()
    if (vm := proc.p_vmspace) is not None:
        mapped = tuple(vm.vm_map)
        wired = False
        for entry in vm.vm_map.values():
            facts.append(entry.obj.data)
            wired = wired or entry.wired
        if wired:
            for entry in vm.vm_map.values():
                if entry.wired:
                    more.append(f"wired.{entry.name}")
                    facts.append(True)
    if focus.resources and (limit := proc.p_limit) is not None:
        for resource in focus.resources:
            soft, hard = limit.pl_rlimit[resource]
            more.append(f"limit.{resource}")
            facts.append(f"{_limit(soft)}/{_limit(hard)}")
    if (acts := proc.p_sigacts) is not None and acts.ps_sigact:
        for number in sorted(acts.ps_sigact):
            if handler := flavor.handler(proc, number):
                more.append(f"handler.{signal_name(flavor, number)}")
                facts.append(handler)
    for vp in locked:
        if locks := sum(owner is proc for owner in vp.v_locks):
            more.append(f"locks.{vp.name}")
            facts.append(locks)
    return _held_paths(name, opened, mapped, tuple(more)), tuple(facts)


@lru_cache(maxsize=65536)
def _held_paths(subject: str, opened: tuple[int | str, ...], mapped: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of what a process holds: descriptors by number, regions by name, the rest by the name of the fact."""
    names = [f"fd.{one}" if isinstance(one, int) else one for one in opened] + [f"memory.{one}" for one in mapped]
    return tuple([f"{subject}.{name}" for name in (*names, *more)])


def _open_files(flavor: Flavor, by_pid: RolesByPid, fd: FileDesc, facts: list[Value]) -> tuple[int | str, ...]:
    """Which descriptors are open; what they stand for is added to the facts. The events of a queue follow on the queue."""
    opened: list[int | str] = []
    exclose = fd.fd_exclose
    files = fd.fd_files
    for number in sorted(files) if len(files) > 1 else files:
        file = files[number]
        opened.append(number)
        facts.append(_file(file, number in exclose) if file.f_offset or exclose else file.f_name)
        if file.f_type != "vnode" and isinstance(file.f_data, KQueue):
            opened.append(f"events.{number}")
            facts.append(_events(flavor, by_pid, file.f_data))
    return tuple(opened)


def _file(file: File, cloexec: bool) -> str:
    offset = f" at {file.f_offset}" if file.f_offset else ""
    return file.f_name + offset + (" close-on-exec" if cloexec else "")


def _limit(value: int) -> str:
    return "unlimited" if value >= RLIM_INFINITY else str(value)


def _events(flavor: Flavor, by_pid: RolesByPid, queue: KQueue) -> tuple[str, ...]:
    notes = flavor.flags.get("note", {})
    return tuple(
        " ".join(
            [by_pid[knote.kn_id]]
            + [name for name, bit in notes.items() if knote.kn_fflags & bit]
            + ([f"from {by_pid.get(knote.kn_data, knote.kn_data)}"] if knote.kn_data and not knote.kn_ended else [])
            + ([flavor.status(knote.kn_data)] if knote.kn_ended else [])
        )
        for knote in queue.kq_knotes
        if knote.kn_active
    )
