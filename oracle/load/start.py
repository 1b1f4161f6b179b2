"""The second pass over the start of a scenario: its machine and its processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracle.args import hint
from oracle.load import start_extras
from oracle.load.context import Context, given, ids
from oracle.load.yamlpos import Node
from oracle.scenario import RESERVED, STUBBORN, FileSpec, MachineSpec, ProcessSpec, RegionSpec, not_a_role

_PLAIN = frozenset(
    ("parent", "uid", "euid", "svuid", "terminal", "jail", "sugid", "nice", "command", "text", "cwd", "root")
)  # as written


def machine(context: Context, node: Node | None) -> MachineSpec:
    """The machine at the start."""
    if node is None:
        return MachineSpec()
    values: dict[str, Any] = {key: node.entries[key].value for key in ("maxproc", "terminal") if key in node.entries}
    for key in ("background", "tunables"):
        if key in node.entries:
            pairs = node.entries[key].entries.items()
            values[key] = tuple((int(name) if key == "background" else name, entry.value) for name, entry in pairs)
    known = list(dict.fromkeys(name for flavor in context.running for name in flavor.tunables))
    for name in values.get("tunables", ()):
        if name[0] not in known:
            there = hint(name[0], known) or f"; there are {', '.join(known) or 'none'}"
            context.add(node.entries["tunables"].keys[name[0]], f"no flavor has a tunable {name[0]!r}{there}")
    return MachineSpec(**values, extras=start_extras.machine(node))


def processes(context: Context, node: Node | None) -> tuple[ProcessSpec, ...]:
    """The processes at the start, oldest first."""
    everywhere = {flavor.id for flavor in context.running}
    if node is None:
        context.born["parent"] = context.made["parent"] = everywhere
        return (ProcessSpec("parent"),)
    made: dict[str, ProcessSpec] = {}
    for name, entry in node.entries.items():
        if name in RESERVED:
            context.add(node.keys[name], not_a_role(name))
        elif name in context.born:
            context.add(node.keys[name], f"there is a thread called {name!r} already; give the process another name")
        made[name] = process(context, name, entry, made)
        context.born[name] = context.made[name] = everywhere
        start_extras.name_threads(context, entry, everywhere)
    return tuple(made.values())


def process(context: Context, name: str, node: Node, earlier: dict[str, ProcessSpec]) -> ProcessSpec:
    """One process."""
    values: dict[str, Any] = {}
    for key, entry in node.entries.items():
        if key in _PLAIN:
            values[key] = entry.value
        elif key == "umask":
            values[key] = int(entry.value, 8) if isinstance(entry.value, str) else entry.value
        elif key == "files":
            values[key] = tuple(_file(int(fd), one) for fd, one in entry.entries.items())
        elif key == "memory":
            values[key] = tuple(_region(region, one) for region, one in entry.entries.items())
        elif key == "limits":
            values[key] = tuple(_limit(context, resource, one) for resource, one in entry.entries.items())
        elif key in ("masked", "pending", "ignored"):
            values[key] = _signals(context, entry)
            if key == "ignored":
                _not_stubborn(context, entry.items if isinstance(entry.value, list) else [entry])
        elif key == "caught":
            values[key] = tuple(_handler(context, entry, signal) for signal in entry.entries)
    values.update(_places(context, name, node, earlier))
    extras = values["extras"] = start_extras.process(context, node)
    values.update(start_extras.spared(extras, list(values)))
    spec = ProcessSpec(name, **values)
    start_extras.report_flaws(context, node, spec, earlier)
    return spec


def _places(context: Context, name: str, node: Node, earlier: dict[str, ProcessSpec]) -> dict[str, str]:
    """Group and session; both have to exist, and the group has to be in the session."""
    for key in ("parent", "group", "session"):
        entry = node.entries.get(key)
        known = [*earlier, "shell", "init"]
        if key != "parent":
            known.append("")
            known.append(name)
        if entry is not None and entry.value not in known:
            names = ", ".join(role for role in known if role)
            context.add(entry, f"`{key}` is {entry.value!r}; expected a process that stands before it: {names}")
            return {}
    group, session = given(node, "group"), given(node, "session", ProcessSpec("").session)
    group, session = ("" if role == name else role for role in (group, session))
    if group:
        leader = earlier.get(group)
        if leader is not None and leader.group:
            context.add(node.entries["group"], f"`group` is {group!r}, which leads no group: it is in that of {leader.group}")
        home = (leader.session or leader.name) if leader is not None else group
        if "session" not in node.entries:
            session = home
        elif session != home:
            context.add(
                node.entries["session"], f"`session` is {session or name!r}, but the group of {group} is in that of {home}"
            )
    if session in earlier and earlier[session].session:
        context.add(node.entries["session"], f"`session` is {session!r}, which leads no session")
    return {"group": group, "session": session}


def _file(fd: int, node: Node) -> FileSpec:
    """An open descriptor; a text alone is its path."""
    if isinstance(node.value, str):
        return FileSpec(fd, node.value)
    values: dict[str, Any] = {key: entry.value for key, entry in node.entries.items()}
    return FileSpec(fd, **values)


def _region(name: str, node: Node) -> RegionSpec:
    """A mapped region; a value alone is what it holds."""
    if not isinstance(node.value, dict):
        return RegionSpec(name, str(node.value))
    values: dict[str, Any] = {key: entry.value for key, entry in node.entries.items()}
    if "value" in values:
        values["value"] = str(values["value"])
    return RegionSpec(name, **values)


def _limit(context: Context, resource: str, node: Node) -> tuple[str, int, int]:
    """A resource limit; -1 is no limit."""
    soft, hard = node.entries["soft"].value, node.entries["hard"].value
    assert isinstance(soft, int)
    assert isinstance(hard, int)
    if hard != -1 and (soft == -1 or soft > hard):
        context.add(node.entries["soft"], f"the soft limit {soft} is above the hard limit {hard}")
    return resource, soft, hard


def _signals(context: Context, node: Node) -> tuple[str, ...]:
    """A list of signals, or one of them."""
    nodes = node.items if isinstance(node.value, list) else [node]
    return tuple(context.signal(one, str(one.value), context.running) for one in nodes)


def _not_stubborn(context: Context, signals: Sequence[Node]) -> None:
    """Signals that a process catches or ignores are those it may."""
    for one in signals:
        if one.value in STUBBORN:
            context.add(one, f"{one.value} can be neither caught nor ignored")


def _handler(context: Context, caught: Node, signal: str) -> tuple[str, str]:
    """A caught signal and its handler."""
    context.signal(caught.keys[signal], signal, context.running)
    _not_stubborn(context, [caught.keys[signal]])
    handler = caught.entries[signal]
    if handler.value in ("default", "ignore"):
        where = (
            "put the signal into `ignored`"
            if handler.value == "ignore"
            else f"leave it out; it is so on {ids(context.running)}"
        )
        context.add(handler, f"{handler.value!r} is no handler: {where}")
    return signal, str(handler.value)
