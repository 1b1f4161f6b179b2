from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from oracle.cite import Branchless, CFunction, LeftOut, Source, SourceMap
from oracle.sources.account import Account, Ran, State, account, totals
from oracle.sources.exercise import FileRuns, merge
from oracle.sources.reading import Flaw
from tests.outside.tinyos import FLAVOR
from tests.unit.sources.planted import reading

KERN_FORK = Source("TestBSD", "kern_fork.c", "1.1", 29)
MAP = SourceMap(
    KERN_FORK,
    (CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20, 23", "10, 16"),),
    (LeftOut("6", "a local"), LeftOut("14", "LOUD is not configured")),
)
FORK1 = (
    "@models(KERN_FORK, 3, 24)\n"  # 4
    "def fork1(a, items):\n"
    "    if a:  # [10]\n"  # 6
    "        return 1  # [11]\n"
    "    for ep in items:  # [16]\n"  # 8
    "        a = ep  # [17-18]\n"
    "    else:\n"
    "        a = 0  # [20]\n"  # 11
    "    return a  # [23]\n"
)
WAYS = {6: frozenset({7, 8}), 8: frozenset({9, 11})}
ALL = FileRuns(frozenset(range(4, 13)), WAYS, {}, {7: ("one",), 12: ("one", "two")}, WAYS)


def accounted(folder: Path, text: str = FORK1, source_map: SourceMap = MAP, runs: FileRuns | None = None) -> Account:
    read = reading(folder, text)
    return account(FLAVOR, source_map, [read], None if runs is None else {read.file: runs})


def states(one: Account) -> dict[int, State]:
    return {line.number: line.state for line in one.lines()}


def ran(one: Account) -> dict[int, Ran]:
    return {line.number: line.ran for line in one.lines() if line.ran is not Ran.UNKNOWN}


def test_every_line_is_modelled_or_left_out(tmp_path: Path) -> None:
    found = accounted(tmp_path)
    assert found.ok
    assert [number for number, state in states(found).items() if state is State.LEFT_OUT] == [6, 14]
    assert (totals(found.lines()).code, totals(found.lines()).modelled, totals(found.lines()).nowhere) == (9, 7, 0)


def test_a_line_that_nobody_accounts_for_is_found(tmp_path: Path) -> None:
    found = accounted(tmp_path, FORK1.replace("# [20]", ""))
    assert not found.ok
    assert [line.number for line in found.nowhere()] == [20]
    assert totals(found.lines()).nowhere == 1


def test_a_line_that_is_left_out_and_modelled_is_wrong(tmp_path: Path) -> None:
    found = accounted(tmp_path, FORK1.replace("[23]", "[14, 23]"))
    assert not found.ok
    assert [flaw.line for flaw in found.flaws] == [14]
    assert "is left out (LOUD is not configured), and is cited at testbsd_fork.py:12" in found.flaws[0].message


def test_a_reason_for_what_is_no_line_of_code_is_wrong(tmp_path: Path) -> None:
    source_map = replace(MAP, left_out=(*MAP.left_out, LeftOut("8", "a comment")), branchless=(Branchless("9", "why"),))
    messages = [flaw.message for flaw in accounted(tmp_path, source_map=source_map).flaws]
    assert messages == [
        "is said to be left out, and is no line of code in a function of the map",
        "is said to be branchless, and is no line of code in a function of the map",
    ]


def test_a_decision_that_no_statement_of_the_model_takes_is_wrong(tmp_path: Path) -> None:
    text = FORK1.replace("# [16]", "").replace("[17-18]", "[16-18]")
    (flaw,) = accounted(tmp_path, text).flaws
    assert flaw.line == 16
    assert "decides, and nothing at testbsd_fork.py:9 does" in flaw.message
    assert accounted(tmp_path, text, replace(MAP, branchless=(Branchless("16", "it is taken elsewhere"),))).flaws == ()


def test_flaws_that_are_known_already_are_kept(tmp_path: Path) -> None:
    flaw = Flaw("here", 1, "is odd")
    found = account(FLAVOR, MAP, [reading(tmp_path, FORK1)], None, [flaw])
    assert (found.flaws, found.ok) == ((flaw,), False)


def test_what_ran_is_carried_over_to_the_c(tmp_path: Path) -> None:
    found = accounted(tmp_path, runs=ALL)
    assert found.ok
    assert set(ran(found).values()) == {Ran.ALL}
    sums = totals(found.lines())
    assert (sums.exercised, sums.to_exercise, sums.ways_taken, sums.ways) == (7, 7, 4, 4)
    assert {line.number: line.scenarios for line in found.lines() if line.scenarios} == {11: ("one",), 23: ("one", "two")}


def test_a_line_whose_statement_did_not_run_is_not_exercised(tmp_path: Path) -> None:
    found = accounted(tmp_path, runs=replace(ALL, lines=ALL.lines - {9}))
    assert not found.ok
    assert [line.number for line in found.idle()] == [17, 18]


def test_a_line_with_two_statements_of_which_one_ran_is_partly_exercised(tmp_path: Path) -> None:
    found = accounted(tmp_path, FORK1.replace("[23]", "[20, 23]"), runs=replace(ALL, lines=ALL.lines - {11}))
    assert {number for number, how in ran(found).items() if how is Ran.SOME} == {20}


def test_a_decision_that_went_one_way_only_is_found_with_the_way_it_never_went(tmp_path: Path) -> None:
    runs = replace(ALL, taken={6: frozenset({8}), 8: frozenset({9})}, missed={6: frozenset({7}), 8: frozenset({11})})
    found = accounted(tmp_path, runs=runs)
    assert not found.ok
    assert [(line.number, way.when) for line, way in found.one_way()] == [(10, "`if a` true"), (16, "`for ep in items` ends")]
    assert (totals(found.lines()).ways_taken, totals(found.lines()).ways) == (2, 4)


def test_a_decision_of_the_model_alone_is_no_branch_of_the_c(tmp_path: Path) -> None:
    source_map = replace(MAP, functions=(replace(MAP.functions[0], decides="10"),))
    found = accounted(
        tmp_path, source_map=source_map, runs=replace(ALL, taken={6: frozenset({7, 8})}, missed={8: frozenset({9, 11})})
    )
    assert found.ok
    assert totals(found.lines()).ways == 2


def test_what_is_never_reached_need_not_run_nor_the_way_to_it_be_taken(tmp_path: Path) -> None:
    text = FORK1.replace("[11]", "[11] never: nobody asks")
    runs = replace(
        ALL, lines=ALL.lines - {7}, taken={6: frozenset({8}), 8: frozenset({9, 11})}, missed={6: frozenset({7})}, scenarios={}
    )
    found = accounted(tmp_path, text, runs=runs)
    assert found.ok
    assert ran(found)[11] is Ran.OUT_OF_REACH
    assert totals(found.lines()).to_exercise == 6
    assert totals(found.lines()).ways == 3


def test_what_is_never_reached_and_runs_all_the_same_is_wrong(tmp_path: Path) -> None:
    (flaw,) = accounted(tmp_path, FORK1.replace("[11]", "[11] never: nobody asks"), runs=ALL).flaws
    assert (flaw.place, flaw.line) == ("testbsd_fork.py", 7)
    assert flaw.message == "is said to be out of reach (never: nobody asks), and was reached, in one"


def test_a_decision_that_always_goes_one_way_need_not_go_the_other(tmp_path: Path) -> None:
    text = FORK1.replace("[10]", "[10] always: who calls has one")
    taken = {6: frozenset({7}), 8: frozenset({9, 11})}
    runs = replace(ALL, taken=taken, missed={6: frozenset({8})}, walked=taken)
    assert accounted(tmp_path, text, runs=runs).ok
    (flaw,) = accounted(tmp_path, text, runs=ALL).flaws
    assert "was reached" in flaw.message


def test_only_a_scenario_shows_that_something_is_in_reach(tmp_path: Path) -> None:
    text = FORK1.replace("[10]", "[10] always: who calls has one").replace("[20]", "[20] never: there are items")
    assert accounted(tmp_path, text, runs=replace(ALL, scenarios={}, walked={})).ok


def test_what_ran_in_two_measurements_is_merged() -> None:
    one = FileRuns(frozenset({6}), {6: frozenset({7})}, {6: frozenset({8})}, {6: ("one",)}, {6: frozenset({7})})
    other = FileRuns(frozenset({8}), {6: frozenset({8})}, {6: frozenset({7})}, {6: ("two",), 8: ("two",)})
    both = merge({"a.py": one}, {"a.py": other, "b.py": other})
    assert both["b.py"] == other
    assert both["a.py"] == FileRuns(
        frozenset({6, 8}), {6: frozenset({7, 8})}, {6: frozenset()}, {6: ("one", "two"), 8: ("two",)}, {6: frozenset({7})}
    )
