"""A flag word that remembers which of its bits anybody looked at.

A model is deterministic, so two words that agree on every bit a run looked at come to the same. That lets a sweep over all
words run one word for each set of them that its kernel can't tell apart. What isn't an operation on bits is a look at all of
them.
"""

from __future__ import annotations

import operator
from typing import Any


class Looks:
    """Which bits were looked at."""

    __slots__ = ("mask", "shown")

    def __init__(self) -> None:
        self.mask = 0
        self.shown = False  # whether the word was put into the text of its own step, which tells the kernel nothing

    def one_of(self, bits: int) -> None:
        """One of some bits was enough to decide: one that was looked at before, if there is one."""
        if not self.mask & bits:
            self.mask |= bits & -bits


class WatchedWord(int):
    """An int for kernel code, none of whose bits gets anywhere without being noted in `looks`.

    `live` are the bits that are still those of the first word; the others are constants by now.
    """

    looks: Looks
    live: int

    def __and__(self, other: int) -> int:
        return _bits(self, other, operator.and_)

    def __or__(self, other: int) -> int:
        return _bits(self, other, operator.or_)

    def __xor__(self, other: int) -> int:
        return _bits(self, other, operator.xor)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> int:
        return watched(~int.__int__(self), self.looks, self.live)

    def __bool__(self) -> bool:
        number = int.__int__(self)
        if number & ~self.live:  # a constant bit decides
            return True
        if number:
            self.looks.one_of(number & self.live)
            return True
        self.looks.mask |= self.live
        return False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int) or isinstance(other, WatchedWord):
            self.looks.mask |= self.live
            return int.__int__(self) == other
        differing = int.__int__(self) ^ other
        if differing & ~self.live:
            return False
        if differing:
            self.looks.one_of(differing)
            return False
        self.looks.mask |= self.live
        return True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__  # replaced below: a look at all

    def __str__(self) -> str:
        if self.looks.shown:
            self.looks.mask |= self.live
        self.looks.shown = True
        return str(int.__int__(self))


def watched(number: int, looks: Looks, live: int) -> int:
    """A word of which some bits are watched."""
    word = WatchedWord(number)
    word.looks, word.live = looks, live
    return word


def _bits(word: WatchedWord, other: int, operation: Any) -> int:
    """An operation bit by bit: what it makes constant is watched no more."""
    number = int.__int__(word)
    if isinstance(other, WatchedWord):
        word.looks.mask |= word.live
        other.looks.mask |= other.live
        return int(operation(number, int.__int__(other)))
    live = word.live
    if operation is operator.and_:
        live &= other
    elif operation is operator.or_:
        live &= ~other
    return watched(operation(number, other), word.looks, live)


def _looking(name: str) -> Any:
    """An operation of int that looks at all there is."""
    plain = getattr(int, name)

    def look(self: WatchedWord, *others: Any) -> Any:
        self.looks.mask |= self.live
        return plain(int.__int__(self), *others)

    return look


# __new__ and its like are no looks; __init_subclass__ and attribute access must stay as they are.
_OWN = {*WatchedWord.__dict__} - {"__hash__"} | {
    "__getattribute__",
    "__new__",
    "__init__",
    "__doc__",
    "__int__",
    "__getnewargs__",
}
for _name, _value in vars(int).items():
    if _name not in _OWN and callable(_value) and not isinstance(_value, (classmethod, staticmethod)):
        setattr(WatchedWord, _name, _looking(_name))
WatchedWord.__int__ = _looking("__int__")  # type: ignore[method-assign]
