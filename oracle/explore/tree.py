"""What a search knows of the schedules so far: moves and what orders them, states and what is left to try from them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from oracle.explore.tracker import Birth, Checkpoint, Footprint


@dataclass(frozen=True, slots=True)
class Event:
    """A move. `clock` counts, for each actor, the moves that have to come before it, with itself."""

    actor: str
    number: int  # of the actor's moves, from 1
    footprint: Footprint
    clock: dict[str, int]
    node: int  # its place in the stack
    born: tuple[Birth, ...]


@dataclass(slots=True)
class Node:
    """A state on the way of the present execution, and what was tried and is to be tried from it."""

    enabled: tuple[str, ...]
    last: str
    born: tuple[Birth, ...]  # since the last move
    checkpoint: Checkpoint | None
    clocks: dict[str, dict[str, int]]  # by actor: of his last move, and of what made the next one possible
    sleep: dict[str, Event]  # actors whose move here was gone through in an order that is equivalent
    preemptions: int = 0  # on the way here
    state: Hashable = None
    slept: frozenset[str] = frozenset()  # the sleep set as it was at first
    chosen: str = ""
    done: dict[str, Event] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)  # to be tried, in order
    after: dict[tuple[str, Footprint], None] = field(default_factory=dict)  # moves made from here on, under any schedule


@dataclass(frozen=True, slots=True)
class Seen:
    """A state that was gone through."""

    slept: frozenset[str]
    after: dict[tuple[str, Footprint], None]


NO_EVENT = Event("", 0, Footprint(frozenset(), frozenset()), {}, 0, ())


def join(clock: dict[str, int], other: dict[str, int]) -> None:
    """Make a clock come after another, too."""
    for actor, number in other.items():
        if number > clock.get(actor, 0):
            clock[actor] = number
