"""The registers of defects in the tree are whole: each entry is shown by a scenario or listed as not shown."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest

from oracle.load import find_not_shown, find_scenarios, load_not_shown, load_scenario
from oracle.register import NotShown, clashes, is_claim
from oracle.registry import load_flavors
from oracle.scenario import Promise, Scenario

SPECS = Path(__file__).parents[2] / "specs"
FLAVORS = tuple(flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd"))
DEFECTS = [
    *(f"dragonfly/Q{number}" for number in [*range(1, 42), "11b", "21b"]),
    *(f"netbsd/Q{number}" for number in range(1, 29)),
]
PROMISES = [*(f"dragonfly/M{number}" for number in range(1, 23)), *(f"netbsd/M{number}" for number in range(1, 15))]


@lru_cache(maxsize=1)
def shown() -> tuple[Scenario, ...]:
    scenarios = (load_scenario(path, FLAVORS) for path in find_scenarios([SPECS]))
    return tuple(scenario for scenario in scenarios if scenario.defect is not None)


@lru_cache(maxsize=1)
def listed() -> tuple[NotShown, ...]:
    return tuple(one for path in find_not_shown([SPECS]) for one in load_not_shown(path, FLAVORS) if not is_claim(one.id))


@pytest.mark.parametrize("entry", [*DEFECTS, *PROMISES])
def test_each_entry_is_shown_or_listed_once(entry: str) -> None:
    by_scenario = any(one.defect is not None and one.defect.id == entry for one in shown())
    assert by_scenario + [one.id for one in listed()].count(entry) == 1


def test_there_are_no_other_entries() -> None:
    ids = {one.defect.id for one in shown() if one.defect is not None} | {one.id for one in listed()}
    assert ids == {*DEFECTS, *PROMISES}


def test_nothing_that_is_said_of_an_entry_contradicts_anything_else() -> None:
    assert clashes(shown(), listed(), [flavor.id for flavor in FLAVORS]) == []


def test_scenarios_of_the_registers_are_in_their_folder_and_named_after_their_entries() -> None:
    for scenario in shown():
        assert scenario.defect is not None
        system, _, name = scenario.defect.id.partition("/")
        assert re.fullmatch(rf"defects/{system}-{name.lower()}-[a-z0-9-]+", scenario.name)
        assert scenario.topic == "defects"
        assert len(scenario.name) <= 40


def test_each_reason_is_a_sentence_of_its_own() -> None:
    reasons = [one.reason for one in listed()]
    assert len(set(reasons)) == len(reasons)
    assert all(re.match("[A-Za-z0-9].*[.)]$", reason) and len(reason) > 30 for reason in reasons)


def test_at_least_55_defects_and_30_promises_are_shown() -> None:
    defects = {one.defect.id for one in shown() if one.defect is not None and one.defect.promise is None}
    promises = {one.defect.id for one in shown() if one.defect is not None and isinstance(one.defect.promise, Promise)}
    assert len(defects) >= 55
    assert len(promises) >= 30
