"""Runs a scenario under every schedule: the set of its outcomes, with a schedule that leads to each."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from oracle.errors import LimitExceeded
from oracle.explore.search import Redundant, Search
from oracle.flavor import Flavor
from oracle.outcome import RunResult
from oracle.run import Execution
from oracle.scenario import Scenario

MOST_EXECUTIONS = 200_000


@dataclass(frozen=True, slots=True)
class Possibility:
    """One outcome, and a schedule that leads to it; `runs` counts the executions that came to it."""

    result: RunResult
    held: tuple[tuple[int, bool], ...]
    schedule: str
    runs: int


@dataclass(frozen=True, slots=True)
class Exploration:
    """All that can become of a scenario on a flavor."""

    scenario: str
    flavor: str
    possibilities: tuple[Possibility, ...]  # the most frequent first
    executions: int
    steps: int
    states: int
    exhaustive: bool
    bound: int | None = None


def explore(
    scenario: Scenario, flavor: Flavor, *, reduce: bool = True, bound: int | None = None, most: int = MOST_EXECUTIONS
) -> Exploration:
    """Run a scenario under every schedule that could make a difference."""
    search = Search(reduce, bound)
    found: dict[tuple[RunResult, tuple[tuple[int, bool], ...]], tuple[str, int]] = {}
    complete = True
    while search.next():
        if search.executions > most:
            complete = False
            break
        execution = Execution(scenario, flavor, chooser=search)
        crash = ""
        try:
            for _ in execution.steps():
                pass
        except Redundant:
            search.end()
            execution.k.dismantle()
            continue
        except LimitExceeded as error:
            crash = str(error)
        except Exception:  # the flavor is foreign code; its crash is an outcome
            crash = traceback.format_exc()
        search.end()
        result = execution.result(crash)
        schedule = search.schedule()
        key = (result, tuple(execution.held.items()))
        known = found.get(key)
        if known is None:
            found[key] = (schedule, 1)
        else:
            found[key] = (min(known[0], schedule, key=_surprise), known[1] + 1)
        execution.k.dismantle()
    possibilities = [Possibility(*key, schedule, runs) for key, (schedule, runs) in found.items()]
    possibilities.sort(key=lambda one: _surprise(one.schedule))
    return Exploration(
        scenario.name,
        flavor.id,
        tuple(possibilities),
        search.executions,
        search.steps,
        len(search.seen),
        complete and not search.cut,
        bound,
    )


def _surprise(schedule: str) -> tuple[int, list[int], str]:
    """How far a schedule is from the default."""
    words = schedule.split()
    return len(words), [int(word.partition(":")[0]) for word in words], schedule
