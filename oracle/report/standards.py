"""What became of the assertions of standards: which flavor satisfies or violates them, and on which they are open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from oracle.harness import Comparison
from oracle.outcome import RunResult
from oracle.register import Because, NotShown, in_order, is_claim, system_of
from oracle.report.text import plural
from oracle.scenario import Assertion, selects

OPEN = {Because.OUTSIDE: "outside the model", Because.STANDARD: "left so by the standard"}


class Stand(Enum):
    """How a flavor stands to an assertion. The value is the word in reports."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    OPEN = "open"  # not modelled, or left open by the standard
    FAILED = "FAILED"  # a scenario says otherwise


@dataclass(frozen=True, slots=True)
class Violated:
    """What a scenario says should be the case, and where it is not."""

    scenario: str
    title: str
    flavors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """An assertion: how each flavor stands to it, the scenarios that witness it, and why it is open where it is listed."""

    id: str
    clause: str
    stands: tuple[tuple[str, Stand], ...]
    witnesses: tuple[str, ...]  # the scenarios, those that show a violation first
    violations: tuple[Violated, ...]
    listed: NotShown | None = None


def claims(comparisons: Iterable[Comparison], not_shown: Sequence[NotShown], flavors: Sequence[str]) -> list[Claim]:
    """The assertions that scenarios witness or that are listed, in their order."""
    members: dict[str, list[tuple[Assertion, Comparison]]] = {}
    for one in comparisons:
        if one.scenario.standard is not None:
            members.setdefault(one.scenario.standard.id, []).append((one.scenario.standard, one))
    listed = {one.id: one for one in not_shown if is_claim(one.id)}
    found = []
    for name in sorted({*members, *listed}, key=in_order):
        mine, reason = members.get(name, []), listed.get(name)
        clause = mine[0][0].clause if mine else reason.clause if reason is not None else ""
        stands = [(flavor, _stand([one for _, one in mine], flavor)) for flavor in flavors]
        violations = [broken for _, one in mine if (broken := _violated(one)).flavors]
        first = [broken.scenario for broken in violations]
        witnesses = [*first, *(one.scenario.name for _, one in mine if one.scenario.name not in first)]
        found.append(Claim(name, clause, tuple(stands), tuple(witnesses), tuple(violations), reason))
    return found


def _violated(one: Comparison) -> Violated:
    flavors = tuple(result.flavor for result in one.results if result.shown is False)
    return Violated(one.scenario.name, one.scenario.title, flavors)


def _stand(witnesses: Sequence[Comparison], flavor: str) -> Stand:
    """One violation is enough, however often an assertion holds."""
    results: list[RunResult] = [result for one in witnesses for result in one.results if result.flavor == flavor]
    if any(result.misplaced or result.crash for result in results):
        return Stand.FAILED
    said = {result.shown for result in results}
    return Stand.VIOLATED if False in said else Stand.SATISFIED if True in said else Stand.OPEN


def tallies(found: Sequence[Claim], flavors: Sequence[str]) -> list[str]:
    """For each standard and flavor, how many assertions are how."""
    out = []
    for standard in dict.fromkeys(system_of(one.id) for one in found):
        mine = [one for one in found if system_of(one.id) == standard]
        out.append(f"{standard}: {plural(len(mine), 'assertion')}")
        for flavor in flavors:
            stands = [dict(one.stands)[flavor] for one in mine]
            counts = [f"{stands.count(stand)} {stand.value}" for stand in Stand if stand is not Stand.FAILED or stand in stands]
            out.append(f"  {flavor}: {', '.join(counts)}")
    return out


def reason_for(one: NotShown, flavors: Sequence[str]) -> str:
    """Where and why an assertion is open, as far as it is listed."""
    where = "" if all(selects(one.on, flavor) for flavor in flavors) else f" on {', '.join(one.on)}"
    return f"open{where}, {OPEN[one.because]}: {one.reason}"
