"""`fork-oracle run --sweep` puts pictures of sweeps on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.cli import main
from oracle.cli.terminal import OK, USAGE

RFORK = ("--flavor", "dragonfly@1.62", "--flavor", "dragonfly")


@pytest.fixture
def scenario() -> str:
    """Any small scenario of ours."""
    root = Path(__file__).parents[2]
    return str(next(file for file in sorted((root / "specs/results").glob("*.yaml"))))


def page(tmp_path: Path) -> str:
    return (tmp_path / "reports/index.html").read_text("utf-8")


def test_the_standard_sweeps_are_done_on_the_spot(tmp_path: Path, scenario: str) -> None:
    assert main(["run", scenario, *RFORK, "--reports", str(tmp_path / "reports"), "--sweep", "standard"]) == OK
    assert "All of rfork on dragonfly@1.62, dragonfly@768af85b" in page(tmp_path)


def test_a_finished_sweep_is_taken_from_its_file(tmp_path: Path, scenario: str) -> None:
    store = str(tmp_path / "spawn.db")
    words = ["--flavor", "dragonfly", "--flavor", "netbsd"]
    assert main(["sweep", *words, "--space", "spawn", "--state", "plain", "--store", store]) == OK
    assert main(["run", scenario, *words, "--reports", str(tmp_path / "reports"), "--sweep", store]) == OK
    assert "2,304 calls from each of 1 state" in page(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sweep", "standard"], "add --reports DIR"),
        (["--sweep", "nowhere.db", "--reports", "."], "there is no such file; 'fork-oracle sweep --store FILE' writes one"),
        (["--sweep", "empty.db", "--reports", "."], "the file holds no sweep"),
        (["--sweep", "text.db", "--reports", "."], "can't use 'text.db' as a store"),
        (
            ["--sweep", "spawn.db", "--reports", "."],
            "is about netbsd@1.189, too, which this run leaves out; add --flavor netbsd@1.189",
        ),
        (["--sweep", "knobs.db", "--reports", "."], "of --knobs there is no picture"),
    ],
)
def test_a_sweep_that_cannot_be_shown_is_refused_before_anything_runs(
    tmp_path: Path,
    scenario: str,
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    both = ["--flavor", "dragonfly", "--flavor", "netbsd"]
    if "spawn.db" in words:
        main(["sweep", *both, "--state", "plain", "--store", "spawn.db"])
    if "knobs.db" in words:
        main(["sweep", *RFORK, "--space", "rfork", "--knobs", "--strength", "1", "--store", "knobs.db"])
    Path("empty.db").touch()
    Path("text.db").write_text("no database at all, but a text that is long enough to be one" * 20)
    capsys.readouterr()
    assert main(["run", scenario, *RFORK, *words]) == USAGE
    assert said in capsys.readouterr().err
    assert not Path("index.html").exists()
