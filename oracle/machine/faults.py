"""Faults that a scenario injects: which of a kernel's allocations fail."""

from __future__ import annotations

from collections.abc import Collection, Mapping


class Faults:
    """Counts what a kernel asks for, and says when it gets nothing.

    It is no state of the machine: a call that failed here has left no trace, although the next one is another number.
    """

    __slots__ = ("_asked", "_when")

    def __init__(self, when: Mapping[str, Collection[int]]) -> None:
        self._when = when
        self._asked: dict[str, int] = {}

    def strike(self, what: str) -> int:
        """Count one more request; its number, from 1, if it is one that fails, else 0."""
        number = self._asked[what] = self._asked.get(what, 0) + 1
        return number if number in self._when.get(what, ()) else 0
