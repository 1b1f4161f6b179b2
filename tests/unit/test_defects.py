from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.errors import ScenarioError
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.load import find_not_shown, find_scenarios, is_not_shown, is_scenario, load_not_shown
from oracle.outcome import Misplaced, Unmet
from oracle.register import Because, NotShown, clashes, in_order
from oracle.registry import Registry
from oracle.report import json_report, markdown_report, table_report, walk_report
from oracle.report.defects import Seen, entries
from oracle.report.failures import failures_of
from oracle.report.look import Look
from oracle.report.walk import walk
from oracle.run import run
from oracle.scenario import Check, Defect, Expectation, Expected, Promise, Scenario
from tests.unit.load_helpers import FLAVORS
from tests.unit.plugins import program, step
from tests.unit.toys import BARREN, CRASHING, FORGETFUL, TINY, VAGUE, specs


def shows(index: int, facts: dict[str, str], only: tuple[str, ...] = ()) -> Check:
    found = (Expectation(path, Expected((("all", value),)), 7) for path, value in facts.items())
    return Check(index, tuple(found), only, sign=True, line=6)


def forgets(on: tuple[str, ...], **rest: object) -> Scenario:
    """A child that has no umask, which is the defect of FORGETFUL."""
    signs = shows(2, {"call.1": "kid", "kid.umask": "000"})
    return program(step(1, "parent", "fork", born="kid"), signs, defect=Defect("tinyos/Q1", on, line=4), **rest)


def misplaced(scenario: Scenario, flavor: Flavor) -> tuple[Misplaced, ...]:
    result = run(scenario, flavor)
    assert result.ok is not bool(result.misplaced)
    return result.misplaced


# --- the rules ----------------------------------------------------------------------------------------------------------


def test_a_defect_is_shown_where_all_signs_are_there_and_absent_where_one_is_not() -> None:
    scenario = forgets(("tinyos@2",))
    assert run(scenario, FORGETFUL).shown is True
    assert run(scenario, TINY).shown is False  # it has the child, and the child its umask
    assert run(scenario, BARREN).shown is False
    assert all(run(scenario, flavor).ok for flavor in (FORGETFUL, TINY, BARREN))


def test_a_sign_that_is_missing_where_the_defect_should_be_fails_and_is_named() -> None:
    (wrong,) = misplaced(forgets(("tinyos",)), TINY)
    assert wrong == Misplaced("tinyos/Q1 is not shown", 7, Unmet("kid.umask", "000", "022", 7))


def test_each_sign_that_is_missing_is_named() -> None:
    assert [one.sign.path for one in misplaced(forgets(("barren",)), BARREN) if one.sign] == ["call.1", "kid.umask"]


def test_a_defect_that_is_shown_where_it_should_not_be_fails() -> None:
    (wrong,) = misplaced(forgets(("tinyos@1",)), FORGETFUL)
    assert wrong == Misplaced("tinyos/Q1 is shown, all its signs are there, but `on` leaves it out", 4)
    assert run(forgets(("tinyos@1",)), FORGETFUL).shown is True


def test_signs_of_several_places_count_together() -> None:
    steps = (shows(1, {"parent.umask": "022"}), step(2, "parent", "fork", born="kid"), shows(3, {"kid.umask": "000"}))
    scenario = program(*steps, defect=Defect("tinyos/Q1", ("tinyos@2",)))
    assert run(scenario, FORGETFUL).shown is True
    assert run(scenario, TINY).shown is False
    assert not run(replace(scenario, steps=(shows(1, {"parent.umask": "077"}), *steps[1:])), FORGETFUL).ok


def test_a_sign_for_some_flavors_is_looked_for_on_them_alone() -> None:
    steps = (shows(1, {"parent.umask": "022"}, ("tinyos@1",)), shows(2, {"parent.umask": "077"}, ("tinyos@2",)))
    scenario = program(*steps, defect=Defect("tinyos/Q1", ("tinyos@1",)))
    assert (run(scenario, TINY).shown, run(scenario, FORGETFUL).shown) == (True, False)


def test_what_is_not_modelled_is_not_shown_where_the_defect_should_be() -> None:
    steps = (step(1, "parent", "umask", mask="077"), shows(2, {"parent.umask": "077"}))
    scenario = program(*steps, defect=Defect("tinyos/Q1", ("tinyos", "vague"), line=4))
    (wrong,) = misplaced(scenario, VAGUE)
    assert wrong == Misplaced("tinyos/Q1 is not shown, for want of a model: masks are a mystery", 4)
    elsewhere = run(replace(scenario, defect=Defect("tinyos/Q1", ("tinyos",))), VAGUE)
    assert elsewhere.ok
    assert elsewhere.shown is None


