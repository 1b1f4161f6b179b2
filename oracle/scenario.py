"""Scenario values: a machine state (see `oracle.start`), a program of steps by named actors, and what is expected.

Everything here is frozen, printable and comparable. `oracle.load` reads the same values from YAML, and says where in the file
a flaw is; a start that no machine can have is a ScenarioError here, too, when the value is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeAlias

from oracle.errors import ScenarioError
from oracle.facts import Value
from oracle.start import (
    ALWAYS_THERE,
    PLAIN_MACHINE,
    RESERVED,
    STUBBORN,
    FileSpec,
    MachineSpec,
    ProcessSpec,
    RegionSpec,
    check_start,
    not_a_role,
)

__all__ = [
    "ALWAYS_THERE", "RESERVED", "STUBBORN", "ArgValue", "Check", "Expectation", "Expected", "FileSpec", "MachineSpec",
    "ProcessSpec", "RegionSpec", "Scenario", "Selector", "Step", "not_a_role", "selects",
]  # fmt: skip

ArgValue = bool | int | str | tuple[str, ...] | None
Selector = str  # "dragonfly", "dragonfly@1.62", or "all"


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


class Quantifier(Enum):
    """Under which schedules facts hold. The value is the word in scenario files."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Check:
    """Facts expected at this point of the program; or, as a `sign`, those by which the scenario's defect is known, or which the
    assertion of a standard requires.

    Where steps ran concurrently, `quantifier` says under which schedules they hold together; a sign has to hold under one.
    """

    index: int
    expected: tuple[Expectation, ...]
    only: tuple[Selector, ...] = ()
    sign: bool = False  # `shows` in the file, or `requires`
    quantifier: Quantifier = Quantifier.ALWAYS
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it


@dataclass(frozen=True, slots=True)
class Concurrently:
    """Steps of several actors that go on at the same time: every order is meant that the kernel allows.

    Each actor takes its own steps one after the other, as soon as it is back in user mode; one that is born meanwhile begins
    then. The steps count on from the one before the block; `index` is the first one's.
    """

    index: int
    steps: tuple[Step, ...]
    only: tuple[Selector, ...] = ()
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
class Assertion:
    """What a standard says, and a scenario witnesses: satisfied where all is there that it requires."""

    id: str  # standard/assertion: "posix/fork-03"
    clause: str  # where the standard says it
    violated_on: tuple[Selector, ...] = ()
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it

    def is_on(self, flavor_id: str) -> bool:
        """Whether all signs are to be there, which is to satisfy it."""
        return not (self.violated_on and selects(self.violated_on, flavor_id))


Entry: TypeAlias = Defect | Assertion  # of a register of defects, or of a standard
Item: TypeAlias = Step | Check | Concurrently  # of a program


class Focus(NamedTuple):
    """What a scenario makes worth looking at beyond what is always observed."""

    actors: tuple[str, ...]  # who makes calls; the kernel, init and the shell are looked at only if they do
    resources: tuple[str, ...]  # limits that are set or changed
    extras: bool = False  # whether a process starts with more than every process has


NOTHING_MORE = Focus((), ())


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. `agree` lists facts (by glob) on which its flavors have to agree; "*" is all but one system's own.

    Where it shows an entry of a register of defects, `defect` says which, and its signs are among the steps. `standard` is
    likewise for what a standard says, and no scenario has both.
    """

    name: str  # path below the specs folder without its ending, such as "limits/last-slots"
    title: str
    why: str
    topic: str
    steps: tuple[Item, ...]
    machine: MachineSpec = PLAIN_MACHINE
    processes: tuple[ProcessSpec, ...] = (ProcessSpec("parent"),)
    only: tuple[Selector, ...] = ()
    agree: tuple[str, ...] = ()
    defect: Defect | None = None
    standard: Assertion | None = None
    file: str = field(default="", compare=False)
    concurrent: bool = field(default=False, compare=False)  # whether there is more than one schedule to run it under
    focus: Focus = field(default=NOTHING_MORE, compare=False)  # this and the last follow from the others, whatever is given

    def asks_for(self, path: str) -> bool:
        """Whether a check or a promise of agreement names a fact; a promise about everything names none."""
        checks = (step for step in self.steps if isinstance(step, Check))
        return any(expectation.path == path for check in checks for expectation in check.expected) or any(
            glob != "*" and fnmatchcase(path, glob) for glob in self.agree
        )

    def __post_init__(self) -> None:
        check_start(self.processes)
        object.__setattr__(self, "concurrent", any(isinstance(item, Concurrently) for item in self.steps))
        object.__setattr__(self, "focus", _focus(self.calls, self.processes))
        for step in self.calls:
            if step.born in RESERVED:
                raise ScenarioError(f"step {step.index}: {not_a_role(step.born)}")
        if self.defect is not None and not self.defect.on:
            raise ScenarioError(f"{self.defect.id}: no flavor has it; say in `on` which have")
        if self.defect is not None and self.standard is not None:
            raise ScenarioError(f"it shows {self.defect.id} and witnesses {self.standard.id}: make it two scenarios")

    @property
    def entry(self) -> Entry | None:
        """What its signs are signs of."""
        return self.defect if self.defect is not None else self.standard

    @property
    def calls(self) -> tuple[Step, ...]:
        """All steps, those that run concurrently among them, in the order of their numbers."""
        return steps_in(self.steps)

    def runs_on(self, flavor_id: str) -> bool:
        """Whether the scenario is meant for a flavor."""
        return selects(self.only, flavor_id)


def steps_in(program: Sequence[Item]) -> tuple[Step, ...]:
    """All steps of a program, those that run concurrently among them, in the order of their numbers."""
    return tuple(
        step
        for item in program
        if not isinstance(item, Check)
        for step in (item.steps if isinstance(item, Concurrently) else (item,))
    )


def _focus(calls: tuple[Step, ...], processes: tuple[ProcessSpec, ...]) -> Focus:
    actors: dict[str, None] = {}
    resources: dict[str, None] = {}
    for step in calls:
        actors[step.by] = None
        if step.call == "setrlimit" and "resource" in step.args:
            resources[str(step.args["resource"])] = None
    for process in processes:
        for resource, _, _ in process.limits:
            resources[resource] = None
    return Focus(tuple(actors), tuple(resources), any(process.extras is not None for process in processes))


def selects(only: tuple[Selector, ...], flavor_id: str) -> bool:
    """Whether a list of selectors (empty: everybody) names a flavor."""
    return not only or flavor_id in only or flavor_id.partition("@")[0] in only or "all" in only
