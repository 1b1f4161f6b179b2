"""A stateful test that grows a process tree under several flavors and looks at it after every call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.load import dump_scenario
from oracle.probes import CALLER
from oracle.registry import load_flavors
from oracle.scenario import ArgValue, Scenario, Step
from oracle.strategies.programs import calls
from oracle.strategies.starts import Start, starts
from oracle.strategies.words import intents

SIGNALS = ("SIGTERM", "SIGKILL", "SIGSTOP", "SIGCONT")
NOTHING = Scenario("tree", "a process tree", "", "results", ())


class ProcessTree(RuleBasedStateMachine):
    """Processes fork, end, wait for and signal each other, and make other calls; after each, all flavors are compared.

    It fails if a flavor crashes, breaks an invariant that its kernel keeps, or disagrees on a fact that `agree` promises, and
    prints the scenario that shows it. A call that one of them does not model is not made.

    Derive a class, say which flavors and on what they have to agree, and give its `TestCase` to pytest:

        class Tree(ProcessTree):
            flavors = (MINE, *load_flavors().select(("netbsd",)))
            agree = ("call.*", "*.state")

        TestTree = Tree.TestCase
    """

    flavors: ClassVar[Sequence[Flavor]] = ()  # all that are installed, if empty
    agree: ClassVar[tuple[str, ...]] = ()  # facts by glob, as in a scenario
    plain: ClassVar[bool] = False  # whether to start on a plain machine, with one plain process
    native: ClassVar[bool] = True  # whether to make calls that one flavor has alone

    roles = Bundle("roles")  # all who can make calls
    born = Bundle("born")  # those that were made: the first process ends by `calls` alone, or most trees would not get far

    def __init__(self) -> None:
        super().__init__()
        self.under: tuple[Flavor, ...] = tuple(self.flavors) or load_flavors().flavors
        self.scenario = replace(NOTHING, agree=self.agree)

    @initialize(target=roles, data=st.data())
    def begins(self, data: st.DataObject) -> str:
        """The machine and its processes."""
        if not self.plain:
            start: Start = data.draw(starts(self.under), "start")
            self.scenario = replace(self.scenario, machine=start.machine, processes=start.processes)
        return CALLER

    @rule(targets=(roles, born), by=roles, how=st.sampled_from(("fork", "vfork")))
    def forks(self, by: str, how: str) -> str:
        """A process is made by fork or vfork."""
        return self._takes(by, how, {})

    @rule(targets=(roles, born), by=roles, intent=intents())
    def spawns(self, by: str, intent: dict[str, bool | int | str]) -> str:
        """A process is made as wanted."""
        spec = {param.name: param.default for param in PORTABLE_BY_NAME["spawn"].params}
        return self._takes(by, "spawn", {name: value for name, value in intent.items() if value != spec[name]})

    @rule(by=born, status=st.integers(0, 255))
    def ends(self, by: str, status: int) -> None:
        """A process exits."""
        self._takes(by, "exit", {"status": status})

    @rule(by=roles, options=st.sampled_from((0, "WNOHANG")))
    def waits(self, by: str, options: int | str) -> None:
        """A process waits for any child."""
        self._takes(by, "wait", {"options": options})

    @rule(by=roles, to=born, signal=st.sampled_from(SIGNALS))
    def kills(self, by: str, to: str, signal: str) -> None:
        """A process signals one that was made."""
        self._takes(by, "kill", {"to": to, "signal": signal})

    @rule(by=roles, to=roles, data=st.data())
    def calls(self, by: str, to: str, data: st.DataObject) -> None:
        """A process makes any call. What that makes takes no further part."""
        self._add(data.draw(calls(self.under, sorted({by, to}), self._next(), native=self.native), "call"))

    def _next(self) -> int:
        return len(self.scenario.steps) + 1

    def _takes(self, by: str, call: str, args: dict[str, ArgValue]) -> str:
        role = f"kid{self._next()}" if PORTABLE_BY_NAME[call].births else ""
        self._add(Step(self._next(), by, call, args, role))
        return role

    def _add(self, step: Step) -> None:
        """Make one more call, and look at everything."""
        longer = replace(self.scenario, steps=(*self.scenario.steps, step))
        now = compare(longer, self.under)
        if any(result.unmodelled for result in now.results):
            return  # nothing could be said of any call after it
        self.scenario = longer
        for result in now.results:
            if result.crash:
                raise AssertionError(self._told(result.flavor, "crashed", result.crash))
            broken = [f"{one.rule}: {one.text}" for one in result.violations if not one.known]
            if broken:
                raise AssertionError(self._told(result.flavor, "breaks an invariant", *broken))
        for promise in now.broken_promises:
            values = [f"{flavor}: {value}" for flavor, value in promise.values]
            raise AssertionError(self._told(promise.path, "is not the same everywhere", *values))

    def _told(self, who: str, what: str, *details: str) -> str:
        """What went wrong, and the scenario that shows it, ready to be put into a file."""
        return "\n".join([f"{who} {what}", *details, "", dump_scenario(self.scenario)])
