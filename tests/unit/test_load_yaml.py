"""YAML to nodes with places: the dialect, the places, and the limits."""

from __future__ import annotations

import pytest

from oracle.errors import ScenarioError
from oracle.load import yamlpos
from oracle.load.yamlpos import MAX_ALIASES, MAX_DEPTH, MAX_FILE_BYTES, MAX_NODES, MAX_TEXT, Plain, decode, read


def flaw(text: str) -> tuple[int, int, str]:
    with pytest.raises(ScenarioError) as caught:
        read(text, "f")
    return caught.value.line, caught.value.column, caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: off", {"a": "off"}),
        ("a: yes", {"a": "yes"}),
        ("a: true", {"a": True}),
        ("a: ", {"a": None}),
        ("a: ~", {"a": None}),
        ("a: 'true'", {"a": "true"}),
        ("a: +7", {"a": 7}),
        ("a: -1", {"a": -1}),
        ("a: 0x1F", {"a": 31}),
        ("a: 18446744073709551615", {"a": (1 << 64) - 1}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2001-01-01", {"a": "2001-01-01"}),
        ("a: 1_000", {"a": "1_000"}),
        ('a: "022"', {"a": "022"}),
        ("{0: a, on: b}", {"0": "a", "on": "b"}),
        ("[x, {y: [z]}]", ["x", {"y": ["z"]}]),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: ü€𝄞", {"a": "ü€𝄞"}),
    ],
)
def test_a_document_reads_as_its_plain_value(text: str, value: Plain) -> None:
    assert read(text).value == value


def test_every_value_and_key_knows_its_line_and_column() -> None:
    root = read("# head\na:\n  - x\n  - {b: 1,\n     cé: 2}\n")
    assert (root.line, root.column) == (2, 1)
    inner = root.at(("a", 1))
    assert (inner.line, inner.column) == (4, 5)
    assert (inner.keys["cé"].line, inner.keys["cé"].column) == (5, 6)
    assert (inner.entries["cé"].line, inner.entries["cé"].column) == (5, 10)


def test_a_path_that_leads_nowhere_ends_at_the_last_node_on_its_way() -> None:
    root = read("a: [1]")
    assert root.at(("a", 7, "x")) is root.entries["a"]


def test_places_are_those_of_an_editor_after_a_byte_order_mark_and_windows_line_ends() -> None:
    assert flaw("\ufeffa: 1\r\nb: 022\r\n")[:2] == (2, 4)
    assert flaw("\ufeffa: \x01")[:2] == (1, 4)
    assert flaw("a: 1\r\nb: \x01")[:2] == (2, 4)


@pytest.mark.parametrize(
    ("text", "line", "column", "fragment"),
    [
        ("", 1, 1, "the file is empty"),
        ("# nothing\n", 1, 1, "the file is empty"),
        ("a: 022", 1, 4, 'write "022" in quotes for octal'),
        ("a: 0o17", 1, 4, "octal or decimal"),
        ("a: 1.5", 1, 4, "numbers in a scenario are whole"),
        ("a: .inf", 1, 4, "numbers in a scenario are whole"),
        ("a: 18446744073709551616", 1, 4, "64 bits"),
        ("a: -9223372036854775809", 1, 4, "64 bits"),
        ("a: " + "9" * 4000, 1, 4, "64 bits"),
        ("a: 1\nb: 2\na: 3", 3, 1, "'a' stands here twice; first on line 1"),
        ("{0: a, '0': b}", 1, 8, "'0' stands here twice"),
        ("<<: {a: 1}", 1, 1, "merge keys"),
        ("? [a]\n: b", 1, 3, "a list or mapping can't be a key"),
        ("true: b", 1, 1, "true can't be a key"),
        ("~: b", 1, 1, "an empty key can't be a key"),
        ("a: !!python/object/apply:os.system [x]", 1, 4, "tags are not used"),
        ("a: !mine x", 1, 4, "tag !mine"),
        ("a: !!str 5", 1, 4, "tags are not used"),
        ("--- a\n--- b", 2, 1, "a second YAML document"),
        ("a: *b", 1, 4, "nothing before it is marked &b"),
        ("&a [*a]", 1, 5, "alias *a stands inside what it stands for"),
        ("a: &a {b: {c: *a}}", 1, 15, "alias *a stands inside"),
        ("a:\n\t- b", 2, 1, "indent with spaces"),
        ("a: \x00", 1, 4, "control character '\\x00'"),
        ("a: x\x1b[31m", 1, 5, "control character '\\x1b'"),
        ("a: x\ry", 1, 5, "control character '\\r'"),
        ("a: x\u2028y", 1, 5, "control character '\\u2028'"),
        ("a: \ud800", 1, 4, "control character '\\ud800'"),
        ('a: "\\e[31m"', 1, 4, "a text with the control character '\\x1b'"),
        ('a: "\\0"', 1, 4, "a text with the control character '\\x00'"),
        ('a: "x\\r"', 1, 4, "a text with the control character '\\r'"),
        ('a: "\\uD800"', 1, 7, "this is not YAML"),
        ("a: [b", 2, 1, "this is not YAML"),
        ("a: b: c", 1, 5, "this is not YAML"),
        ("%YAML 3.0\n--- a", 1, 1, "this is not YAML"),
        ("a: @x", 1, 4, "this is not YAML"),
        ("a: " + "x" * (MAX_TEXT + 1), 1, 4, f"the longest allowed has {MAX_TEXT}"),
    ],
)
def test_a_flaw_is_reported_with_its_place(text: str, line: int, column: int, fragment: str) -> None:
    found = flaw(text)
    assert found[:2] == (line, column)
    assert fragment in found[2]


