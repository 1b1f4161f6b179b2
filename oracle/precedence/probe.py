"""One try: runs a scenario on a flavor and writes down each errno that its last call raised: where, when, what was printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from oracle.flavor import Answer, Args, Call, Code, Flavor
from oracle.machine.errno import Errno
from oracle.machine.machine import MS_PER_TICK, Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel
from oracle.outcome import INEXPRESSIBLE
from oracle.precedence.sites import Site, chain, site_of
from oracle.run import Execution
from oracle.scenario import Scenario

MOST_RAISED = 3  # of one call that is started over for ever


@dataclass(frozen=True, slots=True)
class Raised:
    """An errno that the kernel's code of a call ended with, whether a program sees it or not (ERESTART)."""

    errno: str
    message: str
    site: Site
    cite: str
    after: int  # simulated milliseconds since the call was made
    console: tuple[str, ...]  # what was printed since then


@dataclass(frozen=True, slots=True)
class Ending:
    """What a try came to. `raised` is in order; `reached` has the sites of errnos that kernel code met on the way, too."""

    result: str  # what the call gave in the end
    raised: tuple[Raised, ...]
    reached: frozenset[Site]
    prepared: tuple[str, ...]  # what the steps before it gave
    made: bool = True  # False: the flavor has no such call, or not with these arguments
    crash: str = ""

    @property
    def first(self) -> Raised | None:
        """The errno that won."""
        return self.raised[0] if self.raised else None


class Probe:
    """Stands in front of the calls of a flavor and listens to what the one of a scenario's last step raises."""

    __slots__ = ("execution", "raised", "reached")

    def __init__(self, scenario: Scenario, flavor: Flavor, watched: str) -> None:
        self.raised: list[Raised] = []
        self.reached: set[Site] = set()
        call = flavor.calls.get(watched)
        calls: Mapping[str, Call] = flavor.calls
        if call is not None:
            calls = {**flavor.calls, watched: Call(call.spec, self._listening(call))}
        self.execution = Execution(scenario, replace(flavor, calls=calls), checked=False)

    def _listening(self, call: Call) -> Code:
        """The code of a call, overheard when it is the scenario's last step that runs it."""

        def run(k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
            made = self.execution.made[-1]
            if made.step is not self.execution.scenario.steps[-1] or lwp is not k.roles.get(made.step.by):
                return (yield from call.run(k, lwp, args))
            before = len(k.console)
            try:
                return (yield from call.run(k, lwp, args))
            except Errno as error:
                self._note(error, (k.ticks - made.started) * MS_PER_TICK, tuple(k.console[before:]))
                raise

        return run

    def _note(self, error: Errno, after: int, printed: tuple[str, ...]) -> None:
        if len(self.raised) == MOST_RAISED:
            return
        site, cite = site_of(error)
        self.raised.append(Raised(error.name, str(error), site, cite, after, printed))
        self.reached.update(site_of(one)[0] for one in chain(error))


def attempt(scenario: Scenario, flavor: Flavor) -> Ending:
    """Run a scenario and listen to its last call. Never raises for what a flavor does."""
    last = scenario.steps[-1]
    probe = Probe(scenario, flavor, last.call)  # type: ignore[union-attr]
    execution = probe.execution
    crash = execution.finish().crash
    results = [made.by_now(execution.k.ticks)[0] for made in execution.made]
    ending = Ending(
        execution.unmodelled or (results[-1] if results else "not made"),
        tuple(probe.raised),
        frozenset(probe.reached),
        tuple(results[:-1]),
        bool(results) and not results[-1].startswith((INEXPRESSIBLE, "not made")) and not execution.unmodelled,
        crash,
    )
    execution.k.dismantle()
    return ending
