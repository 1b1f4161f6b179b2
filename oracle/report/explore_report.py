"""Explored scenarios: a row for each outcome, a column for each flavor, and in each cell a schedule that leads there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracle.facts import Value
from oracle.harness import Comparison
from oracle.outcome import Exploration, RunResult
from oracle.outcome_sets import Outcomes, OutcomeSets, outcome_sets
from oracle.report.failures import failures_of
from oracle.report.look import Look
from oracle.report.table_report import grid
from oracle.report.text import paragraph, plain, plural, prose, show

MOST_FACTS = 6  # told of an outcome: those that the scenario looks at come first
NEVER = "never"
DEFAULT = "default"


def render(comparisons: Sequence[Comparison], look: Look) -> str:
    """All scenarios."""
    return "\n\n".join(_scenario(one, look) for one in comparisons) + "\n"


def _scenario(comparison: Comparison, look: Look) -> str:
    scenario = comparison.scenario
    lines = [f"{look.name(plain(scenario.name))}  {prose(scenario.title)}"]
    sets = outcome_sets(scenario, comparison.results)
    lines += ["  " + line for line in _table(sets, comparison.results, look).splitlines()]
    lines += [paragraph(text, look.width, "  ") for text in _stuck(comparison.results)]
    lines += [look.quiet(paragraph(_effort(result), look.width, "  ")) for result in comparison.results if result.exploration]
    lines += [paragraph(look.bad("NOT AS EXPECTED  ") + text, look.width, "  ") for text in failures_of(comparison)]
    return "\n".join(lines)


def _table(sets: OutcomeSets, results: Sequence[RunResult], look: Look) -> str:
    flavors = [result.flavor for result in results]
    rows = []
    for one in sets.outcomes:
        cells = {witness.flavor: witness.schedule or DEFAULT for witness in one.witnesses}
        told = "; ".join(f"{plain(path)} {show(value)}" for path, value in facts_of(sets, one))
        rows.append([told or prose(silence(one)), *(plain(cells.get(flavor, NEVER)) for flavor in flavors)])
    widths = [max(30, look.width - 2 - 24 * len(flavors)), *(22 for _ in flavors)]
    return grid(rows, ["outcome", *(plain(flavor).replace("@", "\n@") for flavor in flavors)], widths)


def facts_of(sets: OutcomeSets, one: Outcomes) -> list[tuple[str, Value | None]]:
    """The facts by which an outcome is known, at most MOST_FACTS."""
    return list(zip(sets.paths, one.values, strict=False))[:MOST_FACTS]


def silence(one: Outcomes) -> str:
    """What to say of an outcome without facts."""
    if one.unmodelled:
        return f"not modelled: {one.unmodelled}"
    return "the model crashes" if one.crash else "the only outcome"


def _stuck(results: Sequence[RunResult]) -> list[str]:
    """Who can never go on, why, and under which schedule: once for each reason and flavor."""
    told: dict[tuple[str, str], str] = {}
    for result in results:
        for one in result.exploration.possibilities if result.exploration else ():
            for text in one.stuck:
                told.setdefault((result.flavor, text), one.schedule or DEFAULT)
    return [f"stuck on {plain(flavor)}, {plain(schedule)}: {prose(text)}" for (flavor, text), schedule in told.items()]


def _effort(result: RunResult) -> str:
    exploration = result.exploration
    assert exploration is not None
    counts = ((exploration.executions, "execution"), (exploration.steps, "move"), (exploration.states, "state"))
    outcomes = plural(len(exploration.possibilities), "outcome")
    met = ", ".join(f"{plain(schedule)} {runs}" for schedule, runs in histogram(exploration).items())
    return f"{plain(result.flavor)}: {outcomes}, {extent(exploration)}; {', '.join(plural(*one) for one in counts)}; met: {met}"


def histogram(exploration: Exploration) -> dict[str, int]:
    """How many executions came to each outcome, by the schedule that stands for it. The search cuts others short."""
    return {one.schedule or DEFAULT: one.runs for one in exploration.possibilities}


def extent(exploration: Exploration) -> str:
    """Whether every schedule was covered."""
    if exploration.exhaustive:
        return "exhaustive"
    if exploration.bound is not None:
        return f"within {plural(exploration.bound, 'preemption')}"
    return "NOT exhaustive: broken off"


def to_json(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [_json(one) for one in comparisons]


def _json(comparison: Comparison) -> dict[str, Any]:
    sets = outcome_sets(comparison.scenario, comparison.results)
    return {
        "scenario": comparison.scenario.name,
        "title": comparison.scenario.title,
        "flavors": {
            result.flavor: {
                "outcomes": len(result.exploration.possibilities),
                "executions": result.exploration.executions,
                "moves": result.exploration.steps,
                "states": result.exploration.states,
                "exhaustive": result.exploration.exhaustive,
                "bound": result.exploration.bound,
                "met": histogram(result.exploration),
            }
            for result in comparison.results
            if result.exploration
        },
        "outcomes": outcomes_json(sets),
        "failures": failures_of(comparison),
    }


def outcomes_json(sets: OutcomeSets) -> list[dict[str, Any]]:
    """Each outcome with the facts on which outcomes differ, and a schedule that leads to it for each flavor."""
    return [
        {
            "facts": dict(zip(sets.paths, map(_value, one.values), strict=False)),
            "unmodelled": one.unmodelled or None,
            "crash": one.crash,
            "witnesses": {witness.flavor: witness.schedule for witness in one.witnesses},
        }
        for one in sets.outcomes
    ]


def _value(value: Value | None) -> object:
    return list(value) if isinstance(value, tuple) else value
