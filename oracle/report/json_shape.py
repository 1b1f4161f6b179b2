"""The shape of report.json, and the JSON Schema that is generated from it: every key with a sentence.

`oracle.report.json_report` writes what is described here. Only who wants the schema imports this module: it needs pydantic.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from oracle.report.json_catalogue import Claim, Defects, Finding, Shape
from oracle.schema import DIALECT, Generator

FLAVOR = r"^[^@]+@[^@]+$"
Value = bool | int | str | list[str]


class Summary(Shape):
    """Counts over all scenarios."""

    scenarios: int
    """Scenarios that were run."""
    runs: int
    """Runs: a scenario on a flavor."""
    divergent: int
    """Scenarios on which flavors disagree about some fact."""
    agreeing: int
    """Scenarios on which two flavors or more agree about every fact."""
    not_compared: int
    """Scenarios about which fewer than two flavors have something to say."""
    failed: int
    """Scenarios with anything that is not as expected."""
    crashed_runs: int
    """Runs in which a flavor crashed."""
    unmodelled_runs: int
    """Runs that met what the flavor does not model."""


class Call(Shape):
    """What became of a step."""

    step: int = Field(ge=1)
    """Its number."""
    by: str
    """The process that made the call."""
    call: str
    """The call as made on this flavor, with its arguments."""
    result: str
    """What it gave: comparable between flavors."""
    detail: str
    """The system's own reason; empty if there is none."""
    elapsed_ms: int = Field(ge=0)
    """Simulated milliseconds that it took."""


class Unmet(Shape):
    """An expectation that was not met."""

    path: str
    """The fact."""
    expected: Value
    """What it should have been; the text absent: not observed."""
    actual: Value | None
    """What it was; null: not observed."""
    file: str
    """The scenario's file, from the specs folder."""
    line: int = Field(ge=0)
    """Where the expectation stands there."""


class Misplaced(Shape):
    """A defect that was seen where it should not be, or the other way round."""

    text: str
    """What is wrong, in a sentence."""
    path: str | None
    """The sign that is missing, if one is."""
    expected: Value | None
    """What the sign should have been."""
    actual: Value | None
    """What it was; null also: not observed."""
    file: str
    """The scenario's file, from the specs folder."""
    line: int = Field(ge=0)
    """Where it says that it should be otherwise."""


class Violation(Shape):
    """An invariant that did not hold."""

    rule: str
    """Its name."""
    text: str
    """What was found."""
    step: int = Field(ge=0)
    """After which step; 0: at the start."""
    known: str
    """Why, if the real kernel breaks it, too; else empty."""
    when: str
    """Under which schedule, or empty."""


class Crash(Shape):
    """What a flavor died of."""

    message: str
    """The last line of its traceback."""
    frames: list[str]
    """Its frames from the outermost in: file:line in function."""


class Run(Shape):
    """A scenario on a flavor."""

    flavor: str = Field(pattern=FLAVOR)
    """system@revision."""
    class_: str = Field(alias="class", pattern=r"^([A-Z]+|!|\?)$")
    """A letter, the same for flavors that agree on every fact compared; ! crashed, ? unmodelled."""
    status: Literal["ok", "failed", "invariant", "crash", "unmodelled"]
    """How the run went; the gravest word."""
    calls: list[Call]
    """What became of the steps."""
    unmet: list[Unmet]
    """Expectations that were not met."""
    has_defect: bool | None
    """Whether the scenario's defect was seen; null: it has none, or there is no telling."""
    satisfied: bool | None
    """Whether all was there that the standard requires; null: the scenario is about none, or there is no telling."""
    misplaced: list[Misplaced]
    """Where the defect was seen and should not have been, or the other way round."""
    violations: list[Violation]
    """Invariants that did not hold."""
    exhaustive: bool | None
    """Where steps run concurrently: whether every schedule was covered; else null."""
    unmodelled: str
    """What the flavor does not model, if the run met it; else empty."""
    crash: Crash | None
    """What the flavor died of."""


class Divergence(Shape):
    """A fact on which flavors disagree."""

    path: str
    """The fact."""
    fact: str | None
    """Its pattern in the vocabulary; null: it is not in it."""
    promised: bool
    """Whether the scenario says that all agree."""
    values: dict[str, Value | None]
    """By flavor; null: not observed. A flavor that is missing was not compared."""


class Claimed(Shape):
    """Facts on which the same pairs of flavors differ to the end, and who claims that."""

    findings: list[str]
    """The ids of the findings that claim it; none: it is new."""
    facts: list[str]
    """The facts, by path."""
    pairs: list[list[str]]
    """Pairs of flavors."""


class Outcome(Shape):
    """One thing that concurrent steps can come to."""

    facts: dict[str, Value | None]
    """The facts on which outcomes differ; null: not observed."""
    unmodelled: str | None
    """What is not modelled, if that is what it comes to; else null."""
    crash: bool
    """Whether the model crashes."""
    witnesses: dict[str, str]
    """By flavor: a schedule that leads there."""


class Scenario(Shape):
    """A scenario, on all flavors that it is meant for."""

    name: str
    """Its path below the specs folder, without its ending."""
    topic: str
    """What it is about."""
    title: str
    """What is the case, in a sentence."""
    why: str
    """Who is bitten by it, and how."""
    file: str
    """Its file, from the specs folder."""
    defect: str | None
    """The entry of a register that it shows."""
    standard: str | None
    """The assertion of a standard that it witnesses."""
    ok: bool
    """Whether everything was as expected."""
    runs: list[Run]
    """One for each flavor that it is meant for."""
    divergences: list[Divergence]
    """The facts on which flavors disagree."""
    outcomes: list[Outcome] | None
    """Where steps run concurrently, what they can come to; else null."""
    claims: list[Claimed] | None
    """Which findings claim the differences; null: there was no catalogue to ask."""


class Report(Shape):
    """What kernels do, and where they part ways."""

    format: Literal[1]
    """Raised when something here changes its meaning; new keys may come without that."""
    complete: bool
    """False if the run was interrupted, and scenarios are missing."""
    flavors: list[str]
    """The ids of the flavors compared, in order."""
    summary: Summary
    """Counts."""
    defects: Defects
    """The registers of defects."""
    standards: list[Claim]
    """Assertions of standards, as far as they are part of the run."""
    findings: list[Finding]
    """The catalogue, by id; empty, if the run had none."""
    scenarios: list[Scenario]
    """By name."""


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of report.json."""
    made = Report.model_json_schema(schema_generator=Generator)
    return {"$schema": DIALECT, **made, "title": "A fork-oracle report"}
