"""Compares observations by path. No flavor is the right one: a divergence lists what each of them says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from oracle.facts import Scope, Value, lookup
from oracle.outcome import RunResult


@dataclass(frozen=True, slots=True)
class Divergence:
    """A fact on which flavors disagree: (flavor id, value; None where the fact was not observed), in the order compared."""

    path: str
    values: tuple[tuple[str, Value | None], ...]

    def classes(self) -> tuple[tuple[Value | None, tuple[str, ...]], ...]:
        """The distinct values, each with the flavors that show it, in the order of first appearance."""
        grouped: dict[Value | None, list[str]] = {}
        for flavor, value in self.values:
            grouped.setdefault(value, []).append(flavor)
        return tuple((value, tuple(flavors)) for value, flavors in grouped.items())


def diff(results: Sequence[RunResult], asks_for: Callable[[str], bool]) -> tuple[Divergence, ...]:
    """The facts on which runs of one scenario disagree, in the order of the vocabulary's subjects as they were observed.

    Runs that crashed or met what their flavor does not model say nothing and are left out. Facts that mean something on one
    system alone are compared between the flavors of that system only, and some facts only if the scenario asks for them.
    """
    said = [result for result in results if not result.crash and not result.unmodelled]
    if len(said) < 2:
        return ()
    systems = [result.flavor.partition("@")[0] for result in said]
    found = []
    for path in _paths(said, len(set(systems)) < len(systems)):
        scope = scope_of(path)
        if scope is Scope.ALL or (scope is Scope.ASKED and asks_for(path)):
            values = tuple([(result.flavor, result.observation.facts.get(path)) for result in said])
            found.append(Divergence(path, values))
        elif scope is Scope.SYSTEM or (scope is Scope.ASKED_SYSTEM and asks_for(path)):
            found.extend(_within_systems(path, said))
    return tuple(found)


def _paths(said: Sequence[RunResult], relatives: bool) -> list[str]:
    """The paths on which some run differs from the first, in the order of the first run's, then of the others' own."""
    first = said[0].observation
    if len(said) == 2:
        return first.differing(said[1].observation, relatives)
    differing = dict.fromkeys(path for result in said[1:] for path in first.differing(result.observation, relatives))
    order = dict.fromkeys(path for result in said for path in result.observation.facts)
    return [path for path in order if path in differing]


@lru_cache(maxsize=65536)
def scope_of(path: str) -> Scope:
    """Between which flavors a fact is compared."""
    fact = lookup(path)
    return Scope.ALL if fact is None else fact.scope


def _within_systems(path: str, said: Sequence[RunResult]) -> list[Divergence]:
    """A system-scoped fact, compared among the flavors of each system by itself."""
    systems: dict[str, list[tuple[str, Value | None]]] = {}
    for result in said:
        pair = (result.flavor, result.observation.facts.get(path))
        systems.setdefault(result.flavor.partition("@")[0], []).append(pair)
    return [Divergence(path, tuple(pairs)) for pairs in systems.values() if any(value != pairs[0][1] for _, value in pairs[1:])]
