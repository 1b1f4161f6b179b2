"""Which finding claims a difference, by the kind of fact, the flavors, the deciding lines on both sides, and the scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from oracle.facts import Value
from oracle.finding import Finding, is_citation


@dataclass(frozen=True, slots=True)
class Apart:
    """Two flavors on one fact of one scenario, on which they differ to the end. Pairs are in the order of `flavors`.

    `sets`: of concurrent steps, the sets of values that the fact can have; no lines are known to have decided those.
    """

    scenario: str
    path: str
    fact: str  # its kind, such as <child>.exit_signal
    step: int
    flavors: tuple[str, str]
    values: tuple[Value | None, Value | None]
    lines: tuple[tuple[str, ...], tuple[str, ...]]
    sets: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A difference, and the findings that claim it, by id; none: it is new.

    `perhaps`: of what is new, the findings that would claim it if they said nothing of scenarios.
    """

    apart: Apart
    findings: tuple[str, ...]
    perhaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """All differences of some scenarios, in the order in which they were looked at."""

    differences: tuple[Claimed, ...]

    @property
    def new(self) -> tuple[Apart, ...]:
        """The differences that no finding claims."""
        return tuple([one.apart for one in self.unclaimed])

    @property
    def unclaimed(self) -> tuple[Claimed, ...]:
        """The differences that no finding claims, with those that come near."""
        return tuple([one for one in self.differences if not one.findings])

    def near(self, differences: Iterable[Apart]) -> tuple[str, ...]:
        """The ids of the findings that would claim any of some differences if they said nothing of scenarios."""
        wanted = set(differences)
        return tuple(dict.fromkeys(name for one in self.differences if one.apart in wanted for name in one.perhaps))

    @property
    def used(self) -> tuple[str, ...]:
        """The ids of the findings that claim anything, sorted."""
        return tuple(sorted({finding for one in self.differences for finding in one.findings}))

    @property
    def perhaps(self) -> tuple[str, ...]:
        """The ids of the findings that would claim anything new if they said nothing of scenarios, sorted."""
        return tuple(sorted({finding for one in self.differences for finding in one.perhaps}))

    def by_scenario(self) -> dict[str, tuple[Claimed, ...]]:
        """The differences of each scenario that has any."""
        found: dict[str, list[Claimed]] = {}
        for one in self.differences:
            found.setdefault(one.apart.scenario, []).append(one)
        return {scenario: tuple(all_of) for scenario, all_of in found.items()}

    def by_finding(self) -> dict[str, tuple[Apart, ...]]:
        """What each finding claims."""
        found: dict[str, list[Apart]] = {}
        for one in self.differences:
            for finding in one.findings:
                found.setdefault(finding, []).append(one.apart)
        return {finding: tuple(all_of) for finding, all_of in found.items()}


class Catalogue:
    """Findings, looked up by the lines that they cite."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        self._by_line: dict[str, list[Finding]] = {}
        for finding in self.findings:
            for line in dict.fromkeys(line for side in finding.sides for line in side.decided):
                self._by_line.setdefault(line, []).append(finding)
        self._of_places = [finding for finding in self.findings if finding.scenarios]

    def claiming(self, apart: Apart) -> tuple[Finding, ...]:
        """The findings that claim a difference."""
        likely = self._of_places if apart.sets else self._citing(apart.lines[0])
        return tuple([finding for finding in likely if claims(finding, apart)])

    def _citing(self, lines: Sequence[str]) -> list[Finding]:
        found = {finding.id: finding for line in lines for finding in self._by_line.get(line, ())}
        return list(found.values())

    def judge(self, differences: Iterable[Apart]) -> Claims:
        """Put each difference to the findings that claim it."""
        return Claims(tuple([self._judged(one) for one in differences]))

    def _judged(self, apart: Apart) -> Claimed:
        findings = tuple([finding.id for finding in self.claiming(apart)])
        if findings or apart.sets:
            return Claimed(apart, findings)
        likely = [finding for finding in self._citing(apart.lines[0]) if finding.scenarios]
        return Claimed(apart, (), tuple([one.id for one in likely if claims(replace(one, scenarios=()), apart)]))


def claims(finding: Finding, apart: Apart) -> bool:
    """Whether a finding claims a difference."""
    sides = sides_of(finding, apart)
    if sides is None:
        return False
    if apart.sets:
        return bool(finding.scenarios)
    cited = [set(finding.sides[side].decided).intersection(lines) for side, lines in zip(sides, apart.lines, strict=True)]
    if not all(cited):
        return False
    return bool(finding.scenarios) or any(is_citation(line) for lines in cited for line in lines)


def sides_of(finding: Finding, apart: Apart) -> tuple[int, int] | None:
    """The sides on which a finding has the flavors of a difference, if fact, scenario and flavors are what it is about."""
    one, other = (finding.side_of(flavor) for flavor in apart.flavors)
    if one is None or other is None or one == other or not finding.about(apart.fact) or not finding.within(apart.scenario):
        return None
    return one, other
