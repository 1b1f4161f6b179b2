"""Starts made in Python: what no machine can have, and what becomes of the rest on flavors that have it, or have it not."""

from __future__ import annotations

import pytest

from oracle.errors import ScenarioError
from oracle.extras import KtraceSpec, MachineExtras, ProcessExtras, Sharing, ThreadSpec, TracedSpec, WatchSpec, turned
from oracle.machine import invariants
from oracle.machine.faults import Faults
from oracle.registry import load_flavors
from oracle.run import Execution, run
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec, Scenario, Step
from oracle.start import PLAIN_MACHINE
from tests.outside.tinyos import FLAVOR as TINYOS

FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}
FORK = (Step(1, "parent", "fork", {}, "kid"),)


def scenario(*processes: ProcessSpec, machine: MachineSpec = PLAIN_MACHINE) -> Scenario:
    return Scenario("s", "s", "", "results", FORK, machine, processes)


def parent(extras: ProcessExtras, files: tuple[FileSpec, ...] = ()) -> ProcessSpec:
    return ProcessSpec("parent", files=files, extras=extras)


@pytest.mark.parametrize(
    ("extras", "message"),
    [
        (ProcessExtras(traced=TracedSpec("parent")), "parent: traced: 'parent' is itself"),
        (ProcessExtras(shares=Sharing(memory="other")), "parent: shares.memory: they are those of 'other': leave `memory` out"),
        (ProcessExtras(threads=(ThreadSpec("other"),)), "there are two processes or threads called 'other'"),
        (ProcessExtras(threads=(ThreadSpec("kernel"),)), "no process can be called 'kernel'"),
        (ProcessExtras(threads=(ThreadSpec("t", tid=0),)), "parent: threads.t: thread id 0"),
        (ProcessExtras(last_tid=-1), "parent: last_tid: -1 is no thread id"),
        (ProcessExtras(lacks=("sense",)), "parent: lacks: 'sense' is none of group, text, arguments"),
        (ProcessExtras(stops_on=("exit", "wait")), "parent: stops_on: 'wait' is none of fork, exec, exit"),
        (ProcessExtras(watches=(WatchSpec(3, "parent", ()),)), "parent: watches: nothing is watched for in 'parent'"),
        (ProcessExtras(message_queues=-1), "parent: message_queues: -1 is no count"),
    ],
)
def test_a_process_that_no_machine_can_have_is_no_scenario(extras: ProcessExtras, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(ProcessSpec("other"), parent(extras))
    assert message in str(caught.value)


def test_a_process_can_not_be_called_like_a_thread_that_stands_before_it() -> None:
    first = ProcessSpec("first", extras=ProcessExtras(threads=(ThreadSpec("parent"),)))
    with pytest.raises(ScenarioError, match="there are two processes or threads called 'parent'"):
        scenario(first, ProcessSpec("parent"))


@pytest.mark.parametrize("faults", [(("uarea", ()),), (("uarea", (0,)),), (("uarea", (2, 1)),), (("memory", (1,)),)])
def test_a_fault_has_a_known_name_and_rising_numbers(faults: tuple[tuple[str, tuple[int, ...]], ...]) -> None:
    with pytest.raises(ScenarioError, match="faults: "):
        MachineExtras(faults=faults)


def test_extras_that_say_nothing_are_none() -> None:
    assert parent(ProcessExtras(profiling=False)).extras is None
    assert MachineSpec(extras=MachineExtras()) == PLAIN_MACHINE
    assert turned(ProcessExtras(profiling=True, leader="x")) == ["leader", "profiling"]


def test_a_fault_strikes_the_times_it_was_told_to() -> None:
    faults = Faults({"uarea": (2, 3)})
    assert [faults.strike("uarea") for _ in range(4)] == [0, 2, 3, 0]


DRAGONFLY = ("dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b")
EARLY, NETBSD = DRAGONFLY[:2], ("netbsd@1.189",)


@pytest.mark.parametrize(
    ("extras", "flavors", "reason"),
    [
        (ProcessExtras(stops_on=("fork",)), DRAGONFLY, "DragonFly has no marks to stop at fork, exec or exit"),
        (ProcessExtras(compat32=True), DRAGONFLY, "DragonFly has no 32-bit programs"),
        (ProcessExtras(traced=TracedSpec("shell", forks=True)), DRAGONFLY, "DragonFly has no tracing of forks"),
        (ProcessExtras(shares=Sharing(directories="shell")), DRAGONFLY, "DragonFly has no directories that are shared apart"),
        (ProcessExtras(moved_handlers=True), (*DRAGONFLY[1:], *NETBSD), "has no signal actions in the u-area"),
        (ProcessExtras(message_queues=1), EARLY, "DragonFly has no message queues yet"),
        (ProcessExtras(threads=(ThreadSpec("t"),)), DRAGONFLY[:1], "DragonFly has one thread a process in this revision"),
        (ProcessExtras(last_tid=7), DRAGONFLY[:1], "DragonFly has one thread a process in this revision"),
        (ProcessExtras(threads=(ThreadSpec("t", tid=9),), last_tid=7), EARLY[1:], "thread ids of this revision only rise"),
        (ProcessExtras(shares=Sharing(handlers="shell"), nocldwait=True), DRAGONFLY, "put them on their owner"),
        (ProcessExtras(leader="shell"), NETBSD, "NetBSD has no peers of a leader"),
        (ProcessExtras(tracks_leader=True), NETBSD, "NetBSD has no peers of a leader"),
        (ProcessExtras(virtual_kernel=True), NETBSD, "NetBSD has no virtual kernel"),
        (ProcessExtras(arguments="x"), NETBSD, "NetBSD has no copy of a process's arguments"),
        (ProcessExtras(lacks=("arguments",)), NETBSD, "NetBSD has no copy of a process's arguments"),
        (ProcessExtras(system=True, traced=TracedSpec("shell")), NETBSD, "NetBSD has no system process that a debugger"),
    ],
)
def test_what_a_system_has_not_is_unmodelled_there_and_nowhere_else(
    extras: ProcessExtras, flavors: tuple[str, ...], reason: str
) -> None:
    for name, flavor in FLAVORS.items():
        memory = () if extras.shares.memory else ProcessSpec("parent").memory
        result = run(scenario(ProcessSpec("parent", memory=memory, extras=extras)), flavor)
        assert (reason in result.unmodelled) is (name in flavors), (name, result.unmodelled)
        assert not result.crash


@pytest.mark.parametrize(
    ("extras", "flavors", "reason"),
    [
        (MachineExtras(emulation_hooks=("linux",)), DRAGONFLY, "DragonFly has no fork hooks of emulations"),
        (MachineExtras(faults=(("uarea", (1,)),)), DRAGONFLY, "DragonFly has no fork that fails for want of memory"),
        (MachineExtras(last_pid=30_001), NETBSD, "NetBSD has no pid 30001: the highest it gives out is 30000"),
    ],
)
def test_what_a_system_s_machine_has_not_is_unmodelled_there_and_nowhere_else(
    extras: MachineExtras, flavors: tuple[str, ...], reason: str
) -> None:
    for name, flavor in FLAVORS.items():
        result = run(scenario(ProcessSpec("parent"), machine=MachineSpec(extras=extras)), flavor)
        assert (reason in result.unmodelled) is (name in flavors), (name, result.unmodelled)


def test_a_watch_that_the_kernel_would_have_refused_is_unmodelled() -> None:
    watch = WatchSpec(3, "shell", ("NOTE_FORK",))
    spec = ProcessSpec(
        "parent", uid=7, jail="cell", files=(FileSpec(3, "q", kind="kqueue"),), extras=ProcessExtras(watches=(watch,))
    )
    assert "parent could not have come to watch shell" in run(scenario(spec), FLAVORS["dragonfly@1.62"]).unmodelled


def test_a_shared_table_brings_its_directories_along_on_dragonfly() -> None:
    spec = ProcessSpec("parent", cwd="/tmp", files=(), extras=ProcessExtras(shares=Sharing(files="shell")))
    assert (
        "has the directories and the umask in the descriptor table" in run(scenario(spec), FLAVORS["dragonfly@1.67"]).unmodelled
    )
    assert run(scenario(spec), FLAVORS["netbsd@1.189"]).observation.facts["parent.cwd"] == "/tmp"


def test_a_flavor_that_knows_plain_starts_only_passes_nothing_over_in_silence() -> None:
    spec = parent(ProcessExtras(profiling=True, ktrace=KtraceSpec("out")))
    assert run(scenario(spec), TINYOS).unmodelled == "this flavor can't start a process with ktrace, profiling"
    machine = MachineSpec(extras=MachineExtras(last_pid=3))
    assert run(scenario(ProcessSpec("parent"), machine=machine), TINYOS).unmodelled == (
        "this flavor can't start a machine with last_pid"
    )


def test_threads_of_the_start_are_lwps_of_their_process_in_the_system_s_order() -> None:
    threads = (ThreadSpec("second"), ThreadSpec("tenth", tid=10), ThreadSpec("next"))
    tids = {}
    for name, flavor in FLAVORS.items():
        execution = Execution(scenario(parent(ProcessExtras(threads=threads))), flavor)
        for _ in execution.steps():
            proc = execution.k.roles["parent"].lwp_proc
            assert [execution.k.roles[one.name].lwp_proc for one in threads] == [proc] * 3
            assert proc.p_nthreads == len(proc.p_lwps) == 4
            assert not invariants.check(execution.k, flavor.states)
            tids[name] = [lwp.lwp_tid for lwp in proc.p_lwps], proc.p_lasttid
            break
    assert tids == {
        "dragonfly@1.67": ([11, 10, 1, 0], 12),
        "dragonfly@768af85b": ([0, 1, 10, 11], 11),
        "netbsd@1.189": ([11, 10, 2, 1], 11),
    }
