"""Scenario values: a machine state, a program of steps by named actors, and what is expected.

Everything here is frozen, printable and comparable. `oracle.load` reads the same values from YAML, and says where in the file
a flaw is; a start that no machine can have is a ScenarioError here, too, when the value is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from oracle.errors import ScenarioError
from oracle.facts import Value

ALWAYS_THERE = ("kernel", "init", "shell")  # roles, in the order in which they are made
STUBBORN = ("SIGKILL", "SIGSTOP")  # signals that no system lets a process catch or ignore
RESERVED = frozenset((*ALWAYS_THERE, "call", "machine", "all", "none", "absent", "asleep", "spins"))  # no role to give

ArgValue = bool | int | str | tuple[str, ...] | None
Selector = str  # "dragonfly", "dragonfly@1.62", or "all"


@dataclass(frozen=True, slots=True)
class FileSpec:
    """An open descriptor of a process at the start."""

    fd: int
    path: str
    offset: int = 0
    cloexec: bool = False
    kind: str = "vnode"


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """A mapped region of a process at the start."""

    name: str
    value: str = "0"
    inherit: str = "copy"
    wired: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process at the start.

    `parent`, `group` and `session` are roles; a group or session is named by the process that leads it, empty for itself.
    """

    name: str
    parent: str = "shell"
    uid: int = 1000  # real user id
    euid: int | None = None  # effective; the real one, if None
    svuid: int | None = None  # saved; the effective one, if None
    group: str = ""
    session: str = "shell"
    terminal: bool = True  # marked as having its session's controlling terminal
    jail: str = ""
    sugid: bool = False
    nice: int = 0
    command: str = "prog"
    text: str = "/bin/prog"
    cwd: str = "/home"
    root: str = "/"
    umask: int = 0o22
    files: tuple[FileSpec, ...] = (FileSpec(0, "/dev/tty"),)
    memory: tuple[RegionSpec, ...] = (RegionSpec("data"),)
    limits: tuple[tuple[str, int, int], ...] = ()  # (resource, soft, hard) that differ from the system's defaults
    masked: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    caught: tuple[tuple[str, str], ...] = ()  # (signal, handler)


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """The machine at the start. Process 0, init and a shell (session leader with a terminal) are always there.

    A tunable is meant for the flavors that have it (`Flavor.tunables`): it is nothing to the others, whose kernels have no such
    knob to turn, and they run as if it were not there. So one that no flavor has would say nothing at all: a file with such a
    one is refused when it is read, as whoever makes the value in Python has to do.
    """

    maxproc: int | None = None  # the system's default, if None
    background: tuple[tuple[int, int], ...] = ()  # (uid, how many processes): counted, but they take no part
    tunables: tuple[tuple[str, int], ...] = ()  # by the system's own names
    terminal: bool = True  # whether the shell's session has a controlling terminal

    def __post_init__(self) -> None:
        for uid, count in self.background:
            if uid < 0 or count < 0:
                raise ScenarioError(f"background: {count} processes of user {uid}; expected numbers from 0 on")


@dataclass(frozen=True, slots=True)
class Step:
    """One call by one actor. `args` are as written; `index` counts the steps of the file from 1."""

    index: int
    by: str
    call: str
    args: Mapping[str, ArgValue] = field(default_factory=dict)
    born: str = ""  # role of the process or thread that the call makes (`as:` in the file)
    only: tuple[Selector, ...] = ()
    gives: Expected | None = None  # expected of the call when the step ends
    finally_gives: Expected | None = None  # expected of the call when the scenario ends
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it


@dataclass(frozen=True, slots=True)
class Check:
    """Facts expected at this point of the program; or, as a `sign`, those by which the scenario's defect is known."""

    index: int
    expected: tuple[Expectation, ...]
    only: tuple[Selector, ...] = ()
    sign: bool = False  # `shows` in the file
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it


