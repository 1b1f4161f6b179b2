"""Strategies for machine states: processes with any of the rare knobs turned, alone and together, as far as that goes.

Which knobs a flavor lacks is found by turning each alone, so a flavor of anybody's gets the states that it can have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

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
from oracle.strategies.words import faults

QUEUE = 3  # where every process has an event queue open, unless it shares somebody's table
CALLER = "parent"  # is in every start, and stands last
NAMES = ("other", "boss", CALLER)
NOTES = ("NOTE_FORK", "NOTE_EXIT", "NOTE_EXEC", "NOTE_TRACK")
SIGNALS = ("SIGTERM", "SIGCHLD", "SIGTSTP", "SIGUSR1")
USERS = (0, 1000, 1001)
FILES = (FileSpec(0, "/dev/tty"), FileSpec(QUEUE, "queue", kind="kqueue"))

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
JAIL = "jail"


@dataclass(frozen=True, slots=True)
class Start:
    """What a scenario starts with. `parent` is among the processes; `actors` are those who can make calls, threads included."""

    machine: MachineSpec
    processes: tuple[ProcessSpec, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Processes and threads, and the shell."""
        threads = [thread.name for one in self.processes if one.extras is not None for thread in one.extras.threads]
        return (CALLER, *(one.name for one in self.processes if one.name != CALLER), *threads, "shell")


@st.composite
def starts(draw: st.DrawFn, flavors: Sequence[Flavor] = ()) -> Start:
    """Up to three processes of any sort on a machine, `parent` among them: as all of the flavors can have them.

    Without flavors, as any system might.
    """
    lacking = lacks(tuple(flavors))
    processes: dict[str, ProcessSpec] = {}
    for name in NAMES[draw(st.integers(0, len(NAMES) - 1)) :]:
        processes[name] = draw(_processes(name, processes, lacking))
    return _had_by(flavors, Start(draw(machines(flavors)), tuple(processes.values())))


def _had_by(flavors: Sequence[Flavor], start: Start) -> Start:
    """The start without what a flavor lacks together, though it has each alone: knob after knob is turned back."""
    for knob in (*(field.name for field in fields(PLAIN)), JAIL, "pending", "masked", "ignored"):
        if all(_begins(flavor, start) for flavor in flavors):
            break
        start = replace(start, processes=tuple([_without(process, knob) for process in start.processes]))
    return start


def _begins(flavor: Flavor, start: Start) -> bool:
    return not run(Scenario("probe", "", "", "results", (), start.machine, start.processes), flavor, checked=False).unmodelled


def _without(process: ProcessSpec, knob: str) -> ProcessSpec:
    extras = process.extras
    if knob not in (field.name for field in fields(PLAIN)):
        return replace(process, **{knob: getattr(ProcessSpec(""), knob)})
    if extras is None:
        return process
    process = replace(process, extras=replace(extras, **{knob: getattr(PLAIN, knob)}))
    return replace(process, **_beside(Sharing())) if knob == "shares" else process


def machines(flavors: Sequence[Flavor] = ()) -> st.SearchStrategy[MachineSpec]:
    """Machines that all of the flavors can have: tables nearly full, pids nearly used up, hooks and faults."""
    lacking = lacks(tuple(flavors))
    extras = st.builds(
        MachineExtras,
        last_pid=st.none() | st.sampled_from((1, 50, 29_997)),
        fork_hooks=st.lists(st.sampled_from(("a", "b")), max_size=3).map(tuple),
        emulation_hooks=_mostly((), ("linux",)),
        faults=_mostly(False, True).flatmap(lambda fails: faults() if fails else st.just(())),
    )
    usual = {name: getattr(PLAIN_MACHINE, name) for name, _ in MACHINE_PROBES if name in lacking}
    return st.builds(
        MachineSpec,
        maxproc=_mostly(None, 10, 20, 60),
        background=_mostly((), ((1000, 3),), ((0, 10), (1001, 1))),
        terminal=st.booleans(),
        extras=st.none() | extras.map(lambda one: replace(one, **usual)),
    )


@lru_cache(maxsize=64)
def lacks(flavors: tuple[Flavor, ...]) -> frozenset[str]:
    """The probes, and "jail", that one of the flavors does not model."""
    found: set[str] = set()
    for flavor in flavors:
        for name, extras in PROBES:
            parent = ProcessSpec(CALLER, extras=extras, **_beside(extras.shares))
            found |= {name} if _unmodelled(flavor, MachineSpec(), parent) else set()
        for name, machine in MACHINE_PROBES:
            found |= {name} if _unmodelled(flavor, MachineSpec(extras=machine), ProcessSpec(CALLER)) else set()
        found |= {JAIL} if _unmodelled(flavor, MachineSpec(), ProcessSpec(CALLER, jail="cell")) else set()
    return frozenset(found)


