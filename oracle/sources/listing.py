"""Reads published listings of C sources, where they are at hand: which lines hold code, which decide, where functions stand.

A folder of listings has a README.md with a table: first column the file, last column the flavor. In a listing, each line of C
stands behind its line number; what stands before line 1 is the source browser's own.

The C is read token by token and not parsed. It can't be parsed without its headers: in them `TAILQ_FOREACH (…) {` becomes a
loop, and `MALLOC(p, struct sigacts *, …)` a call. What is asked here, a token tells.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oracle.cite import CFunction, write_lines
from oracle.errors import UsageError
from oracle.flavor import Flavor

VARIABLE = "FORK_ORACLE_SOURCES"
ABSENT = f"{VARIABLE} is not set: there are no listings of the C sources to compare with"

_NUMBERED = re.compile(r"\s*(\d+)(?:[ \t\xa0:](.*))?$")
_ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|.*\|\s*`([^`]+)`\s*\|\s*$", re.MULTILINE)
_NAME = re.compile(r"(\w+)\(")
_TYPE = re.compile(r"[A-Za-z_][\w\s*]*$")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\d\w*|[^\s\w]')
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_LABEL = re.compile(r"\s*(?!default\b)[A-Za-z_]\w*\s*:\s*$")
_NO_CODE = {"{", "}", "else", "do", ";"}  # alone on a line, these say where a statement begins or ends, and do nothing
_DECIDES = {"if", "while", "for", "case", "?"}
_LOOP = re.compile(r"\w*FOREACH\w*")  # a loop, once the preprocessor has been there


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a C function stands: the line of its return type, of its name, of its first brace, and of its last."""

    type_line: int
    name_line: int
    body: int
    last: int


class Listing:
    """The lines of a C file, which of them hold more than comments, and where its functions stand."""

    def __init__(self, text: str) -> None:
        self.lines = [""]  # so that lines[1] is line 1
        for raw in text.splitlines():
            match = _NUMBERED.match(raw)
            if match and int(match[1]) == len(self.lines):
                self.lines.append((match[2] or "").replace("\xa0", " ").rstrip())
        self.bare = _without_comments(self.lines)
        self.code = [bool(line.strip()) for line in self.bare]
        self.functions = dict(self._find_functions())

    def _find_functions(self) -> Iterator[tuple[str, Extent]]:
        for number, line in enumerate(self.lines):
            match = _NAME.match(line)
            if match is None:
                continue
            for body in range(number, min(number + 12, len(self.lines))):
                text = self.lines[body]
                if text.startswith("{"):
                    last = next(end for end in range(body, len(self.lines)) if self.lines[end].startswith("}"))
                    type_line = number - 1 if _TYPE.match(self.lines[number - 1]) else number
                    yield match[1], Extent(type_line, number, body, last)
                    break
                if ";" in text or (body > number and _NAME.match(text)):
                    break

    def tokens(self, line: int) -> list[str]:
        """The tokens of a line, without comments; of a line for the preprocessor, none."""
        text = self.bare[line]
        return [] if text.lstrip().startswith("#") else _TOKEN.findall(text)

    def identifiers(self, first: int, last: int) -> frozenset[str]:
        """The names and words of the C that stand on some lines, none out of texts or comments; none where there is no line."""
        there = range(max(first, 1), min(last + 1, len(self.lines)))
        return frozenset(token for line in there for token in self.tokens(line) if _IDENTIFIER.fullmatch(token))

    def c_function(self, name: str) -> CFunction:
        """What a flavor's map has to say about a function: its lines of code, and those that decide."""
        extent = self.functions[name]
        inside = range(extent.body + 1, extent.last)
        code = [line for line in inside if self._is_code(line)]
        decides = [line for line in code if self._decides(line)]
        return CFunction(name, extent.name_line, extent.last, write_lines(code), write_lines(decides))

    def _is_code(self, line: int) -> bool:
        return not set(self.tokens(line)) <= _NO_CODE and not _LABEL.match(self.bare[line])

    def _decides(self, line: int) -> bool:
        return any(token in _DECIDES or _LOOP.fullmatch(token) for token in self.tokens(line))


def _without_comments(lines: list[str]) -> list[str]:
    """The same lines without their comments."""
    found = []
    inside = False
    for line in lines:
        kept = ""
        rest = line
        while rest:
            if inside:
                _, mark, rest = rest.partition("*/")
                inside = not mark
            else:
                before, mark, rest = rest.partition("/*")
                kept += before
                inside = bool(mark)
        found.append(kept)
    return found


def sources_folder(named: Path | None = None) -> Path | None:
    """The folder of listings: as named, or as the environment has it; None without either."""
    variable = os.environ.get(VARIABLE)
    return named or (Path(variable) if variable else None)


def listings_at_hand(flavors: Iterable[Flavor], named: Path | None = None) -> dict[str, Listing]:
    """The C of the flavors' sources that is at hand, by the name of the source; nothing, if no folder is named anywhere."""
    place = sources_folder(named)
    found = {} if place is None else read_listings(place)
    return {str(source): found[flavor.id] for flavor in flavors for source in flavor.sources if flavor.id in found}


def _reason(error: OSError | UnicodeDecodeError, place: Path) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "a file in it is no text in UTF-8"
    return f"{error.strerror or error}: {str(error.filename or place)!r}"


def read_listings(folder: Path) -> dict[str, Listing]:
    """The listings of a folder by flavor id. Raises UsageError, with the cure, for a folder that is none."""
    place = folder / "README.md"
    try:
        rows: Iterable[tuple[str, str]] = _ROW.findall(place.read_text(encoding="utf-8"))
        found = {flavor: Listing((folder / file).read_text(encoding="utf-8")) for file, flavor in rows}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"can't read the listings in {str(folder)!r}: {_reason(error, place)}; see CONTRIBUTING.md for what it holds"
        ) from None
    if not found:
        raise UsageError(f"{str(place)!r} has no table of listings: | `file` | … | `system@revision` |; see CONTRIBUTING.md")
    return found
