"""What NetBSD's own defects must not hide: where none of them is met, every rule holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.param import SSTOP
from oracle.flavor import Args, Call, Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel
from oracle.run import run
from oracle.scenario import ProcessSpec, Scenario
from oracle.testing.programs import PROGRAMS, scenario
from tests.unit.flavors.netbsd import PARENT, World


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_ordinary_programs_break_no_rule_not_even_one_that_this_kernel_is_known_to_break(program: Scenario) -> None:
    assert run(program, FLAVOR).violations == ()


def test_attaching_to_a_child_born_stopped_loses_the_stop_and_finds_the_trap() -> None:
    world = World(PARENT, ProcessSpec("debugger"))
    world.do("parent", "stopfork", process="parent")
    world.do("parent", "fork", "kid")
    assert world.do("debugger", "ptrace", request="attach", process="kid") == "0"
    assert world.proc("kid").p_stat == SSTOP
    assert world.do("debugger", "wait") == "kid stopped SIGTRAP"


def test_a_debugger_that_traces_its_own_child_keeps_it() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    world.do("kid", "ptrace", request="traceme")
    world.do("kid", "kill", to="kid", signal="SIGUSR1")
    assert world.do("parent", "wait") == "kid stopped SIGUSR1"
    world.do("parent", "ptrace", request="kill", process="kid")
    assert world.do("parent", "wait") == "kid killed SIGKILL"
    assert world.broken() == []


def test_a_masked_trap_hides_a_traced_fork_from_the_debugger() -> None:
    world = World(ProcessSpec("parent", masked=("SIGTRAP",)), ProcessSpec("debugger"))
    world.do("debugger", "ptrace", request="attach", process="parent")
    world.do("debugger", "wait")
    world.do("debugger", "ptrace", request="set_events", process="parent", events="PTRACE_FORK")
    world.do("debugger", "ptrace", request="continue", process="parent")
    assert world.do("parent", "fork", "kid") == world.proc("kid").p_pid
    assert world.do("debugger", "wait", options="WNOHANG") == 0


def test_the_stack_base_of_a_dead_stranger_is_found_in_a_recycled_structure() -> None:
    world = World()
    world.do("parent", "fork", "stranger")
    world.do("stranger", "exec")
    base = world.proc("stranger").p_stackbase
    world.do("stranger", "exit")
    world.do("parent", "wait")
    world.do("parent", "fork", "kid")
    assert base
    assert world.proc("kid").p_stackbase == base


def test_a_parents_wait_does_not_see_a_child_that_its_debugger_has() -> None:
    world = World(PARENT, ProcessSpec("debugger"))
    world.do("parent", "fork", "kid")
    world.do("debugger", "ptrace", request="attach", process="kid")
    assert world.do("parent", "wait") == "ECHILD"
    assert world.proc("kid").p_ppid == world.proc("debugger").p_pid


BORN_STOPPED = ("parent stopfork process=parent", "parent fork1 as=kid flags=FORK_NOWAIT")


def mistaken(call: str, mistake: Callable[[Machine, Lwp], None]) -> Flavor:
    """NetBSD with a mistake in one of its calls."""
    good = FLAVOR.calls[call]

    def run_with_mistake(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
        mistake(k, lwp)
        return good.run(k, lwp, args)

    return replace(FLAVOR, calls={**FLAVOR.calls, call: Call(good.spec, run_with_mistake)})


def miscount_children(k: Machine, lwp: Lwp) -> None:
    p = lwp.lwp_proc
    p.p_nstopchild = (p.p_nstopchild or 0) + 1


def miscount_user(k: Machine, lwp: Lwp) -> None:
    k.uid(1000).ui_proccnt += 1


def keep_the_process_lock(k: Machine, lwp: Lwp) -> None:
    assert k.proc_lock is not None
    k.proc_lock.mtx_owner = lwp
    lwp.lwp_locks.append(k.proc_lock)


@pytest.mark.parametrize(
    ("mistake", "report"),
    [
        (miscount_children, "stopped-children: parent counts 1 stopped or dead children, there are 0"),
        (miscount_user, "uid-count: uid 1000 is charged 3, but has 2 processes"),
        (keep_the_process_lock, "locks: parent is in user mode and holds 1 locks"),
    ],
)
def test_a_mistake_in_an_ordinary_call_is_not_taken_for_a_defect_of_the_kernel(
    mistake: Callable[[Machine, Lwp], None], report: str
) -> None:
    (broken,) = run(scenario("a mistake", "parent getpid"), mistaken("getpid", mistake)).violations
    assert f"{broken.rule}: {broken.text}" == report
    assert not broken.known


def test_a_drift_of_the_kernels_own_is_known_and_hides_no_miscount_beside_it() -> None:
    drift = {
        one.text: bool(one.known) for one in run(scenario("a child of init is born stopped", *BORN_STOPPED), FLAVOR).violations
    }
    assert drift == {
        "parent counts 1 stopped or dead children, there are 0": True,
        "init counts 0 stopped or dead children, there are 1": True,
    }
    worse = scenario("and then a mistake is made", *BORN_STOPPED, "parent getpid")
    reports = {one.text: bool(one.known) for one in run(worse, mistaken("getpid", miscount_children)).violations}
    assert reports == {**drift, "parent counts 2 stopped or dead children, there are 0": False}


def test_another_error_of_ptrace_may_leave_nothing_behind() -> None:
    program = scenario("ptrace of a child", "parent fork as=kid", "parent ptrace request=continue process=kid")
    broken = run(program, mistaken("ptrace", miscount_user)).violations
    assert {one.rule for one in broken if not one.known} == {"error-trace", "uid-count"}
