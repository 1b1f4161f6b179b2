"""Says in sentences what did not go as expected, and where the expectation stands."""

from __future__ import annotations

from oracle.harness import Comparison
from oracle.outcome import Misplaced, RunResult, Violation
from oracle.report.crash import crash_of
from oracle.report.digest import place
from oracle.report.text import plain, prose, show
from oracle.scenario import Scenario


def failures_of(comparison: Comparison, *, portable: bool = False) -> list[str]:
    """The failures of one scenario, a safe sentence each; a failure that several flavors share is one.

    `portable`: files as named from the specs folder.
    """
    scenario = comparison.scenario
    file = plain(place(scenario, 0, portable=portable))
    out = []
    unmet: dict[tuple[int, str], list[str]] = {}
    for result in comparison.results:
        for one in result.unmet:
            under = f" {plain(one.when)}" if one.when else ""
            text = f"{plain(one.path)} is {show(one.actual)}{under}, expected {show(one.expected)}"
            unmet.setdefault((one.line, text), []).append(plain(result.flavor))
        for wrong in result.misplaced:
            unmet.setdefault((wrong.line, _misplaced(wrong, scenario)), []).append(plain(result.flavor))
    for (line, text), flavors in sorted(unmet.items(), key=lambda one: one[0][0]):
        out.append(f"{plain(place(scenario, line, portable=portable))}: {', '.join(flavors)}: {text}")
    for result in comparison.results:
        flavor = plain(result.flavor)
        for broken in result.violations:
            if not broken.known:
                out.append(
                    f"{file}: {flavor}: invariant {plain(broken.rule)} does not hold {when(broken)}: {prose(broken.text)}"
                )
        if result.crash:
            out.append(f"{file}: {flavor}: crashed: {prose(str(crash_of(result.crash)))}")
    for broke in comparison.broken_promises:
        said = ", ".join(f"{show(value)} on {' and '.join(map(plain, ids))}" for value, ids in broke.classes())
        out.append(f"{file}: the scenario says that all agree on {plain(broke.path)}, but it is {said}")
    return out


def when(broken: Violation) -> str:
    """When an invariant did not hold."""
    step = f"after step {broken.step}" if broken.step else "at the start"
    return f"{step} {plain(broken.when)}" if broken.when else step


def misplaced_of(result: RunResult, scenario: Scenario, *, portable: bool = False) -> list[str]:
    """Where signs are there and should not be, or the other way round: a safe sentence each, with its place."""
    where = [plain(place(scenario, one.line, portable=portable)) for one in result.misplaced]
    return [f"{_misplaced(one, scenario)} ({there})" for one, there in zip(result.misplaced, where, strict=True)]


def _misplaced(one: Misplaced, scenario: Scenario) -> str:
    if one.sign is None:
        return prose(one.text)
    due = "and its sign is" if scenario.standard is None else "required is"
    return f"{prose(one.text)}: {plain(one.sign.path)} is {show(one.sign.actual)}, {due} {show(one.sign.expected)}"
