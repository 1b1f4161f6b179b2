"""Random starts: processes with any of the rarely turned knobs, alone and together, as far as a machine can be so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
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
from oracle.scenario import ArgValue, FileSpec, MachineSpec, ProcessSpec, Scenario, Step
from oracle.start import flaws

QUEUE = 3  # where every process has an event queue open, unless it shares somebody's table
NAMES = ("other", "boss", "parent")
NOTES = ("NOTE_FORK", "NOTE_EXIT", "NOTE_EXEC", "NOTE_TRACK")
SIGNALS = ("SIGTERM", "SIGCHLD", "SIGTSTP", "SIGUSR1")
USERS = (0, 1000, 1001)
FORKS = ("fork", "vfork")

PLAIN = ProcessExtras()
# What would end nearly every run at its start on the systems that a start is made for, because they lack it.
LACKING = {
    "dragonfly@1.62": ("stops_on", "compat32", "message_queues", "threads", "last_tid"),
    "dragonfly": ("stops_on", "compat32", "message_queues", "moved_handlers"),
    "netbsd": ("leader", "tracks_leader", "virtual_kernel", "moved_handlers", "arguments"),
    "any": (),
}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Some processes of any sort, one of which forks; then everybody else may, threads included."""
    processes: dict[str, ProcessSpec] = {}
    where = draw(st.sampled_from(sorted(LACKING)))
    for name in NAMES[draw(st.integers(0, len(NAMES) - 1)) :]:
        processes[name] = draw(_processes(name, processes, where))
    actors = [thread.name for one in processes.values() if one.extras is not None for thread in one.extras.threads]
    actors += ["init", "kernel", *processes]
    calls: list[tuple[str, str, dict[str, ArgValue], str]] = [("parent", draw(st.sampled_from(FORKS)), {}, "kid")]
    for number in range(draw(st.integers(0, 3))):
        calls.append((draw(st.sampled_from(actors)), draw(st.sampled_from(FORKS)), {}, f"kid{number}"))
    calls += draw(st.sampled_from(((), (("kid", "exec", {"path": "/bin/ls"}, ""),), (("kid", "exit", {}, ""),))))
    calls += draw(st.sampled_from(((), (("parent", "wait", {"options": "WNOHANG"}, ""), ("parent", "exit", {}, "")))))
    steps = tuple(Step(index, by, call, args, born) for index, (by, call, args, born) in enumerate(calls, 1))
    return Scenario("random", "a random start", "", "results", steps, draw(_machines(where)), tuple(processes.values()))


def _machines(where: str) -> st.SearchStrategy[MachineSpec]:
    netbsd = where in ("netbsd", "any")
    hooks = st.lists(st.sampled_from(("a", "b")), max_size=3).map(tuple)
    extras = st.builds(
        MachineExtras,
        last_pid=st.none() | st.sampled_from((1, 50, 29_997, 30_000) if netbsd else (1, 50, 99_997)),
        fork_hooks=hooks,
        emulation_hooks=_mostly((), ("linux",)) if netbsd else st.just(()),
        faults=_mostly((), (("uarea", (1,)),), (("uarea", (2, 3)),)) if netbsd else st.just(()),
    )
    return st.builds(MachineSpec, terminal=st.booleans(), extras=st.none() | extras)


@st.composite
def _processes(draw: st.DrawFn, name: str, earlier: dict[str, ProcessSpec], where: str) -> ProcessSpec:
    extras = _on(where, draw(_extras(name, tuple(earlier))))
    shares = extras.shares
    session, group = draw(st.sampled_from((("shell", ""), ("", ""), ("shell", "shell"))))
    spec = ProcessSpec(
        name,
        parent=draw(st.sampled_from(("shell", "init", *earlier))),
        uid=draw(st.sampled_from(USERS)),
        jail="" if where == "netbsd" else draw(_mostly("", "cell")),
        session=session,
        group=group,
        terminal=draw(st.booleans()),
        files=() if shares.files else (FileSpec(0, "/dev/tty"), FileSpec(QUEUE, "queue", kind="kqueue")),
        memory=() if shares.memory else ProcessSpec(name).memory,
        pending=draw(_some(SIGNALS)),
        masked=draw(_some(SIGNALS)),
        ignored=() if shares.handlers else draw(_mostly((), ("SIGCHLD",))),
        extras=extras,
    )
    return _repaired(spec, earlier)


def _on(where: str, extras: ProcessExtras) -> ProcessExtras:
    """Without what the systems lack that the start is made for."""
    extras = replace(extras, **{name: getattr(PLAIN, name) for name in LACKING[where]})
    if where == "netbsd":
        return replace(extras, lacks=tuple(one for one in extras.lacks if one != "arguments"))
    if where != "any":
        traced = replace(extras.traced, forks=False) if extras.traced is not None else None
        return replace(extras, traced=traced, shares=replace(extras.shares, directories=""))
    return extras


def _repaired(spec: ProcessSpec, earlier: dict[str, ProcessSpec]) -> ProcessSpec:
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
    """The usual value, three times out of four at least: what a kernel lacks would end nearly every run at its start."""
    return st.sampled_from((*(usual,) * (3 * max(1, len(others))), *others))


_rarely = _mostly(False, True)


def _some(of: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), max_size=2, unique=True).map(tuple)
