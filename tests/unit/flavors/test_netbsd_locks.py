"""Calls of NetBSD wait for the locks that the kernel takes for them."""

from __future__ import annotations

import pytest

from oracle.machine.locks import Mutex, mutex_exit, mutex_tryenter
from oracle.scenario import ArgValue, ProcessSpec
from tests.unit.flavors.netbsd import PARENT, World, result

UNDER_THE_LISTS: dict[str, dict[str, ArgValue]] = {
    "kill": {"to": "other", "signal": 0},
    "setpgid": {},
    "setsid": {},
    "getpgrp": {},
    "nice": {"nice": 5},
    "kevent": {"fd": 1, "process": "other", "notes": "NOTE_EXIT"},
    "ktrace": {"process": "other"},
    "ptrace": {"request": "attach", "process": "other"},
    "stopfork": {"process": "other"},
    "read_stopfork": {"process": "other"},
}
BESIDE_THEM: dict[str, dict[str, ArgValue]] = {"getpid": {}, "getppid": {}, "setrlimit": {"resource": "cpu", "soft": 5}}


def held(world: World, lock: Mutex | None, call: str, args: dict[str, ArgValue]) -> bool:
    """Whether a call sleeps while somebody else has a lock; it has to end once that is free."""
    assert lock is not None
    k, other = world.k, world.lwp("shell")
    assert mutex_tryenter(k, other, lock)
    task = world.start("parent", call, "", **args)
    k.sched.run()
    asleep = result(task) == "asleep"
    mutex_exit(k, other, lock)
    k.sched.run()
    assert result(task) != "asleep"
    return asleep


def world_with_a_queue() -> World:
    """Two processes; one has an event queue as descriptor 1."""
    world = World(PARENT, ProcessSpec("other", group="parent"))
    world.do("parent", "kqueue")
    return world


@pytest.mark.parametrize("call", UNDER_THE_LISTS)
def test_a_call_that_looks_at_the_process_lists_waits_for_who_has_them_locked(call: str) -> None:
    world = world_with_a_queue()
    assert held(world, world.k.proc_lock, call, UNDER_THE_LISTS[call])


@pytest.mark.parametrize("call", BESIDE_THEM)
def test_a_call_about_the_caller_alone_does_not_wait_for_the_process_lists(call: str) -> None:
    world = world_with_a_queue()
    assert not held(world, world.k.proc_lock, call, BESIDE_THEM[call])


def test_the_first_change_of_a_limit_waits_for_the_process_lock_and_the_next_one_does_not() -> None:
    world = world_with_a_queue()
    lock = world.proc("parent").p_lock
    assert held(world, lock, "setrlimit", {"resource": "cpu", "soft": 5})
    assert not held(world, lock, "setrlimit", {"resource": "cpu", "soft": 4})


def test_setting_a_limit_that_is_set_already_waits_for_nothing() -> None:
    world = world_with_a_queue()
    assert not held(world, world.proc("parent").p_lock, "setrlimit", {"resource": "cpu", "soft": -1})


def test_a_fork_gets_no_pid_while_somebody_else_has_the_process_lists_locked() -> None:
    world = World()
    k, other = world.k, world.lwp("shell")
    assert k.proc_lock is not None
    assert mutex_tryenter(k, other, k.proc_lock)
    used = world.globals.pids.count
    task = world.start("parent", "fork", "kid")
    k.sched.run()
    assert result(task) == "asleep"
    assert world.globals.pids.count == used
    mutex_exit(k, other, k.proc_lock)
    k.sched.run()
    assert result(task) == world.proc("kid").p_pid


def test_a_set_id_program_that_is_run_with_standard_descriptors_closed_waits_for_what_its_report_is_made_under() -> None:
    world = World()
    assert held(world, world.k.proc_lock, "exec", {"path": "/bin/su", "setuid": 7})
    assert world.k.proc_lock is not None
    assert world.k.proc_lock.mtx_owner is None
    world = World()
    assert held(world, world.proc("shell").p_lock, "exec", {"path": "/bin/su", "setuid": 7})
    assert world.k.proc_lock is not None
    assert world.k.proc_lock.mtx_owner is None
