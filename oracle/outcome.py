"""What a run comes to: one frozen value with all that happened, was observed, was expected and did not hold.

The two values that every run makes are named tuples: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from oracle.facts import Value
from oracle.observation import Observation

ASLEEP, SPINS, GONE, INEXPRESSIBLE, UNMODELLED = "asleep", "spins", "does not return", "inexpressible", "unmodelled"
ABSENT = "absent"  # how a fact that was not observed is shown; the same word expects it in a scenario


class Outcome(NamedTuple):
    """What became of one step. `result` is comparable between flavors; `detail` is the system's own reason."""

    step: int  # its number
    by: str
    call: str  # as made on this flavor, with its arguments
    result: str
    detail: str
    elapsed: int  # simulated milliseconds


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that was not met; `line` is where it stands in the file."""

    path: str
    expected: Value
    actual: Value | None
    line: int
    when: str = ""  # under which schedule, where there are several


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A defect that was seen where it should not be, or the other way round; or likewise an assertion that was satisfied.

    `sign`: the one that is missing, if one is.

    `line` is where the scenario says that it should be otherwise.
    """

    text: str
    line: int
    sign: Unmet | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold after a step, or within a block. `known` says why, if the real kernel breaks it, too."""

    rule: str
    text: str
    step: int
    known: str
    when: str = ""  # under which schedule, where there are several


class RunResult(NamedTuple):
    """All that a run came to."""

    scenario: str
    flavor: str
    outcomes: tuple[Outcome, ...]
    observation: Observation
    unmet: tuple[Unmet, ...] = ()
    violations: tuple[Violation, ...] = ()
    unmodelled: str = ""  # what the flavor does not model, if the scenario met it: then the rest says nothing
    crash: str = ""  # the traceback, if the flavor (or we) failed
    shown: bool | None = None  # whether all signs of the scenario's entry were there; None: it has none, or did not end
    misplaced: tuple[Misplaced, ...] = ()
    exploration: Exploration | None = None  # where steps ran concurrently: what can become of them
    stuck: tuple[str, ...] = ()  # a line for each who can never go on: where, and why

    @property
    def ok(self) -> bool:
        """Whether all went as expected."""
        return not (self.unmet or self.misplaced or self.crash or any(not violation.known for violation in self.violations))


def written(value: Value | None) -> str:
    """The text of a fact's value."""
    if value is None:
        return ABSENT
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


class Possibility(NamedTuple):
    """One thing that can become of concurrent steps."""

    outcomes: tuple[Outcome, ...]
    observation: Observation
    schedule: str  # that leads to it; of those met, the one closest to the default
    runs: int  # executions that came to it: not how likely it is, and not how many schedules there are
    unmodelled: str = ""
    crash: str = ""
    stuck: tuple[str, ...] = ()  # a line for each who can never go on: where, and why


class Exploration(NamedTuple):
    """The runs of a scenario under every schedule that could make a difference."""

    possibilities: tuple[Possibility, ...]  # by their schedules, the default's first
    executions: int
    steps: int  # moves of actors, in all executions
    states: int  # different ones that were gone through
    exhaustive: bool  # whether no schedule was left out
    bound: int | None = None  # the most preemptions of a schedule, if there was a limit
