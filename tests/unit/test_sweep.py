"""A sweep visits all of a space, tells each divergence once, and comes to the same however the work is done."""

from __future__ import annotations

import concurrent.futures
import pickle
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import oracle.sweep.chunk
import oracle.sweep.sweep
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.registry import load_flavors
from oracle.report.look import Look
from oracle.report.sweep_report import render, to_json
from oracle.signature import Signature
from oracle.sweep.chunk import Chunk, Job, PeekedError, do
from oracle.sweep.plan import Cell, Plan, plan
from oracle.sweep.space import Space, space_named
from oracle.sweep.states import STATES, State, known, states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import Findings, Signing, carry_out, findings, sign
from tests.unit.sweep_toys import BAD, CRASHING, MASK, NEW, ONE, PEEKING, PLAIN, ROOT, TWO, VAGUE

INSTALLED = load_flavors()
DRAGONFLIES = INSTALLED.select(("dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b"))
TOYS = (ONE, TWO)


def swept(made: Plan, flavors: Sequence[Flavor], **how: Any) -> Findings:
    with Store() as store:
        carry_out(made, flavors, store, **how)
        return findings(made, flavors, store)


def toys(*states: State, flavors: Sequence[Flavor] = TOYS, **how: Any) -> Plan:
    return plan(space_named("make", flavors), states or (PLAIN,), flavors, **how)


# --- what is found --------------------------------------------------------------------------------------------------------


def test_a_divergence_is_told_once_with_its_count_and_its_simplest_case() -> None:
    found = swept(toys(PLAIN, ROOT), TOYS)
    assert (found.done, found.agreeing) == (64, 32)
    told = {found.plan.space.text(one.smallest.index): (one.count, one.states) for one in found.buckets}
    assert told == {  # TWO knows no bad flag
        "make(flags=BAD)": (16, ("plain", "root")),
        "make(flags=NEW|BAD)": (8, ("plain", "root")),
        "make(flags=NEW|BAD, loud=true)": (8, ("plain", "root")),
    }
    assert all(one.smallest.state is PLAIN for one in found.buckets)


def test_one_flavor_alone_disagrees_with_nobody() -> None:
    found = swept(toys(flavors=(ONE,)), (ONE,))
    assert found.buckets == ()
    assert found.outcomes == 6  # refused; nothing made; a child with each mask, in silence and aloud
    assert "nothing to compare" in render(found, Look())


@pytest.mark.parametrize(
    ("flavor", "kind", "note"), [(VAGUE, "unmodelled", "a mystery"), (CRASHING, "crashed", "RuntimeError: boom")]
)
def test_what_says_nothing_is_told_apart_and_agrees_with_nobody(flavor: Flavor, kind: str, note: str) -> None:
    found = swept(toys(flavors=(ONE, flavor, TWO)), (ONE, flavor, TWO))
    (silence,) = found.silences
    assert (silence.flavor, silence.kind, silence.note, silence.count) == (flavor.id, kind, note, 16)
    assert silence.smallest.index == BAD
    assert sum(one.count for one in found.buckets) == 16  # the other two still disagree there


def test_cases_are_concluded_from_bits_that_were_looked_at() -> None:
    found = swept(toys(), TOYS)
    assert found.runs == 2 * 4 + 2 * 3  # bad, nothing, new, new and mask; without the bad one
    everything = swept(toys(every=True), TOYS)
    assert everything.runs == 2 * 32
    assert everything.buckets == found.buckets


def test_a_look_that_nobody_noticed_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle.sweep.chunk, "AUDIT", 3)
    with pytest.raises(PeekedError, match=r"peeking@1 reads the word of .* sweep with --every"):
        swept(toys(flavors=(PEEKING,)), (PEEKING,))
    assert swept(toys(flavors=(PEEKING,), every=True), (PEEKING,)).outcomes == 16


@pytest.mark.parametrize(
    "state", states_named(["plain", "no-slot", "traced", "shared-files", "child-ends"]), ids=lambda one: one.name
)
def test_every_seventh_word_of_rfork_comes_to_what_was_concluded(state: State) -> None:
    space = space_named("rfork", DRAGONFLIES)
    ids = tuple(flavor.id for flavor in DRAGONFLIES)
    chunk = do(Job(space, state, ids, 0, space.size), DRAGONFLIES)
    for place, flavor in enumerate(DRAGONFLIES):
        for index in range(3, space.size, 97):
            run = do(Job(space, state, (flavor.id,), index, 1, every=True), (flavor,))
            assert chunk.outcomes[chunk.cases[place][index]] == run.outcomes[0], (flavor.id, space.text(index))


def test_every_state_is_had_by_a_system_and_most_are_by_all() -> None:
    space = Space("fork", "fork", ())
    found = swept(plan(space, STATES, INSTALLED.flavors), INSTALLED.flavors)
    lacking = {state.name: {one.flavor for one in found.silences if one.smallest.state is state} for state in STATES}
    assert all(len(flavors) < len(INSTALLED.flavors) for flavors in lacking.values())
    assert sum(not flavors for flavors in lacking.values()) >= 19
    assert not any(one.kind == "crashed" for one in found.silences)


# --- however the work is done ---------------------------------------------------------------------------------------------


class Backwards(Executor):
    """Does nothing until it is waited for, and then the last thing first."""

    def __init__(self, flavors: Sequence[Flavor]) -> None:
        self.flavors = flavors
        self.waiting: list[tuple[Future[Chunk], Job]] = []

    def submit(self, fn: Any, /, job: Job, **more: Any) -> Future[Chunk]:  # type: ignore[override]
        future: Future[Chunk] = Future()
        self.waiting.append((future, job))
        if len(self.waiting) == 4:
            for one, waiting in reversed(self.waiting):
                one.set_result(do(waiting, self.flavors))
            self.waiting = []
        return future