@dataclass(frozen=True, slots=True)
class Expected:
    """A value, or a value for each of some flavors: (selector, value), the most precise selector wins.

    The text "absent" stands for a fact that is not observed at all.
    """

    by_flavor: tuple[tuple[Selector, Value], ...]
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it

    def for_flavor(self, flavor_id: str) -> Value | None:
        """What is expected of a flavor; None if nothing is."""
        values = dict(self.by_flavor)
        for selector in (flavor_id, flavor_id.partition("@")[0], "all"):
            if selector in values:
                return values[selector]
        return None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One fact, by path, and what it should be."""

    path: str
    expected: Expected
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it


class Promise(Enum):
    """What code does with what a manual page says of it. The value is the word in scenario files."""

    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Defect:
    """The entry of a register that a scenario shows: on these flavors, and on no other that it runs on.

    An entry that sets a manual page against the code says what came of the page's promise; what is shown is what the code does.
    """

    id: str  # system/entry: "dragonfly/Q12", or "dragonfly/M3" for a row on manual pages
    on: tuple[Selector, ...]
    promise: Promise | None = None
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it

    def is_on(self, flavor_id: str) -> bool:
        """Whether a flavor has it."""
        return selects(self.on, flavor_id)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. `agree` lists facts (by glob) on which its flavors have to agree; "*" is all but one system's own.

    Where it shows an entry of a register of defects, `defect` says which, and its signs are among the steps.
    """

    name: str  # path below the specs folder without its ending, such as "limits/last-slots"
    title: str
    why: str
    topic: str
    steps: tuple[Step | Check, ...]
    machine: MachineSpec = MachineSpec()
    processes: tuple[ProcessSpec, ...] = (ProcessSpec("parent"),)
    only: tuple[Selector, ...] = ()
    agree: tuple[str, ...] = ()
    defect: Defect | None = None
    file: str = field(default="", compare=False)

    def asks_for(self, path: str) -> bool:
        """Whether a check or a promise of agreement names a fact; a promise about everything names none."""
        checks = (step for step in self.steps if isinstance(step, Check))
        return any(expectation.path == path for check in checks for expectation in check.expected) or any(
            glob != "*" and fnmatchcase(path, glob) for glob in self.agree
        )

    def __post_init__(self) -> None:
        known = ["shell", "init"]
        for process in self.processes:
            _check_start(process, known)
            known.append(process.name)
        for step in self.steps:
            if isinstance(step, Step) and step.born in RESERVED:
                raise ScenarioError(f"step {step.index}: {not_a_role(step.born)}")
        if self.defect is not None and not self.defect.on:
            raise ScenarioError(f"{self.defect.id}: no flavor has it; say in `on` which have")

    def runs_on(self, flavor_id: str) -> bool:
        """Whether the scenario is meant for a flavor."""
        return selects(self.only, flavor_id)


def selects(only: tuple[Selector, ...], flavor_id: str) -> bool:
    """Whether a list of selectors (empty: everybody) names a flavor."""
    return not only or flavor_id in only or flavor_id.partition("@")[0] in only or "all" in only


def not_a_role(name: str) -> str:
    """What to say of a name that nobody may give to a process."""
    return (
        f"no process can be called {name!r}, which {'is always there' if name in ALWAYS_THERE else 'has a meaning of its own'}"
    )


def _check_start(process: ProcessSpec, known: list[str]) -> None:
    """Raise ScenarioError if there can be no such process beside those that are known already."""
    name = process.name
    if name in RESERVED:
        raise ScenarioError(not_a_role(name))
    if name in known:
        raise ScenarioError(f"there are two processes called {name!r}; give one another name")
    for key, role in (("parent", process.parent), ("group", process.group), ("session", process.session)):
        if role not in known and (role or key == "parent"):
            raise ScenarioError(f"{name}: {key} is {role!r}; expected a process that stands before it: {', '.join(known)}")
    for signal in (*process.ignored, *(signal for signal, _ in process.caught)):
        if signal in STUBBORN:
            raise ScenarioError(f"{name}: {signal} can be neither caught nor ignored")
    for uid in (process.uid, process.euid, process.svuid):
        if uid is not None and uid < 0:
            raise ScenarioError(f"{name}: user id {uid}; expected a number from 0 on")
