"""The sweeps that go into a report: small enough to be done at every run, and whole where that is possible."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.flavor import Flavor
from oracle.sweep.plan import Plan, plan
from oracle.sweep.space import INTENTS, space_named, spaces
from oracle.sweep.states import STATES, states_named

# Every intent is run in each of these, and none of them is concluded from another: they are chosen, the words are not.
STATES_OF_INTENTS = ("plain", "child-ends", "no-slot", "vfork-child")


def standard(flavors: Sequence[Flavor]) -> list[Plan]:
    """The plans for some flavors: all words of the first call with flags that the revisions of a system share, from all states;
    and all intents between systems, from a few."""
    made = []
    systems = list(dict.fromkeys(flavor.system for flavor in flavors))
    for system in systems:
        revisions = [flavor for flavor in flavors if flavor.system == system]
        space = next((one for one in spaces(revisions).values() if one.word is not None), None)
        if len(revisions) > 1 and space is not None:
            made.append(plan(space, STATES, revisions))
    if len(systems) > 1:
        made.append(plan(space_named(INTENTS, flavors), states_named(STATES_OF_INTENTS), flavors))
    return made
