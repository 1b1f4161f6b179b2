"""Questions about a sweep, on toys whose answers can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.registry import load_flavors
from oracle.sweep.plan import Plan, plan
from oracle.sweep.query import answer, equivalence_classes, what_changes, which_agree, which_are_like
from oracle.sweep.space import space_named
from oracle.sweep.states import states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out
from tests.unit.sweep_toys import ONE, PLAIN, ROOT, TWO, VAGUE

TOYS = (ONE, TWO)
INSTALLED = load_flavors()
T = TypeVar("T")


def asked(question: Callable[[Plan, Store], T], flavors: Sequence[Flavor] = TOYS, space: str = "make", **how: int) -> T:
    made = plan(space_named(space, flavors), (PLAIN, ROOT), flavors, **how)  # type: ignore[arg-type]
    with Store() as store:
        carry_out(made, flavors, store)
        return question(made, store)


@pytest.mark.parametrize("cases", [3, 16, 32])
def test_words_like_fork_are_found_and_told_as_one_shape(cases: int) -> None:
    found = asked(lambda made, store: which_are_like(made, TOYS, store, "fork"), cases=cases)
    assert found["one@1"].size == 2  # NEW, with and without the idle bit; loud prints, which fork doesn't
    assert found["two@1"].size == 4  # and BAD is idle there, too
    (cube,) = found["one@1"].cubes
    assert cube.fixed == (("flags", "NEW without MASK, BAD"), ("loud", "false"))
    assert cube.free == ("IDLE",)
    assert found["two@1"].smallest == 1


def test_a_call_that_a_flavor_lacks_is_like_nothing() -> None:
    with pytest.raises(UsageError, match="one@1 has no call 'spoon'"):
        asked(lambda made, store: which_are_like(made, TOYS, store, "spoon"))


@pytest.mark.parametrize("cases", [5, 32])
def test_flavors_agree_on_what_neither_calls_bad(cases: int) -> None:
    found = asked(which_agree, cases=cases)
    assert found.done.size == 16
    assert [cube.fixed for cube in found.done.cubes] == [(("flags", "without BAD"),)]
    assert found.refused.size == 0
    assert found.by_state == (("plain", 16), ("root", 16))


def test_intents_that_nobody_can_do_are_told_apart() -> None:
    flavors = INSTALLED.select(("dragonfly", "netbsd"))
    made = plan(space_named("spawn", flavors), states_named(["plain"]), flavors)
    with Store() as store:
        carry_out(made, flavors, store)
        found = which_agree(made, store)
    assert found.done.smallest == made.space.index({}) == 0  # a plain fork
    assert found.refused.size + found.done.size == found.by_state[0][1]
    assert any(dict(cube.fixed).items() == {"files": "fresh", "new_stack": "true"}.items() for cube in found.refused.cubes)


def test_agreement_takes_two() -> None:
    with pytest.raises(UsageError, match="two flavors or more"):
        asked(which_agree, (ONE,))


def test_what_a_flag_changes_all_else_equal() -> None:
    found = asked(lambda made, store: what_changes(made, TOYS, store, "MASK"))["one@1"]
    assert (found.pairs, found.same) == (32, 24)  # only where NEW is and BAD is not: idle or not, loud or not, two states
    assert [(one.fact, one.pairs, one.smallest) for one in found.facts] == [("<child>.umask", 8, 1)]


def test_a_flag_that_does_nothing_changes_nothing() -> None:
    found = asked(lambda made, store: what_changes(made, TOYS, store, "IDLE"))["one@1"]
    assert (found.same, found.facts) == (32, ())


def test_what_another_value_of_a_parameter_changes() -> None:
    found = asked(lambda made, store: what_changes(made, TOYS, store, "loud=true"))["one@1"]
    assert {one.fact for one in found.facts} == {"machine.console", "machine.console_lines"}


def test_a_pair_of_which_nothing_is_known_says_nothing() -> None:
    found = asked(lambda made, store: what_changes(made, (VAGUE,), store, "BAD"), (VAGUE,))["vague@1"]
    assert (found.pairs, found.silent, found.facts) == (32, 32, ())


def test_a_change_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="'QUIET'; there are NEW, MASK, BAD, IDLE, loud=true"):
        asked(lambda made, store: what_changes(made, TOYS, store, "QUIET"))


@pytest.mark.parametrize("cases", [7, 32])
def test_classes_of_words_that_come_to_the_same(cases: int) -> None:
    count, classes = asked(lambda made, store: equivalence_classes(made, TOYS, store, 2), cases=cases)["one@1"]
    assert count == 6
    assert [one.size for one in classes] == [16, 8]  # bad, and nothing made
    assert [dict(one.cubes[0].fixed)["flags"] for one in classes] == ["BAD", "without NEW, BAD"]


def test_shapes_cover_a_set_and_nothing_else() -> None:
    space = space_named("make", TOYS)
    members = bytearray(32)
    for index in (0, 1, 2, 3, 8, 17, 21):
        members[index] = 1
    found = answer(space, members)
    assert (found.size, found.of, found.smallest) == (7, 32, 0)
    assert sum(cube.size for cube in found.cubes) >= 7
    assert max(cube.size for cube in found.cubes) == 4


def test_nothing_has_no_shape() -> None:
    found = answer(space_named("make", TOYS), bytearray(32))
    assert (found.size, found.cubes, found.smallest) == (0, (), None)
