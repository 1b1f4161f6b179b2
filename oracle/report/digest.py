"""Boils comparisons down to what every report shows: a letter and a mark for each run, counts, divergences by outcome class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from oracle.diff import Divergence
from oracle.facts import Subject, Value, split
from oracle.harness import Comparison
from oracle.outcome import ABSENT, ASLEEP, Outcome, RunResult
from oracle.report.text import show
from oracle.scenario import Scenario


class Mark(Enum):
    """How a run went. The value is the word that reports use."""

    OK = "ok"
    FAILED = "FAILED"
    INVARIANT = "INVARIANT"
    CRASH = "CRASH"
    UNMODELLED = "unmodelled"
    LEFT_OUT = "-"  # the scenario is not meant for the flavor


@dataclass(frozen=True, slots=True)
class Cell:
    """One run in the matrix: which outcome class, how it went, and how many oddities of that kernel's own it met."""

    flavor: str
    letter: str
    mark: Mark
    own: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over all comparisons. A scenario that fewer than two flavors have something to say about is not compared."""

    scenarios: int
    runs: int
    divergent: int
    agreeing: int
    not_compared: int
    failed: int
    crashed_runs: int
    unmodelled_runs: int


NOT_COMPARED = "·"  # a fact of another system


@dataclass(frozen=True, slots=True)
class Line:
    """A divergence, or several alike, with what each outcome class says, in the order of the letters."""

    path: str
    values: tuple[str, ...]
    promised: bool = False  # on whether the scenario says that all agree


def mark(result: RunResult) -> Mark:
    """How a run went; the gravest word wins."""
    if result.crash:
        return Mark.CRASH
    if result.unmodelled:
        return Mark.UNMODELLED
    if result.unmet or result.misplaced:
        return Mark.FAILED
    return Mark.OK if result.ok else Mark.INVARIANT


def cells(comparison: Comparison, flavors: Sequence[str]) -> tuple[Cell, ...]:
    """The row of the matrix for one scenario, a cell for each flavor."""
    letters = comparison.outcome_classes()
    results = {result.flavor: result for result in comparison.results}
    row = []
    for flavor in flavors:
        result = results.get(flavor)
        if result is None:
            row.append(Cell(flavor, "", Mark.LEFT_OUT))
        else:
            row.append(Cell(flavor, letters[flavor], mark(result), sum(bool(one.known) for one in result.violations)))
    return tuple(row)


def compared(comparison: Comparison) -> bool:
    """Whether at least two flavors have something to say."""
    return sum(not (result.crash or result.unmodelled) for result in comparison.results) > 1


def summarise(comparisons: Sequence[Comparison]) -> Summary:
    """The counts."""
    divergent = sum(bool(one.divergences) for one in comparisons)
    unlike = sum(not compared(one) for one in comparisons)
    results = [result for one in comparisons for result in one.results]
    return Summary(
        scenarios=len(comparisons),
        runs=len(results),
        divergent=divergent,
        agreeing=len(comparisons) - divergent - unlike,
        not_compared=unlike,
        failed=sum(not one.ok for one in comparisons),
        crashed_runs=sum(bool(result.crash) for result in results),
        unmodelled_runs=sum(bool(result.unmodelled and not result.crash) for result in results),
    )


def classes(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """The letters in order, each with its flavors. Runs that say nothing are left out."""
    grouped: dict[str, tuple[str, ...]] = {}
    for flavor, letter in comparison.outcome_classes().items():
        if letter not in "!?":
            grouped[letter] = (*grouped.get(letter, ()), flavor)
    return grouped


def lines(comparison: Comparison) -> list[Line]:
    """All divergences, in the order in which they were observed."""
    grouped = classes(comparison)
    promised = set(comparison.broken_promises)
    return [
        Line(one.path, tuple(_said(one, flavors) for flavors in grouped.values()), one in promised)
        for one in comparison.divergences
    ]


def _said(divergence: Divergence, flavors: tuple[str, ...]) -> str:
    """What the flavors of one class, which agree, say of a fact."""
    values: dict[str, Value | None] = dict(divergence.values)
    for flavor in flavors:
        if flavor in values:
            return show(values[flavor])
    return NOT_COMPARED


def _seen(divergence: Divergence, flavors: tuple[str, ...]) -> bool | None:
    """Whether the flavors of a class observed a fact; None if it was not compared with them."""
    values = [value for flavor, value in divergence.values if flavor in flavors]
    return values[0] is not None if values else None


@dataclass(frozen=True, slots=True)
class Fold:
    """Divergences that say one thing: a subject is there on some flavors only. `members` are places in the divergences."""

    subject: str
    there: tuple[bool | None, ...]  # for each outcome class; None: not compared
    members: tuple[int, ...]

    def line(self) -> Line:
        """The one thing."""
        words = {True: f"{len(self.members)} facts", False: ABSENT, None: NOT_COMPARED}
        return Line(f"{self.subject}.…", tuple(words[one] for one in self.there))


def folds(comparison: Comparison, least: int = 3) -> tuple[Fold, ...]:
    """What can be folded: a process that was born on some kernels alone differs in every fact there is to observe about it."""
    grouped = classes(comparison)
    promised = set(comparison.broken_promises)
    found: dict[tuple[str, tuple[bool | None, ...]], list[int]] = {}
    for index, one in enumerate(comparison.divergences):
        there = tuple(_seen(one, flavors) for flavors in grouped.values())
        if False in there and one not in promised and split(one.path)[0] in (Subject.PROCESS, Subject.PAIR):
            found.setdefault((one.path.partition(".")[0], there), []).append(index)
    return tuple(Fold(*key, tuple(members)) for key, members in found.items() if len(members) >= least)


def condensed(comparison: Comparison) -> list[Line]:
    """The divergences, those that say one thing folded into one line."""
    folded = {index: fold for fold in folds(comparison) for index in fold.members}
    out = []
    for index, line in enumerate(lines(comparison)):
        fold = folded.get(index)
        if fold is None:
            out.append(line)
        elif index == fold.members[0]:
            out.append(fold.line())
    return out


def calls_of(result: RunResult) -> tuple[Outcome, ...]:
    """What the calls gave. The call in which a flavor crashed never ended; it says so here."""
    done = result.outcomes
    if result.crash and done and done[-1].result in ("", ASLEEP):
        return (*done[:-1], done[-1]._replace(result="crashed"))
    return done


def file_in_specs(scenario: Scenario) -> str:
    """The scenario's file as named from the specs folder: the same wherever that folder is."""
    ending = scenario.file[scenario.file.rfind(".") :] if "." in scenario.file.rpartition("/")[2] else ".yaml"
    return scenario.name + ending


def place(scenario: Scenario, line: int, *, portable: bool = False) -> str:
    """`file:line` of something in a scenario; `portable`: as named from the specs folder."""
    file = file_in_specs(scenario) if portable or not scenario.file else scenario.file
    return f"{file}:{line}" if line else file
