"""From where kernel code of a flavor stood to the C lines that it stands for there, by the flavor's marks and `@models`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from oracle.cite import Source, parse_ranges, write_lines
from oracle.explain.events import Site
from oracle.explain.statements import statements_of
from oracle.sources.listing import Listing
from oracle.sources.reading import Cited, Placed, read


@dataclass(frozen=True, slots=True)
class Cite:
    """Lines of a C function, with those of the decision around them (`under`); without lines, the function as a whole.

    `via` names the C functions, innermost first, that the lines called to do it. `at` is the statement of the model.
    """

    source: Source
    function: str
    lines: tuple[tuple[int, int], ...]
    under: tuple[tuple[int, int], ...]
    via: tuple[str, ...]
    at: str
    words: str = ""  # what the flavor's mark says of it

    @property
    def key(self) -> tuple[str, str, tuple[tuple[int, int], ...]]:
        """What two citations of the same C share."""
        return str(self.source), self.function, self.lines

    @property
    def where(self) -> str:
        """The function and the lines, such as `fork1 [421-422]`."""
        return f"{self.function} {ranges(self.lines)}".strip()


def ranges(lines: tuple[tuple[int, int], ...]) -> str:
    """Lines as in a mark: [94-96, 98]; nothing if there are none."""
    written = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in lines)
    return f"[{written}]" if written else ""


def code_of(lines: tuple[tuple[int, int], ...], listing: Listing) -> list[tuple[int, str]]:
    """Lines of a listing, with their numbers."""
    wanted = sorted({line for first, last in lines for line in range(first, min(last, len(listing.lines) - 1) + 1)})
    return [(line, listing.lines[line]) for line in wanted if listing.code[line]]


class _Marks:
    """What one module says, by its lines."""

    def __init__(self, module: str) -> None:
        reading = read(sys.modules[module])
        self.place = reading.place
        self.cited = reading.cited
        self.by_line: dict[int, list[Placed]] = {}
        for placed in reading.marks:
            if placed.statement is not None and placed.under is not None:
                for line in {placed.mark.python_line, *range(placed.statement.first, placed.statement.last + 1)}:
                    self.by_line.setdefault(line, []).append(placed)

    def function(self, line: int) -> Cited | None:
        around = [one for one in self.cited if one.first <= line <= one.last]
        return max(around, key=lambda one: one.first) if around else None


@lru_cache(maxsize=256)
def _marks_of(module: str) -> _Marks:
    return _Marks(module)


@lru_cache(maxsize=65536)
def cite(site: Site, making: tuple[str, tuple[str, ...], str] | None = None) -> Cite | None:
    """What stands at a place: the marks of the statement there, or of the nearest call on the way to it that has any, or else
    the C function that the innermost function models. None for what cites nothing.

    `making`: the class, the parameters and the field of an object that is made there, of which one argument is asked for.
    """
    via: list[Cited] = []
    for index, (module, line) in enumerate(site):
        marks = _marks_of(module)
        placed = marks.by_line.get(line, [])
        if placed and making is not None and index == 0:
            placed = _of_argument(placed, statements_of(module).argument(line, *making))
        if placed:
            return _cite(placed, _under(marks, module, line), via, f"{marks.place}:{line}")
        function = marks.function(line)
        if function is not None and (not via or via[-1] != function):
            via.append(function)
    if not via:
        return None
    inner = via[0]
    said = inner.citation
    at = next(f"{_marks_of(module).place}:{line}" for module, line in site if _marks_of(module).function(line) == inner)
    return Cite(said.source, said.function, (), (), (), at)


def worth(site: Site) -> int:
    """How much is known of a place: 2: lines of C, 1: a function, 0: nothing."""
    found = cite(site)
    return 0 if found is None else 2 if found.lines else 1


def deciding(site: Site) -> Site:
    """From the innermost function on that decided to go where it went: others do what they do whenever they are called.

    The whole place, if nothing on the way was decided where C is cited.
    """
    for index, (module, line) in enumerate(site):
        if statements_of(module).guards(line) and worth(site[index:]):
            return site[index:]
    return site


def place_of(site: Site) -> str:
    """The innermost statement of the model at a place."""
    return f"{_marks_of(site[0][0]).place}:{site[0][1]}" if site else ""


def _of_argument(placed: list[Placed], lines: tuple[int, int] | None) -> list[Placed]:
    """The marks on an argument's own lines, if there are any."""
    if lines is None:
        return placed
    return [one for one in placed if lines[0] <= one.mark.python_line <= lines[1]] or placed


def _cite(placed: list[Placed], under: tuple[tuple[int, int], ...], via: list[Cited], at: str) -> Cite:
    first = placed[0]
    assert first.under is not None
    said = first.under.citation
    lines = _merged([(one.mark.first, one.mark.last) for one in placed])
    words = first.mark.words if first.mark.sic else ""
    kept = tuple(one for one in under if one not in lines)
    return Cite(said.source, said.function, lines, kept, tuple(one.citation.function for one in via), at, words)


def _merged(lines: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs of lines, none of which overlap or touch."""
    return tuple(parse_ranges(write_lines({line for first, last in lines for line in range(first, last + 1)})))


def _under(marks: _Marks, module: str, line: int) -> tuple[tuple[int, int], ...]:
    """The lines of the marked decisions around a statement, and of what they consist of, in the same function.

    Decisions that go one way only decide nothing. If the statement is a decision itself, only what it consists of.
    """
    function, statements = marks.function(line), statements_of(module)
    around = [line] if line in statements.decisions else statements.guards(line)
    found: list[tuple[int, int]] = []
    for decides in around:
        for one in (decides, *statements.computed(decides)):
            for placed in marks.by_line.get(one, ()):
                if placed.under == function and placed.statement is not None and placed.statement.first == one != line:
                    if placed.mark.reach != "always":
                        found.append((placed.mark.first, placed.mark.last))
    return _merged(found)
