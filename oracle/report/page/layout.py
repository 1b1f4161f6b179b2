"""A space of calls laid out on a plane: which parameters go across, which go down, and which nothing depends on.

The order is that of a Gray code, so that neighbours differ in one parameter, and what decides most turns slowest, so that a
bucket is made of large blocks. Parameters on which the bucket never depends are left out: a square stands for all their values.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from oracle.sweep.atlas import Chart
from oracle.sweep.space import Space


@dataclass(frozen=True, slots=True)
class Dimension:
    """A flag, which is set or not, or a parameter with its values. `unit`: how far apart cases are that differ in it by one."""

    name: str
    values: tuple[str, ...]
    unit: int
    flag: bool = False

    def text(self, digit: int) -> str:
        """One value for people; of a flag that is not set, nothing."""
        return self.values[digit] if self.flag else f"{self.name}={self.values[digit]}"


@dataclass(frozen=True, slots=True)
class Layout:
    """What goes across and what goes down, the slowest first, and what is left out."""

    columns: tuple[Dimension, ...]
    rows: tuple[Dimension, ...]
    idle: tuple[Dimension, ...]

    @property
    def kept(self) -> tuple[Dimension, ...]:
        """What a square has a value of, in the order of `squares`."""
        return (*self.rows, *self.columns)

    @property
    def across(self) -> int:
        """How many squares there are side by side."""
        return prod(len(one.values) for one in self.columns)

    @property
    def down(self) -> int:
        """How many squares there are one below the other."""
        return prod(len(one.values) for one in self.rows)

    @property
    def worth(self) -> int:
        """How many cases a square stands for."""
        return prod(len(one.values) for one in self.idle)


def dimensions(space: Space) -> list[Dimension]:
    """The parameters of a space; each flag of a word is one."""
    made = []
    unit = 1
    for axis in space.axes:
        inner = unit
        for flag, _ in axis.bits:
            made.append(Dimension(flag, ("", flag), inner, flag=True))
            inner *= 2
        if axis.stray:
            made.append(Dimension("another bit", ("none", *(name for name, _ in axis.stray)), inner))
        if not axis.bits:
            made.append(Dimension(axis.name, tuple([axis.text(place) for place in range(axis.size)]), unit))
        unit *= axis.size
    return made


def layout(space: Space, charts: Sequence[Chart]) -> Layout:
    """The same layout for all charts of a space, so that they can be laid side by side."""
    weights = {one: sum(_changes(chart.places, one) for chart in charts) for one in dimensions(space)}
    ranked = sorted((one for one, weight in weights.items() if weight), key=lambda one: -weights[one])
    columns: list[Dimension] = []
    rows: list[Dimension] = []
    for one in ranked:
        wide, high = (prod(len(one.values) for one in some) for some in (columns, rows))
        (columns if wide <= high else rows).append(one)
    return Layout(tuple(columns), tuple(rows), tuple([one for one, weight in weights.items() if not weight]))


def _changes(places: array[int], one: Dimension) -> int:
    """In how many cases the next value of a parameter leads to another bucket."""
    found = 0
    unit, size = one.unit, len(one.values)
    for start in range(0, len(places), unit * size):
        for digit in range(size - 1):
            here = start + digit * unit
            this, other = places[here : here + unit], places[here + unit : here + 2 * unit]
            if this != other:
                found += sum(map(int.__ne__, this, other))
    return found


def squares(made: Layout, chart: Chart) -> list[int]:
    """The place of each square's cases, down and then across, values counted up."""
    cases = [0]
    for one in made.kept:
        cases = [case + digit * one.unit for case in cases for digit in range(len(one.values))]
    return [chart.places[case] for case in cases]


def order(some: Sequence[Dimension]) -> list[int]:
    """Squares counted up, in the order in which they stand side by side: from each to the next, one digit moves by one."""
    found = [0]
    size = 1
    for one in reversed(some):
        count = len(one.values)
        found = [digit * size + place for digit in range(count) for place in (found[::-1] if digit % 2 else found)]
        size *= count
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of squares in one bucket."""

    place: int
    x: int
    y: int
    width: int
    height: int


def blocks(made: Layout, chart: Chart) -> list[Block]:
    """The plane, cut into rectangles."""
    flat = squares(made, chart)
    columns = order(made.columns)
    across = made.across
    done: list[Block] = []
    running: dict[tuple[int, int, int], int] = {}  # place, first column, width -> first row
    down = -1
    for down, row in enumerate(order(made.rows)):
        there = set(_runs([flat[row * across + column] for column in columns]))
        for key in [key for key in running if key not in there]:
            done.append(_block(key, running.pop(key), down))
        for key in there:
            running.setdefault(key, down)
    done += [_block(key, first, down + 1) for key, first in running.items()]
    return sorted(done, key=lambda one: (one.y, one.x))


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Neighbours in one bucket: place, where they start, how many."""
    start = 0
    for index in range(1, len(places) + 1):
        if index == len(places) or places[index] != places[start]:
            yield places[start], start, index - start
            start = index


def _block(key: tuple[int, int, int], first: int, end: int) -> Block:
    place, x, width = key
    return Block(place, x, first, width, end - first)


def shapes(made: Layout, chart: Chart, most: int) -> dict[int, tuple[list[str], int]]:
    """For each place, its cases in words: shapes as large as can be, so many at most; and how many cases these leave out."""
    flat = squares(made, chart)
    members: dict[int, set[int]] = {}
    for square, place in enumerate(flat):
        members.setdefault(place, set()).add(square)
    return {place: _told(made, some, most) for place, some in members.items()}


def _told(made: Layout, members: set[int], most: int) -> tuple[list[str], int]:
    left = set(members)
    told: list[str] = []
    while left and len(told) < most:
        text, found = _grown(made, members, min(left))
        told.append(text)
        left -= found
    return told, len(left) * made.worth


def _grown(made: Layout, members: set[int], square: int) -> tuple[str, set[int]]:
    """The largest shape around a square that is reached by letting one parameter after the other take other values."""
    found = [square]
    said: list[str] = []
    unit = 1
    for one in reversed(made.kept):
        size = len(one.values)
        digit = square // unit % size
        taken = [
            other
            for other in range(size)
            if other == digit or all(place + (other - digit) * unit in members for place in found)
        ]
        found = [place + (other - digit) * unit for other in taken for place in found]
        if len(taken) < size:
            said.append(_value(one, taken))
        unit *= size
    return ", ".join(reversed(said)) or "whatever the arguments", set(found)


def _value(one: Dimension, digits: Sequence[int]) -> str:
    if one.flag:
        return one.name if digits[0] else f"without {one.name}"
    return f"{one.name}={' or '.join(one.values[digit] for digit in digits)}"
