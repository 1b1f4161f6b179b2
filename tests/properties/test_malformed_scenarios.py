"""No file, however broken, makes the reader raise anything but ScenarioError, or takes long."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.errors import ScenarioError
from tests.properties.fuzz_scenarios import SMALL, TOO_LONG, WHOLE, fuzz, mutant, read
from tests.unit.load_helpers import FLAVORS, HEAD

COUNT = 2_000


def test_the_texts_that_are_damaged_are_good_ones() -> None:
    for text in (WHOLE, SMALL):
        read(text.encode(), FLAVORS)


def test_damaged_files_are_scenarios_or_scenario_errors() -> None:
    tally = fuzz(COUNT)
    assert tally.good + tally.refused == COUNT
    assert tally.good > COUNT // 50
    assert tally.refused > COUNT // 2
    assert tally.placed > tally.refused * 0.99  # a file that is too large has no place to point at
    assert tally.messages > 200
    assert tally.slowest < TOO_LONG


def test_the_same_number_is_the_same_text() -> None:
    assert [mutant(1, number) for number in range(50)] == [mutant(1, number) for number in range(50)]
    assert mutant(1, 7) != mutant(2, 7)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_scenario_or_a_scenario_error(data: bytes) -> None:
    for text in (data, HEAD.encode() + b"steps: " + data, WHOLE.encode() + data):
        try:
            read(text, FLAVORS)
        except ScenarioError as error:
            found: str | None = error.message
        else:
            found = None
        assert found != ""