def _unmodelled(flavor: Flavor, machine: MachineSpec, parent: ProcessSpec) -> bool:
    steps = (Step(1, CALLER, "fork", {}, "kid"),)
    probe = Scenario("probe", "", "", "results", steps, machine, (ProcessSpec("other"), parent))
    return bool(run(probe, flavor, checked=False).unmodelled)


def _beside(shares: Sharing) -> dict[str, Any]:
    """What a process has, apart from what is another one's."""
    return {"files": () if shares.files else FILES, "memory": () if shares.memory else ProcessSpec("").memory}


@st.composite
def _processes(draw: st.DrawFn, name: str, earlier: Mapping[str, ProcessSpec], lacking: frozenset[str]) -> ProcessSpec:
    extras = _turned_back(draw(_extras(name, tuple(earlier))), lacking)
    session, group = draw(st.sampled_from((("shell", ""), ("", ""), ("shell", "shell"))))
    spec = ProcessSpec(
        name,
        parent=draw(st.sampled_from(("shell", "init", *earlier))),
        uid=draw(st.sampled_from(USERS)),
        euid=draw(_mostly(None, *USERS)),
        jail="" if JAIL in lacking else draw(_mostly("", "cell")),
        session=session,
        group=group,
        terminal=draw(st.booleans()),
        limits=draw(_mostly((), (("nproc", 2, 5),), (("nproc", 0, -1),))),
        pending=draw(_some(SIGNALS)),
        masked=draw(_some(SIGNALS)),
        ignored=() if extras.shares.handlers else draw(_mostly((), ("SIGCHLD",))),
        extras=extras,
        **_beside(extras.shares),
    )
    return _repaired(spec, earlier)


def _turned_back(extras: ProcessExtras, lacking: frozenset[str]) -> ProcessExtras:
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


def _repaired(spec: ProcessSpec, earlier: Mapping[str, ProcessSpec]) -> ProcessSpec:
    """Without what can't be together."""
    plain = {field.name: getattr(PLAIN, field.name) for field in fields(PLAIN)}
    while found := [path[0] for path, _ in flaws(spec, earlier)]:
        if found[0] in ("group", "session"):
            spec = replace(spec, group="", session="shell")
        else:
            assert spec.extras is not None
            spec = replace(spec, extras=replace(spec.extras, **{found[0]: plain[found[0]]}))
    return spec


def _extras(name: str, earlier: Sequence[str]) -> st.SearchStrategy[ProcessExtras]:
    role = _mostly("", *earlier, "shell")
    threads = st.lists(
        st.builds(
            ThreadSpec,
            st.sampled_from((f"{name}-two", f"{name}-three")),
            _mostly(None, 7, 0x7FFFFFFF),
            masked=_some(SIGNALS),
            pending=_some(SIGNALS),
        ),
        min_size=1,
        max_size=2,
        unique_by=(lambda one: one.name, lambda one: one.tid or one.name),
    )
    watches = st.builds(
        WatchSpec,
        st.just(QUEUE),
        st.sampled_from((name, "shell", *earlier)),
        st.lists(st.sampled_from(NOTES), min_size=1, max_size=3, unique=True).map(tuple),
    )
    return st.builds(
        ProcessExtras,
        shares=st.just(Sharing()) | st.builds(Sharing, role, role, role, role),
        leader=role,
        tracks_leader=_rarely,
        threads=st.just(()) | threads.map(tuple),
        last_tid=_mostly(None, 1, 7, 0x7FFFFFFF),
        traced=st.just(None) | st.builds(TracedSpec, st.sampled_from(("shell", "init", *earlier)), st.booleans()),
        ktrace=st.just(None) | st.builds(KtraceSpec, st.sampled_from(("out", "log")), st.booleans()),
        watches=st.just(()) | st.lists(watches, min_size=1, max_size=2).map(tuple),
        lacks=st.just(()) | _some(LACKS),
        arguments=_mostly(None, "prog -x"),
        terminal_mark=_mostly(None, False, True),
        profiling=_rarely,
        system=_rarely,
        own_limits=_rarely,
        nocldstop=_rarely,
        nocldwait=_rarely,
        stops_on=st.just(()) | _some(STOPS),
        emulation=_mostly("", "linux"),
        message_queues=_mostly(None, 0, 3, 0xFFFFFFFF),
        compat32=_rarely,
        virtual_kernel=_rarely,
        moved_handlers=_rarely,
    )


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value, three times out of four at least: too many rare things at once hide each other."""
    return st.sampled_from((*(usual,) * (3 * max(1, len(others))), *others))


_rarely = _mostly(False, True)


def _some(of: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), max_size=2, unique=True).map(tuple)
