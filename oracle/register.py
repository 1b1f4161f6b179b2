"""Registers of defects: which entries scenarios show, which wait for something, and that no entry is both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from oracle.errors import ScenarioError
from oracle.scenario import Defect, Scenario, Selector


class Because(Enum):
    """Why no scenario shows an entry. The value is the word in the file."""

    INTERLEAVING = "interleaving"  # it waits for a chosen schedule: the model yields where the kernel may be preempted
    OUTSIDE = "outside"  # it is about something that is not modelled


@dataclass(frozen=True, slots=True)
class NotShown:
    """An entry that no scenario shows, and why; `on`: the flavors that have it all the same."""

    id: str
    on: tuple[Selector, ...]
    because: Because
    reason: str
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it


def system_of(entry: str) -> str:
    """The register that an entry is in: dragonfly of dragonfly/Q12."""
    return entry.partition("/")[0]


def in_order(entry: str) -> tuple[str, str, int, str]:
    """The place of an entry: by register, defects before manual pages, by number."""
    system, _, name = entry.partition("/")
    number = "".join(char for char in name if char.isdigit())
    return system, {"Q": "0", "M": "1"}.get(name[:1], name[:1]), int(number or 0), name


def clashes(scenarios: Iterable[Scenario], not_shown: Sequence[NotShown], flavors: Sequence[str]) -> list[ScenarioError]:
    """What scenarios and lists say of one entry that can't both be so."""
    found = []
    first: dict[str, tuple[Scenario, Defect]] = {}
    for scenario in scenarios:
        if (defect := scenario.defect) is None:
            continue
        earlier, said = first.setdefault(defect.id, (scenario, defect))
        if defect.promise is not said.promise:
            text = f"what came of the promise of {defect.id} is another thing in {earlier.name}"
            found.append(ScenarioError(text, scenario.file, defect.line, 1))
        parted = _parted(defect, scenario, said, earlier, flavors)
        if parted:
            text = f"{defect.id} is on {', '.join(parted)} in one of {earlier.name} and {scenario.name} and not in the other"
            found.append(ScenarioError(text, scenario.file, defect.line, 1))
    seen: set[str] = set()
    for one in not_shown:
        if one.id in seen:
            found.append(ScenarioError(f"{one.id} is listed as not shown twice", one.file, one.line, 1))
        seen.add(one.id)
        if one.id in first:
            text = f"{one.id} is listed as not shown, and {first[one.id][0].name} shows it"
            found.append(ScenarioError(text, one.file, one.line, 1))
    return found


def _parted(one: Defect, on: Scenario, other: Defect, also_on: Scenario, flavors: Sequence[str]) -> list[str]:
    """The flavors on which two scenarios run and of which they say different things."""
    both = [flavor for flavor in flavors if on.runs_on(flavor) and also_on.runs_on(flavor)]
    return [flavor for flavor in both if one.is_on(flavor) != other.is_on(flavor)]
