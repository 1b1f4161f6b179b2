"""The rows of the matrix: a scenario each, or, where there are very many, a bucket of scenarios with which all goes alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oracle.facts import Subject, lookup, split
from oracle.harness import Comparison
from oracle.outcome import RunResult
from oracle.report.crash import crash_of
from oracle.report.digest import NOT_COMPARED, Cell, Line, cells, compared, condensed
from oracle.report.page.texts import shown

SEPARATE = 1000  # so many scenarios have a row each
MOST = 1000  # rows
LONGEST = 200  # characters of a key
NAMED = 20  # scenarios of a bucket that are named


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the scenario it stands for, the names of those like it, and how many they are in all.

    `key` is its name in addresses: the scenario's, safe to show, bounded, and nobody else's.
    """

    key: str
    comparison: Comparison
    cells: tuple[Cell, ...]
    lines: tuple[Line, ...]
    names: tuple[str, ...]
    count: int = 1

    @property
    def said(self) -> str:
        """Whether all agree, in a word or two; empty if some differ."""
        if self.lines:
            return ""
        return "all agree" if compared(self.comparison) else "not compared"

    def facts(self) -> tuple[str, ...]:
        """The vocabulary's patterns of the facts that differ."""
        found = (lookup(one.path) for one in self.comparison.divergences)
        return tuple(dict.fromkeys(fact.pattern for fact in found if fact is not None))

    @property
    def telling(self) -> Line:
        """Of the facts that differ, the one that tells outcomes apart best: what a call gave, or what became of somebody."""
        return min(self.lines, key=lambda line: _telling(line.path))

    def gist(self, index: int) -> str:
        """What the outcome of a cell is, in a word: what it says of the most telling fact; empty if nothing."""
        letters = list(dict.fromkeys(cell.letter for cell in self.cells if cell.letter not in ("", "!", "?")))
        letter = self.cells[index].letter
        value = self.telling.values[letters.index(letter)] if self.lines and letter in letters else ""
        return "" if value == NOT_COMPARED else value

    @property
    def about(self) -> tuple[str, str]:
        """What kind of entry the scenario shows, and which; empty texts if none."""
        scenario = self.comparison.scenario
        if scenario.standard is not None:
            return "assertion", scenario.standard.id
        if scenario.defect is None:
            return "", ""
        return "defect" if scenario.defect.promise is None else "promise", scenario.defect.id

    def stand(self, index: int) -> str:
        """How the flavor of a cell stands to the entry that the scenario shows, in a word; empty if there is none to tell."""
        scenario = self.comparison.scenario
        flavor = self.cells[index].flavor
        shown = next((one.shown for one in self.comparison.results if one.flavor == flavor), None)
        if shown is None:
            return ""
        if scenario.standard is not None:
            return "satisfied" if shown else "violated"
        if not shown:
            return "no"
        return (
            scenario.defect.promise.value if scenario.defect is not None and scenario.defect.promise is not None else "has it"
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the page, by topic and name. `left_out`: how many more buckets there are, `scenarios` of them."""

    rows: tuple[Row, ...]
    bucketed: bool
    left_out: int = 0
    scenarios: int = 0


def rows(comparisons: Sequence[Comparison], flavors: Sequence[str], separate: int = SEPARATE, most: int = MOST) -> Rows:
    """The rows for some comparisons; buckets if there are more than `separate`, and no more than `most` of them.

    Where buckets are left out, they are those in which most goes as expected and alike, and of these the rarest.
    """
    bucketed = len(comparisons) > separate
    buckets: dict[object, list[Comparison]] = {}
    for one in comparisons:
        buckets.setdefault(_key(one) if bucketed else one.scenario.name, []).append(one)
    ranked = sorted(buckets.values(), key=_rank)
    kept = sorted(ranked[:most], key=lambda members: (members[0].scenario.topic, members[0].scenario.name))
    rest = ranked[most:]
    keys = _keys([members[0].scenario.name for members in kept])
    made = tuple(_row(key, members, flavors) for key, members in zip(keys, kept, strict=True))
    return Rows(made, bucketed, len(rest), sum(map(len, rest)))


def alone(comparisons: Sequence[Comparison], flavors: Sequence[str]) -> tuple[Row, ...]:
    """A row for each comparison, which no matrix shows."""
    return tuple([_row(key_of(one.scenario.name), [one], flavors) for one in comparisons])


def key_of(name: str) -> str:
    """A scenario's name as it stands in addresses, if no other looks alike once it is cut."""
    return shown(name, LONGEST)


def _telling(path: str) -> int:
    """The rank of a fact, the most telling first."""
    subject, name = split(path)
    if subject is Subject.CALL:
        return 3 if name == "elapsed" else 0
    return 1 if name in ("state", "status", "…") else 2


def _keys(names: Sequence[str]) -> Iterator[str]:
    """A key for each name; names that look alike once they are cut get a number."""
    taken: set[str] = set()
    for name in names:
        bare = key = key_of(name)
        number = 1
        while key in taken:
            number += 1
            key = f"{bare}~{number}"
        taken.add(key)
        yield key


def _row(key: str, members: Sequence[Comparison], flavors: Sequence[str]) -> Row:
    first = members[0]
    names = tuple(one.scenario.name for one in members[:NAMED])
    return Row(key, first, cells(first, flavors), tuple(condensed(first)), names, len(members))


def _rank(members: Sequence[Comparison]) -> tuple[bool, bool, bool, int]:
    first = members[0]
    return first.ok, first.scenario.defect is None and first.scenario.standard is None, not first.divergences, -len(members)


def _key(comparison: Comparison) -> object:
    """The same for scenarios of a topic that differ in nothing that the matrix says."""
    return (
        comparison.scenario.topic,
        comparison.scenario.defect,
        comparison.scenario.standard,
        tuple([(one.path, one.values) for one in comparison.divergences]),
        tuple([_went(result) for result in comparison.results]),
        comparison.broken_promises,
    )


def _went(result: RunResult) -> object:
    """How a run went."""
    if result.ok and not result.unmodelled and not result.violations:
        return result.flavor, result.shown
    crash = crash_of(result.crash).message if result.crash else ""
    unmet = tuple([(one.path, one.expected, one.actual) for one in result.unmet])
    broken = tuple([(one.rule, one.known) for one in result.violations])
    return result.flavor, result.shown, result.unmodelled, crash, unmet, broken, len(result.misplaced)
