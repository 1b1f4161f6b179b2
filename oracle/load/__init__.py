"""Scenario files to scenario values and back. Importing this package is cheap: pydantic and YAML come with the first file read.

It may not import what runs scenarios, compares, or reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle.load.files import (
    FINDINGS,
    SUFFIX,
    find_findings,
    find_not_shown,
    find_scenarios,
    is_not_shown,
    is_scenario,
    load_finding,
    load_not_shown,
    load_scenario,
    loads,
    names_finding,
    scenario_name,
)

if TYPE_CHECKING:
    from oracle.finding import Finding
    from oracle.scenario import Scenario

__all__ = [
    "FINDINGS",
    "SUFFIX",
    "dump_finding",
    "dump_scenario",
    "find_findings",
    "find_not_shown",
    "find_scenarios",
    "is_not_shown",
    "is_scenario",
    "load_finding",
    "load_not_shown",
    "load_scenario",
    "loads",
    "names_finding",
    "scenario_name",
]


def dump_scenario(scenario: Scenario) -> str:
    """A scenario as YAML that reads back to an equal value."""
    from oracle.load.dump import dump_scenario as dump

    return dump(scenario)


def dump_finding(finding: Finding) -> str:
    """A finding as YAML, in the form people write it."""
    from oracle.load.dump_findings import dump_finding as dump

    return dump(finding)
