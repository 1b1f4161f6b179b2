"""Of the C that our flavors model line by line, nothing is unaccounted for, and all that is modelled is exercised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from coverage import Coverage

from oracle.flavor import Flavor
from oracle.load import find_scenarios, load_scenario
from oracle.registry import load_flavors
from oracle.sources.account import Account, account, readings_of
from oracle.sources.check import flaws
from oracle.sources.exercise import FileRuns, load, measure, merge
from oracle.sources.listing import read_listings, sources_folder
from oracle.sources.reading import Reading
from tests.lint.tree import ROOT
from tests.unit.flavors.test_netbsd_fork import (
    test_a_lock_that_is_busy_makes_a_traced_fork_release_one_it_does_not_own as a_busy_lock,
)

# It takes a second processor that holds a lock at that very moment: no program without concurrent steps gets there.
BY_A_TEST = {"netbsd@1.189": frozenset({478, 479, 480})}


@pytest.fixture(scope="module")
def ours() -> tuple[Flavor, ...]:
    return tuple(flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd"))


@pytest.fixture(scope="module")
def readings(ours: Sequence[Flavor]) -> Mapping[str, Sequence[Reading]]:
    return {flavor.id: readings_of(flavor) for flavor in ours}


@pytest.fixture(scope="module")
def files(readings: Mapping[str, Sequence[Reading]]) -> Sequence[str]:
    return sorted({reading.file for found in readings.values() for reading in found})


@pytest.fixture(scope="module")
def walked(ours: Sequence[Flavor], files: Sequence[str]) -> Mapping[str, FileRuns]:
    """What the scenarios run."""
    specs = ROOT / "specs"
    return measure(files, [load_scenario(file, ours, specs) for file in find_scenarios([specs])], ours)


def accounts(
    ours: Sequence[Flavor], readings: Mapping[str, Sequence[Reading]], runs: Mapping[str, FileRuns]
) -> dict[str, Account]:
    folder = sources_folder()
    listings = read_listings(folder) if folder is not None else None
    return {
        flavor.id: account(flavor, one, readings[flavor.id], runs, flaws(flavor.id, flavor.maps, readings[flavor.id], listings))
        for flavor in ours
        for one in flavor.maps
    }


def test_every_line_is_accounted_for_and_every_modelled_one_exercised_by_scenarios_or_a_test(
    ours: Sequence[Flavor],
    readings: Mapping[str, Sequence[Reading]],
    files: Sequence[str],
    walked: Mapping[str, FileRuns],
    tmp_path: Path,
) -> None:
    coverage = Coverage(data_file=str(tmp_path / "data"), branch=True, include=list(files), config_file=False)
    coverage.start()
    a_busy_lock()
    coverage.stop()
    coverage.save()
    found = accounts(ours, readings, merge(walked, load(tmp_path / "data", files)))
    assert found.keys() == {flavor.id for flavor in ours}
    for ident, one in found.items():
        assert [line.number for line in one.nowhere()] == [], ident
        assert [(line.number, line.ran) for line in one.idle()] == [], ident
        assert [(line.number, str(way)) for line, way in one.one_way()] == [], ident
        assert [str(flaw) for flaw in one.flaws] == [], ident


def test_the_scenarios_alone_exercise_all_but_what_needs_a_test(
    ours: Sequence[Flavor], readings: Mapping[str, Sequence[Reading]], walked: Mapping[str, FileRuns]
) -> None:
    found = accounts(ours, readings, walked)
    for ident, one in found.items():
        left = {line.number for line in one.idle()} | {line.number for line, _ in one.one_way()}
        assert left <= BY_A_TEST.get(ident, frozenset()), ident


def test_every_function_of_the_c_has_one_of_the_model(ours: Sequence[Flavor]) -> None:
    for flavor in ours:
        for one in flavor.maps:
            cited = {said.citation.function for reading in readings_of(flavor) for said in reading.cited}
            assert {function.name for function in one.functions} <= cited
