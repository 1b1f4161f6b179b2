"""Compares a run with an earlier report.json: what parts that did not, what went worse, what is otherwise, what is gone.

Only flavors that are in both are compared. Of a run on a flavor its status counts, what its calls gave, and what was not as
expected; of a divergence who says what. Whatever is new, changed or worse is a reason to fail; the rest is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracle.harness import Comparison
from oracle.outcome import written
from oracle.report.json_report import FORMAT, scenario_json
from oracle.report.look import Look
from oracle.report.text import clip, code, markdown, paragraph, plain, plural

FAILS = ("new", "changed", "worse")
WORDS = {
    "new": "diverges, and did not before",
    "changed": "is otherwise than before",
    "worse": "was as expected, and is not any more",
    "better": "was not as expected, and is now",
    "gone": "diverged, and does no more",
}
GRAVITY = ("ok", "unmodelled", "invariant", "failed", "crash")
MOST, LONGEST = 50, 400  # changes of a kind that are told; characters of one


class NoBaselineError(ValueError):
    """A text is no report.json that can be compared with."""


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a scenario on a flavor, as far as a change of it counts."""

    status: str
    results: tuple[tuple[int, str, str], ...]  # step, by whom, what it gave
    wrong: tuple[str, ...]  # what was not as expected

    def text(self) -> str:
        """In words."""
        return f"{self.status} ({'; '.join(self.wrong)})" if self.wrong else self.status


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of a scenario: runs by flavor, and for each fact that differs who says what."""

    runs: Mapping[str, Run]
    values: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier report."""

    flavors: tuple[str, ...]
    scenarios: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `what` is a key of WORDS, `where` a scenario and a fact or a flavor."""

    what: str
    scenario: str
    where: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes, and what was left out: flavors and scenarios that are in one of the two alone."""

    changes: tuple[Change, ...]
    fresh_flavors: tuple[str, ...] = ()
    lost_flavors: tuple[str, ...] = ()
    not_run: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is a reason to fail."""
        return all(one.what not in FAILS for one in self.changes)

    def of(self, what: str) -> list[Change]:
        """The changes of one kind."""
        return [one for one in self.changes if one.what == what]


def read(text: str) -> Baseline:
    """An earlier report. Raises NoBaselineError for anything else, saying what is wrong."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise NoBaselineError(f"it is no JSON: {error}") from error
    except RecursionError as error:
        raise NoBaselineError("it is nested too deeply") from error
    if not isinstance(found, dict) or "format" not in found or "scenarios" not in found:
        raise NoBaselineError("it is no report of 'fork-oracle run --format json'")
    if found["format"] != FORMAT:
        raise NoBaselineError(f"its format is {found['format']!r}, and this version reads {FORMAT}; make it anew")
    if found.get("complete") is not True:
        raise NoBaselineError("it is of a run that was interrupted; make it anew")
    try:
        scenarios = {str(one["name"]): _told(one) for one in found["scenarios"]}
        return Baseline(tuple(map(str, found["flavors"])), scenarios)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NoBaselineError(f"it is no report of this version: {type(error).__name__}: {error}; make it anew") from error


def baseline_of(comparisons: Iterable[Comparison], flavors: Sequence[str]) -> Baseline:
    """The same of what was run just now."""
    scenarios = {one.scenario.name: _told(scenario_json(one)) for one in comparisons}
    return Baseline(tuple(flavors), scenarios)


def _told(scenario: Any) -> Told:
    runs = {str(run["flavor"]): _run(run) for run in scenario["runs"]}
    values = {
        str(one["path"]): {str(flavor): _value(value) for flavor, value in one["values"].items()}
        for one in scenario["divergences"]
    }
    for place, one in enumerate(scenario["outcomes"] or ()):
        facts = ", ".join(f"{path} {_value(value)}" for path, value in one["facts"].items())
        said = facts or ("crash" if one["crash"] else str(one["unmodelled"] or f"outcome {place + 1}"))
        there = {flavor: "can be" if flavor in one["witnesses"] else "never" for flavor in runs}
        values[f"outcome: {said}"] = there
    return Told(runs, values)


def _run(run: Any) -> Run:
    wrong = [f"{one['path']} is {_value(one['actual'])}, not {_value(one['expected'])}" for one in run["unmet"]]
    wrong += [str(one["text"]) for one in run["misplaced"]]
    wrong += [f"{one['rule']}: {one['text']}" for one in run["violations"] if not one["known"]]
    wrong += [str(run["unmodelled"])] if run["unmodelled"] else []
    wrong += [str(run["crash"]["message"])] if run["crash"] else []
    results = tuple([(int(one["step"]), str(one["by"]), str(one["result"])) for one in run["calls"]])
    if run["status"] not in GRAVITY:
        raise ValueError(f"no status is called {run['status']!r}")
    return Run(str(run["status"]), results, tuple(wrong))


def _value(value: object) -> str:
    if isinstance(value, list):
        return written(tuple(map(str, value)))
    return written(value) if value is None or isinstance(value, bool | int | str) else str(value)


