"""Where flavors are apart on a scenario: every lasting difference of every pair, with the lines that decided it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from oracle.diff import Divergence
from oracle.explain.explain import Explanation, explain_all
from oracle.facts import Value
from oracle.findings.claims import Apart
from oracle.flavor import Flavor
from oracle.harness import Comparison
from oracle.outcome import ABSENT
from oracle.signature import abstract_roles, kind_of

NOTHING = "nothing that the model has"  # decided a fact, where the model can't say what did


def aparts(comparison: Comparison, flavors: Sequence[Flavor]) -> tuple[Apart, ...]:
    """The differences of a compared scenario. For sequential ones it is run again on these flavors, under observation.

    Raises UsageError for flavors that can't be watched.
    """
    if not comparison.divergences:
        return ()
    said = {result.flavor for result in comparison.results if not result.unmodelled and not result.crash}
    pairs = [pair for pair in combinations([flavor for flavor in flavors if flavor.id in said], 2) if _part(comparison, pair)]
    if comparison.scenario.concurrent:
        return tuple([one for pair in pairs for one in _of_sets(comparison, pair)])
    return tuple([one for explanation in explain_all(comparison.scenario, pairs) for one in _explained(explanation)])


def _part(comparison: Comparison, pair: tuple[Flavor, Flavor]) -> bool:
    """Whether two flavors differ on anything at all."""
    return any(_values(divergence, pair) is not None for divergence in comparison.divergences)


def _values(divergence: Divergence, pair: tuple[Flavor, Flavor]) -> tuple[Value | None, Value | None] | None:
    """What two flavors say of a fact, if that is not the same."""
    values = dict(divergence.values)
    one, other = pair
    if one.id not in values or other.id not in values or values[one.id] == values[other.id]:
        return None
    return values[one.id], values[other.id]


def _explained(explanation: Explanation) -> list[Apart]:
    roles = abstract_roles(explanation.scenario)
    found = []
    for one in explanation.differences:
        if one.lasts:
            ours, theirs = one.sides
            found.append(
                Apart(
                    explanation.scenario.name,
                    one.path,
                    kind_of(one.path, roles),
                    one.step,
                    (ours.flavor, theirs.flavor),
                    (ours.value, theirs.value),
                    (ours.lines or (NOTHING,), theirs.lines or (NOTHING,)),
                )
            )
    return found


def _of_sets(comparison: Comparison, pair: tuple[Flavor, Flavor]) -> list[Apart]:
    """Of concurrent steps: each fact that can be something else on one flavor than on the other."""
    roles = abstract_roles(comparison.scenario)
    parted = [(one.path, values) for one in comparison.divergences if (values := _values(one, pair)) is not None]
    changed = {path.removesuffix(".state") for path, _ in parted if path.endswith(".state")}
    return [
        Apart(
            comparison.scenario.name,
            path,
            kind_of(path, roles),
            0,
            (pair[0].id, pair[1].id),
            values,
            ((), ()),
            True,
        )
        for path, values in parted
        if path.endswith(".state") or not _follows(path, values, changed)
    ]


def _follows(path: str, values: tuple[Value | None, Value | None], changed: set[str]) -> bool:
    """Whether a fact differs only because a process may not be there, which is a difference of that one's state already."""
    if not any(role in changed for role in path.partition(".")[0].split("~")):
        return False
    return any(value is None or ABSENT in str(value).split(" | ") for value in values)
