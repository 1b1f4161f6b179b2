"""What a divergence is, whatever the input: which facts disagree and how, with roles, counts and chosen names abstracted.

Comparisons with one signature are one bucket. It is the only place that says when two divergences are the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from oracle.diff import Divergence
from oracle.explain.explain import Explanation
from oracle.explain.reasons import AS_AT_THE_START
from oracle.facts import Subject, Value, lookup
from oracle.finding import ROLES
from oracle.harness import Comparison
from oracle.scenario import Scenario

CALLER, CHILD, OTHER = ROLES
ERRNO = re.compile(r"E[A-Z0-9]+")
NOT_MADE = "not made"
# Facts whose texts are names that a scenario chose, or numbers: what counts is whether there is one.
FREE = {
    Subject.PROCESS: frozenset((
        "command", "text", "cwd", "root", "umask", "fd.*", "memory.*", "handler.*", "stack", "tls", "altstack", "jail",
        "limit.*", "ktrace", "ktrace_flags", "registers", "arguments", "emulation", "tids", "events.*",
    )),
    Subject.PAIR: frozenset(("offsets", "regions")),
    Subject.MACHINE: frozenset(("console",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Disagreement:
    """A kind of fact, and who says what of it: (class of the value, flavors), in the order of the flavors."""

    fact: str
    values: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, order=True)
class Decided:
    """A kind of fact on which two flavors part, and (flavor, the lines of C that decided it there) for both."""

    fact: str
    by: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """What disagrees, each kind once, in order; nothing, if flavors agree. `decided`: by which lines, if that was asked for."""

    facts: tuple[Disagreement, ...] = ()
    decided: tuple[Decided, ...] = ()

    @property
    def ident(self) -> str:
        """A short name for it, the same in every run."""
        text = repr([(one.fact, one.values) for one in self.facts])
        if self.decided:
            text += repr([(one.fact, one.by) for one in self.decided])
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def cause(self) -> str:
        """A short name for which lines decided what, whoever it is about and whatever the values; that of the signature, if not
        all of it is known to the line. What has one cause is one divergence, seen from several sides."""
        lines = [line for one in self.decided for _, by in one.by for line in by or ("",)]
        if not lines or not all(line.endswith("]") or line == AS_AT_THE_START for line in lines):
            return self.ident
        found = sorted({(one.fact.partition(".")[2], one.by) for one in self.decided})
        return hashlib.sha256(repr(found).encode()).hexdigest()[:8]


def signature(
    comparison: Comparison,
    explanations: Iterable[Explanation] = (),
    known: Container[Divergence] = (),
    roles: Mapping[str, str] | None = None,
) -> Signature:
    """The signature of one comparison; with the deciding lines, if explanations of pairs of its flavors are given.

    What is `known` is left out: of a longer program, that is what a shorter one disagreed on already. `roles` says what some
    roles are to each other where that does not change with the last call; the others are others.
    """
    if roles is None:
        roles = abstract_roles(comparison.scenario)
    else:
        roles = {role: roles.get(role, OTHER) for role in abstract_roles(comparison.scenario)}
    changed = {divergence.path.removesuffix(".state") for divergence in comparison.divergences}
    found = {_disagreement(one, roles) for one in comparison.divergences if one not in known and _says_more(one, changed)}
    decided = {
        Decided(kind_of(one.path, roles), tuple((side.flavor, side.lines) for side in one.sides))
        for explanation in explanations
        for one in explanation.differences
        if one.lasts
    }
    return Signature(tuple(sorted(found)), tuple(sorted(decided)))


def _says_more(divergence: Divergence, changed: set[str]) -> bool:
    """Whether it says more than that somebody isn't there, which is a disagreement on that one's state already."""
    subjects = divergence.path.partition(".")[0].split("~")
    if not any(subject in changed for subject in subjects):
        return True
    return len({value for _, value in divergence.values if value is not None}) > 1


def abstract_roles(scenario: Scenario) -> dict[str, str]:
    """For each role that the scenario names, what it is to the last call that makes a process."""
    roles = {process.name: OTHER for process in scenario.processes}
    for step in scenario.calls:
        if step.born:
            roles = dict.fromkeys(roles, OTHER)
            roles[step.by], roles[step.born] = CALLER, CHILD
    return roles


def _disagreement(divergence: Divergence, roles: Mapping[str, str]) -> Disagreement:
    free = is_free(divergence.path)
    values = tuple((class_of(value, roles, free=free), flavors) for value, flavors in divergence.classes())
    return Disagreement(kind_of(divergence.path, roles), values)


def is_free(path: str) -> bool:
    """Whether a fact's values are names that a scenario chose, or numbers."""
    fact = lookup(path)
    return fact is not None and fact.name in FREE.get(fact.subject, ())


def kind_of(path: str, roles: Mapping[str, str]) -> str:
    """A path with the roles in general terms and without what the scenario chose: `<child>.fd.*`."""
    fact = lookup(path)
    if fact is None:
        return path
    subject = {Subject.CALL: "call", Subject.MACHINE: "machine"}.get(fact.subject)
    if subject is None:
        subject = "~".join(roles.get(role, role) for role in path.partition(".")[0].split("~"))
    return f"{subject}.{fact.name}" if fact.name else subject


def class_of(value: Value | None, roles: Mapping[str, str], *, free: bool) -> str:
    """The class of a fact's value: words of the vocabulary stay, the rest is there or not there, zero or not."""
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "0" if value == 0 else "negative" if value < 0 else "positive"
    if isinstance(value, tuple):
        if free:
            return "[…]" if value else "[]"
        return "[" + ", ".join(sorted({word_of(one, roles) for one in value})) + "]"
    if free:
        return value if value in ("none", "null") else "some"
    return word_of(value, roles)


def word_of(text: str, roles: Mapping[str, str]) -> str:
    """A text with roles put in general terms; numbers in it are nobody's class."""
    if text.startswith(NOT_MADE):
        return NOT_MADE
    if ERRNO.fullmatch(text):
        return text
    words = [roles.get(word, word) for word in text.split(" ")]
    return " ".join("<number>" if word.lstrip("-").isdigit() else word for word in words)
