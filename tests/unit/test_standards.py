"""Standards: what a scenario requires is satisfied, violated where a flavor is named for it, or open; and the reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.errors import ScenarioError
from oracle.explore.explore import explore
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.load import load_not_shown, load_scenario
from oracle.outcome import Misplaced, RunResult, Unmet
from oracle.register import Because, NotShown, clashes, in_order
from oracle.registry import Registry, load_flavors
from oracle.report import json_report, markdown_report, table_report, walk_report
from oracle.report.failures import failures_of
from oracle.report.look import Look
from oracle.report.standards import Stand, claims, tallies
from oracle.report.walk import walk
from oracle.run import run
from oracle.scenario import Assertion, Check, Defect, Expectation, Expected, Scenario
from tests.unit.load_helpers import FLAVORS, flaw
from tests.unit.plugins import check, program, step
from tests.unit.toys import CRASHING, FORGETFUL, TINY, VAGUE, specs

RACE = Path(__file__).parents[2] / "specs" / "posix" / "fork-23-whose-id.yaml"


def requires(index: int, **facts: str) -> Check:
    found = (Expectation(path.replace("__", "."), Expected((("all", value),)), 7) for path, value in facts.items())
    return Check(index, tuple(found), sign=True, line=6)


def copies(*violated_on: str, clause: str = "fork, on copies") -> Scenario:
    """A child has its parent's umask, which FORGETFUL's has not."""
    standard = Assertion("std/fork-02", clause, violated_on, line=4)
    return program(step(1, "parent", "fork", born="kid"), requires(2, kid__umask="022"), standard=standard)


def said(result: RunResult) -> tuple[bool, bool | None, tuple[Misplaced, ...]]:
    return result.ok, result.shown, result.misplaced


# --- the rules ----------------------------------------------------------------------------------------------------------


def test_an_assertion_is_satisfied_where_all_is_there_and_violated_where_it_says_so() -> None:
    assert said(run(copies("tinyos@2"), TINY)) == (True, True, ())
    assert said(run(copies("tinyos@2"), FORGETFUL)) == (True, False, ())


def test_a_violation_that_nobody_expects_fails_and_what_is_missing_is_named() -> None:
    missing = Unmet("kid.umask", "022", "000", 7)
    assert said(run(copies(), FORGETFUL)) == (False, False, (Misplaced("std/fork-02 is violated", 7, missing),))


def test_an_assertion_that_is_satisfied_where_it_should_be_violated_fails() -> None:
    text = "std/fork-02 is satisfied, all that it requires is there, but `violated_on` names it"
    assert said(run(copies("tinyos"), TINY)) == (False, True, (Misplaced(text, 4),))


def test_what_else_is_expected_has_to_hold_where_an_assertion_is_violated_too() -> None:
    scenario = copies("tinyos@2")
    strict = replace(scenario, steps=(*scenario.steps, check(3, parent__umask="077")))
    assert [one.path for one in run(strict, FORGETFUL).unmet] == ["parent.umask"]
    assert not run(strict, FORGETFUL).ok


def test_what_is_not_modelled_is_open_unless_it_should_be_violated() -> None:
    scenario = replace(copies(), steps=(step(1, "parent", "umask", mask="077"), requires(2, parent__umask="077")))
    assert said(run(scenario, VAGUE)) == (True, None, ())
    claimed = replace(scenario, standard=Assertion("std/fork-02", "fork", ("vague",), line=4))
    text = "that std/fork-02 is violated is not shown, for want of a model: masks are a mystery"
    assert said(run(claimed, VAGUE)) == (False, None, (Misplaced(text, 4),))


def test_a_crash_says_nothing() -> None:
    scenario = replace(copies("crashing"), steps=(step(1, "parent", "umask", mask="077"), requires(2, parent__umask="0")))
    assert said(run(scenario, CRASHING)) == (False, None, ())


def test_without_a_requirement_for_a_flavor_there_is_no_telling() -> None:
    scenario = replace(copies(), steps=(step(1, "parent", "fork", born="kid"),))
    assert said(run(scenario, TINY)) == (False, None, (Misplaced("no `requires` says what std/fork-02 requires here", 4),))


def test_no_scenario_shows_a_defect_and_witnesses_an_assertion() -> None:
    with pytest.raises(ScenarioError, match="it shows tinyos/Q1 and witnesses std/fork-02: make it two scenarios"):
        replace(copies(), defect=Defect("tinyos/Q1", ("tinyos",)))


def ours(ident: str) -> Flavor:
    return next(flavor for flavor in load_flavors().flavors if flavor.id == ident)


def raced(**changes: object) -> Scenario:
    scenario = load_scenario(RACE, load_flavors().flavors)
    assert scenario.standard is not None
    return replace(scenario, standard=replace(scenario.standard, **changes))  # type: ignore[arg-type]


def test_one_schedule_that_violates_an_assertion_is_enough() -> None:
    netbsd = ours("netbsd@1.189")
    assert run(raced(violated_on=()), netbsd).shown is True  # the default schedule does not
    assert said(explore(raced(), netbsd)) == (True, False, ())
    wrong = explore(raced(violated_on=()), netbsd)
    assert (wrong.ok, wrong.shown) == (False, False)
    assert wrong.misplaced[0].sign == Unmet("call.1", "kid", "stranger", wrong.misplaced[0].line)


def test_an_assertion_that_no_schedule_violates_is_satisfied() -> None:
    dragonfly = ours("dragonfly@1.62")
    assert said(explore(raced(), dragonfly)) == (True, True, ())
    wrong = explore(raced(violated_on=("dragonfly",)), dragonfly)
    assert (wrong.ok, wrong.shown, len(wrong.misplaced)) == (False, True, 1)


# --- lists of what is open ----------------------------------------------------------------------------------------------


def left(entry: str = "std/fork-03", on: tuple[str, ...] = ("tinyos@2",)) -> NotShown:
    return NotShown(entry, on, Because.OUTSIDE, "There are none.", "open.yaml", 2, "fork, on others")


def clashing(scenarios: list[Scenario], *listed: NotShown) -> list[str]:
    return [str(error) for error in clashes(scenarios, listed, ["tinyos@1", "tinyos@2"])]


def test_scenarios_may_hold_and_violate_an_assertion_but_in_one_clause() -> None:
    one, two = replace(copies(), name="one"), replace(copies("tinyos@2"), name="two", file="two.yaml")
    assert clashing([one, two]) == []
    moved = replace(copies(clause="elsewhere"), name="two", file="two.yaml")
    assert clashing([one, moved]) == ["two.yaml:4:1: std/fork-02 stands in another clause in one"]


def test_an_assertion_is_open_only_where_no_scenario_runs() -> None:
    here = replace(copies(), only=("tinyos@1",))
    assert clashing([here], left("std/fork-02")) == []
    assert clashing([here], left("std/fork-02", ("tinyos",))) == [
        "open.yaml:2:1: std/fork-02 is listed as not shown, and topic/name shows it"
    ]


def test_what_is_younger_stands_last() -> None:
    assert sorted(["s/_Fork", "s/vfork-01", "s/fork-10", "s/fork-02"], key=in_order) == [
        "s/fork-02", "s/fork-10", "s/vfork-01", "s/_Fork",
    ]  # fmt: skip


OPEN = "not_shown:\n  - {id: std/_Fork, on: all, clause: As fork., because: standard, reason: It is.}\n"


def test_a_list_of_open_assertions_is_read(tmp_path: Path) -> None:
    (file := tmp_path / "open.yaml").write_text(OPEN)
    assert load_not_shown(file, FLAVORS) == (NotShown("std/_Fork", ("all",), Because.STANDARD, "It is.", clause="As fork."),)


@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        ("clause: As fork., ", "", "2:5", "std/_Fork is an assertion of a standard: `clause` says where the standard says it"),
        ("because: standard", "because: interleaving", "2:57", "std/_Fork is an assertion of a standard, which waits for no"),
        ("std/_Fork", "alpha/Q1", "2:5", "alpha/Q1 is a defect, about which no standard says anything here"),
        (
            "std/_Fork",
            "std/-1",
            "2:10",
            "`id` is 'std/-1'; expected an entry of a register, such as dragonfly/Q12",
        ),
    ],
)
def test_a_mistake_in_such_a_list_has_its_place(tmp_path: Path, was: str, becomes: str, place: str, message: str) -> None:
    (file := tmp_path / "open.yaml").write_text(OPEN.replace(was, becomes))
    with pytest.raises(ScenarioError) as caught:
        load_not_shown(file, FLAVORS)
    assert str(caught.value).startswith(f"{file}:{place}: {message}")


# --- files --------------------------------------------------------------------------------------------------------------

FILE = """\
title: t
topic: posix
standard: {id: std/fork-02, clause: On copies., violated_on: beta}
steps:
  - {do: fork, as: kid}
  - requires: {kid.umask: "022"}
