"""Every citation names lines that are there, and code that stands on them."""

from __future__ import annotations

import pytest

from tests.lint.citations import flavor_of, read, unfaithful, unsound
from tests.lint.listing import ABSENT, Listing, read_listings, sources_folder
from tests.lint.tree import Complaint, Modules

CHECKED = ("flavors",)
FLAVORS = {"dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b", "netbsd@1.189"}
HEADER = """\
from oracle.cite import Source, models
KERN_FORK = Source("TestBSD", "kern_fork.c", "1.1", 16)
KERN_EXIT = Source("TestBSD", "kern_exit.c", "1.1")
"""
LISTING = Listing(
    "from a source browser\n"
    "1 /* a header */\n"
    "2 int\n"
    "3 fork1(int a,\n"
    "4     int b)\n"
    "5 {\n"
    "6 \t/*\n"
    "7 \t * why\n"
    "8 \t */\n"
    "9 \tif (a)\t/* why */\n"
    "10 \t\treturn 1;\n"
    "11 \n"
    "12 \treturn 0;\n"
    "13 }\n"
    "14\n"
    "15\xa0static int x = 1; /* two\n"
    "16 lines */\n"
)


def planted(text: str) -> Modules:
    return Modules.planted({"flavors.testbsd": HEADER + text})


def complaints(text: str) -> list[str]:
    return [complaint.message for complaint in unsound(planted(text), CHECKED)]


def disproved(text: str) -> list[str]:
    assert complaints(text) == []
    return [complaint.message for complaint in unfaithful(planted(text), CHECKED, {"testbsd@1.1": LISTING})]


def test_a_sound_citation_is_left_alone() -> None:
    text = "@models(KERN_FORK, 3, 13)\ndef fork1():\n    return 0  # [9-10, 12] words\n    # [10] sic: more words\n"
    assert complaints(text) == []
    assert disproved(text) == []


def test_a_mark_outside_every_function_is_found() -> None:
    assert "stands in no function" in complaints("X = 1  # [3-4] words\n")[0]


def test_a_mark_in_a_function_without_models_is_found() -> None:
    assert "stands in no function" in complaints("def fork1():\n    return 0  # [3] words\n")[0]


def test_a_mark_after_the_function_is_not_inside_it() -> None:
    assert "stands in no function" in complaints("@models(KERN_FORK, 3, 13)\ndef fork1():\n    return 0\n# [9] words\n")[0]


def test_a_mark_outside_the_lines_of_its_function_is_found() -> None:
    assert "is not within fork1" in complaints("@models(KERN_FORK, 3, 13)\ndef fork1():\n    return 0  # [15] words\n")[0]


def test_a_mark_in_a_source_cited_by_function_is_found() -> None:
    assert "names no lines" in complaints("@models(KERN_EXIT)\ndef exit1():\n    return 0  # [3] words\n")[0]


def test_lines_beyond_the_source_are_found() -> None:
    assert "has 16 lines" in complaints("@models(KERN_FORK, 3, 17)\ndef fork1():\n    return 0\n")[0]
    assert "has 0 lines" in complaints("@models(KERN_EXIT, 3, 7)\ndef exit1():\n    return 0\n")[0]


def test_lines_in_the_wrong_order_are_found() -> None:
    assert "from first to last" in complaints("@models(KERN_FORK, 13, 3)\ndef fork1():\n    return 0\n")[0]


def test_a_source_that_is_no_literal_is_found() -> None:
    assert "module-level Source" in complaints("@models(make_source(), 3, 4)\ndef fork1():\n    return 0\n")[0]


def test_what_is_nearly_a_mark_is_found() -> None:
    assert "nearly a mark" in complaints("@models(KERN_FORK, 3, 13)\ndef fork1():\n    return 0  # see [9 - 10]\n")[0]


def test_a_mark_in_a_text_is_no_mark() -> None:
    assert complaints("X = 'a # [3-4] text'\n") == []


@pytest.mark.parametrize("lines", ["2, 13", "3, 13", "9, 10", "6, 12"])
def test_a_function_or_a_part_of_it_may_be_cited(lines: str) -> None:
    assert disproved(f"@models(KERN_FORK, {lines})\ndef fork1():\n    return 0\n") == []


@pytest.mark.parametrize("lines", ["1, 13", "4, 13", "3, 12", "3, 14", "9, 15"])
def test_lines_that_are_not_the_functions_are_found(lines: str) -> None:
    assert "stands on lines 3-13" in disproved(f"@models(KERN_FORK, {lines})\ndef fork1():\n    return 0\n")[0]


def test_a_function_that_is_not_there_is_found() -> None:
    assert "no function fork2" in disproved("@models(KERN_FORK, 3, 13)\ndef fork2():\n    return 0\n")[0]


def test_a_wrong_number_of_lines_is_found() -> None:
    modules = Modules.planted({"flavors.testbsd": HEADER.replace("16", "15") + "@models(KERN_FORK, 3, 13)\ndef fork1(): ...\n"})
    assert "has 16 lines, not 15" in unfaithful(modules, CHECKED, {"testbsd@1.1": LISTING})[0].message


@pytest.mark.parametrize("mark", ["11", "7-9", "9-11", "6-8"])
def test_a_mark_that_starts_or_ends_on_no_code_is_found(mark: str) -> None:
    assert "holds no code" in disproved(f"@models(KERN_FORK, 3, 13)\ndef fork1():\n    return 0  # [{mark}] words\n")[0]


def test_a_listing_is_read_with_its_comments_and_functions() -> None:
    assert [number for number, code in enumerate(LISTING.code) if code] == [2, 3, 4, 5, 9, 10, 12, 13, 15]
    assert list(LISTING.functions) == ["fork1"]


def test_the_projects_citations_are_sound() -> None:
    assert shown(unsound(Modules.of_project("flavors"), CHECKED)) == ""


def test_the_projects_citations_are_what_the_listings_say() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip(ABSENT)
    assert shown(unfaithful(Modules.of_project("flavors"), CHECKED, read_listings(folder))) == ""


def test_every_listing_has_its_functions() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip(ABSENT)
    for flavor, listing in read_listings(folder).items():
        assert {"fork1", "sys_fork", "sys_vfork"} <= set(listing.functions), flavor


def test_every_flavors_own_source_is_cited() -> None:
    cited, _, _ = read(Modules.of_project("flavors"), CHECKED)
    assert {flavor_of(one.source) for one in cited if one.source.lines} >= FLAVORS


def shown(found: list[Complaint]) -> str:
    return "\n".join(map(str, found))
