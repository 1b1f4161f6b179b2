"""Explains how two flavors part on a scenario: at which step, on which facts, and which lines of C decided each of them.

A fact parts at the step from which on it differs to the end (or, if it agrees again later, at the first step at all). What
decided it on a flavor is, in this order:

- the last write, in that step, to the place that the fact is read from; of sums and logs, each write; of flag words and signal
  sets, those that changed a bit in question. What an object is given when it is made is written there;
- if there is none, the last decision of that step whose other way would have written it;
- if there is none, the error with which the step's call failed;
- if there is none, what wrote it before, or that nothing has since the start.

A write to what several processes share comes with the last write of a reference to it that one of them got.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oracle.explain.partings import Parting, Story, grouped, partings_of, phases, tell
from oracle.explain.reasons import Reason, Witness
from oracle.explain.record import Recorder
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.outcome import Outcome
from oracle.run import Execution
from oracle.scenario import Concurrently, Item, Scenario, Step, selects
from oracle.schedule import Scheduled


@dataclass(frozen=True, slots=True)
class Side:
    """One flavor's part in a difference."""

    flavor: str
    value: Value | None
    reasons: tuple[Reason, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of C that decided, in order of text; of what cites nothing, what was the case."""
        return tuple(
            sorted({f"{one.cite.source}, {one.cite.where}" if one.cite is not None else one.kind for one in self.reasons})
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact on which the flavors part, at which step (0: the start), and why. `lasts`: to the end of the scenario.

    `follows` are facts that differ only because of this one: those of a process that there is on one flavor alone.
    """

    path: str
    step: int
    sides: tuple[Side, Side]
    lasts: bool
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A step of the scenario and what it came to on each flavor (None: it was not taken there); the facts that part there."""

    item: Item | None
    outcomes: tuple[tuple[Outcome, ...], tuple[Outcome, ...]]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How two flavors part on a scenario. `silent`: why there is nothing to compare, if a run says nothing."""

    scenario: Scenario
    flavors: tuple[Flavor, Flavor]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]  # in the order in which they part
    silent: tuple[str, ...] = ()

    @property
    def first(self) -> Difference | None:
        """The first difference."""
        return self.differences[0] if self.differences else None


def explain(scenario: Scenario, one: Flavor, other: Flavor, schedule: str = "") -> Explanation:
    """Run a scenario on two flavors, and say where they part and why. Never raises for what a flavor does.

    Raises UsageError for a flavor that can't be watched, or for a schedule that does not fit.
    """
    flavors = (one, other)
    stories = (tell(scenario, one, schedule), tell(scenario, other, schedule))
    silent = tuple(f"{flavor.id}: {story.silent}" for flavor, story in zip(flavors, stories, strict=True) if story.silent)
    items = [None, *scenario.steps]
    partings = [] if silent else partings_of(scenario, flavors, stories)
    rows = tuple(_row(item, stories, partings) for item in items)
    if not partings:
        return Explanation(scenario, flavors, rows, (), silent)
    kept, follows = grouped(scenario, partings)
    reasons = (
        _reasons(scenario, flavors, 0, kept, schedule),
        _reasons(scenario, flavors, 1, kept, schedule),
    )
    found = [
        Difference(
            parting.path,
            parting.step,
            (
                Side(one.id, parting.values[0], reasons[0].get(parting.path, ())),
                Side(other.id, parting.values[1], reasons[1].get(parting.path, ())),
            ),
            parting.lasts,
            tuple(follows.get(parting.path, ())),
        )
        for parting in kept
    ]
    return Explanation(scenario, flavors, rows, tuple(sorted(found, key=_when)), silent)


def _when(difference: Difference) -> tuple[int, int]:
    """The order in which flavors part: by step, then by what the first of them did first."""
    times = [min((reason.serial for reason in side.reasons if reason.now), default=0) for side in difference.sides]
    return difference.step, times[0] or times[1] or 1 << 60


def _row(item: Item | None, stories: tuple[Story, Story], partings: Iterable[Parting]) -> Row:
    index = 0 if item is None else item.index
    wanted = {step.index for step in item.steps} if isinstance(item, Concurrently) else {index}
    outcomes = [
        tuple(one for one in story.outcomes.get(index, ()) if one.step in wanted and item is not None) for story in stories
    ]
    return Row(item, (outcomes[0], outcomes[1]), tuple(parting.path for parting in partings if parting.step == index))


# --- why ----------------------------------------------------------------------------------------------------------------


def _reasons(
    scenario: Scenario, flavors: tuple[Flavor, Flavor], side: int, partings: Sequence[Parting], schedule: str
) -> dict[str, tuple[Reason, ...]]:
    """Run on a flavor again, under observation, and say what decided some facts where they part."""
    execution = Execution(scenario, flavors[side], checked=False, chooser=Scheduled(schedule))
    recorder = Recorder(execution.k, flavors[side])
    witness = Witness(execution, recorder)
    found: dict[str, tuple[Reason, ...]] = {}
    steps = execution.steps()
    next(steps)
    recorder.begin()
    item: Item | None = None
    for phase in phases(scenario, flavors):
        before = recorder.serial
        calls: tuple[Step, ...] = ()
        while phase != (0,) and (item is None or item.index < phase[-1]) and _more(scenario, flavors[side], item, phase):
            with recorder.watching():
                item = next(steps, None)
            if item is None:
                break
            calls += item.steps if isinstance(item, Concurrently) else (item,) if isinstance(item, Step) else ()
        witness.window(before, tuple(step.index for step in calls))
        for parting in partings:
            if parting.step == phase[-1]:
                found[parting.path] = witness.reasons(parting.path, parting.values[side], parting.others[side])
    execution.k.dismantle()
    return found


def _more(scenario: Scenario, flavor: Flavor, last: Item | None, phase: tuple[int, ...]) -> bool:
    """Whether a flavor takes another step of a phase."""
    return any(
        (last is None or item.index > last.index) and item.index in phase and (not item.only or selects(item.only, flavor.id))
        for item in scenario.steps
    )
