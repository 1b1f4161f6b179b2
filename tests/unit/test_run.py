from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.flavor import Args, Call, Flavor, KnownViolation, at_once
from oracle.lowering import spawn_intent
from oracle.machine.errno import EAGAIN, EBADF, EINTR, Panic, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, preempt
from oracle.made import role_of_pid
from oracle.outcome import RunResult, Unmet
from oracle.registry import load_flavors
from oracle.run import Execution, run
from oracle.scenario import Check, Expectation, Expected, MachineSpec, ProcessSpec, Step
from tests.outside.tinyos import FLAVOR
from tests.unit.plugins import check, program, step


def other(call: str, code: object, **changes: object) -> Flavor:
    """TinyOS with other code for one call."""
    calls = {**FLAVOR.calls, call: Call(FLAVOR.calls[call].spec, code)}  # type: ignore[arg-type]
    return replace(FLAVOR, calls=calls, **changes)  # type: ignore[arg-type]


def results(result: RunResult) -> list[str]:
    return [one.result for one in result.outcomes]


def test_a_result_shows_roles_for_pids_and_errnos_by_name() -> None:
    result = run(program(step(1, "parent", "fork", "kid"), step(2, "kid", "getppid"), step(3, "kid", "close", fd=9)), FLAVOR)
    assert results(result) == ["kid", "parent", "EBADF"]
    assert result.outcomes[2].detail == "descriptor 9 is not open"
    assert result.outcomes[2].call == "close(fd=9)"
    assert result.ok


def test_a_call_that_sleeps_goes_on_while_others_act() -> None:
    steps = (
        step(1, "parent", "fork", "kid"),
        step(2, "parent", "wait"),
        step(3, "kid", "sleep", ms=30),
        step(4, "kid", "exit", status=3),
    )
    result = run(program(*steps), FLAVOR)
    assert results(result) == ["kid", "kid exited 3", "0", "does not return"]
    assert [one.elapsed for one in result.outcomes] == [0, 30, 30, 0]


def test_who_is_asleep_dead_or_unborn_makes_no_call() -> None:
    steps = (
        step(1, "parent", "fork", "kid"),
        step(2, "parent", "wait"),
        step(3, "parent", "getpid"),
        step(4, "ghost", "getpid"),
        step(5, "kid", "exit"),
        step(6, "kid", "getpid"),
        step(7, "parent", "kill", to="ghost", signal=0),
    )
    assert results(run(program(*steps), FLAVOR))[2:] == [
        "not made: parent is asleep",
        "not made: ghost was never born",
        "does not return",
        "not made: kid is dead",
        "not made: ghost was never born",
    ]


def test_a_name_that_a_system_does_not_have_is_inexpressible_and_says_why() -> None:
    (outcome,) = run(program(step(3, "parent", "kill", signal="SIGWINCH")), FLAVOR).outcomes
    assert outcome.result == "inexpressible"
    assert "no signal 'SIGWINCH'" in outcome.detail


@pytest.mark.parametrize(
    ("call", "reason"), [("kqueue", "tinyos@1 does not model kqueue"), ("setpgid", "process groups are never changed")]
)
def test_a_portable_call_that_a_flavor_leaves_out_makes_the_rest_say_nothing(call: str, reason: str) -> None:
    steps = (
        step(1, "parent", call, name="q") if call == "mq_open" else step(1, "parent", call),
        step(2, "parent", "fork", "kid"),
    )
    result = run(program(*steps), FLAVOR)
    assert results(result) == ["unmodelled", "unmodelled"]
    assert result.unmodelled == reason


def test_a_portable_call_that_the_kernel_does_not_have_is_inexpressible_and_the_run_goes_on() -> None:
    steps = (step(1, "parent", "kqueue"), step(2, "parent", "fork", "kid"))
    result = run(program(*steps), replace(FLAVOR, absent={"kqueue": "it came with TinyOS 2"}))
    assert (results(result), result.unmodelled) == (["inexpressible", "kid"], "")
    assert result.outcomes[0].detail == "it came with TinyOS 2"


