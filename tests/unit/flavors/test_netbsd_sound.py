"""What NetBSD's own defects must not hide: where none of them is met, every rule holds."""

from __future__ import annotations

import pytest

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.param import SSTOP
from oracle.run import run
from oracle.scenario import ProcessSpec, Scenario
from oracle.testing.programs import PROGRAMS
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
