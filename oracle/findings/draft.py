"""Drafts of findings out of differences that none claims: what was decided by the same lines on both sides is one draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oracle.finding import TODO, Finding, Kind, Side, is_citation
from oracle.findings.claims import Apart

NOT_MADE = "is not made"  # as explanations say of a step that a flavor has no call for, or whose actor is not there


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding to be, and the differences that it was made from."""

    finding: Finding
    differences: tuple[Apart, ...]


def drafts(differences: Sequence[Apart], topics: Mapping[str, str]) -> tuple[Draft, ...]:
    """A draft for each group of differences that belong together, largest first. `topics`: of the scenarios, by name."""
    groups = _groups(differences)
    names: dict[str, int] = {}
    made = []
    for group in sorted(groups, key=lambda one: (-len(one), one[0].scenario, one[0].path)):
        draft = Draft(_finding(group, topics), tuple(group))
        number = names[draft.finding.id] = names.get(draft.finding.id, 0) + 1
        made.append(draft if number == 1 else replace(draft, finding=replace(draft.finding, id=f"{draft.finding.id}-{number}")))
    return tuple(made)


def _groups(differences: Iterable[Apart]) -> list[list[Apart]]:
    """Differences with a root in common.

    Such are those that the same lines decided on both sides; or, in one step of one scenario, on one side; those of a step that
    is not made on one side; and those on one fact that have one side in common: revisions that do the same in other lines.
    """
    parent: dict[object, object] = {}

    def root(key: object) -> object:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for one in differences:
        here = _identity(one)
        for key in _roots(one):
            parent[root(key)] = root(here)
    found: dict[object, list[Apart]] = {}
    for one in differences:
        found.setdefault(root(_identity(one)), []).append(one)
    return list(found.values())


def _identity(one: Apart) -> object:
    return one.scenario, one.path, one.flavors


def _roots(one: Apart) -> list[object]:
    if one.sets:
        return [("sets", one.scenario)]
    here = (one.scenario, one.step)
    cited = [any(map(is_citation, lines)) for lines in one.lines]
    found: list[object] = [("lines", one.flavors, one.lines) if any(cited) else ("words", *here)]
    for side, lines in enumerate(one.lines):
        other = one.flavors[1 - side].partition("@")[0]
        found.append(("fact", one.scenario, one.path, one.flavors[side], lines, other))
        if cited[side] or lines == (NOT_MADE,):
            found.append(("step", *here, one.flavors[side], lines, other))
    return found


def _finding(group: Sequence[Apart], topics: Mapping[str, str]) -> Finding:
    """What can be said of a group without understanding it."""
    facts = tuple(sorted({one.fact for one in group}))
    scenarios = tuple(sorted({one.scenario for one in group}))
    sides = _sides(group)
    topic = topics.get(scenarios[0], scenarios[0].partition("/")[0])
    wordy = sum(not any(map(is_citation, side.decided)) for side in sides) > 1
    systems = list(dict.fromkeys(flavor.partition("@")[0] for side in sides for flavor in side.flavors))
    return Finding(
        _name(facts, scenarios),
        f"{TODO} one plain sentence",
        Kind.DESIGN,
        topic,
        facts,
        sides,
        f"{TODO} what a program notices",
        tuple([(system, f"{TODO} what a porter to it does") for system in systems]),
        scenarios if wordy or group[0].sets else (),
    )


def _sides(group: Sequence[Apart]) -> tuple[Side, ...]:
    """Flavors on different sides never differ from each other in what the group is about; each takes the first that fits."""
    enemies: dict[str, set[str]] = {}
    lines: dict[str, dict[str, None]] = {}
    for one in group:
        for flavor, other, decided in zip(one.flavors, reversed(one.flavors), one.lines, strict=True):
            enemies.setdefault(flavor, set()).add(other)
            lines.setdefault(flavor, {}).update(dict.fromkeys(decided))
    sides: list[list[str]] = []
    for flavor in sorted(enemies):
        fitting = next((side for side in sides if not enemies[flavor].intersection(side)), None)
        if fitting is None:
            sides.append([flavor])
        else:
            fitting.append(flavor)
    return tuple([
        Side(
            tuple(flavors),
            f"{TODO} what these kernels do",
            decided := tuple(sorted({line for flavor in flavors for line in lines[flavor]})),
            () if any(map(is_citation, decided)) else (f"{TODO} a citation",),
        )
        for flavors in sides
    ])  # fmt: skip


def _name(facts: Sequence[str], scenarios: Sequence[str]) -> str:
    """A name for the time being, in which a finding's name is written: after a scenario and a fact."""
    scenario = scenarios[0].partition("/")[2] or scenarios[0]
    words = re.sub(r"[^a-z0-9]+", "-", f"{scenario} {facts[0]}".lower()).strip("-")
    return words[:36].strip("-")
