from __future__ import annotations

import re
from pathlib import Path

import pytest

from oracle.cite import CFunction, Source, SourceMap
from oracle.sources.check import misdrawn, unfaithful, unsound
from tests.unit.sources.planted import LISTING, reading

KERN_FORK = Source("TestBSD", "kern_fork.c", "1.1", 29)
FORK1 = CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20, 23", "10, 16-17")


def complaints(folder: Path, text: str) -> list[str]:
    return [flaw.message for flaw in unsound([reading(folder, text)])]


def disproved(folder: Path, text: str) -> list[str]:
    assert complaints(folder, text) == []
    return [flaw.message for flaw in unfaithful(KERN_FORK, [reading(folder, text)], LISTING)]


def drawn(*functions: CFunction) -> list[str]:
    return [flaw.message for flaw in misdrawn(SourceMap(KERN_FORK, functions), LISTING, "x@1 kern_fork.c")]


def test_a_sound_citation_is_left_alone(tmp_path: Path) -> None:
    text = "@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0  # [10-11, 14] words\n    # [16] sic: more words\n"
    assert complaints(tmp_path, text) == []
    assert disproved(tmp_path, text) == []


def test_a_mark_outside_every_function_is_found(tmp_path: Path) -> None:
    assert "stands in no function" in complaints(tmp_path, "X = 1  # [3-4] words\n")[0]


def test_a_mark_in_a_function_without_models_is_found(tmp_path: Path) -> None:
    assert "stands in no function" in complaints(tmp_path, "def fork1():\n    return 0  # [3] words\n")[0]


def test_a_mark_after_the_function_is_not_inside_it(tmp_path: Path) -> None:
    text = "@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0\n# [10] words\n"
    assert "stands in no function" in complaints(tmp_path, text)[0]


def test_a_mark_outside_the_lines_of_its_function_is_found(tmp_path: Path) -> None:
    text = "@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0  # [26] words\n"
    assert "is not within fork1" in complaints(tmp_path, text)[0]


def test_a_mark_in_a_source_cited_by_function_is_found(tmp_path: Path) -> None:
    assert "names no lines" in complaints(tmp_path, "@models(KERN_EXIT)\ndef exit1():\n    return 0  # [3] words\n")[0]


def test_lines_beyond_the_source_are_found(tmp_path: Path) -> None:
    assert "has 29 lines" in complaints(tmp_path, "@models(KERN_FORK, 3, 30)\ndef fork1():\n    return 0\n")[0]
    assert "has 0 lines" in complaints(tmp_path, "@models(KERN_EXIT, 3, 7)\ndef exit1():\n    return 0\n")[0]


def test_lines_in_the_wrong_order_are_found(tmp_path: Path) -> None:
    assert "from first to last" in complaints(tmp_path, "@models(KERN_FORK, 13, 3)\ndef fork1():\n    return 0\n")[0]


def test_what_is_nearly_a_mark_is_found(tmp_path: Path) -> None:
    text = "@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0  # see [9 - 10]\n"
    assert "nearly a mark" in complaints(tmp_path, text)[0]


def test_a_mark_in_a_text_is_no_mark(tmp_path: Path) -> None:
    assert complaints(tmp_path, "X = 'a # [3-4] text'\n") == []


def test_only_a_decision_can_always_go_one_way(tmp_path: Path) -> None:
    text = "@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0  # [23] always: it has to\n"
    assert "stands on no decision" in complaints(tmp_path, text)[0]


@pytest.mark.parametrize("lines", ["2, 24", "3, 24", "10, 11", "6, 12"])
def test_a_function_or_a_part_of_it_may_be_cited(tmp_path: Path, lines: str) -> None:
    assert disproved(tmp_path, f"@models(KERN_FORK, {lines})\ndef fork1():\n    return 0\n") == []


@pytest.mark.parametrize("lines", ["1, 24", "4, 24", "3, 23", "3, 25", "9, 26"])
def test_lines_that_are_not_the_functions_are_found(tmp_path: Path, lines: str) -> None:
    assert "stands on lines 3-24" in disproved(tmp_path, f"@models(KERN_FORK, {lines})\ndef fork1():\n    return 0\n")[0]


def test_a_function_that_is_not_there_is_found(tmp_path: Path) -> None:
    assert "no function fork2" in disproved(tmp_path, "@models(KERN_FORK, 3, 24)\ndef fork2():\n    return 0\n")[0]


def test_a_wrong_number_of_lines_is_found(tmp_path: Path) -> None:
    read = reading(tmp_path, "S = Source('TestBSD', 'kern_fork.c', '1.1', 28)\n@models(S, 3, 24)\ndef fork1(): ...\n")
    (flaw,) = unfaithful(Source("TestBSD", "kern_fork.c", "1.1", 28), [read], LISTING)
    assert "has 29 lines, not 28" in flaw.message


@pytest.mark.parametrize("mark", ["12", "7-9", "10-12", "7-10"])
def test_a_mark_that_starts_or_ends_on_no_code_is_found(tmp_path: Path, mark: str) -> None:
    text = f"@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 0  # [{mark}] words\n"
    assert "holds no code" in disproved(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("p.p_sigacts = None  # [11]", "p_sigacts"),
        ("Grant_Wish(1)  # [10]", "Grant_Wish"),
        ("x = 1  # [23] TAILQ_FOREACH ends", "TAILQ_FOREACH"),
        ("x = 1  # [23] `list` ends", "list"),
    ],
)
def test_a_mark_whose_names_all_stand_elsewhere_in_the_function_is_found(tmp_path: Path, statement: str, named: str) -> None:
    found = disproved(tmp_path, f"@models(KERN_FORK, 3, 24)\ndef fork1(p):\n    {statement}\n")
    assert [f"of {named} none stands there" in message for message in found] == [True]


@pytest.mark.parametrize(
    "statement",
    [
        "p.p_sigacts = None  # [11] by way of `grant_wish`",  # one of the names stands there
        "p.p_sigacts = grant_wish(p)  # [11]",
        "p.own_thing = 'p_sigacts'  # [11] a text is no name, and own_thing is none of the C",
        "return 0  # [23] neither has names",
        "list_of(p)  # [10] its list is nothing that the words name as code",
    ],
)
def test_a_mark_that_names_what_stands_there_or_nothing_of_the_c_is_left_alone(tmp_path: Path, statement: str) -> None:
    assert disproved(tmp_path, f"@models(KERN_FORK, 3, 24)\ndef fork1(p):\n    {statement}\n") == []


def test_a_map_like_its_listing_is_left_alone() -> None:
    assert drawn(FORK1) == []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (CFunction("fork1", 3, 23, FORK1.code, FORK1.decides), "stands on lines 3-24"),
        (CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20", FORK1.decides), "code .* wrong about 23"),
        (CFunction("fork1", 3, 24, FORK1.code, "10-11, 16-17"), "decides .* wrong about 11"),
    ],
)
def test_a_map_that_differs_from_its_listing_is_found(function: CFunction, message: str) -> None:
    (found,) = drawn(function)
    assert re.search(message, found)


def test_a_function_that_one_of_map_and_listing_lacks_is_found() -> None:
    assert "the map has no function fork1" in drawn()[0]
    assert drawn(FORK1, CFunction("fork9", 26, 27, "26")) == ["the map has a function fork9, the listing has none"]
