"""The system's globals, and the few routines that differ between its revisions and are called from shared code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from oracle.machine.cred import Cred
from oracle.machine.kevent import Knote
from oracle.machine.limits import PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.ratelimit import RateLimit
from oracle.machine.traps import Kernel
from oracle.machine.vm import VmObject, VmSpace

ForkHook = Callable[[Machine, Proc, Proc, int], None]  # p1, p2, flags


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """What shared code reaches through the revision: entering the kernel, signals, limits, dying, waiting, exec."""

    userenter: Callable[[Lwp], None]  # a thread enters the kernel
    ksignal: Callable[[Machine, Proc, int], None]
    lwpsignal: Callable[[Machine, Proc, Lwp, int], None]  # a signal for one thread
    tstop: Callable[[Machine, Lwp], Kernel[None]]  # a thread of a stopped process stays where it is, until something wakes it
    proc_unstop: Callable[[Machine, Proc], None]  # a stopped process goes on
    kill_one: Callable[[Machine, Proc, int, int], None]  # what kill does to a process that it may signal; thread id, or -1
    cursig: Callable[[Machine, Lwp, bool], Kernel[int]]  # the last argument: may stop for a debugger
    plimit_fork: Callable[[Proc], PLimit]
    plimit_modify: Callable[[Machine, Proc], PLimit]
    exit1: Callable[[Machine, Lwp, int], Kernel[NoReturn]]  # never returns: it raises LwpExit
    lwp_exit: Callable[[Machine, Lwp], None]  # a thread ends, its process goes on
    make_zombie: Callable[[Proc], None]
    is_zombie: Callable[[Proc], bool]
    kern_wait: Callable[[Machine, Lwp, int, int], Kernel[tuple[Proc, int] | None]]
    exec_new_vmspace: Callable[[Machine, Lwp], Kernel[None]]
    vmspace_free: Callable[[Machine, VmSpace], None]
    filt_proc: Callable[[Machine, Knote, Proc, int, Cred | None], bool]  # an event comes to a knote; to be reported?
    lasttid: int  # p_lasttid of a process that has had one thread
    files_per_proc: int  # open files of the whole system, for each process that there may be


@dataclass(slots=True, eq=False)
class Vkernel:
    """What a process has that runs virtual machines of a virtual kernel. What is in it, fork never looks at."""


@dataclass(slots=True, eq=False)
class Mqueue:
    """A POSIX message queue."""

    mq_name: str
    mq_refcnt: int = 0


@dataclass(slots=True, eq=False)
class Globals:
    """`k.kern`: everything that is static or global in the C and has no place on the shared machine."""

    rev: Revision
    maxprocperuid: int
    maxfilesperproc: int
    mq_open_max: int
    randompid: int
    ktrace_suid: bool  # a trace goes on in set-user-id programs, whoever runs them
    invariants: bool  # compiled with INVARIANTS, as GENERIC is
    terminal: bool  # whether sessions made at the start get a terminal
    usched_mastermask: int = -1
    nextpid: int = 0
    pidchecked: int = 0
    forkfail: RateLimit = field(default_factory=RateLimit)  # fork1's lastfail and curfail
    fork_list: list[ForkHook] = field(default_factory=list)
    shm_nattch: dict[str, int] = field(default_factory=dict)  # System V segments: how often each is attached
    shm_objects: dict[str, VmObject] = field(default_factory=dict)  # their memory; `refs` counts the mappings alone
    mqueues: dict[str, Mqueue] = field(default_factory=dict)
    p_wakeup: dict[Proc, None] = field(default_factory=dict)  # who has a thr_wakeup coming that it has not slept for
    threadless: dict[Lwp, None] = field(default_factory=dict)  # lwps that are linked and wait for their thread
    unscheduled: dict[Lwp, None] = field(default_factory=dict)  # new threads that nobody has set going yet
    unstarted: dict[Proc, None] = field(default_factory=dict)  # embryos that a kernel caller of fork1 means to leave so
    freed: dict[Proc, int] = field(default_factory=dict)  # reaped processes: how many were allocated by then
    allocated: int = 0  # processes allocated
    miscounted: dict[int, None] = field(default_factory=dict)  # uids of which a fork charged one and had its child as the other
    lost_limits: dict[PLimit, int] = field(default_factory=dict)  # references to limits that nobody has any more
    lost_varsyms: int = 0  # variables of reaped processes that are still allocated
    own: object = None  # what one revision alone keeps


@dataclass(frozen=True, slots=True)
class Channel:
    """A sleep channel that is no kernel object: the address of a static variable."""

    name: str


FORKSLEEP = Channel("forksleep")
NANOWAIT = Channel("nanowait")


def kern_of(k: Machine) -> Globals:
    """The system's globals, typed."""
    return k.kern  # type: ignore[return-value]  # a cast would be another call, on the way of every call
