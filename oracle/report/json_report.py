"""Renders comparisons as JSON, for programs: the same comparisons, the same bytes.

Files are named from the specs folder; texts are ASCII with escapes; nothing depends on time, place or order of dicts.
`oracle.report.json_shape` describes every key, and schema/report.schema.json is made out of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from oracle.diff import Divergence
from oracle.facts import Value, lookup
from oracle.finding import Finding
from oracle.findings.claims import Claimed, Claims
from oracle.harness import Comparison
from oracle.outcome import Misplaced, RunResult
from oracle.outcome_sets import outcome_sets
from oracle.register import NotShown, in_order, is_claim
from oracle.report.claimed import witnesses
from oracle.report.crash import crash_of
from oracle.report.defects import Entry, Seen, entries
from oracle.report.digest import calls_of, file_in_specs, mark, summarise
from oracle.report.explore_report import outcomes_json
from oracle.report.standards import Claim
from oracle.report.standards import claims as claims_of_standards
from oracle.report.text import Json, without_addresses
from oracle.scenario import Scenario

FORMAT = 1
SEEN = {Seen.HAS: "has", Seen.LACKS: "lacks", Seen.NOT_RUN: "not run", Seen.FAILED: "failed"}


def render(
    comparisons: Sequence[Comparison],
    flavors: Sequence[str],
    planned: int | None = None,
    not_shown: Sequence[NotShown] = (),
    catalogue: Sequence[Finding] = (),
    claims: Claims | None = None,
) -> str:
    """The whole report. `planned`: how many scenarios there were to be, if the run was cut short."""
    shown_by = {one: [witness.scenario for witness in found] for one, found in witnesses(claims).items()}
    claimed = claims.by_scenario() if claims is not None else {}
    whole: dict[str, Json] = {
        "format": FORMAT,
        "complete": planned is None,
        "flavors": list(flavors),
        "summary": asdict(summarise(comparisons)),
        "defects": {
            "shown": [_entry(one) for one in entries(comparisons, flavors)],
            "not_shown": [
                _not_shown(one) for one in sorted(not_shown, key=lambda one: in_order(one.id)) if not is_claim(one.id)
            ],
        },
        "standards": [_claim(one) for one in claims_of_standards(comparisons, not_shown, flavors)],
        "findings": [_finding(one, shown_by.get(one.id, [])) for one in sorted(catalogue, key=lambda one: one.id)],
        "scenarios": [
            _scenario(one, None if claims is None else claimed.get(one.scenario.name, ()))
            for one in sorted(comparisons, key=lambda one: one.scenario.name)
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def _entry(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "promise": entry.promise.value if entry.promise is not None else None,
        "flavors": {flavor: SEEN[seen] for flavor, seen in entry.seen},
        "scenarios": list(entry.scenarios),
    }


def _not_shown(one: NotShown) -> Json:
    return {"id": one.id, "on": list(one.on), "because": one.because.value, "reason": one.reason}


def _claim(claim: Claim) -> Json:
    return {
        "id": claim.id,
        "clause": claim.clause,
        "flavors": {flavor: stand.value.lower() for flavor, stand in claim.stands},
        "scenarios": list(claim.witnesses),
        "violations": [{"scenario": one.scenario, "flavors": list(one.flavors)} for one in claim.violations],
        "open": _not_shown(claim.listed) if claim.listed is not None else None,
    }


def _finding(finding: Finding, shown_by: Sequence[str]) -> Json:
    return {
        "id": finding.id,
        "title": finding.title,
        "kind": finding.kind.value,
        "topic": finding.topic,
        "facts": list(finding.facts),
        "sides": [
            {
                "flavors": list(side.flavors),
                "does": side.does,
                "decided": list(side.decided),
                "background": list(side.background),
            }
            for side in finding.sides
        ],
        "only_in": list(finding.scenarios),
        "consequence": finding.consequence,
        "advice": dict(finding.advice),
        "since": finding.since,
        "until": finding.until,
        "defects": list(finding.defects),
        "promises": list(finding.promises),
        "scenarios": list(shown_by),
    }


def _claims(claimed: Sequence[Claimed]) -> Json:
    """What is claimed alike, together: facts by findings and pairs of flavors."""
    by_fact: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}
    for one in claimed:
        by_fact.setdefault((one.apart.path, one.findings), []).append(one.apart.flavors)
    alike: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[str]] = {}
    for (path, findings), pairs in by_fact.items():
        alike.setdefault((findings, tuple(dict.fromkeys(pairs))), []).append(path)
    return [
        {"findings": list(findings), "facts": list(paths), "pairs": [list(pair) for pair in pairs]}
        for (findings, pairs), paths in alike.items()
    ]


def scenario_json(comparison: Comparison) -> Json:
    """What the report says of one scenario, but for findings."""
    return _scenario(comparison, None)


def _scenario(comparison: Comparison, claimed: Sequence[Claimed] | None) -> Json:
    scenario = comparison.scenario
    letters = comparison.outcome_classes()
    promised = set(comparison.broken_promises)
    outcomes: Json = [*outcomes_json(outcome_sets(scenario, comparison.results))] if scenario.concurrent else None
    return {
        "name": scenario.name,
        "topic": scenario.topic,
        "title": scenario.title,
        "why": scenario.why,
        "file": file_in_specs(scenario),
        "defect": scenario.defect.id if scenario.defect is not None else None,
        "standard": scenario.standard.id if scenario.standard is not None else None,
        "ok": comparison.ok,
        "runs": [_run(result, letters[result.flavor], scenario) for result in comparison.results],
        "divergences": [_divergence(one, one in promised) for one in comparison.divergences],
        "outcomes": outcomes,
        "claims": None if claimed is None else _claims(claimed),
    }


def _run(result: RunResult, letter: str, scenario: Scenario) -> Json:
    file = file_in_specs(scenario)
    crash = crash_of(result.crash) if result.crash else None
    return {
        "flavor": result.flavor,
        "class": letter,
        "status": mark(result).value.lower(),
        "calls": [
            {
                "step": one.step,
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
        "has_defect": result.shown if scenario.defect is not None else None,
        "satisfied": result.shown if scenario.standard is not None else None,
        "misplaced": [_misplaced(one, file) for one in result.misplaced],
        "violations": [
            {"rule": one.rule, "text": one.text, "step": one.step, "known": one.known, "when": one.when}
            for one in result.violations
        ],
        "exhaustive": result.exploration.exhaustive if result.exploration is not None else None,
        "unmodelled": result.unmodelled,
        "crash": {"message": crash.message, "frames": list(crash.frames)} if crash is not None else None,
    }


def _misplaced(one: Misplaced, file: str) -> Json:
    path, expected, actual = (one.sign.path, one.sign.expected, one.sign.actual) if one.sign is not None else (None,) * 3
    return {
        "text": one.text,
        "path": path,
        "expected": _value(expected),
        "actual": _value(actual),
        "file": file,
        "line": one.line,
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
