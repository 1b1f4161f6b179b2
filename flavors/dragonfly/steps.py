"""Steps of fork1 that revisions share. A score in kern_fork.py puts them in its own order, with its own line numbers."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_descrip import fdcopy, fdfree, fdinit
from flavors.dragonfly.proc_h import ESTCPU_FORK, ESTCPU_MAX, HZ, P_CONTROLT
from flavors.dragonfly.sources import USCHED_BSD4
from flavors.dragonfly.trap import bad_stack_return, generic_lwp_return, page_fault
from flavors.dragonfly.vm_glue import vmspace_of
from oracle.cite import models
from oracle.flavor import Args
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.ratelimit import ratecheck
from oracle.machine.signals import SigActs
from oracle.machine.traps import Kernel, may_block
from oracle.machine.vm import store


def new_empty_table(k: Machine, lp1: Lwp, p1: Proc) -> Kernel[None]:
    """Exchange the caller's table for an empty one."""
    if k.sched.ready:
        yield from may_block("fdinit")
    yield from fdfree(k, lp1, p1, fdinit(p1))


def own_table(k: Machine, lp1: Lwp, p1: Proc) -> Kernel[None]:
    """Exchange the caller's table for a copy."""
    if k.sched.ready:
        yield from may_block("fdcopy")
    yield from fdfree(k, lp1, p1, fdcopy(p1))


def group_is_there(k: Machine, pgrp: Pgrp | None) -> None:
    """fork1 holds the lock of a group that setpgid may have deleted while it slept; then it unlocks freed memory."""
    if pgrp is not None and k.pgrps.get(pgrp.pg_id) is not pgrp:
        raise Unmodelled("fork1 releases the lock of a process group that was freed while it slept")


def may_complain(k: Machine) -> bool:
    """Whether the last word on the console about a refused fork is a second old."""
    return ratecheck(kern_of(k).forkfail, k.ticks, HZ)


def complain(k: Machine, uid: int) -> None:
    """Say on the console that a fork was refused."""
    k.printf(f"maxproc limit exceeded by uid {uid}")


def copy_section(p1: Proc, p2: Proc) -> None:
    """The fields between p_startcopy and p_endcopy, but for p_comm, with which the structure was made."""
    p2.p_nice = p1.p_nice
    p2.p_pgrp = p1.p_pgrp
    p2.p_emul = p1.p_emul
    p2.p_prof = p1.p_prof
    p2.p_args = p1.p_args


def copy_sigacts(acts: SigActs) -> SigActs:
    """Signal actions of the child's own."""
    return SigActs(acts.ps_sigact.copy(), 1, acts.ps_sigignore, acts.ps_sigcatch, acts.ps_flag)


def copy_procsig(acts: SigActs) -> SigActs:
    """The sets and flags of signal actions of the child's own; the handlers follow later."""
    return SigActs({}, 1, acts.ps_sigignore, acts.ps_sigcatch, acts.ps_flag)


def inherits_terminal(p1: Proc) -> bool:
    """Whether p1 is marked as having the controlling terminal, and its session still has one."""
    assert p1.p_pgrp is not None
    return p1.p_pgrp.pg_session.s_ttyvp is not None and bool(p1.p_flag & P_CONTROLT)


def join_leader(p1: Proc, p2: Proc) -> None:
    """Put p2 behind p1 in the chain of p1's leader."""
    p2.p_peers = p1.p_peers
    p1.p_peers = p2
    p2.p_leader = p1.p_leader


def count(k: Machine, p2: Proc, forks: str, pages: str) -> None:
    """Add a fork to a statistic, and its pages to another."""
    vm = p2.p_vmspace
    assert vm is not None
    counters = k.counters
    counters[forks] = counters.get(forks, 0) + 1
    counters[pages] = counters.get(pages, 0) + vm.vm_dsize + vm.vm_ssize


@models(USCHED_BSD4, function="bsd4_forking")
def forked_estcpu(lp: Lwp) -> int:
    """The scheduler's estimate for a new thread and, from now on, for the one it was made after: forking costs."""
    estcpu = lp.lwp_estcpu + ESTCPU_FORK
    if estcpu > ESTCPU_MAX:
        estcpu = ESTCPU_MAX
    lp.lwp_estcpu = estcpu
    return estcpu


def copyout_tid(k: Machine, lp: Lwp) -> Kernel[None]:
    """The memory that a new thread's id goes to may have to be paged in."""
    unscheduled = kern_of(k).unscheduled
    unscheduled[lp] = None
    yield from may_block("copyout")
    del unscheduled[lp]


def store_tid(lp: Lwp, args: Args, address: str) -> None:
    """Write a new thread's id to an address in user memory: the region that is called like the argument, if there is one."""
    if args.text(address) == "ok":
        store(vmspace_of(lp.lwp_proc), address, str(lp.lwp_tid))


def first_steps(k: Machine, lp: Lwp, prepared: bool, func: bool) -> Kernel[None]:
    """How a new thread enters user mode: at its function, which may be nowhere; on a stack that may not be there."""
    if not prepared:
        yield from bad_stack_return(k, lp)
        return
    yield from generic_lwp_return(k, lp)
    if not func:
        yield from page_fault(k, lp)
