"""Explains how two flavors part on a scenario: at which step, on which facts, and which lines of C decided each of them.

A fact parts at the step from which on it differs to the end (or, if it agrees again later, at the first step at all). What
decided it on a flavor is, in this order:

- the last write, in that step, to the place that the fact is read from; of sums and logs, each write; of flag words and signal
  sets, those that changed a bit in question. What an object is given when it is made is written there;
- if there is none, the last decision of that step whose other way would have written it;
- if there is none, the error with which the step's call failed;
- if there is none, what wrote it before.

A write by another process comes with the write of the reference by which they share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from oracle.diff import scope_of
from oracle.errors import LimitExceeded
from oracle.explain.reasons import Reason, Witness
from oracle.explain.record import Recorder
from oracle.facts import Scope, Subject, Value, split
from oracle.flavor import Flavor
from oracle.outcome import Outcome
from oracle.run import Execution
from oracle.scenario import Check, Concurrently, Item, Scenario, Step, selects
from oracle.schedule import Scheduled


@dataclass(frozen=True, slots=True)
class Side:
    """One flavor's part in a difference."""

    flavor: str
    value: Value | None
    reasons: tuple[Reason, ...]


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


@dataclass(slots=True)
class _Story:
    """One run, looked at after each step: by the number of the step, 0 for the start."""

    facts: dict[int, Mapping[str, Value]] = field(default_factory=dict)
    outcomes: dict[int, tuple[Outcome, ...]] = field(default_factory=dict)
    silent: str = ""


@dataclass(frozen=True, slots=True)
class _Parting:
    """A fact, and where it parts."""

    path: str
    step: int
    values: tuple[Value | None, Value | None]
    lasts: bool
    others: tuple[Mapping[str, Value], Mapping[str, Value]]  # for each flavor, the facts on the other


def explain(scenario: Scenario, one: Flavor, other: Flavor, schedule: str = "") -> Explanation:
    """Run a scenario on two flavors, and say where they part and why. Never raises for what a flavor does.

    Raises UsageError for a flavor that can't be watched, or for a schedule that does not fit.
    """
    flavors = (one, other)
    stories = (_tell(scenario, one, schedule), _tell(scenario, other, schedule))
    silent = tuple(f"{flavor.id}: {story.silent}" for flavor, story in zip(flavors, stories, strict=True) if story.silent)
    items = [None, *scenario.steps]
    partings = [] if silent else _partings(scenario, flavors, stories)
    rows = tuple(_row(item, stories, partings) for item in items)
    if not partings:
        return Explanation(scenario, flavors, rows, (), silent)
    kept, follows = _grouped(scenario, partings)
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


# --- where they part ----------------------------------------------------------------------------------------------------


def _tell(scenario: Scenario, flavor: Flavor, schedule: str) -> _Story:
    """Run without looking closer."""
    story = _Story()
    chooser = Scheduled(schedule)
    execution = Execution(scenario, flavor, checked=False, chooser=chooser)
    try:
        for item in execution.steps():
            index = 0 if item is None else item.index
            story.facts[index] = execution.facts()
            story.outcomes[index] = tuple(execution.outcome(made) for made in execution.made)
    except LimitExceeded as error:
        story.silent = str(error)
    except Exception as error:  # the flavor is foreign code; its crash is what there is to say
        story.silent = f"crashed: {type(error).__name__}: {error}"
    if execution.unmodelled:
        story.silent = f"unmodelled: {execution.unmodelled}"
    execution.k.dismantle()
    if not story.silent:
        chooser.check()
    return story


def _partings(scenario: Scenario, flavors: tuple[Flavor, Flavor], stories: tuple[_Story, _Story]) -> list[_Parting]:
    """The facts that differ at the end, each where it began to for good; and what differs at the first step where any does."""
    steps = [phase[-1] for phase in _phases(scenario, flavors)]
    views = [(step, _latest(stories[0], step), _latest(stories[1], step)) for step in steps]
    _, *last = views[-1]
    paths = list(dict.fromkeys([*last[0], *last[1]]))
    found = []
    for path in paths:
        if last[0].get(path) == last[1].get(path) or not _compared(scenario, flavors, path):
            continue
        since = next(
            (index + 1 for index in range(len(views) - 1, -1, -1) if views[index][1].get(path) == views[index][2].get(path)), 0
        )
        step, ours, theirs = views[since]
        found.append(_Parting(path, step, (ours.get(path), theirs.get(path)), True, (theirs, ours)))
    for step, ours, theirs in views:
        known = {parting.path for parting in found if parting.step == step}
        fresh = [
            path
            for path in dict.fromkeys([*ours, *theirs])
            if ours.get(path) != theirs.get(path) and _compared(scenario, flavors, path)
        ]
        found += [
            _Parting(path, step, (ours.get(path), theirs.get(path)), False, (theirs, ours))
            for path in fresh
            if path not in known
        ]
        if fresh:
            break
    return found


