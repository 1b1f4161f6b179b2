"""Entering the kernel in early 2007: every call waits for the giant lock, and threads keep no credential of their own."""

from __future__ import annotations

from flavors.dragonfly import trap
from flavors.dragonfly.calls import NO_ENTRY
from flavors.dragonfly.early.sources import TRAP
from oracle.cite import models
from oracle.flavor import Answer, Args, Call
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, may_block


@models(TRAP, function="syscall2")
def syscall(k: Machine, lwp: Lwp, call: Call, args: Args) -> Kernel[Answer]:
    """A system call from user mode to user mode. What happens to the process while it waits for the lock, the call meets."""
    if k.sched.ready and call.spec.name not in NO_ENTRY:
        yield from may_block("mplock")
    return (yield from trap.syscall(k, lwp, call, args))


def userenter(lp: Lwp) -> None:
    """A thread has no credential but its process's."""
