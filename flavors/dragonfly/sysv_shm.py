"""System V shared memory, as far as a fork sees it: who has which segment attached."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.sources import SYSV_SHM
from oracle.cite import models
from oracle.machine.errno import EINVAL
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace, unmap_region


@models(SYSV_SHM)
def shmfork(k: Machine, vm1: VmSpace, vm2: VmSpace) -> None:
    """The child has the same segments attached, and each counts once more."""
    assert vm1.vm_shm is not None
    vm2.vm_shm = list(vm1.vm_shm)
    nattch = kern_of(k).shm_nattch
    for segment in vm2.vm_shm:
        nattch[segment] += 1


@models(SYSV_SHM)
def shmexit(k: Machine, vm: VmSpace) -> None:
    """Detach all segments of an address space."""
    for segment in vm.vm_shm or ():
        kern_of(k).shm_nattch[segment] -= 1
    vm.vm_shm = None


@models(SYSV_SHM, function="sys_shmat")
def shmat(k: Machine, p: Proc, segment: str) -> None:
    """Attach a segment as a region of the same name; forks share it."""
    vm = p.p_vmspace
    assert vm is not None
    nattch = kern_of(k).shm_nattch
    obj = _segment(k, segment)
    unmap_region(vm, segment)
    obj.refs += 1
    vm.vm_map[segment] = VmEntry(segment, Inherit.SHARE, obj)
    vm.vm_shm = [*(vm.vm_shm or ()), segment]
    nattch[segment] = nattch.get(segment, 0) + 1


@models(SYSV_SHM, function="sys_shmdt")
def shmdt(k: Machine, p: Proc, segment: str) -> None:
    """Detach a segment. sic: memory that rfork unshared has the segment mapped and not on its list."""
    vm = p.p_vmspace
    assert vm is not None
    if vm.vm_shm is None or segment not in vm.vm_shm:
        raise EINVAL(f"{segment} is not on the process's list of attached segments")
    vm.vm_shm.remove(segment)
    kern_of(k).shm_nattch[segment] -= 1
    unmap_region(vm, segment)


@models(SYSV_SHM, function="sys_shmctl")
def shm_nattch(k: Machine, segment: str) -> int:
    """How often a segment counts as attached, whoever has it mapped."""
    nattch = kern_of(k).shm_nattch
    if segment not in nattch:
        raise EINVAL(f"there is no segment {segment}")
    return nattch[segment]


def _segment(k: Machine, segment: str) -> VmObject:
    """The memory of a segment. It is there from the first attach on, with or without anybody who has it attached."""
    objects = kern_of(k).shm_objects
    obj = objects.get(segment)
    if obj is None:
        obj = objects[segment] = VmObject("0", 0)
    return obj
