"""Goes through all programs of one step, then of two, and so on; keeps the first that shows each way to tell flavors apart.

A program is gone on from only if no other one before it led all flavors to the same machine states: what comes after it would
be shown by the other one, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

from oracle.distinguish.alphabet import Alphabet, Path, Program
from oracle.distinguish.trial import Job, Met, Silence, Tried, count, do, states_after, work
from oracle.errors import UsageError
from oracle.flavor import Flavor, interpreted
from oracle.signature import Disagreement, Signature

PREFIXES = 8  # of a job: some hundreds of programs, which is well below a second
AHEAD = 2  # jobs waiting for each worker


@dataclass(frozen=True, slots=True)
class Way:
    """A way to tell the flavors apart: its signature, the first of its shortest programs, how many of that length show it."""

    signature: Signature
    program: Program
    count: int

    @property
    def length(self) -> int:
        """How many steps it takes."""
        return len(self.program.actions)


@dataclass(slots=True)
class Level:
    """All programs of one length."""

    length: int
    planned: int  # programs to go on from
    tried: Tried = field(default_factory=Tried)
    done: int = 0  # of those to go on from
    new: int = 0  # ways that no shorter program shows
    kept: int = 0  # programs of this length that are gone on from; the others lead where one of these leads

    @property
    def complete(self) -> bool:
        """Whether none was left out."""
        return self.done == self.planned


@dataclass(slots=True)
class Found:
    """What a search has come to by now."""

    alphabet: Alphabet
    flavors: tuple[str, ...]
    steps: int  # the bound
    levels: list[Level] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)  # the short ones first

    @property
    def exhaustive(self) -> bool:
        """Whether all programs up to the bound were tried, but for those that lead where another one led."""
        return len(self.levels) == self.steps and all(level.complete for level in self.levels)

    @property
    def silent(self) -> dict[Silence, tuple[int, Program]]:
        """What flavors say nothing of, with counts and examples."""
        merged: dict[Silence, Met] = {}
        for level in self.levels:
            for what, met in level.tried.silent.items():
                count(merged, what, met)
        return {what: (met.programs, self.alphabet.program(met.first)) for what, met in sorted(merged.items())}


def distinguish(
    found: Found,
    flavors: Sequence[Flavor],
    executor: Executor | None = None,
    workers: int = 1,
    progress: Callable[[int, int, int, int], None] | None = None,
) -> None:
    """Fill `found` up to its bound. Interrupted, it holds all that was done by then.

    `progress` is told the length, jobs' prefixes done and planned, and the ways found so far. Raises UsageError in a compiled
    copy of the project: where its kernel code stands can't be seen, so that no two states could be told apart for sure.
    """
    if not interpreted():
        raise UsageError("distinguish looks into machine states; use the project as it is, not a compiled copy")
    starts: list[Path] = [(place,) for place in range(len(found.alphabet.states))]
    seen: set[tuple[object, ...]] = set()
    prefixes = _unlike([(start, states_after(found.alphabet, start, flavors)) for start in starts], seen)
    shown: set[Disagreement] = set()
    for length in range(1, found.steps + 1):
        level = Level(length, len(prefixes))
        found.levels.append(level)
        jobs = list(_jobs(found, prefixes, length < found.steps))
        try:
            for place, tried in _in_turn(jobs, flavors, executor, workers):
                _merge(level.tried, tried)
                level.done += len(jobs[place].prefixes)
                if progress is not None:
                    progress(length, level.done, level.planned, len(found.ways) + len(_new(level, shown)))
        finally:
            new = _new(level, shown)
            found.ways += [Way(sign, found.alphabet.program(met.first), met.programs) for sign, met in new]
            shown.update(one for sign, _ in new for one in sign.facts)
            level.new = len(new)
        prefixes = _unlike(level.tried.reached, seen)
        level.kept = len(prefixes)
        level.tried.reached.clear()


def _new(level: Level, shown: set[Disagreement]) -> list[tuple[Signature, Met]]:
    """What programs of a length show, but for what shorter ones show, be it in several of them."""
    return [(sign, met) for sign, met in level.tried.found.items() if not shown.issuperset(sign.facts)]


def _unlike(reached: list[tuple[Path, tuple[str, ...]]], seen: set[tuple[object, ...]]) -> list[Path]:
    """The programs that lead somewhere new. From two states of the alphabet, what is observed may differ: they are apart."""
    kept = []
    for path, states in reached:
        key = (path[0], *states)
        if key not in seen:
            seen.add(key)
            kept.append(path)
    return kept


def _jobs(found: Found, prefixes: list[Path], deeper: bool) -> Iterator[Job]:
    for start in range(0, len(prefixes), PREFIXES):
        yield Job(found.alphabet, found.flavors, tuple(prefixes[start : start + PREFIXES]), deeper)


def _merge(into: Tried, more: Tried) -> None:
    into.programs += more.programs
    into.not_made += more.not_made
    into.apart += more.apart
    into.unlike += more.unlike
    for sign, met in more.found.items():
        count(into.found, sign, met)
    for what, met in more.silent.items():
        count(into.silent, what, met)
    into.reached += more.reached


def _in_turn(
    jobs: Sequence[Job], flavors: Sequence[Flavor], executor: Executor | None, workers: int
) -> Iterator[tuple[int, Tried]]:
    """The jobs' results in the order of the jobs, whoever does them: so what is found first is the same each time."""
    if executor is None:
        for place, job in enumerate(jobs):
            yield place, do(job, flavors)
        return
    running: dict[Future[Tried], int] = {}
    finished: dict[int, Tried] = {}
    handed_out = told = 0
    try:
        while told < len(jobs):
            while handed_out < len(jobs) and len(running) < AHEAD * workers and handed_out - told < 64 * workers:
                running[executor.submit(work, jobs[handed_out])] = handed_out
                handed_out += 1
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                finished[running.pop(future)] = future.result()
            while told in finished:
                yield told, finished.pop(told)
                told += 1
    finally:
        for future in running:
            future.cancel()
