"""The calls on memory, and the accesses to it that a program makes in user mode."""

from __future__ import annotations

from flavors.netbsd.kern_sig import kpsignal
from flavors.netbsd.param import SIGSEGV
from flavors.netbsd.portable import portable
from flavors.netbsd.userret import userret
from flavors.netbsd.uvm_glue import vmspace_of
from oracle.flavor import Answer, Args
from oracle.machine.errno import EFAULT, ENOMEM
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.signals import sigmask
from oracle.machine.traps import Kernel, no_wait
from oracle.machine.vm import Inherit, load, map_region, store, unmap_region

INHERITS = {"share": Inherit.SHARE, "copy": Inherit.COPY, "none": Inherit.NONE}


def _mmap(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    inherit = Inherit.SHARE if args.switch("shared") else Inherit.COPY
    map_region(vmspace_of(l.lwp_proc), args.text("region"), inherit, args.text("value"))
    return no_wait(None)


def _munmap(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    unmap_region(vmspace_of(l.lwp_proc), args.text("region"))
    return no_wait(None)


def _minherit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    entry = vmspace_of(l.lwp_proc).vm_map.get(args.text("region"))
    if entry is not None:
        entry.inherit = INHERITS[args.text("inherit")]
    return no_wait(None)


def _mlock(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    entry = vmspace_of(l.lwp_proc).vm_map.get(args.text("region"))
    if entry is None:
        raise ENOMEM("nothing is mapped there")
    entry.wired = True
    return no_wait(None)


def _fault(k: Machine, l: Lwp, region: str) -> Kernel[None]:
    """An access to memory that is not mapped: SIGSEGV, which nobody can ignore."""
    p = l.lwp_proc
    bit = sigmask(SIGSEGV)
    if not p.p_sigcatch & bit:
        p.p_sigignore &= ~bit
        assert p.p_sigacts is not None
        p.p_sigacts.ps_sigignore &= ~bit
    kpsignal(k, p, SIGSEGV, l.lwp_tid)
    yield from userret(k, l)
    raise EFAULT(f"{region} is not mapped")


def _store(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    if not store(vmspace_of(l.lwp_proc), args.text("region"), args.text("value")):
        yield from _fault(k, l, args.text("region"))
    return None


def _load(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    value = load(vmspace_of(l.lwp_proc), args.text("region"))
    if value is None:
        yield from _fault(k, l, args.text("region"))
    return value


MEMORY_CALLS = portable(
    mmap=_mmap, munmap=_munmap, minherit=_minherit, mlock=_mlock, store=_store, load=_load,
)  # fmt: skip
