"""The command line of `make mutation` takes what CONTRIBUTING.md quotes, and calls its processes as everything else does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from oracle.cli import options
from tests.mutation.options import parser

CONTRIBUTING = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
SECTION = CONTRIBUTING.partition("## Mutation testing")[2].partition("\n## ")[0]
QUOTED = re.findall(r'^\| `"(.*?)"` \|', SECTION, re.MULTILINE) + re.findall(r'make mutation ARGS="(.*?)"', CONTRIBUTING)


@pytest.mark.parametrize("words", QUOTED)
def test_what_is_quoted_is_a_command_line(words: str) -> None:
    parser(None).parse_args(shlex.split(words))


def test_processes_are_workers() -> None:
    assert len(QUOTED) >= 5
    assert parser(None).parse_args(["--workers", "2"]).workers == 2


@pytest.mark.parametrize(
    "words", ["--jobs=2", "--workers=0", "--sample=-1", "--seconds=nan", f"--workers={options.MOST_WORKERS + 1}"]
)
def test_what_means_nothing_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser(None).parse_args([words])
    assert words.partition("=")[0] in capsys.readouterr().err
