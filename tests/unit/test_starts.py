"""Starts that are met over and over: their machines are built from a blueprint, and no result tells."""

from __future__ import annotations

import pytest

from flavors.dragonfly.r768af85b import FLAVOR as DRAGONFLY
from flavors.netbsd.flavor import FLAVOR as NETBSD
from oracle import starts
from oracle.explore.explore import explore
from oracle.flavor import Flavor
from oracle.machine.proc import Proc
from oracle.outcome import RunResult
from oracle.run import Execution, run
from oracle.scenario import Concurrently, ProcessSpec, Scenario, Step
from oracle.starts import start_of
from tests.outside.tinyos import FLAVOR as TINYOS
from tests.unit.plugins import program, step

FORK = step(1, "parent", "fork", "kid")
BUSY = (
    FORK,
    step(2, "kid", "chdir", path="/tmp"),
    step(3, "kid", "open", path="/a"),
    step(4, "kid", "store", region="data", value="7"),
    step(5, "shell", "kill", process="kid", signal="SIGTERM"),
    step(6, "shell", "setpgid"),
    step(7, "parent", "setrlimit", resource="nofile", soft=9),
    step(8, "parent", "exit"),
)
RACE = Concurrently(1, (FORK, step(2, "shell", "kill", process="parent", signal="SIGKILL")))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blueprint is drawn after three runs."""
    monkeypatch.setattr(starts, "OFTEN", 3)


def begins(*steps: Step | Concurrently, **knobs: str) -> Scenario:
    """A scenario whose start nobody has met before."""
    return program(*steps, processes=(ProcessSpec("parent", **knobs),))  # type: ignore[arg-type]


def told(result: RunResult) -> tuple[object, ...]:
    """All that a result says."""
    return result.outcomes, result.observation, result.violations, result.unmodelled, result.crash, result.stuck


@pytest.mark.parametrize("flavor", [DRAGONFLY, NETBSD, TINYOS], ids=["dragonfly", "netbsd", "tinyos"])
def test_a_run_on_a_built_machine_comes_to_the_same(flavor: Flavor) -> None:
    scenario = begins(*(BUSY if flavor is not TINYOS else BUSY[:1]))
    first = run(scenario, flavor)
    assert not first.crash
    assert [told(run(scenario, flavor)) == told(first) for _ in range(6)] == [True] * 6
    assert start_of(flavor, scenario).build is not None


def test_a_blueprint_is_drawn_only_of_a_start_that_is_met_often() -> None:
    scenario = begins(FORK)
    drawn = []
    for _ in range(4):
        run(scenario, NETBSD)
        drawn.append(start_of(NETBSD, scenario).build is not None)
    assert drawn == [False, False, True, True]


def test_scenarios_with_the_same_machine_and_processes_start_alike() -> None:
    one, other = program(FORK), program(step(1, "parent", "exit"))
    assert start_of(NETBSD, one) is start_of(NETBSD, other)
    assert start_of(NETBSD, one) is not start_of(DRAGONFLY, one)
    assert start_of(NETBSD, one) is not start_of(NETBSD, begins(FORK))


def test_a_start_that_is_not_modelled_is_never_built() -> None:
    scenario = begins(FORK, jail="j")
    assert [run(scenario, NETBSD).unmodelled for _ in range(5)] == ["NetBSD has no jails"] * 5
    assert start_of(NETBSD, scenario).build is None


def test_a_search_through_schedules_finds_the_same_on_built_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = explore(begins(RACE), NETBSD).exploration
    monkeypatch.setattr(starts, "OFTEN", 1)
    scenario = begins(RACE)
    assert explore(scenario, NETBSD).exploration == expected
    assert start_of(NETBSD, scenario).build is not None


def test_a_run_that_is_traced_furnishes_its_machine() -> None:
    scenario = begins(FORK)
    for _ in range(4):
        run(scenario, NETBSD)
    execution = Execution(scenario, NETBSD, trace=True)
    next(execution.steps())
    assert [type(proc) for proc in execution.k.names] == [Proc] * 4
    assert execution.k.trace == []
