"""The search leaves out nothing that could happen: of small programs, it finds what running every order finds."""

from __future__ import annotations

import pytest

from oracle.errors import LimitExceeded
from oracle.explore.explore import explore
from oracle.flavor import Args, Flavor
from oracle.machine.errno import Panic
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.run import run
from oracle.schedule import Scheduled
from tests.unit import toys
from tests.unit.explore.outcomes import FLAVORS, outcomes, scenario

SHARED = "processes: {parent: {}, friend: {shares: {files: parent, directories: parent}}}"
FRIEND = "processes: {parent: {}, friend: {parent: parent}}"


def _die(k: Machine, lwp: Lwp, args: Args) -> str:
    raise Panic("umask: out of paper")


def _runaway(k: Machine, lwp: Lwp, args: Args) -> str:
    raise LimitExceeded("too much of it")


MORTAL = toys.other(toys.TINY, "mortal@1", "umask", _die)
GREEDY = toys.other(toys.TINY, "greedy@1", "umask", _runaway)
UMASK_AND_OTHERS = """\
  - concurrently:
      parent: [{do: umask, mask: "077"}]
      shell: [{do: chdir, path: /tmp}, {do: open, path: /tmp/a}]
"""
PROGRAMS = {
    "a child takes what stands in its parent's structures when it is made": (
        "  - concurrently: {parent: [{do: fork, as: kid}], friend: [{do: umask, mask: '077'}]}",
        SHARED,
    ),
    "who is killed before his step does not take it": (
        "  - concurrently: {shell: [{do: kill, to: friend, signal: SIGKILL}], friend: [{do: fork, as: kid}]}",
        FRIEND,
    ),
    "who is born in a block acts in it": (
        "  - concurrently: {parent: [{do: fork, as: kid}, {do: exit}], kid: [{do: getppid}]}",
        "",
    ),
    "a call names somebody who is not born yet": (
        "  - concurrently: {parent: [{do: fork, as: kid}], friend: [{do: kill, to: kid, signal: SIGCONT}]}",
        FRIEND,
    ),
    "what a block left is told apart in the next": (
        (
            "  - concurrently: {parent: [{do: umask, mask: '077'}], friend: [{do: umask, mask: '027'}]}\n"
            "  - {by: parent, do: fork, as: kid}\n"
            "  - concurrently: {parent: [{do: umask, mask: '002'}], kid: [{do: chdir, path: /tmp}]}"
        ),
        SHARED,
    ),
    "time passes between two races": (
        (
            "  - concurrently: {parent: [{do: sleep, ms: 20}, {do: umask, mask: '077'}], shell: [{do: sleep, ms: 20}, "
            "{do: kill, to: parent, signal: SIGTERM}], friend: [{do: wait}]}"
        ),
        FRIEND,
    ),
    "init collects whom it inherited whenever it likes": (
        "  - concurrently: {parent: [{do: exit}], shell: [{do: wait, options: WNOHANG}]}",
        FRIEND,
    ),
    "a stop and a go on its heels": (
        (
            "  - concurrently: {shell: [{do: kill, to: friend, signal: SIGSTOP}, {do: kill, to: friend, signal: SIGCONT}], "
            "friend: [{do: sleep, ms: 20}], parent: [{do: wait, options: WNOHANG}]}"
        ),
        FRIEND,
    ),
}


@pytest.mark.parametrize("flavor", FLAVORS, ids=lambda flavor: flavor.id)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_nothing_is_missed_or_made_up_where(program: tuple[str, str], flavor: Flavor) -> None:
    made = scenario(*program)
    naive = outcomes(made, flavor, reduce=False)
    assert outcomes(made, flavor).keys() == naive.keys()


def test_the_programs_have_something_to_miss() -> None:
    assert all(max(len(outcomes(scenario(*program), flavor)) for flavor in FLAVORS) > 1 for program in PROGRAMS.values())


