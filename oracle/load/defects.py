"""The second pass over what concerns registers of defects: the entry that a scenario shows, and lists of those not shown."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.flavor import Flavor
from oracle.load.context import Context, given
from oracle.load.problems import Problems
from oracle.load.yamlpos import Node
from oracle.register import Because, NotShown, system_of
from oracle.scenario import Check, Defect, Item, Promise, selects


def defect(context: Context, node: Node | None, program: Sequence[Item], root: Node) -> Defect | None:
    """The entry that a scenario shows: each flavor that the scenario runs on needs a sign to tell whether it is there."""
    signs = [item for item in program if isinstance(item, Check) and item.sign]
    if node is None:
        if signs:
            place = next(one for one in root.entries["steps"].items if one.line == signs[0].line)
            context.add(place, "`shows` are the signs of a defect, and the scenario has no `defect`")
        return None
    entry = _entry(context, node)
    on = context.selectors(node.entries.get("on"), context.running, "the scenario")
    for flavor in context.running:
        if not any(_tells(sign, flavor) for sign in signs):
            context.add(node, f"no `shows` among the steps says by what {entry} is known on {flavor.id}")
    return Defect(entry, on, _promise(context, node, entry), node.line)


def _tells(sign: Check, flavor: Flavor) -> bool:
    return selects(sign.only, flavor.id) and any(one.expected.for_flavor(flavor.id) is not None for one in sign.expected)


def not_shown(root: Node, flavors: Sequence[Flavor], problems: Problems) -> tuple[NotShown, ...]:
    """The entries of a list, each once."""
    context = Context(problems, flavors, list(flavors))
    found: dict[str, NotShown] = {}
    for node in root.entries["not_shown"].items:
        entry = _entry(context, node)
        if entry in found:
            context.add(node, f"{entry} stands here already, on line {found[entry].line}")
        on = context.selectors(node.entries.get("on"), flavors, "this installation")
        reason = " ".join(given(node, "reason").split())
        found[entry] = NotShown(entry, on, Because(given(node, "because")), reason, problems.file, node.line)
    return tuple(found.values())


def _entry(context: Context, node: Node) -> str:
    """The id of an entry, whose register is that of an installed system."""
    entry = given(node, "id")
    systems = list(dict.fromkeys(flavor.system for flavor in context.flavors))
    if system_of(entry) not in systems:
        context.add(node.entries["id"], f"{entry!r}: no system is called {system_of(entry)!r}; there are {', '.join(systems)}")
    return entry


def _promise(context: Context, node: Node, entry: str) -> Promise | None:
    """What came of a manual page's promise; entries on pages, and only they, say so."""
    on_page = entry.partition("/")[2].startswith("M")
    if "promise" not in node.entries:
        if on_page:
            context.add(node, f"{entry} is on a manual page: `promise` says whether the code has it kept or broken")
        return None
    if not on_page:
        context.add(
            node.keys["promise"], f"{entry} is on no manual page, so there is no `promise`; those entries are called M…"
        )
    return Promise(given(node, "promise"))
