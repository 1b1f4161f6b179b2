from __future__ import annotations

from pathlib import Path

import pytest

from oracle.cite import CFunction
from oracle.errors import UsageError
from oracle.sources.listing import Extent, Listing, read_listings
from tests.unit.sources.planted import LISTING


def test_comments_and_what_the_browser_wrote_are_no_code() -> None:
    assert [number for number, code in enumerate(LISTING.code) if code][:8] == [2, 3, 4, 5, 6, 10, 11, 13]
    assert not LISTING.code[27]


def test_a_function_stands_from_its_type_to_its_last_brace() -> None:
    assert LISTING.functions == {"fork1": Extent(2, 3, 5, 24)}


def test_lines_of_code_hold_more_than_braces_labels_and_orders_to_the_preprocessor() -> None:
    assert LISTING.c_function("fork1").code == "6, 10-11, 14, 16-18, 20, 23"


def test_what_decides_is_told_by_its_tokens_and_not_by_texts() -> None:
    assert LISTING.c_function("fork1") == CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20, 23", "10, 16-17")


def test_do_while_decides_where_its_while_stands() -> None:
    found = Listing("1 int\n2 f(int a)\n3 {\n4 \tdo {\n5 \t\ta++;\n6 \t} while (a);\n7 }\n").c_function("f")
    assert (found.code, found.decides) == ("5-6", "6")


def test_names_are_those_of_the_code() -> None:
    assert LISTING.identifiers(10, 14) == {"if", "a", "return", "grant_wish", "printf"}
    assert LISTING.identifiers(28, 40) == {"int", "twice", "a", "return"}


def test_listings_are_read_by_flavor(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("| file | system | flavor |\n| --- | --- | --- |\n| `a.txt` | X | `x@1` |\n")
    (tmp_path / "a.txt").write_text("1 int x;\n")
    assert read_listings(tmp_path)["x@1"].lines == ["", "int x;"]


def test_a_folder_without_listings_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"can't read the listings .* see CONTRIBUTING\.md"):
        read_listings(tmp_path)
    (tmp_path / "README.md").write_text("nothing\n")
    with pytest.raises(UsageError, match="has no table of listings"):
        read_listings(tmp_path)
    (tmp_path / "README.md").write_text("| `gone.txt` | X | `x@1` |\n")
    with pytest.raises(UsageError, match=r"gone\.txt"):
        read_listings(tmp_path)
