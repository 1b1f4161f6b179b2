"""Scenarios times flavors: runs them all and says, for each scenario, who parts ways with whom and whether it was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from oracle.diff import Divergence, diff, scope_of
from oracle.errors import ScenarioError
from oracle.explore.explore import explore
from oracle.facts import Scope
from oracle.flavor import Flavor
from oracle.outcome import RunResult
from oracle.run import run
from oracle.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Comparison:
    """One scenario on several flavors."""

    scenario: Scenario
    results: tuple[RunResult, ...]  # in the order of the flavors; those that the scenario is not meant for are left out
    divergences: tuple[Divergence, ...]
    broken_promises: tuple[Divergence, ...]  # divergences on facts on which the scenario says that all agree

    @property
    def ok(self) -> bool:
        """Whether every run went as expected and flavors agree where the scenario says so."""
        return not self.broken_promises and all(result.ok for result in self.results)

    def outcome_classes(self) -> dict[str, str]:
        """A letter for each flavor (AA after Z): the same letter for those that agree on every fact compared."""
        letters: dict[tuple[object, ...], str] = {}
        classes: dict[str, str] = {}
        for result in self.results:
            if result.crash or result.unmodelled:
                classes[result.flavor] = "!" if result.crash else "?"
                continue
            key = tuple(dict(divergence.values).get(result.flavor) for divergence in self.divergences)
            classes[result.flavor] = letters.setdefault(key, _letter(len(letters)))
        return classes


def _letter(index: int) -> str:
    """A, B … Z, AA, AB … for 0, 1 …"""
    return (_letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def play(scenario: Scenario, flavor: Flavor, *, checked: bool = True, bound: int | None = None) -> RunResult:
    """Run a scenario on a flavor, under every schedule (with so many preemptions at most) if steps run concurrently."""
    if scenario.concurrent:
        return explore(scenario, flavor, checked=checked, bound=bound)
    return run(scenario, flavor, checked=checked)


def compare(scenario: Scenario, flavors: Sequence[Flavor], *, checked: bool = True, bound: int | None = None) -> Comparison:
    """Run one scenario on the flavors that it is meant for, and compare. Without `checked`, invariants are not looked at.

    Raises ScenarioError for a tunable that none of these flavors has, if the scenario was made in Python; files are looked at
    when they are read.
    """
    meant = [flavor for flavor in flavors if scenario.runs_on(flavor.id)] if scenario.only else flavors
    if scenario.machine.tunables and meant and not scenario.file:
        _refuse_unknown_tunables(scenario, meant)
    results = tuple([play(scenario, flavor, checked=checked, bound=bound) for flavor in meant])
    divergences = diff(results, scenario.asks_for)
    broken = tuple([one for one in divergences if _promised(scenario.agree, one.path)]) if scenario.agree else ()
    return Comparison(scenario, results, divergences, broken)


def _refuse_unknown_tunables(scenario: Scenario, flavors: Sequence[Flavor]) -> None:
    known = list(dict.fromkeys(name for flavor in flavors for name in flavor.tunables))
    for name, _ in scenario.machine.tunables:
        if name not in known:
            raise ScenarioError(
                f"{scenario.name}: none of {', '.join(flavor.id for flavor in flavors)} has a tunable {name!r}; "
                f"there are {', '.join(known) or 'none'}"
            )


def _promised(agree: tuple[str, ...], path: str) -> bool:
    """Whether a scenario says that all agree on a fact. A promise about everything leaves out what one system alone has."""
    return any(fnmatchcase(path, glob) and (glob != "*" or scope_of(path) in (Scope.ALL, Scope.ASKED)) for glob in agree)


def compare_all(
    scenarios: Iterable[Scenario],
    flavors: Sequence[Flavor],
    progress: Callable[[Comparison], None] | None = None,
    bound: int | None = None,
) -> tuple[Comparison, ...]:
    """Compare on every scenario, in order; `progress` is told of each."""
    done = []
    for scenario in scenarios:
        comparison = compare(scenario, flavors, bound=bound)
        if progress is not None:
            progress(comparison)
        done.append(comparison)
    return tuple(done)