# --- limits ------------------------------------------------------------------------------------------------------------------


def test_nesting_is_allowed_up_to_the_limit_and_no_deeper() -> None:
    read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    line, column, message = flaw("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert (line, column) == (1, MAX_DEPTH + 1)
    assert f"more than {MAX_DEPTH} deep" in message


def test_very_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    assert "deep" in flaw("[" * (MAX_FILE_BYTES - 10))[2]
    assert "deep" in flaw("- " * 50_000)[2]
    assert "deep" in flaw("{a: " * 50_000)[2]


def test_an_alias_counts_as_deep_as_what_it_stands_for() -> None:
    half = MAX_DEPTH // 2
    text = "a: &x " + "[" * half + "]" * half + "\nb: " + "[" * half + "*x" + "]" * half
    assert flaw(text) == (2, 4 + half, f"with alias *x, lists and mappings are nested more than {MAX_DEPTH} deep")


def test_a_billion_laughs_is_refused_for_what_it_stands_for() -> None:
    rows = ["a0: &a0 lol"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    line, _, message = flaw("\n".join(rows))
    assert f"more than {MAX_NODES} values" in message
    assert line == 6


def test_the_number_of_values_is_limited() -> None:
    read("[" + "a," * (MAX_NODES - 1) + "]")
    assert f"more than {MAX_NODES} values" in flaw("[" + "a," * MAX_NODES + "]")[2]


def test_the_number_of_aliases_is_limited() -> None:
    read("- &a x\n" + "- *a\n" * MAX_ALIASES)
    assert flaw("- &a x\n" + "- *a\n" * (MAX_ALIASES + 1)) == (
        MAX_ALIASES + 2,
        3,
        f"more than {MAX_ALIASES} aliases in one file",
    )


def test_the_size_is_limited_in_bytes_of_a_file_and_in_characters_of_a_text() -> None:
    assert decode(b"#" * MAX_FILE_BYTES) == "#" * MAX_FILE_BYTES
    with pytest.raises(ScenarioError, match=f"larger than {MAX_FILE_BYTES} bytes"):
        decode(b"#" * (MAX_FILE_BYTES + 1), "f")
    assert "longer than" in flaw("#" * (MAX_FILE_BYTES + 1))[2]


def test_bytes_that_are_not_utf8_are_pointed_at() -> None:
    with pytest.raises(ScenarioError) as caught:
        decode("a: 1\nä: ".encode() + b"\xff", "f")
    assert (caught.value.line, caught.value.column) == (2, 4)
    assert "0xff is not UTF-8" in caught.value.message


def test_the_parser_without_c_gives_the_same_values_and_refuses_the_same_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.setattr(yamlpos, "_LOADER", yaml.SafeLoader)
    assert read("a: {b: [1, off], 0: &x x}\nc: *x").value == {"a": {"b": [1, "off"], "0": "x"}, "c": "x"}
    for text in ("", "a: 022", "a: [b", "&a [*a]", 'a: "\\U00110000"', "[" * 5000, "a: !t x"):
        flaw(text)
