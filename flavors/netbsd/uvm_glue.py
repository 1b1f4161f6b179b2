"""Address spaces: shared or copied by fork, replaced by exec, dropped by exit; u-areas."""

from __future__ import annotations

from flavors.netbsd.sources import UVM_GLUE, UVM_MAP
from oracle.cite import models
from oracle.machine.proc import Proc
from oracle.machine.vm import Inherit, VmSpace, map_region, unmap_region, vmspace_fork, vmspace_rele


def vmspace_of(p: Proc) -> VmSpace:
    """The address space of a live process."""
    assert p.p_vmspace is not None
    return p.p_vmspace


@models(UVM_GLUE)
def uvm_proc_fork(p1: Proc, p2: Proc, shared: bool) -> None:
    """Share the address space, or copy it region by region as their inheritance says. Nothing is wired in a copy."""
    vm = vmspace_of(p1)
    if shared:
        vm.vm_refcnt += 1
        p2.p_vmspace = vm
    else:
        p2.p_vmspace = vmspace_fork(vm)


@models(UVM_MAP)
def uvmspace_exec(p: Proc) -> None:
    """An empty address space for the new program: a shared one is left to the others, one's own is emptied."""
    vm = vmspace_of(p)
    if vm.vm_refcnt > 1:
        vm.vm_refcnt -= 1
        p.p_vmspace = vm = VmSpace({})
    else:
        for region in list(vm.vm_map):
            unmap_region(vm, region)
    map_region(vm, "data", Inherit.COPY, "0")


@models(UVM_GLUE)
def uvm_proc_exit(p: Proc) -> None:
    """Exit drops the address space at once; a zombie has none."""
    vm = vmspace_of(p)
    p.p_vmspace = None
    vmspace_rele(vm)
