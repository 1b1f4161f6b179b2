"""What few processes and machines have at the start: the rarely turned knobs, apart, so that plain starts never look at them.

A scenario writes the knobs of a process as keys of the process. A flavor sets them with `Flavor.furnish` and `Flavor.settle`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from oracle.errors import ScenarioError

LACKS = ("group", "text", "arguments")  # what a process may be without
STOPS = ("fork", "exec", "exit")  # at which it may be marked to stop
FAULTS = {"uarea": "kernel memory for the u-area of a new process"}  # what an allocation may fail to get
SHARED = ("files", "memory", "handlers", "directories")  # what a process may use of another one's
MAX_TID = 0x7FFFFFFF
MAX_COUNT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Sharing:
    """By role, whose structures a process uses; empty: its own."""

    files: str = ""
    memory: str = ""
    handlers: str = ""
    directories: str = ""


@dataclass(frozen=True, slots=True)
class ThreadSpec:
    """A thread beside the first one, which can be an actor."""

    name: str
    tid: int | None = None  # the one after the highest, if None
    masked: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TracedSpec:
    """Who debugs a process, and whether its forks are reported."""

    by: str
    forks: bool = False


@dataclass(frozen=True, slots=True)
class KtraceSpec:
    """The file that a process's trace goes to, and whether that of its children will."""

    file: str
    inherit: bool = False


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """What an event queue of a process watches."""

    fd: int
    process: str
    notes: tuple[str, ...]  # such as ("NOTE_FORK", "NOTE_EXIT")


@dataclass(frozen=True, slots=True)
class ProcessExtras:
    """What a process has at the start beyond what every process has. The default is what plain processes have."""

    shares: Sharing = Sharing()
    leader: str = ""  # DragonFly: a role behind whom it stands among the peers of that one's leader; itself, if empty
    tracks_leader: bool = False  # DragonFly: has the node that an earlier sharing of descriptors left
    threads: tuple[ThreadSpec, ...] = ()
    last_tid: int | None = None  # the highest there is, if None
    traced: TracedSpec | None = None
    ktrace: KtraceSpec | None = None
    watches: tuple[WatchSpec, ...] = ()
    lacks: tuple[str, ...] = ()  # of LACKS
    arguments: str | None = None  # its command, if None
    terminal_mark: bool | None = None  # as `terminal` and its session have it, if None
    profiling: bool = False
    system: bool = False
    own_limits: bool = False
    nocldstop: bool = False
    nocldwait: bool = False
    stops_on: tuple[str, ...] = ()  # of STOPS
    emulation: str = ""
    message_queues: int | None = None  # those that it has open, if None
    compat32: bool = False
    virtual_kernel: bool = False
    moved_handlers: bool = False


@dataclass(frozen=True, slots=True)
class MachineExtras:
    """What few machines have at the start, or will fail at."""

    last_pid: int | None = None
    fork_hooks: tuple[str, ...] = ()  # in order of registration
    emulation_hooks: tuple[str, ...] = ()  # emulations that have one
    faults: tuple[tuple[str, tuple[int, ...]], ...] = ()  # (of FAULTS, which of the allocations after the start fail, from 1)

    def __post_init__(self) -> None:
        for what, times in self.faults:
            if what not in FAULTS:
                raise ScenarioError(f"faults: there is no fault {what!r}; there are {', '.join(FAULTS)}")
            if not times or list(times) != sorted(set(times)) or times[0] < 1:
                raise ScenarioError(f"faults: {what} is {list(times)}; expected rising numbers from 1 on")


def turned(extras: ProcessExtras | MachineExtras) -> list[str]:
    """The names of the knobs that are not as they are on plain processes and machines."""
    plain = type(extras)()
    names = [field.name for field in fields(extras)]
    return [name for name in names if getattr(extras, name) != getattr(plain, name)]
