"""Looks for a scenario that shows a finding between two flavors: the smallest of its topic, or of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oracle.finding import Finding
from oracle.findings.apart import aparts
from oracle.findings.claims import Apart, claims
from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.scenario import Scenario


def witnesses_between(
    findings: Sequence[Finding],
    scenarios: Sequence[Scenario],
    flavors: tuple[Flavor, Flavor],
    advance: Callable[[object], None],
) -> dict[str, str]:
    """For each finding that any scenario shows between the two flavors, the name of one. Runs no more than it must."""
    there = [one for one in scenarios if all(one.runs_on(flavor.id) for flavor in flavors)]
    known: dict[str, tuple[Apart, ...]] = {}
    found = {}
    for finding in findings:
        likely = sorted((one for one in there if finding.within(one.name)), key=lambda one: _unlikely(finding, one))
        for scenario in likely:
            if scenario.name not in known:
                known[scenario.name] = aparts(compare(scenario, flavors, checked=False), flavors)
            if any(claims(finding, apart) for apart in known[scenario.name]):
                found[finding.id] = scenario.name
                break
        advance(finding)
    return found


def _unlikely(finding: Finding, scenario: Scenario) -> tuple[bool, int, str]:
    """Where to look last: other topics, long programs."""
    return scenario.topic != finding.topic, len(scenario.steps), scenario.name
