"""`fork-oracle findings` and `triage` as a person uses them, on two little kernels that differ in one thing."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.cli.terminal import NOT_AS_EXPECTED, OK, USAGE
from oracle.load import load_finding
from oracle.registry import Registry
from tests.unit.explained import ONE, OTHER

MASK = "TestBSD sys/kern/kern_mask.c 1.1"
SCENARIO = 'title: masks are set\ntopic: files\nsteps:\n  - {do: umask, mask: "700"}\n'
FINDING = f"""\
title: One kernel is nice
kind: design
topic: files
facts: [<other>.nice]
sides:
  - flavors: [one@1]
    does: It is nice.
    decided:
      - {MASK}, mask_one [7]
  - flavors: [other@1]
    does: It is not.
    decided:
      - {MASK}, mask_other [36]
consequence: A program is nice.
advice:
  other: Be nice.
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one scenario, and the command line seeing two flavors."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "FORK_ORACLE_SOURCES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((ONE, OTHER)))
    (tmp_path / "specs/files").mkdir(parents=True)
    (tmp_path / "specs/findings").mkdir()
    (tmp_path / "specs/files/masks.yaml").write_text(SCENARIO)
    return tmp_path


def catalogue(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / "specs/findings" / f"{name.replace('_', '-')}.yaml").write_text(text)


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = OK) -> tuple[str, str]:
    assert main(words) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


# --- findings -----------------------------------------------------------------------------------------------------------


def test_findings_are_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "findings")[0] == "there are no findings\n"
    catalogue(folder, nice=FINDING)
    out, _ = said(capsys, "findings")
    assert "nice       design  files    One kernel is nice" in out
    assert out.endswith("\n1 finding\n")
    assert json.loads(said(capsys, "findings", "--format", "json")[0])[0]["sides"][1]["decided"] == [f"{MASK}, mask_other [36]"]
    assert said(capsys, "findings", "--format", "markdown")[0] == "- `nice` (design, files): One kernel is nice\n"


def test_a_finding_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    out, _ = said(capsys, "findings", "nice")
    assert f"one@1\n    It is nice.\n    decided by {MASK}, mask_one [7]\n" in out
    assert "    to other: Be nice.\n" in out


def test_a_name_that_is_not_there_is_told_with_the_closest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    assert "no finding is called 'nicer'; did you mean nice?" in said(capsys, "findings", "nicer", code=USAGE)[1]


def test_a_catalogue_that_claims_everything_passes_the_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    out, _ = said(capsys, "findings", "--check", "--no-sweeps")
    assert out == "1 of 1 difference claimed by 1 finding, 0 new; 0 flaws in 1 finding\n"


def test_the_check_fails_for_what_is_new_and_says_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "findings", "--check", "--no-sweeps", code=NOT_AS_EXPECTED)
    assert f"    files/masks parent.nice (<other>.nice), step 1\n        one@1: 1  by {MASK}, mask_one [7]\n" in out
    assert "look at them with: fork-oracle triage specs/files/masks.yaml --drafts DIR\n" in out
    assert out.endswith("0 of 1 difference claimed by 0 findings, 1 new; 0 flaws in 0 findings\n")


def test_the_check_fails_for_what_is_stale_and_says_where(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(
        folder, nice=FINDING, nicer=FINDING.replace("[7]", "[8]"), nicest=FINDING.replace("[7]", f"[7]\n      - {MASK}, f")
    )
    out, _ = said(capsys, "findings", "--check", "--sweeps", code=NOT_AS_EXPECTED)
    assert "specs/findings/nicer.yaml:1:1: nicer is stale: it claims no difference" in out
    assert f"specs/findings/nicest.yaml:1:1: side 1 is stale: '{MASK}, f' decided nothing that it claims" in out


def test_the_check_fails_for_names_that_mean_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING + "scenarios: [files/*, groups/*]\n")
    out, _ = said(capsys, "findings", "--check", "--no-sweeps", code=NOT_AS_EXPECTED)
    assert "specs/findings/nice.yaml:1:1: `scenarios`: no scenario is called 'groups/*'\n" in out


def test_the_check_of_some_scenarios_says_nothing_of_what_others_show(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING + "scenarios: [files/masks]\n", gone=FINDING + "scenarios: [files/gone]\n")
    said(capsys, "findings", "--check", "--no-sweeps", code=NOT_AS_EXPECTED)
    out, err = said(capsys, "findings", "--check", "--no-sweeps", "--specs", "specs/files")
    assert out.endswith("0 new; flaws of findings were not looked for\n")
    assert "looked at 1 scenario, without the sweeps; the catalogue is about others, too" in err
    assert "nobody can say which of its findings are stale\n" in err


