"""Files of the catalogue of findings: what they read as, what is wrong with them and where, and how they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.errors import ScenarioError
from oracle.finding import Finding, Kind, Side
from oracle.load import dump_finding, find_findings, find_scenarios, load_finding
from oracle.load.dump_findings import with_decided
from tests.unit.load_helpers import FLAVORS

KERN = "Alpha sys/kern/kern_fork.c 1.1"
LINE, OTHER = f"{KERN}, fork1 [3]", "Beta sys/kern/kern_fork.c 7, fork1 [4-5, 9]"
TEXT = f"""\
title: Alpha forks,
  Beta does not
kind: design
topic: vfork
facts: ["<child>.state", call]
sides:
  - flavors: ["alpha@*"]
    does: It forks.
    decided:
      - {LINE}
    background: [{KERN!r}]
  - flavors: [beta@7]
    does: It does not.
    decided: [{OTHER!r}, is not made]  # on one line
scenarios: [vfork/*]
consequence: A program waits.
advice:
  beta: Don't fork.
  alpha@1.2: Fork.
since: alpha@1.1
until: alpha@1.2
defects: [alpha/Q1]
promises: [beta/M2, posix/fork-03]
""".replace(f"[{KERN!r}]", f'["{KERN}, fork1"]')
FINDING = Finding(
    "alpha-forks",
    "Alpha forks, Beta does not",
    Kind.DESIGN,
    "vfork",
    ("<child>.state", "call"),
    (
        Side(("alpha@*",), "It forks.", (LINE,), (f"{KERN}, fork1",)),
        Side(("beta@7",), "It does not.", (OTHER, "is not made")),
    ),
    "A program waits.",
    (("beta", "Don't fork."), ("alpha@1.2", "Fork.")),
    ("vfork/*",),
    "alpha@1.1",
    "alpha@1.2",
    ("alpha/Q1",),
    ("beta/M2", "posix/fork-03"),
)


def written(folder: Path, text: str, name: str = "alpha-forks") -> Path:
    file = folder / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def flaw(folder: Path, text: str, name: str = "alpha-forks") -> tuple[int, str]:
    """The line and the message of the flaw that is reported for a text."""
    file = written(folder, text, name)
    with pytest.raises(ScenarioError) as caught:
        load_finding(file, FLAVORS)
    assert caught.value.file == str(file)
    return caught.value.line, caught.value.message


def test_a_file_reads_as_a_finding(tmp_path: Path) -> None:
    file = written(tmp_path, TEXT)
    found = load_finding(file, FLAVORS)
    assert found == FINDING
    assert (found.file, found.line) == (str(file), 1)


def test_a_finding_that_is_written_reads_back(tmp_path: Path) -> None:
    assert load_finding(written(tmp_path, dump_finding(FINDING)), FLAVORS) == FINDING


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("kind: design", "kind: desing", 3, "`kind` is 'desing'; expected one of design, defect, limit, accident; did"),
        ("topic: vfork", "topic: fork", 4, "`topic` is 'fork'; expected one of results, "),
        ("consequence:", "consequences:", 16, "no key is called 'consequences'; did you mean consequence?"),
        ("    does: It forks.\n", "", 7, "`does` is missing: One sentence: what these kernels do."),
        ("kind: design\n", "", 1, "`kind` is missing: A difference of design, a defect, a documented limit"),
        ("decided:\n", "decides:\n", 9, "no key is called 'decides'; did you mean decided?"),
        ("Alpha forks,", "TODO", 1, "this is a draft: `title` still says TODO; write it"),
        ("It forks.", "TODO", 8, "this is a draft: `does` still says TODO; write it"),
        ("beta@7", "beta@8", 12, "'beta@8' matches no installed flavor; did you mean beta@7?; there are alpha@1.1, "),
        ('"alpha@*"', '"*"', 12, "beta@7 is on side 1 already; a flavor is on one side at most"),
        (LINE, "kern_fork.c, fork1 [3]", 10, "'kern_fork.c, fork1 [3]' is no citation; write it"),
        (f'["{KERN}, fork1"]', "[is not made]", 11, "'is not made' is no citation; write it"),
        ("<child>.state", "<child>.sate", 5, "'<child>.sate' matches no kind of fact; did you mean <child>.state?; they"),
        ("<child>.state", "kid.state", 5, "'kid.state' matches no kind of fact"),
        ("  beta: D", "  gamma: D", 18, "advice is given by where a program is going to: 'gamma' is no installed"),
        ("since: alpha@1.1", "since: alpha@1", 20, "'alpha@1' is no installed flavor; did you mean alpha@1.2?"),
        ("alpha/Q1", "alpha/X1", 22, "item 1 of `defects` is 'alpha/X1'; expected an entry of a register"),
    ],
)  # fmt: skip
def test_a_flaw_is_told_with_its_place_and_its_cure(tmp_path: Path, before: str, after: str, line: int, message: str) -> None:
    assert before in TEXT
    found = flaw(tmp_path, TEXT.replace(before, after, 1))
    assert found[0] == line
    assert found[1].startswith(message)


def test_a_line_stands_once_on_a_side(tmp_path: Path) -> None:
    line, message = flaw(tmp_path, TEXT.replace(LINE, f"{LINE}\n      - {LINE}"))
    assert (line, message) == (11, f"{LINE[:40] + '…'!r} stands in this `decided` already, on line 10")


def test_a_file_that_is_no_mapping_is_told_what_it_should_be(tmp_path: Path) -> None:
    assert flaw(tmp_path, "3") == (
        1,
        "a finding is a mapping with title, kind, topic, facts, sides, consequence and advice, not 3",
    )


def test_each_side_cites_something(tmp_path: Path) -> None:
    line, message = flaw(tmp_path, TEXT.replace(f"{OTHER!r}, ", ""))
    assert (line, message[:24]) == (12, "this side cites no C: gi")


def test_words_on_all_sides_need_scenarios(tmp_path: Path) -> None:
    text = TEXT.replace(LINE, "returned").replace(
        f"[{OTHER!r}, is not made]  # on one line", f"[is not made]\n    background: ['{OTHER}']"
    )
    assert load_finding(written(tmp_path, text), FLAVORS).sides[1].background == (OTHER,)
    line, message = flaw(tmp_path, text.replace("scenarios: [vfork/*]\n", ""))
    assert line == 12
    assert message == "sides 1 and 2 have no citation in `decided`, so `scenarios` has to say where the finding claims anything"


def test_a_side_that_claims_nothing_is_refused_and_told_of_the_tool(tmp_path: Path) -> None:
    text = TEXT.replace(f"    decided:\n      - {LINE}\n", "").replace("scenarios: [vfork/*]\n", "")
    line, message = flaw(tmp_path, text)
    assert (line, message.partition(";")[0]) == (7, "`decided` is empty, so this side claims nothing")
    assert "fork-oracle findings ID --complete" in message
    assert load_finding(tmp_path / "alpha-forks.yaml", FLAVORS, draft=True).sides[0].decided == ()


def test_a_draft_may_say_todo(tmp_path: Path) -> None:
    assert load_finding(written(tmp_path, TEXT.replace("It forks.", "TODO")), FLAVORS, draft=True).sides[0].does == "TODO"


@pytest.mark.parametrize("name", ["Alpha", "a_b", "a--b", "a" * 41])
def test_a_finding_is_called_after_its_file(tmp_path: Path, name: str) -> None:
    line, message = flaw(tmp_path, TEXT, name)
    assert line == 0
    assert message.startswith("the name of a finding is lower-case words with '-' between them")


def test_findings_lie_beside_the_scenarios_whichever_of_them_are_named(tmp_path: Path) -> None:
    file = written(tmp_path / "specs/findings", TEXT)
    scenario = written(tmp_path / "specs/vfork", "title: t\nsteps: []\n", "one")
    for path in (tmp_path, tmp_path / "specs", tmp_path / "specs/vfork", scenario):
        assert find_findings([path]) == [file]
    assert find_findings([scenario, tmp_path / "specs"]) == [file]
    assert find_findings([written(tmp_path / "elsewhere", "", "x")]) == []


def test_a_finding_is_no_scenario_even_if_it_is_named(tmp_path: Path) -> None:
    assert find_scenarios([written(tmp_path / "specs/findings", TEXT)]) == []


def test_lines_are_put_into_a_file_that_stays_as_it_was_otherwise(tmp_path: Path) -> None:
    text = TEXT.replace("    background:", "    # why not\n    background:")
    made = with_decided(text, [(OTHER, LINE), (LINE,)])
    assert made == text.replace(f"      - {LINE}\n", f'      - "{OTHER}"\n      - "{LINE}"\n').replace(
        f"decided: [{OTHER!r}, is not made]  # on one line", f'decided:\n      - "{LINE}"'
    )


def test_lines_are_put_where_there_were_none(tmp_path: Path) -> None:
    text = TEXT.replace(f"    decided:\n      - {LINE}\n", "")
    found = load_finding(written(tmp_path, with_decided(text, [(LINE,), (OTHER, "is not made")])), FLAVORS)
    assert found == FINDING
