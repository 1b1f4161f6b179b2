"""Address spaces: named regions with an inheritance, on objects that can be shared or copied on write."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from oracle.errors import MachineMisuse
from oracle.machine.counted import counted


class Inherit(Enum):
    """What a forked address space gets of a region."""

    SHARE = "share"
    COPY = "copy"
    NONE = "none"


@counted("refs")
@dataclass(slots=True, eq=False)
class VmObject:
    """Backing store of regions: what was stored last, and how many map entries refer to it."""

    data: str
    refs: int = 1


@dataclass(slots=True, eq=False)
class VmEntry:
    """A region of an address space."""

    name: str
    inherit: Inherit
    obj: VmObject
    needs_copy: bool = False  # copy-on-write: the next store gets its own object first
    wired: bool = False  # locked in memory


@counted("vm_refcnt")
@dataclass(slots=True, eq=False)
class VmSpace:
    """An address space."""

    vm_map: dict[str, VmEntry]  # regions by name, in address order
    vm_refcnt: int = 1  # processes that use it
    vm_exitingcnt: int = 0  # exited, unreaped processes that used it last
    vm_dsize: int = 0  # data pages
    vm_ssize: int = 0  # stack pages
    vm_shm: list[str] | None = None  # attached System V segments, if any ever were
    vm_upcalls: tuple[str, ...] = ()


def store(vm: VmSpace, region: str, data: str) -> bool:
    """Store to a region, resolving copy-on-write first. False if nothing is mapped there."""
    entry = vm.vm_map.get(region)
    if entry is None:
        return False
    if entry.needs_copy:
        unshare(entry)
    entry.obj.data = data
    return True


def load(vm: VmSpace, region: str) -> str | None:
    """What a region holds, or None if nothing is mapped there."""
    entry = vm.vm_map.get(region)
    return None if entry is None else entry.obj.data


def unshare(entry: VmEntry) -> None:
    """Give a copy-on-write entry its own object, unless it is the last that refers to it."""
    entry.needs_copy = False
    if entry.obj.refs > 1:
        entry.obj.refs -= 1
        entry.obj = VmObject(entry.obj.data)


def map_region(vm: VmSpace, region: str, inherit: Inherit, data: str) -> None:
    """Map a new region, replacing what was mapped there."""
    unmap_region(vm, region)
    vm.vm_map[region] = VmEntry(region, inherit, VmObject(data))


def unmap_region(vm: VmSpace, region: str) -> None:
    """Drop a region, if it is mapped."""
    entry = vm.vm_map.pop(region, None)
    if entry is not None:
        entry.obj.refs -= 1


def vmspace_fork(vm: VmSpace) -> VmSpace:
    """A new address space made from an old one, region by region as their inheritance says.

    SHARE: the same object, after a pending copy-on-write was resolved; COPY: both sides copy on write, a wired source at once;
    NONE: absent. Nothing is wired in the result. Sizes are copied; System V attachments and upcalls are not.
    """
    new_map: dict[str, VmEntry] = {}
    for name, entry in vm.vm_map.items():
        if entry.inherit is Inherit.NONE:
            continue
        if entry.inherit is Inherit.SHARE:
            if entry.needs_copy:
                unshare(entry)
            entry.obj.refs += 1
            new_map[name] = VmEntry(name, Inherit.SHARE, entry.obj)
        elif entry.wired:
            new_map[name] = VmEntry(name, Inherit.COPY, VmObject(entry.obj.data))
        else:
            entry.obj.refs += 1
            entry.needs_copy = True
            new_map[name] = VmEntry(name, Inherit.COPY, entry.obj, True)
    return VmSpace(new_map, 1, 0, vm.vm_dsize, vm.vm_ssize)


def vmspace_rele(vm: VmSpace) -> None:
    """Drop a reference; the last one unmaps everything."""
    if vm.vm_refcnt <= 0:
        raise MachineMisuse("an address space is released that nobody uses")
    vm.vm_refcnt -= 1
    if vm.vm_refcnt == 0:
        for region in list(vm.vm_map):
            unmap_region(vm, region)
