"""Checks what a flavor says about its C: by itself, and, where listings are at hand, against the C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from oracle.cite import CFunction, Source, SourceMap, parse_lines
from oracle.sources.listing import Listing
from oracle.sources.reading import Cited, Flaw, Placed, Reading

_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset(
    {"auto", "bool", "break", "case", "char", "const", "continue", "default", "double", "else", "enum", "extern", "false"}
    | {"float", "goto", "inline", "long", "null", "register", "return", "short", "signed", "sizeof", "static", "struct"}
    | {"switch", "true", "typedef", "union", "unsigned", "void", "volatile", "while"}
)
_EVERYWHERE = frozenset({"flags", "error", "proc", "lwp"})  # names that stand on too many lines to tell one from another
_SHORTEST = 4  # a shorter name is a local: p1, lp2, td


def unsound(readings: Iterable[Reading]) -> Iterator[Flaw]:
    """What can't be right, whatever the C says."""
    for reading in readings:
        yield from reading.flaws
        for one in reading.cited:
            said, place = one.citation, f"@models({one.citation.source}, {one.citation.first}, {one.citation.last})"
            if said.first > said.last or said.first < 0 or bool(said.first) != bool(said.last):
                yield Flaw(reading.place, one.first, f"{place}: the lines run from first to last, or are left out")
            elif said.last > said.source.lines:
                yield Flaw(reading.place, one.first, f"{place}: the source has {said.source.lines} lines that may be cited")
        for placed in reading.marks:
            if message := _misplaced(placed):
                yield Flaw(reading.place, placed.mark.python_line, message)


def _misplaced(placed: Placed) -> str:
    mark = placed.mark
    where = f"[{mark.first}-{mark.last}]"
    if placed.under is None:
        return f"{where} stands in no function with @models"
    said = placed.under.citation
    if not said.first:
        return f"{where}: the @models around it names no lines"
    if not said.first <= mark.first <= mark.last <= said.last:
        return f"{where} is not within {said.function} [{said.first}-{said.last}]"
    if mark.reach == "always" and not (placed.statement and placed.statement.decides):
        return f"{where} always: stands on no decision; `never:` marks a statement that is out of reach"
    return ""


def unfaithful(source: Source, readings: Sequence[Reading], listing: Listing) -> Iterator[Flaw]:
    """Citations of a source that its listing disproves."""
    for reading in readings:
        for one in reading.cited:
            if one.citation.source == source and (message := _function_disproved(one, listing)):
                yield Flaw(reading.place, one.first, message)
        comments: dict[int, list[Placed]] = {}
        for placed in reading.marks:
            if placed.under is not None and placed.under.citation.source == source:
                comments.setdefault(placed.mark.python_line, []).append(placed)
        for line, marks in comments.items():
            for message in [*_no_code(marks, listing), *_strangers(marks, listing)]:
                yield Flaw(reading.place, line, message)


def _function_disproved(one: Cited, listing: Listing) -> str:
    """Why the lines of an `@models` are not those of its C function; a part of the function may be modelled apart."""
    said = one.citation
    last = len(listing.lines) - 1
    written = max((number for number, line in enumerate(listing.lines) if line.strip()), default=0)
    if not written <= said.source.lines <= last:
        return f"{said.source} has {written} lines, not {said.source.lines}"
    if not said.first:
        return ""
    c = listing.functions.get(said.function)
    if c is None:
        return f"{said.source} has no function {said.function}; it has {', '.join(listing.functions)}"
    whole = said.first in (c.type_line, c.name_line) and said.last == c.last
    if whole or c.name_line < said.first <= said.last < c.last:
        return ""
    return f"{said.function} stands on lines {c.name_line}-{c.last} of {said.source}, not {said.first}-{said.last}"


def _no_code(marks: Sequence[Placed], listing: Listing) -> Iterator[str]:
    """Marks that start or end where there is nothing to model."""
    for placed in marks:
        for end in sorted({placed.mark.first, placed.mark.last}):
            if end >= len(listing.code) or not listing.code[end]:
                yield f"[{placed.mark.first}-{placed.mark.last}]: line {end} holds no code, only a comment or nothing"


def _strangers(marks: Sequence[Placed], listing: Listing) -> Iterator[str]:
    """A mark none of whose names stands where it points: the statement's names and, in its words, what looks like code.

    Names that the C function has not are the model's own and tell nothing; of those that it has, one has to stand there.
    """
    first = marks[0]
    assert first.under is not None
    extent = listing.functions.get(first.under.citation.function)
    if extent is None:
        return
    said = _telling({*(first.statement.names if first.statement else ()), *_code_like(first.mark.words)})
    there = _telling({name for one in marks for name in listing.identifiers(one.mark.first, one.mark.last)})
    known = said.keys() & _telling(listing.identifiers(extent.name_line, extent.last)).keys()
    if known and not known & there.keys():
        names = ", ".join(said[name] for name in sorted(known))
        standing = ", ".join(there[name] for name in sorted(there)) or "no name"
        where = ", ".join(f"{one.mark.first}-{one.mark.last}" for one in marks)
        yield f"[{where}]: of {names} none stands there, but {standing}: name one of them in the mark, or mend the lines"


def _code_like(words: str) -> set[str]:
    """The words of a mark that are meant as names of the C: with an underscore, in capitals, or in backticks."""
    named = {word for word in _WORD.findall(words) if "_" in word or (len(word) >= _SHORTEST and word.isupper())}
    return named | {word for quoted in re.findall(r"`([^`]*)`", words) for word in _WORD.findall(quoted)}


def _telling(names: Iterable[str]) -> dict[str, str]:
    """Names by which a line can be told, by their small letters: phold(p) models PHOLD(p)."""
    small = {name.lower(): name for name in sorted(names) if len(name) >= _SHORTEST}
    return {key: name for key, name in small.items() if key not in _KEYWORDS | _EVERYWHERE}


def misdrawn(source_map: SourceMap, listing: Listing, place: str) -> Iterator[Flaw]:
    """Where a map differs from the listing of its source."""
    mapped = {function.name: function for function in source_map.functions}
    for name, extent in listing.functions.items():
        drawn, real = mapped.get(name), listing.c_function(name)
        if drawn is None:
            yield Flaw(place, extent.name_line, f"the map has no function {name}; the listing has it as {real}")
        elif message := _differs(drawn, real, extent.type_line):
            yield Flaw(place, extent.name_line, f"{name}: {message}")
    for name in sorted(mapped.keys() - listing.functions.keys()):
        yield Flaw(place, mapped[name].first, f"the map has a function {name}, the listing has none")


def _differs(drawn: CFunction, real: CFunction, type_line: int) -> str:
    if drawn.first not in (real.first, type_line) or drawn.last != real.last:
        return f"it stands on lines {real.first}-{real.last}, not {drawn.first}-{drawn.last}"
    for what, one, other in (("code", drawn.code, real.code), ("decides", drawn.decides, real.decides)):
        if wrong := sorted(parse_lines(one) ^ parse_lines(other)):
            return f"its {what} is {other!r}; the map is wrong about {', '.join(map(str, wrong))}"
    return ""


def flaws(
    flavor: str, maps: Iterable[SourceMap], readings: Sequence[Reading], listings: Mapping[str, Listing] | None
) -> list[Flaw]:
    """All that is wrong with what a flavor says about its C."""
    found = list(unsound(readings))
    if listings is not None and flavor in listings:
        listing = listings[flavor]
        for source_map in maps:
            found += unfaithful(source_map.source, readings, listing)
            found += misdrawn(source_map, listing, f"{flavor} {source_map.source.path}")
    return sorted(set(found))
