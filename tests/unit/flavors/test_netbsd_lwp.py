from __future__ import annotations

import pytest

from flavors.netbsd.kern_lwp import lwp_find, lwp_unstop
from flavors.netbsd.param import LSIDL, LSRUN, LSSTOP, LSZOMB, SACTIVE, SSTOP
from oracle.machine.cred import Cred
from oracle.scenario import MachineSpec, ProcessSpec
from tests.unit.flavors.netbsd import PARENT, World


def test_an_lwp_takes_over_its_processs_new_credential_as_it_enters_the_kernel() -> None:
    world = World()
    parent, lwp = world.proc("parent"), world.lwp("parent")
    old = parent.p_ucred
    assert old is not None
    parent.p_ucred = Cred(0, 0, 0, None, 1)  # as another LWP's setuid would leave it
    old.cr_ref -= 1
    world.do("parent", "getpid")
    assert lwp.lwp_ucred is parent.p_ucred
    assert (parent.p_ucred.cr_ref, old.cr_ref) == (2, 0)


def test_another_lwp_is_the_first_on_its_processs_list_and_makes_calls_of_its_own() -> None:
    world = World()
    assert world.do("parent", "_lwp_create", "second", stack="other") == 2
    parent, second = world.proc("parent"), world.lwp("second")
    assert parent.p_lwps == [second, world.lwp("parent")]
    assert (parent.p_nthreads, parent.p_nrlwps) == (2, 2)
    assert (second.lwp_usp, second.lwp_task) == ("other", None)
    assert world.do("second", "getpid") == parent.p_pid
    assert world.broken() == []


@pytest.mark.parametrize("state", [LSIDL, LSZOMB])
def test_an_lwp_that_is_half_made_or_dead_is_not_found_by_its_id(state: int) -> None:
    world = World()
    world.do("parent", "_lwp_create", "second")
    p, second = world.proc("parent"), world.lwp("second")
    assert lwp_find(p, 2) is second
    second.lwp_stat = state
    assert lwp_find(p, 2) is None
    assert lwp_find(p, 3) is None


def test_one_lwp_of_a_stopped_process_goes_on_alone_and_one_that_is_not_stopped_changes_nothing() -> None:
    world = World()
    world.do("parent", "_lwp_create", "second")
    p, first, second = world.proc("parent"), world.lwp("parent"), world.lwp("second")
    p.p_stat, p.p_waited, p.p_nrlwps, first.lwp_stat, second.lwp_stat = SSTOP, 1, 0, LSSTOP, LSSTOP
    lwp_unstop(world.k, second)
    assert (p.p_stat, p.p_nrlwps, first.lwp_stat, second.lwp_stat) == (SACTIVE, 1, LSSTOP, LSRUN)
    p.p_stat = SSTOP
    lwp_unstop(world.k, second)
    assert (p.p_stat, p.p_nrlwps) == (SSTOP, 1)


def test_a_signal_that_is_masked_in_one_lwp_is_handled_by_the_other() -> None:
    world = World(ProcessSpec("parent", caught=(("SIGUSR1", "seen"),)))
    world.do("parent", "_lwp_create", "second")
    world.do("second", "sigprocmask", how="block", signals=("SIGUSR1",))
    world.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert (world.lwp("parent").lwp_handled, world.lwp("second").lwp_handled) == (("SIGUSR1 seen",), ())


def test_another_lwp_deals_with_a_signal_before_it_first_sees_user_mode() -> None:
    world = World(ProcessSpec("parent", caught=(("SIGUSR1", "seen"),)))
    world.start("parent", "_lwp_create", "second")
    world.start("shell", "kill", to="parent", signal="SIGUSR1")
    world.k.sched.run()
    assert (world.lwp("parent").lwp_handled, world.lwp("second").lwp_handled) == ((), ("SIGUSR1 seen",))


def test_the_exit_of_a_process_with_two_lwps_is_not_modelled() -> None:
    world = World()
    world.do("parent", "_lwp_create", "second")
    assert world.do("second", "exit") == "Unmodelled"


@pytest.mark.parametrize(("traps", "state"), [(1, SSTOP), (0, SACTIVE)])
def test_a_traced_child_stops_on_its_first_return_on_x86_alone(traps: int, state: int) -> None:
    world = World(PARENT, ProcessSpec("debugger"), machine=MachineSpec(tunables=(("child_return_traps", traps),)))
    world.do("parent", "stopfork", process="parent")
    world.do("parent", "fork", "kid")
    world.do("debugger", "ptrace", request="attach", process="kid")
    assert world.proc("kid").p_stat == state


def test_nobody_knows_the_stack_base_in_a_structure_that_nobody_has_used_before() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    assert world.do("parent", "getcontext") == "parent"
    assert world.do("kid", "getcontext") == "Unmodelled"
