"""The second pass over the program of a scenario: its steps, alone and in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oracle.args import ArgumentError, hint, parse_one
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.flavor import Flavor
from oracle.load.checks import check
from oracle.load.context import Context, given, ids
from oracle.load.shape import CHECKS, CONCURRENTLY, STEP_KEYS
from oracle.load.yamlpos import Node
from oracle.scenario import (
    RESERVED,
    ArgValue,
    Concurrently,
    Expected,
    Item,
    Selector,
    Step,
    not_a_role,
    selects,
)

_FAILURE = re.compile(r"E[A-Z0-9]+|inexpressible")  # what a step gives that makes nothing


def steps(context: Context, node: Node) -> tuple[Item, ...]:
    """The steps, blocks of steps and checks of a scenario."""
    numbered = list(_numbered(node))
    for index, one in numbered:
        for number, step in _steps_of(index, one):
            if role := given(step, "as"):
                context.later.setdefault(role, number)
    made: list[Item] = []
    for index, one in numbered:
        key = next((key for key in CHECKS if key in one.entries), "")
        if key:
            made.append(check(context, index, one, key, made))
        elif CONCURRENTLY in one.entries:
            made.append(_concurrently(context, index, one))
        else:
            made.append(_step(context, index, one))
    return tuple(made)


def _numbered(node: Node) -> Iterator[tuple[int, Node]]:
    """The items of a program with their numbers; each step of a block counts."""
    index = 1
    for one in node.items:
        yield index, one
        index += len(_steps_of(index, one)) if CONCURRENTLY in one.entries else 1


def _steps_of(index: int, node: Node) -> list[tuple[int, Node]]:
    """The steps of an item with their numbers."""
    if CONCURRENTLY not in node.entries:
        return [(index, node)] if "do" in node.entries else []
    return list(enumerate([step for program in node.entries[CONCURRENTLY].entries.values() for step in program.items], index))


def _concurrently(context: Context, index: int, node: Node) -> Concurrently:
    """Steps of several actors at the same time."""
    only = context.selectors(node.entries.get("only"), context.running, "the scenario")
    programs = node.entries[CONCURRENTLY]
    unborn = {given(step, "as") for program in programs.entries.values() for step in program.items}
    actors = [(actor, step) for actor, program in programs.entries.items() for step in program.items]
    # who is born in the block may be named before the step that makes him: all births first
    order = sorted(range(len(actors)), key=lambda position: actors[position][0] in unborn)
    made: dict[int, Step] = {}
    for position in order:
        actor, step = actors[position]
        made[position] = _step(context, index + position, step, actor, only)
    return Concurrently(index, tuple([made[position] for position in sorted(made)]), only, node.line)


def _step(context: Context, index: int, node: Node, actor: str = "", within: tuple[Selector, ...] = ()) -> Step:
    """One call by one actor; `actor` and `within` are those of the block that it stands in."""
    name = given(node, "do")
    only = context.selectors(node.entries.get("only"), context.running, "the scenario")
    on = [flavor for flavor in context.running if selects(only, flavor.id) and selects(within, flavor.id)]
    having = _having(context, node, name, on)
    by = given(node, "by", actor or "parent")
    if actor and by != actor:
        context.add(node.entries["by"], f"`by` is {by!r}, but the step stands among those of {actor!r}; leave `by` out")
    context.role(node.entries.get("by", node), by, on)
    args = {key: _written(entry) for key, entry in node.entries.items() if key not in STEP_KEYS}
    if having:
        _check_args(context, node, name, having)
    gives, finally_gives = (
        context.expected(node.entries[key], "text", on, "this step") if key in node.entries else None
        for key in ("gives", "finally")
    )
    born = given(node, "as")
    if any(spec.births for flavor in having if (spec := _spec(flavor, name))):
        _birth(context, node, born or f"child{index}", having, gives)
    elif born and having:
        context.add(node.keys["as"], f"`as` names what a call makes, and {name} makes no process or thread on {ids(having)}")
    return Step(index, by, name, args, born, only, gives, finally_gives, node.line)


def _spec(flavor: Flavor, name: str) -> CallSpec | None:
    """What a call takes on a flavor, or None if the flavor has none. An intent is lowered by each, so all have `spawn`."""
    call = flavor.calls.get(name)
    return call.spec if call is not None else PORTABLE_BY_NAME[name] if name == "spawn" else None


def _having(context: Context, node: Node, name: str, on: Sequence[Flavor]) -> list[Flavor]:
    """The flavors that a step runs on and that have its call. A native call is for those that have it alone."""
    having = [flavor for flavor in on if _spec(flavor, name)]
    if not on:
        return having
    do = node.entries["do"]
    if name in PORTABLE_BY_NAME:
        if not having:
            context.add(do, f"none of the flavors that this step runs on has {name}: {ids(on)}")
        return having
    lacking = [flavor for flavor in on if name not in flavor.calls]
    if lacking:
        others = ids([flavor for flavor in context.flavors if name in flavor.calls])
        cure = _selection([flavor for flavor in context.running if name in flavor.calls], context.running)
        advice = f"the step needs `only: {cure}`" if cure else f"the scenario runs on none of those that have it: {others}"
        context.add(do, f"{name} is a native call, and {ids(lacking)} has none: {advice}")
    return having


def _selection(wanted: Sequence[Flavor], among: Sequence[Flavor]) -> str:
    """The shortest `only` that selects some flavors out of others."""
    words: list[str] = []
    for flavor in wanted:
        whole = all(other in wanted for other in among if other.system == flavor.system)
        word = flavor.system if whole else flavor.id
        if word not in words:
            words.append(word)
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]" if words else ""


def _written(node: Node) -> ArgValue:
    """An argument as written."""
    value = node.value
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    assert not isinstance(value, dict)
    return value


def _check_args(context: Context, node: Node, name: str, having: Sequence[Flavor]) -> None:
    """Arguments have to be right on one flavor at least, and their names on all that have the call."""
    specs = [(flavor, spec) for flavor in having if (spec := _spec(flavor, name))]
    for key, entry in node.entries.items():
        if key in STEP_KEYS:
            continue
        takers = [(flavor, spec, param) for flavor, spec in specs for param in spec.params if param.name == key]
        lacking = [(flavor, spec) for flavor, spec in specs if all(param.name != key for param in spec.params)]
        if lacking:
            known = [param.name for param in lacking[0][1].params]
            cure = hint(key, known) or f"; it takes {', '.join(known) or 'nothing'}"
            where = ids([flavor for flavor, _ in lacking])
            context.add(node.keys[key], f"{name} has no parameter {key!r} on {where}{cure}")
        elif error := _argument_error(takers, _written(entry)):
            context.add(entry, error)
        elif takers[0][2].kind is Kind.ROLE:
            context.role(entry, str(entry.value), having)
    for flavor, spec in specs:
        for param in spec.params:
            if param.required and param.name not in node.entries:
                context.add(node, f"`{param.name}` of {name} is missing, which {flavor.id} needs: {param.meaning}")


def _argument_error(takers: Sequence[tuple[Flavor, CallSpec, Param]], value: ArgValue) -> str:
    """What is wrong with an argument, if it is wrong on every flavor: as the one says that comes closest to a cure."""
    found = []
    for flavor, spec, param in takers:
        try:
            parse_one(spec, param, value, flavor)
        except ArgumentError as error:
            found.append(str(error))
        else:
            return ""
    return min(found, key=lambda text: "did you mean" not in text)


def _birth(context: Context, node: Node, role: str, having: Sequence[Flavor], gives: Expected | None) -> None:
    """Make a role known on the flavors on which the step can make it. A step that is expected to fail leaves the name free."""
    place = node.entries.get("as", node)
    if role in RESERVED:
        context.add(place, not_a_role(role))
    made = context.made.setdefault(role, set())
    making = [flavor for flavor in having if gives is None or not _FAILURE.fullmatch(str(gives.for_flavor(flavor.id)))]
    again = [flavor for flavor in making if flavor.id in made]
    if again:
        context.add(place, f"{role!r} is there already on {ids(again)}; give what this step makes another name")
    made.update(flavor.id for flavor in making)
    context.born.setdefault(role, set()).update(flavor.id for flavor in having)
