"""Takes a scenario step by step on one flavor and writes down what happened in each: calls, kernel events, changed facts."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from oracle.errors import LimitExceeded, UsageError
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.machine.machine import MS_PER_TICK
from oracle.outcome import Outcome, RunResult, Unmet, Violation
from oracle.report.changes import Changes, changes
from oracle.run import TURN, Execution
from oracle.scenario import Check, Concurrently, Expected, Item, Quantifier, Scenario, Step
from oracle.schedule import Scheduled
from oracle.verdict import is_met
from oracle.watchdog import Watched


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the kernel did: simulated milliseconds since the start, who, what, and details."""

    ms: int
    actor: str
    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class Met:
    """An expectation that was looked at, or a sign of the scenario's defect, and what was there."""

    path: str
    expected: Value
    actual: Value | None
    met: bool
    line: int
    claim: str = ""  # "sign" of the scenario's defect, or "here": what is claimed of all schedules, under this one


@dataclass(frozen=True, slots=True)
class Stage:
    """The start, a step or a check, what it brought about, and all facts after it."""

    item: Item | None
    outcome: Outcome | None
    later: tuple[Outcome, ...]  # of earlier steps: calls that went on meanwhile
    events: tuple[Event, ...]
    changes: Changes
    expected: tuple[Met, ...]
    violations: tuple[Violation, ...]
    turns: tuple[Turn, ...] = ()  # of a concurrent block, in the place of `events`
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """A move in a concurrent block: who made it, out of whom, and what happened in it. Nobody's: time passed."""

    actor: str
    choice: int  # the number that a schedule has for it; 0 if there was nobody else
    could: tuple[str, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """All stages of a run, what was expected at its end, and its result."""

    stages: tuple[Stage, ...]
    at_end: tuple[Met, ...]
    result: RunResult


def walk(scenario: Scenario, flavor: Flavor, schedule: str = "") -> Walk:
    """Run a scenario under one schedule, looking at everything after each step. Never raises for what a flavor does.

    Raises UsageError for a schedule that does not fit.
    """
    chooser = Scheduled(schedule)
    execution = Execution(scenario, flavor, trace=True, chooser=chooser)
    start = execution.k.ticks
    stages: list[Stage] = []
    at_end: tuple[Met, ...] = ()
    try:
        with Watched(execution.k):
            for stage in _stages(execution, start):
                stages.append(stage)  # noqa: PERF402  # one by one: what was there before a crash stays
        if execution.started:
            unmet = sum(not (one.met or one.claim) for stage in stages for one in stage.expected)
            at_end = tuple(_at_end(execution, unmet))
        chooser.check()
        return Walk(tuple(stages), at_end, execution.result())
    except LimitExceeded as error:
        crash = str(error)
    except UsageError:
        raise
    except Exception:  # noqa: BLE001  # the flavor is foreign code; its crash is what there is to show
        crash = traceback.format_exc()
    stages.extend(_broken_off(execution, start, stages))
    return Walk(tuple(stages), (), execution.result(crash))


def _broken_off(execution: Execution, start: int, stages: list[Stage]) -> Iterator[Stage]:
    """The step in which the flavor crashed, as far as it got."""
    seen = sum(len(stage.events) for stage in stages)
    if execution.made and execution.made[-1].step not in [stage.item for stage in stages]:
        made = execution.made[-1]
        outcome = execution.outcome(made)._replace(result="crashed")
        yield Stage(made.step, outcome, (), _events(execution, start, seen), Changes(), (), ())


def _events(execution: Execution, start: int, seen: int) -> tuple[Event, ...]:
    """What the kernel did since the last look."""
    trace = execution.k.trace or []
    return tuple(Event((ticks - start) * MS_PER_TICK, actor, event, detail) for ticks, actor, event, detail in trace[seen:])


def _stages(execution: Execution, start: int) -> Iterator[Stage]:
    facts: Mapping[str, Value] = {}
    outcomes: dict[int, Outcome] = {}
    choices = 0
    verdict = execution.verdict
    seen_events = seen_unmet = seen_missing = seen_violations = 0
    for item in execution.steps():
        now = execution.facts()
        latest = {made.step.index: execution.outcome(made) for made in execution.made}
        current, caller = (item.index, item.by) if isinstance(item, Step) else (0, "")
        events = _events(execution, start, seen_events)
        turns = tuple(_turns(events, choices)) if isinstance(item, Concurrently) else ()
        choices += sum(turn.choice > 0 for turn in turns)
        violations = tuple(verdict.violations.values())
        missed = [*verdict.unmet[seen_unmet:], *verdict.missing[seen_missing:]]
        yield Stage(
            item,
            latest.get(current),
            tuple(one for index, one in latest.items() if index != current and _is_news(outcomes.get(index), one, bool(turns))),
            () if turns else events,
            Changes() if item is None else changes(facts, now, caller),
            tuple(_expectations(execution, item, now, missed)),
            violations[seen_violations:],
            turns,
            now,
        )
        facts, outcomes = now, latest
        seen_events, seen_violations = seen_events + len(events), len(violations)
        seen_unmet, seen_missing = len(verdict.unmet), len(verdict.missing)


def _is_news(before: Outcome | None, now: Outcome, concurrent: bool) -> bool:
    """Whether a call of another step has come to something meanwhile; that it still sleeps is nothing new."""
    return concurrent if before is None else before.result != now.result


def _turns(events: Sequence[Event], choices: int) -> Iterator[Turn]:
    """The events of a concurrent block by the moves in which they happened; `choices` were made before it."""
    current: tuple[str, int, tuple[str, ...]] = ("", 0, ())
    inside: list[Event] = []
    for event in events:
        if event.event == TURN:
            if inside or current[0]:
                yield Turn(*current, tuple(inside))
            could = tuple(event.detail.split(", "))
            choices += len(could) > 1
            current, inside = (event.actor, choices if len(could) > 1 else 0, could), []
        else:
            inside.append(event)
    if inside or current[0]:
        yield Turn(*current, tuple(inside))


def _expectations(execution: Execution, item: Item | None, now: Mapping[str, Value], unmet: list[Unmet]) -> Iterator[Met]:
    """What was expected of a stage, met or not."""
    if isinstance(item, Check):
        for one in item.expected:
            for met in _met(execution, one.path, one.expected, now, unmet, one.line or item.line):
                if item.quantifier is not Quantifier.ALWAYS:
                    yield replace(met, met=is_met(met.expected, met.actual), claim="here")
                else:
                    yield replace(met, claim="sign" if item.sign else "")
    elif item is not None:
        for step in item.steps if isinstance(item, Concurrently) else (item,):
            if step.gives is not None:
                yield from _met(execution, f"call.{step.index}", step.gives, now, unmet, step.gives.line or step.line)


def _at_end(execution: Execution, seen: int) -> Iterator[Met]:
    """What was expected of calls at the end of the scenario; `seen` of the unmet expectations belong to stages."""
    now, unmet = execution.facts(), execution.verdict.unmet[seen:]
    for made in execution.made:
        if (expected := made.step.finally_gives) is not None:
            line = expected.line or made.step.line
            yield from _met(execution, f"call.{made.step.index}", expected, now, unmet, line)


def _met(
    execution: Execution, path: str, expected: Expected, now: Mapping[str, Value], unmet: list[Unmet], line: int
) -> Iterator[Met]:
    value = expected.for_flavor(execution.flavor.id)
    if value is not None and not execution.unmodelled:
        missed = any(one.path == path and one.line == line for one in unmet)
        yield Met(path, value, now.get(path), not missed, line)
