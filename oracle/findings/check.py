"""Whether the catalogue is whole: nothing new, nothing stale, nothing that it names unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from oracle.errors import ScenarioError
from oracle.finding import Finding, is_citation, matches
from oracle.findings.claims import Apart, Catalogue, Claims, claims, sides_of

SWEPT = "sweep/"  # how the names of cases begin


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is wrong with a finding."""

    finding: Finding
    text: str

    def __str__(self) -> str:
        return str(ScenarioError(self.text, self.finding.file, self.finding.line, 1))


def decided(finding: Finding, claimed: Iterable[Apart]) -> tuple[tuple[str, ...], ...]:
    """By side, the lines that decided what a finding claims: what its `decided` should be."""
    lines: list[dict[str, None]] = [{} for _ in finding.sides]
    for apart in claimed:
        sides = sides_of(finding, apart)
        if sides is not None and not apart.sets:
            for side, named in zip(sides, apart.lines, strict=True):
                lines[side].update(dict.fromkeys(named))
    return tuple([tuple(sorted(named, key=in_order)) for named in lines])


def in_order(line: str) -> tuple[bool, str, str, list[int]]:
    """The order in which lines are written: by source and function, then as in the C; words last."""
    source, _, where = line.partition(", ")
    function, _, numbers = where.partition(" ")
    return (
        not is_citation(line),
        source,
        function,
        [int(one) for one in numbers.strip("[]").replace("-", ",").split(",") if one.strip().isdigit()],
    )


def stale(findings: Sequence[Finding], judged: Claims, *, whole: bool) -> tuple[Flaw, ...]:
    """Findings that claim nothing; if the differences are the `whole` of what there is, also lines of `decided` that decided
    nothing that their finding claims, and lines that did and are not there.
    """
    found: list[Flaw] = []
    by_finding = judged.by_finding()
    for finding in findings:
        claimed = by_finding.get(finding.id, ())
        if not claimed and (whole or not _of_sweeps(finding)):
            found.append(Flaw(finding, f"{finding.id} is stale: it claims no difference of these scenarios"))
        if not whole or not claimed:
            continue
        for number, (side, due) in enumerate(zip(finding.sides, decided(finding, claimed), strict=True), 1):
            found += [
                Flaw(finding, f"side {number} is stale: {line!r} decided nothing that it claims; --complete takes it out")
                for line in side.decided
                if line not in due
            ]
            found += [
                Flaw(finding, f"side {number} leaves out {line!r}, which decided what it claims; --complete puts it in")
                for line in due
                if line not in side.decided
            ]
    return tuple(found)


def _of_sweeps(finding: Finding) -> bool:
    """Whether a finding claims nothing but simplest cases of sweeps."""
    return bool(finding.scenarios) and all(pattern.startswith(SWEPT) for pattern in finding.scenarios)


def unknown(findings: Sequence[Finding], scenarios: Collection[str], entries: Collection[str]) -> tuple[Flaw, ...]:
    """What findings name and there is not: patterns of scenarios, entries of registers and assertions of standards."""
    found = []
    for finding in findings:
        for pattern in finding.scenarios:
            if not pattern.startswith(SWEPT) and not matches([pattern], *scenarios):
                found.append(Flaw(finding, f"`scenarios`: no scenario is called {pattern!r}"))
        for key in ("defects", "promises"):
            for entry in getattr(finding, key):
                if entry not in entries:
                    found.append(Flaw(finding, f"`{key}`: no scenario shows {entry}, and no list has it among those not shown"))
    return tuple(found)


def completed(finding: Finding, differences: Sequence[Apart], others: Sequence[Finding]) -> Finding:
    """A finding with all lines in `decided` that belong there, and no other.

    They are those of the differences that it claims already, and of those that are about its facts, flavors and scenarios, that
    no other finding claims, and one of whose sides has a line of `decided`. A finding without any such line, but with
    `scenarios`, takes all that is there.
    """
    catalogue = Catalogue([one for one in others if one.id != finding.id])
    kept = [one for one in differences if not one.sets and (sides := sides_of(finding, one)) is not None and sides]
    seeded = any(is_citation(line) for side in finding.sides for line in side.decided)
    wanted = [
        one
        for one in kept
        if claims(finding, one)
        or (not catalogue.claiming(one) and (_has_seed(finding, one) if seeded else bool(finding.scenarios)))
    ]
    lines = decided(finding, wanted)
    return replace(finding, sides=tuple([replace(side, decided=due) for side, due in zip(finding.sides, lines, strict=True)]))


def _has_seed(finding: Finding, apart: Apart) -> bool:
    """Whether one side of a difference was decided by a line that a finding cites on that side."""
    sides = sides_of(finding, apart)
    assert sides is not None
    return any(
        is_citation(line) and line in finding.sides[side].decided
        for side, lines in zip(sides, apart.lines, strict=True)
        for line in lines
    )