def test_the_check_of_all_scenarios_without_sweeps_says_what_it_leaves_open(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue(folder, nice=FINDING)
    err = said(capsys, "findings", "--check", "--no-sweeps")[1]
    assert "looked at 1 scenario, without the sweeps; so findings on sweeps, and single lines of findings, may be stale" in err
    assert said(capsys, "findings", "--check", "--sweeps")[1] == ""


def test_the_check_takes_no_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    err = said(capsys, "findings", "nice", "--check", code=USAGE)[1]
    assert "--check is about the whole catalogue; leave nice out, or ask with --claims" in err


def test_a_path_where_a_name_is_due_is_told_from_a_slip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    err = said(capsys, "findings", "specs/files", code=USAGE)[1]
    assert "'specs/files' is no finding; scenarios are given with --specs specs/files" in err


def test_what_is_new_is_told_with_the_findings_that_come_near(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING + "scenarios: [groups/*]\n", other=FINDING.replace("[7]", "[8]"))
    near = "    perhaps: nice, which names other scenarios\n"
    assert near in said(capsys, "run", "--findings", code=NOT_AS_EXPECTED)[0]
    assert near in said(capsys, "findings", "--check", "--no-sweeps", code=NOT_AS_EXPECTED)[0]
    assert near in said(capsys, "triage", code=NOT_AS_EXPECTED)[0]
    said(capsys, "triage", "--drafts", "drafts", code=NOT_AS_EXPECTED)
    assert f"# {near}" in (folder / "drafts/masks-other-nice.yaml").read_text()
    catalogue(folder, another=FINDING + "scenarios: [ids/*]\n")
    both = "    perhaps: another, nice, which name other scenarios\n"
    assert both in said(capsys, "run", "--findings", code=NOT_AS_EXPECTED)[0]


def test_findings_of_another_folder_are_listed_without_scenarios(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue(folder, nice=FINDING)
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder / "empty")
    assert "One kernel is nice" in said(capsys, "findings", "--catalogue", "../specs/findings")[0]
    assert "which scenarios?" in said(capsys, "findings", "--catalogue", "../specs", "--check", code=USAGE)[1]


def test_a_file_that_is_wrong_is_told_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING.replace("design", "desing"), worse="title: [\n")
    _, err = said(capsys, "findings", code=USAGE)
    first, second = err.splitlines()
    assert first.startswith("specs/findings/nice.yaml:2:7: `kind` is 'desing'")
    assert second.startswith("specs/findings/worse.yaml:2:1: ")


def test_what_a_finding_claims_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    out, _ = said(capsys, "findings", "nice", "--claims")
    assert out.startswith("nice  claims 1 difference\n    files/masks parent.nice (<other>.nice), step 1\n")


def test_a_draft_is_completed_from_one_line_and_stays_a_draft(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FINDING.replace(f"    decided:\n      - {MASK}, mask_other [36]\n", "").replace("It is not.", "TODO say so")
    catalogue(folder, nice=text)
    assert "nice: 2 lines in `decided` now, 1 before" in said(capsys, "findings", "nice", "--complete")[1]
    file = folder / "specs/findings/nice.yaml"
    assert load_finding(file, (ONE, OTHER), draft=True).sides[1].decided == (f"{MASK}, mask_other [36]",)
    assert "TODO say so" in file.read_text()
    assert "this is a draft: `does` still says TODO" in said(capsys, "findings", code=USAGE)[1]


def test_what_nothing_matches_is_left_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FINDING.replace("<other>.nice", "<child>.nice")
    catalogue(folder, nice=text)
    _, err = said(capsys, "findings", "nice", "--complete", code=NOT_AS_EXPECTED)
    assert "nice: no difference is about its facts, flavors and scenarios" in err
    assert (folder / "specs/findings/nice.yaml").read_text() == text


def test_complete_needs_ids(capsys: pytest.CaptureFixture[str]) -> None:
    assert "complete which findings? Give their ids" in said(capsys, "findings", "--complete", code=USAGE)[1]
    for asked in ("--check", "--claims"):
        assert "--format is for listing findings" in said(capsys, "findings", asked, "--format", "json", code=USAGE)[1]


def test_differences_are_kept_between_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("findings", "--check", "--no-sweeps", "--kept", "kept.json")
    first = said(capsys, *words, code=NOT_AS_EXPECTED)
    assert len(json.loads((folder / "kept.json").read_text())) == 1
    (folder / "kept.json").write_text((folder / "kept.json").read_text().replace('"parent.nice"', '"parent.mice"'))
    assert said(capsys, *words, code=NOT_AS_EXPECTED)[0] == first[0].replace("parent.nice", "parent.mice")


# --- triage -------------------------------------------------------------------------------------------------------------


def test_triage_groups_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "triage", "specs", code=NOT_AS_EXPECTED)
    assert out.startswith("masks-other-nice  1 difference in 1 scenario\n    facts: <other>.nice\n    one@1\n")
    assert out.endswith("\n1 difference that no finding claims, in 1 group\n")


