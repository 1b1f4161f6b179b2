"""Strategies for calls and whole programs: several actors, any calls with any arguments, written as a person could."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from oracle.args import flag_names
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.flavor import Flavor
from oracle.probes import IDS, USERS
from oracle.scenario import ArgValue, Scenario, Step
from oracle.strategies.starts import Start, starts

# Calls that make something happen later are likelier than others, or most programs would be lists of failing calls.
OFTEN = ("fork", "vfork", "spawn", "exit", "wait", "kill", "exec", "sigaction", "ptrace", "setpgid", "open", "close")
WORDS = {
    "path": ("/tmp/a", "/etc/motd"),
    "region": ("data", "map", "nothing"),
    "handler": ("default", "ignore", "h"),
    "stack": ("off", "s1"),
    "inherit": ("share", "copy", "none"),
}
LIKELY = ("SIGCHLD", "SIGTERM", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGTSTP", "SIGHUP")
NUMBERS = (0, 1, 2, 3, 10, 99, -1, 1000)


@st.composite
def programs(draw: st.DrawFn, flavors: Sequence[Flavor], longest: int = 12, start: Start | None = None) -> Scenario:
    """A scenario that all flavors can read: at least three calls by several actors. Native calls are meant for their flavor.

    It starts as `start` says, or from any machine state that all flavors have.
    """
    begin = draw(starts(flavors)) if start is None else start
    roles = list(begin.actors)
    steps: list[Step] = []
    for index in range(1, draw(st.integers(3, longest)) + 1):
        step = draw(calls(flavors, roles, index))
        steps.append(step)
        if step.born and not step.only:
            roles.append(step.born)
    return Scenario("random", "a random program", "", "results", tuple(steps), begin.machine, begin.processes)


@st.composite
def calls(draw: st.DrawFn, flavors: Sequence[Flavor], roles: Sequence[str], index: int = 1, *, native: bool = True) -> Step:
    """A step by one of some roles: a portable call or, if `native`, now and then one that a flavor has alone.

    What it makes is called `kid` with the index.
    """
    portable: list[tuple[str, Flavor | None]] = [(name, None) for name in (*OFTEN * 5, *PORTABLE_BY_NAME)]
    own = [(name, flavor) for flavor in flavors for name in flavor.calls if name not in PORTABLE_BY_NAME]
    name, flavor = draw(st.sampled_from([*portable, *(own if native else ())]))
    having = flavors if flavor is None else (flavor,)
    spec = PORTABLE_BY_NAME[name] if flavor is None else flavor.calls[name].spec
    by = draw(st.sampled_from(roles))
    args: dict[str, ArgValue] = {}
    for param in spec.params:
        if param.required or draw(st.booleans()):
            args[param.name] = draw(_value(spec, param, having, roles))
    return Step(index, by, name, args, f"kid{index}" if spec.births else "", () if flavor is None else (flavor.id,))


def _value(spec: CallSpec, param: Param, having: Sequence[Flavor], roles: Sequence[str]) -> st.SearchStrategy[ArgValue]:
    """Values that one of the flavors takes, at least."""
    kind = param.kind
    common = [signal for signal in having[0].signals if all(signal in flavor.signals for flavor in having)]
    likely: list[str | int] = [signal for signal in common if signal in LIKELY]
    likely = likely or [0]
    if kind is Kind.ROLE:
        return st.sampled_from(roles)
    if kind is Kind.SWITCH:
        return st.booleans()
    if kind is Kind.SIGNAL:
        return st.sampled_from(likely) | st.sampled_from((*common, 0))
    if kind is Kind.SIGNALS:
        return st.lists(st.sampled_from(common), max_size=3, unique=True).map(tuple) if common else st.just(())
    if kind is Kind.OCTAL:
        return st.sampled_from(("000", "022", "077"))
    if kind is Kind.NUMBER:
        return st.sampled_from(USERS if param.name in IDS else NUMBERS)
    if kind is Kind.FLAGS:
        sets = [[name for name, _ in flag_names(spec, param, flavor)] for flavor in having]
        some = [st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map("|".join) for names in sets if names]
        return st.one_of(st.just(0), *some)
    return st.sampled_from(param.choices or WORDS.get(param.name, ("a", "b")))
