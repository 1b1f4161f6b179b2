"""The outcomes of concurrent steps on several flavors, side by side: which can come about where, and under which schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.diff import scope_of
from oracle.facts import Scope, Value
from oracle.outcome import Possibility, RunResult
from oracle.scenario import Check, Scenario


@dataclass(frozen=True, slots=True)
class Witness:
    """A schedule that leads to an outcome on a flavor, and how many executions came to it."""

    flavor: str
    schedule: str
    runs: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One outcome, as far as it is compared: the facts on which outcomes differ, and who can come to it."""

    values: tuple[Value | None, ...]  # in the order of `OutcomeSets.paths`; None: not observed
    unmodelled: str
    crash: bool
    witnesses: tuple[Witness, ...]


@dataclass(frozen=True, slots=True)
class OutcomeSets:
    """All outcomes of a scenario. `paths` are the facts on which some differ: first those that the scenario looks at."""

    paths: tuple[str, ...]
    outcomes: tuple[Outcomes, ...]


def outcome_sets(scenario: Scenario, results: Sequence[RunResult]) -> OutcomeSets:
    """The outcomes of all flavors on which the scenario was explored."""
    told = [(result.flavor, one) for result in results if result.exploration for one in result.exploration.possibilities]
    paths = _differing(scenario, [one for _, one in told if not one.unmodelled and not one.crash])
    rows: dict[tuple[tuple[Value | None, ...], str, bool], dict[str, Witness]] = {}
    for flavor, one in told:
        silent = bool(one.unmodelled or one.crash)
        values = () if silent else tuple([one.observation.facts.get(path) for path in paths])
        row = rows.setdefault((values, one.unmodelled, bool(one.crash)), {})
        known = row.get(flavor)
        if known is None:
            row[flavor] = Witness(flavor, one.schedule, one.runs)
        else:
            row[flavor] = Witness(flavor, known.schedule, known.runs + one.runs)
    made = tuple([Outcomes(*key, tuple(row.values())) for key, row in rows.items()])
    return OutcomeSets(paths, made)


def _differing(scenario: Scenario, possibilities: Sequence[Possibility]) -> tuple[str, ...]:
    """The facts that all flavors share and on which some possibilities differ."""
    looked_at = [one.path for item in scenario.steps if isinstance(item, Check) for one in item.expected]
    every = [one.observation.facts for one in possibilities]
    shared = dict.fromkeys(path for facts in every for path in facts if scope_of(path) is Scope.ALL or path in looked_at)
    differing = [path for path in shared if len({(type(facts.get(path)), facts.get(path)) for facts in every}) > 1]
    rank = {path: index for index, path in enumerate(dict.fromkeys(looked_at))}
    return tuple(sorted(differing, key=lambda path: (rank.get(path, len(rank)), _kind(path))))


def _kind(path: str) -> int:
    """Results of calls before states, and those before everything else."""
    if path.startswith("call.") and path.count(".") == 1:
        return 0
    return 1 if path.endswith((".state", ".status")) else 2
