"""Judges a run as it goes on: what was expected and did not come, what must hold and does not, who can never go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from oracle.facts import Value
from oracle.flavor import Flavor, KnownViolation
from oracle.machine import invariants
from oracle.machine.machine import Machine
from oracle.outcome import ABSENT, Misplaced, Unmet, Violation
from oracle.scenario import Assertion, Check, Entry, Expected, Quantifier, Step


class Words(NamedTuple):
    """What is said of signs that are not as expected."""

    missing: str
    surplus: str
    silent: str
    unsigned: str


DEFECT = Words(
    "{} is not shown",
    "{} is shown, all its signs are there, but `on` leaves it out",
    "{} is not shown, for want of a model: {}",
    "no `shows` says by what {} is known here",
)
ASSERTION = Words(
    "{} is violated",
    "{} is satisfied, all that it requires is there, but `violated_on` names it",
    "that {} is violated is not shown, for want of a model: {}",
    "no `requires` says what {} requires here",
)


class Verdict:
    """Unmet expectations and broken invariants of one run, and the signs that were looked for."""

    __slots__ = ("flavor", "held", "missing", "signs", "unmet", "violations")

    def __init__(self, flavor: Flavor) -> None:
        self.flavor = flavor
        self.unmet: list[Unmet] = []
        self.signs = 0  # looked for
        self.missing: list[Unmet] = []  # of them, not there
        self.violations: dict[tuple[str, str], Violation] = {}
        self.held: dict[int, bool] = {}  # by index of each quantified check: whether it held

    def hold(self, k: Machine, step: int) -> None:
        """Check the invariants after a step."""
        for broken in invariants.check(k, self.flavor.states):
            self.violate(broken.rule, broken.text, step, k)

    def hold_midway(self, k: Machine, step: int) -> None:
        """Check, between two moves of concurrent steps, the invariants that hold in the middle of kernel code."""
        for broken in invariants.check_midway(k, self.flavor.states):
            self.violate(broken.rule, broken.text, step, k)

    def violate(self, rule: str, text: str, step: int, k: Machine | None = None) -> None:
        """Note a violation, once, and whether the real kernel has it, too: as far as words alone say, without a machine."""
        if (rule, text) not in self.violations:
            known = next((one for one in self.flavor.violations if one.rule == rule and _is(one, text, k)), None)
            why = f"{known.why} ({known.cite})" if known is not None else ""
            self.violations[rule, text] = Violation(rule, text, step, why)

    def check(self, check: Check, facts: Mapping[str, Value]) -> None:
        """Compare what a check expects with what there is to observe now."""
        if check.quantifier is not Quantifier.ALWAYS:
            self._quantified(check, facts)
            return
        compare = self.sign if check.sign else self.expect
        for one in check.expected:
            expected = one.expected.for_flavor(self.flavor.id)
            if expected is not None:
                compare(one.path, expected, facts.get(one.path), one.line or check.line)

    def _quantified(self, check: Check, facts: Mapping[str, Value]) -> None:
        """Note whether facts hold together under this schedule; what that means is known when all schedules are."""
        wanted = [(one.path, one.expected.for_flavor(self.flavor.id)) for one in check.expected]
        if all(value is not None for _, value in wanted):
            self.held[check.index] = all(value is not None and is_met(value, facts.get(path)) for path, value in wanted)

    def gave(self, step: Step, expected: Expected, result: str) -> None:
        """Compare what a step gave, by now or at the end, with what was expected of it."""
        value = expected.for_flavor(self.flavor.id)
        if value is not None:
            self.expect(f"call.{step.index}", str(value), result, expected.line or step.line)

    def expect(self, path: str, expected: Value, actual: Value | None, line: int) -> None:
        """Compare a fact with what is expected of it."""
        if not is_met(expected, actual):
            self.unmet.append(Unmet(path, expected, actual, line))

    def sign(self, path: str, expected: Value, actual: Value | None, line: int) -> None:
        """Look for a sign of the scenario's defect, or for what its standard requires."""
        self.signs += 1
        if not is_met(expected, actual):
            self.missing.append(Unmet(path, expected, actual, line))

    def of_signs(self, entry: Entry | None, unmodelled: str, crash: str) -> tuple[bool | None, tuple[Misplaced, ...]]:
        """Whether all signs of the scenario's entry were there (None: there is no telling), and what is wrong with that."""
        if entry is None or crash:
            return None, ()
        due = entry.is_on(self.flavor.id)
        words = ASSERTION if isinstance(entry, Assertion) else DEFECT
        if unmodelled:
            needed = due is not isinstance(entry, Assertion)  # that something works as it should may stay open
            return None, (Misplaced(words.silent.format(entry.id, unmodelled), entry.line),) if needed else ()
        if not self.signs:
            return None, (Misplaced(words.unsigned.format(entry.id), entry.line),)
        if self.missing and due:
            return False, tuple([Misplaced(words.missing.format(entry.id), one.line, one) for one in self.missing])
        if not self.missing and not due:
            return True, (Misplaced(words.surplus.format(entry.id), entry.line),)
        return due, ()


def is_met(expected: Value, actual: Value | None) -> bool:
    """Whether a fact is as expected."""
    return actual is None if expected == ABSENT else actual == expected and type(actual) is type(expected)


def _is(known: KnownViolation, text: str, k: Machine | None) -> bool:
    """Whether a report is of a known violation."""
    if re.fullmatch(known.matches, text) is None:
        return False
    return known.explains is None or (k is not None and known.explains(k, text))