def test_the_order_of_the_work_makes_no_difference() -> None:
    made = toys(PLAIN, ROOT, cases=4)
    assert len(made.cells) == 16
    assert to_json(swept(made, TOYS)) == to_json(swept(made, TOYS, executor=Backwards(TOYS), workers=2))


def test_the_size_of_the_jobs_makes_no_difference_but_to_the_runs() -> None:
    one, other = swept(toys(PLAIN, ROOT, cases=5), TOYS), swept(toys(PLAIN, ROOT), TOYS)
    assert (one.buckets, one.agreeing, one.outcomes) == (other.buckets, other.agreeing, other.outcomes)


def test_an_executor_of_the_standard_library_will_do() -> None:
    flavors = INSTALLED.select(("netbsd",))
    made = plan(space_named("fork1", flavors), states_named(["no-slot", "at-limit"]), flavors, cases=1024)
    with ThreadPoolExecutor(2) as pool:
        assert to_json(swept(made, flavors, executor=pool, workers=2)) == to_json(swept(made, flavors))


def test_who_works_signs_the_divergences_too_and_they_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    flavors = INSTALLED.select(("netbsd", "dragonfly"))
    made = plan(space_named("spawn", flavors), states_named(["plain", "root"]), flavors)
    monkeypatch.setattr(oracle.sweep.sweep, "SIGNED", 100)
    with Store() as store, ThreadPoolExecutor(2) as pool:
        carry_out(made, flavors, store)
        alone = findings(made, flavors, store)
        signed: list[int] = []

        def counted(job: Signing) -> list[Signature]:
            signed.append(len(job.cases))
            return sign(job)

        monkeypatch.setattr(oracle.sweep.sweep, "sign", counted)
        assert to_json(findings(made, flavors, store, pool)) == to_json(alone)
    assert len(signed) > 2
    assert set(signed[:-1]) == {100}
    assert alone.buckets


def test_a_state_that_comes_with_every_job_is_one_object_to_a_worker() -> None:
    jobs = [pickle.loads(pickle.dumps(toys(ROOT).job(toys(ROOT).cells[0]))) for _ in range(2)]
    one, other = [known(job.state) for job in jobs]
    assert jobs[0].state is not jobs[1].state
    assert one is other
    assert one == ROOT
    assert known(replace(ROOT, title="another one")) is not one


def test_a_sweep_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    made = toys(PLAIN, ROOT, cases=4)
    done: list[Cell] = []

    def tire(cell: Cell) -> None:
        done.append(cell)
        if len(done) == 5:
            raise KeyboardInterrupt

    with Store(tmp_path / "store") as store, pytest.raises(KeyboardInterrupt):
        carry_out(made, TOYS, store, progress=tire)
    with Store(tmp_path / "store") as store:
        part = findings(made, TOYS, store)
        assert part.done == 20
        assert "interrupted: 20 of 64 cases" in render(part, Look())
        carry_out(made, TOYS, store, progress=done.append)
        assert len(done) == len(set(map(repr, done))) == 16  # nothing twice
        assert to_json(findings(made, TOYS, store)) == to_json(swept(made, TOYS))


def test_what_is_under_way_when_interrupted_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made = toys(PLAIN, ROOT, cases=4)
    waits = []

    def interrupted(running: Any, return_when: str) -> Any:
        waits.append(len(running))
        if len(waits) == 1:
            raise KeyboardInterrupt
        return concurrent.futures.wait(running, return_when=return_when)

    monkeypatch.setattr("oracle.sweep.sweep.wait", interrupted)
    with Store() as store:
        with pytest.raises(KeyboardInterrupt):
            carry_out(made, TOYS, store, executor=Backwards(TOYS), workers=2)
        assert findings(made, TOYS, store).done == 16  # four jobs had been done, and are not lost


def test_a_store_of_another_sweep_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        carry_out(toys(), TOYS, store)
        with pytest.raises(
            UsageError, match="holds another sweep: cases 32 there, 64 here; states plain there, plain, root here"
        ):
            carry_out(toys(PLAIN, ROOT), TOYS, store)
        with pytest.raises(UsageError, match="flavors one@1, two@1 there, one@1 here"):
            carry_out(toys(flavors=(ONE,)), (ONE,), store)


def test_a_store_of_other_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "store") as store:
        carry_out(toys(), TOYS, store)
        monkeypatch.setattr("oracle.sweep.plan.fingerprint", lambda flavors: "other")
        with pytest.raises(UsageError, match="the code of fork-oracle or of a flavor has changed since; name another file"):
            carry_out(toys(), TOYS, store)


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("not a database, but long enough to be looked at as one, if anybody wants to try")
    with pytest.raises(UsageError, match=r"can't use .*notes' as a store"):
        Store(tmp_path / "notes")


def test_stored_cases_are_what_was_put_in(tmp_path: Path) -> None:
    made = toys(PLAIN, cases=8)
    chunk = do(made.job(made.cells[1]), TOYS)
    with Store(tmp_path / "store") as store:
        store.put(made.cells[1], chunk)
        ((cell, again),) = store.chunks(made, cases=True)
    assert cell == made.cells[1]
    assert (again.outcomes, again.groups, again.runs) == (chunk.outcomes, chunk.groups, chunk.runs)
    assert [list(one) for one in again.cases] == [list(one) for one in chunk.cases]


def test_flags_of_the_toys_are_as_the_tests_say() -> None:
    space = space_named("make", TOYS)
    assert space.text(NEW | MASK) == "make(flags=NEW|MASK)"


def test_a_state_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no state 'plane'; did you mean plain\?"):
        states_named(["plane"])