"""


@pytest.mark.parametrize(
    ("was", "becomes", "line", "column", "message"),
    [
        ("std/fork-02", "fork", 3, 16, "`id` is 'fork'; expected an assertion of a standard, such as posix/fork-03"),
        (", clause: On copies.", "", 3, 11, "`clause` is missing: Where the standard says it."),
        ("on: beta", "on: gamma", 3, 62, "selector 'gamma' names no installed flavor"),
        (
            "topic: posix",
            "topic: posix\nonly: alpha",
            4,
            62,
            "selector 'beta': the scenario does not run there",
        ),
        ("  - requires: {", "  - check: {", 3, 11, "no `requires` among the steps says what std/fork-02 requires on alpha@1.1"),
        ("steps:", "defect: {id: alpha/Q1, on: all}\nsteps:", 3, 11, "a scenario shows a defect or witnesses what a standard"),
        ("standard: {id: std/fork-02, clause: On copies., violated_on: beta}\n", "", 5, 5, "`requires` is for what a standard"),
        ("requires: {kid.umask", "requires: {kid.umsk", 6, 16, "'kid.umsk' is no fact; did you mean umask?"),
    ],
)
def test_a_mistake_in_a_scenario_has_its_place(was: str, becomes: str, line: int, column: int, message: str) -> None:
    found = flaw(FILE.replace(was, becomes))
    assert found[:2] == (line, column)
    assert found[2].startswith(message)


# --- reports ------------------------------------------------------------------------------------------------------------

ALL = ["tinyos@1", "tinyos@2", "vague@1"]


def comparisons() -> list[Comparison]:
    held = replace(copies(), name="held", steps=(step(1, "parent", "fork", born="kid"), requires(2, call__1="kid")))
    return [
        compare(one, (TINY, FORGETFUL, VAGUE))
        for one in (
            held,
            replace(copies("tinyos@2"), only=("tinyos",)),
            replace(copies(), name="wrong", only=("tinyos",), standard=Assertion("std/fork-01", "fork, at first")),
        )
    ]


def test_one_violation_outweighs_what_holds_and_what_is_listed_is_open() -> None:
    found = {one.id: one for one in claims(comparisons(), [left()], ALL)}
    stands = {name: [stand for _, stand in one.stands] for name, one in found.items()}
    assert stands == {
        "std/fork-01": [Stand.SATISFIED, Stand.FAILED, Stand.OPEN],
        "std/fork-02": [Stand.SATISFIED, Stand.VIOLATED, Stand.SATISFIED],
        "std/fork-03": [Stand.OPEN, Stand.OPEN, Stand.OPEN],
    }
    assert found["std/fork-02"].witnesses == ("topic/name", "held")  # the violation first


def test_assertions_are_counted_by_flavor() -> None:
    assert tallies(claims(comparisons(), [left()], ALL), ALL) == [
        "std: 3 assertions",
        "  tinyos@1: 2 satisfied, 0 violated, 1 open",
        "  tinyos@2: 0 satisfied, 1 violated, 1 open, 1 FAILED",
        "  vague@1: 1 satisfied, 0 violated, 2 open",
    ]


def test_every_report_has_the_table_of_assertions_and_no_register() -> None:
    text = table_report.render(comparisons(), ALL, Look(), not_shown=[left()])
    assert ["std/fork-02", "satisfied", "violated", "satisfied", "topic/name"] in [line.split() for line in text.splitlines()]
    assert "  std/fork-03 is open on tinyos@2, outside the model: There are none.\n" in text
    assert "  std/fork-02 is violated on tinyos@2 in topic/name: a title\n" in text
    page = markdown_report.render(comparisons(), ALL, not_shown=[left()])
    assert "- `std/fork-02` on `tinyos@2` in `topic/name`: a title\n" in page
    assert "| `std/fork-02` | fork, on copies | satisfied | violated | satisfied | `topic/name`, `held` |\n" in page
    assert "- `std/fork-03`: open on tinyos@2, outside the model: There are none." in page
    assert "Registers" not in text + page


def test_json_has_the_assertions_and_what_each_run_says() -> None:
    found = json.loads(json_report.render(comparisons(), ALL, not_shown=[left()]))
    assert found["defects"] == {"shown": [], "not_shown": []}
    assert found["standards"][1:] == [
        {
            "id": "std/fork-02",
            "clause": "fork, on copies",
            "flavors": {"tinyos@1": "satisfied", "tinyos@2": "violated", "vague@1": "satisfied"},
            "scenarios": ["topic/name", "held"],
            "violations": [{"scenario": "topic/name", "flavors": ["tinyos@2"]}],
            "open": None,
        },
        {
            "id": "std/fork-03",
            "clause": "fork, on others",
            "flavors": {"tinyos@1": "open", "tinyos@2": "open", "vague@1": "open"},
            "scenarios": [],
            "violations": [],
            "open": {"id": "std/fork-03", "on": ["tinyos@2"], "because": "outside", "reason": "There are none."},
        },
    ]
    scenario = next(one for one in found["scenarios"] if one["name"] == "topic/name")
    assert (scenario["standard"], scenario["defect"]) == ("std/fork-02", None)
    assert [(one["satisfied"], one["has_defect"]) for one in scenario["runs"]] == [(True, None), (False, None)]


def test_a_failure_says_what_is_required() -> None:
    assert failures_of(comparisons()[2]) == [
        "wrong.yaml:7: tinyos@2: std/fork-01 is violated: kid.umask is 000, required is 022"
    ]


def test_a_walk_says_what_is_as_required() -> None:
    scenario = copies("tinyos@2")
    holds = ("step 2  requires", "as required    kid.umask is 022", "satisfies std/fork-02", "as expected")
    violates = ("not as required    kid.umask is not 022 but 000", "violates std/fork-02", "as expected")
    for flavor, lines in ((TINY, holds), (FORGETFUL, violates)):
        text = walk_report.render(walk(scenario, flavor), scenario, "a title", Look())
        assert [line for line in lines if line not in text] == []


def test_reports_without_an_assertion_have_no_standards() -> None:
    ran = [compare(program(step(1, "parent", "fork", born="kid")), (TINY, FORGETFUL))]
    assert "Standards" not in table_report.render(ran, ALL[:2], Look()) + markdown_report.render(ran, ALL[:2])


# --- the command --------------------------------------------------------------------------------------------------------


def test_run_ends_in_success_where_each_violation_is_expected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((TINY, FORGETFUL)))
    specs(tmp_path, posix__umask=FILE.replace("beta", "tinyos@2"), posix__rest=OPEN)
    assert main(["run"]) == 0
    assert "std: 2 assertions\n  tinyos@1: 1 satisfied, 0 violated, 1 open\n" in capsys.readouterr().out
    specs(tmp_path, posix__umask=FILE.replace(", violated_on: beta", ""))
    assert main(["run"]) == 1
    told = " ".join(capsys.readouterr().out.split())  # a long path of the file breaks the line elsewhere
    assert "std/fork-02 is violated: kid.umask is 000, required is 022" in told
