"""What two inputs share that differ for the same reasons: which facts disagree, and which lines of C decided them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from oracle.explain.explain import Explanation, Side
from oracle.explain.places import known_name
from oracle.facts import Subject
from oracle.scenario import Scenario

# (fact, by kind; for each flavor its name, and the lines or, where nothing is cited, what was the case)
Entry: TypeAlias = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]
Signature: TypeAlias = frozenset[Entry]

KINDS = ("actor", "child", "grandchild")
_CHOSEN_BY_SYSTEM = ("counter.*", "limit.*")  # the part that the scenario chose says which fact it is


def signature(explanations: Iterable[Explanation]) -> Signature:
    """The signature of a scenario's divergences, from the explanations of some pairs of flavors.

    Roles are told by kind (actor, child, grandchild, descendant), calls by name, descriptors and the like not at all.
    """
    return frozenset(
        (kind_of(one.scenario, difference.path), tuple((side.flavor, _lines(side)) for side in difference.sides))
        for one in explanations
        for difference in one.differences
        if difference.lasts
    )


def _lines(side: Side) -> tuple[str, ...]:
    return tuple(sorted({f"{one.cite.source}, {one.cite.where}" if one.cite is not None else one.kind for one in side.reasons}))


def kind_of(scenario: Scenario, path: str) -> str:
    """A fact without what only this scenario has: names, numbers of steps, descriptors."""
    subject, name, part = known_name(path)
    if subject is Subject.CALL:
        number = int(path.split(".")[1])
        call = next((step.call for step in scenario.calls if step.index == number), "?")
        return f"call {call}" + (f".{name}" if name else "")
    if name == "group.*":
        return f"machine.group.{_kind(scenario, part)}"
    if name in _CHOSEN_BY_SYSTEM:
        name = name.replace("*", part)
    if subject is Subject.MACHINE:
        return f"machine.{name}"
    return "~".join(_kind(scenario, role) for role in path.partition(".")[0].split("~")) + f".{name}"


def _kind(scenario: Scenario, role: str) -> str:
    makers = {step.born: step.by for step in scenario.calls if step.born}
    depth = 0
    while role in makers and depth < len(makers):
        role = makers[role]
        depth += 1
    return KINDS[depth] if depth < len(KINDS) else "descendant"
