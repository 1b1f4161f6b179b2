"""The search, batch by batch: random cases, what is known of them subtracted, the rest shrunk and explained.

What a batch comes to depends on its number, the seed, and what was known when it was begun. That is what all batches up to
`LAG` (see `oracle.fuzz.store`) before it had found, whoever did them and when: so a search comes to the same with one process
or with several, and goes on after an interruption as if there had been none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from oracle.explain.explain import explain
from oracle.flavor import Flavor, interpreted
from oracle.fuzz.generate import Generator
from oracle.fuzz.shrink import renamed, shrunk, with_steps
from oracle.fuzz.starts import turned_knobs, turned_machine
from oracle.fuzz.symptoms import NUMBER, Symptom, symptoms
from oracle.harness import Comparison, compare
from oracle.outcome import SPINS
from oracle.scenario import Scenario
from oracle.signature import Signature, signature
from oracle.sweep.chunk import installed

SIZES = (32, 32, 32, 32, 64, 64, 128, 128, 256, 256, 512)  # of the first batches, in which nearly all is new; then the last
NOTES = 40  # different reasons of flavors to say nothing that a batch tells


@dataclass(frozen=True, slots=True)
class Batch:
    """Some cases to try. `known`: symptoms that are no news, and whose they are; `weights`: of calls and knobs, where not 1."""

    flavors: tuple[str, ...]
    seed: int
    number: int
    count: int
    known: Mapping[Symptom, str]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Something new: the smallest case that shows it, and what else that case shows that was not known.

    `after` names what the case shows already before its last step, and has to: then this may well be a consequence of that.
    """

    symptom: Symptom
    news: tuple[Symptom, ...]
    scenario: Scenario
    signature: Signature
    after: str
    steps: int  # of the case before it was shrunk
    number: int  # of the case in the search


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a batch came to. `seen`: by name, how many cases show it; `silent`: by flavor and why it says nothing, how many."""

    number: int
    count: int
    diverging: int
    seen: Mapping[str, int]
    found: tuple[Found, ...]
    silent: Mapping[tuple[str, str], int]
    runs: int  # comparisons in all, those for shrinking among them


def start_of(number: int) -> int:
    """How many cases there are in the batches before one."""
    last = len(SIZES) - 1
    return sum(SIZES[:number]) if number <= last else sum(SIZES[:last]) + (number - last) * SIZES[last]


def size_of(number: int) -> int:
    """How many cases a batch has."""
    return SIZES[min(number, len(SIZES) - 1)]


def work(batch: Batch) -> Harvest:
    """Do a batch with installed flavors: what an executor is given."""
    return search(batch, installed(batch.flavors))


def search(batch: Batch, flavors: Sequence[Flavor]) -> Harvest:
    """Do a batch."""
    return _Search(batch, flavors).done()


@lru_cache(maxsize=4)
def _generator(flavors: tuple[Flavor, ...]) -> Generator:
    return Generator(flavors)


class _Search:
    """A batch while it goes on."""

    def __init__(self, batch: Batch, flavors: Sequence[Flavor]) -> None:
        self.batch = batch
        self.flavors = tuple(flavors)
        self.known = dict(batch.known)
        self.seen: Counter[str] = Counter()
        self.silent: Counter[tuple[str, str]] = Counter()
        self.found: list[Found] = []
        self.runs = 0
        self.diverging = 0

    def done(self) -> Harvest:
        batch = self.batch
        rng = Random(f"{batch.seed}:{batch.number}")
        cases = _generator(self.flavors).chooser(batch.weights)
        first = start_of(batch.number) + 1
        for number in range(first, first + batch.count):
            self._case(cases.case(rng), number)
        silent = dict(self.silent.most_common(NOTES))
        found = tuple(self.found)
        return Harvest(batch.number, batch.count, self.diverging, dict(self.seen), found, silent, self.runs)

    def _compared(self, scenario: Scenario) -> Comparison:
        self.runs += 1
        return compare(scenario, self.flavors, checked=False)

    def _case(self, scenario: Scenario, number: int) -> None:
        comparison = self._compared(scenario)
        shown = symptoms(comparison)
        for result in comparison.results:
            if result.unmodelled:
                self.silent[result.flavor, NUMBER.sub("#", result.unmodelled)] += 1
        if shown:
            self.diverging += 1
            for symptom in sorted(shown.difference(self.known)):
                if symptom not in self.known:  # not by what was found for another one just now
                    self._new(symptom, scenario, number)
            self.seen.update({self.known[symptom] for symptom in shown})

    def _new(self, symptom: Symptom, scenario: Scenario, number: int) -> None:
        """Shrink and keep a case that shows something new."""

        def shows(smaller: Scenario) -> bool:
            return symptom in symptoms(self._compared(smaller))

        smallest = renamed(shrunk(scenario, shows, _generator(self.flavors).specs), shows)
        comparison = self._compared(smallest)
        after = self._before_the_end(smallest, number)
        if symptom in self.known:
            return  # by what was found in the beginning of the case
        sign = signed(comparison, self.flavors)
        news = tuple(sorted(symptoms(comparison).difference(self.known)))
        self.known.update(dict.fromkeys(news, sign.cause))
        self.found.append(Found(symptom, news, smallest, sign, after, len(scenario.steps), number))

    def _before_the_end(self, scenario: Scenario, number: int) -> str:
        """What a case shows without its last step. If there is anything, it could not be shrunk away, and comes first."""
        steps = list(scenario.calls)[:-1]
        beginning = with_steps(scenario, steps)
        shown = sorted(symptoms(self._compared(beginning))) if steps else []
        for symptom in shown:
            if symptom not in self.known:
                self._new(symptom, beginning, number)
        return next((self.known[symptom] for symptom in shown if self.known.get(symptom)), "")


def signed(comparison: Comparison, flavors: Sequence[Flavor]) -> Signature:
    """The signature of a comparison, with the lines that decided, if that can be told: of the first two that disagree.

    It is not asked of a kernel that spins: watched, that takes minutes.
    """
    pair = disagreeing(comparison, flavors)
    spins = any(one.result == SPINS for result in comparison.results for one in result.outcomes)
    if pair is None or spins or not interpreted():
        return signature(comparison)
    return signature(comparison, [explain(comparison.scenario, *pair)])


def disagreeing(comparison: Comparison, flavors: Sequence[Flavor]) -> tuple[Flavor, Flavor] | None:
    """The first two flavors of which something is said and that disagree on anything."""
    letters = comparison.outcome_classes()
    said = [flavor for flavor in flavors if letters.get(flavor.id, "?") not in ("?", "!")]
    for flavor in said[1:]:
        if letters[flavor.id] != letters[said[0].id]:
            return said[0], flavor
    return None


LESS, LEAST = 0.97, 0.3  # the weight of what a case is made of, for each bucket in whose smallest case it stands; at least


def weights_of(parts: Iterable[Collection[str]]) -> dict[str, float]:
    """Weights by what known buckets are made of: what is in more of them is tried less often."""
    uses = Counter(part for one in parts for part in one)
    return {name: max(LEAST, LESS**count) for name, count in sorted(uses.items())}


def parts_of(scenario: Scenario) -> list[str]:
    """The calls and knobs of a case, by their names in a generator."""
    found = {step.call for step in scenario.calls}
    for process in scenario.processes:
        found |= turned_knobs(process)
    return sorted(found | turned_machine(scenario.machine))
