"""What holds of the scenarios with concurrent steps that we ship: witnesses, repetition, and what a naive search finds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oracle.explore.explore import explore
from oracle.flavor import Flavor
from oracle.load import find_scenarios, load_scenario
from oracle.outcome import Exploration
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import Scenario
from oracle.schedule import Scheduled
from tests.unit.explore.outcomes import outcome

ROOT = Path(__file__).parents[3]
FLAVORS = load_flavors().flavors
RACES = [load_scenario(path, FLAVORS, ROOT / "specs") for path in find_scenarios([ROOT / "specs" / "races"])]
CASES = [(scenario, flavor) for scenario in RACES for flavor in FLAVORS if scenario.runs_on(flavor.id)]
NAMES = [f"{scenario.name.partition('/')[2]}-{flavor.id}" for scenario, flavor in CASES]
FEW = 300  # executions of a naive search that is worth its time here


def explored(scenario: Scenario, flavor: Flavor) -> Exploration:
    """What a search found, in its own words."""
    exploration = explore(scenario, flavor).exploration
    assert exploration is not None
    return exploration


@pytest.mark.parametrize(("scenario", "flavor"), CASES, ids=NAMES)
def test_each_witness_leads_to_its_outcome_again(scenario: Scenario, flavor: Flavor) -> None:
    exploration = explored(scenario, flavor)
    assert exploration.exhaustive
    for one in exploration.possibilities:
        again = run(scenario, flavor, chooser=Scheduled(one.schedule))
        assert (again.observation, again.outcomes) == (one.observation, one.outcomes)


@pytest.mark.parametrize(("scenario", "flavor"), CASES, ids=NAMES)
def test_a_naive_search_that_is_short_enough_finds_the_same(scenario: Scenario, flavor: Flavor) -> None:
    naive = explore(scenario, flavor, reduce=False, checked=False, most=FEW).exploration
    assert naive is not None
    found = {outcome(one) for one in explored(scenario, flavor).possibilities}
    met = {outcome(one) for one in naive.possibilities}
    assert met <= found
    assert met == found or not naive.exhaustive


SHORT = RACES[:6]


def _told() -> str:
    """All that searches find, with their counts."""
    return "\n".join(repr(explored(scenario, flavor)) for scenario, flavor in CASES if scenario in SHORT)


def test_two_searches_are_alike_in_one_process_and_in_another_that_hashes_differently() -> None:
    told = _told()
    assert _told() == told
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.unit.explore.test_races"]
        other = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        assert other.stdout == told + "\n"


if __name__ == "__main__":
    sys.stdout.write(_told() + "\n")
