from __future__ import annotations

from collections.abc import Callable

import pytest

from oracle.machine.faults import Faults
from oracle.machine.files import File
from oracle.machine.machine import Machine
from oracle.machine.ratelimit import RateLimit
from oracle.machine.snapshot import differences, snapshot, whole_state
from oracle.machine.traps import Kernel, tsleep
from oracle.run import Execution
from tests.outside.tinyos import FLAVOR, Globals, live
from tests.unit.plugins import program, step


def machine() -> Machine:
    """The same machine, every time."""
    execution = Execution(program(step(1, "parent", "fork", "kid"), step(2, "parent", "open", path="/a")), FLAVOR)
    assert len(list(execution.steps())) == 3
    return execution.k


def test_two_machines_that_came_the_same_way_are_the_same() -> None:
    assert differences(snapshot(machine()), snapshot(machine())) == []


def bump_lastpid(k: Machine) -> None:
    assert isinstance(k.kern, Globals)
    k.kern.lastpid += 1


def file(k: Machine) -> File:
    return live(k.roles["parent"].lwp_proc.p_fd).fd_files[1]


def share_handlers(k: Machine) -> None:
    k.roles["kid"].lwp_proc.p_sigacts = k.roles["parent"].lwp_proc.p_sigacts


CHANGES: dict[str, tuple[str, Callable[[Machine], object]]] = {
    "a counter": ("nprocs: 5 -> 6", lambda k: setattr(k, "nprocs", k.nprocs + 1)),
    "a statistic": ("counters.0: 1 -> 2", lambda k: k.count("forks")),
    "a variable of the kernel's own": ("kern.lastpid: 4 -> 5", bump_lastpid),
    "a file left open": (".f_count: 1 -> 2", lambda k: setattr(file(k), "f_count", 2)),
    "a vnode kept": ("vnodes: 6 -> 7", lambda k: k.vget("/new")),
    "a process charged to somebody": ("uidinfo: 2 -> 3", lambda k: setattr(k.uid(77), "ui_proccnt", 1)),
    "an object in another's place": ("allproc[1].p_sigacts: SigActs -> the SigActs of allproc[0].p_sigacts", share_handlers),
    "an order": ("allproc[0]", lambda k: k.allproc.reverse()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found_and_named(what: str) -> None:
    text, change = CHANGES[what]
    k = machine()
    change(k)
    found = differences(snapshot(machine()), snapshot(k))
    assert any(text in one for one in found), found


def test_what_is_no_state_is_left_out() -> None:
    k = machine()
    k.ticks += 100
    k.printf("proc: table is full")
    k.roles["kid"].lwp_retval = (1, 1)
    k.vnode("/asked/for")
    k.uid(77)
    assert differences(snapshot(machine()), snapshot(k)) == []


def test_one_change_does_not_rename_everything_else() -> None:
    k = machine()
    k.roles["parent"].lwp_proc.p_textvp = None
    assert len(differences(snapshot(machine()), snapshot(k))) < 6


def test_rate_limits_of_the_console_are_no_state() -> None:
    one, other = machine(), machine()
    one.kern, other.kern = RateLimit(), RateLimit(last=5, seen=1)
    assert differences(snapshot(one), snapshot(other)) == []


def test_what_is_there_on_one_side_alone_is_called_absent() -> None:
    assert differences({"a": 1}, {"b": 2}) == ["a: 1 -> absent", "b: absent -> 2"]


def test_true_is_not_one() -> None:
    assert differences({"a": True}, {"a": 1}) == ["a: True -> 1"]


def test_machines_that_came_the_same_way_have_one_whole_state() -> None:
    assert whole_state(machine()) == whole_state(machine())


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_gives_another_whole_state(what: str) -> None:
    k = machine()
    CHANGES[what][1](k)
    assert whole_state(k) != whole_state(machine())


FUTURE: dict[str, Callable[[Machine], object]] = {
    "the clock": lambda k: setattr(k, "ticks", k.ticks + 1),
    "a role": lambda k: k.names.popitem(),
    "a line on the console": lambda k: k.printf("proc: table is full"),
    "a rate limit": lambda k: setattr(k, "kern", RateLimit(last=5, seen=1)),
    "a fault to come": lambda k: setattr(k, "faults", Faults({"uarea": (1,)})),
}


def asleep(k: Machine, number: int, wmesg: str = "wait") -> Machine:
    """With kid asleep in kernel code that has a number at hand."""

    def code(held: int) -> Kernel[object]:
        yield from tsleep("channel", wmesg)
        return held

    k.sched.spawn(k.roles["kid"], "wait", code(number))
    k.sched.run()
    assert [task.name for task in k.sched.sleepers] == ["wait"]
    return k


def test_where_kernel_code_stands_is_in_the_whole_state() -> None:
    assert whole_state(asleep(machine(), 1)) == whole_state(asleep(machine(), 1))
    assert whole_state(asleep(machine(), 1)) != whole_state(asleep(machine(), 2))
    assert whole_state(asleep(machine(), 1)) != whole_state(asleep(machine(), 1, "another reason"))
    assert whole_state(asleep(machine(), 1)) != whole_state(machine())


@pytest.mark.parametrize("what", FUTURE)
def test_what_only_the_future_depends_on_is_in_a_whole_state(what: str) -> None:
    one, other = machine(), machine()
    one.kern = other.kern = RateLimit()
    FUTURE[what](one)
    assert whole_state(one) != whole_state(other)


def test_a_record_that_somebody_only_asked_for_is_in_no_whole_state() -> None:
    k = machine()
    k.vnode("/asked/for")
    k.uid(77)
    assert whole_state(k) == whole_state(machine())
