"""Results that survive an interruption: an SQLite file with a row for each finished job.

A row is whole or not there, and says the same whoever made it and when. So a sweep that was killed goes on where it was, and
its results are those of a sweep that wasn't.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oracle.errors import UsageError
from oracle.sweep.chunk import Chunk, Group, Outcome
from oracle.sweep.plan import Cell, Plan

SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (
    state TEXT NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL, summary TEXT NOT NULL, cases BLOB NOT NULL,
    PRIMARY KEY (state, start)
);
"""
MEMORY = ":memory:"


class Kept:
    """The results of one undertaking, on disk or, without a path, in memory. `kind` says what it is, in a word."""

    kind = ""
    schema = ""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(MEMORY if path is None else path, timeout=30)
            self._db.executescript(f"CREATE TABLE IF NOT EXISTS {self.kind} (identity TEXT NOT NULL);{self.schema}")
        except sqlite3.Error as error:
            raise UsageError(f"can't use {str(path)!r} as a store: {error}; name another file") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def begin(self, identity: str) -> None:
        """Say whose results these are. Raises UsageError if they are another one's."""
        with self._db:
            there = self._db.execute(f"SELECT identity FROM {self.kind}").fetchone()
            if there is None:
                self._db.execute(f"INSERT INTO {self.kind} VALUES (?)", (identity,))
            elif there[0] != identity:
                why = _differences(json.loads(there[0]), json.loads(identity))
                raise UsageError(f"{str(self.path)!r} holds another {self.kind}: {why}; name another file, or remove it")


class Store(Kept):
    """The results of one sweep."""

    kind = "sweep"
    schema = SCHEMA

    def identity(self) -> dict[str, Any] | None:
        """What was said to `begin`; None if nobody has begun."""
        there = self._db.execute("SELECT identity FROM sweep").fetchone()
        return None if there is None else json.loads(there[0])

    def put(self, cell: Cell, chunk: Chunk) -> None:
        """Keep what a job came to."""
        summary = json.dumps({"outcomes": chunk.outcomes, "groups": chunk.groups, "runs": chunk.runs})
        cases = zlib.compress(b"".join(_bytes(one) for one in chunk.cases), 1)
        row = (cell.state.name, cell.start, cell.count, summary, cases)
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?)", row)

    def finished(self) -> set[tuple[str, int]]:
        """Which jobs are done: state and first case."""
        return set(self._db.execute("SELECT state, start FROM chunk"))

    def chunks(self, plan: Plan, *, cases: bool = False) -> Iterator[tuple[Cell, Chunk]]:
        """What is finished of a plan, in the plan's order; with the outcome of each case, if asked for."""
        columns = "summary, cases" if cases else "summary, x''"
        for cell in plan.cells:
            where = (cell.state.name, cell.start)
            row = self._db.execute(f"SELECT {columns} FROM chunk WHERE state = ? AND start = ?", where).fetchone()
            if row is not None:
                yield cell, _chunk(cell, row[0], row[1], len(plan.flavors))


def _bytes(places: array[int]) -> bytes:
    """Places of outcomes, four bytes each, in the same order on every machine."""
    narrow = array("I", places)
    if narrow.itemsize != 4:
        raise AssertionError("an unsigned int has four bytes on every system that Python runs on")
    return narrow.tobytes()


def _chunk(cell: Cell, summary: str, cases: bytes, flavors: int) -> Chunk:
    said = json.loads(summary)
    outcomes = tuple(Outcome(*one) for one in said["outcomes"])
    groups = tuple(Group(tuple(places), count, smallest) for places, count, smallest in said["groups"])
    arrays: list[array[int]] = []
    raw = zlib.decompress(cases) if cases else b""
    for flavor in range(flavors if raw else 0):
        arrays.append(array("I", raw[4 * cell.count * flavor : 4 * cell.count * (flavor + 1)]))
    return Chunk(cell.start, cell.count, outcomes, groups, tuple(arrays), said["runs"])


def _differences(one: dict[str, object], other: dict[str, object]) -> str:
    """What is different between two sweeps, in words."""
    names = [name for name in other if one.get(name) != other[name]]
    if names == ["code"]:
        return "the code of fork-oracle or of a flavor has changed since"
    with suppress(ValueError):
        names.remove("values")
    shown = [f"{name} {_short(one.get(name))} there, {_short(other[name])} here" for name in names if name != "code"]
    return "; ".join(shown) or "its space or its states are other ones"


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) < 60 else text[:57] + "…"
