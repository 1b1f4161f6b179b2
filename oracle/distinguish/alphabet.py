"""The alphabet of programs: who makes which call with which arguments, from which machine states. Finite, and stated here.

An argument may be `OTHER`: the child where the caller acts, the caller where the child does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

from oracle.args import flag_names, hint
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.lowering import render_call
from oracle.scenario import ArgValue, Scenario, Step
from oracle.sweep.states import CALLER, CHILD, STATES, State

OTHER = "<other>"
OWN = "own"  # the topic of calls that one system alone has
KERNELS_OWN = ("fork1",)  # calls that no program can make: in an alphabet only if they are named
TOGETHER = 2  # so many flags of a call that one system alone has

Given: TypeAlias = tuple[str, dict[str, ArgValue]]  # a call and its arguments
Path: TypeAlias = tuple[int, ...]  # a program, as places in an alphabet

# What programs are about. Whatever the topic, processes are made, end and are waited for, or there would be nothing to see.
ALWAYS: tuple[Given, ...] = (("fork", {}), ("vfork", {}), ("exec", {}), ("exit", {}), ("wait", {"options": "WNOHANG"}))
TOPICS: Mapping[str, tuple[Given, ...]] = {
    "processes": (
        ("wait", {}),
        ("exit", {"status": 3}),
        ("spawn", {"memory": "share"}),
        ("spawn", {"files": "share"}),
        ("spawn", {"files": "fresh"}),
        ("spawn", {"handlers": "share"}),
        ("spawn", {"exit_signal": 0}),
        ("spawn", {"parent": "init"}),
        ("spawn", {"wait_for_exec": True}),
        ("spawn", {"same_leader": True}),
        ("getppid", {}),
    ),
    "signals": (
        ("kill", {"to": OTHER, "signal": "SIGTERM"}),
        ("kill", {"to": OTHER, "signal": "SIGSTOP"}),
        ("kill", {"to": OTHER, "signal": "SIGCONT"}),
        ("kill", {"to": OTHER, "signal": "SIGKILL"}),
        ("kill", {"to": OTHER, "signal": "SIGUSR1"}),
        ("sigaction", {"signal": "SIGUSR1", "handler": "h"}),
        ("sigaction", {"signal": "SIGCHLD", "handler": "reap"}),
        ("sigaction", {"signal": "SIGCHLD", "handler": "ignore"}),
        ("sigprocmask", {"how": "block", "signals": ("SIGUSR1",)}),
        ("sigprocmask", {"how": "unblock", "signals": ("SIGUSR1",)}),
        ("sigaltstack", {"stack": "alt"}),
    ),
    "files": (
        ("open", {"path": "/tmp/x"}),
        ("open", {"path": "/tmp/x", "cloexec": True}),
        ("close", {"fd": 0}),
        ("dup2", {"fd": 0, "to": 5}),
        ("lseek", {"fd": 1, "offset": 7}),
        ("lock", {"fd": 1}),
        ("chdir", {"path": "/tmp"}),
        ("umask", {"mask": "077"}),
        ("kqueue", {}),
    ),
    "memory": (
        ("store", {"value": "2"}),
        ("mmap", {"region": "map", "shared": True}),
        ("minherit", {"region": "data", "inherit": "share"}),
        ("minherit", {"region": "data", "inherit": "none"}),
        ("mlock", {"region": "data"}),
        ("munmap", {"region": "data"}),
    ),
    "groups": (
        ("setpgid", {}),
        ("setpgid", {"of": OTHER}),
        ("setsid", {}),
        ("type", {"signal": "SIGINT"}),
        ("kill", {"group": OTHER, "signal": "SIGINT"}),
    ),
    "ids": (
        ("setuid", {"uid": 0}),
        ("setuid", {"uid": 1001}),
        ("seteuid", {"uid": 1000}),
        ("exec", {"setuid": 0}),
        ("setrlimit", {"resource": "nproc", "soft": 1}),
        ("nice", {"nice": 5}),
    ),
    "time": (("alarm", {"ms": 10}), ("sleep", {"ms": 20}), ("burn", {"ms": 10}), ("profil", {"on": True})),
    "tracing": (
        ("ptrace", {"request": "traceme"}),
        ("ptrace", {"request": "attach", "process": OTHER}),
        ("ptrace", {"request": "detach", "process": OTHER}),
        ("ptrace", {"request": "kill", "process": OTHER}),
        ("ktrace", {"inherit": True}),
    ),
}  # fmt: skip
FEW = ("plain", "root", "no-slot", "at-limit", "holdings", "masked-pending", "handlers", "no-zombies", "traced")


@dataclass(frozen=True, slots=True)
class Action:
    """One call by one actor, in no program yet."""

    by: str
    call: str
    args: Mapping[str, ArgValue] = field(default_factory=dict)
    births: bool = False

    def step(self, index: int, children: int) -> Step:
        """The action as a step of a program in which some children were made (or refused) before."""
        born = (CHILD if not children else f"{CHILD}{children + 1}") if self.births else ""
        return Step(index, self.by, self.call, self.args, born)

    @property
    def text(self) -> str:
        """The action for people."""
        return f"{self.by}: {render_call(self.call, self.args)}"


@dataclass(frozen=True, slots=True)
class Program:
    """A state and what is done from there. Steps that lead to the state are no part of it, and cost nothing."""

    state: State
    actions: tuple[Action, ...] = ()

    @property
    def text(self) -> str:
        """The program for people."""
        return "; ".join(action.text for action in self.actions)

    def scenario(self, name: str, why: str = "", only: tuple[str, ...] = ()) -> Scenario:
        """The program as a scenario."""
        steps = [Step(index, *one) for index, one in enumerate(self.state.before, 1)]
        children = 0
        for action in self.actions:
            steps.append(action.step(len(steps) + 1, children))
            children += action.births
        title = f"{self.text}; {self.state.title}"
        return Scenario(name, title, why, "results", tuple(steps), self.state.machine, self.state.processes, only)


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What programs are made of: states to start from, and actions of the caller and of its first child."""

    states: tuple[State, ...]
    actions: tuple[Action, ...]

    def program(self, path: Path) -> Program:
        """The program that a path stands for: the place of its state, then those of its actions."""
        return Program(self.states[path[0]], tuple([self.actions[place] for place in path[1:]]))

    def following(self, path: Path) -> Iterator[Path]:
        """The programs with one more step: nobody speaks of the child, or as the child, before somebody may have made it."""
        has_child = any(self.actions[place].births for place in path[1:])
        for place, action in enumerate(self.actions):
            if has_child or (action.by == CALLER and CHILD not in action.args.values()):
                yield (*path, place)


