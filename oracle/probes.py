"""What can be turned at the start of a scenario, and what of it a flavor lacks: found by turning each knob alone.

So a flavor of anybody's gets the states that it can have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

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
)
from oracle.flavor import Flavor
from oracle.run import run
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec, Scenario, Step
from oracle.start import flaws

QUEUE = 3  # where every process has an event queue open, unless it shares somebody's table
CALLER = "parent"  # is in every start, and stands last
NAMES = ("other", "boss", CALLER)  # of those that a start is drawn with
USERS = (0, 1000, 1001)
IDS = ("uid", "ruid", "euid", "setuid")  # parameters of calls that name one
NOTES = ("NOTE_FORK", "NOTE_EXIT", "NOTE_EXEC", "NOTE_TRACK")
FILES = (FileSpec(0, "/dev/tty"), FileSpec(QUEUE, "queue", kind="kqueue"))
JAIL = "jail"

# A knob, or what hangs on one, turned alone: the name says what is turned back where a flavor lacks it.
PROBES: tuple[tuple[str, ProcessExtras], ...] = (
    *((f"shares.{what}", ProcessExtras(shares=Sharing(**{what: "other"}))) for what in SHARED),
    ("leader", ProcessExtras(leader="other")),
    ("tracks_leader", ProcessExtras(tracks_leader=True)),
    ("threads", ProcessExtras(threads=(ThreadSpec("two"),))),
    ("last_tid", ProcessExtras(last_tid=7)),
    ("traced", ProcessExtras(traced=TracedSpec("shell"))),
    ("traced.forks", ProcessExtras(traced=TracedSpec("shell", True))),
    ("ktrace", ProcessExtras(ktrace=KtraceSpec("out"))),
    ("watches", ProcessExtras(watches=(WatchSpec(QUEUE, "shell", NOTES),))),
    *((f"lacks.{what}", ProcessExtras(lacks=(what,))) for what in LACKS),
    ("arguments", ProcessExtras(arguments="prog -x")),
    ("terminal_mark", ProcessExtras(terminal_mark=False)),
    ("profiling", ProcessExtras(profiling=True)),
    ("system", ProcessExtras(system=True)),
    ("own_limits", ProcessExtras(own_limits=True)),
    ("nocldstop", ProcessExtras(nocldstop=True)),
    ("nocldwait", ProcessExtras(nocldwait=True)),
    *((f"stops_on.{what}", ProcessExtras(stops_on=(what,))) for what in STOPS),
    ("emulation", ProcessExtras(emulation="linux")),
    ("message_queues", ProcessExtras(message_queues=3)),
    ("compat32", ProcessExtras(compat32=True)),
    ("virtual_kernel", ProcessExtras(virtual_kernel=True)),
    ("moved_handlers", ProcessExtras(moved_handlers=True)),
)  # fmt: skip
MACHINE_PROBES: tuple[tuple[str, MachineExtras], ...] = (
    ("last_pid", MachineExtras(last_pid=50)),
    ("fork_hooks", MachineExtras(fork_hooks=("a",))),
    ("emulation_hooks", MachineExtras(emulation_hooks=("linux",))),
    ("faults", MachineExtras(faults=(("uarea", (1,)),))),
)
PLAIN, PLAIN_MACHINE = ProcessExtras(), MachineExtras()


@lru_cache(maxsize=64)
def lacks(flavors: tuple[Flavor, ...]) -> frozenset[str]:
    """The probes, and "jail", that one of the flavors does not model."""
    found: set[str] = set()
    for flavor in flavors:
        for name, extras in PROBES:
            parent = ProcessSpec(CALLER, extras=extras, **beside(extras.shares))
            found |= {name} if _unmodelled(flavor, MachineSpec(), parent) else set()
        for name, machine in MACHINE_PROBES:
            found |= {name} if _unmodelled(flavor, MachineSpec(extras=machine), ProcessSpec(CALLER)) else set()
        found |= {JAIL} if _unmodelled(flavor, MachineSpec(), ProcessSpec(CALLER, jail="cell")) else set()
    return frozenset(found)


def _unmodelled(flavor: Flavor, machine: MachineSpec, parent: ProcessSpec) -> bool:
    steps = (Step(1, CALLER, "fork", {}, "kid"),)
    probe = Scenario("probe", "", "", "results", steps, machine, (ProcessSpec("other"), parent))
    return bool(run(probe, flavor, checked=False).unmodelled)


def beside(shares: Sharing) -> dict[str, Any]:
    """What a process has, apart from what is another one's."""
    return {"files": () if shares.files else FILES, "memory": () if shares.memory else ProcessSpec("").memory}


def turned_back(extras: ProcessExtras, lacking: frozenset[str]) -> ProcessExtras:
    """Without what is lacked: a knob as a whole, one word of several, or what hangs on it."""
    for name in sorted(lacking):
        knob, _, part = name.partition(".")
        value = getattr(extras, knob, None)
        if value is None or knob in (one for one, _ in MACHINE_PROBES):
            continue
        plain = getattr(PLAIN, knob)
        if isinstance(value, tuple) and part:
            plain = tuple(one for one in value if one != part)
        elif part:
            plain = replace(value, **{part: "" if isinstance(getattr(value, part), str) else False})
        extras = replace(extras, **{knob: plain})
    return extras


def repaired(spec: ProcessSpec, earlier: Mapping[str, ProcessSpec]) -> ProcessSpec:
    """Without what can't be together."""
    plain = {field.name: getattr(PLAIN, field.name) for field in fields(PLAIN)}
    while found := [path[0] for path, _ in flaws(spec, earlier)]:
        if found[0] in ("group", "session"):
            spec = replace(spec, group="", session="shell")
        else:
            assert spec.extras is not None
            spec = replace(spec, extras=replace(spec.extras, **{found[0]: plain[found[0]]}))
    return spec
