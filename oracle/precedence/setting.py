"""Puts conditions together: one scenario in which all of them hold, or a word on why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from oracle.conditions.values import CALLER, Condition, Trial
from oracle.extras import MachineExtras, ProcessExtras, turned
from oracle.scenario import ALWAYS_THERE, ArgValue, MachineSpec, ProcessSpec, Scenario, Step

Knob = tuple[str, ...]  # what is set: ("arg", "fd"), ("flag", "flags", "RFPROC"), ("process", "kid", "limits", "nproc") …
CHILD = "child"  # the role of whatever the call makes
LISTS = {spec: {one.name for one in fields(spec) if isinstance(one.default, tuple)} for spec in (ProcessSpec, MachineSpec)}


class Apart(Exception):
    """Conditions that do not go together; the text says why."""


def together(trial: Trial, conditions: Sequence[Condition], turned: bool = False) -> Scenario:
    """A scenario whose last step is the call, with all these conditions; `turned`: their steps in the opposite order.

    Raises Apart.
    """
    set_by: dict[Knob, tuple[object, str]] = {}
    for condition in conditions:
        for knob, value in _knobs(condition):
            before = set_by.setdefault(knob, (value, condition.name))
            if before[0] != value:
                raise Apart(f"{_says(knob)} would have to be {_shown(before[0])} for the one, {_shown(value)} for the other")
    knobs = dict(_knobs(trial.fair))
    knobs.update({knob: value for knob, (value, _) in set_by.items()})
    steps = list(trial.fair.steps)
    for condition in reversed(conditions) if turned else conditions:
        steps += [step for step in condition.steps if step not in steps]
    processes = _processes(knobs)
    for process in processes:
        first = next((step.call for step in steps if step.by == process.name), "")
        if process.pending and first:
            raise Apart(f"what is pending for {process.name} would be dealt with when its {first} returns")
    call = Step(0, CALLER, trial.call, _args(knobs), CHILD)
    numbered = tuple(replace(step, index=index) for index, step in enumerate((*steps, call), 1))
    name = f"errors/{trial.name}: {' and '.join(one.name for one in conditions) or 'goes well'}"
    return Scenario(name, name, "", "errors", numbered, _machine(knobs), processes)


def _knobs(condition: Condition) -> Iterator[tuple[Knob, object]]:
    """All that a condition sets, one by one."""
    for name, argument in condition.args.items():
        yield ("arg", name), argument
    for name, words in condition.flags.items():
        for word in words.split():
            yield ("flag", name, word[1:]), word[0] == "+"
    for role, wanted in condition.processes.items():
        yield ("process", role), True
        for name, value in wanted.items():
            yield from _field(("process", role, name), value, ProcessSpec)
    for name, value in condition.machine.items():
        yield from _field(("machine", name), value, MachineSpec)
    if condition.about:
        yield ("about", condition.about), condition.name


def _field(knob: Knob, value: object, spec: type[ProcessSpec | MachineSpec]) -> Iterator[tuple[Knob, object]]:
    """A field of a spec; what is rarely set, each for itself."""
    if isinstance(value, ProcessExtras | MachineExtras):
        for name in turned(value):
            yield (*knob, name), getattr(value, name)
    else:
        yield from _items(knob, value, knob[-1] in LISTS[spec])


def _items(knob: Knob, value: object, is_list: bool) -> Iterator[tuple[Knob, object]]:
    """A field, or each item of one that is a list, under whatever names the item."""
    if not is_list:
        yield knob, value
        return
    assert isinstance(value, tuple), (knob, value)
    for item in value:
        key = getattr(item, fields(item)[0].name) if is_dataclass(item) else item[0] if isinstance(item, tuple) else item
        yield (*knob, str(key)), item


def _args(knobs: Mapping[Knob, Any]) -> dict[str, ArgValue]:
    """The arguments of the call, with flags set and cleared."""
    args: dict[str, ArgValue] = {knob[1]: value for knob, value in knobs.items() if knob[0] == "arg"}
    for knob, on in knobs.items():
        if knob[0] == "flag":
            _, name, flag = knob
            words = [word for word in str(args.get(name) or 0).split("|") if word not in ("0", flag)]
            args[name] = "|".join([*words, flag] if on else words) or 0
    return {name: value for name, value in args.items() if value is not None}


def _machine(knobs: Mapping[Knob, object]) -> MachineSpec:
    return replace(MachineSpec(), **_fields(MachineSpec(), knobs, ("machine",)))


def _processes(knobs: Mapping[Knob, object]) -> tuple[ProcessSpec, ...]:
    """The processes, each behind those that it names: its parent, and who leads its group and session."""
    roles = dict.fromkeys([CALLER, *(knob[1] for knob in knobs if knob[0] == "process")])
    specs = {role: ProcessSpec(role) for role in roles}
    waiting = {role: replace(spec, **_fields(spec, knobs, ("process", role))) for role, spec in specs.items()}
    known = {"", *ALWAYS_THERE}
    placed: list[ProcessSpec] = []
    while waiting:
        ready = [
            spec
            for role, spec in waiting.items()
            if {spec.parent, spec.group, spec.session} <= known | {role} and spec.parent != role
        ]
        if not ready:
            raise Apart(f"{' and '.join(waiting)} would have to come before each other")
        placed.append(ready[0])
        known.add(ready[0].name)
        del waiting[ready[0].name]
    return tuple(placed)


def _fields(spec: ProcessSpec | MachineSpec, knobs: Mapping[Knob, object], prefix: Knob) -> dict[str, Any]:
    """The fields of a spec that are set; to the items of a list that are there by default, others are added."""
    found: dict[str, object] = {}
    rare: dict[str, Any] = {}
    lists: dict[str, dict[Knob, object]] = {}
    for knob, value in knobs.items():
        if knob[: len(prefix)] != prefix or len(knob) == len(prefix):
            continue
        name = knob[len(prefix)]
        if name in LISTS[type(spec)]:
            items = lists.setdefault(name, dict(_items((*prefix, name), getattr(spec, name), True)))
            items[knob] = value
        elif name == "extras":
            rare[knob[-1]] = value
        else:
            found[name] = value
    if rare:
        found["extras"] = replace(ProcessExtras() if isinstance(spec, ProcessSpec) else MachineExtras(), **rare)
    return found | {name: tuple(items.values()) for name, items in lists.items()}


def _says(knob: Knob) -> str:
    """A knob in words."""
    kind, *rest = knob
    if kind == "arg":
        return rest[0]
    if kind == "flag":
        return f"{rest[1]} in {rest[0]}"
    if kind == "about":
        return rest[0]
    return ".".join(rest)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "set" if value else "not set"
    return "left out" if value is None else str(value) or "its own"
