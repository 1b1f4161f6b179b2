"""Reads the published listings of the C sources, where they are at hand: FORK_ORACLE_SOURCES names their folder.

Its README.md has a table (file, system, revision, flavor id). In a listing, each line of C stands behind its line number; what
stands before line 1 is the source browser's own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "FORK_ORACLE_SOURCES"
ABSENT = f"{VARIABLE} is not set: there are no listings of the C sources to compare with"

_NUMBERED = re.compile(r"\s*(\d+)(?:[ \t\xa0:](.*))?$")
_ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|.*\|\s*`([^`]+)`\s*\|\s*$", re.MULTILINE)
_NAME = re.compile(r"(\w+)\(")
_TYPE = re.compile(r"[A-Za-z_][\w\s*]*$")


@dataclass(frozen=True, slots=True)
class CFunction:
    """Where a C function stands: the line of its return type, of its name, and of its last brace."""

    type_line: int
    name_line: int
    last: int


class Listing:
    """The lines of a C file, which of them hold code, and where its functions stand."""

    def __init__(self, text: str) -> None:
        self.lines = [""]  # so that lines[1] is line 1
        for raw in text.splitlines():
            match = _NUMBERED.match(raw)
            if match and int(match[1]) == len(self.lines):
                self.lines.append((match[2] or "").replace("\xa0", " ").rstrip())
        self.code = [bool(line.strip()) for line in _without_comments(self.lines)]
        self.functions = self._find_functions()

    def _find_functions(self) -> dict[str, CFunction]:
        found = {}
        for number, line in enumerate(self.lines):
            match = _NAME.match(line)
            if match is None:
                continue
            for body in range(number, min(number + 12, len(self.lines))):
                text = self.lines[body]
                if text.startswith("{"):
                    last = next(end for end in range(body, len(self.lines)) if self.lines[end].startswith("}"))
                    type_line = number - 1 if _TYPE.match(self.lines[number - 1]) else number
                    found[match[1]] = CFunction(type_line, number, last)
                    break
                if ";" in text or (body > number and _NAME.match(text)):
                    break
        return found


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


def sources_folder() -> Path | None:
    """Where the listings are, or None."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def read_listings(folder: Path) -> dict[str, Listing]:
    """The listings of a folder by flavor id."""
    table = (folder / "README.md").read_text(encoding="utf-8")
    return {flavor: Listing((folder / file).read_text(encoding="utf-8")) for file, flavor in _ROW.findall(table)}
