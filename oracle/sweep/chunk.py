"""The work of a sweep: a run of cases from one state, on some flavors, digested to numbers of outcomes.

A job says all that is to be done and pickles small, so it goes to a thread, a process or another machine alike; what comes back
holds no observation, only what tells outcomes apart.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from oracle import outcome
from oracle.diff import scope_of
from oracle.errors import FlavorError
from oracle.facts import Scope
from oracle.flavor import Flavor, interpreted
from oracle.outcome import RunResult
from oracle.registry import load_flavors
from oracle.run import run
from oracle.sweep.space import Space
from oracle.sweep.states import State, known
from oracle.sweep.watched import Looks, watched

AUDIT = 997  # every so manieth case is run though its outcome is known: who reads a word past `WatchedWord` is found out
SAID, INEXPRESSIBLE, UNMODELLED, CRASHED = "said", "inexpressible", "unmodelled", "crashed"
SILENT = (UNMODELLED, CRASHED)
ASKED = (Scope.ASKED, Scope.ASKED_SYSTEM)


class PeekedError(FlavorError):
    """A flavor looked at a flag word in a way that nobody noticed."""


@dataclass(frozen=True, slots=True)
class Job:
    """Cases `start` to `start + count` of a space, from one state. `every`: run each of them, conclude nothing."""

    space: Space
    state: State
    flavors: tuple[str, ...]
    start: int
    count: int
    every: bool = False


class Outcome(NamedTuple):
    """What a run came to: a digest of all that is compared, one of what is compared between systems, and how it ended."""

    whole: str
    common: str
    kind: str = SAID
    note: str = ""  # why nothing is said


class Group(NamedTuple):
    """Cases with the same outcomes: one place in `Chunk.outcomes` for each flavor, how many, and the simplest of them."""

    outcomes: tuple[int, ...]
    size: int
    smallest: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a job came to. `cases` has for each flavor the place of each case's outcome in `outcomes`."""

    start: int
    count: int
    outcomes: tuple[Outcome, ...]
    groups: tuple[Group, ...]
    cases: tuple[array[int], ...]
    runs: int  # how many cases were run, on all flavors, audits included


def work(job: Job) -> Chunk:
    """Do a job with installed flavors: what an executor is given."""
    return do(replace(job, state=known(job.state)), installed(job.flavors))


@lru_cache(maxsize=4)
def installed(ids: tuple[str, ...]) -> tuple[Flavor, ...]:
    """Flavors by id. Raises UsageError for one that isn't installed here."""
    return load_flavors().select(ids)


def do(job: Job, flavors: Sequence[Flavor]) -> Chunk:
    """Do a job."""
    tally = _Tally()
    cases = tuple([_of_flavor(job, flavor, tally) for flavor in flavors])
    return Chunk(job.start, job.count, tuple(tally.outcomes), _groups(job, cases), cases, tally.runs)


class _Tally:
    """The outcomes met in a chunk, each once."""

    def __init__(self) -> None:
        self.outcomes: dict[Outcome, int] = {}
        self.known: dict[object, int] = {}
        self.runs = 0

    def place(self, result: RunResult, system: str) -> int:
        """Where the outcome of a run stands. Values are looked at here, before it is asked which bits were looked at."""
        seen = result.observation
        key = (system, tuple(seen.blocks), tuple(seen.system), result.unmodelled, result.crash)
        place = self.known.get(key)
        if place is None:
            place = self.known[key] = self.outcomes.setdefault(digest(result), len(self.outcomes))
        self.runs += 1
        return place


