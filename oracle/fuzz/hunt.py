"""A whole search: hands out batches, keeps what they come to, and says what has been found."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.fuzz.search import Harvest, search, start_of, work
from oracle.fuzz.store import LAG, Bucket, FuzzStore, Progress
from oracle.fuzz.symptoms import Symptom, symptoms
from oracle.harness import compare
from oracle.scenario import Scenario
from oracle.sweep.executors import processes
from oracle.sweep.plan import fingerprint

ENDLESS = 1 << 62
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Hunt:
    """What a search is for. It ends after so many cases in all, batches being whole, or so many seconds from now on."""

    flavors: tuple[Flavor, ...]
    seed: int = 0
    cases: int | None = None
    seconds: float | None = None
    known: tuple[Symptom, ...] = ()  # that are no news from the start

    def identity(self) -> str:
        """What has to be the same for two searches to be one."""
        said = {
            "format": FORMAT,
            "flavors": [flavor.id for flavor in self.flavors],
            "seed": self.seed,
            "known": list(self.known),
            "code": fingerprint(self.flavors),
        }
        return json.dumps(said, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Findings:
    """What has been found by now."""

    flavors: tuple[str, ...]
    seed: int
    progress: Progress
    buckets: tuple[Bucket, ...]  # most cases first
    silences: tuple[tuple[str, str, int], ...]  # flavor, why it says nothing, in how many cases


def fuzz(flavors: Sequence[Flavor], cases: int, *, seed: int = 0, jobs: int = 1) -> Findings:
    """Try so many cases with so many processes, and say what was found. More than one process needs installed flavors."""
    hunt = Hunt(tuple(flavors), seed, cases)
    with FuzzStore() as store:
        if jobs == 1:
            carry_out(hunt, store)
        else:
            with processes(jobs) as executor:
                carry_out(hunt, store, executor)
        return findings(hunt, store)


def known_from(scenarios: Sequence[Scenario], flavors: Sequence[Flavor]) -> tuple[Symptom, ...]:
    """What some scenarios show: all of it is known."""
    found: set[Symptom] = set()
    for scenario in scenarios:
        if not scenario.concurrent:
            found |= symptoms(compare(scenario, flavors, checked=False))
    return tuple(sorted(found))


def findings(hunt: Hunt, store: FuzzStore) -> Findings:
    """What is in the store."""
    ids = tuple(flavor.id for flavor in hunt.flavors)
    return Findings(ids, hunt.seed, store.progress(), store.buckets(hunt.flavors), store.silences())


def carry_out(
    hunt: Hunt,
    store: FuzzStore,
    executor: Executor | None = None,
    progress: Callable[[Harvest], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Go on until the end of the search, or until `stopped` says so: then what is under way is still finished and kept."""
    if len(hunt.flavors) < 2:
        raise UsageError("a search needs two flavors or more: it looks for what they disagree on")
    store.begin(hunt.identity())
    ends = time.monotonic() + hunt.seconds if hunt.seconds is not None else float("inf")
    ids = tuple(flavor.id for flavor in hunt.flavors)
    most = ENDLESS if hunt.cases is None else hunt.cases
    under_way: deque[Future[Harvest] | Harvest] = deque()
    number = store.progress().batches
    ahead = LAG if executor is not None else 1  # one that takes long then keeps the others busy for as long as it can
    while True:
        while len(under_way) < ahead and start_of(number) < most and time.monotonic() < ends and not stopped():
            batch = store.batch(number, ids, hunt.seed, hunt.known)
            under_way.append(search(batch, hunt.flavors) if executor is None else executor.submit(work, batch))
            number += 1
        if not under_way:
            return
        one = under_way.popleft()
        harvest = one if isinstance(one, Harvest) else one.result()
        store.put(harvest, hunt.flavors)
        if progress is not None:
            progress(harvest)
