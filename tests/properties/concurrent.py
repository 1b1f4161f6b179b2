"""Random concurrent programs, small enough for every schedule to be run: two or three actors that get into each other's way."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from oracle.extras import ProcessExtras, Sharing, ThreadSpec
from oracle.scenario import ArgValue, Concurrently, Item, ProcessSpec, Scenario, Step

Written = tuple[str, dict[str, ArgValue]]  # a call and its arguments

SIGNALS = ("SIGTERM", "SIGKILL", "SIGINT", "SIGCHLD", "SIGSTOP", "SIGCONT", "SIGHUP")
TINY_SIGNALS = ("SIGTERM", "SIGKILL", "SIGINT", "SIGCHLD", "SIGHUP")
BIRTHS = ("fork", "vfork")
STARTS = (  # the processes that there are at first
    (ProcessSpec("parent"),),
    (ProcessSpec("parent"), ProcessSpec("friend", parent="parent", group="parent")),
    (ProcessSpec("parent"), ProcessSpec("friend")),
    (ProcessSpec("parent", limits=(("nproc", 5, 5),)), ProcessSpec("friend", ignored=("SIGCHLD",))),
    (ProcessSpec("parent", pending=("SIGTERM",), masked=("SIGTERM",)), ProcessSpec("friend", parent="parent")),
    (ProcessSpec("parent", caught=(("SIGINT", "h"), ("SIGCHLD", "h"))), ProcessSpec("friend", parent="parent")),
)
RARE_STARTS = (  # that not every system has
    (ProcessSpec("parent", extras=ProcessExtras(threads=(ThreadSpec("friend"),))),),
    (ProcessSpec("parent"), ProcessSpec("friend", files=(), memory=(),
                                        extras=ProcessExtras(shares=Sharing("parent", "parent", "", "parent")))),
)  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn, rare: bool = True, longest: int = 3, signals: Sequence[str] = SIGNALS) -> Scenario:
    """One or two concurrent blocks, and perhaps a step between them. `rare`: starts and calls of whole systems, too."""
    processes = draw(st.sampled_from(STARTS + RARE_STARTS if rare else STARTS))
    actors = ["parent", "shell"]
    if len(processes) > 1 or processes[0].extras is not None:
        actors.append("friend")
    births: list[str] = []
    items: list[Item] = []
    index = 1
    for number in range(draw(st.sampled_from((1, 1, 1, 2)))):
        if number:
            name, args = draw(_calls(actors, rare, signals))
            items.append(Step(index, "parent", name, args, _born(name, index, births)))
            index += 1
        block: list[Step] = []
        most = longest - number  # calls in all, but for what a child does
        takers: list[str] = draw(st.permutations([*actors, *births]))[: draw(st.sampled_from((2, 2, 3)))]
        for actor in takers:
            for _ in range(draw(st.integers(1, max(1, most - len(block))))):
                name, args = draw(_calls([*actors, *births], rare, signals))
                block.append(Step(index, actor, name, args, _born(name, index, births)))
                index += 1
        if births and births[-1] not in takers and draw(st.booleans()):
            name, args = draw(_calls([*actors, *births], rare, signals))
            block.append(Step(index, births[-1], name, args, _born(name, index, births)))
            index += 1
        items.append(Concurrently(block[0].index, tuple(block)))
    return Scenario("random", "a random concurrent program", "", "races", tuple(items), processes=processes)


def _born(name: str, index: int, births: list[str]) -> str:
    """The role of what a call makes; noted in `births`."""
    if name not in (*BIRTHS, "spawn"):
        return ""
    births.append(f"kid{index}")
    return births[-1]


RARE: tuple[Written, ...] = (
    ("alarm", {"ms": 30}),
    ("setsid", {}),
    ("setuid", {"uid": 1001}),
    ("sigaction", {"signal": "SIGINT", "handler": "h"}),
    ("sigaction", {"signal": "SIGCHLD", "handler": "ignore"}),
    ("sigprocmask", {"how": "block", "signals": ("SIGINT", "SIGTERM")}),
    ("ptrace", {"request": "traceme"}),
    ("spawn", {"memory": "share", "files": "share", "handlers": "share"}),
    ("spawn", {"files": "share", "wait_for_exec": True}),
    ("setrlimit", {"resource": "nproc", "soft": 4}),
    ("nice", {"nice": 5}),
    ("lock", {"fd": 0}),
    ("type", {"signal": "SIGINT"}),
    ("exit", {"status": 3}),
)


@st.composite
def _calls(draw: st.DrawFn, roles: Sequence[str], rare: bool, signals: Sequence[str]) -> Written:
    """A call that others may notice, or that notices others."""
    name = draw(
        st.sampled_from(("fork", "fork", "vfork", "exit", "wait", "wait", "kill", "kill", "kill", "small", "small", "rare"))
    )
    if name == "rare" and not rare:
        name = "small"
    role = st.sampled_from(roles)
    if name == "kill":
        target = draw(st.sampled_from(("to", "to", "group"))) if rare else "to"
        return name, {target: draw(role), "signal": draw(st.sampled_from(signals))}
    if name == "wait":
        return name, draw(st.sampled_from(({}, {"options": "WNOHANG"})))
    if name == "small":
        return draw(st.sampled_from(SMALL))
    if name == "rare":
        return draw(_rare(role))
    return name, {}


SMALL: tuple[Written, ...] = (
    ("umask", {"mask": "077"}),
    ("open", {"path": "/tmp/a"}),
    ("close", {"fd": 0}),
    ("dup2", {"fd": 0, "to": 5}),
    ("chdir", {"path": "/tmp"}),
    ("store", {"region": "data", "value": "1"}),
    ("load", {"region": "data"}),
    ("lseek", {"fd": 0, "offset": 10}),
    ("getppid", {}),
    ("exec", {"path": "/bin/ls"}),
    ("sleep", {"ms": 20}),
    ("sleep", {"ms": 50}),
)


def _rare(role: st.SearchStrategy[str]) -> st.SearchStrategy[Written]:
    """A call that small systems lack."""
    plain: st.SearchStrategy[Written] = st.sampled_from(RARE)
    groups: st.SearchStrategy[Written] = st.tuples(
        st.just("setpgid"), st.fixed_dictionaries({"of": role}, optional={"group": role})
    )
    debuggers: st.SearchStrategy[Written] = st.tuples(
        st.just("ptrace"), st.fixed_dictionaries({"request": st.sampled_from(("attach", "continue")), "process": role})
    )
    return plain | groups | debuggers
