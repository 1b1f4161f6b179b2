"""Flag words that a kernel compares as a whole: chance would hardly ever meet them, so they are asked for.

A word is passed to a call that remembers what it was compared with. What it was compared with is worth trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oracle.calls import CallSpec, Param
from oracle.flavor import Flavor
from oracle.probes import CALLER
from oracle.run import run
from oracle.scenario import Scenario, Step


class ListeningWord(int):
    """An int that hears what it, or a part of it, is compared with."""

    heard: set[int]

    def __and__(self, other: int) -> int:
        return listening(int.__and__(self, other), self.heard)

    def __or__(self, other: int) -> int:
        return listening(int.__or__(self, other), self.heard)

    def __xor__(self, other: int) -> int:
        return listening(int.__xor__(self, other), self.heard)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            self.heard.add(int(other))
        return int.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


def listening(number: int, heard: set[int]) -> int:
    """A word that writes down what it hears."""
    word = ListeningWord(number)
    word.heard = heard
    return word


def compared_with(spec: CallSpec, param: Param, flavors: Sequence[Flavor], words: Iterable[int]) -> tuple[int, ...]:
    """What the kernels compare the flag word of a call with, while it is made with some words. One alone does not pass all."""
    heard: set[int] = set()
    for word in words:
        args: dict[str, Any] = {param.name: listening(word, heard)}
        scenario = Scenario("listen", "", "", "results", (Step(1, CALLER, spec.name, args, "kid"),))
        for flavor in flavors:
            run(scenario, flavor, checked=False)
    return tuple(sorted(heard - {0}))
