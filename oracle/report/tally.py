"""Counts divergences by the fact that they are on: which facts differ how often, and in how many scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.facts import FACTS, Subject, lookup, split
from oracle.harness import Comparison
from oracle.report.digest import folds
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import plain

ONE_SIDED = {Subject.PROCESS: "<role>, seen on some only", Subject.PAIR: "<role>~<role>, seen on some only"}


@dataclass(frozen=True, slots=True)
class Tallied:
    """A fact by its pattern in the vocabulary: how many divergences are on it, and in which scenarios."""

    fact: str
    times: int
    scenarios: tuple[str, ...]


def tally(comparisons: Sequence[Comparison]) -> tuple[Tallied, ...]:
    """The facts that differ, most often first; alike ones in the order of the vocabulary.

    A process that is seen on some flavors only counts once, not with every fact about it.
    """
    found: dict[str, list[str]] = {}
    for one in comparisons:
        folded = folds(one)
        told = {index for fold in folded for index in fold.members}
        for index, divergence in enumerate(one.divergences):
            if index not in told:
                fact = lookup(divergence.path)
                found.setdefault(fact.pattern if fact is not None else divergence.path, []).append(one.scenario.name)
        for fold in folded:
            found.setdefault(ONE_SIDED[split(fold.subject)[0]], []).append(one.scenario.name)
    order = {fact.pattern: index for index, fact in enumerate(FACTS)}
    made = [Tallied(name, len(where), tuple(dict.fromkeys(where))) for name, where in found.items()]
    return tuple(sorted(made, key=lambda one: (-one.times, order.get(one.fact, len(order)), one.fact)))


def render(comparisons: Sequence[Comparison], look: Look) -> str:
    """The tally for a terminal, empty if nothing differs."""
    counted = tally(comparisons)
    if not counted:
        return ""
    rows = [[str(one.times), str(len(one.scenarios)), plain(one.fact), plain(one.scenarios[0])] for one in counted]
    return f"{look.heading('Facts that differ')}\n{fitted(rows, ['times', 'scenarios', 'fact', 'first in'], look)}"
