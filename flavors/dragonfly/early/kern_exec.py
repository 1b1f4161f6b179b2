"""The memory of a new program, and of an exited process, when zombies still stood in the way of both."""

from __future__ import annotations

from flavors.dragonfly.early.sources import VM_GLUE, VM_MAP
from flavors.dragonfly.vm_glue import empty_vmspace, map_program, vmspace_of
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.vm import VmSpace


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


@models(VM_MAP)
def vmspace_free(k: Machine, vm: VmSpace) -> None:
    """Drop a reference. sic: the last one frees nothing as long as a zombie that used the memory is not reaped."""
    vm.vm_refcnt -= 1
    if vm.vm_refcnt == 0 and vm.vm_exitingcnt == 0:
        empty_vmspace(k, vm)


@models(VM_GLUE)
def vm_waitproc(k: Machine, p: Proc) -> None:
    """The reaped process no longer stands in the way of its last address space, which may go now."""
    vm = p.p_exitvm
    if vm is not None:
        vm.vm_exitingcnt -= 1
        p.p_exitvm = None
        if vm.vm_refcnt == 0 and vm.vm_exitingcnt == 0:
            empty_vmspace(k, vm)
