"""A search finds each divergence once, shrunk, and comes to the same however the work is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from oracle.extras import MachineExtras, ProcessExtras
from oracle.flavor import Flavor
from oracle.fuzz.generate import Generator
from oracle.fuzz.hunt import Findings, Hunt, carry_out, findings, fuzz
from oracle.fuzz.search import parts_of, weights_of
from oracle.fuzz.shrink import cost, fewer_steps, renamed, shrunk
from oracle.fuzz.store import LAG, FuzzStore
from oracle.fuzz.symptoms import symptoms
from oracle.harness import compare
from oracle.load import dump_scenario, loads
from oracle.registry import load_flavors
from oracle.report.found import found_file
from oracle.report.fuzz_report import render, to_json
from oracle.report.look import Look
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec, Scenario, Step
from tests.unit.sweep_toys import BAD, CRASHING, NEW, ONE, TWO, VAGUE

INSTALLED = load_flavors()
NEWEST = INSTALLED.select(("netbsd", "dragonfly"))
PAIRS = (NEWEST, INSTALLED.select(("dragonfly@1.62", "dragonfly@1.67")), INSTALLED.flavors)


def told(found: Findings) -> list[tuple[str, int, int]]:
    return [(bucket.name, bucket.count, bucket.number) for bucket in found.buckets]


# --- the whole ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_cases_find_the_same_with_one_process_or_two() -> None:
    one = fuzz(NEWEST, 100, seed=5)
    assert to_json(one) == to_json(fuzz(NEWEST, 100, seed=5, jobs=2))
    assert one.progress.cases == 128  # whole batches
    assert len(one.buckets) > 10


def test_another_seed_finds_other_cases() -> None:
    assert told(fuzz(NEWEST, 32, seed=5)) != told(fuzz(NEWEST, 32, seed=6))


def test_a_search_in_two_sittings_finds_what_it_would_have_in_one(tmp_path: Path) -> None:
    hunt = Hunt((ONE, TWO), 7, 1)
    with FuzzStore(tmp_path / "store") as store:
        carry_out(hunt, store)
    with FuzzStore(tmp_path / "store") as store:
        carry_out(replace(hunt, cases=200), store)
        assert to_json(findings(hunt, store)) == to_json(fuzz((ONE, TWO), 200, seed=7))


def test_what_is_rare_is_found_beside_what_is_common_and_shrunk_to_one_call() -> None:
    found = fuzz((ONE, TWO), 1000)  # TWO knows no bad flag, and nothing else tells them apart
    first = [bucket for bucket in found.buckets if not bucket.after]
    assert {(step.call, step.args["flags"]) for bucket in first for step in bucket.scenario.calls} == {
        ("make", BAD),
        ("make", NEW | BAD),
    }
    assert all(len(bucket.scenario.steps) == 1 for bucket in first)
    assert first[0].scenario.processes == (ProcessSpec("parent"),)
    assert first[0].count > 20
    names = {bucket.name for bucket in first}
    assert all(bucket.after in names for bucket in found.buckets if len(bucket.scenario.steps) == 2)  # what it leads to
    assert "; after " in render(found, Look())


def test_flavors_that_agree_have_no_buckets() -> None:
    assert fuzz((ONE, replace(ONE, id="same@1")), 64).buckets == ()


def test_a_crash_is_found() -> None:
    found = fuzz((ONE, CRASHING), 256)
    (bucket,) = found.buckets
    assert bucket.symptoms == ("crashing@1 crashes: RuntimeError: boom",)
    assert [(step.call, step.args) for step in bucket.scenario.calls] == [("make", {"flags": BAD})]


def test_what_a_flavor_does_not_model_is_no_divergence_and_counted() -> None:
    found = fuzz((ONE, VAGUE), 256)
    assert found.buckets == ()
    assert ("vague@1", "a mystery") in [silence[:2] for silence in found.silences]
    assert "does not model" in render(found, Look())


def test_what_is_kept_are_buckets_and_not_cases() -> None:
    with FuzzStore() as store:
        hunt = Hunt((ONE, TWO), 0, 1000)
        carry_out(hunt, store)
        found = findings(hunt, store)
        rows = sum(line.startswith("INSERT") for line in store._db.iterdump())
    assert found.progress.cases >= 1000
    symptoms_known = sum(len(bucket.symptoms) for bucket in found.buckets)
    assert rows == len(found.buckets) + symptoms_known + len(found.silences) + 2  # whose it is, and how far it has come


def test_a_batch_knows_what_those_before_it_found_but_for_the_last() -> None:
    with FuzzStore() as store:
        hunt = Hunt((ONE, TWO), 0, 160)
        carry_out(hunt, store)
        assert store.progress().batches == LAG + 1
        known = [store.batch(number, ("one@1", "two@1"), 0, ()).known for number in range(2 * LAG + 1)]
        assert known[LAG - 1] == {}
        assert set(known[-1]) == {symptom for bucket in findings(hunt, store).buckets for symptom in bucket.symptoms}


# --- symptoms -----------------------------------------------------------------------------------------------------------


def shown(*steps: Step, processes: tuple[ProcessSpec, ...] = (ProcessSpec("parent"),)) -> frozenset[str]:
    return symptoms(compare(Scenario("s", "", "", "results", steps, processes=processes), NEWEST, checked=False))


def test_a_symptom_of_a_call_has_the_reasons_that_the_kernels_give_and_nobodys_name() -> None:
    lock = "mlock: 0 / EPERM (only the superuser wires memory)"
    found = shown(Step(1, "parent", "mlock", {"region": "data"}))
    assert {one.replace("<number>", "0") for one in found} == {lock, "<other>.wired.*: true / absent"}


def test_a_call_that_one_could_not_make_any_more_is_no_symptom_of_its_own() -> None:
    spawn = Step(1, "parent", "spawn", {"new_stack": True}, "kid")
    before = shown(spawn)
    assert any(symptom.startswith("spawn: ") for symptom in before)
    assert shown(spawn, Step(2, "kid", "getpid")) == before


# --- cases --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavors", PAIRS, ids=lambda flavors: "-".join(flavor.id for flavor in flavors))
def test_every_case_can_be_written_to_a_file_and_read_back(flavors: tuple[Flavor, ...]) -> None:
    chooser = Generator(flavors).chooser({})
    rng = Random(0)
    for _ in range(150):
        scenario = replace(chooser.case(rng), name="case")
        assert loads(dump_scenario(scenario), "case.yaml", flavors) == scenario


def test_most_cases_say_something_and_make_use_of_rare_knobs() -> None:
    chooser = Generator(NEWEST).chooser({})
    rng = Random(0)
    cases = [chooser.case(rng) for _ in range(300)]
    rare = sum(any(one.extras is not None for one in case.processes) for case in cases)
    silent = sum(any(result.unmodelled for result in compare(case, NEWEST, checked=False).results) for case in cases)
    assert 60 < rare < 200
    assert silent < 30
    words = {word for case in cases for step in case.calls for word in step.args.values() if isinstance(word, int)}
    assert any(word > 1 << 16 for word in words)


def test_words_that_a_kernel_compares_as_a_whole_are_tried_as_a_whole() -> None:
    flavors = INSTALLED.select(("dragonfly@1.62", "dragonfly@1.67"))
    bits = dict(flavors[0].calls["fork1"].spec.params[0].names)
    word = bits["RFPROC"] | bits["RFFDG"] | bits["RFPPWAIT"] | bits["RFMEM"]  # counted as a vfork, though none looks like that
    chooser, rng = Generator(flavors).chooser({}), Random(0)
    words = [step.args.get("flags") for _ in range(1000) for step in chooser.case(rng).calls if step.call == "fork1"]
    assert words.count(word) > 2


def test_what_known_buckets_are_made_of_is_tried_less_often() -> None:
    weights = weights_of([["fork", "wait"]] * 5)
    assert weights == {"fork": pytest.approx(0.97**5), "wait": pytest.approx(0.97**5)}
    assert weights_of([["fork"]] * 500) == {"fork": 0.3}
    generator = Generator(NEWEST)

    def waits(chosen: dict[str, float]) -> int:
        chooser, rng = generator.chooser(chosen), Random(0)
        return sum(step.call == "wait" for _ in range(500) for step in chooser.case(rng).calls)

    assert waits({"wait": 0.3}) < waits({}) / 2


def test_knobs_of_known_buckets_are_turned_less_often() -> None:
    process = ProcessSpec("parent", uid=0, extras=ProcessExtras(profiling=True))
    scenario = Scenario("x", "", "", "results", (), MachineSpec(maxproc=20, extras=MachineExtras(last_pid=1)), (process,))
    assert parts_of(scenario) == ["last_pid", "profiling", "slots", "uid"]
    generator = Generator(NEWEST)

    def traced(chosen: dict[str, float]) -> int:
        chooser, rng = generator.chooser(chosen), Random(0)
        cases = [chooser.case(rng) for _ in range(1000)]
        return sum(one.extras is not None and one.extras.traced is not None for case in cases for one in case.processes)

    assert traced({"traced": 0.3}) < traced({}) / 2


# --- shrinking ----------------------------------------------------------------------------------------------------------


def test_shrinking_leaves_what_matters_and_nothing_else() -> None:
    scenario = Scenario(
        "large",
        "",
        "",
        "results",
        (
            Step(1, "parent", "fork", {}, "one"),
            Step(2, "other", "spawn", {"memory": "share", "files": "fresh"}, "two"),
            Step(3, "two", "umask", {"mask": "077"}),
            Step(4, "other", "wait", {"child": "two"}),
        ),
        processes=(
            ProcessSpec("other", uid=0, files=(FileSpec(0, "/dev/tty"), FileSpec(3, "a"))),
            ProcessSpec("parent", uid=0),
        ),
    )

    def shows(smaller: Scenario) -> bool:
        root = any(one.name == "parent" and one.uid == 0 for one in smaller.processes)
        return root and any(step.args.get("files") == "fresh" for step in smaller.calls)

    smallest = renamed(shrunk(scenario, shows, Generator(NEWEST).specs), shows)
    assert smallest.steps == (Step(1, "parent", "spawn", {"files": "fresh"}, "kid"),)
    assert smallest.processes == (ProcessSpec("parent", uid=0),)


def test_nobody_acts_who_is_not_born_any_more_when_steps_are_left_out() -> None:
    steps = (
        Step(1, "other", "fork", born="kid"),
        Step(2, "kid", "fork", born="kid2"),
        Step(3, "kid2", "fork", born="kid3"),
        Step(4, "kid3", "kill", {"to": "kid2", "signal": "SIGTERM"}),
    )
    scenario = Scenario("case", "a chain", "", "results", steps, processes=(ProcessSpec("parent"), ProcessSpec("other")))
    for fewer in fewer_steps(scenario):
        loads(dump_scenario(fewer), "case.yaml", NEWEST)


def test_no_step_of_a_smallest_case_can_be_left_out() -> None:
    for bucket in fuzz(NEWEST, 60, seed=2).buckets:
        for fewer in fewer_steps(bucket.scenario):
            assert cost(fewer) < cost(bucket.scenario)
            left = symptoms(compare(fewer, NEWEST, checked=False))
            assert not left.issuperset(bucket.symptoms)


# --- files --------------------------------------------------------------------------------------------------------------


def test_a_bucket_is_a_file_that_says_what_it_shows_and_how_it_was_found() -> None:
    scenario = Scenario("x", "", "", "results", (Step(1, "parent", "mlock", {"region": "data"}),))
    text = found_file("x", scenario, NEWEST, "somebody")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0] == "# Bucket x, found by somebody"
    assert "#   call.1: 0 / EPERM" in comments
    assert "#     dragonfly@768af85b: failed with EPERM" in comments
    read = loads(text, "x.yaml", NEWEST)
    assert read.steps == scenario.steps
    assert read.only == ("netbsd@1.189", "dragonfly@768af85b")