def _latest(story: _Story, step: int) -> Mapping[str, Value]:
    """The facts after a step, or after the last one before it that was taken."""
    return story.facts[max((one for one in story.facts if one <= step), default=0)] if story.facts else {}


def _compared(scenario: Scenario, flavors: tuple[Flavor, Flavor], path: str) -> bool:
    """Whether a fact is compared between two flavors; one about a step that one of them does not take says nothing."""
    if path.startswith("call."):
        number = int(path.split(".")[1])
        if not all(_takes(scenario, flavor, number) for flavor in flavors):
            return False
    scope = scope_of(path)
    if scope is Scope.ALL:
        return True
    if scope is Scope.ASKED:
        return scenario.asks_for(path)
    return flavors[0].system == flavors[1].system and (scope is Scope.SYSTEM or scenario.asks_for(path))


def _takes(scenario: Scenario, flavor: Flavor, number: int) -> bool:
    """Whether a flavor takes the step of a number."""
    for item in scenario.steps:
        inside = item.steps if isinstance(item, Concurrently) else (item,)
        for one in inside:
            if one.index == number:
                return all(not only or selects(only, flavor.id) for only in (item.only, one.only))
    return False


def _phases(scenario: Scenario, flavors: tuple[Flavor, Flavor]) -> list[tuple[int, ...]]:
    """The steps, those together that are one flavor's and the other's way of doing the same; 0 is the start."""
    found: list[tuple[int, ...]] = [(0,)]
    alone: list[int] = []
    takers: set[str] = set()
    for item in scenario.steps:
        who = {flavor.id for flavor in flavors if _takes(scenario, flavor, item.index)}
        if isinstance(item, Check):
            who = {flavor.id for flavor in flavors}
        if alone and (len(who) == 2 or who & takers):
            found.append(tuple(alone))
            alone, takers = [], set()
        if len(who) == 2:
            found.append((item.index,))
        elif who:
            alone.append(item.index)
            takers |= who
    return [*found, tuple(alone)] if alone else found


def _grouped(scenario: Scenario, partings: Sequence[_Parting]) -> tuple[list[_Parting], dict[str, list[str]]]:
    """Facts that differ because there is a process on one flavor alone follow its state, or the call that should make it."""
    by_path = {parting.path: parting for parting in sorted(partings, key=lambda one: one.lasts)}
    births = {step.born: f"call.{step.index}" for step in scenario.calls if step.born}
    kept: list[_Parting] = []
    follows: dict[str, list[str]] = {}
    for parting in partings:
        leader = ""
        if None in parting.values and split(parting.path)[0] in (Subject.PROCESS, Subject.PAIR):
            for role in parting.path.partition(".")[0].split("~"):
                state, birth = by_path.get(f"{role}.state"), births.get(role, "")
                if state is not None:
                    leader = birth if None in state.values and birth in by_path else state.path
        if leader and leader != parting.path:
            follows.setdefault(leader, []).append(parting.path)
        else:
            kept.append(parting)
    return kept, follows


def _row(item: Item | None, stories: tuple[_Story, _Story], partings: Iterable[_Parting]) -> Row:
    index = 0 if item is None else item.index
    wanted = {step.index for step in item.steps} if isinstance(item, Concurrently) else {index}
    outcomes = [
        tuple(one for one in story.outcomes.get(index, ()) if one.step in wanted and item is not None) for story in stories
    ]
    return Row(item, (outcomes[0], outcomes[1]), tuple(parting.path for parting in partings if parting.step == index))


# --- why ----------------------------------------------------------------------------------------------------------------


def _reasons(
    scenario: Scenario, flavors: tuple[Flavor, Flavor], side: int, partings: Sequence[_Parting], schedule: str
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
    for phase in _phases(scenario, flavors):
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
