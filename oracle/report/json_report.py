"""Renders comparisons as JSON, for programs: the same comparisons, the same bytes.

Format 1. Files are named from the specs folder; texts are ASCII with escapes; nothing depends on time, place or order of dicts.

    format       1; raised when something below changes its meaning (new keys may come without that)
    complete     false if the run was interrupted, and scenarios are missing
    flavors      the ids compared, in order
    summary      counts: scenarios, runs, divergent, agreeing, not_compared, failed, crashed_runs, unmodelled_runs
    scenarios    by name, each:
      name, topic, title, why, file
      ok           whether everything was as expected
      runs         one for each flavor that the scenario is meant for:
        flavor, class    a letter, the same for flavors that agree on every fact compared; ! crashed, ? unmodelled
        status           ok, failed, invariant, crash or unmodelled
        calls            step, by, call, result, detail, elapsed_ms
        unmet            path, expected, actual (null: not observed), file, line
        violations       rule, text, step (0: at the start), known (why, if the real kernel does so, too; else empty)
        unmodelled       what the flavor does not model, or empty
        crash            null, or message and frames
      divergences      path, fact (its pattern in the vocabulary, or null), promised (the scenario says that all agree),
                       values (by flavor; null: not observed; a flavor missing here was not compared)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from oracle.diff import Divergence
from oracle.facts import Value, lookup
from oracle.harness import Comparison
from oracle.outcome import RunResult
from oracle.report.crash import crash_of
from oracle.report.digest import calls_of, file_in_specs, mark, summarise
from oracle.report.text import without_addresses

FORMAT = 1
Json = bool | int | str | None | list["Json"] | dict[str, "Json"]


def render(comparisons: Sequence[Comparison], flavors: Sequence[str], planned: int | None = None) -> str:
    """The whole report. `planned`: how many scenarios there were to be, if the run was cut short."""
    whole = {
        "format": FORMAT,
        "complete": planned is None,
        "flavors": list(flavors),
        "summary": asdict(summarise(comparisons)),
        "scenarios": [_scenario(one) for one in sorted(comparisons, key=lambda one: one.scenario.name)],
    }
    return json.dumps(whole, indent=1) + "\n"


def _scenario(comparison: Comparison) -> Json:
    scenario = comparison.scenario
    letters = comparison.outcome_classes()
    promised = set(comparison.broken_promises)
    return {
        "name": scenario.name,
        "topic": scenario.topic,
        "title": scenario.title,
        "why": scenario.why,
        "file": file_in_specs(scenario),
        "ok": comparison.ok,
        "runs": [_run(result, letters[result.flavor], file_in_specs(scenario)) for result in comparison.results],
        "divergences": [_divergence(one, one in promised) for one in comparison.divergences],
    }


def _run(result: RunResult, letter: str, file: str) -> Json:
    crash = crash_of(result.crash) if result.crash else None
    return {
        "flavor": result.flavor,
        "class": letter,
        "status": mark(result).value.lower(),
        "calls": [
            {
                "step": one.index,
                "by": one.by,
                "call": one.call,
                "result": one.result,
                "detail": without_addresses(one.detail),
                "elapsed_ms": one.elapsed,
            }
            for one in calls_of(result)
        ],
        "unmet": [
            {"path": one.path, "expected": _value(one.expected), "actual": _value(one.actual), "file": file, "line": one.line}
            for one in result.unmet
        ],
        "violations": [{"rule": one.rule, "text": one.text, "step": one.step, "known": one.known} for one in result.violations],
        "unmodelled": result.unmodelled,
        "crash": {"message": crash.message, "frames": list(crash.frames)} if crash is not None else None,
    }


def _divergence(divergence: Divergence, promised: bool) -> Json:
    fact = lookup(divergence.path)
    return {
        "path": divergence.path,
        "fact": fact.pattern if fact is not None else None,
        "promised": promised,
        "values": {flavor: _value(value) for flavor, value in divergence.values},
    }


def _value(value: Value | None) -> Json:
    return list(value) if isinstance(value, tuple) else value
