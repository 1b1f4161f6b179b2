"""The shape of the start in a scenario file: the machine and its processes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from oracle.calls import PORTABLE_BY_NAME
from oracle.extras import FAULTS, LACKS, MAX_COUNT, MAX_TID, STOPS
from oracle.load.parts import (
    DESCRIPTOR,
    LEFT_OUT,
    MAX_DESCRIPTOR,
    UID,
    Octal,
    Role,
    RoleOrNothing,
    Shape,
    Signal,
    Signals,
    Text,
    Uid,
)

MAX_BACKGROUND = 1_000_000
MAX_THREADS = 50
MAX_LAST_PID = 99_998
MAX_FAULT = 1_000_000

Times = Annotated[int, Field(ge=1, le=MAX_FAULT)]

RESOURCES = next(param.choices for param in PORTABLE_BY_NAME["setrlimit"].params if param.name == "resource")
FILE_KINDS = ("vnode", "pipe", "socket", "kqueue", "mqueue")


class FileShape(Shape):
    """An open descriptor."""

    path: Text = Field(description="The file, or a name for what has no path.")
    offset: int = Field(0, ge=0, description="Where the next read or write would be, in bytes.")
    cloexec: bool = Field(False, description="Whether exec closes it.")
    kind: Literal[FILE_KINDS] = Field("vnode", description="What it refers to.")  # type: ignore[valid-type]  # made at run time


class RegionShape(Shape):
    """A mapped region of memory."""

    value: str | int = Field("0", description="What it holds.")
    inherit: Literal["share", "copy", "none"] = Field("copy", description="What a child gets of it.")
    wired: bool = Field(False, description="Whether it is locked in memory.")


class LimitShape(Shape):
    """A resource limit."""

    soft: int = Field(ge=-1, description="The soft limit; -1 for no limit.")
    hard: int = Field(ge=-1, description="The hard limit; -1 for no limit.")


class SharesShape(Shape):
    """Whose structures a process uses in place of its own; they really are the same ones."""

    files: Role = Field(LEFT_OUT, description="Whose descriptor table; on DragonFly, directories and umask are in it.")
    memory: Role = Field(LEFT_OUT, description="Whose address space.")
    handlers: Role = Field(LEFT_OUT, description="Whose table of signal handlers.")
    directories: Role = Field(LEFT_OUT, description="Whose working and root directory, and umask.")


class ThreadShape(Shape):
    """A thread beside the first one; it can be an actor."""

    tid: int = Field(LEFT_OUT, ge=2, le=MAX_TID, description="Its id; the one after the highest, if left out.")
    masked: Signals = Field([], description="Signals that it masks.")
    pending: Signals = Field([], description="Signals pending for it alone.")


class TracedShape(Shape):
    """Who debugs a process. It goes on running, as after an attach and a continue."""

    by: Role = Field(description="The debugger: the parent or another process.")
    forks: bool = Field(False, description="Whether its forks are reported, and its children debugged, too (NetBSD).")


class KtraceShape(Shape):
    """A kernel trace."""

    file: Text = Field(description="The file that the trace goes to.")
    inherit: bool = Field(False, description="Whether that of its children will go there, too.")


class WatchShape(Shape):
    """Something that an event queue watches."""

    fd: int = Field(ge=0, le=MAX_DESCRIPTOR, description="The descriptor of the queue, open in `files` with kind kqueue.")
    process: Role = Field(description="The process that is watched.")
    notes: Text = Field(description="What is watched for, such as NOTE_FORK|NOTE_EXIT.")


class PlainProcessShape(Shape):
    """What every process has."""

    uid: Uid = Field(1000, description="Real user id.")
    euid: Uid = Field(LEFT_OUT, description="Effective user id; the real one, if left out.")
    svuid: Uid = Field(LEFT_OUT, description="Saved user id; the effective one, if left out.")
    parent: Role = Field("shell", description="Its parent.")
    group: RoleOrNothing = Field("", description="The process that leads its group; itself, if left out.")
    session: RoleOrNothing = Field(
        "shell", description="The process that leads its session, or itself; that of its group's leader, if left out."
    )
    terminal: bool = Field(True, description="Whether it is marked as having its session's controlling terminal.")
    jail: str = Field("", description="The jail it is in.")
    sugid: bool = Field(False, description="Whether it is marked as having changed its ids.")
    nice: int = Field(0, ge=-20, le=20, description="Its nice value.")
    command: Text = Field("prog", description="Its command name.")
    text: Text = Field("/bin/prog", description="The file that its program came from.")
    cwd: Text = Field("/home", description="Its working directory.")
    root: Text = Field("/", description="Its root directory.")
    umask: Octal = Field("022", description="Its file mode creation mask, in octal.")
    files: dict[Annotated[str, StringConstraints(pattern=DESCRIPTOR)], FileShape | Text] = Field(
        {"0": "/dev/tty"}, description="Open descriptors, in place of the default; a text alone is a path."
    )
    memory: dict[Text, RegionShape | str | int] = Field(
        {"data": "0"}, description="Mapped regions, in place of the default; a value alone is copied to children."
    )
    limits: dict[Literal[RESOURCES], LimitShape] = Field(  # type: ignore[valid-type]
        {}, description="Resource limits that differ from the system's."
    )
    masked: Signals = Field([], description="Signals that it masks.")
    pending: Signals = Field([], description="Signals pending for it.")
    ignored: Signals = Field([], description="Signals that it ignores.")
    caught: dict[Signal, Text] = Field({}, description="Signals that it catches, and the names of their handlers.")


class ProcessShape(PlainProcessShape):
    """A process at the start. Roles in it have to stand before it, or be shell or init."""

    shares: SharesShape = Field(LEFT_OUT, description="Whose structures it uses in place of its own.")
    leader: Role = Field(LEFT_OUT, description="The process behind which it is a peer of that one's leader (DragonFly).")
    tracks_leader: bool = Field(
        False,
        description="Whether an earlier sharing left it the node that says for which leader it uses its table (DragonFly).",
    )
    threads: dict[Role, ThreadShape | None] = Field(
        {}, max_length=MAX_THREADS, description="Threads beside the first one, by role."
    )
    last_tid: int = Field(
        LEFT_OUT, ge=1, le=MAX_TID, description="The thread id that was given out last; the highest, if left out."
    )
    traced: Role | TracedShape = Field(LEFT_OUT, description="Its debugger; a role alone is who debugs it.")
    ktrace: KtraceShape | Text = Field(
        LEFT_OUT, description="Its kernel trace; a text alone is the file, and children do not inherit it."
    )
    watches: list[WatchShape] = Field([], description="What its event queues watch; itself, too, if it likes.")
    lacks: list[Literal[LACKS]] = Field(  # type: ignore[valid-type]
        [], description="What it does not have: a process group (no real process is without), a program text, arguments."
    )
    arguments: Text = Field(LEFT_OUT, description="The arguments that ps shows; its command, if left out (DragonFly).")
    terminal_mark: bool = Field(
        LEFT_OUT,
        description="Whether it is marked as having a terminal, whatever its session has; as `terminal` says, if left out.",
    )
    profiling: bool = Field(False, description="Whether it is profiled.")
    system: bool = Field(False, description="Whether it is marked as a system process.")
    own_limits: bool = Field(False, description="Whether it has limits of its own, even if they are its parent's numbers.")
    nocldstop: bool = Field(False, description="Whether it wants no SIGCHLD for children that stop.")
    nocldwait: bool = Field(False, description="Whether it wants no zombies.")
    stops_on: list[Literal[STOPS]] = Field([], description="Where it, or its child, is to stop (NetBSD).")  # type: ignore[valid-type]
    emulation: Text = Field(LEFT_OUT, description="The system whose calls it makes; the machine's own, if left out.")
    message_queues: int = Field(
        LEFT_OUT, ge=0, le=MAX_COUNT, description="Open message queues as it counts them; those in `files`, if left out."
    )
    compat32: bool = Field(False, description="Whether it is a 32-bit program on a 64-bit kernel (NetBSD).")
    virtual_kernel: bool = Field(False, description="Whether it runs virtual machines of a virtual kernel (DragonFly).")
    moved_handlers: bool = Field(
        False, description="Whether an earlier sharing has moved its signal actions out of the u-area (DragonFly 1.62)."
    )


class MachineShape(Shape):
    """The machine at the start. Process 0, init and a shell are always there."""

    maxproc: int = Field(LEFT_OUT, ge=1, le=1_000_000, description="The most processes; the system's default, if left out.")
    background: dict[
        Annotated[str, StringConstraints(pattern=UID)], Annotated[int, Field(ge=0, le=MAX_BACKGROUND)]
    ] = Field({}, description="By user id: processes that are counted and take no part.")  # fmt: skip
    tunables: dict[Text, int] = Field({}, description="By the system's own names.")
    terminal: bool = Field(True, description="Whether the shell's session has a controlling terminal.")
    last_pid: int = Field(LEFT_OUT, ge=1, le=MAX_LAST_PID, description="The pid that was given out last before the first step.")
    fork_hooks: list[Text] = Field(
        [], description="Functions that the kernel calls at every fork, in order of registration; each prints a line."
    )
    emulation_hooks: list[Text] = Field([], description="Emulations with a fork hook of their own; it prints a line (NetBSD).")
    faults: dict[Literal[tuple(FAULTS)], Times | Annotated[list[Times], Field(min_length=1)]] = Field(  # type: ignore[valid-type]
        {},
        description="What fails, and which time after the start, from 1; "
        + "; ".join(f"{name}: {what}" for name, what in FAULTS.items())
        + ".",
    )