def alphabet(
    flavors: Sequence[Flavor], topics: Sequence[str] = (), calls: Sequence[str] = (), states: Sequence[State] = ()
) -> Alphabet:
    """The alphabet for some flavors: of some topics (all), of some calls instead, from some states (those in FEW).

    The topic OWN stands for calls that only these flavors' system has. Raises UsageError for unknown names.
    """
    given = _named(flavors, calls) if calls else [*ALWAYS, *_of_topics(flavors, topics)]
    actions: dict[str, Action] = {}
    for by, other in ((CALLER, CHILD), (CHILD, CALLER)):
        for call, args in given:
            filled = {name: other if value == OTHER else value for name, value in args.items()}
            action = Action(by, call, filled, _spec(flavors, call).births)
            actions.setdefault(action.text, action)
    begin = tuple(states) or tuple(state for state in STATES if state.name in FEW)
    return Alphabet(begin, tuple(actions.values()))


def _spec(flavors: Sequence[Flavor], call: str) -> CallSpec:
    return PORTABLE_BY_NAME[call] if call in PORTABLE_BY_NAME else flavors[0].calls[call].spec


def _of_topics(flavors: Sequence[Flavor], topics: Sequence[str]) -> Iterator[Given]:
    known = (*TOPICS, OWN)
    for topic in topics:
        if topic not in known:
            raise UsageError(f"there is no topic {topic!r}{hint(topic, known)}; there are {', '.join(known)}")
    for topic, given in TOPICS.items():
        if topic in topics or not topics:
            yield from given
    if OWN in topics or not topics:
        for name, spec in _shared(flavors).items():
            if name not in KERNELS_OWN:
                yield from _words(flavors, spec)


def _named(flavors: Sequence[Flavor], calls: Sequence[str]) -> list[Given]:
    """The actions with some calls alone: as the topics have them, or with arguments made from what the call takes."""
    written = [*ALWAYS, *(one for given in TOPICS.values() for one in given)]
    shared = _shared(flavors)
    found: list[Given] = []
    for name in calls:
        as_written = [one for one in written if one[0] == name]
        if as_written:
            found += as_written
        elif name in shared:
            found += _words(flavors, shared[name])
        elif (spec := PORTABLE_BY_NAME.get(name)) is not None and not any(param.required for param in spec.params):
            found.append((name, {}))
        else:
            known = dict.fromkeys([*(one for one, _ in written), *shared])
            raise UsageError(
                f"there is no call {name!r} that programs for both are made of{hint(name, known)}; there are {', '.join(known)}"
            )
    return found


def _shared(flavors: Sequence[Flavor]) -> dict[str, CallSpec]:
    """The calls that are no portable ones, and that all these flavors take alike."""
    first, *others = flavors
    return {
        name: call.spec
        for name, call in first.calls.items()
        if name not in PORTABLE_BY_NAME and all(name in one.calls and one.calls[name].spec == call.spec for one in others)
    }


def _words(flavors: Sequence[Flavor], spec: CallSpec) -> list[Given]:
    """A call with nothing but what it needs, with few flags, and with one parameter other than usual."""
    least: dict[str, ArgValue] = {}
    for param in spec.params:
        if param.required and param.kind is not Kind.FLAGS:
            least[param.name] = OTHER if param.kind is Kind.ROLE else _USUAL.get(param.kind, "a")
    found: list[dict[str, ArgValue]] = []
    for param in spec.params:
        found += [{**least, param.name: value} for value in _values(flavors, spec, param)]
    if not found or not any(param.required for param in spec.params):
        found = [least, *found]
    return [(spec.name, args) for args in found]


_USUAL: Mapping[Kind, ArgValue] = {
    Kind.NUMBER: 1,
    Kind.SWITCH: True,
    Kind.SIGNAL: "SIGTERM",
    Kind.SIGNALS: (),
    Kind.OCTAL: "022",
}


def _values(flavors: Sequence[Flavor], spec: CallSpec, param: Param) -> list[ArgValue]:
    """What one parameter is given beside its default: all words of few flags, the other choices, the other way of a switch."""
    if param.kind is Kind.FLAGS:
        names = [name for name, _ in flag_names(spec, param, flavors[0]) if name not in param.private]
        words = [word for count in range(1, TOGETHER + 1) for word in combinations(names, count)]
        return [*([0] if param.required else []), *("|".join(word) for word in words)]
    if param.kind is Kind.SWITCH:
        return [not param.default]
    if param.choices:
        return [choice for choice in param.choices if choice != param.default]
    return [0] if param.kind is Kind.SIGNAL and param.default != 0 else []
