from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.explain.events import WHOLE
from oracle.explain.explain import Difference, Explanation, Side, explain
from oracle.explain.places import WAYS, Place, known_name, places
from oracle.facts import FACTS, Subject
from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.load import load_scenario
from oracle.machine.files import Vnode
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.registry import load_flavors
from oracle.report import explain_report
from oracle.report.look import Look
from oracle.run import Execution
from oracle.scenario import Scenario, Step
from oracle.signature import Signature, signature
from oracle.sources.listing import Listing
from tests.unit.explained import CRASHING, KERN, ONE, OTHER, REFUSING, masks

SPECS = Path(__file__).parents[2] / "specs"
FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}


def difference(explanation: Explanation, path: str) -> Difference:
    return next(one for one in explanation.differences if one.path == path)


def sides(scenario: Scenario, path: str, one: Flavor = ONE, other: Flavor = OTHER) -> list[list[str]]:
    """What decided a fact, on each flavor: the kind of reason, the lines, and those around them."""
    return [said(side) for side in difference(explain(scenario, one, other), path).sides]


def said(side: Side) -> list[str]:
    found = []
    for reason in side.reasons:
        cite = reason.cite
        lines = "" if cite is None else f" {ranges(cite.lines) or cite.function}"
        found.append(reason.kind + lines + (f" under {ranges(cite.under)}" if cite is not None and cite.under else ""))
    return found


def ranges(lines: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in lines)


# --- little kernels -----------------------------------------------------------------------------------------------------


def test_a_write_is_explained_by_its_line_and_the_decision_around_it() -> None:
    wrote, _ = sides(masks(0o700), "parent.nice")
    assert wrote == ["wrote 7 under 6"]


def test_a_write_that_did_not_happen_is_explained_by_the_decision_that_went_the_other_way() -> None:
    _, kept = sides(masks(0o700), "parent.nice")
    assert kept == ["did not 36"]


def test_a_decision_on_a_local_name_comes_with_the_lines_that_computed_it() -> None:
    wrote, kept = sides(masks(0o11), "parent.forked")
    assert wrote == ["wrote 22"]  # the innermost function that cites lines
    assert kept == ["did not 38"]
    other, one = sides(masks(0o2), "parent.forked", OTHER, ONE)
    assert other == ["wrote 39 under 38"]
    assert one == ["did not 10 under 9"]  # what is called in the block not taken would have written it


def test_a_decision_about_other_bits_of_a_word_is_no_reason() -> None:
    _, kept = sides(masks(0o11), "parent.forked")
    assert kept == ["did not 38"]  # and not 40, which comes later


def test_the_end_of_a_loop_that_was_gone_through_is_no_reason() -> None:
    wrote, kept = sides(masks(0o12), "parent.mqueues")
    assert wrote == ["wrote 17"]
    assert kept == ["did not 48"]  # and not 46


def test_an_error_is_explained_by_where_it_is_raised_and_the_other_side_by_what_it_passed() -> None:
    failed, passed = sides(masks(0o777), "call.1")
    assert failed == ["failed with EINVAL 4 under 3"]
    assert passed == ["passed 33", "returned 44"]


def test_what_an_object_is_made_with_is_decided_where_it_is_made() -> None:
    scenario = Scenario(
        "limits",
        "",
        "",
        "",
        (
            Step(1, "parent", "umask", {"mask": 0}),
            Step(2, "parent", "setrlimit", {"resource": "nofile", "soft": 4}, only=("nobody",)),
        ),
    )
    made, kept = sides(scenario, "parent.limit.nofile")
    assert made == ["made 13"]
    assert kept == ["is as at the start"]


def test_time_is_explained_by_where_a_call_slept_and_where_the_other_did_not() -> None:
    slept, awake = sides(masks(0o22), "call.1.elapsed")
    assert slept == ["slept 16 under 15"]
    assert awake == ["did not sleep 41"]


def test_what_follows_from_an_error_is_explained_by_the_error() -> None:
    scenario = masks(0o700)
    _, refused = sides(scenario, "parent.nice", ONE, REFUSING)
    assert refused == ["failed with EPERM"]


