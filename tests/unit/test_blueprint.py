"""Machines built from the blueprint of one that was furnished."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flavors.dragonfly.r768af85b import FLAVOR as DRAGONFLY
from flavors.netbsd.flavor import FLAVOR as NETBSD
from oracle.blueprint import CROWD, NotDrawn, blueprint, draw
from oracle.extras import ProcessExtras, Sharing, TracedSpec, WatchSpec
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.snapshot import differences, snapshot
from oracle.machine.traps import tsleep
from oracle.run import Execution
from oracle.scenario import FileSpec, ProcessSpec, RegionSpec
from tests.unit.plugins import program, step

STARTS: dict[str, tuple[ProcessSpec, ...]] = {
    "plain": (ProcessSpec("parent"),),
    "crowded": tuple(ProcessSpec(f"p{number}") for number in range(8)),
    "open": (
        ProcessSpec(
            "parent",
            files=(FileSpec(0, "/a", 7, True), FileSpec(3, "events", kind="kqueue"), FileSpec(5, "letters", kind="mqueue")),
            memory=(RegionSpec("data", inherit="share"), RegionSpec("stack", wired=True)),
            limits=(("nproc", 5, 5),),
            masked=("SIGINT",),
            caught=(("SIGHUP", "on_hup"),),
        ),
    ),
    "related": (
        ProcessSpec("parent", parent="init", session=""),
        ProcessSpec("kid", parent="parent", group="parent", session="parent"),
        ProcessSpec("friend", memory=(), extras=ProcessExtras(shares=Sharing("", "parent", "parent"))),
        ProcessSpec("bug", extras=ProcessExtras(traced=TracedSpec("friend"))),
    ),
    "watched": (
        ProcessSpec("parent"),
        ProcessSpec(
            "watcher",
            files=(FileSpec(3, "events", kind="kqueue"),),
            extras=ProcessExtras(watches=(WatchSpec(3, "parent", ("NOTE_FORK",)),)),
        ),
    ),
}


def furnished(flavor: Flavor, processes: tuple[ProcessSpec, ...] = STARTS["plain"]) -> Machine:
    """A machine as it starts, made by its flavor."""
    execution = Execution(program(step(1, processes[0].name, "fork"), processes=processes), flavor)
    next(execution.steps())
    assert not execution.unmodelled
    return execution.k


def built(k: Machine) -> Machine:
    """Another like it, built from its blueprint."""
    build = blueprint(k)
    assert build is not None
    return build()


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("flavor", [DRAGONFLY, NETBSD], ids=["dragonfly", "netbsd"])
def test_a_built_machine_is_like_the_one_whose_blueprint_it_is(flavor: Flavor, start: str) -> None:
    k = furnished(flavor, STARTS[start])
    other = built(k)
    other.furnish()
    assert differences(snapshot(k), snapshot(other)) == []
    assert draw(other) == draw(k)


def add_hook(k: Machine) -> None:
    serial = k.serial
    k.timer_expired = lambda k, proc: k.printf(f"{serial}")


def share_a_list(k: Machine) -> None:
    k.zombproc = k.allproc


def start_code(k: Machine) -> None:
    k.sched.spawn(k.roles["parent"], "sleep", tsleep("bed", "bed"))


def keep_a_set(k: Machine) -> None:
    k.kern = {"a"}


UNDRAWN: dict[str, tuple[Callable[[Machine], None], str]] = {
    "a function that knows something of this machine": (add_hook, "a function"),
    "a list that stands in two places": (share_a_list, "a list that stands in two places"),
    "code that runs": (start_code, "a generator"),
    "a kind of value that nobody told it about": (keep_a_set, "a set"),
}


@pytest.mark.parametrize("what", UNDRAWN)
def test_there_is_no_blueprint_of_a_machine_with(what: str) -> None:
    change, reason = UNDRAWN[what]
    k = furnished(NETBSD)
    assert blueprint(k) is not None
    change(k)
    assert blueprint(k) is None
    with pytest.raises(NotDrawn, match=f"^{reason}$"):
        draw(k)


def test_there_is_no_blueprint_of_a_crowd() -> None:
    k = furnished(NETBSD, tuple(ProcessSpec(f"p{number}") for number in range(CROWD - 2)))
    assert blueprint(k) is None


def test_long_lists_are_copied_where_they_never_change() -> None:
    assert "slots = [proc" in draw(furnished(NETBSD))
    assert max(len(line) for line in draw(furnished(NETBSD)).splitlines()) < 1000
