"""From what won in each pair to an order, or to why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise


class Verdict(Enum):
    """What two conditions that hold at once came to, each of which makes the call fail alone."""

    FIRST = "the first wins"
    SECOND = "the second wins"
    SAME = "one error for both"
    THIRD = "another error than either"
    NEITHER = "no error"
    APART = "they do not go together"


@dataclass(frozen=True, slots=True)
class Order:
    """Ranks from 1, by name: a lower one wins over every higher one that it can meet, or `why_not` says why it is not so."""

    ranks: Mapping[str, int]
    why_not: str = ""


def order(names: Sequence[str], verdicts: Mapping[tuple[str, str], Verdict]) -> Order:
    """Rank conditions. Those that are one error share a rank; others do where nothing decides between them."""
    group = _groups(names, verdicts)
    wins: dict[str, dict[str, tuple[str, str]]] = {leader: {} for leader in dict.fromkeys(group.values())}
    reasons = []
    for (one, other), verdict in verdicts.items():
        if verdict in (Verdict.THIRD, Verdict.NEITHER):
            reasons.append(f"{one} and {other}: {verdict.value}")
        elif verdict in (Verdict.FIRST, Verdict.SECOND):
            winner, loser = (one, other) if verdict is Verdict.FIRST else (other, one)
            wins[group[winner]].setdefault(group[loser], (winner, loser))
    levels, rest = _levels({leader: list(beaten) for leader, beaten in wins.items()})
    if rest:
        reasons += _round(rest, wins)
        levels.update(dict.fromkeys(rest, max(levels.values(), default=0) + 1))
    return Order({name: levels[group[name]] for name in names}, "; ".join(reasons))


def _groups(names: Sequence[str], verdicts: Mapping[tuple[str, str], Verdict]) -> dict[str, str]:
    """Each name's group, under the name of its first member."""
    group = {name: name for name in names}
    for (one, other), verdict in verdicts.items():
        if verdict is Verdict.SAME and group[one] != group[other]:
            kept, gone = sorted((group[one], group[other]), key=list(names).index)
            group = {name: kept if leader == gone else leader for name, leader in group.items()}
    return group


def _levels(beats: Mapping[str, Sequence[str]]) -> tuple[dict[str, int], list[str]]:
    """How many stand above each at most, plus one; and those that go round in circles, or stand below such."""
    above = {name: sum(name in beaten for beaten in beats.values()) for name in beats}
    levels = {name: 1 for name, count in above.items() if not count}
    ready = list(levels)
    while ready:
        name = ready.pop(0)
        for loser in beats[name]:
            above[loser] -= 1
            levels[loser] = max(levels.get(loser, 1), levels[name] + 1)
            if not above[loser]:
                ready.append(loser)
    rest = [name for name, count in above.items() if count]
    return {name: level for name, level in levels.items() if name not in rest}, rest


def _round(rest: Sequence[str], wins: Mapping[str, Mapping[str, tuple[str, str]]]) -> list[str]:
    """One circle, in words."""
    seen: list[str] = []
    name = rest[0]
    while name not in seen:
        seen.append(name)
        name = next(one for one in rest if name in wins[one])  # somebody in a circle, or below one, is always beaten by such
    circle = [name, *reversed(seen[seen.index(name) + 1 :]), name]
    return [f"{wins[one][other][0]} wins over {wins[one][other][1]}" for one, other in pairwise(circle)]