def test_a_crash_shows_nothing() -> None:
    steps = (step(1, "parent", "umask", mask="077"), shows(2, {"parent.umask": "022"}))
    result = run(program(*steps, defect=Defect("tinyos/Q1", ("crashing",))), CRASHING)
    assert (result.ok, result.shown, result.misplaced) == (False, None, ())


def test_without_a_sign_for_a_flavor_there_is_no_telling() -> None:
    scenario = program(shows(1, {"parent.umask": "022"}, ("tinyos",)), defect=Defect("tinyos/Q1", ("tinyos",), line=4))
    assert misplaced(scenario, BARREN) == (Misplaced("no `shows` says by what tinyos/Q1 is known here", 4),)


def test_expectations_count_beside_signs() -> None:
    expectation = Expectation("parent.umask", Expected((("all", "077"),)), 9)
    scenario = forgets(("tinyos@2",))
    result = run(replace(scenario, steps=(*scenario.steps, Check(3, (expectation,)))), FORGETFUL)
    assert result.shown is True
    assert result.unmet == (Unmet("parent.umask", "077", "022", 9),)


def test_facts_that_are_compared_only_if_asked_for_are_asked_for_by_signs() -> None:
    scenario = program(shows(1, {"machine.forks": "0"}), defect=Defect("tinyos/Q1", ("tinyos",)))
    assert scenario.asks_for("machine.forks")


def test_a_defect_that_no_flavor_has_is_none() -> None:
    with pytest.raises(ScenarioError, match="tinyos/Q1: no flavor has it"):
        forgets(())


# --- registers ----------------------------------------------------------------------------------------------------------


def named(name: str, defect: Defect, **rest: object) -> Scenario:
    return replace(forgets(("tinyos",)), name=name, defect=defect, file=f"{name}.yaml", **rest)  # type: ignore[arg-type]


def waits(entry: str, line: int = 2) -> NotShown:
    return NotShown(entry, ("tinyos",), Because.INTERLEAVING, "It is a race.", "not-shown.yaml", line)


def said(scenarios: list[Scenario], not_shown: tuple[NotShown, ...] = ()) -> list[str]:
    return [str(error) for error in clashes(scenarios, not_shown, ["tinyos@1", "tinyos@2"])]


def test_several_scenarios_may_show_an_entry_if_they_say_the_same_of_it() -> None:
    one = named("one", Defect("tinyos/Q1", ("tinyos@2",)))
    assert said([one, named("two", Defect("tinyos/Q1", ("tinyos@2",)))], (waits("tinyos/Q2"),)) == []
    other = named("two", Defect("tinyos/Q1", ("tinyos@1", "tinyos@2"), line=4))
    assert said([one, other]) == ["two.yaml:4:1: tinyos/Q1 is on tinyos@1 in one of one and two and not in the other"]
    assert said([one, replace(other, only=("tinyos@2",))]) == []  # of tinyos@1, it says nothing


def test_scenarios_agree_on_what_came_of_a_promise() -> None:
    one, two = (named(p.value, Defect("tinyos/M1", ("tinyos",), p, line=3)) for p in Promise)
    assert said([one, two]) == ["broken.yaml:3:1: what came of the promise of tinyos/M1 is another thing in kept"]


def test_an_entry_is_shown_or_listed_and_listed_once() -> None:
    listed = (waits("tinyos/Q1"), waits("tinyos/Q2", 3), waits("tinyos/Q2", 4))
    assert said([named("one", Defect("tinyos/Q1", ("tinyos",)))], listed) == [
        "not-shown.yaml:2:1: tinyos/Q1 is listed as not shown, and one shows it",
        "not-shown.yaml:4:1: tinyos/Q2 is listed as not shown twice",
    ]


def test_entries_stand_in_the_order_of_their_numbers_pages_last() -> None:
    ids = ["b/Q1", "a/M1", "a/Q11b", "a/Q11", "a/Q2"]
    assert sorted(ids, key=in_order) == ["a/Q2", "a/Q11", "a/Q11b", "a/M1", "b/Q1"]


# --- reports ------------------------------------------------------------------------------------------------------------

ALL = ["tinyos@1", "tinyos@2", "vague@1", "barren@1"]


def comparisons() -> list[Comparison]:
    page = Defect("tinyos/M1", ("tinyos", "vague"), Promise.KEPT)
    kept = replace(
        forgets(("tinyos",)), name="kept", steps=(shows(1, {"parent.umask": "022"}),), defect=page, only=("tinyos", "vague")
    )
    wrong = replace(forgets(("tinyos",)), name="wrong", defect=Defect("tinyos/Q3", ("tinyos",)))
    return [compare(one, (TINY, FORGETFUL, VAGUE, BARREN)) for one in (forgets(("tinyos@2",)), kept, wrong)]


