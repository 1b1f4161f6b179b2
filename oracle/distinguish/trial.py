"""Tries all programs that go on from some others, and says what each adds: which facts part that agreed before.

A job pickles small, so it goes to a process of a pool like to this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple, TypeVar

from oracle.diff import Divergence, diff
from oracle.distinguish.alphabet import Alphabet, Path
from oracle.flavor import Flavor
from oracle.harness import Comparison
from oracle.machine.machine import Machine
from oracle.machine.snapshot import whole_state
from oracle.outcome import INEXPRESSIBLE, RunResult
from oracle.registry import load_flavors
from oracle.run import Execution
from oracle.scenario import Scenario
from oracle.signature import CALLER as THE_CALLER
from oracle.signature import CHILD as THE_CHILD
from oracle.signature import NOT_MADE, Signature, signature
from oracle.sweep.states import CALLER, CHILD, known

UNMODELLED, CRASHED = "unmodelled", "crashed"
K = TypeVar("K")
ROLES = {CALLER: THE_CALLER, CHILD: THE_CHILD}  # however many children there are


@dataclass(frozen=True, slots=True)
class Job:
    """Programs to go on from by one step. `deeper`: whether others will go on from what comes of that."""

    alphabet: Alphabet
    flavors: tuple[str, ...]
    prefixes: tuple[Path, ...]
    deeper: bool


class Met(NamedTuple):
    """How many programs showed a thing, and the first of them."""

    programs: int
    first: Path


class Silence(NamedTuple):
    """Why a flavor says nothing of a program."""

    flavor: str
    kind: str
    note: str


@dataclass(slots=True)
class Tried:
    """What a job came to."""

    programs: int = 0
    not_made: int = 0  # whose last call somebody could not make any more: they show nothing that was not shown before
    apart: int = 0  # whose last step made facts part
    unlike: int = 0  # that led to different processes on both sides, or to what only one side has words for: no one goes on
    found: dict[Signature, Met] = field(default_factory=dict)
    silent: dict[Silence, Met] = field(default_factory=dict)
    reached: list[tuple[Path, tuple[str, ...]]] = field(default_factory=list)  # with fingerprints, if asked for


def work(job: Job) -> Tried:
    """Do a job with installed flavors: what an executor is given."""
    states = tuple([known(state) for state in job.alphabet.states])
    return do(replace(job, alphabet=replace(job.alphabet, states=states)), _installed(job.flavors))


@lru_cache(maxsize=4)
def _installed(ids: tuple[str, ...]) -> tuple[Flavor, ...]:
    return load_flavors().select(ids)


def do(job: Job, flavors: Sequence[Flavor]) -> Tried:
    """Do a job."""
    tried = Tried()
    for prefix in job.prefixes:
        known = frozenset(_run(job.alphabet.program(prefix).scenario("prefix"), flavors, False)[0].divergences)
        for path in job.alphabet.following(prefix):
            _try(path, job, flavors, known, tried)
    return tried


def _try(path: Path, job: Job, flavors: Sequence[Flavor], known: Set[Divergence], tried: Tried) -> None:
    comparison, states = _run(job.alphabet.program(path).scenario("program"), flavors, job.deeper)
    tried.programs += 1
    silent = [one for one in comparison.results if one.crash or one.unmodelled]
    for result in silent:
        note = result.crash.strip().splitlines()[-1] if result.crash else result.unmodelled
        count(tried.silent, Silence(result.flavor, CRASHED if result.crash else UNMODELLED, note), Met(1, path))
    if silent:
        return
    gave = [result.outcomes[-1].result for result in comparison.results]
    wordless = INEXPRESSIBLE in gave  # whatever the state, so the shortest program from the first state shows it
    if any(one.startswith(NOT_MADE) for one in gave) or (wordless and path != (0, path[-1])):
        tried.not_made += 1
        return
    if any(one not in known for one in comparison.divergences):
        added = signature(comparison, known=known, roles=ROLES)
        if added.facts:
            tried.apart += 1
            count(tried.found, added, Met(1, path))
    if wordless or any(_is_there_on_some(one) for one in comparison.divergences):
        tried.unlike += 1
    elif job.deeper:
        tried.reached.append((path, states))


def _is_there_on_some(divergence: Divergence) -> bool:
    """Whether it says that somebody was born on one flavor and not on another: what then happens has different actors."""
    return divergence.path.endswith(".state") and any(value is None for _, value in divergence.values)


def count(into: dict[K, Met], what: K, met: Met) -> None:
    """Add to what was met; of the programs, the one that was there first stays."""
    there = into.get(what)
    into[what] = met if there is None else Met(there.programs + met.programs, there.first)


def states_after(letters: Alphabet, path: Path, flavors: Sequence[Flavor]) -> tuple[str, ...]:
    """Fingerprints of the machine states that a program leads the flavors to."""
    return _run(letters.program(path).scenario("program"), flavors, True)[1]


def fingerprint(k: Machine) -> str:
    """A digest of all that the machine's future depends on, the same in every process."""
    return hashlib.blake2b(whole_state(k).encode(), digest_size=16).hexdigest()


def _run(scenario: Scenario, flavors: Sequence[Flavor], fingerprints: bool) -> tuple[Comparison, tuple[str, ...]]:
    """A program on the flavors, and the states that it leads to, if they are wanted."""
    results: list[RunResult] = []
    states: list[str] = []
    for flavor in flavors:
        execution = Execution(scenario, flavor, checked=False)
        result = execution.finish()
        results.append(result)
        if fingerprints and execution.started and not result.crash:
            states.append(fingerprint(execution.k))
        execution.k.dismantle()
    return Comparison(scenario, tuple(results), diff(results, scenario.asks_for), ()), tuple(states)
