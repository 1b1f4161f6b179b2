"""Strategies for machine states: processes with any of the rare knobs turned, alone and together, as far as that goes.

Which knobs a flavor lacks is found by turning each alone, so a flavor of anybody's gets the states that it can have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from hypothesis import strategies as st

from oracle.extras import (
    LACKS,
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
from oracle.probes import (
    CALLER,
    JAIL,
    MACHINE_PROBES,
    NAMES,
    NOTES,
    PLAIN,
    PLAIN_MACHINE,
    QUEUE,
    USERS,
    beside,
    lacks,
    repaired,
    turned_back,
)
from oracle.run import run
from oracle.scenario import MachineSpec, ProcessSpec, Scenario
from oracle.strategies.words import faults

SIGNALS = ("SIGTERM", "SIGCHLD", "SIGTSTP", "SIGUSR1")


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
    return replace(process, **beside(Sharing())) if knob == "shares" else process


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


@st.composite
def _processes(draw: st.DrawFn, name: str, earlier: Mapping[str, ProcessSpec], lacking: frozenset[str]) -> ProcessSpec:
    extras = turned_back(draw(_extras(name, tuple(earlier))), lacking)
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
        **beside(extras.shares),
    )
    return repaired(spec, earlier)


def _threads(name: str) -> st.SearchStrategy[tuple[ThreadSpec, ...]]:
    thread = st.builds(
        ThreadSpec,
        st.sampled_from((f"{name}-two", f"{name}-three")),
        _mostly(None, 7, 0x7FFFFFFF),
        masked=_some(SIGNALS),
        pending=_some(SIGNALS),
    )
    unique = (lambda one: one.name, lambda one: one.tid or one.name)
    return st.lists(thread, min_size=1, max_size=2, unique_by=unique).map(tuple)


def _watches(watched: Sequence[str]) -> st.SearchStrategy[tuple[WatchSpec, ...]]:
    notes = st.lists(st.sampled_from(NOTES), min_size=1, max_size=3, unique=True).map(tuple)
    watch = st.builds(WatchSpec, st.just(QUEUE), st.sampled_from(watched), notes)
    return st.lists(watch, min_size=1, max_size=2).map(tuple)


def _extras(name: str, earlier: Sequence[str]) -> st.SearchStrategy[ProcessExtras]:
    role = _mostly("", *earlier, "shell")
    return st.builds(
        ProcessExtras,
        shares=st.just(Sharing()) | st.builds(Sharing, role, role, role, role),
        leader=role,
        tracks_leader=_rarely,
        threads=st.just(()) | _threads(name),
        last_tid=_mostly(None, 1, 7, 0x7FFFFFFF),
        traced=st.just(None) | st.builds(TracedSpec, st.sampled_from(("shell", "init", *earlier)), st.booleans()),
        ktrace=st.just(None) | st.builds(KtraceSpec, st.sampled_from(("out", "log")), st.booleans()),
        watches=st.just(()) | _watches((name, "shell", *earlier)),
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
