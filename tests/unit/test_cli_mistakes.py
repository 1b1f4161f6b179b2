"""Slips of a user: each is told with its cause and, where something like it is there, with that; nothing of theirs is lost."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import main
from oracle.cli.terminal import OK, USAGE
from tests.unit.test_cli_terminal import environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder specs with two scenarios and the catalogue; a folder, a fifo's stand-in, and a text that is nobody's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORK_ORACLE_SOURCES", raising=False)
    (tmp_path / "specs/limits").mkdir(parents=True)
    for name in ("refused", "limit-zero"):
        shutil.copy(ROOT / "specs/limits" / f"{name}.yaml", tmp_path / "specs/limits")
    shutil.copytree(ROOT / "specs/findings", tmp_path / "specs/findings")
    (tmp_path / "notes.txt").write_text("mine\n")
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --flavr netbsd", "fork-oracle run: error: unrecognized arguments: --flavr; did you mean --flavor?"),
        ("run --flavour=netbsd", "unrecognized arguments: --flavour=netbsd; did you mean --flavor?"),
        ("facts limits", "fork-oracle facts: error: unrecognized arguments: limits\n"),
        ("expain limits/refused", "did you mean explain?"),
        ("run --format jsn", "did you mean json?"),
        ("run --flavor nebtsd", "there is no flavor 'nebtsd'; did you mean netbsd?; installed: dragonfly@1.62"),
        ("run --flavor netbsd@1.188", "there is no flavor 'netbsd@1.188'; did you mean netbsd@1.189?"),
        ("compare netbsd dragonfyl", "'dragonfyl' is neither a flavor nor a file or folder; did you mean dragonfly?"),
        ("compare netbsd dragonfly limits", "is neither a flavor nor a file or folder; did you mean specs/limits?"),
        ("run limits/refused", "no file or folder 'limits/refused'; did you mean specs/limits/refused.yaml?"),
        ("run limits", "there is no file or folder 'limits'; did you mean specs/limits?"),
        ("run specs/limits/refusd.yaml", "did you mean specs/limits/refused.yaml?"),
        ("run nothing-like-that", "there is no file or folder 'nothing-like-that'\n"),
        ("show limits/refusd --flavor netbsd", "nor 'specs/limits/refusd.yaml'; did you mean limits/refused?"),
        ("explain limits/refusd", "did you mean limits/refused?"),
        ("errors frok", "no condition is known for a call 'frok'; did you mean fork?"),
        ("run --reports notes.txt", "can't make the folder 'notes.txt': a file is called so; name another"),
        ("show limits/refused --flavor netbsd --output specs", "can't write 'specs': it is a folder"),
        ("schema --output specs", "can't write 'specs': it is a folder"),
        ("sources --lines 9-3", "--lines: '9-3' is no line at all; the first of a range stands first"),
        ("sources --draft nowhere", "can't read the listing 'nowhere': No such file or directory\n"),
        ("sources --draft latin.json", "can't read the listing 'latin.json': it is no text in UTF-8\n"),
        ("sources --sources nowhere", "in 'nowhere': No such file or directory: 'nowhere/README.md'; see CONTRIBUTING.md"),
        ("run --baseline latin.json", "--baseline 'latin.json': it is no text in UTF-8, and so no report"),
        ("run /dev/null", "/dev/null: this is no regular file"),
    ],
)
def test_a_slip_is_told_with_what_it_is_like(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == USAGE
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("words", ["run", "run --output", "run --reports", "sources --sources", "identify", "triage --drafts"])
def test_an_empty_word_is_not_the_folder_that_we_are_in(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), ""]) == USAGE
    assert "'' is no file or folder; for the one that you are in, write ." in capsys.readouterr().err


def test_a_search_that_cannot_be_is_refused_before_it_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "--flavor", "netbsd"]) == USAGE
    assert capsys.readouterr().err.startswith("fork-oracle: a search needs two flavors or more")


def test_a_scenario_that_came_with_the_program_can_be_named_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "shipped").mkdir()
    shipped = (folder / "specs").rename(folder / "shipped/specs")
    monkeypatch.setattr("oracle.cli.commands.SHIPPED", shipped)
    assert main(["show", "limits/refused", "--flavor", "netbsd"]) == OK
    assert capsys.readouterr().out.startswith("limits/refused on netbsd@1.189")
    assert main(["run"]) == USAGE
    assert f"those that came with fork-oracle are in '{shipped}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["run closed/x.yaml", "show closed/x --flavor netbsd", "findings --catalogue closed", "run --output closed/x"]
)
def test_a_folder_that_is_not_ours_to_look_into_is_no_bug(
    folder: Path, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "closed").mkdir()
    stat = os.stat

    def refused(path: Any, **how: Any) -> os.stat_result:
        """What the system says to anybody but root."""
        if isinstance(path, Path) and "closed" in path.parts[:-1]:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(os, "stat", refused)
    assert main(words.split()) == USAGE
    assert re.search(r"fork-oracle: can't get at '.*closed/[\w.]+': Permission denied\n", capsys.readouterr().err)


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = os.scandir

    def refused(path: str) -> object:
        if Path(path).name == "limits":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert main(["run", "specs"]) == USAGE
    assert "can't list the folder 'specs/limits': Permission denied" in capsys.readouterr().err


# --- files of the user ----------------------------------------------------------------------------------------------------

FOREIGN = ("mine\n", "[1, 2]", '"x"', '{"a": []}', f'{{"{"0" * 64}": [[1]]}}', "[" * 100_000)


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: text[:20])
@pytest.mark.parametrize("words", ["run specs/limits/refused.yaml --findings", "triage specs", "findings --check --no-sweeps"])
def test_a_file_of_the_user_is_not_written_over_with_differences(
    folder: Path, words: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kept").write_text(text)
    assert main([*words.split(), "--kept", "kept"]) == USAGE
    err = capsys.readouterr().err
    assert "'kept' holds something else than kept differences, and would be written over; name another file" in err
    assert (folder / "kept").read_text() == text


def test_differences_can_be_kept_in_an_empty_file(folder: Path) -> None:
    (folder / "kept").touch()
    for _ in range(2):
        assert main(["run", "specs/limits/refused.yaml", "--findings", "--kept", "kept"]) == OK
        assert json.loads((folder / "kept").read_text())


# --- streams that take nothing --------------------------------------------------------------------------------------------

COMMANDS = ("--version", "run --help", "facts", "run specs/limits/refused.yaml")


def in_shell(words: str, streams: str) -> subprocess.CompletedProcess[str]:
    """The command with its streams as a shell is told."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -m oracle.cli {words} {streams}', sys.executable],
        env=environment({}), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(("streams", "why"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")])
def test_what_has_no_place_to_go_is_said_in_one_line(words: str, streams: str, why: str) -> None:
    done = in_shell(words, streams)
    assert (done.returncode, done.stderr) == (USAGE, f"fork-oracle: can't write to standard output: {why}\n")


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full"])
def test_whether_anybody_can_be_told_does_not_matter_to_what_is_done(words: str, streams: str) -> None:
    done = in_shell(words, streams)
    assert (done.returncode, done.stderr) == (OK, "")
    assert done.stdout
    assert in_shell("run nowhere", streams).returncode == USAGE
