"""The strategies draw what they say, shrink to what is simplest, and a process tree finds what is wrong with a flavor."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.stateful import run_state_machine_as_test

from oracle.calls import PORTABLE_BY_NAME
from oracle.errors import UsageError
from oracle.extras import MachineExtras, ProcessExtras, ThreadSpec
from oracle.flavor import Args, Flavor
from oracle.harness import compare
from oracle.load import loads
from oracle.lowering import SPAWN_DEFAULTS
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.probes import lacks
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import MachineSpec, ProcessSpec, Scenario
from oracle.strategies import ProcessTree, Start, faults, flag_words, intents, programs, starts
from tests.unit.toys import FORGETFUL, TINY, other

INSTALLED = load_flavors()
(NETBSD,) = INSTALLED.select(("netbsd",))
(DRAGONFLY,) = INSTALLED.select(("dragonfly",))
SURELY = settings(max_examples=400, database=None, derandomize=True)
QUICK = settings(max_examples=60, stateful_step_count=12, deadline=None, database=None, derandomize=True,
                 suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink), print_blob=False)  # fmt: skip


# --- words ----------------------------------------------------------------------------------------------------------------


def test_flag_words_have_every_declared_bit_and_others_if_asked_for() -> None:
    declared = 0
    for _, bit in DRAGONFLY.calls["rfork"].spec.params[0].names:
        declared |= bit
    every = find(flag_words(DRAGONFLY, "rfork", undeclared=False), lambda word: word.bit_count() > 5, settings=SURELY)
    assert every & ~declared == 0
    assert find(flag_words(DRAGONFLY, "rfork"), lambda word: bool(word & ~declared), settings=SURELY).bit_count() == 1
    assert find(flag_words(DRAGONFLY, "rfork"), lambda word: True, settings=SURELY) == 0


@given(flag_words(NETBSD, "__clone", undeclared=False))
def test_without_undeclared_bits_there_are_none(word: int) -> None:
    assert word & 0xFF == 0


@pytest.mark.parametrize(
    ("call", "parameter", "text"),
    [
        ("rfrok", "flags", r"no call 'rfrok'; did you mean rfork\?"),
        ("rfork", "flag", "rfork has no flags 'flag'; there are flags"),
    ],
)
def test_flags_that_there_are_not_are_refused(call: str, parameter: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        flag_words(DRAGONFLY, call, parameter)


def test_intents_shrink_to_a_plain_fork() -> None:
    assert find(intents(), lambda intent: True) == SPAWN_DEFAULTS
    wanted = find(intents(), lambda intent: intent["files"] == "fresh", settings=SURELY)
    assert wanted == {**SPAWN_DEFAULTS, "files": "fresh"}


@given(faults())
def test_faults_are_what_a_machine_takes(drawn: Any) -> None:
    assert MachineExtras(faults=drawn).faults == drawn


# --- states and programs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavor", [*INSTALLED.flavors, TINY], ids=lambda flavor: str(flavor.id))
def test_a_start_for_a_flavor_is_one_that_it_has_and_most_are_rare(flavor: Flavor) -> None:
    rare = []

    @settings(max_examples=120, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(starts((flavor,)))
    def try_it(start: Start) -> None:
        scenario = Scenario("s", "", "", "results", (), start.machine, start.processes)
        assert not run(scenario, flavor).unmodelled
        rare.append(any(process.extras is not None for process in start.processes))

    try_it()
    assert sum(rare) > 0.5 * len(rare) or flavor is TINY  # which has no rare knob at all


def test_what_a_flavor_lacks_is_found_by_trying() -> None:
    assert "leader" in lacks((NETBSD,))
    assert "leader" not in lacks((DRAGONFLY,))
    assert {"stops_on.fork", "faults", "traced.forks"} <= lacks((DRAGONFLY,))
    assert lacks((DRAGONFLY, NETBSD)) == lacks((DRAGONFLY,)) | lacks((NETBSD,))
    assert lacks(()) == frozenset()


def test_actors_are_processes_threads_and_the_shell() -> None:
    threads = ProcessExtras(threads=(ThreadSpec("two"),))
    start = Start(MachineSpec(), (ProcessSpec("other"), ProcessSpec("parent", extras=threads)))
    assert start.actors == ("parent", "other", "two", "shell")


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(programs((DRAGONFLY, NETBSD)))
def test_programs_have_portable_calls_and_calls_of_one_flavor_for_that_one(program: Scenario) -> None:
    by_id = {flavor.id: flavor for flavor in (DRAGONFLY, NETBSD)}
    assert len(program.steps) >= 3
    for step in program.calls:
        assert all(step.call in by_id[only].calls for only in step.only)
        assert step.only or step.call in PORTABLE_BY_NAME


@settings(max_examples=30, deadline=None)
@given(programs((NETBSD,), 5, Start(MachineSpec(), (ProcessSpec("parent", uid=0),))))
def test_a_program_starts_as_asked(program: Scenario) -> None:
    assert program.processes == (ProcessSpec("parent", uid=0),)
    assert 3 <= len(program.steps) <= 5


# --- process trees --------------------------------------------------------------------------------------------------------


def tree(*under: Flavor, promise: tuple[str, ...] = (), simple: bool = True) -> type[ProcessTree]:
    class Tree(ProcessTree):
        flavors = under
        agree = promise
        plain = simple
        native = False

    return Tree


def failure(made: type[ProcessTree]) -> str:
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(made, settings=QUICK)
    return str(caught.value)


def test_a_tree_under_sound_flavors_grows_without_a_word() -> None:
    run_state_machine_as_test(tree(NETBSD, DRAGONFLY, simple=False), settings=settings(QUICK, max_examples=10))


def test_a_tree_finds_a_disagreement_and_prints_the_smallest_scenario() -> None:
    text = failure(tree(TINY, FORGETFUL, promise=("*.umask",)))
    assert text.startswith("kid1.umask is not the same everywhere\ntinyos@1: 022\ntinyos@2: 000\n")
    scenario = loads(text.partition("\n\n")[2], "tree.yaml", (TINY, FORGETFUL))
    assert len(scenario.steps) == 1
    assert compare(scenario, (TINY, FORGETFUL)).broken_promises


def test_a_tree_under_flavors_that_disagree_is_silent_about_what_nobody_promised() -> None:
    run_state_machine_as_test(tree(TINY, FORGETFUL, promise=("*.uid",)), settings=settings(QUICK, max_examples=10))


def _leak(k: Machine, lwp: Lwp, args: Args) -> int:
    k.nprocs += 1
    return 0


def _crash(k: Machine, lwp: Lwp, args: Args) -> int:
    raise RuntimeError("boom")


def test_a_tree_finds_a_broken_invariant() -> None:
    assert failure(tree(other(TINY, "leaky@1", "wait", _leak))).startswith("leaky@1 breaks an invariant\nnprocs")


def test_a_tree_finds_a_crash() -> None:
    assert failure(tree(other(TINY, "crashing@1", "wait", _crash))).startswith("crashing@1 crashed\nTraceback")
