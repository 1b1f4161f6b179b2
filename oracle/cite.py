"""Citations: which lines of which C source a piece of the model stands for.

`@models(SOURCE, first, last)` ties a function of a flavor to the C function it models; `# [a-b] own words` comments inside it
tie single decisions to lines. Both cost nothing at run time; `marks()` reads the comments on demand.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

MARK = re.compile(r"#\s*\[(?P<ranges>\d+(?:-\d+)?(?:,\s*\d+(?:-\d+)?)*)\]\s*(?P<sic>sic:\s*)?(?P<words>.*)")


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
    """One `# [a-b]` comment: the C lines (first, last), the Python line it stands on, and whether it marks an oddity."""

    first: int
    last: int
    python_line: int
    words: str
    sic: bool


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
    for offset, line in enumerate(text.splitlines()):
        if match := MARK.search(line):
            for part in match["ranges"].split(","):
                first, _, last = part.strip().partition("-")
                found.append(Mark(int(first), int(last or first), first_line + offset, match["words"], bool(match["sic"])))
    return found


def marks(fn: Callable[..., object]) -> list[Mark]:
    """The `# [a-b]` comments inside a function, in order."""
    text, first_line = inspect.getsourcelines(fn)
    return marks_in("".join(text), first_line)
