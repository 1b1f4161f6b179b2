"""The shape of the files of the catalogue of findings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oracle.load.parts import LEFT_OUT, TOPICS, Claim, Entry, Shape, Text

MOST = 200  # entries of a list


Texts = Annotated[list[Text], Field(max_length=MOST)]


class SideShape(Shape):
    """What some flavors do."""

    flavors: list[Text] = Field(min_length=1, description="Flavors, system@revision; patterns such as dragonfly@* will do.")
    does: Text = Field(description="One sentence: what these kernels do.")
    decided: Texts = Field(
        LEFT_OUT,
        description="The lines that `fork-oracle explain` names for what the finding claims, or its words where it names none.",
    )
    background: Texts = Field(LEFT_OUT, description="Further lines worth reading.")


class FindingShape(Shape):
    """One understood way in which flavors part."""

    title: Text = Field(description="One plain sentence.")
    kind: Literal["design", "defect", "limit", "accident"] = Field(
        description="A difference of design, a defect, a documented limit, or an accident of order."
    )
    topic: Literal[TOPICS] = Field(description="What it is about; the porting guide is ordered by it.")  # type: ignore[valid-type]
    facts: list[Text] = Field(
        min_length=1, max_length=MOST, description="Kinds of facts, such as call or <child>.exit_signal; patterns will do."
    )
    sides: list[SideShape] = Field(min_length=2, max_length=MOST, description="Who does what, each flavor at most once.")
    scenarios: list[Text] = Field(
        LEFT_OUT, min_length=1, max_length=MOST, description="Names of scenarios, or patterns: it claims nothing elsewhere."
    )
    consequence: Text = Field(description="What a program notices, in one or two sentences.")
    advice: dict[Text, Text] = Field(
        min_length=1, description="By the system or flavor that a program is going to: what its porter does."
    )
    since: Text = Field(LEFT_OUT, description="The first revision known to do so.")
    until: Text = Field(LEFT_OUT, description="The last revision known to do so.")
    defects: list[Entry] = Field(LEFT_OUT, description="Entries of registers of defects, such as dragonfly/Q12.")
    promises: list[Entry | Claim] = Field(
        LEFT_OUT, description="Entries on manual pages, such as netbsd/M3, and assertions of standards, such as posix/fork-03."
    )