def test_triage_is_content_where_all_is_claimed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    assert said(capsys, "triage", "specs")[0] == "nothing is new: every difference is claimed by a finding\n"


def test_triage_takes_the_catalogue_beside_a_single_scenario(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    said(capsys, "triage", "specs/files/masks.yaml")


def test_triage_without_a_catalogue_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "masks.yaml").write_text(SCENARIO)
    _, err = said(capsys, "triage", "masks.yaml", code=NOT_AS_EXPECTED)
    assert "no findings belong to masks.yaml, so all that differs is new; or --catalogue DIR\n" in err
    catalogue(folder, nice=FINDING)
    assert "so all that differs is new" not in said(capsys, "triage", "specs")[1]


def test_a_draft_holds_all_that_the_runs_tell_and_the_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = said(capsys, "triage", "specs", "--drafts", "drafts", code=NOT_AS_EXPECTED)
    assert "1 draft written to drafts" in err
    file = folder / "drafts/masks-other-nice.yaml"
    draft = load_finding(file, (ONE, OTHER), draft=True)
    assert (draft.facts, draft.topic) == (("<other>.nice",), "files")
    assert [(side.flavors, side.decided) for side in draft.sides] == [
        (("one@1",), (f"{MASK}, mask_one [7]",)),
        (("other@1",), (f"{MASK}, mask_other [36]",)),
    ]
    assert "# made from 1 difference:\n#     files/masks parent.nice" in file.read_text()


def test_a_draft_whose_author_is_done_claims_what_it_was_made_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "triage", "specs", "--drafts", "specs/findings", code=NOT_AS_EXPECTED)
    file = folder / "specs/findings/masks-other-nice.yaml"
    assert "this is a draft" in said(capsys, "findings", "--check", "--no-sweeps", code=USAGE)[1]
    file.write_text(file.read_text().replace("TODO", "Here is"))
    said(capsys, "findings", "--check")


ANSWERS = [
    "One kernel is nice",
    "desing",
    "design",
    "It is nice.",
    "",
    "It is not.",
    "A program is nice.",
    "Be.",
    "Don't.",
    "No Name",
    "",
]


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    """Somebody answers."""
    terminal = io.StringIO("".join(f"{answer}\n" for answer in answers))
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)


def test_at_a_terminal_what_is_told_of_a_draft_makes_it_a_finding(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, ANSWERS)
    out, _ = said(capsys, "triage", "specs")
    assert "written to " in out
    finding = load_finding(folder / "specs/findings/masks-other-nice.yaml", (ONE, OTHER))
    assert (finding.title, finding.kind.value) == ("One kernel is nice", "design")
    assert [side.does for side in finding.sides] == ["It is nice.", "It is not."]
    assert finding.advice == (("one", "Be."), ("other", "Don't."))
    said(capsys, "findings", "--check")


@pytest.mark.parametrize("answers", [[""], [], ANSWERS[:4]])
def test_at_a_terminal_a_draft_may_be_left_for_another_time(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    at_a_terminal(monkeypatch, answers)
    said(capsys, "triage", "specs", code=NOT_AS_EXPECTED)
    assert not list((folder / "specs/findings").iterdir())


# --- run ----------------------------------------------------------------------------------------------------------------


def test_a_run_of_everything_fails_for_a_finding_that_claims_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING)
    assert "1 of 1 difference claimed by 1 finding, none new" in said(capsys, "run", "--findings")[1]
    catalogue(folder, nicer=FINDING.replace("[7]", "[8]"))
    _, err = said(capsys, "run", "--findings", code=NOT_AS_EXPECTED)
    assert "specs/findings/nicer.yaml:1:1: nicer is stale: it claims no difference of these scenarios\n" in err
    said(capsys, "run", ".", "--findings", code=NOT_AS_EXPECTED)


def test_a_run_of_some_scenarios_or_flavors_does_not_ask_what_is_stale(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue(folder, nice=FINDING, nicer=FINDING.replace("[7]", "[8]"))
    said(capsys, "run", "--findings", "specs/files")
    said(capsys, "run", "--findings", "specs/files/masks.yaml")
    said(capsys, "run", "--findings", "--flavor", "one")


def test_a_finding_for_cases_of_sweeps_alone_is_not_stale_in_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalogue(folder, nice=FINDING, nicer=FINDING + "scenarios: [sweep/*]\n")
    said(capsys, "run", "--findings")


def test_flavors_that_no_finding_tells_of_are_not_put_to_the_catalogue(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((ONE, OTHER, replace(OTHER, id="third@1"))))
    catalogue(folder, nice=FINDING)
    _, err = said(capsys, "run", "--findings")
    assert "no finding tells of third@1" in err
    assert "1 of 1 difference claimed by 1 finding, none new" in err
