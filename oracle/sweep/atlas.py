"""Which bucket every single case of a finished sweep is in: what a picture of the whole space is drawn from."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from oracle.flavor import Flavor
from oracle.sweep.chunk import SILENT
from oracle.sweep.plan import Plan
from oracle.sweep.store import Store
from oracle.sweep.sweep import Findings, Key, sorted_out

AGREE, ALONE, MISSING = -1, -2, -3  # places of cases that are in no bucket: all agree, nobody to compare with, not done


@dataclass(frozen=True, slots=True)
class Chart:
    """The cases from some states from which every call ends up in the same bucket: its place in the findings, by case."""

    states: tuple[str, ...]
    places: array[int]


@dataclass(frozen=True, slots=True)
class Atlas:
    """A sweep, case by case, in the order of its states."""

    found: Findings
    charts: tuple[Chart, ...]


def atlas(plan: Plan, flavors: Sequence[Flavor], store: Store) -> Atlas:
    """The atlas of what has been done by now."""
    found, signatures = sorted_out(plan, flavors, store)
    numbers = {bucket.signature: number for number, bucket in enumerate(found.buckets)}
    known = {key: numbers[sign] for key, sign in signatures.items()}
    by_state = {state.name: array("i", [MISSING]) * plan.space.size for state in plan.states}
    for cell, chunk in store.chunks(plan, cases=True):
        met: dict[tuple[int, ...], int] = {}
        for group in chunk.groups:
            key = tuple([chunk.outcomes[one] for one in group.outcomes])
            met[group.outcomes] = known[key] if key in known else _undisturbed(key)
        places = by_state[cell.state.name]
        places[cell.start : cell.start + cell.count] = array("i", [met[one] for one in zip(*chunk.cases, strict=True)])
    alike: dict[bytes, list[str]] = {}
    for name, places in by_state.items():
        alike.setdefault(places.tobytes(), []).append(name)
    charts = [Chart(tuple(names), by_state[names[0]]) for names in alike.values()]
    return Atlas(found, tuple(charts))


def _undisturbed(key: Key) -> int:
    """The place of a case on which nobody disagrees."""
    return AGREE if sum(one.kind not in SILENT for one in key) > 1 else ALONE
