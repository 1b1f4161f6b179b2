"""What the models of all revisions leave out, and the invariants that all real kernels break."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.flavor import KnownViolation

UNMODELLED: Mapping[str, str] = {
    "__clone": "DragonFly has no such call; Linux emulation makes its own of rfork",
    "swapping": "p_swtime and what pages are in memory: no program of a scenario can see it",
    "memory shortage": "vm_fork waits on vmwait below a mark; the machine always has free pages",
    "priorities": "only the fork heuristic moves estcpu; decay, run queues and rtprio are left out",
    "core dumps": "a fatal signal is reported without the core flag",
    "checkpoints": "SIGCKPT and SIGCKPTEXIT write a checkpoint of the process",
    "procfs stops": "p_stops, p_stype and p_step are never set, so STOPEVENT never stops anybody",
    "mailbox signals": "SA_MAILBOX and P_MAILBOX",
    "upcalls": "vm_upcalls never get any member",
    "LDT, capabilities, I/O permission": "machine-dependent parts that cpu_fork and caps_fork copy; no call sets them",
    "revoke of a terminal": "a session leader's exit hangs up, but files that are open on the terminal stay usable",
    "kern.randompid": "random pids; only 0, the default, is modelled",
}

VIOLATIONS: tuple[KnownViolation, ...] = (
    KnownViolation(
        "error-trace",
        "setrlimit(",
        "the limits are made private before the new ones are checked",
        "kern_plimit.c kern_setrlimit, plimit_modify",
    ),
)
