"""What every report says of findings: which claim what, in which scenarios, and what they tell a porter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oracle.cite import parse_ranges
from oracle.explain.cites import code_of
from oracle.finding import Finding, Side
from oracle.findings.claims import Claimed, Claims
from oracle.sources.listing import Listing

KINDS = {
    "design": "design: the kernels are meant to differ",
    "defect": "defect: one of them does not do what it should",
    "limit": "limit: one of them can't do it, and says so",
    "accident": "accident: nobody meant it, and no program may count on it",
}
_LINE = re.compile(r"(?P<source>.+?\.[ch] [^,]+), (?P<function>\w+)(?: \[(?P<lines>[\d, -]+)\])?")


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of a scenario on which two flavors part, decided by the same lines and claimed by the same findings."""

    flavors: tuple[str, str]
    paths: tuple[str, ...]
    lines: tuple[tuple[str, ...], tuple[str, ...]]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A scenario in which a finding claims something: the facts, and the pairs of flavors that part on them."""

    scenario: str
    paths: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def groups(claimed: Sequence[Claimed]) -> list[Group]:
    """The differences of one scenario, those together that were decided alike."""
    found: dict[tuple[object, ...], list[str]] = {}
    for one in claimed:
        key = (one.apart.flavors, one.apart.lines, one.findings)
        found.setdefault(key, []).append(one.apart.path)
    return [Group(key[0], tuple(dict.fromkeys(paths)), key[1], key[2]) for key, paths in found.items()]  # type: ignore[arg-type]


def witnesses(claims: Claims | None) -> dict[str, tuple[Witness, ...]]:
    """For each finding that claims anything, where it does: by name of the scenario."""
    if claims is None:
        return {}
    found: dict[str, dict[str, tuple[dict[str, None], dict[tuple[str, str], None]]]] = {}
    for one in claims.differences:
        for finding in one.findings:
            paths, pairs = found.setdefault(finding, {}).setdefault(one.apart.scenario, ({}, {}))
            paths[one.apart.path] = None
            pairs[one.apart.flavors] = None
    return {
        finding: tuple(Witness(name, tuple(paths), tuple(pairs)) for name, (paths, pairs) in sorted(scenarios.items()))
        for finding, scenarios in found.items()
    }


def by_topic(catalogue: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings of each topic, in the order of topics and ids."""
    found: dict[str, list[Finding]] = {}
    for one in sorted(catalogue, key=lambda one: (one.topic, one.id)):
        found.setdefault(one.topic, []).append(one)
    return found


def citation(line: str) -> tuple[str, str, str] | None:
    """Source, function and ranges of a line of a finding; None if it is words."""
    match = _LINE.fullmatch(line)
    return None if match is None else (match["source"], match["function"], match["lines"] or "")


def c_of(line: str, listings: Mapping[str, Listing]) -> list[tuple[int, str]]:
    """The C of a line of a finding, if its listing is at hand: numbers and texts."""
    found = citation(line)
    if found is None or found[0] not in listings or not found[2]:
        return []
    return code_of(tuple(parse_ranges(found[2])), listings[found[0]])


def short(line: str) -> str:
    """A line of a finding without the folder of its source: `kern_fork.c 1.189, fork1 [258]`."""
    return line.rpartition("/")[2] if citation(line) else line


def sides_of(finding: Finding, one: str, other: str) -> tuple[Side, Side] | None:
    """What two flavors do according to a finding, if it tells them apart."""
    here, there = finding.side_of(one), finding.side_of(other)
    if here is None or there is None or here == there:
        return None
    return finding.sides[here], finding.sides[there]


def advice_for(finding: Finding, flavor: str) -> str:
    """What a porter to a flavor does: what is said for it, else for its system; empty if nothing is."""
    said = dict(finding.advice)
    return said.get(flavor) or said.get(flavor.partition("@")[0], "")
