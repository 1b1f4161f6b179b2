"""What the models leave out, and the invariants that the real kernel breaks."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.kern import kern_of
from oracle.flavor import KnownViolation
from oracle.machine.machine import Machine

UNMODELLED: Mapping[str, str] = {
    "__clone": "DragonFly has no such call; Linux emulation makes its own of rfork",
    "kern_fork.c [126, 147, 182, 216, 219-220, 232, 593, 597, 701, 705]": (
        "critical sections and the giant lock: kernel code is atomic here between two sleeps"
    ),
    "kern_fork.c [401, 215, 700]": "there is one scheduler, and nobody sees the order of its queue",
    "kern_fork.c [580, 594-595, 614-629]": (
        "the kernel thread below an lwp, its stack and its queues: nothing of them shows outside the kernel"
    ),
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
    "other limits": "setrlimit keeps limits of files, data and stack as given; the kernel cuts them to maxima of its own",
    "registers of other calls": "after a failure the first one holds the errno, and only forks set the second one",
    "kern.randompid": "random pids; only 0, the default, is modelled",
    "memory of a freed thread": "after a failed lwp_create the thread is freed while still on a list; what that breaks later",
}

_CRED = r"\S+\.(?:p_ucred\.cr_ref|lwp_ucred(?:\.\w+)?): [^;]*"  # differences, as snapshots say them
_LIMIT = r"\S+\.p_limit\S*: [^;]*"
_THREAD = r"\S+\.(?:p_lasttid|lwp_estcpu): [^;]*"


def _left(call: str, *differences: str) -> str:
    """What an error trace reads like that leaves nothing but some differences."""
    one = f"(?:{'|'.join(differences)})"
    return rf"{call}\(.*\) failed with \w+ and left {one}(?:; {one})*"


def never_started(k: Machine, report: str) -> bool:
    """Whether the embryo is one that a kernel caller has made and not started."""
    return any(report.startswith(f"{k.role(p)} ") for p in kern_of(k).unstarted if p in k.allproc)


VIOLATIONS: tuple[KnownViolation, ...] = (
    KnownViolation(
        "error-trace",
        _left(r"\w+", _CRED),
        "entering the kernel refreshes the thread's credential, whatever the call then comes to",
        "trap.c userenter, 768af85b",
    ),
    KnownViolation(
        "error-trace",
        _left("setrlimit", _LIMIT, _CRED),
        "the limits are made private before the new ones are checked",
        "kern_plimit.c kern_setrlimit, plimit_modify",
    ),
    KnownViolation(
        "embryo",
        r".+ stays in the embryonic state",
        "fork1 leaves it to its caller to start the child, and this kernel caller does not",
        "kern_fork.c 768af85b, fork1 and start_forked_proc",
        never_started,
    ),
    KnownViolation(
        "error-trace",
        _left("lwp_create", _THREAD, _LIMIT, _CRED),
        "a failed lwp_create has spent a thread id, made the limits private and raised the caller's estcpu",
        "kern_fork.c 768af85b [202, 224-232, 596]",
    ),
)
