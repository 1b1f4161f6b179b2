"""Of the C that our flavors model line by line, nothing is unaccounted for, and all that is modelled is exercised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from oracle.flavor import Flavor
from oracle.load import find_scenarios, load_scenario
from oracle.registry import load_flavors
from oracle.sources.account import Account, account, readings_of
from oracle.sources.check import flaws
from oracle.sources.exercise import FileRuns, measure
from oracle.sources.listing import read_listings, sources_folder
from oracle.sources.reading import Reading
from tests.lint.tree import ROOT


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


def test_every_line_is_accounted_for_and_every_modelled_one_exercised_by_scenarios(
    ours: Sequence[Flavor], readings: Mapping[str, Sequence[Reading]], walked: Mapping[str, FileRuns]
) -> None:
    found = accounts(ours, readings, walked)
    assert found.keys() == {flavor.id for flavor in ours}
    for ident, one in found.items():
        assert [line.number for line in one.nowhere()] == [], ident
        assert [(line.number, line.ran) for line in one.idle()] == [], ident
        assert [(line.number, str(way)) for line, way in one.one_way()] == [], ident
        assert [str(flaw) for flaw in one.flaws] == [], ident


def test_every_function_of_the_c_has_one_of_the_model(ours: Sequence[Flavor]) -> None:
    for flavor in ours:
        for one in flavor.maps:
            cited = {said.citation.function for reading in readings_of(flavor) for said in reading.cited}
            assert {function.name for function in one.functions} <= cited
