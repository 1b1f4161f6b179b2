"""Runs a scenario under every schedule that could make a difference, and puts together what can become of it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace

from oracle.errors import LimitExceeded, UsageError
from oracle.explore.search import Redundant, Search
from oracle.facts import Value, lookup
from oracle.flavor import Flavor, interpreted
from oracle.observation import Observation
from oracle.outcome import Exploration, Misplaced, Outcome, Possibility, RunResult, Unmet, Violation, written
from oracle.run import Execution
from oracle.scenario import Assertion, Check, Entry, Quantifier, Scenario
from oracle.watchdog import Watched

MOST_EXECUTIONS = 100_000
OR = " | "


class Found:
    """What the executions so far came to."""

    __slots__ = ("broken", "held", "possibilities", "results")

    def __init__(self) -> None:
        self.possibilities: dict[object, Possibility] = {}
        self.results: dict[object, tuple[RunResult, str]] = {}  # that differ in what they say of expectations, with a schedule
        self.broken: dict[tuple[str, str], tuple[Violation, str]] = {}  # invariants, with a schedule that breaks them
        self.held: dict[int, dict[bool, str]] = {}  # by quantified check: a schedule under which it holds, and one where not

    def add(self, result: RunResult, held: Mapping[int, bool], schedule: str) -> None:
        """One more execution."""
        key = (result.unmodelled, result.crash, tuple(told_apart_by(result.observation)))
        known = self.possibilities.get(key)
        if known is None:
            self.possibilities[key] = Possibility(
                result.outcomes, result.observation, schedule, 1, result.unmodelled, result.crash, result.stuck
            )
        elif _surprise(schedule) < _surprise(known.schedule):  # with it, who got which number is told as it leads to
            self.possibilities[key] = known._replace(
                outcomes=result.outcomes,
                observation=result.observation,
                stuck=result.stuck,
                schedule=schedule,
                runs=known.runs + 1,
            )
        else:
            self.possibilities[key] = known._replace(runs=known.runs + 1)
        said = (result.unmet, result.shown)
        first = self.results.get(said)
        if first is None or _surprise(schedule) < _surprise(first[1]):
            self.results[said] = (result, schedule)
        for index, holds in held.items():
            known_schedule = self.held.setdefault(index, {}).get(holds, schedule)
            self.held[index][holds] = min(known_schedule, schedule, key=_surprise)

    def breaks(self, violations: Iterable[Violation], schedule: str) -> None:
        """What did not hold in an execution, whether or not that was gone through to its end."""
        for one in violations:
            key = (one.rule, one.text)
            if key not in self.broken or _surprise(schedule) < _surprise(self.broken[key][1]):
                self.broken[key] = (one, schedule)


def explore(
    scenario: Scenario,
    flavor: Flavor,
    *,
    checked: bool = True,
    reduce: bool = True,
    bound: int | None = None,
    most: int = MOST_EXECUTIONS,
) -> RunResult:
    """Run a scenario under every schedule; the result tells of each fact what it can be, as `one | other`.

    Without `reduce`, every order is run, however little it matters. With `bound`, schedules with more preemptions are left
    out. At most `most` executions. Raises UsageError in a compiled copy of the project, where nothing can be watched.
    """
    if reduce and not interpreted():
        raise UsageError(
            f"{scenario.name} has concurrent steps; explore them with the project as it is, not with a compiled copy"
        )
    search = Search(reduce, bound)
    found = Found()
    complete = True
    while search.next():
        if search.executions > most:
            search.executions = most
            complete = False
            break
        execution = Execution(scenario, flavor, chooser=search, checked=checked)
        result = _execute(execution, search)
        schedule = search.schedule()
        found.breaks(execution.verdict.violations.values(), schedule)
        if result is not None:
            found.add(result, execution.verdict.held, schedule)
        execution.k.dismantle()
    possibilities = tuple(sorted(found.possibilities.values(), key=lambda one: _surprise(one.schedule)))
    exploration = Exploration(
        possibilities, search.executions, search.steps, len(search.seen), complete and not search.cut, bound
    )
    return _together(scenario, flavor, found, exploration)


def _execute(execution: Execution, search: Search) -> RunResult | None:
    """One execution to its end; None if others cover how it would go on."""
    crash = ""
    try:
        with Watched(execution.k):
            for _ in execution.steps():
                pass
    except Redundant:
        return None
    except LimitExceeded as error:
        crash = str(error)
    except Exception:  # the flavor is foreign code; its crash is an outcome
        crash = traceback.format_exc()
    finally:
        search.end()
    return execution.result(crash)


def told_apart_by(observation: Observation) -> Iterable[tuple[str, Value]]:
    """The facts by which two possibilities are told apart: who got which number is no difference."""
    for path, value in observation.facts.items():
        if (fact := lookup(path)) is None or fact.name not in ("pid", "registers"):
            yield path, value


def _together(scenario: Scenario, flavor: Flavor, found: Found, exploration: Exploration) -> RunResult:
    """One result of all possibilities. What is not modelled under some schedules only is one of them."""
    possibilities = exploration.possibilities
    results = sorted(found.results.values(), key=lambda one: _surprise(one[1]))
    told = [one for one in possibilities if not one.unmodelled and not one.crash]
    unmodelled = next((one.unmodelled for one in possibilities if one.unmodelled), "")
    crash = next((f"{_under(one.schedule)}: {one.crash}" for one in possibilities if one.crash), "")
    shown, misplaced = _signs(scenario.entry, flavor, [result for result, _ in results])
    return RunResult(
        scenario.name,
        flavor.id,
        _outcomes(told or possibilities[:1]),
        Observation() if crash else _observation(told),
        (*_unmet(results), *_quantified(scenario, found, unmodelled)),
        tuple([replace(one, when=_under(schedule)) for one, schedule in found.broken.values()]),
        "" if told else unmodelled,
        crash,
        shown,
        misplaced,
        exploration,
    )


def _outcomes(possibilities: Iterable[Possibility]) -> tuple[Outcome, ...]:
    """The steps, each with all that it can give."""
    steps: dict[int, list[Outcome]] = {}
    for one in possibilities:
        for outcome in one.outcomes:
            steps.setdefault(outcome.step, []).append(outcome)
    found = []
    for step, outcomes in sorted(steps.items()):
        results = sorted({outcome.result for outcome in outcomes})
        details = {outcome.detail for outcome in outcomes}
        first = outcomes[0]
        detail = first.detail if len(details) == 1 else ""
        made = max(outcomes, key=lambda outcome: len(outcome.call)).call
        found.append(Outcome(step, first.by, made, OR.join(results), detail, max(one.elapsed for one in outcomes)))
    return tuple(found)


def _observation(possibilities: list[Possibility]) -> Observation:
    """Each fact with all that it can be."""
    if not possibilities:
        return Observation()
    blocks = [one.observation for one in possibilities]
    shared = dict.fromkeys(path for one in blocks for paths, _ in one.blocks for path in paths)
    own = dict.fromkeys(path for one in blocks for paths, _ in one.system for path in paths)
    every = [one.facts for one in blocks]
    return Observation(
        [((path,), (_values([facts.get(path) for facts in every]),)) for path in shared],
        [((path,), (_values([facts.get(path) for facts in every]),)) for path in own],
    )


def _values(values: list[Value | None]) -> Value | None:
    """A value, or the text of all those that there can be."""
    distinct = dict.fromkeys((type(value).__name__, value) for value in values)
    if len(distinct) == 1:
        return values[0]
    return OR.join(sorted(written(value) for _, value in distinct))


def _unmet(results: list[tuple[RunResult, str]]) -> list[Unmet]:
    """Expectations that some schedule does not meet, each once."""
    first: dict[tuple[str, Value, Value | None, int], Unmet] = {}
    for result, schedule in results:
        for one in result.unmet:
            key = (one.path, one.expected, one.actual, one.line)
            first.setdefault(key, replace(one, when=_under(schedule)))
    return list(first.values())


def _quantified(scenario: Scenario, found: Found, unmodelled: str) -> list[Unmet]:
    """Claims about all schedules that do not hold."""
    failed = []
    for check in scenario.steps:
        if not isinstance(check, Check) or check.quantifier is Quantifier.ALWAYS or check.index not in found.held:
            continue
        held = found.held[check.index]
        claim = ", ".join(f"{one.path} {written(one.expected.by_flavor[0][1])}" for one in check.expected)
        if check.quantifier is Quantifier.SOMETIMES and True not in held:
            failed.append(Unmet(claim, "sometimes", "never", check.line))
        elif check.quantifier is Quantifier.NEVER and True in held:
            failed.append(Unmet(claim, "never", "sometimes", check.line, _under(held[True])))
        elif check.quantifier is Quantifier.NEVER and unmodelled:
            failed.append(Unmet(claim, "never", f"not known: {unmodelled}", check.line))
    return failed


def _signs(entry: Entry | None, flavor: Flavor, results: list[RunResult]) -> tuple[bool | None, tuple[Misplaced, ...]]:
    """A defect is there if one schedule shows it; an assertion is satisfied if no schedule violates it."""
    if entry is None:
        return None, ()
    telling = not isinstance(entry, Assertion)
    for result in results:
        if result.shown is telling:
            return telling, result.misplaced
    untold = (not telling) if any(result.shown is (not telling) for result in results) else None
    return untold, results[0].misplaced if entry.is_on(flavor.id) is telling else ()


def _under(schedule: str) -> str:
    return f"under the schedule {schedule!r}"


def _surprise(schedule: str) -> tuple[int, list[int], str]:
    """How far a schedule is from the default."""
    words = schedule.split()
    return len(words), [int(word.partition(":")[0]) for word in words], schedule
