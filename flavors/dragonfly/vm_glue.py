"""Address spaces at fork, exec and exit."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.sources import VM_GLUE, VM_MAP
from flavors.dragonfly.sysv_shm import shmexit, shmfork
from flavors.dragonfly.unistd import RFMEM, RFPROC
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.traps import Kernel, may_block
from oracle.machine.vm import Inherit, VmEntry, VmObject, VmSpace, unmap_region, vmspace_fork, vmspace_rele

DSIZE, SSIZE = 10, 5  # pages of a fresh program's data and stack


def vmspace_of(p: Proc) -> VmSpace:
    """The address space of a live process."""
    assert p.p_vmspace is not None
    return p.p_vmspace


@models(VM_GLUE)
def vm_fork(k: Machine, p1: Proc, p2: Proc | None, flags: int) -> Kernel[None]:
    """Give a new process p1's memory or a copy of it; without one, take p1 out of memory that it shares."""
    vm1 = vmspace_of(p1)
    if not flags & RFPROC:
        if not flags & RFMEM and vm1.vm_refcnt > 1:
            if k.sched.ready:
                yield from may_block("vmspace_fork")
            vmspace_unshare(k, p1)
        return
    assert p2 is not None
    if flags & RFMEM:
        p2.p_vmspace = vm1
        vm1.vm_refcnt += 1
        return
    if k.sched.ready:
        yield from may_block("vmspace_fork")
    vm2 = p2.p_vmspace = vmspace_fork(vm1)
    if vm1.vm_shm is not None:
        shmfork(k, vm1, vm2)


@models(VM_MAP)
def vmspace_unshare(k: Machine, p: Proc) -> None:
    """A private copy of shared memory. sic: nothing tells System V shared memory, so the copy has no attach list."""
    old = vmspace_of(p)
    p.p_vmspace = vmspace_fork(old)
    kern_of(k).rev.vmspace_free(k, old)


@models(VM_MAP)
def vmspace_free(k: Machine, vm: VmSpace) -> None:
    """Drop a reference; with the last one the segments are detached and the mappings go."""
    if vm.vm_refcnt == 1:
        shmexit(k, vm)
    vmspace_rele(vm)


@models(VM_MAP)
def vmspace_exit(k: Machine, p: Proc) -> None:
    """A process leaves its memory behind; what only the kernel still needs of it waits until it is reaped."""
    vm = vmspace_of(p)
    vm.vm_exitingcnt += 1
    p.p_exitvm = vm
    p.p_vmspace = None
    vmspace_free(k, vm)


@models(VM_GLUE)
def vm_waitproc(p: Proc) -> None:
    """The reaped process no longer stands in the way of its last address space."""
    if p.p_exitvm is not None:
        p.p_exitvm.vm_exitingcnt -= 1
        p.p_exitvm = None


@models(VM_MAP)
def vmspace_exec(k: Machine, p: Proc) -> None:
    """Fresh memory for a new program: the old address space wiped, if nobody else uses or used it, else another one."""
    vm = vmspace_of(p)
    if vm.vm_refcnt == 1 and vm.vm_exitingcnt == 0:
        empty_vmspace(k, vm)
    else:
        vmspace_free(k, vm)
        p.p_vmspace = VmSpace({})
    map_program(p)


def empty_vmspace(k: Machine, vm: VmSpace) -> None:
    """Detach all segments and unmap everything."""
    shmexit(k, vm)
    for region in list(vm.vm_map):
        unmap_region(vm, region)
    vm.vm_upcalls = ()


def map_program(p: Proc) -> None:
    """What a fresh program has in memory."""
    vm = vmspace_of(p)
    vm.vm_dsize, vm.vm_ssize = DSIZE, SSIZE
    vm.vm_map["data"] = VmEntry("data", Inherit.COPY, VmObject("0"))
