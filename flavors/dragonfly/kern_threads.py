"""thr_sleep and thr_wakeup: the one pair of calls for which the peers chain matters to programs."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import LSSLEEP, LWP_SINTR
from flavors.dragonfly.sources import KERN_THREADS
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel

NOT_FOUND, NOT_ASLEEP = "ESRCH", "EAGAIN"  # results, not errors


@models(KERN_THREADS, function="sys_thr_sleep")
def thr_sleep(k: Machine, lp: Lwp, ticks: int) -> Kernel[str]:
    """Sleep until a peer's thr_wakeup, which may have come before, or a time-out (0: none).

    Whatever wakes the address of the process ends the sleep, such as the death of a child. sic: so does a signal, and the
    result does not tell.
    """
    p = lp.lwp_proc
    wakeups = kern_of(k).p_wakeup
    lp.lwp_flag |= LWP_SINTR
    if p not in wakeups and not (yield from tsleep(k, lp, p, "thrslp", ticks)):
        wakeups.pop(p, None)
        return "EAGAIN"
    lp.lwp_flag &= ~LWP_SINTR
    wakeups.pop(p, None)
    return "0"


@models(KERN_THREADS, function="sys_thr_wakeup")
def thr_wakeup(k: Machine, curp: Proc, pid: int) -> str:
    """Wake a process on the chain of the caller's leader."""
    slave = curp.p_leader
    while slave is not None and slave.p_pid != pid:
        slave = slave.p_peers
    if slave is None:
        return NOT_FOUND
    kern_of(k).p_wakeup[slave] = None
    lp = slave.p_lwps[0]
    task = lp.lwp_task
    if lp.lwp_stat == LSSLEEP and task is not None and task.sleep is not None and task.sleep.wchan is slave:
        k.wakeup(slave)
        return "0"
    return NOT_ASLEEP
