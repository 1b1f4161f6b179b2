"""Dying and being reaped with one thread a process."""

from __future__ import annotations

from typing import NoReturn

from flavors.dragonfly.early.kern_exec import vmspace_exec
from flavors.dragonfly.early.kern_exit import exit_process, free_zombie, wait_for, wait_for_holds
from flavors.dragonfly.proc_h import ESTCPU_MAX, P_INEXEC
from flavors.dragonfly.r1_62.kern import P_ZOMBIE, free_lwp, state_of
from flavors.dragonfly.r1_62.sources import KERN_EXEC, KERN_EXIT, KERN_PROC, USCHED_BSD4
from oracle.cite import models
from oracle.machine.errno import LwpExit, Panic
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, no_wait


@models(KERN_EXIT)
def exit1(k: Machine, lp: Lwp, rv: int) -> Kernel[NoReturn]:
    """End the process with a wait status. Never returns: raises LwpExit."""
    if lp.lwp_proc.p_pid == 1:
        k.printf(f"init died (signal {rv & 0x7F}, exit {rv >> 8})")
        raise Panic("init is going to exit")
    yield from exit_process(k, lp, rv)
    raise LwpExit


def lwp_exit(k: Machine, lp: Lwp) -> None:
    """A thread ends and its process goes on: that can't be, and nobody asks for it."""
    raise AssertionError("the one thread of a process ends with the process")


@models(KERN_PROC, function="proc_move_allproc_zombie")
def set_p_zombie(p: Proc) -> None:
    """A zombie is marked by a flag. Its state stays that of a live process."""
    p.p_flag |= P_ZOMBIE


def has_p_zombie(p: Proc) -> bool:
    """Whether a process is a zombie."""
    return p.p_flag & P_ZOMBIE != 0


@models(KERN_EXIT)
def kern_wait(k: Machine, lp: Lwp, pid: int, options: int) -> Kernel[tuple[Proc, int] | None]:
    """wait4: see wait_for."""
    return (yield from wait_for(k, lp, pid, options, _reap))


@models(KERN_EXIT, function="kern_wait")
def _reap(k: Machine, lp: Lwp, q: Proc, p: Proc) -> Kernel[bool]:
    """Free a zombie and its thread, or hand it back. sic: a debugger that hands it back pays for its processor time, too."""
    dead = p.p_lwps[0]
    yield from wait_for_holds(k, lp, p)
    heuristic_exiting(k, lp, dead)
    freed = free_zombie(k, q, p)
    if freed:
        p.p_lwps.clear()
        free_lwp(k, dead)
    return freed


@models(USCHED_BSD4, function="bsd4_exiting")
def heuristic_exiting(k: Machine, lp: Lwp, dead: Lwp) -> None:
    """What a dead child used counts for its parent, unless that is init."""
    used = dead.lwp_estcpu - state_of(k).origcpu.get(dead, 0)
    if lp.lwp_proc.p_pid != 1 and used > 0:
        lp.lwp_estcpu = min(lp.lwp_estcpu + used, ESTCPU_MAX)


@models(KERN_EXEC)
def exec_new_vmspace(k: Machine, lp: Lwp) -> Kernel[None]:
    """Get rid of the old memory. The process was marked as being in exec from the start."""
    lp.lwp_proc.p_flag |= P_INEXEC
    vmspace_exec(k, lp.lwp_proc)
    yield from no_wait(None)
