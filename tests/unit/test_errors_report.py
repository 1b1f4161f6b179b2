"""`fork-oracle errors`: its tables, Markdown, JSON, exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import main
from oracle.conditions import Condition, Trial
from oracle.flavor import Flavor
from oracle.precedence.table import tables
from oracle.registry import Registry
from oracle.report import errors_json, errors_markdown, errors_table
from oracle.report.look import Look
from tests.unit.test_precedence import BARE, POOR, RESTART, SHAPE, XY, toil
from tests.unit.toys import ENDLESS, TINY

ONE = toil(SHAPE, POOR, RESTART, Condition("nothing"))
TWO = replace(toil(SHAPE, Condition("late", {"number": 1})), id="toil@2")
CRASHES = toil(Condition("crash", {"crash": True}))


def text(*flavors: Flavor, width: int = 120, **how: bool) -> str:
    return errors_table.render(tables(flavors, ["toil"]), Look(width), **how)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Runs the command with some flavors installed: its exit code, output and words."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(flavors: tuple[Flavor, ...], *argv: str) -> tuple[int, str, str]:
        monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry(flavors))
        code = main(["errors", *argv])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_table_has_conditions_down_and_flavors_across() -> None:
    lines = text(ONE, TWO).splitlines()
    assert lines[0] == "toil"
    assert lines[1].split() == ["condition", "toil@1", "toil@2"]
    assert [line.rstrip() for line in lines[3:8]] == [
        "restart      1 ERESTART → 0",
        "shape        2 EINVAL          1 EINVAL",
        "late                           2 EPERM",
        "poor         3 EAGAIN 50 ms *",
        "nothing      -",
    ]


def test_flavors_that_say_the_same_share_a_column() -> None:
    twin = replace(ONE, id="twin@1")
    assert [line.split() for line in text(ONE, twin).splitlines()[1:3]] == [["condition", "toil@1"], ["twin@1"]]


def test_a_flavor_without_the_call_has_no_column() -> None:
    assert "tinyos" not in text(TINY, ONE)


def test_the_summary_counts_errors_and_pairs() -> None:
    assert text(ONE).endswith("\n1 call, 3 errors, 3 pairs: an order for every call\n")
    assert text(toil(POOR, BARE)).endswith("\n1 call, 2 errors, 1 pair: 1 of 1 call by flavor without an order\n")


def test_what_keeps_a_call_from_having_an_order_stands_below_its_table() -> None:
    assert "\n  toil@1 has no order: poor and bare: another error than either\n" in text(toil(POOR, BARE))


def test_a_call_that_fails_anyway_says_with_what() -> None:
    shown = text(toil(SHAPE, Condition("nothing"), fair=Condition("", {"number": 4})))
    assert "nothing      EPERM anyway\n" in shown
    assert "\n  toil@1 fails in any case: EPERM, number 4\n" in shown


def test_reasons_are_the_kernels_own_words_with_what_is_cited() -> None:
    shown = errors_table.render(tables([TINY], ["fork"]), Look(), why=True)
    assert "  tinyos@1 1 EAGAIN: every process slot is taken\n    nprocs >= maxproc (kern.c 1, fork1)\n" in shown


def test_pairs_are_fields_with_the_number_of_the_winner() -> None:
    shown = text(toil(SHAPE, POOR, XY, Condition("no X", {"number": 1}, flags={"flags": "-X"})), pairs=True)
    rows = [line.split() for line in shown.splitlines()]
    assert ["1", "X", "with", "Y", "=", "1", "1", "."] in rows
    assert ["4", "no", "X", ".", "2", "3", "="] in rows


def test_long_conditions_are_wrapped_to_the_terminal() -> None:
    long = toil(replace(SHAPE, name="a condition that takes many words to say, and then some more"), POOR)
    assert max(map(len, text(long, width=60).splitlines())) <= 60


def test_control_characters_of_a_plugin_are_shown_not_sent() -> None:
    assert "\x1b" not in text(toil(replace(SHAPE, name="bell \x1b[31m")), why=True, pairs=True)


def test_markdown_has_a_column_for_each_flavor_and_escapes_what_is_markup() -> None:
    made = errors_markdown.render(tables([ONE, TWO, replace(TWO, id="toil@3")], ["toil"]), pairs=True)
    assert "| condition | `toil@1` | `toil@2` | `toil@3` |\n" in made
    assert "| poor | 3 EAGAIN 50 ms \\* |  |  |\n" in made
    assert "|  | `toil@2`, `toil@3` | 1 | 2 |\n| --- | --- | --- | --- |\n| 1 | shape | = | 1 |\n" in made
    assert "`toil@1` has no order: poor and bare: another error than either." in errors_markdown.render(
        tables([toil(POOR, BARE)], ["toil"])
    )


def test_json_says_everything_there_is_to_a_condition() -> None:
    whole = json.loads(errors_json.render(tables([ONE], ["toil"]), [ONE.id], pairs=True))
    assert (whole["format"], whole["complete"], whole["flavors"]) == (1, True, ["toil@1"])
    (call,) = whole["calls"]
    assert call["conditions"] == ["restart", "shape", "poor", "nothing"]
    (flavor,) = call["flavors"]
    assert flavor["conditions"][2] == {
        "condition": "poor",
        "rank": 3,
        "errno": "EAGAIN",
        "message": "poor",
        "cite": "",
        "after_ms": 50,
        "console": ["no money"],
        "result": "EAGAIN",
    }
    assert flavor["conditions"][3]["errno"] is None
    assert flavor["pairs"][0] == {
        "one": "shape",
        "other": "poor",
        "verdict": "the first wins",
        "errno": "EINVAL",
        "result": "EINVAL",
        "why": "",
    }


def test_json_without_pairs_has_none() -> None:
    assert "pairs" not in json.loads(errors_json.render(tables([ONE], ["toil"]), [ONE.id]))["calls"][0]["flavors"][0]


# --- the command -------------------------------------------------------------------------------------------------------


def test_the_command_prints_the_calls_that_are_asked_for(command: Any) -> None:
    code, out, err = command((ONE, TWO), "toil", "--flavor", "toil@1")
    assert code == 0
    assert out.startswith("toil\ncondition  ")
    assert "toil@2" not in out
    assert err.startswith("fork-oracle: 1 call on 1 flavor in ")


def test_the_command_knows_all_formats(command: Any) -> None:
    assert json.loads(command((ONE,), "toil", "--format", "json")[1])["calls"][0]["call"] == "toil"
    assert command((ONE,), "toil", "--format", "markdown", "--pairs")[1].startswith("# Which error comes first\n")


def test_a_call_that_nobody_has_is_a_mistake_of_the_user(command: Any) -> None:
    code, out, err = command((ONE,), "toll")
    assert (code, out) == (2, "")
    assert "no condition is known for a call 'toll'; did you mean toil?; calls that have some: fork, " in err


def test_a_crash_is_reported_with_the_rest(command: Any) -> None:
    code, out, err = command((CRASHES, TWO), "toil")
    assert code == 3
    assert "toil@1 crashed: RuntimeError: boom" in out
    assert "2 EPERM" in out
    assert "run it again with --traceback" in err
    assert "in _toil" in command((CRASHES, TWO), "toil", "--traceback")[2]


def test_an_interrupt_prints_what_is_finished_and_writes_no_file(command: Any, tmp_path: Path) -> None:
    trials = (Trial("umask", (Condition("asks", {"mask": "0"}),)),)
    endless = replace(ENDLESS, trials=trials)
    code, out, _ = command((endless,), "exec", "umask", "--output", "made.txt")
    assert code == 130
    assert out.startswith("exec\n")
    assert "interrupted: 1 of 2 calls were looked at" in out
    assert not (tmp_path / "made.txt").exists()


def test_a_report_goes_to_a_file_whole(command: Any, tmp_path: Path) -> None:
    code, out, _ = command((ONE,), "toil", "--format", "json", "--output", "made.json")
    assert (code, out) == (0, "")
    assert json.loads((tmp_path / "made.json").read_text())["complete"] is True
    code, _, err = command((ONE,), "toil", "--output", "nowhere/made.json")
    assert code == 2
    assert "there is no folder" in err


def test_the_help_shows_how_to_read_the_table(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "every process slot is taken         2 EAGAIN 500 ms *   1 EAGAIN *" in shown


def test_what_the_help_shows_is_what_the_flavors_do() -> None:
    from oracle.registry import load_flavors

    flavors = load_flavors().select(["dragonfly@1.62", "netbsd@1.189"])
    lines = [line.split("  ") for line in errors_table.render(tables(flavors, ["fork"]), Look()).splitlines()]
    fields = {line[0]: [one.strip() for one in line[1:] if one.strip()] for line in lines if len(line) > 1}
    assert fields["a signal with a handler is pending"] == ["1 ERESTART → child", "-"]
    assert fields["every process slot is taken"] == ["2 EAGAIN 500 ms *", "1 EAGAIN *"]
    assert fields["the user has as many processes as its limit allows"] == ["3 EAGAIN 500 ms *", "2 EAGAIN"]