def test_an_intent_is_lowered_to_the_systems_own_call() -> None:
    result = run(program(step(1, "parent", "spawn", "kid", memory="share", wait_for_exec=True)), FLAVOR)
    assert (result.outcomes[0].call, result.outcomes[0].result) == ("vfork()", "asleep")
    assert run(program(step(1, "parent", "spawn", "kid")), FLAVOR).outcomes[0].call == "fork()"
    lonely = run(program(step(1, "parent", "spawn", "kid", parent="init")), FLAVOR).outcomes[0]
    assert (lonely.result, "parent: init" in lonely.detail) == ("inexpressible", True)


def test_an_intent_is_whole_when_a_flavor_sees_it() -> None:
    intent = spawn_intent({"memory": "share"})
    assert intent["memory"] == "share"
    assert intent["exit_signal"] == "SIGCHLD"
    assert len(intent) == 9


def test_a_step_for_other_systems_is_not_taken() -> None:
    steps = (Step(1, "parent", "fork", {}, "kid", only=("netbsd",)), Step(2, "parent", "getpid", only=("tinyos",)))
    assert results(run(program(*steps), FLAVOR)) == ["parent"]


def test_an_expectation_that_is_not_met_says_what_was_there_and_where_it_stands() -> None:
    steps = (
        step(1, "parent", "fork", "kid", gives="EAGAIN"),
        Check(2, (Expectation("kid.umask", Expected((("all", "077"),)), 9),)),
    )
    assert run(program(*steps), FLAVOR).unmet == (Unmet("call.1", "EAGAIN", "kid", 0), Unmet("kid.umask", "077", "022", 9))


def test_expectations_that_are_met_leave_nothing() -> None:
    steps = (step(1, "parent", "fork", "kid", gives="kid"), check(2, kid__umask="022", kid__terminal=True, parent__threads=1))
    assert run(program(*steps), FLAVOR).ok


def test_true_is_not_one_and_absent_means_not_observed() -> None:
    assert run(program(check(1, parent__threads=True)), FLAVOR).unmet == (Unmet("parent.threads", True, 1, 1),)
    assert run(program(check(1, kid__umask="absent")), FLAVOR).ok
    assert run(program(check(1, parent__umask="absent")), FLAVOR).unmet[0].actual == "022"


def test_the_most_precise_selector_says_what_is_expected() -> None:
    wanted = (("all", "x"), ("tinyos", "y"), ("tinyos@1", "022"))
    for count, met in ((3, True), (2, False)):
        steps = (Check(1, (Expectation("parent.umask", Expected(wanted[:count])),)),)
        assert run(program(*steps), FLAVOR).ok is met


def test_what_a_call_gives_in_the_end_is_looked_at_in_the_end() -> None:
    wait = Step(2, "parent", "wait", finally_gives=Expected((("all", "kid exited 0"),)), gives=Expected((("all", "asleep"),)))
    assert run(program(step(1, "parent", "fork", "kid"), wait, step(3, "kid", "exit")), FLAVOR).ok


