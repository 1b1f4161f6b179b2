"""Processes that stand by, on machines that were built from a blueprint."""

from __future__ import annotations

import pytest

from flavors.netbsd.flavor import FLAVOR
from oracle.blueprint import blueprint
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.snapshot import differences, snapshot
from oracle.machine.standing import BARE_LWP, BARE_PGRP, BARE_PROC
from oracle.run import Execution
from tests.unit.plugins import program, step


def furnished() -> Machine:
    """A machine as it starts, made by its flavor."""
    execution = Execution(program(step(1, "parent", "fork")), FLAVOR)
    next(execution.steps())
    return execution.k


def built() -> Machine:
    """The same, built from its blueprint."""
    build = blueprint(furnished())
    assert build is not None
    return build()


def test_those_that_every_machine_has_stand_by_and_the_others_do_not() -> None:
    k = built()
    assert {name: type(proc) is BARE_PROC for proc, name in k.names.items()} == {
        "kernel": True,
        "init": True,
        "shell": True,
        "parent": False,
    }


@pytest.mark.parametrize("role", ["kernel", "init", "shell"])
def test_a_look_at_a_field_furnishes_a_process_and_its_thread(role: str) -> None:
    lwp = built().roles[role]
    proc = lwp.lwp_proc
    assert proc.p_comm == furnished().roles[role].lwp_proc.p_comm
    assert (type(proc), type(lwp)) == (Proc, Lwp)
    assert proc.p_lwps == [lwp]


def test_a_look_at_the_thread_furnishes_its_process_as_well() -> None:
    lwp = built().roles["init"]
    assert type(lwp) is BARE_LWP
    assert lwp.lwp_ucred is lwp.lwp_proc.p_ucred
    assert type(lwp.lwp_proc) is Proc


@pytest.mark.parametrize("role", ["kernel", "init", "shell"])
def test_a_look_at_its_group_furnishes_a_process_as_well(role: str) -> None:
    k = built()
    proc = k.roles[role].lwp_proc
    pgrp = k.pgrps[proc.p_pid]
    assert type(pgrp) is BARE_PGRP
    assert pgrp.pg_members == [proc]
    assert (type(pgrp), type(proc), proc.p_pgrp is pgrp) == (Pgrp, Proc, True)


def test_what_is_written_before_anybody_looked_stays() -> None:
    k = built()
    lwp = k.roles["shell"]
    lwp.lwp_sigmask = 4
    lwp.lwp_proc.p_nice = 7
    assert (lwp.lwp_sigmask, lwp.lwp_proc.p_nice) == (4, 7)
    left = differences(snapshot(furnished()), snapshot(k))
    assert [one.partition(":")[0].rpartition(".")[2] for one in left] == ["p_nice", "lwp_sigmask"]


def test_a_machine_that_is_not_needed_any_more_furnishes_nobody() -> None:
    k = built()
    procs = list(k.names)
    k.dismantle()
    assert [type(proc) is BARE_PROC for proc in procs] == [True, True, True, False]


def test_all_are_furnished_for_who_wants_to_watch() -> None:
    k = built()
    k.furnish()
    assert [type(proc) for proc in k.names] == [Proc] * 4
