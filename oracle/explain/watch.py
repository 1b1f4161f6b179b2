"""Watches one run of a flavor, and says along the way what decided the facts on which it parts from others."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from oracle.explain.partings import Parting
from oracle.explain.reasons import Reason, Witness
from oracle.explain.record import Recorder
from oracle.flavor import Flavor
from oracle.run import Execution
from oracle.scenario import Concurrently, Item, Scenario, Step, selects
from oracle.schedule import Scheduled


class View:
    """One run as it is compared with another: in which phases, on which facts, as which of the two sides.

    `found` gets what decided each of the facts.
    """

    def __init__(self, phases: Sequence[tuple[int, ...]], partings: Sequence[Parting], side: int) -> None:
        self.partings = partings
        self.found: dict[str, tuple[Reason, ...]] = {}
        self._side = side
        last = max((parting.step for parting in partings), default=-1)
        self._left = [phase for phase in phases if phase[-1] <= last]
        self._since = 0  # serial before the phase
        self._calls: tuple[Step, ...] = ()

    @property
    def over(self) -> bool:
        """Whether all phases have been looked at."""
        return not self._left

    def took(self, item: Item) -> None:
        """Another step was taken."""
        self._calls += item.steps if isinstance(item, Concurrently) else (item,) if isinstance(item, Step) else ()

    def catch_up(self, upcoming: Item | None, recorder: Recorder, witness: Witness) -> None:
        """Look at the phases that are over, now that `upcoming` is the step to be taken next (None: there is none)."""
        while self._left and (upcoming is None or upcoming.index > self._left[0][-1]):
            phase = self._left.pop(0)
            witness.window(self._since, tuple([step.index for step in self._calls]))
            for parting in self.partings:
                if parting.step == phase[-1]:
                    side = self._side
                    self.found[parting.path] = witness.reasons(parting.path, parting.values[side], parting.others[side])
            self._since, self._calls = recorder.serial, ()


def reasons_of(scenario: Scenario, flavor: Flavor, views: Sequence[View], schedule: str) -> None:
    """Run on a flavor under observation, and tell each view what decided its facts where they part.

    No garbage is looked for meanwhile: there is little, and very much that stays.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        _watch(scenario, flavor, views, schedule)
    finally:
        if collecting:
            gc.enable()


def _watch(scenario: Scenario, flavor: Flavor, views: Sequence[View], schedule: str) -> None:
    execution = Execution(scenario, flavor, checked=False, chooser=Scheduled(schedule))
    recorder = Recorder(execution.k, flavor)
    witness = Witness(execution, recorder)
    steps = execution.steps()
    next(steps)
    recorder.begin()
    for upcoming in [item for item in scenario.steps if not item.only or selects(item.only, flavor.id)]:
        for view in views:
            view.catch_up(upcoming, recorder, witness)
        if all(view.over for view in views):
            break
        with recorder.watching():
            taken = next(steps, None)
        if taken is None:
            break
        for view in views:
            view.took(taken)
    for view in views:
        view.catch_up(None, recorder, witness)
    execution.k.dismantle()
