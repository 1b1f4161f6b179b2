"""Our registers have no holes: what has a number is shown by a scenario or listed as not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.load import find_not_shown, find_scenarios, load_not_shown, load_scenario
from oracle.registry import load_flavors

SPECS = Path(__file__).parents[2] / "specs"
KNOWN = [("netbsd", "Q", 28), ("netbsd", "M", 14)]  # register, kind of entry, how many there are


@pytest.fixture(scope="module")
def entries() -> set[str]:
    """All entries that are shown or listed."""
    flavors = load_flavors().flavors
    scenarios = [load_scenario(path, flavors, SPECS) for path in find_scenarios([SPECS / "defects"])]
    listed = [one.id for path in find_not_shown([SPECS]) for one in load_not_shown(path, flavors)]
    return {*listed, *(scenario.defect.id for scenario in scenarios if scenario.defect is not None)}


@pytest.mark.parametrize(("system", "kind", "count"), KNOWN)
def test_every_entry_is_shown_or_listed(system: str, kind: str, count: int, entries: set[str]) -> None:
    assert {f"{system}/{kind}{number}" for number in range(1, count + 1)} - entries == set()
    assert f"{system}/{kind}{count + 1}" not in entries
