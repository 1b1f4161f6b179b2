"""The help: its examples run as they are printed, and it is as wide as the terminal."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import import_module
from itertools import groupby

import pytest

from oracle.cli import COMMANDS, main
from oracle.cli.help_text import laid_out
from oracle.cli.parser import build_parser
from oracle.fuzz.store import LAG

HELPS = ([], *([name] for name in COMMANDS))
WIDTHS = (40, 80, 100)


def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([*command, "--help"]) == 0
    return capsys.readouterr().out


def examples(text: str) -> list[list[str]]:
    """The commands below "examples:" as a shell reads them, without comments; pipes are taken apart."""
    listed = re.split(r"^examples?:\n", text, flags=re.MULTILINE)[1].partition("\n\n")[0].replace("\\\n", "")
    found = []
    for line in listed.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|")
        lexer.whitespace_split = True
        found += [list(words) for pipe, words in groupby(lexer, lambda word: word == "|") if not pipe]
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", HELPS, ids=str)
def test_each_example_is_a_command_line_as_it_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], width: int
) -> None:
    lines = examples(shown(monkeypatch, capsys, command, width))
    ours = [words for program, *words in lines if program == "fork-oracle"]
    assert ours
    assert {program for program, *_ in lines} <= {"fork-oracle", "python", "grep"}
    for words in ours:
        paths = map(str, getattr(build_parser().parse_args(words), "paths", []))
        assert [path for path in paths if not path.startswith("specs")] == []  # an explanation is no list of paths


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", HELPS, ids=str)
def test_help_is_no_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], width: int
) -> None:
    text = shown(monkeypatch, capsys, command, width)
    if width >= 80:
        assert [line for line in text.splitlines() if len(line) > width] == []
    prose = [line for line in text.partition("\n\n")[2].splitlines() if line[:1].strip()]
    assert max(map(len, prose)) <= width


def test_on_a_wide_terminal_the_help_stays_readable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(monkeypatch, capsys, ["run"], 300) == shown(monkeypatch, capsys, ["run"], 100)


@pytest.mark.parametrize("columns", ["0", "", "-5", "x", "9" * 30])
def test_columns_that_are_no_width_do_no_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["run", "--help"]) == 0
    assert "exit codes:" in capsys.readouterr().out


def test_every_subcommand_has_a_function() -> None:
    (commands,) = [one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    assert set(commands.choices) == set(COMMANDS)
    for module, name in COMMANDS.values():
        assert callable(getattr(import_module(f"oracle.cli.{module}"), name))


def test_paragraphs_are_wrapped_entries_hang_and_pictures_stay() -> None:
    text = "a b c d e f\ng h\n\n  name  one two three\n        four\n  other  five\n\n    a   picture   as   it  is\n"
    hanging = "  name  one\n        two\n        three\n        four\n  other  five"
    assert laid_out(text, 14) == f"a b c d e f g\nh\n\n{hanging}\n\n    a   picture   as   it  is"


def test_examples_have_what_they_are_for_beside_them_or_above() -> None:
    text = 'examples:\n  fork-oracle one  # short\n  fork-oracle three --four "five six"\n'
    assert laid_out(text, 60) == 'examples:\n  fork-oracle one  # short\n  fork-oracle three --four "five six"'
    wrapped = '  fork-oracle three \\\n      --four \\\n      "five six"'
    assert laid_out(text, 21) == f"examples:\n  # short\n  fork-oracle one\n{wrapped}"


def test_fuzz_takes_no_more_workers_than_there_can_be_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fuzz", "--flavor", "netbsd", "--workers"]
    assert build_parser().parse_args([*words, str(LAG)]).workers == LAG
    assert main([*words, str(LAG + 1)]) == 2
    assert f"'{LAG + 1}' is no whole number from 1 to {LAG}" in capsys.readouterr().err
