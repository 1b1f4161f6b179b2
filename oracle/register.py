"""Registers of defects, and standards: which entries scenarios show, which none does and why, and that no entry is both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from oracle.errors import ScenarioError
from oracle.scenario import Assertion, Defect, Entry, Scenario, Selector, selects

_DEFECT = re.compile(r"[QM][0-9]+[a-z]?")


class Because(Enum):
    """Why no scenario shows an entry. The value is the word in the file."""

    INTERLEAVING = "interleaving"  # it waits for a chosen schedule: the model yields where the kernel may be preempted
    OUTSIDE = "outside"  # it is about something that is not modelled
    STANDARD = "standard"  # the standard leaves open what is to be the case


@dataclass(frozen=True, slots=True)
class NotShown:
    """An entry that no scenario shows, and why; `on`: the flavors that have it all the same, or on which it is open."""

    id: str
    on: tuple[Selector, ...]
    because: Because
    reason: str
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)  # of the file; where a value stands is no part of it
    clause: str = ""  # of an assertion: where the standard says it


def system_of(entry: str) -> str:
    """The register that an entry is in: dragonfly of dragonfly/Q12, posix of posix/fork-03."""
    return entry.partition("/")[0]


def is_claim(entry: str) -> bool:
    """Whether an entry is an assertion of a standard, and no defect of a system or promise of its pages."""
    return _DEFECT.fullmatch(entry.partition("/")[2]) is None


def in_order(entry: str) -> tuple[str, str, int, str]:
    """The place of an entry: by register, defects before manual pages, by number; `_Fork` after all that is older."""
    system, _, name = entry.partition("/")
    number = "".join(char for char in name if char.isdigit())
    return system, {"Q": "0", "M": "1"}.get(name[:1], name[:1].replace("_", "~")), int(number or 0), name


def clashes(scenarios: Iterable[Scenario], not_shown: Sequence[NotShown], flavors: Sequence[str]) -> list[ScenarioError]:
    """What scenarios and lists say of one entry that can't both be so."""
    found = []
    first: dict[str, tuple[Scenario, Entry]] = {}
    shown: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        if (entry := scenario.entry) is None:
            continue
        earlier, said = first.setdefault(entry.id, (scenario, entry))
        shown.setdefault(entry.id, []).append(scenario)
        compare = _parted_claim if isinstance(entry, Assertion) else _parted_defect
        found += [
            ScenarioError(text, scenario.file, entry.line, 1) for text in compare(scenario, earlier, entry, said, flavors)
        ]
    seen: set[str] = set()
    for one in not_shown:
        if one.id in seen:
            found.append(ScenarioError(f"{one.id} is listed as not shown twice", one.file, one.line, 1))
        seen.add(one.id)
        on = [flavor for flavor in flavors if selects(one.on, flavor)]
        by = next(
            (scenario for scenario in shown.get(one.id, ()) if not is_claim(one.id) or any(map(scenario.runs_on, on))), None
        )
        if by is not None:
            text = f"{one.id} is listed as not shown, and {by.name} shows it"
            found.append(ScenarioError(text, one.file, one.line, 1))
    return found


def _parted_defect(scenario: Scenario, earlier: Scenario, entry: Entry, said: Entry, flavors: Sequence[str]) -> list[str]:
    """What two scenarios say of one defect that is not the same: it is there or it is not, whoever looks."""
    assert isinstance(entry, Defect) and isinstance(said, Defect)
    found = []
    if entry.promise is not said.promise:
        found.append(f"what came of the promise of {entry.id} is another thing in {earlier.name}")
    both = [flavor for flavor in flavors if scenario.runs_on(flavor) and earlier.runs_on(flavor)]
    parted = [flavor for flavor in both if entry.is_on(flavor) != said.is_on(flavor)]
    if parted:
        found.append(f"{entry.id} is on {', '.join(parted)} in one of {earlier.name} and {scenario.name} and not in the other")
    return found


def _parted_claim(scenario: Scenario, earlier: Scenario, entry: Entry, said: Entry, flavors: Sequence[str]) -> list[str]:
    """Likewise of one assertion, which may hold here and be violated there; but the standard says it in one place."""
    assert isinstance(entry, Assertion) and isinstance(said, Assertion)
    return [f"{entry.id} stands in another clause in {earlier.name}"] if entry.clause != said.clause else []
