"""Random machine states, made by turning knobs: mostly none or few at a time, so that rare ones don't hide each other.

What a process may have is what strategies draw, too; here it is made without Hypothesis, which takes milliseconds for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from random import Random
from typing import Any, TypeAlias

from oracle.extras import (
    LACKS,
    SHARED,
    STOPS,
    KtraceSpec,
    MachineExtras,
    ProcessExtras,
    Sharing,
    ThreadSpec,
    TracedSpec,
    WatchSpec,
    turned,
)
from oracle.probes import FILES, JAIL, NAMES, NOTES, QUEUE, USERS, repaired, turned_back
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec, RegionSpec

SIGNALS = ("SIGTERM", "SIGCHLD", "SIGTSTP", "SIGUSR1", "SIGSTOP", "SIGCONT", "SIGALRM", "SIGTTIN")
MASKABLE = tuple(name for name in SIGNALS if name != "SIGSTOP")
BACKSTAGE = 3  # processes that are there on every machine
EDGES = (-1, 0, 1, 2, 4, 9, 10, 11)  # slots that are still free of a table, around which kernels decide

Turned: TypeAlias = dict[str, Any]  # fields and their values
Knob: TypeAlias = Callable[[Random, Turned, Turned, str, Sequence[str]], None]  # (…, process, extras, its name, earlier ones)
Weights: TypeAlias = Mapping[str, float]  # by what a case is made of: its calls and its knobs; 1, if not given


def _field(name: str, *values: Any) -> Knob:
    """A field of a process that takes one of some values."""

    def turn(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
        process[name] = rng.choice(values)

    return turn


def _rare(name: str, *values: Any) -> Knob:
    """Likewise what few processes have."""

    def turn(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
        extras[name] = rng.choice(values)

    return turn


def _signals(name: str, of: Sequence[str]) -> Knob:
    def turn(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
        process[name] = tuple(rng.sample(of, rng.choice((1, 1, 2))))

    return turn


def _parent(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    process["parent"] = rng.choice(("shell", "init", *earlier, *earlier))


def _session(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    process["session"], process["group"] = rng.choice((("", ""), ("shell", "shell"), *(("shell", one) for one in earlier)))


def _caught(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    process["caught"] = tuple((name, "h") for name in rng.sample(MASKABLE, rng.choice((1, 1, 2))))


def _shares(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    whom = rng.choice((*earlier, *earlier, "shell"))
    extras["shares"] = Sharing(**{what: whom for what in SHARED if rng.random() < 0.5})


def _leader(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    extras["leader"] = rng.choice((*earlier, "shell"))


def _threads(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    made = []
    for number in range(rng.choice((1, 1, 2))):
        masked = tuple(rng.sample(MASKABLE, 1)) if rng.random() < 0.2 else ()
        pending = tuple(rng.sample(MASKABLE, 1)) if rng.random() < 0.2 else ()
        tid = rng.choice((7, 0x7FFFFFFF)) if number == 0 and rng.random() < 0.2 else None
        made.append(ThreadSpec(f"{role}-{('two', 'three')[number]}", tid, masked, pending))
    extras["threads"] = tuple(made)


def _traced(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    extras["traced"] = TracedSpec(rng.choice(("shell", "init", *earlier, *earlier)), rng.random() < 0.5)


def _watches(rng: Random, process: Turned, extras: Turned, role: str, earlier: Sequence[str]) -> None:
    notes = tuple(rng.sample(NOTES, rng.choice((1, 2, 4))))
    process["files"] = FILES
    extras["watches"] = (WatchSpec(QUEUE, rng.choice((role, "shell", *earlier)), notes),)


_LIMITS = tuple(
    (limit,)
    for limit in (
        ("nproc", 1, 5), ("nproc", 2, 2), ("nproc", 3, 5), ("nproc", 4, 5), ("nproc", 0, -1), ("nproc", -1, -1),
        ("nofile", 1, 4), ("nofile", 2, 2), ("cpu", 1, 2), ("data", 4096, 8192), ("stack", 4096, -1),
    )
)  # fmt: skip
PROCESS_KNOBS: Mapping[str, Knob] = {
    "parent": _parent, "session": _session, "uid": _field("uid", *USERS), "root": _field("uid", 0),
    "euid": _field("euid", *USERS), "svuid": _field("svuid", *USERS), "jail": _field("jail", "cell"),
    "terminal": _field("terminal", False), "sugid": _field("sugid", True), "nice": _field("nice", -20, -5, 5, 20),
    "limits": _field("limits", *_LIMITS), "pending": _signals("pending", SIGNALS), "masked": _signals("masked", MASKABLE),
    "ignored": _signals("ignored", MASKABLE), "sigchld": _field("ignored", ("SIGCHLD",)), "caught": _caught,
    "files": _field("files", FILES, (FileSpec(0, "/dev/tty"), FileSpec(4, "/tmp/a", 10, True)),
                    (FileSpec(1, "/tmp/a", 5), FileSpec(2, "pipe", kind="pipe")), ()),
    "memory": _field("memory", (RegionSpec("data", "1"), RegionSpec("map", "2", "share")),
                     (RegionSpec("data"), RegionSpec("x", "3", "none")), (RegionSpec("data", wired=True),)),
    "umask": _field("umask", 0, 0o77), "cwd": _field("cwd", "/tmp"), "chroot": _field("root", "/jail"),
    "shares": _shares, "leader": _leader, "tracks_leader": _rare("tracks_leader", True), "threads": _threads,
    "last_tid": _rare("last_tid", 1, 7, 0x7FFFFFFF), "traced": _traced,
    "ktrace": _rare("ktrace", KtraceSpec("out"), KtraceSpec("log", True)), "watches": _watches,
    "lacks": _rare("lacks", *((one,) for one in LACKS)), "arguments": _rare("arguments", "prog -x"),
    "terminal_mark": _rare("terminal_mark", True, False), "profiling": _rare("profiling", True),
    "system": _rare("system", True), "own_limits": _rare("own_limits", True), "nocldstop": _rare("nocldstop", True),
    "nocldwait": _rare("nocldwait", True), "stops_on": _rare("stops_on", *((one,) for one in STOPS)),
    "emulation": _rare("emulation", "linux"), "message_queues": _rare("message_queues", 0, 3, 0xFFFFFFFF),
    "compat32": _rare("compat32", True), "virtual_kernel": _rare("virtual_kernel", True),
    "moved_handlers": _rare("moved_handlers", True),
}  # fmt: skip
MACHINE_KNOBS = ("slots", "user", "terminal", "last_pid", "fork_hooks", "emulation_hooks", "faults", "tunables")


FIELDS = {"maxproc": "slots", "background": "user", "group": "session"}  # knobs that are called otherwise than their fields


def turned_knobs(process: ProcessSpec) -> set[str]:
    """The knobs that are turned on a process."""
    plain = ProcessSpec(process.name)
    names = {field.name for field in fields(plain) if getattr(process, field.name) != getattr(plain, field.name)}
    return {FIELDS.get(name, name) for name in names - {"extras"}} | set(turned(process.extras or ProcessExtras()))


def turned_machine(machine: MachineSpec) -> set[str]:
    """The knobs that are turned on a machine."""
    plain = MachineSpec()
    names = {field.name for field in fields(plain) if getattr(machine, field.name) != getattr(plain, field.name)}
    return {FIELDS.get(name, name) for name in names - {"extras"}} | set(turned(machine.extras or MachineExtras()))


def start(
    rng: Random, weights: Weights, lacking: frozenset[str], tunables: Mapping[str, int]
) -> tuple[MachineSpec, tuple[ProcessSpec, ...]]:
    """A machine and its processes."""
    processes: dict[str, ProcessSpec] = {}
    for name in NAMES[rng.choice((2, 2, 1, 0)) :]:
        processes[name] = _process(rng, weights, lacking, name, processes)
    return _machine(rng, weights, lacking, tunables, processes), tuple(processes.values())


def _some(rng: Random, names: Sequence[str], weights: Weights, counts: Sequence[int]) -> list[str]:
    """As many names as one of some counts says; a name that has less weight is taken less often."""
    found = []
    for _ in range(rng.choice(counts)):
        name = rng.choice(names)
        if rng.random() < weights.get(name, 1.0):
            found.append(name)
    return found


_PROCESS_NAMES = tuple(PROCESS_KNOBS)
_FEW = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 5)
_FEWER = (0, 0, 0, 0, 0, 0, 1, 1, 2)


def _process(
    rng: Random,
    weights: Weights,
    lacking: frozenset[str],
    name: str,
    earlier: Mapping[str, ProcessSpec],
) -> ProcessSpec:
    chosen: Turned = {}
    rare: Turned = {}
    for knob in _some(rng, _PROCESS_NAMES, weights, _FEW):
        if knob == "jail" and JAIL in lacking:
            continue
        PROCESS_KNOBS[knob](rng, chosen, rare, name, tuple(earlier))
    extras = turned_back(ProcessExtras(**rare), lacking) if rare else None
    if extras is not None:
        for what, field in (("files", "files"), ("memory", "memory")):
            if getattr(extras.shares, what):
                chosen[field] = ()
        if extras.shares.handlers:
            chosen.pop("caught", None)
            chosen.pop("ignored", None)
        if extras.shares.directories:
            for field in ("cwd", "root", "umask"):
                chosen.pop(field, None)
    spec = ProcessSpec(name, extras=extras, **chosen)
    return spec if extras is None and not chosen.get("group") else repaired(spec, earlier)


def _machine(
    rng: Random,
    weights: Weights,
    lacking: frozenset[str],
    tunables: Mapping[str, int],
    processes: Mapping[str, ProcessSpec],
) -> MachineSpec:
    chosen: Turned = {}
    rare: Turned = {}
    background: dict[int, int] = {}
    for knob in _some(rng, MACHINE_KNOBS, weights, _FEWER):
        if knob == "slots":
            free = rng.choice(EDGES)
            chosen["maxproc"] = rng.choice((20, 40, 60))
            uid = rng.choice(USERS)
            background[uid] = max(0, chosen["maxproc"] - free - BACKSTAGE - len(processes))
        elif knob == "user":
            background[rng.choice(USERS)] = rng.choice((1, 2, 3, 10, 90))
        elif knob == "terminal":
            chosen["terminal"] = False
        elif knob == "tunables":
            if tunables:
                name = rng.choice(tuple(tunables))
                usual = tunables[name]
                chosen["tunables"] = ((name, rng.choice((0, 1, 2, 5, 100, usual + 1, max(0, usual - 1)))),)
        elif knob not in lacking:
            rare[knob] = rng.choice(_MACHINE_VALUES[knob])
    if background:
        chosen["background"] = tuple(sorted(background.items()))
    return MachineSpec(extras=MachineExtras(**rare) if rare else None, **chosen)


_MACHINE_VALUES: Mapping[str, tuple[Any, ...]] = {
    "last_pid": (1, 50, 29_997, 30_000, 99_997, 99_999),
    "fork_hooks": (("a",), ("a", "b"), ("a", "a")),
    "emulation_hooks": (("linux",),),
    "faults": ((("uarea", (1,)),), (("uarea", (2,)),), (("uarea", (1, 2)),)),
}
