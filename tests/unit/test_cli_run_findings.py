"""`fork-oracle run --findings` says which findings claim what, and fails on what none claims."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.cli.terminal import NOT_AS_EXPECTED, OK, USAGE
from oracle.registry import Registry
from tests.unit.toys import TINY, UMASK

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one topic and the whole catalogue."""
    monkeypatch.chdir(tmp_path)
    for name in ("limits", "findings"):
        shutil.copytree(SPECS / name, tmp_path / "specs" / name)
    return tmp_path / "specs"


def test_all_that_is_claimed_is_as_expected_and_the_reports_say_by_whom(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "specs/limits", "--findings", "--reports", "reports"]) == OK
    assert "none new" in capsys.readouterr().err
    report = json.loads(Path("reports/report.json").read_text())
    assert len(report["findings"]) == len(list((specs / "findings").glob("*.yaml")))
    (one,) = [one for one in report["scenarios"] if one["name"] == "limits/last-ten-slots"]
    assert one["claims"]
    assert all(claim["findings"] for claim in one["claims"])
    assert "## Findings" in Path("reports/report.md").read_text()
    assert 'id="/findings"' in Path("reports/index.html").read_text()


def test_what_no_finding_claims_is_said_and_fails(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "specs/limits/last-ten-slots.yaml", "--findings"]
    assert main([*words, "--format", "json"]) == OK
    claims = json.loads(capsys.readouterr().out)["scenarios"][0]["claims"]
    for name in {name for claim in claims for name in claim["findings"]}:
        (specs / f"findings/{name}.yaml").unlink()
    assert main(words) == NOT_AS_EXPECTED
    told = capsys.readouterr()
    assert "differences that no finding claims:" in told.out
    assert "fork-oracle triage specs/limits/last-ten-slots.yaml --drafts DIR" in told.out
    assert "0 of" in told.err
    assert main([*words, "--format", "json"]) == NOT_AS_EXPECTED
    told = capsys.readouterr()
    assert "differences that no finding claims:" in told.err
    assert all(not claim["findings"] for claim in json.loads(told.out)["scenarios"][0]["claims"])


def test_what_decided_is_kept_for_the_next_time(specs: Path) -> None:
    words = ["run", "specs/limits/last-ten-slots.yaml", "--findings", "--kept", "kept.json", "--format", "json", "--output"]
    for name in ("one.json", "two.json"):
        assert main([*words, name]) == OK
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    kept = Path("kept.json")
    kept.write_text(kept.read_text().replace("fork1", "nowhere"))  # it is believed: no finding cites that
    assert main([*words, "three.json"]) == NOT_AS_EXPECTED


def test_with_a_baseline_what_is_new_to_the_catalogue_fails_nothing(specs: Path) -> None:
    shutil.rmtree(specs / "findings")
    (specs / "findings").mkdir()
    first = next((SPECS / "findings").glob("*.yaml"))
    shutil.copy(first, specs / "findings")
    words = ["run", "specs/limits/last-ten-slots.yaml", "--findings"]
    assert main([*words, "--format", "json", "--output", "base.json"]) == NOT_AS_EXPECTED
    assert main([*words, "--baseline", "base.json"]) == OK


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kept", "x.json"], "add --findings"),
        (["--catalogue", "specs"], "add --findings"),
        (["specs/bare", "--findings"], "--findings: there are none for 'specs/bare'; say where they are with --catalogue DIR"),
        (["--findings", "--catalogue", "nowhere"], "--catalogue: there is no folder 'nowhere'"),
        (["--findings", "--catalogue", "specs/limits/deep"], "--catalogue: in 'specs/limits/deep' are no findings"),
        (["--findings", "--kept", "no/such/file"], "can't write 'no/such/file'"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_runs(
    specs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    (specs / "limits/deep").mkdir()
    shutil.copytree(specs / "limits", specs / "bare")
    if "specs/bare" in words:
        shutil.rmtree(specs / "findings")
    assert main(["run", *words]) == USAGE
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


# --- scenarios that are in no folder specs --------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(specs: Path, tmp_path: Path) -> Path:
    """One of the scenarios, in a folder that is called otherwise; its differences are claimed whatever its name."""
    (tmp_path / "mine").mkdir()
    return Path(shutil.copy(specs / "limits/saved-id-follows.yaml", tmp_path / "mine"))


def test_a_scenario_of_ones_own_is_put_to_the_findings_of_the_folder_specs_that_is_here(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(elsewhere), "--findings"]) == OK
    err = capsys.readouterr().err
    assert f"{elsewhere}: in no folder 'specs'; the findings of 'specs' are asked (--catalogue DIR for others)" in err
    assert "none new" in err


def test_where_there_is_no_folder_specs_the_findings_that_came_with_the_program_are_asked(
    elsewhere: Path, specs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = specs.rename(specs.parent / "shipped")
    monkeypatch.setattr("oracle.cli.catalogue.SHIPPED", shipped)
    assert main(["run", str(elsewhere), "--findings"]) == OK
    assert f"the findings of '{shipped}' are asked" in capsys.readouterr().err
    shutil.rmtree(shipped)
    assert main(["run", str(elsewhere), "--findings"]) == USAGE
    assert f"there are none for '{elsewhere}'; say where they are with --catalogue DIR" in capsys.readouterr().err


def test_findings_that_came_with_the_program_and_tell_of_flavors_that_are_not_there_are_no_findings(
    elsewhere: Path, specs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("oracle.cli.catalogue.SHIPPED", specs.rename(specs.parent / "shipped"))
    elsewhere.write_text(UMASK)
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((TINY,)))
    assert main(["run", str(elsewhere), "--findings"]) == USAGE
    assert "--findings: there are none for" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["aside", "aside/findings"])
def test_a_catalogue_can_be_named(elsewhere: Path, specs: Path, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move(specs, specs.parent / "aside")
    assert main(["run", str(elsewhere), "--findings", "--catalogue", place]) == OK
    assert "none new" in capsys.readouterr().err


def test_what_is_new_is_named_with_the_files_in_which_it_is(
    elsewhere: Path, specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in list((specs / "findings").iterdir())[1:]:
        file.unlink()
    assert main(["run", str(elsewhere), "--findings", "--catalogue", "specs"]) == NOT_AS_EXPECTED
    out = capsys.readouterr().out
    assert f"look at them with: fork-oracle triage {elsewhere} --catalogue specs --drafts DIR\n" in out
