"""A flavor is foreign code: one whose kernel code loops is that flavor's crash, and holds up nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.distinguish.alphabet import alphabet
from oracle.distinguish.search import Found, distinguish
from oracle.errors import UsageError
from oracle.flavor import Args, Call
from oracle.fuzz.hunt import fuzz
from oracle.harness import compare
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, preempt
from oracle.outcome import RunResult
from oracle.run import run
from oracle.scenario import Concurrently, MachineSpec
from oracle.sweep.chunk import CRASHED, SAID, do
from oracle.sweep.executors import processes
from oracle.sweep.plan import plan
from oracle.sweep.space import space_named
from oracle.watchdog import VARIABLE, Ended, Watchdog, Watched, patience, watchdog
from tests.outside.tinyos import FLAVOR
from tests.unit.plugins import program, step
from tests.unit.sweep_toys import BAD, ONE, PLAIN, SPEC
from tests.unit.test_run import other

FORK = program(step(1, "parent", "fork", "kid"))
PATIENCE = 0.1  # what is well-behaved here takes a thousandth of that


def loops_forever(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    yield from ()
    for tries in (1, 2):
        while True:
            tried(tries)
    return 0


def tried(tries: int) -> int:
    return sum(tries for _ in range(10))


def keeps_everything(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    yield from ()
    while True:
        try:
            while True:
                tried(1)
        except Exception:  # noqa: BLE001  # as bad code would
            continue


def recovers(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    yield from ()
    try:
        while True:
            pass
    except Ended:
        return 0


def gives_way(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
    while True:
        yield from preempt("again")


def boots_slowly(k: Machine, spec: MachineSpec) -> None:
    until = time.process_time() + PATIENCE / 20
    while time.process_time() < until:
        pass
    FLAVOR.boot(k, spec)


def loops_if_bad(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    yield from ()
    while args.number("flags") & BAD:
        tried(1)
    return 0


SLOW = replace(ONE, id="slow@1", calls={**ONE.calls, "make": Call(SPEC, loops_if_bad)})
LOOPING = other("fork", loops_forever)
WHERE = f"loops_forever ({Path(__file__).name}:{loops_forever.__code__.co_firstlineno + 3}) loops: "


@pytest.fixture
def dog(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchdog]:
    """The watchdog of this process, with little patience and nothing known."""
    found = watchdog()
    assert found is not None
    found.rest()
    monkeypatch.setattr(found, "patience", PATIENCE)
    monkeypatch.setattr(found, "known", set())
    yield found
    found.rest()


def test_code_that_neither_ends_nor_yields_is_a_crash_that_names_its_function_and_the_line_of_its_loop(dog: Watchdog) -> None:
    crash = run(FORK, LOOPING).crash
    assert crash.startswith(WHERE)
    assert f"{PATIENCE:g} s of processor time" in crash
    assert VARIABLE in crash


def test_the_other_flavors_go_on(dog: Watchdog) -> None:
    looping, sound = compare(FORK, [LOOPING, FLAVOR]).results
    assert looping.crash
    assert sound.ok


def test_a_loop_that_keeps_exceptions_is_ended_all_the_same(dog: Watchdog) -> None:
    began = time.process_time()
    assert "keeps_everything" in run(FORK, other("fork", keeps_everything)).crash
    assert time.process_time() - began < 20 * PATIENCE  # not by luck, outside of the try


def test_a_loop_is_not_ended_where_others_hold_a_lock(dog: Watchdog) -> None:
    elsewhere: dict[str, Any] = {"__name__": "tracer.locks", "lock": threading.Lock()}
    exec("def look():\n lock.acquire()\n sum(n for n in range(99))\n lock.release()", elsewhere)  # noqa: S102

    def loops(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
        yield from ()
        while True:
            elsewhere["look"]()
            sum(n for n in range(99))

    for _ in range(8):
        assert "loops (" in run(FORK, other("fork", loops)).crash
        assert not elsewhere["lock"].locked()


def test_who_lets_go_of_his_loop_when_told_has_not_crashed(dog: Watchdog) -> None:
    assert run(FORK, other("fork", recovers)).ok


def test_a_loop_at_the_start_is_a_crash_too(dog: Watchdog) -> None:
    def boot(k: Machine, spec: object) -> None:
        while True:
            tried(1)

    assert ".boot (" in run(FORK, other("fork", loops_forever, boot=boot)).crash


def test_code_that_only_gives_way_spins_and_does_not_crash(dog: Watchdog) -> None:
    result = run(FORK, other("fork", gives_way))
    assert not result.crash
    assert [one.result for one in result.outcomes] == ["spins"]


def test_a_loop_in_a_search_through_schedules_is_one_of_the_outcomes(dog: Watchdog) -> None:
    block = Concurrently(1, (step(1, "parent", "fork", "kid"), step(2, "shell", "getpid")))
    (result,) = compare(program(block), [LOOPING]).results
    assert WHERE in result.crash


def test_it_does_so_in_a_block_whose_kernel_can_not_be_preempted(dog: Watchdog) -> None:
    block = Concurrently(1, (step(1, "parent", "fork", "kid"),))
    (result,) = compare(program(block), [other("fork", gives_way)]).results
    assert not result.crash
    assert [one.result for one in result.outcomes] == ["spins"]


def test_a_loop_that_was_ended_once_is_ended_sooner_the_next_time(dog: Watchdog) -> None:
    first = run(FORK, LOOPING).crash
    began = time.process_time()
    dog.patience = 10.0
    dog.rest()
    assert run(FORK, LOOPING).crash == first.replace(f"{PATIENCE:g} s", "10 s")
    assert time.process_time() - began < 5


def test_code_that_passes_through_a_loop_that_was_ended_in_another_run_is_not_ended(dog: Watchdog) -> None:
    def boots_while(k: Machine, spec: MachineSpec) -> None:
        began = time.process_time()
        while forever or time.process_time() - began < dog.patience / 6:
            pass
        FLAVOR.boot(k, spec)

    slow = other("fork", FLAVOR.calls["fork"].run, boot=boots_while)
    forever = True
    assert "boots_while" in run(FORK, slow).crash
    forever = False
    assert all(run(FORK, slow).ok for _ in range(20))


def test_after_a_run_there_is_no_timer(dog: Watchdog) -> None:
    for flavor in (FLAVOR, LOOPING):
        run(FORK, flavor)
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_a_timer_of_somebody_else_goes_on(dog: Watchdog) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, 1000.0, 500.0)
    try:
        assert run(FORK, FLAVOR).ok
        left, interval = signal.getitimer(signal.ITIMER_VIRTUAL)
        assert left == pytest.approx(1000, abs=5)
        assert interval == 500
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def test_many_runs_that_together_take_long_are_not_ended(dog: Watchdog) -> None:
    slow = other("fork", FLAVOR.calls["fork"].run, boot=boots_slowly)
    assert all(run(FORK, slow).ok for _ in range(40))


def test_a_sweep_goes_on_after_a_loop_and_counts_it_as_a_crash(dog: Watchdog) -> None:
    made = plan(space_named("make", [SLOW]), [PLAIN], [SLOW])
    (cell,) = made.cells
    chunk = do(made.job(cell), [SLOW])
    assert [one.kind for one in chunk.outcomes] == [SAID, CRASHED]
    assert sum(group.size for group in chunk.groups if group.outcomes == (1,)) == chunk.count // 2


def test_a_search_finds_the_loop_once_and_shrinks_it_to_one_call(dog: Watchdog) -> None:
    found = fuzz((ONE, replace(SLOW, id="slow@2")), 32)
    (bucket,) = [one for one in found.buckets if any("loops" in symptom for symptom in one.symptoms)]
    assert [one.call for one in bucket.scenario.calls] == ["make"]


def test_programs_that_loop_are_told_and_are_no_difference(dog: Watchdog) -> None:
    flavors = (FLAVOR, replace(LOOPING, id="looping@1"))
    found = Found(alphabet(flavors, states=[PLAIN], calls=["fork", "getppid"]), tuple(one.id for one in flavors), 1)
    distinguish(found, flavors)
    assert [(one.flavor, one.kind) for one in found.levels[0].tried.silent] == [("looping@1", "crashed")]
    assert found.ways == []


def test_a_worker_has_a_watchdog_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(PATIENCE))
    with processes(1) as executor:
        assert executor.submit(crash_of_a_loop).result(timeout=60).startswith(WHERE)


def crash_of_a_loop() -> str:
    return run(FORK, LOOPING).crash


def test_in_another_thread_nothing_is_watched_and_all_else_is_the_same(dog: Watchdog) -> None:
    entered = dog.entered
    found: list[RunResult] = []
    thread = threading.Thread(target=lambda: found.append(run(FORK, FLAVOR)))
    thread.start()
    thread.join()
    assert found[0].ok
    assert dog.entered == entered


def test_nothing_is_left_behind_when_python_ends() -> None:
    code = "from tests.unit.test_watchdog import *; run(FORK, FLAVOR); print('done')"
    environment = {**os.environ, VARIABLE: "0.05"}  # a signal every few milliseconds
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n")


def test_a_patience_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "soon")
    with pytest.raises(UsageError) as caught:
        patience()
    assert "'soon'" in str(caught.value)
    assert VARIABLE in str(caught.value)


def test_the_machine_that_is_watched_is_the_innermost_one(dog: Watchdog) -> None:
    outer, inner = Machine(), Machine()
    with Watched(outer):
        with Watched(inner):
            assert dog.watches is inner
        assert dog.watches is outer
    assert dog.watches is None
