"""Every citation of the project names lines that are there, and code that stands on them."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import flavors
from oracle.registry import load_flavors
from oracle.sources.check import misdrawn, unfaithful, unsound
from oracle.sources.listing import ABSENT, Listing, read_listings, sources_folder
from oracle.sources.reading import Flaw, Reading, read

OURS = {"dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b", "netbsd@1.189"}


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    names = [module.name for module in pkgutil.walk_packages(flavors.__path__, "flavors.")]
    return [read(importlib.import_module(name)) for name in names]


def listings() -> dict[str, Listing]:
    folder = sources_folder()
    if folder is None:
        pytest.skip(ABSENT)
    return read_listings(folder)


def shown(flaws: list[Flaw]) -> str:
    return "\n".join(map(str, flaws))


def test_the_projects_citations_are_sound(readings: list[Reading]) -> None:
    assert shown(list(unsound(readings))) == ""


def test_the_projects_citations_are_what_the_listings_say(readings: list[Reading]) -> None:
    found = listings()
    sources = {flavor.id: flavor.sources for flavor in load_flavors().flavors if flavor.id in OURS}
    assert {flavor for flavor, listing in found.items() if "fork1" in listing.functions} == sources.keys()
    flaws = [flaw for ident in sources for one in sources[ident] for flaw in unfaithful(one, readings, found[ident])]
    assert shown(flaws) == ""


def test_the_projects_maps_are_drawn_from_the_listings() -> None:
    found = listings()
    maps = [(flavor.id, one) for flavor in load_flavors().flavors if flavor.id in OURS for one in flavor.maps]
    assert {ident for ident, _ in maps} == OURS
    assert shown([flaw for ident, one in maps for flaw in misdrawn(one, found[ident], f"{ident} {one.source.path}")]) == ""


def test_every_source_that_has_lines_is_cited(readings: list[Reading]) -> None:
    cited = {one.citation.source for reading in readings for one in reading.cited}
    ours = [flavor for flavor in load_flavors().flavors if flavor.id in OURS]
    assert cited >= {source for flavor in ours for source in flavor.sources}
    assert {source for source in cited if source.lines} == {one.source for flavor in ours for one in flavor.maps}
