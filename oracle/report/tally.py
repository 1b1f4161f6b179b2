"""Counts divergences by the fact that they are on: which facts differ how often, and in how many scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.facts import FACTS, lookup
from oracle.harness import Comparison
from oracle.report.look import Look
from oracle.report.table_report import grid
from oracle.report.text import clip, plain


@dataclass(frozen=True, slots=True)
class Tallied:
    """A fact by its pattern in the vocabulary: how many divergences are on it, and in which scenarios."""

    fact: str
    times: int
    scenarios: tuple[str, ...]


def tally(comparisons: Sequence[Comparison]) -> tuple[Tallied, ...]:
    """The facts that differ, most often first; alike ones in the order of the vocabulary."""
    found: dict[str, list[str]] = {}
    for one in comparisons:
        for divergence in one.divergences:
            fact = lookup(divergence.path)
            found.setdefault(fact.pattern if fact is not None else divergence.path, []).append(one.scenario.name)
    order = {fact.pattern: index for index, fact in enumerate(FACTS)}
    made = [Tallied(name, len(where), tuple(dict.fromkeys(where))) for name, where in found.items()]
    return tuple(sorted(made, key=lambda one: (-one.times, order.get(one.fact, len(order)), one.fact)))


def render(comparisons: Sequence[Comparison], look: Look) -> str:
    """The tally for a terminal, empty if nothing differs."""
    counted = tally(comparisons)
    if not counted:
        return ""
    rows = [[str(one.times), str(len(one.scenarios)), plain(one.fact), _where(one, look)] for one in counted]
    return f"{look.heading('Facts that differ')}\n{grid(rows, ['times', 'scenarios', 'fact', 'first in'])}"


def _where(one: Tallied, look: Look) -> str:
    return clip(plain(one.scenarios[0]), max(20, look.width - 60))
