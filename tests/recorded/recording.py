"""Reads recordings: what the C of one listing did with one call from one state."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from oracle.errors import UsageError

Outcome: TypeAlias = dict[str, Any]  # JSON: its members are known by name alone
OUTCOMES = Path(__file__).with_name("outcomes.jsonl.gz")
# from states that are hard or impossible to come by
CORNERS = tuple(Path(__file__).with_name(name) for name in ("netbsd_corners.jsonl.gz", "dragonfly_corners.jsonl.gz"))
GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Knobs:
    """The part of a vector that says what differs from the default. Remembers what was asked for."""

    values: dict[str, Any]
    asked: dict[str, None] = field(default_factory=dict)

    def number(self, name: str, default: int = 0) -> int:
        """A number, or a default."""
        self.asked[name] = None
        value = self.values.get(name, default)
        assert isinstance(value, int), (name, value)
        return value

    def text(self, name: str, default: str = "") -> str:
        """A text, or a default."""
        self.asked[name] = None
        return str(self.values.get(name, default))

    def words(self, name: str) -> list[str]:
        """A list of names."""
        self.asked[name] = None
        return [str(one) for one in self.values.get(name, ())]

    def numbers(self, name: str) -> list[int]:
        """A list of numbers."""
        self.asked[name] = None
        return [int(one) for one in self.values.get(name, ())]

    def given(self, name: str) -> bool:
        """Whether it differs from the default."""
        self.asked[name] = None
        return name in self.values

    def unknown(self) -> list[str]:
        """The knobs that nobody has asked for."""
        return [name for name in self.values if name not in self.asked]


@dataclass(frozen=True, slots=True)
class Recording:
    """One line: the vector (which call of which flavor, from which state), and the outcome."""

    id: str
    flavor: str
    call: str
    args: dict[str, Any]
    state: dict[str, Any]
    outcome: Outcome


def recordings(path: Path = OUTCOMES, about: str = "") -> Iterator[Recording]:
    """The recordings of a file, plain or packed with gzip, or those whose line has the text `about`.

    Raises UsageError for what is no recording.
    """
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == GZIP
        with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if about in line and line.strip():
                    yield _recording(line, f"{path}:{number}")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; name a file of recordings") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: {error}; recordings are UTF-8") from None


def _recording(line: str, where: str) -> Recording:
    try:
        entry = json.loads(line)
        vector = entry["vector"]
        args, state = vector.get("args", {}), vector.get("state", {})
        return Recording(str(vector["id"]), vector["flavor"], vector["call"], args, state, entry["outcome"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{where}: no recording ({error}); a line is an object with a vector and an outcome") from None