def test_the_registers_say_who_has_what() -> None:
    found = {entry.id: dict(entry.seen) for entry in entries(comparisons(), ALL)}
    assert list(found) == ["tinyos/Q1", "tinyos/Q3", "tinyos/M1"]
    assert list(found["tinyos/Q1"].values()) == [Seen.LACKS, Seen.HAS, Seen.LACKS, Seen.LACKS]
    assert list(found["tinyos/Q3"].values()) == [Seen.FAILED, Seen.HAS, Seen.LACKS, Seen.LACKS]
    assert list(found["tinyos/M1"].values()) == [Seen.HAS, Seen.HAS, Seen.HAS, Seen.NOT_RUN]


def test_a_failure_says_where_the_sign_stands_and_what_is_there() -> None:
    assert failures_of(comparisons()[2]) == [
        "wrong.yaml:7: tinyos@1: tinyos/Q3 is not shown: kid.umask is 022, and its sign is 000"
    ]


def test_every_report_ends_in_the_registers() -> None:
    ran, listed = comparisons(), (waits("tinyos/Q2"),)
    text = table_report.render(ran, ALL, Look(), not_shown=listed)
    words = [line.split() for line in text.splitlines()]
    assert ["tinyos/Q1", "no", "has", "it", "no", "no", "topic/name"] in words
    assert ["tinyos/M1", "kept", "kept", "kept", "-", "kept"] in words
    assert "  tinyos/Q2 (tinyos) is not shown, waiting for a chosen interleaving: It is a race.\n" in text
    counted = "tinyos: 2 defects and 1 promise of manual pages shown, 1 waiting for a chosen interleaving; 1 FAILED"
    assert f"\n{counted}\n" in text
    page = markdown_report.render(ran, ALL, not_shown=listed)
    assert f"## Registers of defects\n\n- {counted}\n" in page
    assert "| `tinyos/Q1` | no | has it | no | no | `topic/name` |\n" in page
    assert "- `tinyos/Q2` (`tinyos`): waiting for a chosen interleaving: It is a race." in page


def test_json_has_the_registers_and_what_each_run_says_of_its_defect() -> None:
    found = json.loads(json_report.render(comparisons(), ALL, not_shown=(waits("tinyos/Q2"),)))
    assert found["defects"]["shown"][0] == {
        "id": "tinyos/Q1",
        "promise": None,
        "flavors": {"tinyos@1": "lacks", "tinyos@2": "has", "vague@1": "lacks", "barren@1": "lacks"},
        "scenarios": ["topic/name"],
    }
    assert found["defects"]["not_shown"] == [
        {"id": "tinyos/Q2", "on": ["tinyos"], "because": "interleaving", "reason": "It is a race."}
    ]
    wrong = next(one for one in found["scenarios"] if one["name"] == "wrong")
    assert wrong["defect"] == "tinyos/Q3"
    assert wrong["runs"][0]["has_defect"] is False
    assert wrong["runs"][0]["status"] == "failed"
    assert wrong["runs"][0]["misplaced"] == [
        {
            "text": "tinyos/Q3 is not shown", "path": "kid.umask", "expected": "000", "actual": "022",
            "file": "wrong.yaml", "line": 7,
        }
    ]  # fmt: skip


def test_reports_without_a_defect_have_no_registers() -> None:
    ran = [compare(program(step(1, "parent", "fork", born="kid")), (TINY, FORGETFUL))]
    assert "Registers" not in table_report.render(ran, ALL[:2], Look())
    assert "Registers" not in markdown_report.render(ran, ALL[:2])


def test_a_walk_names_the_signs_and_whether_they_are_there() -> None:
    scenario = forgets(("tinyos@2",))
    has = ("sign    kid.umask is 000", "has tinyos/Q1", "as expected")
    lacks = ("no sign    kid.umask is not 000 but 022", "does not have tinyos/Q1", "as expected")
    for flavor, lines in ((FORGETFUL, has), (TINY, lacks)):
        text = walk_report.render(walk(scenario, flavor), scenario, "a title", Look())
        assert [line for line in lines if line not in text] == []
        assert "UNMET" not in text
    wrong = forgets(("tinyos",))
    text = walk_report.render(walk(wrong, TINY), wrong, "a title", Look())
    assert "UNMET  tinyos/Q1 is not shown: kid.umask is 022, and its sign is 000 (topic/name.yaml:7)" in text


