"""report.json keeps to the schema that is published for it, and the schema knows all that is in it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oracle.findings.claims import Claimed, Claims
from oracle.harness import compare
from oracle.load import find_not_shown, find_scenarios, load_not_shown, load_scenario
from oracle.register import Because, NotShown
from oracle.registry import load_flavors
from oracle.report import json_report
from oracle.report.digest import Mark
from oracle.report.json_shape import report_schema
from oracle.report.standards import Stand
from oracle.scenario import Defect
from tests.unit.plugins import check, program, step
from tests.unit.sample_findings import SAMPLES, SLOTS, apart
from tests.unit.toys import BARREN, CRASHING, LEAKY, ODD, TINY, VAGUE

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"


def closed(schema: Any) -> Any:
    """The schema, with no room for keys that it does not name."""
    if isinstance(schema, dict):
        made = {key: closed(value) for key, value in schema.items()}
        return {**made, "additionalProperties": False} if "properties" in schema else made
    return [closed(one) for one in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def report() -> Any:
    """A report with something under every key."""
    steps = (step(1, "parent", "umask", mask="077"), check(2, parent__umask="022"), check(3, kid__state="absent"))
    scenario = program(*steps, agree=("*",), defect=Defect("odd/Q1", ("odd",)))
    fork = program(step(1, "parent", "fork", born="kid"))
    flavors = [TINY, CRASHING, LEAKY, ODD, VAGUE, BARREN]
    umask = program(step(1, "parent", "umask", mask="077"))
    comparisons = [compare(scenario, flavors), compare(fork, flavors), compare(umask, [TINY, LEAKY])]
    missing = [NotShown("odd/Q2", ("odd",), Because.INTERLEAVING, "It waits.")]
    claims = Claims((Claimed(apart(fork.name, "call.1"), (SLOTS.id,)), Claimed(apart(fork.name, "kid.state"), ())))
    ids = [flavor.id for flavor in flavors]
    return json.loads(json_report.render(comparisons, ids, None, missing, SAMPLES, claims))


def test_the_shipped_schema_is_what_the_shape_makes() -> None:
    shipped = (ROOT / "schema" / "report.schema.json").read_text()
    assert shipped == json.dumps(report_schema(), indent=2) + "\n", "write it anew: make schema"


def test_a_report_keeps_to_the_schema_and_has_no_key_beside_it(report: Any) -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(closed(schema)).validate(report)
    statuses = {run["status"] for one in report["scenarios"] for run in one["runs"]}
    assert statuses == {"ok", "failed", "invariant", "crash", "unmodelled"}


def test_reports_on_our_own_scenarios_keep_to_the_schema() -> None:
    flavors = load_flavors().flavors
    files = find_scenarios([SPECS / "vfork", SPECS / "posix", SPECS / "defects"])
    lists = [one for file in find_not_shown([SPECS]) for one in load_not_shown(file, flavors)]
    comparisons = [compare(load_scenario(file, flavors, SPECS), flavors) for file in files]
    made = json.loads(json_report.render(comparisons, [flavor.id for flavor in flavors], None, lists))
    Draft202012Validator(closed(report_schema())).validate(made)


def test_the_schema_knows_every_word_of_a_closed_set() -> None:
    shapes = report_schema()["$defs"]
    assert set(shapes["NotShown"]["properties"]["because"]["enum"]) == {why.value for why in Because}
    assert set(shapes["Run"]["properties"]["status"]["enum"]) == {one.value.lower() for one in Mark} - {"-"}
    assert set(shapes["Claim"]["properties"]["flavors"]["additionalProperties"]["enum"]) == {one.value.lower() for one in Stand}
    assert set(shapes["Entry"]["properties"]["flavors"]["additionalProperties"]["enum"]) == set(json_report.SEEN.values())


def test_every_key_has_its_sentence() -> None:
    schema = report_schema()
    for shape in (schema, *schema["$defs"].values()):
        assert shape["description"]
        for key, value in shape["properties"].items():
            assert value["description"].endswith("."), key


@pytest.mark.parametrize("key", ["format", "flavors", "summary", "defects", "scenarios"])
def test_a_report_that_lacks_a_key_is_refused(report: Any, key: str) -> None:
    damaged = copy.deepcopy(report)
    del damaged[key]
    assert not Draft202012Validator(report_schema()).is_valid(damaged)


def test_a_report_of_another_format_is_refused(report: Any) -> None:
    assert not Draft202012Validator(report_schema()).is_valid({**report, "format": 2})
