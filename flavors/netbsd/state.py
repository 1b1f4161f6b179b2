"""The globals of this system: what one NetBSD kernel has and no other, kept in `Machine.kern`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flavors.netbsd.param import PID_MAX
from oracle.machine.cred import Cred
from oracle.machine.files import File
from oracle.machine.kevent import KtrNode
from oracle.machine.locks import Mutex
from oracle.machine.machine import HZ, Machine
from oracle.machine.proc import Proc
from oracle.machine.ratelimit import RateLimit

INITIAL_PID_TABLE_SIZE = 32
# A use count above PID_MAX in every free slot makes the first trip through the table give 1, 2, 3 …
LINK_EMPTY = (PID_MAX + INITIAL_PID_TABLE_SIZE) & ~(INITIAL_PID_TABLE_SIZE - 1)
BOOT_PID_TABLE: tuple[Proc | int, ...] = (*(LINK_EMPTY + slot + 1 for slot in range(INITIAL_PID_TABLE_SIZE - 1)), LINK_EMPTY)


@dataclass(slots=True, eq=False)
class PidTable:
    """The pid table: a slot holds its process, or (use count | next free slot)."""

    slots: list[Proc | int] = field(default_factory=lambda: list(BOOT_PID_TABLE))
    reserved: dict[int, int] = field(default_factory=dict)  # slot -> id of the process group (or session) that keeps it
    mask: int = INITIAL_PID_TABLE_SIZE - 1
    next_free: int = 1
    last_free: int = INITIAL_PID_TABLE_SIZE - 1
    count: int = 1  # slots in use
    limit: int = INITIAL_PID_TABLE_SIZE - 2  # use from which on the table grows
    pid_max: int = PID_MAX


@dataclass(slots=True, eq=False)
class NetBSD:
    """Everything global that is NetBSD's own."""

    pids: PidTable
    ktrace_lock: Mutex
    terminal: bool  # the shell's session has one
    forkfsleep: int = 0  # ticks that a refused fork sleeps; see ms_to_ticks
    lasttfm: RateLimit = field(default_factory=RateLimit)  # of "table is full"
    diagnostic: int = 0  # built with DIAGNOSTIC: assertions are checked, and who releases a mutex must own it
    child_return_traps: int = 1  # 1: x86's first return of a child, which stops if it is traced; 0: that of other ports
    note_track: int = 0  # 1: the attach that finds a half-made child, as repaired in November 2012
    forkhooks: list[Callable[[Machine, Proc, Proc], None]] = field(default_factory=list)  # most recently registered first
    emul_hooks: dict[str, Callable[[Machine, Proc, Proc], None]] = field(default_factory=dict)  # e_proc_fork, by emulation
    fork_listener: Callable[[Machine, int, int], int] | None = None  # of KAUTH_PROCESS_FORK, instead of the stock one
    rlimit_listener: Callable[[Cred], bool] | None = None  # whether a limit may be passed, instead of the superuser's
    freeprocs: list[Proc] = field(default_factory=list)  # process structures given back, last one on top
    reborn: dict[Proc, Proc] = field(default_factory=dict)  # freed structure -> the process that has its memory now
    nstopchild_drift: dict[Proc, int] = field(default_factory=dict)  # none of the kernel's: see miscount
    proccnt_drift: dict[int, int] = field(default_factory=dict)  # likewise: see mischarge
    mqueues: dict[str, int] = field(default_factory=dict)  # message queues by name -> open descriptions of each
    ktrace_files: dict[str, KtrNode] = field(default_factory=dict)  # trace files in use


def kern(k: Machine) -> NetBSD:
    """The NetBSD globals of a machine."""
    return k.kern  # type: ignore[return-value]  # a cast would be another call, on the way of every call


def occupant(k: Machine, p: Proc) -> Proc:
    """Whose process structure lies where `p`'s did: itself, unless it was freed and its memory has been handed out again."""
    reborn = kern(k).reborn
    while p in reborn:
        p = reborn[p]
    return p


def ms_to_ticks(ms: int) -> int:
    """Milliseconds in ticks; whatever is positive is at least one."""
    ticks = ms * HZ // 1000
    return 1 if ms > 0 and not ticks else ticks


def is_kqueue(fp: File) -> bool:
    """Whether an open file is a kernel event queue."""
    return fp.f_type == "kqueue"
