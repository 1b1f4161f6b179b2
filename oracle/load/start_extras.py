"""The second pass over the rarely turned knobs of a start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oracle.args import hint
from oracle.extras import (
    KtraceSpec,
    MachineExtras,
    ProcessExtras,
    Sharing,
    ThreadSpec,
    TracedSpec,
    WatchSpec,
)
from oracle.load.context import Context, ids
from oracle.load.yamlpos import Node, short
from oracle.scenario import ProcessSpec
from oracle.start import RESERVED, flaws, not_a_role

_PLAIN = frozenset(
    (
        "leader", "tracks_leader", "last_tid", "arguments", "terminal_mark", "profiling", "system", "own_limits", "nocldstop",
        "nocldwait", "emulation", "message_queues", "compat32", "virtual_kernel", "moved_handlers",
    )
)  # fmt: skip  # as written
_MACHINE = ("last_pid", "fork_hooks", "emulation_hooks", "faults")
_READ = frozenset((*_PLAIN, "shares", "threads", "traced", "ktrace", "watches", "lacks", "stops_on"))


def process(context: Context, node: Node) -> ProcessExtras | None:
    """What a process has beyond what every process has; None, if nothing."""
    values: dict[str, Any] = {}
    for key, entry in node.entries.items():
        if key not in _READ:
            continue
        if key in _PLAIN:
            values[key] = entry.value
        elif key == "shares":
            values[key] = Sharing(**{part: str(one.value) for part, one in entry.entries.items()})
        elif key == "threads":
            values[key] = tuple(_thread(context, name, one) for name, one in entry.entries.items())
        elif key == "traced":
            values[key] = TracedSpec(*_of(entry, "by", "forks"))
        elif key == "ktrace":
            values[key] = KtraceSpec(*_of(entry, "file", "inherit"))
        elif key == "watches":
            values[key] = tuple(_watch(context, one) for one in entry.items)
        else:
            values[key] = tuple(str(one.value) for one in entry.items)
    return ProcessExtras(**values) if values else None


def report_flaws(context: Context, node: Node, spec: ProcessSpec, earlier: Mapping[str, ProcessSpec]) -> None:
    """Add what no machine can have together, each at the key that it is about."""
    for path, message in flaws(spec, earlier):
        context.add(node.at(path), f"`{path[0]}`: {message}")


def name_threads(context: Context, node: Node | None, everywhere: set[str]) -> None:
    """Make the threads of a process known as actors."""
    threads = node.entries.get("threads") if node is not None else None
    for name in threads.entries if threads is not None else ():
        assert threads is not None
        if name in RESERVED:
            context.add(threads.keys[name], not_a_role(name))
        elif name in context.born:
            context.add(threads.keys[name], f"there is a process or thread called {name!r} already; give this one another name")
        context.born[name] = context.made[name] = everywhere


def machine(node: Node) -> MachineExtras | None:
    """What a machine has beyond what every machine has; None, if nothing."""
    values: dict[str, Any] = {}
    for key in _MACHINE:
        entry = node.entries.get(key)
        if entry is None:
            continue
        if key == "last_pid":
            values[key] = entry.value
        elif key == "faults":
            values[key] = tuple((what, _times(one)) for what, one in entry.entries.items())
        else:
            values[key] = tuple(str(one.value) for one in entry.items)
    return MachineExtras(**values) if values else None


def _times(node: Node) -> tuple[int, ...]:
    """One number, or several: which times something fails."""
    nodes = node.items if isinstance(node.value, list) else [node]
    return tuple(sorted({one.value for one in nodes if isinstance(one.value, int)}))


def _of(node: Node, first: str, second: str) -> tuple[str, bool]:
    """A text alone, or a mapping with it and a switch."""
    if isinstance(node.value, str):
        return node.value, False
    switch = node.entries.get(second)
    return str(node.entries[first].value), switch is not None and bool(switch.value)


def _thread(context: Context, name: str, node: Node) -> ThreadSpec:
    values: dict[str, Any] = {}
    for key, entry in node.entries.items():
        if key == "tid":
            values[key] = entry.value
        else:
            nodes = entry.items if isinstance(entry.value, list) else [entry]
            values[key] = tuple(context.signal(one, str(one.value), context.running) for one in nodes)
    return ThreadSpec(name, **values)


def _watch(context: Context, node: Node) -> WatchSpec:
    fd, process, notes = (node.entries[key] for key in ("fd", "process", "notes"))
    names = tuple(part.strip() for part in str(notes.value).split("|"))
    known = list(dict.fromkeys(name for flavor in context.running for name in flavor.flags.get("note", {})))
    for name in names:
        if name not in known:
            there = hint(name, known) or f"; there are {', '.join(known) or 'none'}"
            context.add(notes, f"`notes`: no note {short(name)!r} on {ids(context.running)}{there}")
    assert isinstance(fd.value, int)
    return WatchSpec(fd.value, str(process.value), names)


def spared(extras: ProcessExtras | None, keys: Sequence[str]) -> dict[str, tuple[()]]:
    """What a process does not bring along because it uses another one's, for those of the keys that are not written."""
    shares = extras.shares if extras is not None else Sharing()
    return {key: () for key in ("files", "memory") if getattr(shares, key) and key not in keys}
