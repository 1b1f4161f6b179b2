"""Random programs for the installed flavors: several actors, any calls with any arguments, written as a person could."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from oracle.args import flag_names
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.flavor import Flavor
from oracle.scenario import ArgValue, MachineSpec, ProcessSpec, Scenario, Step

# Calls that make something happen later are likelier than others, or most programs would be lists of failing calls.
OFTEN = ("fork", "vfork", "spawn", "exit", "wait", "kill", "exec", "sigaction", "ptrace", "setpgid", "open", "close")
WORDS = {
    "path": ("/tmp/a", "/etc/motd"),
    "region": ("data", "map", "nothing"),
    "handler": ("default", "ignore", "h"),
    "stack": ("off", "s1"),
    "inherit": ("share", "copy", "none"),
}
NUMBERS = (0, 1, 2, 3, 10, 99, -1, 1000)
USERS = (0, 1000, 1001)


@st.composite
def scenarios(draw: st.DrawFn, flavors: Sequence[Flavor], longest: int = 12) -> Scenario:
    """A scenario that all flavors can read; not all of them have all its calls."""
    signals = [signal for signal in flavors[0].signals if all(signal in flavor.signals for flavor in flavors)]
    processes = draw(_processes(signals))
    roles = [*(process.name for process in processes), "shell"]
    portable = [name for name in OFTEN for _ in range(5)] + list(PORTABLE_BY_NAME)
    native = [(name, flavor) for flavor in flavors for name in flavor.calls if name not in PORTABLE_BY_NAME]
    calls: st.SearchStrategy[tuple[str, Flavor | None]] = st.sampled_from([*((name, None) for name in portable), *native])
    steps: list[Step] = []
    for index in range(1, draw(st.integers(3, longest)) + 1):
        name, flavor = draw(calls)
        having = flavors if flavor is None else (flavor,)
        only = () if flavor is None else (flavor.id,)
        spec = PORTABLE_BY_NAME[name] if flavor is None else flavor.calls[name].spec
        by = draw(st.sampled_from(roles))
        args = draw(_args(spec, having, roles))
        born = f"kid{index}" if spec.births else ""
        steps.append(Step(index, by, name, args, born, only))
        if born and not only:
            roles.append(born)
    machine = MachineSpec(
        maxproc=draw(st.none() | st.integers(5, 60)),
        background=draw(st.sampled_from(((), ((1000, 3),), ((0, 10), (1001, 1))))),
        terminal=draw(st.booleans()),
    )
    return Scenario("random", "a random program", "", "results", tuple(steps), machine, processes)


@st.composite
def _processes(draw: st.DrawFn, signals: Sequence[str]) -> tuple[ProcessSpec, ...]:
    made: list[ProcessSpec] = []
    names = ["parent", "friend"][: draw(st.integers(1, 2))]
    for index, name in enumerate(names):
        own, group = draw(st.sampled_from((("shell", ""), ("", ""), ("shell", "shell"), ("shell", "parent"))))
        if group == "parent" and (index == 0 or made[0].session != "shell" or made[0].group):
            own, group = "shell", ""
        tame = [signal for signal in signals if signal not in ("SIGKILL", "SIGSTOP")]
        some = st.lists(st.sampled_from(tame), max_size=2, unique=True).map(tuple)
        made.append(
            ProcessSpec(
                name,
                parent=draw(st.sampled_from(("shell", "init", *names[:index]))),
                uid=draw(st.sampled_from(USERS)),
                euid=draw(st.none() | st.sampled_from(USERS)),
                session=own,
                group=group,
                terminal=draw(st.booleans()),
                limits=draw(st.sampled_from(((), (("nproc", 2, 5),), (("nproc", 0, -1),)))),
                masked=draw(some),
                pending=draw(some),
                ignored=draw(some),
            )
        )
    return tuple(made)


@st.composite
def _args(draw: st.DrawFn, spec: CallSpec, having: Sequence[Flavor], roles: Sequence[str]) -> dict[str, ArgValue]:
    args: dict[str, ArgValue] = {}
    for param in spec.params:
        if param.required or draw(st.booleans()):
            args[param.name] = draw(_value(spec, param, having, roles))
    return args


def _value(spec: CallSpec, param: Param, having: Sequence[Flavor], roles: Sequence[str]) -> st.SearchStrategy[ArgValue]:
    """Values that one of the flavors takes, at least."""
    kind = param.kind
    common = [signal for signal in having[0].signals if all(signal in flavor.signals for flavor in having)]
    if kind is Kind.ROLE:
        return st.sampled_from(roles)
    if kind is Kind.SWITCH:
        return st.booleans()
    if kind is Kind.SIGNAL:
        return st.sampled_from(("SIGCHLD", "SIGTERM", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGTSTP", "SIGHUP")) | st.sampled_from(
            (*common, 0)
        )
    if kind is Kind.SIGNALS:
        return st.lists(st.sampled_from(common), max_size=3, unique=True).map(tuple)
    if kind is Kind.OCTAL:
        return st.sampled_from(("000", "022", "077"))
    if kind is Kind.NUMBER:
        return st.sampled_from(USERS if param.name in ("uid", "ruid", "euid", "setuid") else NUMBERS)
    if kind is Kind.FLAGS:
        sets = [[name for name, _ in flag_names(spec, param, flavor)] for flavor in having]
        some = [st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map("|".join) for names in sets if names]
        return st.one_of(st.just(0), *some)
    return st.sampled_from(param.choices or WORDS.get(param.name, ("a", "b")))
