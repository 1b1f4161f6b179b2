"""The shape of what report.json says of registers, standards and findings: what scenarios are there to show."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Sentences under the keys describe them. A reader takes no offence at keys that it does not know."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Entry(Shape):
    """An entry of a register of defects that scenarios show."""

    id: str
    """The system and the entry's number there."""
    promise: Literal["kept", "broken"] | None
    """What the code does with a promise of a manual page; null: the entry is a defect."""
    flavors: dict[str, Literal["has", "lacks", "failed", "not run"]]
    """By flavor: whether it shows the entry."""
    scenarios: list[str]
    """The scenarios that show it."""


class NotShown(Shape):
    """An entry that no scenario shows."""

    id: str
    """The system and the entry's number there."""
    on: list[str]
    """The flavors, or systems, that have it."""
    because: Literal["interleaving", "outside", "standard"]
    """It waits for a chosen interleaving, is outside the model, or the standard leaves it open."""
    reason: str
    """Why, in a sentence."""


class Defects(Shape):
    """The registers of defects, as far as they are part of the run."""

    shown: list[Entry]
    """Entries that scenarios show."""
    not_shown: list[NotShown]
    """Entries that none shows."""


class Broken(Shape):
    """A witness of an assertion that flavors violate."""

    scenario: str
    """Its name."""
    flavors: list[str]
    """Who violates the assertion in it."""


class Claim(Shape):
    """An assertion of a standard."""

    id: str
    """The standard and the assertion's number there."""
    clause: str
    """What it requires, and where it stands."""
    flavors: dict[str, Literal["satisfied", "violated", "open", "failed"]]
    """By flavor: what the scenarios say of it."""
    scenarios: list[str]
    """Its witnesses."""
    violations: list[Broken]
    """Witnesses in which flavors violate it."""
    open: NotShown | None
    """Where and why it is listed as open; null: it is not."""


class Side(Shape):
    """What some flavors do."""

    flavors: list[str]
    """Patterns of their ids."""
    does: str
    """What they do, in a sentence."""
    decided: list[str]
    """The lines of C that decide it: source, function, lines; or words where no line does."""
    background: list[str]
    """Further lines worth reading."""


class Finding(Shape):
    """One understood way in which flavors part."""

    id: str
    """Its name in the catalogue."""
    title: str
    """What is the case, in a sentence."""
    kind: Literal["design", "defect", "limit", "accident"]
    """Meant; a mistake of one of them; what one of them can't do and says so; nobody's intention."""
    topic: str
    """What it is about."""
    facts: list[str]
    """Patterns of the kinds of facts that it is about."""
    sides: list[Side]
    """Who does what."""
    only_in: list[str]
    """Patterns of the scenarios in which alone it claims anything; empty: in all."""
    consequence: str
    """What a program notices."""
    advice: dict[str, str]
    """What a porter does, by the system or flavor that the program is going to."""
    since: str
    """The first flavor known to do so; or empty."""
    until: str
    """The last one; or empty."""
    defects: list[str]
    """Entries of registers of defects."""
    promises: list[str]
    """Promises of manual pages, and assertions of standards."""
    scenarios: list[str]
    """The scenarios that show it."""
