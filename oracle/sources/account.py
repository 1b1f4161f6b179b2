"""The account of a C source: each line of code is modelled, left out with a reason, or not accounted for; what ran of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from oracle.cite import CFunction, SourceMap, parse_lines
from oracle.flavor import Flavor
from oracle.sources.exercise import FileRuns
from oracle.sources.reading import Flaw, Placed, Reading, Statement, modules_citing, read


class State(Enum):
    """What becomes of a line of C."""

    MODELLED = "modelled"
    LEFT_OUT = "left out"
    NOWHERE = "not accounted for"


class Ran(Enum):
    """Whether the statements that model a line ran."""

    ALL = "exercised"
    SOME = "partly exercised"
    NONE = "not exercised"
    OUT_OF_REACH = "out of reach"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Way:
    """One way that a decision of the model can go: to a Python line (negative: the function ends), and whether it did.

    `excused`: it leads to what is out of reach.
    """

    at: Placed
    to: int
    when: str
    taken: bool
    excused: bool

    def __str__(self) -> str:
        return f"{self.at.place}:{self.at.statement.first if self.at.statement else 0} {self.when}"


@dataclass(frozen=True, slots=True)
class CLine:
    """One line of code in a C function, and all that is known of it. `why` it was left out, or is out of reach."""

    number: int
    state: State
    why: str
    decides: bool
    marks: tuple[Placed, ...]
    ran: Ran
    ways: tuple[Way, ...]
    scenarios: tuple[str, ...]

    @property
    def missed(self) -> tuple[Way, ...]:
        """The ways not taken for which there is no excuse."""
        return tuple(way for way in self.ways if not way.taken and not way.excused)


@dataclass(frozen=True, slots=True)
class FunctionAccount:
    """A C function and its lines of code."""

    function: CFunction
    lines: tuple[CLine, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers for a C function or a source. Out of reach is neither among `exercised` nor among `to_exercise`."""

    code: int
    modelled: int
    left_out: int
    nowhere: int
    exercised: int
    to_exercise: int
    ways_taken: int
    ways: int


@dataclass(frozen=True, slots=True)
class Account:
    """One source of one flavor. `measured`: whether anything was run."""

    flavor: str
    map: SourceMap
    functions: tuple[FunctionAccount, ...]
    flaws: tuple[Flaw, ...]
    measured: bool

    def lines(self) -> Iterator[CLine]:
        """All lines of code, in order of functions."""
        for function in self.functions:
            yield from function.lines

    def nowhere(self) -> list[CLine]:
        """Lines that neither a mark nor a reason accounts for."""
        return [line for line in self.lines() if line.state is State.NOWHERE]

    def idle(self) -> list[CLine]:
        """Lines that are modelled, and not or only partly exercised."""
        return [line for line in self.lines() if line.ran in (Ran.SOME, Ran.NONE)]

    def one_way(self) -> list[tuple[CLine, Way]]:
        """Ways of decisions that were never taken, each with the first line of C that it belongs to."""
        found: dict[tuple[str, Statement | None, int], tuple[CLine, Way]] = {}
        for line in self.lines():
            for way in line.missed:
                found.setdefault((way.at.place, way.at.statement, way.to), (line, way))
        return list(found.values())

    @property
    def ok(self) -> bool:
        """Whether every line is accounted for, all that is modelled was exercised, and nothing said about the C is wrong."""
        return not (self.nowhere() or self.idle() or self.one_way() or self.flaws)


def totals(lines: Iterable[CLine]) -> Totals:
    """Count lines and ways."""
    every = list(lines)
    modelled = [line for line in every if line.state is State.MODELLED]
    ways = {(way.at.place, way.at.statement, way.to): way for line in modelled for way in line.ways if not way.excused}
    return Totals(
        len(every),
        len(modelled),
        sum(line.state is State.LEFT_OUT for line in every),
        sum(line.state is State.NOWHERE for line in every),
        sum(line.ran is Ran.ALL for line in modelled),
        sum(line.ran is not Ran.OUT_OF_REACH for line in modelled),
        sum(way.taken for way in ways.values()),
        len(ways),
    )


def readings_of(flavor: Flavor) -> tuple[Reading, ...]:
    """What the modules of a flavor say about its sources."""
    return tuple(read(module) for module in modules_citing(flavor.sources))


def account(
    flavor: Flavor,
    source_map: SourceMap,
    readings: Sequence[Reading],
    runs: Mapping[str, FileRuns] | None = None,
    flaws: Iterable[Flaw] = (),
) -> Account:
    """Account for one source. `runs`: what ran, by Python file; None if nothing was measured. `flaws` are known already."""
    return _Accountant(flavor.id, source_map, readings, runs, flaws).account()


