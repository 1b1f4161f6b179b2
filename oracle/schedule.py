"""Schedules as data: who goes on at each point where more than one could.

The default at a choice is whoever went on last, else the first of those who can. A schedule lists where it differs from that:
"2:shell 5:kid" lets the shell go on at the second choice of the run, and kid at the fifth. So the empty text is the default,
and a short text means few surprises.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Protocol

from oracle.errors import UsageError
from oracle.machine.machine import Machine


class Chooser(Protocol):
    """Who says which actor goes on, and hears what became of it."""

    def enter(self, k: Machine, state: Callable[[], Hashable]) -> None:
        """A block begins. `state` tells where the run stands, as far as the machine does not know it."""

    def choose(self, enabled: Sequence[str], last: str) -> str:
        """Who goes on, of those who can; `last` is who went on last, "" at the start of a block."""

    def moved(self, actor: str, fatal: bool) -> bool:
        """The one that was chosen has made his move; nothing goes on after it if it was `fatal`. Returns whether it is news."""

    def idle(self) -> None:
        """Nobody can go on: time passes, or the block is over."""

    def leave(self, last: bool) -> None:
        """The block is over, the last one or not."""

    def schedule(self) -> str:
        """The choices so far, as far as they were not the default."""


class Scheduled:
    """Follows a schedule, and the default where that says nothing."""

    __slots__ = ("asked", "differs")

    def __init__(self, schedule: str = "") -> None:
        self.differs = parse(schedule)
        self.asked = 0  # choices so far

    def choose(self, enabled: Sequence[str], last: str) -> str:
        """Who goes on. Raises UsageError if the schedule names somebody who can't."""
        if len(enabled) == 1:
            return enabled[0]
        self.asked += 1
        wanted = self.differs.get(self.asked)
        if wanted is None:
            return preferred(enabled, last)
        if wanted not in enabled:
            raise UsageError(
                f"the schedule lets {wanted!r} go on at choice {self.asked}, but only {', '.join(enabled)} can; "
                "a schedule fits the scenario and the flavor for which it was printed"
            )
        return wanted

    def enter(self, k: Machine, state: Callable[[], Hashable]) -> None:
        """Nothing to prepare."""

    def moved(self, actor: str, fatal: bool) -> bool:
        """Every move is made for the first time."""
        return True

    def idle(self) -> None:
        """Nothing to note."""

    def leave(self, last: bool) -> None:
        """Nothing to end."""

    def schedule(self) -> str:
        """What of the schedule has been followed by now."""
        return render({choice: actor for choice, actor in self.differs.items() if choice <= self.asked})

    def check(self) -> None:
        """Raise UsageError if the schedule speaks of choices that never came."""
        if late := [choice for choice in self.differs if choice > self.asked]:
            raise UsageError(
                f"the schedule speaks of choice {late[0]}, but the run had {self.asked}; "
                "a schedule fits the scenario and the flavor for which it was printed"
            )


def preferred(enabled: Sequence[str], last: str) -> str:
    """The default choice."""
    return last if last in enabled else enabled[0]


def parse(schedule: str) -> dict[int, str]:
    """Choices by number, from 1. Raises UsageError for what is no schedule."""
    found: dict[int, str] = {}
    for word in schedule.split():
        number, colon, actor = word.partition(":")
        if not (colon and actor and number.isascii() and number.isdigit() and 0 < len(number) < 8):
            raise UsageError(f"{word!r} is no choice of a schedule; expected NUMBER:ACTOR, as in '2:shell 5:kid'")
        if int(number) <= max(found, default=0):
            raise UsageError(
                f"choice {number} of the schedule comes after {max(found)}; choices stand in their order, each once"
            )
        found[int(number)] = actor
    return found


def render(differs: Mapping[int, str]) -> str:
    """The text of a schedule."""
    return " ".join(f"{number}:{actor}" for number, actor in sorted(differs.items()))