def test_a_fact_parts_at_the_step_from_which_on_it_differs() -> None:
    explanation = explain(masks(0o4, 0o700, 0o4), ONE, OTHER)
    assert difference(explanation, "parent.nice").step == 2
    assert explanation.rows[2].parts == ("parent.nice",)


def test_what_agrees_again_is_told_where_it_is_the_first_to_part() -> None:
    explanation = explain(masks(0o700, 0o1), ONE, OTHER)  # 1 and 0, then 1 and 2
    assert [(one.path, one.step, one.lasts) for one in explanation.differences] == [("parent.nice", 1, True)]
    explanation = explain(masks(0o2, 0o11), ONE, OTHER)
    assert [(one.path, one.step, one.lasts) for one in explanation.differences] == [("parent.forked", 1, False)]
    assert explanation.first is not None


def test_flavors_that_agree_have_no_differences() -> None:
    explanation = explain(masks(0o4), ONE, OTHER)
    assert explanation.differences == ()
    assert explanation.first is None
    assert "they agree" in explain_report.render(explanation, {}, Look())


def test_a_flavor_that_crashes_says_nothing_and_why() -> None:
    explanation = explain(masks(0o4), ONE, CRASHING)
    assert explanation.silent == ("crashed@1: crashed: RuntimeError: boom".replace("crashed@1", "crashing@1"),)
    assert explanation.differences == ()


def test_nothing_is_watched_any_more_afterwards() -> None:
    before = sys.gettrace()
    explain(masks(0o700), ONE, OTHER)
    assert sys.gettrace() is before


def test_explaining_twice_gives_the_same() -> None:
    scenario = masks(0o11, 0o700)
    assert explain(scenario, ONE, OTHER).differences == explain(scenario, ONE, OTHER).differences


# --- signatures ---------------------------------------------------------------------------------------------------------


def signed(*values: int) -> Signature:
    scenario = masks(*values)
    return signature(compare(scenario, [ONE, OTHER]), [explain(scenario, ONE, OTHER)])


def test_inputs_that_differ_by_the_same_lines_have_one_signature() -> None:
    assert signed(0o700) == signed(0o4, 0o500)
    assert signed(0o700).ident != signed(0o11).ident


def test_a_signature_names_the_lines_on_both_sides() -> None:
    (nice,) = [one for one in signed(0o700).decided if one.fact == "<other>.nice"]
    assert nice.by == (("one@1", (f"{KERN}, mask_one [7]",)), ("other@1", (f"{KERN}, mask_other [36]",)))


# --- where facts are read from ------------------------------------------------------------------------------------------


def test_every_fact_of_the_vocabulary_has_its_places() -> None:
    assert set(WAYS) == {(fact.subject, fact.name) for fact in FACTS}


NO_PLACES = {(Subject.CALL, ""), (Subject.CALL, "elapsed"), (Subject.MACHINE, "panic"), (Subject.MACHINE, "deadlock")}
RUNS = (
    ("files/exec-unshares-the-table", "dragonfly@768af85b"),
    ("files/lock-is-not-inherited", "netbsd@1.189"),
    ("tracing/fork-is-an-event", "netbsd@1.189"),
    ("defects/dragonfly-q1-traced-fork", "dragonfly@1.62"),
    ("accounting/ktrace-with-inherit", "netbsd@1.189"),
    ("accounting/ktrace-with-inherit", "dragonfly@1.67"),
    ("accounting/queue-count-from-the-start", "netbsd@1.189"),
    ("notes/fork-is-reported", "dragonfly@768af85b"),
    ("signals/handlers-shared", "netbsd@1.189"),
    ("signals/alternate-stack", "dragonfly@768af85b"),
    ("signals/pending-stop", "dragonfly@768af85b"),
    ("limits/changed-limit-stays-private", "dragonfly@1.67"),
    ("parents/peers-in-a-row", "dragonfly@768af85b"),
    ("parents/no-zombies-wanted", "dragonfly@768af85b"),
    ("results/arguments-of-a-child", "dragonfly@768af85b"),
    ("results/arguments-of-a-child", "netbsd@1.189"),
    ("signals/handlers-shared", "dragonfly@768af85b"),
    ("signals/ignoring-for-others", "dragonfly@768af85b"),
    ("memory/wired-region", "dragonfly@768af85b"),
    ("memory/wired-region", "netbsd@1.189"),
    ("files/table-of-three", "dragonfly@768af85b"),
    ("accounting/vfork-counter", "dragonfly@768af85b"),
    ("limits/changed-limit-stays-private", "netbsd@1.189"),
    ("notes/fork-is-reported", "netbsd@1.189"),
    ("files/peer-locks-for-its-leader", "dragonfly@768af85b"),
)


