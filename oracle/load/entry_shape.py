"""The shapes of entries of registers and of assertions of standards, in scenarios and in lists of those that none shows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from oracle.load.parts import LEFT_OUT, MAX_STEPS, Claim, Entry, Only, Shape, Text


class DefectShape(Shape):
    """The entry of a register that a scenario shows."""

    id: Entry = Field(description="The system and the entry's name.")
    on: Only = Field(description="The flavors that have it: exactly those on which the scenario shows it.")
    promise: Literal["kept", "broken"] = Field(
        LEFT_OUT, description="Of an entry on a manual page (M…): what the code does with the page's promise."
    )


class StandardShape(Shape):
    """The assertion of a standard that a scenario witnesses."""

    id: Claim = Field(description="The standard and the assertion's name.")
    clause: Text = Field(description="Where the standard says it.")
    violated_on: Only = Field(
        LEFT_OUT, description="The flavors that violate it: exactly those on which something is missing that is required."
    )


class NotShownShape(Shape):
    """An entry of a register that no scenario shows, or an assertion of a standard that none witnesses."""

    id: Entry | Claim = Field(description="The system, or the standard, and the entry's name.")
    on: Only = Field(description="The flavors that have the defect, or on which the assertion is open.")
    clause: Text = Field(LEFT_OUT, description="Of an assertion: where the standard says it.")
    because: Literal["interleaving", "outside", "standard"] = Field(
        description="What it waits for: a chosen interleaving; or nothing: outside the model, or left open by the standard."
    )
    reason: Text = Field(description="One sentence that says why.")


class NotShownListShape(Shape):
    """The entries of registers of defects and of standards that no scenario shows, each with the reason."""

    not_shown: list[NotShownShape] = Field(min_length=1, max_length=MAX_STEPS, description="The entries.")