# --- lists of what is not shown -----------------------------------------------------------------------------------------

LIST = """\
not_shown:
  - {id: alpha/Q2, on: [alpha@1.2, beta], because: interleaving, reason: "It is a race."}
  - id: alpha/Q11b
    on: alpha
    because: outside
    reason: >
      There is no such
      thing.
"""


def test_a_list_is_read(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text(LIST)
    assert load_not_shown(file, FLAVORS) == (
        NotShown("alpha/Q2", ("alpha@1.2", "beta"), Because.INTERLEAVING, "It is a race."),
        NotShown("alpha/Q11b", ("alpha",), Because.OUTSIDE, "There is no such thing."),
    )
    assert [one.line for one in load_not_shown(file, FLAVORS)] == [2, 3]


@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        ("alpha/Q2", "alpha/X2", "2:10", "`id` is 'alpha/X2'; expected an entry of a register, such as dragonfly/Q12"),
        ("alpha/Q2", "gamma/Q2", "2:10", "'gamma/Q2': no system is called 'gamma'; there are alpha, beta"),
        ("alpha/Q11b", "alpha/Q2", "3:5", "alpha/Q2 stands here already, on line 2"),
        ("alpha@1.2", "alpha@1.3", "2:25", "selector 'alpha@1.3' names no installed flavor; did you mean alpha@1.2?"),
        ("because: outside", "because: laziness", "5:14", "`because` is 'laziness'; expected one of interleaving, outside"),
        ("    because: outside\n", "", "3:5", "`because` is missing: What it waits for"),
        ("because: outside", "becaus: outside", "5:5", "no key is called 'becaus'; did you mean because?"),
        (', reason: "It is a race."', "", "2:5", "`reason` is missing: One sentence that says why."),
        ("  - {id", "  - 3\n  - {id", "2:5", "item 1 of `not_shown` is 3; expected a mapping"),
        ("not_shown:\n", "more: 1\nnot_shown:\n", "1:1", "no key is called 'more'; there are not_shown"),
    ],
)
def test_a_mistake_in_a_list_is_reported_with_its_place(
    tmp_path: Path, was: str, becomes: str, place: str, message: str
) -> None:
    file = tmp_path / "list.yaml"
    assert LIST.count(was) == 1
    file.write_text(LIST.replace(was, becomes))
    with pytest.raises(ScenarioError) as caught:
        load_not_shown(file, FLAVORS)
    assert str(caught.value).startswith(f"{file}:{place}: {message}")


def test_an_empty_list_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("not_shown: []\n")
    with pytest.raises(ScenarioError, match="`not_shown` is empty; expected at least one entry"):
        load_not_shown(file, FLAVORS)


def test_lists_are_told_from_scenarios(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text(LIST)
    (tmp_path / "other.yaml").write_text("other: [not_shown]\n")
    assert is_not_shown(tmp_path / "list.yaml")
    assert not is_not_shown(tmp_path / "other.yaml")
    assert not is_scenario(tmp_path / "list.yaml")
    for paths in ([tmp_path], [tmp_path / "list.yaml"]):
        assert find_not_shown(paths) == [tmp_path / "list.yaml"]
        assert find_scenarios(paths) == []


# --- the command --------------------------------------------------------------------------------------------------------

SCENARIO = """\
title: A child forgets its umask
why: It makes files that anybody can write.
topic: defects
defect: {id: tinyos/Q1, on: tinyos@2}
steps:
  - {do: fork, as: kid}
  - shows: {kid.umask: "000"}
"""
WAITS = "not_shown:\n  - {id: tinyos/Q2, on: tinyos, because: outside, reason: It is elsewhere.}\n"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((TINY, FORGETFUL)))
    return tmp_path


def test_run_reads_the_lists_beside_the_scenarios(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    specs(installed, defects__umask=SCENARIO, defects__rest=WAITS)
    assert main(["run", "--reports", "reports"]) == 0
    out = capsys.readouterr().out
    assert "tinyos: 1 defect and 0 promises of manual pages shown, 1 outside the model\n" in out
    assert "It is elsewhere." in (installed / "reports" / "report.md").read_text()
    assert json.loads((installed / "reports" / "report.json").read_text())["defects"]["not_shown"]


def test_run_refuses_an_entry_that_is_shown_and_listed(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    specs(installed, defects__umask=SCENARIO, defects__rest=WAITS.replace("Q2", "Q1"))
    assert main(["run"]) == 2
    assert "rest.yaml:2:1: tinyos/Q1 is listed as not shown, and defects/umask shows it" in capsys.readouterr().err
