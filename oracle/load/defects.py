"""The second pass over registers of defects and over standards: the entry that a scenario shows, and lists of others."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.flavor import Flavor
from oracle.load.context import Context, given
from oracle.load.problems import Problems
from oracle.load.yamlpos import Node
from oracle.register import Because, NotShown, is_claim, system_of
from oracle.scenario import Assertion, Check, Defect, Item, Promise, selects


def defect(context: Context, root: Node, program: Sequence[Item]) -> Defect | None:
    """The entry of a register of defects that a scenario shows."""
    node = root.entries.get("defect")
    if node is None:
        _no_signs(context, root, "shows", "`shows` are the signs of a defect, and the scenario has no `defect`")
        return None
    entry = _entry(context, node)
    on = context.selectors(node.entries.get("on"), context.running, "the scenario")
    for flavor in _untold(context, program):
        context.add(node, f"no `shows` among the steps says by what {entry} is known on {flavor.id}")
    return Defect(entry, on, _promise(context, node, entry), node.line)


def standard(context: Context, root: Node, program: Sequence[Item]) -> Assertion | None:
    """The assertion of a standard that a scenario witnesses."""
    node = root.entries.get("standard")
    if node is None:
        text = "`requires` is for what a standard requires, and the scenario has no `standard`"
        _no_signs(context, root, "requires", text)
        return None
    if "defect" in root.entries:
        context.add(node, "a scenario shows a defect or witnesses what a standard says, not both; make it two")
        return None
    claim = given(node, "id")
    violated_on = context.selectors(node.entries.get("violated_on"), context.running, "the scenario")
    for flavor in _untold(context, program):
        context.add(node, f"no `requires` among the steps says what {claim} requires on {flavor.id}")
    return Assertion(claim, given(node, "clause").strip(), violated_on, node.line)


def _no_signs(context: Context, root: Node, key: str, text: str) -> None:
    """Note the first sign of an entry that there is not."""
    place = next((one for one in root.entries["steps"].items if key in one.entries), None)
    if place is not None:
        context.add(place, text)


def _untold(context: Context, program: Sequence[Item]) -> list[Flavor]:
    """The flavors that the scenario runs on without any sign: each needs one to tell."""
    signs = [item for item in program if isinstance(item, Check) and item.sign]
    return [flavor for flavor in context.running if not any(_tells(sign, flavor) for sign in signs)]


def _tells(sign: Check, flavor: Flavor) -> bool:
    return selects(sign.only, flavor.id) and any(one.expected.for_flavor(flavor.id) is not None for one in sign.expected)


def not_shown(root: Node, flavors: Sequence[Flavor], problems: Problems) -> tuple[NotShown, ...]:
    """The entries of a list, each once."""
    context = Context(problems, flavors, list(flavors))
    found: dict[str, NotShown] = {}
    for node in root.entries["not_shown"].items:
        claim = is_claim(given(node, "id"))
        entry = given(node, "id") if claim else _entry(context, node)
        if entry in found:
            context.add(node, f"{entry} stands here already, on line {found[entry].line}")
        on = context.selectors(node.entries.get("on"), flavors, "this installation")
        reason = " ".join(given(node, "reason").split())
        because, clause = Because(given(node, "because")), given(node, "clause").strip()
        if claim and not clause:
            context.add(node, f"{entry} is an assertion of a standard: `clause` says where the standard says it")
        if claim and because is Because.INTERLEAVING:
            context.add(node.entries["because"], f"{entry} is an assertion of a standard, which waits for no interleaving")
        if not claim and (clause or because is Because.STANDARD):
            context.add(node, f"{entry} is a defect, about which no standard says anything here")
        found[entry] = NotShown(entry, on, because, reason, problems.file, node.line, clause)
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
