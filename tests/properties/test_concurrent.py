"""Of random small concurrent programs, the search finds exactly what running every order finds; no random schedule comes to
anything else; each outcome's schedule leads to it again.

`python -m tests.properties.test_concurrent 2000` tries that many.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracle.explore.explore import explore, told_apart_by
from oracle.flavor import Flavor
from oracle.load import dump_scenario, loads
from oracle.machine.machine import Machine
from oracle.outcome import Exploration
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import Scenario
from oracle.schedule import Scheduled, preferred, render
from tests.outside import tinyos
from tests.properties.concurrent import TINY_SIGNALS, scenarios
from tests.unit.explore.outcomes import outcome

FLAVORS = load_flavors().flavors
MOST = 600  # executions of a naive search: what needs more is left alone


class Dice:
    """A chooser that throws dice, and remembers what it threw."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._asked = 0
        self._differs: dict[int, str] = {}

    def enter(self, k: Machine, state: Callable[[], object]) -> None:
        """Nothing to prepare."""

    def choose(self, enabled: Sequence[str], last: str) -> str:
        """Anybody."""
        chosen = self._random.choice(enabled)
        if len(enabled) > 1:
            self._asked += 1
            if chosen != preferred(enabled, last):
                self._differs[self._asked] = chosen
        return chosen

    def moved(self, actor: str, fatal: bool) -> bool:
        """Every move is news."""
        return True

    def idle(self) -> None:
        """Nothing to note."""

    def leave(self, last: bool) -> None:
        """Nothing to end."""

    def schedule(self) -> str:
        """What was thrown."""
        return render(self._differs)


def _explored(program: Scenario, flavor: Flavor, *, reduce: bool = True, most: int = 4 * MOST) -> Exploration:
    exploration = explore(program, flavor, reduce=reduce, checked=False, most=most).exploration
    assert exploration is not None
    return exploration


def _same(program: Scenario, flavor: Flavor) -> None:
    naive = _explored(program, flavor, reduce=False, most=MOST)
    if naive.exhaustive:
        reduced = _explored(program, flavor)
        assert reduced.exhaustive, (
            f"{flavor.id}: the reduced search needs more than four times as long\n{dump_scenario(program)}"
        )
        found, expected = ({outcome(one): one.schedule for one in each.possibilities} for each in (reduced, naive))
        missed = [schedule for key, schedule in expected.items() if key not in found]
        made_up = [schedule for key, schedule in found.items() if key not in expected]
        assert not missed, f"{flavor.id}: missed {missed}\n{dump_scenario(program)}"
        assert not made_up, f"{flavor.id}: made up {made_up}\n{dump_scenario(program)}"
        for one in reduced.possibilities:
            again = run(program, flavor, checked=False, chooser=Scheduled(one.schedule))
            assert (again.observation, again.outcomes) == (one.observation, one.outcomes), f"{flavor.id}: {one.schedule!r}"


def _covered(program: Scenario, flavor: Flavor) -> None:
    reduced = _explored(program, flavor, most=MOST)
    if reduced.exhaustive:
        known = {outcome(one) for one in reduced.possibilities}
        for seed in range(10):
            dice = Dice(seed)
            result = run(program, flavor, checked=False, chooser=dice)
            key = result.unmodelled, result.crash, tuple(told_apart_by(result.observation))
            assert key in known, f"{flavor.id}: missed {dice.schedule()!r}\n{dump_scenario(program)}"


class _Named:
    """A flavor that is told by its id where Hypothesis tells of it: its own text is as long as all of it."""

    def __init__(self, flavor: Flavor) -> None:
        self.flavor = flavor

    def __repr__(self) -> str:
        return self.flavor.id


def checking(prop: Callable[[Scenario, Flavor], None], flavors: Sequence[Flavor], examples: int, **more: object) -> None:
    """Try a property of a program on flavors."""
    programs = scenarios(rare=False, signals=TINY_SIGNALS) if tinyos.FLAVOR in flavors else scenarios()
    configured = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), **more)  # type: ignore[arg-type]
    configured(given(programs, st.sampled_from(flavors).map(_Named))(lambda program, flavor: prop(program, flavor.flavor)))()


@pytest.mark.parametrize("flavors", [FLAVORS, (tinyos.FLAVOR,)], ids=["installed", "outside"])
def test_the_search_finds_what_every_order_finds(flavors: Sequence[Flavor]) -> None:
    checking(_same, flavors, 15, derandomize=True)


@pytest.mark.parametrize("flavor", FLAVORS, ids=lambda flavor: flavor.id)
def test_no_random_schedule_comes_to_anything_else(flavor: Flavor) -> None:
    checking(_covered, (flavor,), 5, derandomize=True)


def test_a_program_is_the_same_once_it_was_written_and_read() -> None:
    def _again(program: Scenario, flavor: Flavor) -> None:
        assert loads(dump_scenario(program), "random.yaml", FLAVORS) == program

    checking(_again, FLAVORS, 50, derandomize=True)


if __name__ == "__main__":
    for some in (FLAVORS, (tinyos.FLAVOR,)):
        checking(_same, some, int(sys.argv[1]), database=None, phases=(Phase.generate, Phase.shrink))
