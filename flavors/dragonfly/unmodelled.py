"""What the models of all revisions leave out, and the invariants that all real kernels break."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.kern import kern_of
from oracle.flavor import KnownViolation
from oracle.machine.machine import Machine

ABSENT: Mapping[str, str] = {"__clone": "DragonFly has no such call; Linux emulation makes its own of rfork"}

UNMODELLED: Mapping[str, str] = {
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
    "kern.maxfiles": "follows kern.maxproc, and not what else leaves a machine few processes; files are not counted",
    "kern.maxproc": "as it is given; the kernel takes no more than a twelfth of the pages of its memory",
    "registers of other calls": "after a failure the first one holds the errno, and only forks set the second one",
    "kern.randompid": "random pids; only 0, the default, is modelled",
}

CRED = r"\S+\.(?:p_ucred\.cr_ref|lwp_ucred(?:\.\w+)?): [^;]*"  # differences, as snapshots say them
LIMIT = r"(?:\S+\.p_limit|kern\.lost_limits)\S*: [^;]*"
THREAD = r"\S+\.(?:p_lasttid|lwp_estcpu|vm_map\.\S+): [^;]*"  # the id is written to memory, too


def left(call: str, *differences: str) -> str:
    """What an error trace reads like that leaves nothing but some differences."""
    one = f"(?:{'|'.join(differences)})"
    return rf"{call}\(.*\) failed with \w+ and left {one}(?:; {one})*"


def never_started(k: Machine, report: str) -> bool:
    """Whether the embryo is one that a kernel caller has made and not started."""
    return any(report.startswith(f"{k.role(p)} ") for p in kern_of(k).unstarted if p in k.allproc)


VIOLATIONS: tuple[KnownViolation, ...] = (
    KnownViolation(
        "error-trace",
        left("setrlimit", LIMIT, CRED),
        "the limits are made private before the new ones are checked",
        "kern_plimit.c kern_setrlimit, plimit_modify",
    ),
    KnownViolation(
        "embryo",
        r".+ stays in the embryonic state",
        "fork1 leaves it to its caller to start the child, and this kernel caller does not",
        "kern_fork.c, fork1 and start_forked_proc",
        never_started,
    ),
)
