"""What a case shows, in pieces small enough to be known one by one.

A signature is all that disagrees in one case, so two divergences in one program make a third signature. Symptoms come apart
again: what is left of a case without those that are known is what is new about it. Each says less than a disagreement of a
signature in one way and more in another: of lists it says which member is on one side alone, and of calls which call it was,
and for which of the system's own reasons it failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from oracle.diff import Divergence
from oracle.harness import Comparison
from oracle.outcome import RunResult
from oracle.scenario import ALWAYS_THERE
from oracle.signature import NOT_MADE, abstract_roles, class_of, is_free, kind_of, word_of

SOMEBODY = "<process>"  # in what a call gave: who it was makes no other divergence
NUMBER = re.compile(r"\d+")
Symptom = str


def symptoms(comparison: Comparison) -> frozenset[Symptom]:
    """All that a comparison shows: what flavors disagree on, and which of them crash."""
    found = {f"{result.flavor} crashes: {_last_line(result.crash)}" for result in comparison.results if result.crash}
    if comparison.divergences:
        roles = abstract_roles(comparison.scenario)
        gone = {one.path.removesuffix(".state") for one in comparison.divergences if one.path.endswith(".state")}
        for one in comparison.divergences:
            found.update(_of_call(one, comparison, roles) if one.path.startswith("call.") else _of_fact(one, gone, roles))
    return frozenset(found)


def _last_line(crash: str) -> str:
    return NUMBER.sub("#", crash.strip().rpartition("\n")[2])


def _of_call(divergence: Divergence, comparison: Comparison, roles: Mapping[str, str]) -> Iterator[Symptom]:
    """What a call gave. Nothing of one that somebody could not make any more: it was something before it that went apart."""
    if any(isinstance(value, str) and value.startswith(NOT_MADE) for _, value in divergence.values):
        return
    number = int(divergence.path.split(".")[1])
    call = next(step.call for step in comparison.scenario.calls if step.index == number)
    results = {result.flavor: result for result in comparison.results}
    roles = dict.fromkeys((*roles, *ALWAYS_THERE), SOMEBODY)
    said = [f"{class_of(value, roles, free=False)}{_reason(results[flavor], number)}" for flavor, value in divergence.values]
    yield f"{call}{divergence.path[len(f'call.{number}') :]}: {' / '.join(said)}"


def _reason(result: RunResult, number: int) -> str:
    """The system's own reason for what a call came to, if it gave one."""
    detail = next((one.detail for one in result.outcomes if one.step == number), "")
    return f" ({NUMBER.sub('#', detail)})" if detail else ""


def _of_fact(divergence: Divergence, gone: set[str], roles: Mapping[str, str]) -> Iterator[Symptom]:
    values = divergence.values
    if len(values) == 2 and any(value is None for _, value in values):
        if not gone.isdisjoint(divergence.path.partition(".")[0].split("~")):
            return  # it says no more than that somebody isn't there, which its state says already
    kind = kind_of(divergence.path, roles)
    lists = [value for _, value in values if isinstance(value, tuple)]
    if len(lists) == len(values):
        yield from _of_lists(kind, lists, roles)
        return
    free = is_free(divergence.path)
    yield f"{kind}: {' / '.join([class_of(value, roles, free=free) for _, value in values])}"


def _of_lists(kind: str, lists: list[tuple[str, ...]], roles: Mapping[str, str]) -> Iterator[Symptom]:
    """Each member that is not in all of the lists, and in which it is; or that their order differs."""
    words: list[set[str]] = [{word_of(one, roles) for one in values} for values in lists]
    odd = set().union(*words) - words[0].intersection(*words)
    for word in sorted(odd):
        yield f"{kind}: {word} in {'/'.join(['yes' if word in one else 'no' for one in words])}"
    if not odd:
        same = len({len(values) for values in lists}) == 1
        yield f"{kind}: {'another order' if same else 'another number'}"
