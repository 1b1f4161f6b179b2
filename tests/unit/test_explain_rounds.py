"""Kernel code that goes round and round is watched for as many rounds as make a difference, and no more."""

from __future__ import annotations

from dataclasses import replace
from types import FunctionType

import pytest

from oracle.cite import models
from oracle.explain.record import Recorder
from oracle.flavor import Args, Call, Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import RESUMES_PER_ROUND
from oracle.machine.traps import Kernel, may_block
from oracle.run import Execution
from oracle.scenario import Scenario, Step
from tests.unit.explained import KERN, masks
from tests.unit.toys import TINY

MANY = 300


@models(KERN, 1, 20)
def spin(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """Goes three points round, for ever."""
    p = lwp.lwp_proc
    while True:
        p.p_nice = 1
        yield from may_block("one")
        p.p_nice = 2
        yield from may_block("two")
        p.p_nice = 3
        yield from may_block("three")


@models(KERN, 1, 20)
def count_for_ever(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """No round is like another."""
    while True:
        lwp.lwp_proc.p_cputime += 1
        yield from may_block("again")


@models(KERN, 1, 20)
def count_in_a_field(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """Ends, as the machine says."""
    p = lwp.lwp_proc
    while p.p_cputime < MANY:
        p.p_cputime += 1
        yield from may_block("again")
    p.p_nice = 5
    return "000"


@models(KERN, 1, 20)
def count_in_a_name(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """Ends, as a name of its own says."""
    turns = [0]
    while turns[0] < MANY:
        turns[0] += 1
        yield from may_block("again")
    lwp.lwp_proc.p_nice = 5
    return "000"


def _helper(turns: int) -> Kernel[None]:
    for _ in range(turns):
        yield from may_block("again")


elsewhere = FunctionType(_helper.__code__, {**globals(), "__name__": "elsewhere"})  # no kernel code, but on the way to a trap


@models(KERN, 1, 20)
def count_elsewhere(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """Ends, as somebody says who is not of the kernel."""
    yield from elsewhere(MANY)
    lwp.lwp_proc.p_nice = 5
    return "000"


def flavor(run: object) -> Flavor:
    calls = {**TINY.calls, "umask": Call(TINY.calls["umask"].spec, run)}  # type: ignore[arg-type]
    return replace(TINY, id="round@1", calls=calls, sources=(KERN,))


def watched(run: object, scenario: Scenario | None = None) -> tuple[Execution, Recorder]:
    """A run under observation."""
    execution = Execution(scenario or masks(0), flavor(run), checked=False)
    recorder = Recorder(execution.k, execution.flavor)
    steps = execution.steps()
    next(steps)
    recorder.begin()
    with recorder.watching():
        for _ in steps:
            pass
    return execution, recorder


def plain(run: object) -> Execution:
    execution = Execution(masks(0), flavor(run), checked=False)
    for _ in execution.steps():
        pass
    return execution


def nices(recorder: Recorder) -> list[object]:
    return [write.after for write in recorder.writes if write.field == "p_nice" and not write.born]


def test_of_a_spin_no_more_than_some_rounds_are_watched() -> None:
    execution, recorder = watched(spin)
    assert execution.outcome(execution.made[0]).result == "spins"
    assert 4 <= len(nices(recorder)) < 15


@pytest.mark.parametrize("run", [spin, count_for_ever, count_in_a_field, count_in_a_name, count_elsewhere])
def test_a_watched_run_ends_as_it_does_unwatched(run: object) -> None:
    execution, _ = watched(run)
    alone = plain(run)
    assert execution.facts() == alone.facts()
    assert execution.outcome(execution.made[0]) == alone.outcome(alone.made[0])
    assert [one.p_cputime for one in execution.k.names] == [one.p_cputime for one in alone.k.names]


def test_where_no_round_is_like_another_all_are_watched() -> None:
    _, recorder = watched(count_for_ever)
    assert len([write for write in recorder.writes if write.field == "p_cputime"]) == RESUMES_PER_ROUND + 1


@pytest.mark.parametrize("run", [count_in_a_field, count_in_a_name, count_elsewhere])
def test_what_comes_after_many_rounds_is_watched(run: object) -> None:
    _, recorder = watched(run)
    assert nices(recorder) == [5]


def test_a_spin_is_gone_through_anew_at_the_next_step() -> None:
    steps = (Step(1, "parent", "umask", {"mask": 0}), Step(2, "init", "getpid", {}))
    one, recorder = watched(spin)
    _, again = watched(spin, Scenario("masks", "", "", "", steps))
    assert len(nices(again)) > len(nices(recorder))
    assert one.k.sched.spinning
