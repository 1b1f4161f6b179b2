"""A watched word is an int, and notes every bit that decides anything."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.sweep.watched import Looks, watched

BITS = 8
WORDS = st.integers(0, (1 << BITS) - 1)
NUMBERS = st.integers(-(1 << BITS), 1 << BITS)
Move = tuple[str, int]
MOVES = st.tuples(st.sampled_from(["&", "|", "^", "~", "r&"]), NUMBERS)
LOOKS: dict[str, Callable[[int, int], object]] = {
    "bool": lambda word, other: bool(word),
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "+": operator.add,
    "-": lambda word, other: other - word,
    "shift": lambda word, other: word >> 2,
    "hash": lambda word, other: {word: 1}.get(other),
    "format": lambda word, other: f"{word:#x}",
    "repr": lambda word, other: repr(word),
    "int": lambda word, other: int(word),
    "bits": lambda word, other: word.bit_count(),
    "both": lambda word, other: (word & 3) == (word & 1),
}


def compute(word: int, moves: list[Move], look: str, other: int) -> object:
    for sign, number in moves:
        match sign:
            case "&":
                word = word & number
            case "r&":
                word = number & word
            case "|":
                word = word | number
            case "^":
                word = word ^ number
            case _:
                word = ~word
    return LOOKS[look](word, other)


@given(WORDS, WORDS, st.lists(MOVES, max_size=4), st.sampled_from(sorted(LOOKS)), NUMBERS)
def test_words_that_agree_on_what_was_looked_at_come_to_the_same(
    one: int, two: int, moves: list[Move], look: str, other: int
) -> None:
    looks = Looks()
    looks.shown = True
    found = compute(watched(one, looks, -1), moves, look, other)
    assert found == compute(one, moves, look, other)
    alike = one & looks.mask | two & ~looks.mask
    assert compute(alike, moves, look, other) == found


@pytest.mark.parametrize(
    ("decide", "mask"),
    [
        (lambda word: bool(word & 4), 4),
        (lambda word: bool(word & 0x30), 0x10),  # one bit that is set is enough
        (lambda word: bool(word & 0xC0), 0xC0),
        (lambda word: word == 0x13, 2),  # one that is other is enough
        (lambda word: bool(word | 0x100), 0),
        (lambda word: word & 0xF == 5, 0xF),
        (lambda word: word & 4 and word == 0x13, 4),  # that one is enough again
    ],
)
def test_no_more_is_noted_than_decides(decide: Callable[[Any], object], mask: int) -> None:
    looks = Looks()
    decide(watched(0x35, looks, -1))
    assert looks.mask == mask


def test_the_text_of_its_own_step_is_no_look_and_the_next_text_is() -> None:
    looks = Looks()
    word = watched(5, looks, -1)
    assert str(word) == "5"
    assert looks.mask == 0
    assert str(word) == "5"
    assert looks.mask == -1