@pytest.mark.parametrize("flavor", [MORTAL, GREEDY, toys.VAGUE, toys.CRASHING], ids=lambda flavor: flavor.id)
def test_an_end_of_everything_comes_before_or_after_each_other_step(flavor: Flavor) -> None:
    made = scenario(UMASK_AND_OTHERS)
    naive = outcomes(made, flavor, reduce=False)
    assert outcomes(made, flavor).keys() == naive.keys()


def test_a_panic_is_one_outcome_for_each_number_of_steps_before_it() -> None:
    found = outcomes(scenario(UMASK_AND_OTHERS), MORTAL)
    assert sorted([one.result for one in possibility.outcomes if one.by == "shell"] for possibility in found.values()) == [
        ["0", "1"],
        ["0", "not made: the kernel is dead"],
        ["not made: the kernel is dead", "not made: the kernel is dead"],
    ]


def test_who_falls_asleep_first_makes_no_difference() -> None:
    made = scenario("  - concurrently: {parent: [{do: wait}], shell: [{do: wait}]}", FRIEND)
    assert len(outcomes(made, toys.TINY, reduce=False)) == 1


def test_independent_steps_are_run_in_one_order() -> None:
    made = scenario("  - concurrently: {parent: [{do: umask, mask: '077'}], shell: [{do: chdir, path: /tmp}]}")
    exploration = explore(made, toys.TINY).exploration
    assert exploration is not None
    assert (exploration.executions, exploration.exhaustive) == (1, True)


def test_a_search_that_was_broken_off_says_so() -> None:
    made = scenario(UMASK_AND_OTHERS)
    exploration = explore(made, toys.TINY, reduce=False, most=2).exploration
    assert exploration is not None
    assert (exploration.executions, exploration.exhaustive) == (2, False)


def test_a_bound_that_leaves_something_out_is_told() -> None:
    made = scenario("  - concurrently: {parent: [{do: fork, as: kid}], shell: [{do: kill, group: parent, signal: SIGINT}]}")
    netbsd = FLAVORS[-1]
    bound = explore(made, netbsd, bound=0).exploration
    free = explore(made, netbsd).exploration
    assert bound is not None
    assert free is not None
    assert (bound.exhaustive, bound.bound, free.exhaustive) == (False, 0, True)
    assert len(bound.possibilities) < len(free.possibilities)


def test_a_failing_step_behind_a_block_is_compared_with_the_same_schedule() -> None:
    steps = """\
  - concurrently: {parent: [{do: umask, mask: "077"}], friend: [{do: umask, mask: "027"}]}
  - {by: parent, do: close, fd: 99, gives: EBADF}
"""
    made = scenario(steps, SHARED)
    for flavor in FLAVORS:
        assert explore(made, flavor).violations == ()


def test_what_spins_in_one_block_goes_on_in_the_next() -> None:
    steps = """\
  - {by: parent, do: sigprocmask, how: block, signals: [SIGTERM]}
  - concurrently: {parent: [{do: fork, as: kid}], shell: [{do: kill, to: parent, signal: SIGTERM}]}
  - concurrently: {shell: [{do: kill, to: parent, signal: SIGKILL}]}
"""
    made = scenario(steps)
    for flavor in FLAVORS:
        naive = outcomes(made, flavor, reduce=False)
        assert outcomes(made, flavor).keys() == naive.keys()


def test_a_witness_leads_to_its_outcome_with_all_its_numbers() -> None:
    made = scenario("  - concurrently: {parent: [{do: fork, as: kid}], shell: [{do: fork, as: kid2}]}")
    for flavor in (*FLAVORS, toys.TINY):
        exploration = explore(made, flavor).exploration
        assert exploration is not None
        for one in exploration.possibilities:
            again = run(made, flavor, chooser=Scheduled(one.schedule))
            assert (again.observation, again.outcomes) == (one.observation, one.outcomes)
