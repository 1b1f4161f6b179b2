"""Covering arrays hold every combination, found by counting; and few rows more than are needed."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from oracle.errors import UsageError
from oracle.registry import load_flavors
from oracle.sweep.covering import covering_array, uncovered
from oracle.sweep.knobs import KNOBS, covering_plan, turned_state
from oracle.sweep.space import space_named

FLAVORS = load_flavors().flavors


def combinations_in(rows: tuple[tuple[int, ...], ...], strength: int) -> set[tuple[tuple[int, int], ...]]:
    return {found for row in rows for found in combinations(enumerate(row), strength)}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("sizes", "strength"),
    [((2, 2, 2), 1), ((3, 2, 4, 2), 2), ((2,) * 9, 3), ((4, 3, 3, 2, 2, 1), 3), ((2,) * 6, 6), ((5, 2), 2)],
)
def test_every_combination_is_in_some_row(sizes: tuple[int, ...], strength: int, seed: int) -> None:
    rows = covering_array(sizes, strength, seed)
    every = {
        tuple(zip(factors, values, strict=True))
        for factors in combinations(range(len(sizes)), strength)
        for values in product(*(range(sizes[factor]) for factor in factors))
    }
    assert combinations_in(rows, strength) >= every
    assert all(0 <= value < size for row in rows for value, size in zip(row, sizes, strict=True))


def test_counting_finds_what_is_missing() -> None:
    rows = ((0, 0, 0), (0, 1, 1), (1, 0, 1))
    assert list(uncovered(rows, (2, 2, 2), 2)) == [((0, 1), (1, 1)), ((0, 1), (2, 0)), ((1, 1), (2, 0))]
    assert list(uncovered((*rows, (1, 1, 0)), (2, 2, 2), 2)) == []


def test_an_array_has_far_fewer_rows_than_there_are_cases() -> None:
    assert len(covering_array((2,) * 13, 3)) <= 30  # of 8192; no array has less than 8


def test_the_same_seed_is_the_same_array_and_another_is_another() -> None:
    assert covering_array((3,) * 6, 2, 5) == covering_array((3,) * 6, 2, 5)
    assert covering_array((3,) * 6, 2, 5) != covering_array((3,) * 6, 2, 6)


@pytest.mark.parametrize("strength", [0, 4])
def test_a_strength_that_can_not_be_is_refused(strength: int) -> None:
    with pytest.raises(UsageError, match=f"strength {strength} for 3 factors"):
        covering_array((2, 2, 2), strength)


def test_knobs_can_all_be_turned_together() -> None:
    for choice in product(*(range(len(knob)) for knob in KNOBS)):
        turned_state("all", [knob[which] for knob, which in zip(KNOBS, choice, strict=True)]).scenario("s", "fork", {})


def test_every_pair_of_flags_meets_every_turn_of_a_knob() -> None:
    flavors = [flavor for flavor in FLAVORS if flavor.system == "netbsd"]
    space = space_named("fork1", flavors)
    plan = covering_plan(space, flavors, 3, 0)
    assert plan.note == "every combination of 3 of 26 factors"
    met = set()
    for cell in plan.cells:
        word = space.args(cell.start)["flags"]
        assert isinstance(word, int)
        for one, other in combinations(range(8), 2):
            met |= {(one, other, word >> one & 1, word >> other & 1, name) for name in cell.state.title.split(", ")}
    turns = [turn.name for knob in KNOBS for turn in knob]
    assert all((0, 7, one, other, name) in met for one in (0, 1) for other in (0, 1) for name in turns)
    assert all((3, 4, one, other, name) in met for one in (0, 1) for other in (0, 1) for name in turns)


def test_a_knob_that_a_flavor_lacks_is_left_out_and_named() -> None:
    plan = covering_plan(space_named("fork", FLAVORS), FLAVORS, 2, 0)
    assert "dragonfly@1.62 lacks it: first-uarea-fails" in plan.note
    assert not any("uarea" in cell.state.title for cell in plan.cells)