# what a system has not, so that nothing that is put anywhere shows
LACKING = {
    "dragonfly": {"signal_lock", "fork_event", "fork_traced", "stop_on_fork", "nstopchild"},
    "netbsd": {"arguments", "same_leader_as", "tracked_leader", "virtual_kernel", "holds"},
}


@pytest.mark.parametrize("system", ["dragonfly", "netbsd"])
def test_changing_a_place_changes_the_fact_that_is_read_from_it(system: str) -> None:
    proven: set[tuple[Subject, str]] = set()
    for name, flavor_id in RUNS:
        flavor = FLAVORS[flavor_id]
        if flavor.system != system:
            continue
        file = SPECS / f"{name}.yaml"
        execution = Execution(load_scenario(file, tuple(FLAVORS.values()), SPECS), flavor, checked=False)
        for _ in execution.steps():
            pass
        for path, value in dict(execution.facts()).items():
            subject, fact, _ = known_name(path)
            found = places(flavor, execution.k, path, value, _other_set(value, flavor))
            if (subject, fact) not in proven and any(_changes_fact(execution, one, path) for one in found if not one.leads):
                proven.add((subject, fact))
    assert {fact for _, fact in set(WAYS) - NO_PLACES - proven} - LACKING[system] == set()


def _other_set(value: object, flavor: Flavor) -> tuple[str, ...]:
    """What differs from a set in every signal and every flag."""
    names = {*flavor.signals, *(flag for word in flavor.flags.values() for flag in word)}
    return tuple(names - set(value if isinstance(value, tuple) else ()))


def _changes_fact(execution: Execution, place: Place, path: str) -> bool:
    """Whether the fact changes with a place."""
    before = execution.facts().get(path)
    held = getattr(place.obj, place.field)
    for other in _others(held, place, execution.k):
        setattr(place.obj, place.field, other)
        try:
            changed = execution.facts().get(path) != before
        except (KeyError, AttributeError, ValueError):  # no state, no name: it was read
            changed = True
        setattr(place.obj, place.field, held)
        if changed:
            return True
    return False


def _others(held: object, place: Place, k: Machine) -> Iterator[object]:
    if isinstance(place.obj, Proc) and not isinstance(held, int | str):
        yield from [value for proc in k.names if (value := getattr(proc, place.field)) is not held]
    if isinstance(held, dict):
        if place.key is not WHOLE and place.key in held:
            value = held[place.key]
            yield {key: one for key, one in held.items() if key != place.key}
            for other in _others(value, Place(held, "", bits=0), k):
                yield {**held, place.key: other}
        elif place.key is WHOLE and held:
            yield {}
    elif isinstance(held, list):
        if held:
            yield held[1:]
            yield held[:-1]
            yield [one for one in held if one is not place.key]
        yield [*held, place.key]
        yield [*held, k.proc0]
        yield [*held, "text"]
    elif isinstance(held, bool):
        yield not held
    elif isinstance(held, int):
        yield held ^ place.bits if place.bits else held + 1
        yield held + 3
        yield held ^ 0x01
    elif isinstance(held, str):
        yield held + "x"
    elif isinstance(held, tuple):
        yield (*held, k.proc0)
        yield (*held, "text")
        yield (7, 7)
        if held:
            yield held[1:]
    elif isinstance(held, Proc):
        yield k.proc0
        yield k.initproc
    elif isinstance(held, Vnode):
        yield Vnode("/other")
    elif held is None:
        yield from (k.proc0, Vnode("/other"), object())
    else:
        yield None
        yield copy.copy(held)


# --- the kernels: what a developer of each would name -------------------------------------------------------------------

