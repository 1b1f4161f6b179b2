"""The second pass over what a scenario expects: checks, promises of agreement, and the facts that they name."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.args import hint
from oracle.facts import BY_NAME, Fact, Subject, lookup
from oracle.flavor import Flavor
from oracle.load.context import Context
from oracle.load.shape import SIGNS
from oracle.load.yamlpos import Node, short
from oracle.scenario import Check, Concurrently, Expectation, Item, Quantifier, selects, steps_in

_WILD = frozenset("*?[")


def check(context: Context, index: int, node: Node, key: str, before: Sequence[Item]) -> Check:
    """Facts expected at a point of the program, or the signs of the scenario's entry there."""
    only = context.selectors(node.entries.get("only"), context.running, "the scenario")
    on = [flavor for flavor in context.running if selects(only, flavor.id)]
    facts = node.entries[key]
    found = []
    for path, entry in facts.entries.items():
        fact = _fact(context, facts.keys[path], path, on, before)
        expected = context.expected(
            entry, fact.type if fact is not None else "list", on, "this sign" if key in SIGNS else "this check"
        )
        found.append(Expectation(path, expected, facts.keys[path].line))
    quantifier = Quantifier(key) if key in ("always", "sometimes", "never") else Quantifier.ALWAYS
    if key == quantifier.value and not any(isinstance(item, Concurrently) for item in before):
        context.add(
            node.keys[key], f"nothing runs concurrently before this, so there is one schedule; write `check` for `{key}`"
        )
    return Check(index, tuple(found), only, key in SIGNS, quantifier, node.line)


def agree(context: Context, node: Node | None, program: Sequence[Item]) -> tuple[str, ...]:
    """The globs of the facts on which all have to agree."""
    if node is None or node.value is False:
        return ()
    if node.value is True:
        return ("*",)
    nodes = node.items if isinstance(node.value, list) else [node]
    for one in nodes:
        glob = str(one.value)
        if not _WILD & set(glob):
            _fact(context, one, glob, (), program)
        elif not _WILD & set(head := glob.partition(".")[0]) and head not in ("call", "machine"):
            for role in head.split("~"):
                context.role(one, role, ())
    return tuple(str(one.value) for one in nodes)


def _fact(context: Context, node: Node, path: str, on: Sequence[Flavor], before: Sequence[Item]) -> Fact | None:
    """The vocabulary entry of a path whose every part is known, or None with the flaw noted."""
    head, _, name = path.partition(".")
    fact = lookup(path)
    if fact is not None and head == "call" and name:
        return fact if _call_number(context, node, name, before) else None
    if fact is None or not name:
        context.add(node, _no_fact(context, path))
        return None
    if fact.subject is Subject.PAIR and not _pair(context, node, head, on):
        return None
    if fact.subject is Subject.PROCESS and not context.role(node, head, on):
        return None
    return fact if _chosen(context, node, fact, name.partition(".")[2], on) else None


def _no_fact(context: Context, path: str) -> str:
    """What to say of a path that is not in the vocabulary."""
    head, _, name = path.partition(".")
    subject = {"call": Subject.CALL, "machine": Subject.MACHINE}.get(head, Subject.PAIR if "~" in head else Subject.PROCESS)
    known = [fact.name for fact in BY_NAME.values() if fact.subject is subject]
    stem = name.partition(".")[0]
    if f"{stem}.*" in known:
        return f"{short(path)!r} is no fact: {stem} needs a further part, as in {head}.{stem}.<…>"
    cure = hint(stem, [one.removesuffix(".*") for one in known if one])
    if not name:
        cure = "; a path is <role>.<fact>, <role>~<role>.<fact>, call.<step> or machine.<fact>"
    elif not cure and subject is not Subject.CALL:
        others = [fact.pattern for fact in BY_NAME.values() if fact.name.removesuffix(".*") == stem]
        cure = f"; there is {others[0]}" if others else ""
    return f"{short(path)!r} is no fact{cure}"


def _call_number(context: Context, node: Node, name: str, before: Sequence[Item]) -> bool:
    """Whether `call.3` names a call that has been made by then."""
    number = name.partition(".")[0]
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    calls = [step.index for step in steps_in(before)]
    if index in calls:
        return True
    made = [str(one) for one in calls]
    context.add(
        node, f"call.{short(number)}: no call before this is step {short(number) or '?'}; calls are {', '.join(made) or 'none'}"
    )
    return False


def _pair(context: Context, node: Node, head: str, on: Sequence[Flavor]) -> bool:
    """Whether a pair names two different roles, the older one first."""
    names = head.split("~")
    if len(names) != 2 or names[0] == names[1]:
        context.add(node, f"{short(head)!r}: a pair is two different roles")
        return False
    if not all(context.role(node, name, on) for name in names):
        return False
    order = context.roles()
    if order.index(names[0]) > order.index(names[1]):
        context.add(node, f"the older role of a pair stands first: write {names[1]}~{names[0]}")
        return False
    return True


def _chosen(context: Context, node: Node, fact: Fact, part: str, on: Sequence[Flavor]) -> bool:
    """Whether the part of a path that the scenario chooses is one that there can be."""
    stem = fact.name.partition(".")[0]
    if not fact.name.endswith(".*"):
        return True
    if stem in ("fd", "events", "uid") and not (part.isascii() and part.isdigit() and len(part) < 10):
        context.add(node, f"{stem}.{short(part)}: expected a number after {stem}")
        return False
    if stem == "group":
        return context.role(node, part, on)
    if stem == "handler":
        flavors = on or context.running
        context.signal(node, part, flavors)
        return any(part in flavor.signals for flavor in flavors)
    return True
