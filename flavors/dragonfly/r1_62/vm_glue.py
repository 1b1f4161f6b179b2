"""vm_fork when it did more than memory: the child's thread, and its signal handlers, which live on that thread's stack."""

from __future__ import annotations

from flavors.dragonfly import vm_glue
from flavors.dragonfly.r1_62.sources import VM_GLUE
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, may_block


@models(VM_GLUE)
def vm_fork(k: Machine, lp1: Lwp, p2: Proc | None, flags: int) -> Kernel[None]:
    """Give a new process p1's memory or a copy, a thread, and handlers; without one, take p1 out of memory that it shares."""
    p1 = lp1.lwp_proc
    yield from vm_glue.vm_fork(k, p1, p2, flags)
    if p2 is None:
        return
    if k.sched.ready:
        yield from may_block("lwkt_alloc_thread")
    acts1, acts2 = p1.p_sigacts, p2.p_sigacts
    assert acts1 is not None
    assert acts2 is not None
    if acts2 is not acts1:  # the handlers as they are now, the sets as they were when procsig was copied
        acts2.ps_sigact = acts1.ps_sigact.copy()
    lp2 = p2.p_lwps[0]
    lp2.lwp_usp = lp1.lwp_usp
    lp2.lwp_retval = lp1.lwp_retval
    lp2.lwp_private = lp1.lwp_private