NEW, OLD, NETBSD = "dragonfly@768af85b", "dragonfly@1.67", "netbsd@1.189"
ZEROED = ["zeroed 354, 367-368, 375, 383, 492, 494"]  # the allocation, and what the C sets to nothing itself
BY_HAND = (
    # an empty descriptor table resets the mask; NetBSD's plain fork copies it
    ("defects/dragonfly-q12-umask-reset", OLD, "kid.umask", ["made 387-388 under 386"], ["made 362 under 359"]),
    ("defects/dragonfly-q12-umask-reset", OLD, "parent.umask", ["made 235-237 under 233"], ["wrote"]),
    # ten slots are kept for the superuser
    (
        "limits/last-ten-slots", NEW, "call.3",
        ["failed with EAGAIN 325-326 under 320"], ["passed 232-236, 238", "passed 252", "returned 597-598, 601"],
    ),
    ("limits/last-ten-slots", NEW, "machine.console_lines", ["wrote 322-323 under 247-248, 320-321"], ["did not 232-236, 238"]),
    # a refused fork sleeps, here or there
    ("limits/forkfsleep", NEW, "call.1.elapsed", ["slept 324 under 320"], ["slept 259 under 252-255, 258"]),
    ("limits/refusal-takes-half-a-second", NEW, "call.1.elapsed", ["slept 348 under 338-340"], ["did not sleep 258"]),
    # the table holds the directories, or does not
    ("files/chdir-in-a-shared-table", NEW, "parent~kid.cwd", ["wrote 432"], ["wrote 362 under 359"]),
    ("files/chdir-in-a-shared-table", NEW, "parent.cwd", ["wrote 432", "wrote kern_chdir"], ["is as at the start"]),
    # who is born stopped
    ("stop-on-fork/born-stopped", NEW, "kid.state", ["wrote 702"], ["wrote 555 under 552"]),
    # the fork of a traced process, with flags and without
    ("defects/netbsd-q1-traced-clone-lost", NEW, "copy.traced", ZEROED, ["wrote 472 under 469-471"]),
    ("defects/netbsd-q1-traced-clone-lost", NEW, "copy.parent", ["wrote 490"], ["wrote 486 under 469-471"]),
    # what counts as a vfork
    ("accounting/vfork-counter", OLD, "machine.vforks", ["did not 490"], ["wrote 511 under 510"]),
    ("accounting/vfork-counter", OLD, "machine.forks", ["did not 487"], ["wrote 509"]),
    # the number of open queues comes along, or not
    ("accounting/queue-count-from-the-start", NEW, "kid.mqueues", ZEROED, ["wrote 357"]),
    # limits are shared, or copied where they were changed
    # what a call answers: what it looked up, and who had put that there
    ("defects/netbsd-q14-parent-gets-echild", NEW, "call.12", ["wrote 490"], ["wrote 486 under 469-471"]),
    ("files/umask-in-a-shared-table", NEW, "call.5", ["returned sys_umask"], ["made 362 under 359"]),
    (
        "groups/stop-key-changes-a-dead-child", NEW, "call.6",
        ["wrote lwpsignal", "returned kern_wait"], ["wrote exit1", "returned do_sys_wait"],
    ),
    ("parents/order-of-wait", NEW, "call.9", ["wrote 491", "returned kern_wait"], ["wrote exit1", "returned do_sys_wait"]),
    # a call whose function cites no C has at least returned
    ("memory/who-wires", NEW, "call.1", ["failed with EPERM"], ["returned"]),
    # a process dies of a signal; one that makes the same access again and again lives
    ("memory/unmapped", NEW, "third.state", ["goes round trap"], ["died postsig"]),
    ("limits/limits-of-its-own", NEW, "kid.limit.nproc", ["wrote 453"], ["wrote 373 under 369"]),
)  # fmt: skip


@pytest.mark.parametrize(("name", "ours", "path", "here", "there"), BY_HAND, ids=lambda value: str(value)[:40])
def test_the_lines_are_those_that_a_developer_of_the_kernel_would_name(
    name: str, ours: str, path: str, here: list[str], there: list[str]
) -> None:
    scenario = load_scenario(SPECS / f"{name}.yaml", tuple(FLAVORS.values()), SPECS)
    found = sides(scenario, path, FLAVORS[ours], FLAVORS[NETBSD])
    assert found == [here, there]


