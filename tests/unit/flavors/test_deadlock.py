"""Who can never go on, as the runner sees it on real flavors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flavors.dragonfly.r768af85b import FLAVOR as DRAGONFLY
from flavors.netbsd.flavor import FLAVOR as NETBSD
from oracle.flavor import Flavor
from oracle.run import run
from oracle.scenario import ProcessSpec
from oracle.testing.programs import scenario


@pytest.mark.parametrize("flavor", [DRAGONFLY, NETBSD])
def test_who_has_stopped_is_in_no_deadlock_for_anybody_may_continue_it(flavor: Flavor) -> None:
    facts = run(scenario("a stop", "parent kill to=parent signal=SIGSTOP"), flavor).observation.facts
    assert (facts["parent.state"], facts["machine.deadlock"]) == ("stopped", ())


def test_a_zombie_is_nobody_who_could_act() -> None:
    program = scenario("a sleep for ever", "parent thr_sleep", "friend exit")
    program = replace(program, processes=(ProcessSpec("parent"), ProcessSpec("friend")))
    facts = run(program, DRAGONFLY).observation.facts
    assert (facts["friend.state"], facts["machine.deadlock"]) == ("zombie", ("parent in thr_sleep",))
