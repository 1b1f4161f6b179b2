"""The second pass over a file of the catalogue of findings: what its words mean on the installed flavors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oracle.args import hint
from oracle.finding import TODO, Finding, Kind, Side, is_citation, kinds_of_facts, matches
from oracle.flavor import Flavor
from oracle.load.context import given
from oracle.load.problems import Problems
from oracle.load.yamlpos import Node, short

CITED = "System path revision, function [lines], such as 'NetBSD sys/kern/kern_fork.c 1.189, fork1 [258]'"


def finding(root: Node, name: str, flavors: Sequence[Flavor], problems: Problems, *, draft: bool = False) -> Finding:
    """The finding of a well-shaped file. `draft`: its author may still have to write some of it."""
    if not draft:
        _unwritten(root, problems)
    sides = tuple([_side(node, flavors, problems) for node in root.entries["sides"].items])
    if not draft:
        _cited(root, sides, problems)
    _apart(root, sides, flavors, problems)
    _known_facts(root, problems)
    scenarios = _texts(root, "scenarios")
    if not draft:
        _enough(root, sides, scenarios, problems)
    for key in ("since", "until"):
        if key in root.entries:
            _known(root.entries[key], [flavor.id for flavor in flavors], "flavor", problems)
    return Finding(
        name,
        _prose(root, "title"),
        Kind(given(root, "kind")),
        given(root, "topic"),
        _texts(root, "facts"),
        sides,
        _prose(root, "consequence"),
        _advice(root.entries["advice"], flavors, problems),
        scenarios,
        given(root, "since"),
        given(root, "until"),
        _texts(root, "defects"),
        _texts(root, "promises"),
        problems.file,
        root.line,
    )


def _unwritten(node: Node, problems: Problems, key: str = "") -> None:
    """Refuse a draft."""
    if isinstance(node.value, str) and TODO in node.value:
        problems.add(node, f"this is a draft: `{key}` still says {TODO}; write it")
    for name, entry in node.entries.items():
        _unwritten(entry, problems, name)
    for item in node.items:
        _unwritten(item, problems, key)


def _texts(node: Node, key: str) -> tuple[str, ...]:
    entry = node.entries.get(key)
    return () if entry is None else tuple([str(item.value) for item in entry.items])


def _prose(node: Node, key: str) -> str:
    """A text without the line breaks that it has in the file."""
    return " ".join(given(node, key).split())


def _items(node: Node, key: str) -> list[Node]:
    entry = node.entries.get(key)
    return [] if entry is None else entry.items


def _known(node: Node, known: Sequence[str], what: str, problems: Problems) -> None:
    name = str(node.value)
    if name not in known:
        problems.add(node, f"{short(name)!r} is no installed {what}{hint(name, known)}; there are {', '.join(known)}")


# --- sides --------------------------------------------------------------------------------------------------------------


def _side(node: Node, flavors: Sequence[Flavor], problems: Problems) -> Side:
    known = [flavor.id for flavor in flavors]
    for item in node.entries["flavors"].items:
        pattern = str(item.value)
        if not matches([pattern], *known):
            problems.add(
                item, f"{short(pattern)!r} matches no installed flavor{hint(pattern, known)}; there are {', '.join(known)}"
            )
    for item in (*_items(node, "decided"), *_items(node, "background")):
        text = str(item.value)
        if (
            TODO not in text
            and not is_citation(text)
            and (item in _items(node, "background") or any(part in text for part in (".c ", ".h ", "[")))
        ):
            problems.add(item, f"{short(text)!r} is no citation; write it as {CITED}")
    found = Side(_texts(node, "flavors"), _prose(node, "does"), _texts(node, "decided"), _texts(node, "background"))
    for key in ("decided", "background"):
        _twice(_items(node, key), key, problems)
    return found


def _cited(root: Node, sides: Sequence[Side], problems: Problems) -> None:
    """Each side stands on the C."""
    for node, side in zip(root.entries["sides"].items, sides, strict=True):
        if not any(is_citation(line) for line in (*side.decided, *side.background)):
            problems.add(
                node, "this side cites no C: give it lines that `explain` names in `decided`, or others in `background`"
            )


def _twice(items: Iterable[Node], key: str, problems: Problems) -> None:
    first: dict[str, int] = {}
    for item in items:
        line = first.setdefault(str(item.value), item.line)
        if line != item.line:
            problems.add(item, f"{short(str(item.value))!r} stands in this `{key}` already, on line {line}")


def _apart(root: Node, sides: Sequence[Side], flavors: Sequence[Flavor], problems: Problems) -> None:
    """Each flavor is on one side at most."""
    for flavor in flavors:
        on = [index for index, side in enumerate(sides) if side.has(flavor.id)]
        if len(on) > 1:
            node = root.entries["sides"].items[on[1]]
            problems.add(node, f"{flavor.id} is on side {on[0] + 1} already; a flavor is on one side at most")


def _enough(root: Node, sides: Sequence[Side], scenarios: Sequence[str], problems: Problems) -> None:
    """Two sides that name no line between them could claim anything: such a finding says where."""
    if scenarios:
        return
    wordy = [index for index, side in enumerate(sides) if not any(map(is_citation, side.decided))]
    if len(wordy) > 1:
        both = " and ".join(str(index + 1) for index in wordy[:2])
        problems.add(
            root.entries["sides"].items[wordy[1]],
            f"sides {both} have no citation in `decided`, so `scenarios` has to say where the finding claims anything",
        )
    empty = [index for index, side in enumerate(sides) if not side.decided]
    if empty and len(wordy) < 2:
        problems.add(
            root.entries["sides"].items[empty[0]],
            "`decided` is empty, so this side claims nothing; give it a line that `explain` names, or let "
            "'fork-oracle findings ID --complete' find them",
        )


# --- facts and advice ---------------------------------------------------------------------------------------------------


def _known_facts(root: Node, problems: Problems) -> None:
    known = kinds_of_facts()
    for item in root.entries["facts"].items:
        pattern = str(item.value)
        if not matches([pattern], *known):
            problems.add(
                item,
                f"{short(pattern)!r} matches no kind of fact{hint(pattern, known)}; "
                "they are written as in <child>.state, <caller>~<child>.memory, machine.nprocs, call",
            )


def _advice(node: Node, flavors: Sequence[Flavor], problems: Problems) -> tuple[tuple[str, str], ...]:
    known = [*dict.fromkeys(flavor.system for flavor in flavors), *(flavor.id for flavor in flavors)]
    found = []
    for name, entry in node.entries.items():
        if name not in known:
            problems.add(
                node.keys[name],
                f"advice is given by where a program is going to: {short(name)!r} is no installed system or flavor"
                f"{hint(name, known)}; there are {', '.join(known)}",
            )
        found.append((name, " ".join(str(entry.value).split())))
    return tuple(found)
