"""Explains how two flavors part on a scenario: at which step, on which facts, and which lines of C decided each of them.

A fact parts at the step from which on it differs to the end (or, if it agrees again later, at the first step at all). What
decided it on a flavor is, in this order:

- the last write, in that step, to the place that the fact is read from; of sums and logs, each write; of flag words and signal
  sets, those that changed a bit in question. What an object is given when it is made is written there;
- if there is none, the last decision of that step whose other way would have written it;
- if there is none, the error with which the step's call failed;
- if there is none, what wrote it before, or that nothing has since the start.

A write to what several processes share comes with the last write of a reference to it that one of them got.

What a call gave was decided where a cited line returned it; else by the function that the call made its answer of, or by the
last write to what it read. Registers are what the last call gave, so they follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oracle.explain.partings import Parting, Story, grouped, partings_of, phases, tell
from oracle.explain.reasons import Reason
from oracle.explain.watch import View, reasons_of
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.outcome import Outcome
from oracle.scenario import Concurrently, Item, Scenario


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
    (explanation,) = explain_all(scenario, [(one, other)], schedule)
    return explanation


def explain_all(scenario: Scenario, pairs: Sequence[tuple[Flavor, Flavor]], schedule: str = "") -> tuple[Explanation, ...]:
    """The same for several pairs, in their order. Each flavor is run twice, however many pairs it is in."""
    flavors = {flavor.id: flavor for pair in pairs for flavor in pair}
    stories = {name: tell(scenario, flavor, schedule) for name, flavor in flavors.items()}
    compared = [_Pair(scenario, pair, (stories[pair[0].id], stories[pair[1].id])) for pair in pairs]
    for name, flavor in flavors.items():
        views = [View(phases(scenario, one.flavors), one.kept, side) for one in compared for side in one.sides_of(name)]
        if any(view.partings for view in views):
            reasons_of(scenario, flavor, views, schedule)
            found = iter(views)
            for one in compared:
                for side in one.sides_of(name):
                    one.reasons[side] = next(found).found
    return tuple([one.explanation() for one in compared])


class _Pair:
    """Two flavors on a scenario: where they part, and, when they have been watched, why."""

    def __init__(self, scenario: Scenario, flavors: tuple[Flavor, Flavor], stories: tuple[Story, Story]) -> None:
        self.scenario = scenario
        self.flavors = flavors
        self.stories = stories
        self.silent = tuple(
            f"{flavor.id}: {story.silent}" for flavor, story in zip(flavors, stories, strict=True) if story.silent
        )
        self.partings = [] if self.silent else partings_of(scenario, flavors, stories)
        self.kept, self.follows = grouped(scenario, self.partings)
        self.reasons: list[Mapping[str, tuple[Reason, ...]]] = [{}, {}]

    def sides_of(self, flavor: str) -> list[int]:
        """On which sides a flavor is: on both, if it is compared with itself."""
        return [side for side, one in enumerate(self.flavors) if one.id == flavor]

    def explanation(self) -> Explanation:
        """What has been found."""
        rows = tuple([_row(item, self.stories, self.partings) for item in [None, *self.scenario.steps]])
        found = [self._difference(parting) for parting in self.kept]
        return Explanation(self.scenario, self.flavors, rows, tuple(sorted(found, key=_when)), self.silent)

    def _difference(self, parting: Parting) -> Difference:
        one, other = [
            Side(flavor.id, value, reasons.get(parting.path, ()))
            for flavor, value, reasons in zip(self.flavors, parting.values, self.reasons, strict=True)
        ]
        follows = tuple(self.follows.get(parting.path, ()))
        return Difference(parting.path, parting.step, (one, other), parting.lasts, follows)


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
