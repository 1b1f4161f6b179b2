"""What a search has found, in an SQLite file: a row for each bucket, not for each case, so that it stays small for ever.

A batch is kept whole or not at all, and after the one before it. So a search that was killed goes on where it was, and finds
what it would have found.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from oracle.flavor import Flavor
from oracle.fuzz.search import Batch, Found, Harvest, parts_of, size_of, weights_of
from oracle.fuzz.shrink import cost
from oracle.fuzz.symptoms import Symptom
from oracle.load import SUFFIX, dump_scenario, loads
from oracle.scenario import Scenario
from oracle.signature import Decided, Disagreement, Signature
from oracle.sweep.store import Kept

SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (batches INTEGER NOT NULL, cases INTEGER NOT NULL, diverging INTEGER NOT NULL,
    runs INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, batch INTEGER NOT NULL, number INTEGER NOT NULL, cases INTEGER NOT NULL, parts TEXT NOT NULL,
    follows TEXT NOT NULL, signature TEXT NOT NULL, scenario TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS symptom (text TEXT PRIMARY KEY, bucket TEXT NOT NULL, batch INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS silence (flavor TEXT NOT NULL, note TEXT NOT NULL, cases INTEGER NOT NULL,
    PRIMARY KEY (flavor, note));
"""
LAG = 4  # what a batch knows is what was found up to so many before it: so many can be under way at a time


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come: batches, cases, cases in which flavors disagree, and comparisons in all."""

    batches: int = 0
    cases: int = 0
    diverging: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """One divergence: how many cases show it, the smallest of them, and the number of the case in which it was met first.

    `after` is a bucket that its smallest case shows before its last step: what that leads to, perhaps.
    """

    name: str
    count: int
    number: int
    after: str
    signature: Signature
    scenario: Scenario
    symptoms: tuple[Symptom, ...]


class FuzzStore(Kept):
    """The results of one search."""

    kind = "search"
    schema = SCHEMA

    def progress(self) -> Progress:
        """How far it has come."""
        row = self._db.execute("SELECT batches, cases, diverging, runs FROM progress").fetchone()
        return Progress() if row is None else Progress(*row)

    def size(self) -> int:
        """How many buckets there are."""
        return int(self._db.execute("SELECT count(*) FROM bucket").fetchone()[0])

    def batch(self, number: int, flavors: tuple[str, ...], seed: int, given: Sequence[Symptom]) -> Batch:
        """What is to be done next; `given` are symptoms that were known before."""
        last = number - LAG
        known = dict.fromkeys(given, "")
        known |= dict(self._db.execute("SELECT text, bucket FROM symptom WHERE batch <= ? ORDER BY text", (last,)))
        parts = [json.loads(one) for (one,) in self._db.execute("SELECT parts FROM bucket WHERE batch <= ?", (last,))]
        return Batch(flavors, seed, number, size_of(number), known, weights_of(parts))

    def put(self, harvest: Harvest, flavors: Sequence[Flavor]) -> None:
        """Keep what a batch came to."""
        done = self.progress()
        with self._db:
            for found in harvest.found:
                self._keep(found, harvest.number, flavors)
            self._db.executemany(
                "UPDATE bucket SET cases = cases + ? WHERE name = ?", [(count, name) for name, count in harvest.seen.items()]
            )
            self._db.executemany(
                "INSERT INTO silence VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cases = cases + excluded.cases",
                [(*who, count) for who, count in harvest.silent.items()],
            )
            self._db.execute("DELETE FROM progress")
            row = (
                harvest.number + 1,
                done.cases + harvest.count,
                done.diverging + harvest.diverging,
                done.runs + harvest.runs,
            )
            self._db.execute("INSERT INTO progress VALUES (?, ?, ?, ?)", row)

    def _keep(self, found: Found, batch: int, flavors: Sequence[Flavor]) -> None:
        name = found.signature.cause
        there = self._db.execute("SELECT scenario FROM bucket WHERE name = ?", (name,)).fetchone()
        after = "" if found.after == name else found.after
        fresh = (after, _written(found.signature), dump_scenario(found.scenario))
        if there is None:
            row = (name, batch, found.number, 0, json.dumps(parts_of(found.scenario)), *fresh)
            self._db.execute("INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        elif cost(found.scenario) < cost(_read(name, there[0], flavors)):
            self._db.execute("UPDATE bucket SET follows = ?, signature = ?, scenario = ? WHERE name = ?", (*fresh, name))
        self._db.executemany("INSERT OR IGNORE INTO symptom VALUES (?, ?, ?)", [(one, name, batch) for one in found.news])

    def buckets(self, flavors: Sequence[Flavor]) -> tuple[Bucket, ...]:
        """All of them, those with most cases first, and what follows from others last."""
        columns = "name, cases, number, follows, signature, scenario"
        rows = self._db.execute(f"SELECT {columns} FROM bucket ORDER BY follows <> '', cases DESC, name").fetchall()
        symptoms: dict[str, list[Symptom]] = {}
        for name, text in self._db.execute("SELECT bucket, text FROM symptom ORDER BY text"):
            symptoms.setdefault(name, []).append(text)
        return tuple(
            Bucket(name, cases, number, after, _signature(sign), _read(name, text, flavors), tuple(symptoms.get(name, ())))
            for name, cases, number, after, sign, text in rows
        )

    def silences(self) -> tuple[tuple[str, str, int], ...]:
        """Flavor, why it says nothing, in how many cases; most cases first."""
        return tuple(self._db.execute("SELECT flavor, note, cases FROM silence ORDER BY cases DESC, flavor, note"))


def _read(name: str, text: str, flavors: Sequence[Flavor]) -> Scenario:
    return loads(text, f"{name}{SUFFIX}", flavors)


def _written(sign: Signature) -> str:
    return json.dumps([[(one.fact, one.values) for one in sign.facts], [(one.fact, one.by) for one in sign.decided]])


def _signature(text: str) -> Signature:
    facts, decided = json.loads(text)
    return Signature(
        tuple(Disagreement(fact, tuple((value, tuple(who)) for value, who in values)) for fact, values in facts),
        tuple(Decided(fact, tuple((flavor, tuple(lines)) for flavor, lines in by)) for fact, by in decided),
    )
