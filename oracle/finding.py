"""A finding: one understood way in which flavors part, told for a person, with the lines of C that decide it on each side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from oracle.facts import FACTS, Fact, Subject

ROLES = ("<caller>", "<child>", "<other>")  # what a role is to the last call that makes a process
CITATION = re.compile(r"\S+ \S+ [^\s,][^,]*, \w+( \[\d+(-\d+)?(, \d+(-\d+)?)*\])?")  # a revision can be "NetBSD 6"

TODO = "TODO"  # where a draft waits for its author


class Kind(Enum):
    """What kind of difference it is. The value is the word in the file."""

    DESIGN = "design"  # the kernels are meant to differ
    DEFECT = "defect"  # one of them does not do what it is meant to do
    LIMIT = "limit"  # one of them can't do it, and says so
    ACCIDENT = "accident"  # of order: nobody meant it, and no program may count on it


@dataclass(frozen=True, slots=True)
class Side:
    """What some flavors do.

    `decided` are lines as explanations name them, "NetBSD sys/kern/kern_fork.c 1.189, fork1 [258]", or their words where no
    line decided, "is not made"; `background` are further lines worth reading.
    """

    flavors: tuple[str, ...]  # fnmatch patterns of ids
    does: str
    decided: tuple[str, ...] = ()
    background: tuple[str, ...] = ()

    def has(self, flavor: str) -> bool:
        """Whether a flavor, by its id, is on this side."""
        return matches(self.flavors, flavor)


@dataclass(frozen=True, slots=True)
class Finding:
    """One understood way in which flavors part."""

    id: str  # the stem of its file
    title: str
    kind: Kind
    topic: str
    facts: tuple[str, ...]  # fnmatch patterns of kinds of facts, as `oracle.signature.kind_of` writes them
    sides: tuple[Side, ...]
    consequence: str
    advice: tuple[tuple[str, str], ...]  # (system or flavor that a program is going to, what its porter does)
    scenarios: tuple[str, ...] = ()  # fnmatch patterns of names: it claims differences in these alone
    since: str = ""
    until: str = ""
    defects: tuple[str, ...] = ()  # entries of registers of defects
    promises: tuple[str, ...] = ()  # entries on manual pages, and assertions of standards
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)  # of the file

    def side_of(self, flavor: str) -> int | None:
        """The number of the side that a flavor is on, from 0; None for one that it says nothing of."""
        return next((index for index, side in enumerate(self.sides) if side.has(flavor)), None)

    def about(self, fact: str) -> bool:
        """Whether it is about a kind of fact."""
        return matches(self.facts, fact)

    def within(self, scenario: str) -> bool:
        """Whether it may claim what differs in a scenario."""
        return not self.scenarios or matches(self.scenarios, scenario)


def matches(patterns: Iterable[str], *texts: str) -> bool:
    """Whether one of some patterns fits one of some texts. Brackets in a pattern are brackets."""
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns for text in texts)


def is_citation(line: str) -> bool:
    """Whether a line names a function of a C source, rather than saying in words that nothing decided."""
    return CITATION.fullmatch(line) is not None


def kinds_of_facts() -> tuple[str, ...]:
    """Every kind of fact that flavors can part on, as `oracle.signature.kind_of` writes it."""
    return tuple([kind for fact in FACTS for kind in _kinds(fact)])


def _kinds(fact: Fact) -> list[str]:
    subjects = {
        Subject.CALL: ["call"],
        Subject.MACHINE: ["machine"],
        Subject.PROCESS: list(ROLES),
        Subject.PAIR: [f"{one}~{other}" for one in ROLES for other in ROLES],
    }[fact.subject]
    return [f"{subject}.{fact.name}" if fact.name else subject for subject in subjects]
