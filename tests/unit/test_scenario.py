"""A start that no machine can have is refused when the value is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.errors import ScenarioError
from oracle.run import run
from oracle.scenario import MachineSpec, ProcessSpec, Scenario
from tests.outside.tinyos import FLAVOR
from tests.unit.plugins import program, step


@pytest.mark.parametrize(
    ("processes", "message"),
    [
        ((ProcessSpec("shell"),), "no process can be called 'shell', which is always there"),
        ((ProcessSpec("init"),), "no process can be called 'init', which is always there"),
        ((ProcessSpec("kernel"),), "no process can be called 'kernel', which is always there"),
        ((ProcessSpec("machine"),), "no process can be called 'machine', which has a meaning of its own"),
        ((ProcessSpec("one"), ProcessSpec("one")), "there are two processes called 'one'; give one another name"),
        (
            (ProcessSpec("one", parent="two"), ProcessSpec("two")),
            "one: parent is 'two'; expected a process that stands before it",
        ),
        ((ProcessSpec("one", parent="one"),), "one: parent is 'one'; expected a process that stands before it: shell, init"),
        ((ProcessSpec("one", group="two"),), "one: group is 'two'; expected a process that stands before it"),
        ((ProcessSpec("one", group="one"),), "one: group is 'one'; expected a process that stands before it: shell, init"),
        ((ProcessSpec("one", session="two"),), "one: session is 'two'; expected a process that stands before it"),
        ((ProcessSpec("one", ignored=("SIGSTOP",)),), "one: SIGSTOP can be neither caught nor ignored"),
        ((ProcessSpec("one", caught=(("SIGKILL", "h"),)),), "one: SIGKILL can be neither caught nor ignored"),
        ((ProcessSpec("one", uid=-1),), "one: user id -1; expected a number from 0 on"),
        ((ProcessSpec("one", euid=-2),), "one: user id -2"),
        ((ProcessSpec("one", svuid=-3),), "one: user id -3"),
    ],
)
def test_processes_that_cannot_be_are_refused(processes: tuple[ProcessSpec, ...], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        program(processes=processes)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("background", [((-1, 5),), ((0, 3), (1000, -1))])
def test_background_processes_have_a_user_and_a_number(background: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ScenarioError, match=r"background: -?\d processes of user -?\d+; expected numbers from 0 on"):
        MachineSpec(background=background)


@pytest.mark.parametrize("role", ["shell", "init", "kernel", "all"])
def test_what_a_call_makes_has_a_name_of_its_own(role: str) -> None:
    with pytest.raises(ScenarioError, match=f"step 1: no process can be called '{role}', which "):
        program(step(1, "parent", "fork", role))


def test_a_changed_value_is_looked_at_again() -> None:
    with pytest.raises(ScenarioError, match="no process can be called 'shell'"):
        replace(program(), processes=(ProcessSpec("shell"),))


def test_processes_may_lead_follow_and_be_children_of_each_other() -> None:
    family: Scenario = program(
        processes=(
            ProcessSpec("mother", session=""),
            ProcessSpec("child", parent="mother", group="mother", session="mother"),
            ProcessSpec("orphan", parent="init", session="shell"),
        )
    )
    assert not run(family, FLAVOR).crash