def test_a_crash_of_a_flavor_is_its_result() -> None:
    result = run(program(step(1, "parent", "getpid")), other("getpid", at_once(lambda k, lwp, args: 1 // 0)))
    assert "ZeroDivisionError" in result.crash
    assert not result.ok
    assert result.observation.facts == {}


def test_a_crash_while_booting_or_observing_is_its_result_too() -> None:
    assert "TypeError" in run(program(), replace(FLAVOR, boot=len)).crash  # type: ignore[arg-type]
    assert "KeyError" in run(program(), replace(FLAVOR, states={})).crash


def test_what_is_not_modelled_is_said_and_the_rest_says_nothing() -> None:
    def unmodelled(k: Machine, lwp: Lwp, args: Args) -> int:
        raise Unmodelled("no idea")

    steps = (step(1, "parent", "getpid", gives="parent"), step(2, "parent", "getppid", gives="EAGAIN"))
    result = run(program(*steps), other("getpid", at_once(unmodelled)))
    assert (result.unmodelled, results(result), result.unmet) == ("no idea", ["unmodelled", "unmodelled"], ())


def test_a_start_that_is_not_modelled_is_no_crash() -> None:
    result = run(program(step(1, "parent", "getpid"), processes=(ProcessSpec("parent", masked=("SIGWINCH",)),)), FLAVOR)
    assert (result.unmodelled, result.crash, result.outcomes) == ("there is no SIGWINCH", "", ())


def test_a_panic_ends_the_machine_and_is_observed() -> None:
    def panic(k: Machine, lwp: Lwp, args: Args) -> int:
        raise Panic("out of luck")

    result = run(program(step(1, "parent", "getpid"), step(2, "parent", "getppid")), other("getpid", at_once(panic)))
    assert results(result) == ["panic", "not made: the kernel is dead"]
    assert result.observation.facts.get("machine.panic") == "out of luck"


def test_a_call_that_never_ends_spins() -> None:
    def spin(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
        while True:
            yield from preempt("restart")

    result = run(program(step(1, "parent", "getpid"), step(2, "parent", "getppid")), other("getpid", spin))
    assert results(result) == ["spins", "not made: parent spins"]


def test_an_error_return_that_leaves_a_trace_is_a_violation() -> None:
    def leaky(k: Machine, lwp: Lwp, args: Args) -> int:
        k.count("attempts")
        raise EBADF("always")

    (violation,) = run(program(step(1, "parent", "close", fd=0)), other("close", at_once(leaky))).violations
    assert violation.rule == "error-trace"
    assert (
        violation.text
        == "close(fd=0) failed with EBADF and left counters: 0 -> 1; counters.key0: absent -> attempts; counters.0: absent -> 1"
    )
    assert violation.step == 1


def test_an_error_return_may_print_and_take_time() -> None:
    def slow(k: Machine, lwp: Lwp, args: Args) -> int:
        k.printf("no luck")
        k.ticks += 50
        raise EAGAIN("always")

    assert run(program(step(1, "parent", "close", fd=0)), other("close", at_once(slow))).ok


def test_a_violation_that_the_real_kernel_is_known_for_does_not_fail() -> None:
    def leaky(k: Machine, lwp: Lwp, args: Args) -> int:
        k.nprocs += 1
        return 0

    known = KnownViolation("nprocs", "nprocs is .*", "it forgets", "kern.c, close")
    result = run(program(step(1, "parent", "close", fd=0)), other("close", at_once(leaky), violations=(known,)))
    assert [(one.rule, one.known) for one in result.violations] == [("nprocs", "it forgets (kern.c, close)")]
    assert result.ok
    assert not run(program(step(1, "parent", "close", fd=0)), other("close", at_once(leaky))).ok


def test_a_violation_is_reported_once_with_the_step_that_brought_it() -> None:
    def leaky(k: Machine, lwp: Lwp, args: Args) -> int:
        k.nprocs += 1
        return 0

    steps = (step(1, "parent", "getpid"), step(2, "parent", "close", fd=0), step(3, "parent", "getpid"))
    assert [one.step for one in run(program(*steps), other("close", at_once(leaky))).violations] == [2]


def test_init_collects_the_zombies_that_it_inherits() -> None:
    steps = (step(1, "parent", "fork", "kid"), step(2, "parent", "exit"), step(3, "kid", "exit"))
    assert run(program(*steps), FLAVOR).observation.facts.get("kid.state") == "reaped"


def test_a_wakeup_that_got_lost_is_reported_as_a_deadlock() -> None:
    def forgetful_exec(k: Machine, lwp: Lwp, args: Args) -> int:
        lwp.lwp_proc.p_flag = 0
        return 0

    steps = (step(1, "parent", "vfork", "kid"), step(2, "kid", "exec"))
    result = run(program(*steps), other("exec", at_once(forgetful_exec)))
    assert result.observation.facts.get("machine.deadlock") == ("parent in vfork, which nobody woke",)
    assert run(program(*steps), FLAVOR).observation.facts.get("machine.deadlock") == ()


def test_who_waits_while_nobody_can_act_is_deadlocked_and_who_waits_for_an_actor_is_not() -> None:
    asleep = (step(1, "parent", "fork", "kid"), step(2, "parent", "wait"))
    assert run(program(*asleep), FLAVOR).observation.facts.get("machine.deadlock") == ()
    both = (*asleep, step(3, "kid", "fork", "grandkid"), step(4, "kid", "wait"), step(5, "grandkid", "vfork", "last"))
    assert run(program(*both), FLAVOR).observation.facts.get("machine.deadlock") == ()


def test_background_processes_count_against_the_limit() -> None:
    crowded = MachineSpec(maxproc=14, background=((1000, 10),))
    result = run(program(step(1, "parent", "fork", "kid"), machine=crowded), FLAVOR)
    assert results(result) == ["EAGAIN"]
    assert result.observation.facts.get("machine.uid.1000") == 12
    assert result.ok


def test_two_runs_of_one_scenario_are_equal() -> None:
    scenario = program(step(1, "parent", "fork", "kid"), step(2, "parent", "wait"), step(3, "kid", "exit"))
    assert run(scenario, FLAVOR) == run(scenario, FLAVOR)


@pytest.mark.parametrize("born", ["", "kid"])
def test_a_child_without_a_role_is_named_after_its_step(born: str) -> None:
    assert results(run(program(step(1, "parent", "fork", born)), FLAVOR)) == [born or "child1"]


def test_an_alarm_that_rings_during_a_failing_call_is_no_trace_of_the_failure() -> None:
    flavor = load_flavors().find("dragonfly")
    machine = MachineSpec(maxproc=14)  # kernel, init, shell and parent leave none of the last ten slots to a user
    steps = (step(1, "parent", "alarm", ms=100), step(2, "parent", "fork", "kid"))
    parent = ProcessSpec("parent", ignored=("SIGALRM",))
    result = run(replace(program(*steps), machine=machine, processes=(parent,)), flavor)
    assert result.outcomes[1].result == "EAGAIN"
    assert [one.rule for one in result.violations] == []


def test_a_call_that_a_signal_interrupted_may_leave_traces() -> None:
    def interrupted(k: Machine, lwp: Lwp, args: Args) -> int:
        k.count("attempts")
        raise EINTR("SIGALRM")

    assert run(program(step(1, "parent", "close", fd=0)), other("close", at_once(interrupted))).violations == ()


def test_a_pid_that_was_given_twice_is_its_later_owners() -> None:
    execution = Execution(program(step(1, "parent", "fork", "kid")), FLAVOR)
    assert len(list(execution.steps())) == 2
    kid = execution.k.roles["kid"].lwp_proc
    execution.k.names[Proc(kid.p_pid, 99, "prog", kid.p_stat)] = "heir"
    assert role_of_pid(execution.k, kid.p_pid) == "heir"


def test_a_step_is_taken_by_whom_any_of_its_selectors_names() -> None:
    both, other_alone = ("other", "tinyos"), ("other",)
    steps = (replace(step(1, "parent", "getpid"), only=both), replace(step(2, "parent", "getpid"), only=other_alone))
    assert [one.step for one in run(program(*steps), FLAVOR).outcomes] == [1]


def test_who_spins_runs_and_is_not_asleep() -> None:
    def spin(k: Machine, lwp: Lwp, args: Args) -> Kernel[int]:
        while True:
            yield from preempt("restart")

    result = run(program(step(1, "parent", "getpid")), other("getpid", spin))
    assert result.observation.facts["parent.state"] == "running"
