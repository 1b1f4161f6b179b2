from __future__ import annotations

import sys
from pathlib import Path

import pytest

from oracle.cite import Source
from oracle.sources.reading import Reading, modules_citing
from tests.unit.sources.planted import installed, reading

FUNCTION = "@models(KERN_FORK, 3, 24)\ndef fork1(a, list_of_b):\n"


def behind(folder: Path, body: str) -> list[tuple[int, str, bool]]:
    """First line of C, statement, and whether it decides, of every mark of a function with this body."""
    read: Reading = reading(folder, FUNCTION + body)
    assert read.flaws == ()
    return [(one.mark.first, one.statement.text, one.statement.decides) for one in read.marks if one.statement is not None]


def test_a_mark_belongs_to_the_statement_on_its_line(tmp_path: Path) -> None:
    assert behind(tmp_path, "    a = 1  # [10]\n    return a  # [11]\n") == [(10, "a = 1", False), (11, "return a", False)]


def test_a_mark_on_its_own_line_belongs_to_the_next_statement(tmp_path: Path) -> None:
    assert behind(tmp_path, "    a = 1\n    # [10] words\n    return a\n") == [(10, "return a", False)]


def test_a_mark_after_the_last_statement_belongs_to_that(tmp_path: Path) -> None:
    assert behind(tmp_path, "    if a:\n        a = 1\n        # [10] words\n    return a\n") == [(10, "a = 1", False)]
    assert behind(tmp_path, "    return a\n    # [10] words\n") == [(10, "return a", False)]


def test_a_mark_inside_a_long_statement_belongs_to_it(tmp_path: Path) -> None:
    assert behind(tmp_path, "    return fork1(\n        # [10]\n        a,  # [11]\n    )\n") == [
        (10, "return fork1(a)", False),
        (11, "return fork1(a)", False),
    ]


def test_a_mark_on_a_condition_belongs_to_the_decision_and_not_to_its_block(tmp_path: Path) -> None:
    body = (
        "    if (\n        a  # [10]\n    ):\n        # [11] words\n        a = 2\n"
        "    elif a > 1:  # [16]\n        a = 3\n    else:  # [17]\n        a = 4\n"
    )
    assert behind(tmp_path, body) == [(10, "if a", True), (11, "a = 2", False), (16, "if a > 1", True), (17, "a = 4", False)]


def test_loops_decide_and_tries_do_not(tmp_path: Path) -> None:
    body = (
        "    while a:  # [10]\n        a -= 1\n    for b in list_of_b:  # [11]\n        a = b\n"
        "    try:  # [16]\n        a = 1\n    finally:  # [17]\n        a = 2\n"
    )
    assert behind(tmp_path, body) == [
        (10, "while a", True), (11, "for b in list_of_b", True), (16, "try", False), (17, "a = 2", False),
    ]  # fmt: skip


def test_the_innermost_function_with_models_is_the_one_that_a_mark_is_under(tmp_path: Path) -> None:
    text = (
        FUNCTION
        + "    return 0  # [10]\n\n\n@models(KERN_FORK, 10, 11, 'fork1')\ndef _part():\n    return 1  # [11]\n    # [10]\n"
    )
    names = [one.under.name if one.under else None for one in reading(tmp_path, text).marks]
    assert names == ["fork1", "_part", "_part"]


def test_methods_and_wrapped_functions_are_read(tmp_path: Path) -> None:
    text = (
        "from functools import wraps\n"
        "def twice(fn):\n    @wraps(fn)\n    def run():\n        return fn() + fn()\n    return run\n"
        "@twice\n@models(KERN_FORK, 3, 24)\ndef fork1():\n    return 1  # [10]\n"
        "class Calls:\n    @models(KERN_EXIT)\n    def exit1(self):\n        return 0\n"
        "    @staticmethod\n    @models(KERN_FORK, 28, 29)\n    def twice():\n        return 0  # [29]\n"
    )
    found = reading(tmp_path, text)
    assert [(one.name, one.citation.function) for one in found.cited] == [
        ("fork1", "fork1"), ("exit1", "exit1"), ("twice", "twice"),
    ]  # fmt: skip
    assert all(one.under is not None for one in found.marks)


def test_what_is_imported_is_read_where_it_was_written(tmp_path: Path) -> None:
    assert reading(tmp_path, "from flavors.netbsd.kern_fork import fork1\n").cited == ()


def test_the_modules_of_a_source_are_found_among_those_that_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = installed(tmp_path, FUNCTION + "    return 0  # [10]\n", "planted_kern_fork")
    try:
        assert modules_citing([Source("TestBSD", "kern_fork.c", "1.1", 29)]) == [module]
        assert modules_citing([Source("TestBSD", "kern_fork.c", "1.2", 29)]) == []
    finally:
        del sys.modules["planted_kern_fork"]


def test_a_module_without_its_text_says_nothing(tmp_path: Path) -> None:
    module = installed(tmp_path, FUNCTION + "    return 0  # [10]\n", "planted_gone")
    del sys.modules["planted_gone"]
    assert module.__file__ is not None
    Path(module.__file__).unlink()
    from oracle.sources.reading import read

    assert read(module).marks == ()
