"""Where two flavors part: runs both without looking closer, and says of each fact from which step on it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oracle.diff import scope_of
from oracle.errors import LimitExceeded
from oracle.facts import Scope, Subject, Value, split
from oracle.flavor import Flavor
from oracle.outcome import Outcome
from oracle.run import Execution
from oracle.scenario import Check, Concurrently, Scenario, selects
from oracle.schedule import Scheduled
from oracle.watchdog import Watched


@dataclass(slots=True)
class Story:
    """One run, looked at after each step: by the number of the step, 0 for the start."""

    facts: dict[int, Mapping[str, Value]] = field(default_factory=dict)
    outcomes: dict[int, tuple[Outcome, ...]] = field(default_factory=dict)
    silent: str = ""


@dataclass(frozen=True, slots=True)
class Parting:
    """A fact, and where it parts."""

    path: str
    step: int
    values: tuple[Value | None, Value | None]
    lasts: bool
    others: tuple[Mapping[str, Value], Mapping[str, Value]]  # for each flavor, the facts on the other


def tell(scenario: Scenario, flavor: Flavor, schedule: str) -> Story:
    """Run without looking closer."""
    story = Story()
    chooser = Scheduled(schedule)
    execution = Execution(scenario, flavor, checked=False, chooser=chooser)
    try:
        with Watched(execution.k):
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


def partings_of(scenario: Scenario, flavors: tuple[Flavor, Flavor], stories: tuple[Story, Story]) -> list[Parting]:
    """The facts that differ at the end, each where it began to for good; and what differs at the first step where any does."""
    steps = [phase[-1] for phase in phases(scenario, flavors)]
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
        found.append(Parting(path, step, (ours.get(path), theirs.get(path)), True, (theirs, ours)))
    for step, ours, theirs in views:
        known = {parting.path for parting in found if parting.step == step}
        fresh = [
            path
            for path in dict.fromkeys([*ours, *theirs])
            if ours.get(path) != theirs.get(path) and _compared(scenario, flavors, path)
        ]
        found += [
            Parting(path, step, (ours.get(path), theirs.get(path)), False, (theirs, ours))
            for path in fresh
            if path not in known
        ]
        if fresh:
            break
    return found


def _latest(story: Story, step: int) -> Mapping[str, Value]:
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


def phases(scenario: Scenario, flavors: tuple[Flavor, Flavor]) -> list[tuple[int, ...]]:
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


def grouped(scenario: Scenario, partings: Sequence[Parting]) -> tuple[list[Parting], dict[str, list[str]]]:
    """Facts that differ because there is a process on one flavor alone follow its state, or the call that should make it."""
    by_path = {parting.path: parting for parting in sorted(partings, key=lambda one: one.lasts)}
    births = {step.born: f"call.{step.index}" for step in scenario.calls if step.born}
    kept: list[Parting] = []
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
