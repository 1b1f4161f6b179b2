"""Does a sweep: gives its jobs to whoever can do them, keeps what they come to, and puts divergences into buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.scenario import Scenario
from oracle.signature import Signature, signature
from oracle.sweep.chunk import SILENT, Chunk, Outcome, do, installed, work
from oracle.sweep.plan import Cell, Plan
from oracle.sweep.states import State, known
from oracle.sweep.store import Store

SIGNED = 64  # cases that a worker is given at a time to sign: some hundredths of a second
AHEAD = 2  # jobs waiting for each worker: enough to keep it busy, few enough to keep memory flat


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a sweep."""

    state: State
    index: int
    weight: int  # how far it is from the simplest call


@dataclass(frozen=True, slots=True)
class Bucket:
    """Divergences that are the same: how many cases, from which states, and the simplest of them."""

    signature: Signature
    count: int
    states: tuple[str, ...]
    smallest: Case


@dataclass(frozen=True, slots=True)
class Silence:
    """Cases of which a flavor says nothing: it does not model them, or crashed."""

    flavor: str
    kind: str
    note: str
    count: int
    smallest: Case


@dataclass(frozen=True, slots=True)
class Findings:
    """What a sweep came to. `done` is less than the plan's cases if it was interrupted."""

    plan: Plan
    done: int
    runs: int  # of one case on one flavor; the rest was concluded from bits that nobody looked at
    agreeing: int
    outcomes: int  # different ones, over all flavors together
    buckets: tuple[Bucket, ...]  # most cases first
    silences: tuple[Silence, ...]


def carry_out(
    plan: Plan,
    flavors: Sequence[Flavor],
    store: Store,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Callable[[Cell], None] | None = None,
) -> None:
    """Do what is missing. Without an executor the work is done here, on these very flavors."""
    store.begin(plan.identity(flavors))
    finished = store.finished()
    missing = [cell for cell in plan.cells if (cell.state.name, cell.start) not in finished]
    done = _hand_out(plan, missing, executor, workers) if executor else _by_hand(plan, missing, flavors)
    for cell, chunk in done:
        store.put(cell, chunk)
        if progress is not None:
            progress(cell)


def _by_hand(plan: Plan, cells: Sequence[Cell], flavors: Sequence[Flavor]) -> Iterator[tuple[Cell, Chunk]]:
    for cell in cells:
        yield cell, do(plan.job(cell), flavors)


def _hand_out(plan: Plan, cells: Sequence[Cell], executor: Executor, workers: int) -> Iterator[tuple[Cell, Chunk]]:
    """Keep all workers busy. When interrupted, what is under way is still waited for and kept."""
    left = iter(cells)
    running: dict[Future[Chunk], Cell] = {}
    interrupted: BaseException | None = None
    while True:
        if interrupted is None:
            for cell in islice(left, AHEAD * workers - len(running)):
                running[executor.submit(work, plan.job(cell))] = cell
        if not running:
            break
        try:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
        except KeyboardInterrupt as error:
            if interrupted is not None:
                raise
            interrupted = error
            running = {future: cell for future, cell in running.items() if not future.cancel()}
            continue
        for future in sorted(done, key=lambda one: running[one].start):
            yield running.pop(future), future.result()
    if interrupted is not None:
        raise interrupted


# --- buckets --------------------------------------------------------------------------------------------------------------

Key = tuple[Outcome, ...]
K = TypeVar("K")


@dataclass(slots=True)
class _Gathered:
    """Cases with the same outcomes, over all chunks."""

    count: int
    states: dict[str, None]
    smallest: Case


@dataclass(frozen=True, slots=True)
class Signing:
    """Cases that wait for their signatures. The plan has no cells: what is asked of it is what a case is."""

    plan: Plan
    cases: tuple[Case, ...]


def findings(plan: Plan, flavors: Sequence[Flavor], store: Store, executor: Executor | None = None) -> Findings:
    """What has been found by now. The same for the same finished jobs, whatever the order they were done in, and by whom."""
    return sorted_out(plan, flavors, store, executor)[0]