class _Accountant:
    """Puts together what the map says, what the marks say and what ran, for one source."""

    def __init__(
        self,
        flavor: str,
        source_map: SourceMap,
        readings: Sequence[Reading],
        runs: Mapping[str, FileRuns] | None,
        flaws: Iterable[Flaw],
    ) -> None:
        self.flavor = flavor
        self.map = source_map
        self.runs = runs
        self.decides = {line for function in source_map.functions for line in parse_lines(function.decides)}
        self.files = {reading.place: reading.file for reading in readings}
        self.left_out = {line: one.why for one in source_map.left_out for line in parse_lines(one.lines)}
        self.branchless = {line: one.why for one in source_map.branchless for line in parse_lines(one.lines)}
        self.flaws = list(flaws)
        self.marks: dict[int, list[Placed]] = {}
        self.beyond: set[tuple[str, int]] = set()  # (place, Python line) of statements that are out of reach
        for placed in (mark for reading in readings for mark in reading.marks):
            if placed.under is None or placed.under.citation.source != source_map.source:
                continue
            for line in range(placed.mark.first, placed.mark.last + 1):
                self.marks.setdefault(line, []).append(placed)
            if placed.statement is not None and placed.mark.reach == "never":
                self.beyond.add((placed.place, placed.statement.first))

    def account(self) -> Account:
        functions = []
        known: set[int] = set()
        for function in self.map.functions:
            code, decides = parse_lines(function.code), parse_lines(function.decides)
            known |= code
            lines = tuple(self._line(number, number in decides) for number in sorted(code))
            functions.append(FunctionAccount(function, lines))
        for what, lines_of in (("left out", self.left_out), ("branchless", self.branchless)):
            for number in sorted(set(lines_of) - known):
                self._flaw(number, f"is said to be {what}, and is no line of code in a function of the map")
        measured = self.runs is not None
        return Account(self.flavor, self.map, tuple(functions), tuple(sorted(set(self.flaws))), measured)

    def _line(self, number: int, decides: bool) -> CLine:
        marks = tuple(self.marks.get(number, ()))
        why = self.left_out.get(number)
        if why is not None and marks:
            self._flaw(number, f"is left out ({why}), and is cited at {', '.join(map(str, marks))}")
        if why is not None:
            return CLine(number, State.LEFT_OUT, why, decides, marks, Ran.UNKNOWN, (), ())
        if not marks:
            return CLine(number, State.NOWHERE, "", decides, (), Ran.UNKNOWN, (), ())
        if decides and number not in self.branchless and not any(one.statement and one.statement.decides for one in marks):
            cited = ", ".join(map(str, marks))
            self._flaw(number, f"decides, and nothing at {cited} does: give the decision a statement of its own")
        ran, names = self._ran(marks)
        ways = tuple(way for placed in marks for way in self._ways(placed))
        never = [placed.mark.words for placed in marks if placed.mark.reach == "never"]
        return CLine(number, State.MODELLED, "; ".join(never), decides, marks, ran, ways, names)

    def _ran(self, marks: Sequence[Placed]) -> tuple[Ran, tuple[str, ...]]:
        """Whether all statements that stand for a line ran, but for those out of reach, and in which scenarios any did."""
        if self.runs is None:
            return Ran.UNKNOWN, ()
        hits: list[bool] = []
        names: set[str] = set()
        for placed in marks:
            runs = self._runs(placed)
            first = placed.statement.first if placed.statement is not None else 0
            hit = first in runs.lines
            if placed.mark.reach == "never":
                if first in runs.scenarios:
                    self._reached(placed, runs.scenarios[first])
                continue
            hits.append(hit)
            names.update(runs.scenarios.get(first, ()))
        if not hits:
            return Ran.OUT_OF_REACH, ()
        return Ran.ALL if all(hits) else Ran.SOME if any(hits) else Ran.NONE, tuple(sorted(names))

    def _ways(self, placed: Placed) -> Iterator[Way]:
        statement = placed.statement
        if self.runs is None or statement is None or not statement.decides or placed.mark.reach == "never":
            return
        if self.decides.isdisjoint(range(placed.mark.first, placed.mark.last + 1)):
            return  # Python alone decides: whether anybody could go on meanwhile
        runs = self._runs(placed)
        taken = runs.taken.get(statement.first, frozenset())
        for to in sorted(taken | runs.missed.get(statement.first, frozenset()), key=lambda line: (line < 0, line)):
            inside = statement.block[0] <= to <= statement.block[1]
            words = ("finds one", "ends") if statement.text.startswith("for ") else ("true", "false")
            only_one = placed.mark.reach == "always" and not inside
            if only_one and to in runs.walked.get(statement.first, frozenset()):
                self._reached(placed, ())
            excused = only_one or (placed.place, to) in self.beyond
            yield Way(placed, to, f"`{statement.text}` {words[not inside]}", to in taken, excused)

    def _reached(self, placed: Placed, scenarios: Sequence[str]) -> None:
        where = f", in {', '.join(scenarios[:3])}" if scenarios else ""
        message = f"is said to be out of reach ({placed.mark.reach}: {placed.mark.words}), and was reached{where}"
        self.flaws.append(Flaw(placed.place, placed.mark.python_line, message))

    def _runs(self, placed: Placed) -> FileRuns:
        assert self.runs is not None
        return self.runs.get(self.files[placed.place], FileRuns())

    def _flaw(self, line: int, message: str) -> None:
        self.flaws.append(Flaw(f"{self.flavor} {self.map.source.path}", line, message))