def digest(result: RunResult) -> Outcome:
    """What tells outcomes apart: the facts that are compared, and not those that are compared only if asked for."""
    if result.crash:
        last = result.crash.strip().splitlines()[-1]
        return Outcome(_hash(("crash", last)), _hash(("crash", last)), CRASHED, last)
    if result.unmodelled:
        found = _hash(("unmodelled", result.unmodelled))
        return Outcome(found, found, UNMODELLED, result.unmodelled)
    facts = [(path, value, scope_of(path)) for path, value in sorted(result.observation.facts.items())]
    common = [(path, value) for path, value, scope in facts if scope is Scope.ALL]
    whole = [(path, value) for path, value, scope in facts if scope not in ASKED]
    refused = any(one.result == outcome.INEXPRESSIBLE for one in result.outcomes)
    return Outcome(_hash((result.flavor.partition("@")[0], whole)), _hash(common), INEXPRESSIBLE if refused else SAID)


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:24]


def _of_flavor(job: Job, flavor: Flavor, tally: _Tally) -> array[int]:
    """The outcomes of all cases on one flavor."""
    found = array("L")
    if job.space.word is None or job.every or not interpreted():
        for index in range(job.start, job.start + job.count):
            found.append(tally.place(_run(job, flavor, index), flavor.system))
        return found
    size = job.space.word.size
    index, end = job.start, job.start + job.count
    while index < end:  # stretches in which nothing but the word differs
        stop = min(end, index - index % size + size)
        _stretch(job, flavor, range(index, stop), tally, found)
        index = stop
    return found


def _stretch(job: Job, flavor: Flavor, cases: range, tally: _Tally, found: array[int]) -> None:
    """The outcomes of neighbours: those are run that differ in a bit that was looked at."""
    axis = job.space.word
    assert axis is not None
    known: dict[int, dict[int, int]] = {}  # bits looked at -> what they were -> outcome
    first = cases.start % axis.size
    for index, word in zip(cases, axis.words()[first : first + len(cases)], strict=True):
        place = None
        for mask, outcomes in known.items():
            if (place := outcomes.get(word & mask)) is not None:
                if not index % AUDIT:
                    _audit(job, flavor, index, place, tally)
                break
        if place is None:
            looks = Looks()
            result = _run(job, flavor, index, {axis.name: watched(word, looks, -1)})
            place = tally.place(result, flavor.system)
            known.setdefault(looks.mask, {})[word & looks.mask] = place
        found.append(place)


def _run(job: Job, flavor: Flavor, index: int, over: dict[str, int] | None = None) -> RunResult:
    args = job.space.args(index)
    if over:
        args.update(over)
    return run(job.state.scenario("sweep", job.space.call, args), flavor, checked=False)


def _audit(job: Job, flavor: Flavor, index: int, place: int, tally: _Tally) -> None:
    """Raise PeekedError unless a case comes to what was concluded."""
    if tally.place(_run(job, flavor, index), flavor.system) != place:
        raise PeekedError(
            f"{flavor.id} reads the word of {job.space.text(index)} in state {job.state.name} in a way that nobody can watch; "
            "sweep with --every, which runs each case"
        )


def _groups(job: Job, cases: tuple[array[int], ...]) -> tuple[Group, ...]:
    """Cases by what they came to on all flavors, with the simplest of each."""
    keys = list(zip(*cases, strict=True))
    counts = Counter(keys)
    order = _simplest_last(job.space, job.start, job.count)
    smallest = dict(zip(map(keys.__getitem__, order), order, strict=True))
    return tuple(sorted(Group(key, count, job.start + smallest[key]) for key, count in counts.items()))


def _simplest_last(space: Space, start: int, count: int) -> Sequence[int]:
    """The places of a chunk, the simplest cases last; of those that are alike, the first one last."""
    axis = space.word
    if axis is not None and (1 << len(axis.bits)) % count == 0 and start % count == 0:
        return _fewest_bits_last(count)  # the rest of the case weighs the same for all
    return sorted(range(count), key=lambda place: (space.weight(start + place), place), reverse=True)


@lru_cache(maxsize=4)
def _fewest_bits_last(count: int) -> Sequence[int]:
    return array("L", sorted(range(count), key=lambda place: (place.bit_count(), place), reverse=True))
