from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.errors import ScenarioError
from oracle.flavor import Args, Call, Flavor, at_once
from oracle.harness import Comparison, compare, compare_all
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.outcome import RunResult
from oracle.scenario import MachineSpec, Scenario
from tests.outside.tinyos import FLAVOR
from tests.unit.plugins import program, step


def umask(mask: str) -> Flavor:
    """A TinyOS on which umask gives this."""
    return with_umask(f"tinyos@{mask}", lambda k, lwp, args: mask)


def with_umask(ident: str, code: object) -> Flavor:
    call = Call(FLAVOR.calls["umask"].spec, at_once(code))  # type: ignore[arg-type]
    return replace(FLAVOR, id=ident, calls={**FLAVOR.calls, "umask": call})


def unmodelled(k: Machine, lwp: Lwp, args: Args) -> str:
    raise Unmodelled("no idea")


CRASHING = with_umask("tinyos@crashing", lambda k, lwp, args: 1 // 0)
IGNORANT = with_umask("tinyos@ignorant", unmodelled)


def scenario(**rest: object) -> Scenario:
    return program(step(1, "parent", "umask", mask="077"), **rest)


def test_flavors_that_agree_on_all_that_is_compared_have_one_letter() -> None:
    comparison = compare(scenario(), [umask("1"), umask("2"), replace(umask("1"), id="tinyos@3")])
    assert comparison.outcome_classes() == {"tinyos@1": "A", "tinyos@2": "B", "tinyos@3": "A"}
    assert [one.path for one in comparison.divergences] == ["call.1"]


def test_who_crashed_or_does_not_know_has_no_letter() -> None:
    comparison = compare(scenario(), [CRASHING, umask("1"), IGNORANT])
    assert comparison.outcome_classes() == {"tinyos@crashing": "!", "tinyos@1": "A", "tinyos@ignorant": "?"}
    assert not comparison.ok


def test_what_is_not_modelled_is_no_failure() -> None:
    assert compare(scenario(), [umask("1"), IGNORANT]).ok


def test_a_tunable_that_none_of_the_flavors_has_is_refused() -> None:
    turned = scenario(machine=MachineSpec(tunables=(("speed", 1),)))
    fast = replace(umask("2"), tunables={"speed": 0})
    assert compare(turned, [umask("1"), fast]).ok
    with pytest.raises(ScenarioError, match=r"none of tinyos@1, tinyos@3 has a tunable 'speed'; there are brake"):
        compare(turned, [umask("1"), replace(fast, id="tinyos@3", tunables={"brake": 0})])


def test_a_divergence_is_no_failure_unless_agreement_was_promised() -> None:
    flavors = [umask("1"), umask("2")]
    assert compare(scenario(), flavors).ok
    assert compare(scenario(agree=("kid.*",)), flavors).ok
    comparison = compare(scenario(agree=("kid.*", "call.*")), flavors)
    assert not comparison.ok
    assert [one.path for one in comparison.broken_promises] == ["call.1"]


def test_a_promise_about_everything_leaves_out_what_one_system_alone_has() -> None:
    def hold(k: Machine, lwp: Lwp, args: Args) -> str:
        lwp.lwp_proc.p_hold += 1
        return "1"

    flavors = [umask("1"), with_umask("tinyos@2", hold)]
    comparison = compare(scenario(agree=("*",)), flavors)
    assert [one.path for one in comparison.divergences] == ["parent.holds"]
    assert comparison.ok
    assert not compare(scenario(agree=("*.holds",)), flavors).ok


def test_a_systems_own_statistics_are_compared_where_they_are_asked_for() -> None:
    def counting(k: Machine, lwp: Lwp, args: Args) -> str:
        k.count("tiny_umasks")
        return "1"

    flavors = [umask("1"), with_umask("tinyos@2", counting)]
    assert compare(scenario(agree=("*",)), flavors).divergences == ()
    assert not compare(scenario(agree=("machine.counter.*",)), flavors).ok


def test_flavors_that_a_scenario_is_not_meant_for_do_not_run() -> None:
    comparison = compare(scenario(only=("tinyos@2",)), [umask("1"), umask("2")])
    assert [result.flavor for result in comparison.results] == ["tinyos@2"]


def test_a_scenario_for_nobody_is_an_empty_comparison() -> None:
    comparison = compare(scenario(only=("minix",)), [FLAVOR])
    assert (comparison.results, comparison.divergences, comparison.ok) == ((), (), True)


def test_all_scenarios_are_compared_in_order_and_progress_is_told() -> None:
    told: list[Comparison] = []
    names = ["b", "a", "c"]
    done = compare_all((replace(scenario(), name=name) for name in names), [FLAVOR], told.append)
    assert [one.scenario.name for one in done] == names
    assert tuple(told) == done


def test_more_than_26_classes_still_have_different_names() -> None:
    flavors = [umask(f"{number:03o}") for number in range(60)]
    letters = list(compare(scenario(), flavors).outcome_classes().values())
    assert len(set(letters)) == 60
    assert (letters[0], letters[25], letters[26], letters[59]) == ("A", "Z", "AA", "BH")


@pytest.mark.parametrize("flavors", [[], [FLAVOR]])
def test_fewer_than_two_flavors_have_nothing_to_disagree_about(flavors: list[Flavor]) -> None:
    comparison = compare(scenario(agree=("*",)), flavors)
    assert comparison.ok
    assert comparison.divergences == ()
    assert all(isinstance(result, RunResult) for result in comparison.results)
