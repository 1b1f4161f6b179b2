"""Citations: which lines of which C source a piece of the model stands for, and which lines it leaves out on purpose.

`@models(SOURCE, first, last)` ties a function of a flavor to the C function it models; `# [a-b] own words` comments inside it
tie single decisions to lines. Both cost nothing at run time; `marks()` reads the comments on demand. A `SourceMap` says which
lines of the source hold code, so that what neither a mark nor a reason accounts for can be found.
"""

from __future__ import annotations

import inspect
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

_RANGES = r"\d+(?:-\d+)?(?:,\s*\d+(?:-\d+)?)*"
MARK = re.compile(rf"#\s*\[(?P<ranges>{_RANGES})\]\s*(?:(?P<reach>never|always):\s*)?(?P<sic>sic:\s*)?(?P<words>.*)")


@dataclass(frozen=True, slots=True)
class Source:
    """One C file at one revision.

    `system` and `revision` are the kernel's own ("NetBSD", "1.189"); `path` is the file in that kernel's tree; `lines` is the
    length of a listing whose every line may be cited, 0 for a file that is cited by function only.
    """

    system: str
    path: str
    revision: str
    lines: int = 0

    def __str__(self) -> str:
        return f"{self.system} {self.path} {self.revision}"


@dataclass(frozen=True, slots=True)
class Citation:
    """A C function, and the lines (first, last; 0, 0 for the function as a whole) that a Python function models."""

    source: Source
    function: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        where = f" [{self.first}-{self.last}]" if self.first else ""
        return f"{self.source}, {self.function}{where}"


@dataclass(frozen=True, slots=True)
class Mark:
    """One `# [a-b]` comment: the C lines (first, last), the Python line it stands on, and whether it marks an oddity.

    `reach` is "never" for a statement that no program gets the kernel to, "always" for a decision that goes one way only; the
    words say why. It is a mistake if a program does.
    """

    first: int
    last: int
    python_line: int
    words: str
    sic: bool
    reach: str = ""


def models(source: Source, first: int = 0, last: int = 0, function: str = "") -> Callable[[_F], _F]:
    """Say that the decorated function models `function` (its own name, if not given) of `source`, lines first to last."""

    def attach(fn: _F) -> _F:
        fn.__cites__ = Citation(source, function or fn.__name__, first, last)  # type: ignore[attr-defined]
        return fn

    return attach


def citation(fn: object) -> Citation | None:
    """What `@models` said about `fn`, or None."""
    found = getattr(fn, "__cites__", None)
    return found if isinstance(found, Citation) else None


def marks_in(text: str, first_line: int = 1) -> list[Mark]:
    """The `# [a-b]` comments of a piece of Python source that starts at `first_line` of its file."""
    found = []
    for line, comment in comments_in(text):
        if match := MARK.search(comment):
            for first, last in parse_ranges(match["ranges"]):
                found.append(Mark(first, last, first_line + line - 1, match["words"], bool(match["sic"]), match["reach"] or ""))
    return found


@lru_cache(maxsize=1)  # who reads a module asks twice in a row
def comments_in(text: str) -> tuple[tuple[int, str], ...]:
    """The comments of a piece of Python source, with the lines that they stand on, from 1."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return tuple([(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT])


def marks(fn: Callable[..., object]) -> list[Mark]:
    """The `# [a-b]` comments inside a function, in order."""
    text, first_line = inspect.getsourcelines(fn)
    return marks_in("".join(text), first_line)


# --- what a source consists of -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CFunction:
    """A function of a C source: its first line (of its name or its type) and its last, and what lies between.

    `code` are the lines that hold statements or declarations; `decides` those of them on which the C takes one of several ways.
    Lines are written as in a mark: "94-96, 98".
    """

    name: str
    first: int
    last: int
    code: str
    decides: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines of a source that the model leaves out on purpose, and why, in one sentence."""

    lines: str
    why: str


@dataclass(frozen=True, slots=True)
class Branchless:
    """Lines on which the C decides and the model has no decision of its own, and why, in one sentence."""

    lines: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceMap:
    """What the functions of a C source consist of, and what of it the model does otherwise or not at all."""

    source: Source
    functions: tuple[CFunction, ...]
    left_out: tuple[LeftOut, ...] = ()
    branchless: tuple[Branchless, ...] = ()


def parse_ranges(ranges: str) -> list[tuple[int, int]]:
    """ "94-96, 98" as [(94, 96), (98, 98)]. Raises ValueError for anything else."""
    if ranges and not re.fullmatch(_RANGES, ranges):
        raise ValueError(f"{ranges!r} are no lines; write them as in '94-96, 98'")
    parts = [part.strip().partition("-") for part in ranges.split(",")] if ranges else []
    return [(int(first), int(last or first)) for first, _, last in parts]


def parse_lines(ranges: str) -> frozenset[int]:
    """ "94-96, 98" as {94, 95, 96, 98}. Raises ValueError for anything else."""
    return frozenset(line for first, last in parse_ranges(ranges) for line in range(first, last + 1))


def write_lines(lines: Iterable[int]) -> str:
    """{94, 95, 96, 98} as "94-96, 98"."""
    runs: list[tuple[int, int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
