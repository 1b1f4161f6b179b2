"""Options that take numbers or times: what is none, or is out of range, is refused before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from oracle.cli import main
from oracle.cli.options import number
from oracle.cli.parser import build_parser
from oracle.cli.terminal import USAGE

NO_NUMBERS = ("", " ", "x", "nan", "inf", "1e3", "1.5", "0x10", "1_000", "+1", "-1", "९", "1 ", "9" * 40)
NO_TIMES = ("", "0", "0s", "0.000m", "-5s", "nan", "inf", "1e3", "1d", "5 s", "1h30m", "s", "९s", "9" * 40)


def options_of(*metavars: str) -> Iterator[tuple[str, str]]:
    """The options that take such a thing, with their subcommands."""
    (commands,) = [one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction)]
    for name, parser in commands.choices.items():
        for action in parser._actions:
            if action.metavar in metavars:
                yield name, action.option_strings[0]


@pytest.mark.parametrize(("command", "option"), sorted(options_of("N")))
def test_each_option_that_takes_a_number_refuses_what_is_none(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in NO_NUMBERS:
        assert main([command, f"{option}={text}"]) == USAGE
        assert f"argument {option}: {text!r} is no whole number from " in capsys.readouterr().err


def test_fuzz_refuses_a_time_in_which_nothing_can_be_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(options_of("TIME")) == [("fuzz", "--time")]
    for text in NO_TIMES:
        assert main(["fuzz", f"--time={text}"]) == USAGE
        assert f"argument --time: {text!r} is no time" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "seconds"), [("1", 1), ("0.001s", 0.001), ("2.5m", 150), ("1h", 3600)])
def test_fuzz_takes_seconds_minutes_and_hours(text: str, seconds: float) -> None:
    assert build_parser().parse_args(["fuzz", "--flavor", "a", "--time", text]).time == seconds


def test_both_ends_of_a_range_are_in_it() -> None:
    parsed = number(1, 12)
    assert [parsed("1"), parsed("12"), parsed("07")] == [1, 12, 7]
    for text in ("0", "13"):
        with pytest.raises(argparse.ArgumentTypeError, match="from 1 to 12, written in digits"):
            parsed(text)
