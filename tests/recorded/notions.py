"""What is not compared with the machine, each with the reason: members and knobs that the model has no notion of, members that
it takes for granted, and differences that are no fault of a flavor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from tests.recorded.recording import Recording

_T = TypeVar("_T")

# Members by path; those of a process are named without `child.` or `parent.`.
NO_NOTION: dict[str, str] = {
    "calls": "the model is made of decisions, not of the C's function calls",
    # DragonFly
    "invariants.mplock": "the giant lock is the model's regime of preemption, no object",
    # NetBSD
    "globals.ktrace_on": "which trace files are in use is kept, not by how many processes",
    "globals.profprocs": "whether the profiling clock runs at all follows from the flags",
    "limit.sv_limit": "the limits of before the last change, for readers without a lock",
    "ras": "restartable sequences are not modelled",
    "lwps.arg": "a start function is code, with its argument",
    "lwps.class": "scheduling classes are not modelled",
    "lwps.kpriority": "the boost of who waits in the kernel is not modelled",
    "netbsd:lwps.lock": "which of the scheduler's locks guards an LWP is not modelled",
    "lwps.lwpctl": "the block that programs and the scheduler share is not modelled",
}


class Granted(NamedTuple):
    """A member that no call of the model reads or varies, so that it has no field: what it must be if that is right."""

    caller: Any  # in whoever forks, before and after
    new: Any  # in a new process or thread
    why: str
    other: Any = 0  # in the caller's other threads


_PROCFS = "stopping a process through procfs is not modelled"
_RTPRIO = "real-time priorities are not modelled: the caller's is copied"
_SCHEDULER = "the scheduler's own; zero in a new thread, or a constant"
_MACHINE = "machine-dependent state, of which fork copies a marker alone"
_UNUSED = "of a facility that no call of the model uses: a new process has none"
_PER_PROCESS = "belongs to the process in the model; zero in a new thread"
_ONE_CPU = "spin locks keep other processors away, which there are none of"
_ITIMERS = "virtual and profiling interval timers are not modelled"
_ZEROED = "zero in a new process, and never looked at"

# Taken for granted: the model has these as constants, and the recordings say whether it may.
GRANTED: dict[str, Granted] = {
    "invariants.crit": Granted(0, 0, "critical sections keep interrupts away, which there are none of"),
    "aioinfo": Granted(True, False, _UNUSED),
    "emuldata": Granted(True, False, _UNUSED),
    "ithandle": Granted(False, True, "the callout of a timer is set up; the model's timers need none"),
    "rtprio": Granted(31, 31, _RTPRIO),
    "sig": Granted(6, 0, _PROCFS),
    "spin_free": Granted(True, True, _ONE_CPU),
    "spin_inited": Granted(False, True, _ONE_CPU),
    "dragonfly@1.62:spin_inited": Granted(False, False, _ONE_CPU),
    "dragonfly@1.67:spin_inited": Granted(False, False, _ONE_CPU),
    "stats": Granted(True, False, "statistics of a process are fields of its own"),
    "stops": Granted(1, 0, _PROCFS),
    "swtime": Granted(3, 0, "swapping is not modelled"),
    "timer0": Granted(8, 0, _ITIMERS),
    "uarea": Granted("parent", "child", "every process has a u-area of its own"),
    "usched": Granted("bsd4", "bsd4", "there is one scheduler"),
    "lwps.cpbase": Granted(1, 4980, _SCHEDULER),
    "lwps.cpticks": Granted(3, 0, _SCHEDULER),
    "lwps.dupfd": Granted(5, 0, _UNUSED),
    "dragonfly:lwps.lock": Granted(0, 0, "holds keep a thread's structure from being freed, which garbage collection does"),
    "lwps.md": Granted(88, 88, _MACHINE),
    "lwps.rtprio": Granted(30, 30, _RTPRIO),
    "lwps.ru": Granted(4, 0, _PER_PROCESS),
    "lwps.slptime": Granted(2, 0, _SCHEDULER),
    "lwps.thread.comm": Granted("origcomm", "forker", "a new thread has the name of its process", "origcomm"),
    "lwps.thread.heavy_switch": Granted(False, True, _MACHINE, False),
    "lwps.thread.pri": Granted(0, 10, _SCHEDULER),
    "lwps.traceflag": Granted(6, 0, "ktrace's guard against tracing itself"),
    "lwps.upcall": Granted(False, False, "upcalls are not modelled", False),
    "aio": Granted(True, False, _UNUSED),
    "estcpu": Granted(50, 0, "the estimate belongs to the LWPs"),
    "execsw": Granted("elf", "elf", "there is one format of programs"),
    "lwpctl": Granted(True, False, _UNUSED),
    "md": Granted(8, 0, _MACHINE),
    "pax": Granted(3, 3, "PaX flags belong to exec"),
    "psstrp": Granted(28672, 28672, "an address in user memory; the caller's is copied"),
    "sigctx_signo": Granted(6, 6, "details of the last signal are not modelled; the caller's are copied"),
    "sigpend_queue": Granted(True, True, "signals are pending without siginfo: the queue stays set up"),
    "stats.rel": Granted("own", "own", "statistics of a process are fields of its own"),
    "stats.timer1": Granted(30, 30, _ITIMERS),
    "trace_enabled": Granted(False, None, "which way system calls take is decided anew for the child alone"),
    "uticks": Granted(60, 0, _ZEROED),
    "lwps.fd_is_procs": Granted(True, True, "an LWP uses the table of its process", True),
}
NO_KNOB: dict[str, str] = {
    "l_class": NO_NOTION["lwps.class"],
    "log_locks": "keeps the locks in the list of calls",
    "log_setup": "keeps calls in the list of calls",
    "recycled": "a new structure is zeroed",
    "vm_severe": "memory is never short",
    "lwpctl": NO_NOTION["lwps.lwpctl"],
    "nras": NO_NOTION["ras"],
}


def reason(member: str, flavor: str) -> str:
    """Why the model has no notion of a member, "" if it has one."""
    return _find(NO_NOTION, member, flavor) or ""


def granted(member: str, flavor: str) -> Granted | None:
    """What the model takes for granted of a member, None if it has a field for it."""
    found = _find(GRANTED, member, flavor)
    return None if found is None or (member.startswith("child.") and found.new is None) else found


def _find(table: dict[str, _T], member: str, flavor: str) -> _T | None:
    """The entry of a member; one of this flavor or system comes first."""
    short = member.removeprefix("child.").removeprefix("parent.")
    for name in (f"{flavor}:{short}", f"{flavor.partition('@')[0]}:{short}", short):
        if name in table:
            return table[name]
    return None


class Excuse(NamedTuple):
    """A difference that is no fault of the flavor: in which system and at which member ("" for any), when, and why."""

    system: str
    member: str
    when: Callable[[Recording, Any, Any], bool]
    why: str


_UNOWNED = ("child.p_lock", "parent.p_lock", "child lwp lock")

EXCUSES: tuple[Excuse, ...] = (
    Excuse(
        "dragonfly",
        "parent.lwps.stat",
        lambda recording, expected, actual: recording.outcome["error"] == "HANG" and (expected, actual) == ("LSRUN", "LSSLEEP"),
        "the mock's tsleep leaves the state of a thread that sleeps as it was",
    ),
    Excuse(
        "dragonfly",
        "parent.lwps.flags",
        lambda recording, expected, actual: [one for one in expected if one != "LWP_SINTR"] == actual,
        "the mock's tsleep leaves LWP_SINTR, which no thread that runs has, and which the end of a sleep clears",
    ),
    Excuse(
        "dragonfly",
        "invariants.pgrp_lock_held",
        lambda recording, expected, actual: recording.outcome["error"] in ("FAULT", "PANIC"),
        "as the simulated kernel dies, the score's try statement lets go of the group; nothing runs after that",
    ),
    Excuse(
        "dragonfly",
        "child.",
        lambda recording, expected, actual: recording.outcome["error"] == "FAULT" and expected in (None, -1, "NULL"),
        "1.62 makes the thread and finishes the signal actions in vm_fork, and the kernel dies before that",
    ),
    Excuse(
        "dragonfly",
        "invariants.ref",
        lambda recording, expected, actual: recording.call == "lwp_create" and recording.outcome["error"] == "EFAULT",
        "1.67 forgets the thread and the stack of an lwp that can't be used; threads and stacks are no objects here",
    ),
    Excuse(
        "netbsd",
        "child.lwps.flag",
        lambda recording, expected, actual: [one for one in expected if one != "LW_LWPCTL"] == actual,
        "LW_LWPCTL says that the lwpctl block is to be looked at, which is not modelled",
    ),
    Excuse(
        "netbsd",
        "child.lwps.stacksize",
        lambda recording, expected, actual: actual == 0 and not recording.args.get("stack"),
        "where no stack is given, its size goes nowhere",
    ),
    Excuse(
        "netbsd",
        "invariants.locks_held",
        lambda recording, expected, actual: [one for one in expected if one not in _UNOWNED] == actual,
        "where nothing can wait, the model passes a lock without owning it; these were held as the kernel died",
    ),
    Excuse(
        "netbsd",
        "child.lwps.func",
        lambda recording, expected, actual: recording.outcome["error"] in ("FAULT", "PANIC") and actual is None,
        "where an LWP begins is said when it is put on the run queue, and the kernel dies before that",
    ),
    Excuse(
        "netbsd",
        "",
        lambda recording, expected, actual: bool(
            recording.state.get("invariants") and recording.outcome["invariants"]["violations"]
        ),
        "the mock goes on after the release of a mutex that is not held; a kernel with DIAGNOSTIC panics",
    ),
    Excuse(
        "",
        "child.xstat",
        lambda recording, expected, actual: bool(recording.state.get("recycled")) and actual == 0,
        "the mock hands out a structure with its old wait status; NetBSD's proc_free clears that, and so does DragonFly's wait",
    ),
)


def exception(recording: Recording, member: str, expected: Any, actual: Any) -> str:
    """Why a difference is no fault of the flavor, "" if it is one."""
    system = recording.flavor.partition("@")[0]
    for one in EXCUSES:
        if one.system in ("", system) and member.startswith(one.member) and one.when(recording, expected, actual):
            return one.why
    return ""
