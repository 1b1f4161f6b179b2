"""The assertions of POSIX on fork in the tree are whole: each is witnessed or listed as open, for every flavor."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest

from oracle.load import find_not_shown, find_scenarios, load_not_shown, load_scenario
from oracle.register import NotShown, clashes, is_claim
from oracle.registry import load_flavors
from oracle.scenario import Scenario, selects

SPECS = Path(__file__).parents[2] / "specs" / "posix"
FLAVORS = tuple(flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd"))
SUITE = [f"posix/fork-{number:02}" for number in range(1, 25)]  # as the Open POSIX Test Suite numbers them
MORE = ["posix/fork-25", "posix/fork-26", "posix/fork-27", "posix/vfork-01", "posix/vfork-02", "posix/vfork-03", "posix/_Fork"]


@lru_cache(maxsize=1)
def witnesses() -> tuple[Scenario, ...]:
    return tuple(load_scenario(path, FLAVORS) for path in find_scenarios([SPECS]))


@lru_cache(maxsize=1)
def listed() -> tuple[NotShown, ...]:
    return tuple(one for path in find_not_shown([SPECS]) for one in load_not_shown(path, FLAVORS))


@pytest.mark.parametrize("assertion", [*SUITE, *MORE])
@pytest.mark.parametrize("flavor", [flavor.id for flavor in FLAVORS])
def test_each_assertion_is_witnessed_on_each_flavor_or_listed_as_open_there(assertion: str, flavor: str) -> None:
    mine = [one for one in witnesses() if one.standard is not None and one.standard.id == assertion]
    listed_here = [one for one in listed() if one.id == assertion and selects(one.on, flavor)]
    assert any(one.runs_on(flavor) for one in mine) + len(listed_here) == 1


def test_there_are_no_other_assertions() -> None:
    ids = {one.standard.id for one in witnesses() if one.standard is not None} | {one.id for one in listed()}
    assert ids == {*SUITE, *MORE}
    assert all(map(is_claim, ids))


def test_every_scenario_of_the_folder_is_a_witness_named_after_its_assertion() -> None:
    for scenario in witnesses():
        assert scenario.standard is not None
        assert re.fullmatch(rf"{re.escape(scenario.standard.id)}-[a-z-]+", scenario.name)
        assert scenario.topic == "posix"
        assert len(scenario.name) <= 40


def test_nothing_that_is_said_of_an_assertion_contradicts_anything_else() -> None:
    assert clashes(witnesses(), listed(), [flavor.id for flavor in FLAVORS]) == []


def test_clauses_name_a_page_and_a_part_of_it() -> None:
    clauses = [one.standard.clause for one in witnesses() if one.standard is not None] + [one.clause for one in listed()]
    assert all(re.match(r"XSH (fork|vfork|_Fork)\(\), (DESCRIPTION|RETURN VALUE|ERRORS)\b.*", clause) for clause in clauses)


def test_these_are_the_violations() -> None:
    found = {
        (one.standard.id, flavor.id)
        for one in witnesses()
        if one.standard is not None
        for flavor in FLAVORS
        if one.runs_on(flavor.id) and not one.standard.is_on(flavor.id)
    }
    assert found == {
        ("posix/fork-02", "dragonfly@1.62"),
        ("posix/fork-12", "dragonfly@1.67"),
        ("posix/fork-12", "dragonfly@768af85b"),
        ("posix/fork-23", "netbsd@1.189"),
        ("posix/vfork-01", "dragonfly@1.62"),
        ("posix/vfork-01", "dragonfly@1.67"),
        ("posix/vfork-01", "dragonfly@768af85b"),
        ("posix/vfork-01", "netbsd@1.189"),
    }