def changes(before: Baseline, now: Baseline) -> Changes:
    """What is otherwise now."""
    common = [flavor for flavor in now.flavors if flavor in before.flavors]
    found: list[Change] = []
    for name, told in sorted(now.scenarios.items()):
        earlier = before.scenarios.get(name, Told({}, {}))
        found += _runs(name, earlier, told, common)
        found += _divergences(name, earlier, told, common)
    return Changes(
        tuple(sorted(found, key=lambda one: list(WORDS).index(one.what))),
        tuple(flavor for flavor in now.flavors if flavor not in before.flavors),
        tuple(flavor for flavor in before.flavors if flavor not in now.flavors),
        len(before.scenarios.keys() - now.scenarios.keys()),
    )


def _runs(name: str, before: Told, now: Told, common: Sequence[str]) -> Iterable[Change]:
    fine = Run("ok", (), ())
    for flavor in common:
        if flavor not in now.runs:
            continue
        known = flavor in before.runs
        one, other = before.runs.get(flavor, fine), now.runs[flavor]
        where = f"on {flavor}"
        if GRAVITY.index(other.status) > GRAVITY.index(one.status):
            yield Change("worse", name, where, one.text() if known else "was not there", other.text())
        elif other.status == "ok" and one.status != "ok":
            yield Change("better", name, where, one.text(), other.text())
        elif (one.status, one.wrong) != (other.status, other.wrong):
            yield Change("changed", name, where, one.text(), other.text())
        elif known and one.results != other.results:
            yield Change("changed", name, where, *_otherwise(one.results, other.results))


def _otherwise(one: Sequence[tuple[int, str, str]], other: Sequence[tuple[int, str, str]]) -> tuple[str, str]:
    """The calls that gave something else."""
    before, now = ({(step, by): result for step, by, result in some} for some in (one, other))
    keys = [key for key in sorted({*before, *now}) if before.get(key) != now.get(key)]
    first, second = (
        ", ".join(f"step {step} by {by} {some.get((step, by), 'was not taken')}" for step, by in keys) for some in (before, now)
    )
    return first or "the calls in another order", second or "the calls in another order"


def _divergences(name: str, before: Told, now: Told, common: Sequence[str]) -> Iterable[Change]:
    for path in dict.fromkeys([*now.values, *before.values]):
        one, other = (_classes(told.values.get(path, {}), common) for told in (before, now))
        if one == other:
            continue
        what = "changed" if one and other else "new" if other else "gone"
        if what == "gone" and not now.runs:
            continue
        yield Change(what, name, path, one or "no divergence", other or "no divergence")


def _classes(values: Mapping[str, str], common: Sequence[str]) -> str:
    """Who says what, of some flavors; empty if they all say the same."""
    said: dict[str, list[str]] = {}
    for flavor in common:
        if flavor in values:
            said.setdefault(values[flavor], []).append(flavor)
    return " / ".join(f"{value} on {', '.join(who)}" for value, who in said.items()) if len(said) > 1 else ""


# --- for people -----------------------------------------------------------------------------------------------------------


def _left_out(found: Changes) -> list[str]:
    said = []
    if found.fresh_flavors:
        said.append(f"{', '.join(found.fresh_flavors)}: not in the baseline, so compared with nothing")
    if found.lost_flavors:
        said.append(f"{', '.join(found.lost_flavors)}: in the baseline, but not run")
    if found.not_run:
        said.append(f"{plural(found.not_run, 'scenario')} of the baseline not run")
    return said


def _summary(found: Changes) -> str:
    counts = [f"{len(some)} {what}" for what in WORDS if (some := found.of(what))]
    return ", ".join(counts) or "nothing has changed"


def render(found: Changes, look: Look) -> str:
    """The changes for a terminal."""
    lines = [look.heading("against the baseline") + f"  {_summary(found)}"]
    for what in WORDS:
        some = found.of(what)
        for one in some[:MOST]:
            word = look.bad(what) if what in FAILS else look.good(what)
            lines.append(f"{word}  {clip(plain(one.scenario), 200)}  {clip(plain(one.where), 200)}")
            lines.append(paragraph(clip(f"was {plain(one.before)}", LONGEST), look.width, "    "))
            lines.append(paragraph(clip(f"is {plain(one.now)}", LONGEST), look.width, "    "))
        if len(some) > MOST:
            lines.append(f"{what}  and {len(some) - MOST} more")
    return "\n".join([*lines, *(look.quiet(plain(text)) for text in _left_out(found))]) + "\n"


def to_markdown(found: Changes) -> str:
    """The changes as Markdown, short enough for a comment."""
    parts = [f"## fork-oracle: {_summary(found)}"]
    for what, words in WORDS.items():
        some = found.of(what)
        if not some:
            continue
        lines = [
            f"- {code(clip(plain(one.scenario), 120))} {code(clip(plain(one.where), 120))}: was "
            f"{markdown(clip(plain(one.before), LONGEST))}, is {markdown(clip(plain(one.now), LONGEST))}"
            for one in some[:MOST]
        ]
        lines += [f"- and {len(some) - MOST} more"] if len(some) > MOST else []
        parts.append(f"### {what.capitalize()}: {words}\n\n" + "\n".join(lines))
    parts += [markdown(text) for text in _left_out(found)]
    return "\n\n".join(parts) + "\n"
