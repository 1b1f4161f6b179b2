"""JSON with places: what is read is what json reads, and a flaw is named with its line and column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.errors import ScenarioError
from oracle.load.jsonpos import MAX_FILE_BYTES, MAX_NODES, read
from oracle.load.observed import load_observations

TEXTS = st.text(st.characters(categories=["L", "N", "P"]) | st.sampled_from(' "\\/\n'), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_what_is_read_is_what_json_reads(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value == value


def test_every_value_knows_its_place() -> None:
    root = read('{\n  "a": [1,\n\t"two"], "b": {"c": null}}')
    assert (root.line, root.column) == (1, 1)
    assert (root.keys["a"].line, root.keys["a"].column) == (2, 3)
    two = root.entries["a"].items[1]
    assert (two.line, two.column, two.value) == (3, 2, "two")
    assert (root.at(("b", "c")).line, root.at(("b", "c")).column) == (3, 21)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "the file is empty"),
        (" \n ", "2:2", "the file is empty"),
        ('{"a": 1', "1:8", "the file ends before the } for line 1, column 1"),
        ('{\n"a": 1\n"b": 2}', "3:1", ", or } is expected here, not '\"'"),
        ('{"a": 1,}', "1:9", "no comma before }"),
        ("[1, 2, ]", "1:8", "no comma before ]"),
        ('{"a" 1}', "1:6", ": is expected here, after the key 'a'"),
        ("{a: 1}", "1:2", "a key in double quotes"),
        ("{'a': 1}", "1:2", "a key in double quotes"),
        ('{"a": True}', "1:7", "'True' is no JSON; write a text in double quotes, or true, false or null"),
        ('{"a": 1,\n "a": 2}', "2:2", "key 'a' stands here twice; first on line 1"),
        ("[1.5]", "1:2", "1.5: numbers here are whole"),
        ("[1e3]", "1:2", "1e3: numbers here are whole"),
        ("[022]", "1:2", "022: numbers here are whole, and have no leading zero"),
        ("[NaN]", "1:2", "'NaN' is no JSON"),
        ("[99999999999999999999]", "1:2", "does not fit into 64 bits"),
        ("[-]", "1:2", "a value is expected here"),
        ('["a', "1:2", "unterminated string"),
        ('["a\nb"]', "1:4", "invalid control character"),
        ('["\\x"]', "1:3", "invalid \\escape"),
        ('["\\u001b[2J"]', "1:2", "control character '\\x1b'"),
        ('["\\ud800"]', "1:2", "control character '\\ud800'"),
        ("[] []", "1:4", "more text after the end"),
        ("[" * 30 + "]" * 30, "1:21", "nested more than 20 deep"),
        ('["' + "x" * 5000 + '"]', "1:2", "a text of 5000 characters"),
        ("[" + "1," * MAX_NODES + "1]", f"1:{2 * MAX_NODES}", f"more than {MAX_NODES} values"),
    ],
)
def test_a_flaw_is_named_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text, "facts.json")
    assert str(caught.value).lower().startswith(f"facts.json:{place}: ")
    assert words.lower() in str(caught.value).lower()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_bytes(b" " * (MAX_FILE_BYTES + 1))
    with pytest.raises(ScenarioError, match="larger than 4194304 bytes"):
        load_observations(tmp_path / "facts.json", (), None)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_bytes(b"[\n\xff]")
    with pytest.raises(ScenarioError, match=r"facts.json:2:1: byte 0xff is not UTF-8"):
        load_observations(tmp_path / "facts.json", (), None)
