"""What concurrent steps can come to, as a set that two searches share if they found the same."""

from __future__ import annotations

from oracle.explore.explore import explore, told_apart_by
from oracle.flavor import Flavor
from oracle.load import loads
from oracle.outcome import Possibility
from oracle.registry import load_flavors
from oracle.scenario import Scenario
from tests.unit import toys

FLAVORS = load_flavors().flavors
TOYS = (toys.TINY, toys.VAGUE, toys.CRASHING, toys.LEAKY)


def scenario(steps: str, processes: str = "") -> Scenario:
    """A scenario out of the YAML of its steps and processes."""
    text = f"title: t\ntopic: races\n{processes}\nsteps:\n{steps}"
    return loads(text, "x.yaml", [*FLAVORS, *TOYS])


def outcome(one: Possibility) -> object:
    """What tells a possibility from another. Of a crash, its last line: the one before depend on where it was run."""
    crash = one.crash.strip().rpartition("\n")[2].partition(" object at ")[0]
    return one.unmodelled, crash, tuple(told_apart_by(one.observation))


def outcomes(program: Scenario, flavor: Flavor, *, reduce: bool = True, most: int = 20_000) -> dict[object, Possibility]:
    """All possibilities by what tells them apart; the search has to have come to its end."""
    exploration = explore(program, flavor, reduce=reduce, checked=False, most=most).exploration
    assert exploration is not None
    assert exploration.exhaustive
    return {outcome(one): one for one in exploration.possibilities}