def sorted_out(
    plan: Plan, flavors: Sequence[Flavor], store: Store, executor: Executor | None = None
) -> tuple[Findings, dict[Key, Signature]]:
    """What has been found by now, and for each way in which flavors disagree the signature of its bucket."""
    groups: dict[Key, _Gathered] = {}
    done = runs = 0
    for cell, chunk in store.chunks(plan):
        done += chunk.count
        runs += chunk.runs
        for places, count, smallest in chunk.groups:
            key = tuple([chunk.outcomes[place] for place in places])
            case = Case(cell.state, smallest, plan.space.weight(smallest))
            _gather(groups, key, count, {cell.state.name: None}, case)
    buckets: dict[Signature, _Gathered] = {}
    torn = {key: one for key, one in groups.items() if not agree(key, plan.flavors)}  # in the plan's order, as are their states
    agreeing = done - sum(one.count for one in torn.values())
    signatures = dict(zip(torn, _signatures(plan, [one.smallest for one in torn.values()], flavors, executor), strict=True))
    for key, one in torn.items():
        _gather(buckets, signatures[key], one.count, one.states, one.smallest)
    found = tuple(Bucket(sign, one.count, tuple(one.states), one.smallest) for sign, one in buckets.items())
    outcomes = len({one for key in groups for one in key if one.kind not in SILENT})
    ordered = sorted(found, key=lambda one: (-one.count, one.signature.ident))
    return Findings(plan, done, runs, agreeing, outcomes, tuple(ordered), _silences(plan, groups)), signatures


def _signatures(plan: Plan, cases: Sequence[Case], flavors: Sequence[Flavor], executor: Executor | None) -> Iterator[Signature]:
    """The signatures of cases. They are as many as there are ways to disagree, so who did the work shares this, too."""
    jobs = [Signing(replace(plan, cells=()), tuple(cases[at : at + SIGNED])) for at in range(0, len(cases), SIGNED)]
    for signed in executor.map(sign, jobs) if executor is not None else [_sign(job, flavors) for job in jobs]:
        yield from signed


def sign(job: Signing) -> list[Signature]:
    """The signatures of some cases, with installed flavors: what an executor is given."""
    cases = tuple([replace(case, state=known(case.state)) for case in job.cases])
    return _sign(replace(job, cases=cases), installed(job.plan.flavors))


def _sign(job: Signing, flavors: Sequence[Flavor]) -> list[Signature]:
    return [signature(replay(job.plan, case, flavors)) for case in job.cases]


def _gather(into: dict[K, _Gathered], key: K, count: int, states: dict[str, None], case: Case) -> None:
    """Put cases to those that are there. Of cases that are as simple as each other, the first one in the plan's order stays."""
    there = into.get(key)
    if there is None:
        into[key] = _Gathered(count, dict(states), case)
        return
    there.count += count
    there.states.update(states)
    if case.weight < there.smallest.weight:
        there.smallest = case


def agree(key: Sequence[Outcome], flavors: Sequence[str]) -> bool:
    """Whether all flavors that say something say the same: revisions of a system in all, systems in what both have."""
    said = [(flavor.partition("@")[0], one) for flavor, one in zip(flavors, key, strict=True) if one.kind not in SILENT]
    wholes: dict[str, str] = {}
    return all(one.common == said[0][1].common and wholes.setdefault(system, one.whole) == one.whole for system, one in said)


def case_name(plan: Plan, bucket: Bucket) -> str:
    """What the simplest case of a bucket is called, as a scenario."""
    return f"sweep/{plan.space.name}/{bucket.signature.ident}"


def scenario_of(plan: Plan, case: Case, name: str = "sweep") -> Scenario:
    """A case as a scenario that can be written to a file."""
    text = plan.space.text(case.index)
    why = "The simplest case of its bucket, from a sweep."
    made = case.state.scenario(name, plan.space.call, plan.space.named(case.index), f"{text}, {case.state.title}", why)
    return made if plan.space.call in PORTABLE_BY_NAME else replace(made, only=plan.flavors)


def replay(plan: Plan, case: Case, flavors: Sequence[Flavor]) -> Comparison:
    """A case once more, with all that can be observed."""
    return compare(scenario_of(plan, case), flavors, checked=False)


def _silences(plan: Plan, groups: dict[Key, _Gathered]) -> tuple[Silence, ...]:
    found: dict[tuple[str, str, str], _Gathered] = {}
    for key, one in groups.items():
        for flavor, outcome in zip(plan.flavors, key, strict=True):
            if outcome.kind in SILENT:
                _gather(found, (flavor, outcome.kind, outcome.note), one.count, one.states, one.smallest)
    return tuple(Silence(*what, one.count, one.smallest) for what, one in sorted(found.items(), key=lambda pair: pair[0]))