def test_a_fork_that_starts_over_is_explained_by_what_makes_it_start_over() -> None:
    scenario = load_scenario(SPECS / "defects/dragonfly-q1-traced-fork.yaml", tuple(FLAVORS.values()), SPECS)
    spins, _ = difference(explain(scenario, FLAVORS[OLD], FLAVORS[NEW]), "call.2").sides
    assert said(spins) == ["starts over: ERESTART 270-271 under 269"]


def test_the_registers_of_a_fork_that_starts_over_are_explained_by_that_too() -> None:
    scenario = load_scenario(SPECS / "defects/dragonfly-q1-traced-fork.yaml", tuple(FLAVORS.values()), SPECS)
    spins, forks = difference(explain(scenario, FLAVORS["dragonfly@1.62"], FLAVORS[NEW]), "parent.registers").sides
    assert said(spins) == ["starts over: ERESTART 221-222 under 220"]
    assert said(forks) == ["returned 123-124, 127"]


def test_a_death_by_a_signal_is_explained_by_where_that_was_decided() -> None:
    scenario = load_scenario(SPECS / "signals/handler-on-no-stack.yaml", tuple(FLAVORS.values()), SPECS)
    died, _ = difference(explain(scenario, FLAVORS["dragonfly@1.62"], FLAVORS[OLD]), "kid.state").sides
    assert said(died) == ["died postsig"]


def test_who_can_never_go_on_is_explained_by_where_he_sleeps_and_by_what_was_done_last() -> None:
    scenario = load_scenario(SPECS / "vfork/woken-by-a-continued-child.yaml", tuple(FLAVORS.values()), SPECS)
    stuck, woken = difference(explain(scenario, FLAVORS[OLD], FLAVORS[NEW]), "machine.deadlock").sides
    assert said(stuck) == ["sleeps 696 under 695", "returned kern_kill"]
    assert said(woken) == ["returned kern_kill", "returned 144-145, 148"]


def test_revisions_differ_by_the_line_that_changed() -> None:
    scenario = load_scenario(SPECS / "accounting/rfork-counters.yaml", tuple(FLAVORS.values()), SPECS)
    assert sides(scenario, "machine.forks", FLAVORS[OLD], FLAVORS[NEW]) == [["did not 487"], ["wrote 527-528 under 526"]]


# --- the report and the command -----------------------------------------------------------------------------------------


def test_the_report_shows_the_c_if_it_is_at_hand() -> None:
    listing = Listing("".join(f"{line} code_{line}();\n" for line in range(1, 61)))
    explanation = explain(masks(0o700), ONE, OTHER)
    text = explain_report.render(explanation, {str(KERN): listing}, Look())
    assert "wrote: kern_mask.c 1.1, mask_one [7] under [6]" in text
    assert "    6 code_6();" in text
    assert "   36 code_36();" in text
    assert "code_7" not in explain_report.render(explanation, {}, Look())


def test_the_first_decision_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(SPECS / "limits/last-ten-slots.yaml"), "--flavor", NEW, "--flavor", NETBSD]) == 0
    text = capsys.readouterr().out
    assert "they part at step 3, on call.3" in text
    assert "fork1 [325-326] under [320]" in text


def test_the_command_writes_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(SPECS / "stop-on-fork/born-stopped.yaml"), "--flavor", NEW, "--flavor", NETBSD, "--format", "json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    (state,) = [one for one in said["differences"] if one["fact"] == "kid.state"]
    assert [side["value"] for side in state["sides"]] == ["running", "stopped"]
    assert state["sides"][1]["decided_by"][0]["lines"] == [[555, 555]]


def test_explain_wants_two_flavors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(SPECS / "limits/last-ten-slots.yaml"), "--flavor", NETBSD]) == 2
    assert "explain needs --flavor twice" in capsys.readouterr().err


def test_without_flavors_two_that_differ_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "accounting/rfork-counters"]) == 0
    assert "on dragonfly@768af85b and on dragonfly@1.62" in capsys.readouterr().out.partition("\n")[0]
    assert main(["explain", "limits/last-ten-slots"]) == 0
    assert "on dragonfly@768af85b and on netbsd@1.189" in capsys.readouterr().out.partition("\n")[0]


def test_without_flavors_nothing_is_made_up_where_all_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "files/close-on-exec"]) == 2
    assert "no two of the installed flavors differ on files/close-on-exec" in capsys.readouterr().err
