"""What ends a search for schedules that would otherwise not end."""

from __future__ import annotations

from dataclasses import replace

from oracle.explore.explore import explore
from oracle.flavor import Args, Call
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, tsleep
from oracle.scenario import Concurrently
from tests.unit.plugins import program, step
from tests.unit.toys import CRASHING, TINY

BLOCK = Concurrently(2, (step(2, "parent", "umask", mask="0"), step(3, "kid", "getpid")))
TWO = program(step(1, "parent", "fork", born="kid"), BLOCK)


def test_a_crash_in_the_middle_of_a_move_is_met_once_for_each_order() -> None:
    result = explore(TWO, CRASHING, most=50)
    assert "boom" in result.crash
    assert result.exploration is not None
    assert result.exploration.executions < 5


def test_who_looks_again_every_second_for_ever_does_so_for_a_minute() -> None:
    looks = []

    def poll(k: Machine, lwp: Lwp, args: Args) -> Kernel[None]:
        while True:
            looks.append(k.ticks)
            yield from tsleep(BLOCK, "poll", 100)

    polling = replace(TINY, calls={**TINY.calls, "umask": Call(TINY.calls["umask"].spec, poll)})
    result = explore(TWO, polling, most=1)
    assert len(looks) == 61
    assert looks[-1] - looks[0] == 6000
    assert result.observation.facts["call.2"] == "asleep"
