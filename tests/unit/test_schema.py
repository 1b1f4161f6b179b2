"""The JSON Schema accepts what the reader accepts, as far as a schema can, and tells editors what there is."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from oracle.calls import PORTABLE
from oracle.facts import FACTS
from oracle.load import dump_scenario, yamlpos
from oracle.scenario import Scenario
from oracle.schema import not_shown_schema, scenario_schema
from tests.unit.load_helpers import FLAVORS, HEAD
from tests.unit.load_strategies import scenarios
from tests.unit.test_load_dump import TEXT


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    return scenario_schema(FLAVORS)


def accepts(text: str) -> bool:
    return Draft202012Validator(schema()).is_valid(yamlpos.read(text).value)


def program(step: str) -> str:
    return f"{HEAD}steps:\n  - {step}\n"


def test_it_is_a_valid_schema_of_the_2020_draft_and_plain_json() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


def test_it_is_the_same_whenever_it_is_made() -> None:
    assert json.dumps(scenario_schema(FLAVORS)) == json.dumps(scenario_schema(FLAVORS))


def test_every_call_is_there_with_its_meaning_and_its_parameters() -> None:
    defs = schema()["$defs"]
    for spec in PORTABLE:
        step = defs[f"do__{spec.name}"]
        assert step["description"] == f"{spec.meaning}."
        assert step["properties"]["do"]["const"] == spec.name
        assert set(step["required"]) == {"do", *(param.name for param in spec.params if param.required)}
        for param in spec.params:
            assert step["properties"][param.name]["description"]
        assert ("as" in step["properties"]) is spec.births
    for name in ("rfork", "__clone", "fork1"):
        assert f"do__{name}" in defs


def test_every_key_but_selecting_ones_is_described() -> None:
    for name, one in schema()["$defs"].items():
        for key, value in one.get("properties", {}).items():
            assert "description" in value or "$ref" in value, (name, key)


def test_names_of_the_flavors_are_offered() -> None:
    defs = schema()["$defs"]
    assert defs["Selector"]["enum"] == ["all", "alpha", "beta", "alpha@1.1", "alpha@1.2", "beta@7"]
    assert {"SIGINT", "SIGPWR", "SIGCKPT"} <= set(defs["Signal"]["examples"])
    assert defs["do__wait"]["properties"]["options"]["examples"] == ["WNOHANG", "WUNTRACED"]
    assert defs["do__sigaction"]["properties"]["options"]["examples"] == ["SA_RESTART", "SA_NEW", "SA_NOKERNINFO"]
    assert defs["do__rfork"]["properties"]["flags"]["examples"] == ["RFPROC|RFFDG", "RFPROC", "RFFDG", "RFMEM"]
    assert list(defs["MachineShape"]["properties"]["tunables"]["properties"]) == ["atune", "both", "btune"]
    assert len(defs["CheckShape"]["properties"]["check"]["patternProperties"]) == len(FACTS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_it_accepts_what_the_reader_accepts(scenario: Scenario) -> None:
    Draft202012Validator(schema()).validate(yamlpos.read(dump_scenario(scenario)).value)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        program("{do: fork1, exitsig: SIGPWR}"),
        program("{do: fork1, flags: RFPROC}"),
        program("concurrently: {parent: [{do: fork, as: kid}], kid: [{do: exit}]}"),
        program("{concurrently: {parent: [{do: fork}], shell: [{do: getpid, gives: shell}]}, only: alpha}"),
        program("sometimes: {parent.umask: '022'}"),
        program("{do: kill, to: parent, signal: 0}"),
        program("check: {parent~kid.offsets: [0], parent.fd.3: x, call.1: 0, call.1.elapsed: 5, parent.locks./a/b.c: 1}"),
        program("check: {parent.children: kid, parent.uid: {alpha: absent, all: 5}}"),
        HEAD + "processes: {parent: }\nsteps: [{do: fork}]\n",
        HEAD + "only: alpha\nsteps: [{do: fork}]\n",
        HEAD + "defect: {id: alpha/Q11b, on: [alpha@1.1, beta]}\nsteps: [{do: fork}, {shows: {parent.uid: {alpha: 3}}}]\n",
        HEAD + "defect: {id: beta/M3, on: beta, promise: kept}\nsteps: [{shows: {parent.umask: '022'}}]\n",
        HEAD + "standard: {id: std/fork-02, clause: x, violated_on: beta}\nsteps: [{requires: {parent.umask: '022'}}]\n",
    ],
)
def test_it_accepts(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        HEAD,
        HEAD + "steps: []\n",
        HEAD + "steps: [{do: fork}]\nzzz: 1\n",
        HEAD.replace("results", "result") + "steps: [{do: fork}]\n",
        HEAD + "only: gamma\nsteps: [{do: fork}]\n",
        HEAD + "machine: {tunables: {zzz: 1}}\nsteps: [{do: fork}]\n",
        HEAD + "machine: \nsteps: [{do: fork}]\n",
        HEAD + "processes: {3: }\nsteps: [{do: fork}]\n",
        HEAD + "processes: {parent: {euid: }}\nsteps: [{do: fork}]\n",
        HEAD + "processes: {parent: {files: {x: /a}}}\nsteps: [{do: fork}]\n",
        HEAD + "processes: {parent: {limits: {x: {soft: 1, hard: 2}}}}\nsteps: [{do: fork}]\n",
        HEAD + "defect: {id: alpha/X1, on: alpha}\nsteps: [{do: fork}]\n",
        HEAD + "defect: {id: alpha/Q1, on: gamma}\nsteps: [{do: fork}]\n",
        HEAD + "defect: {id: alpha/M1, on: alpha, promise: maybe}\nsteps: [{do: fork}]\n",
        HEAD + "standard: {id: std/fork-02, violated_on: beta}\nsteps: [{do: fork}]\n",
        HEAD + "standard: {id: std/Q1, clause: x}\nsteps: [{do: fork}]\n",
        program("requires: {parent.umsk: 1}"),
        program("shows: {}"),
        program("shows: {parent.umsk: 1}"),
        program("3"),
        program("{do: frok}"),
        program("{do: fork, ass: x}"),
        program("{do: exit, as: x}"),
        program("{do: exit, status: '3'}"),
        program("{do: exit, status: true}"),
        program("{do: kill, to: parent}"),
        program("{do: minherit, region: a, inherit: shared}"),
        program("{do: fork, gives: {}}"),
        program("{do: fork, gives: {gamma: 1}}"),
        program("check: {}"),
        program("concurrently: {}"),
        program("concurrently: {parent: []}"),
        program("concurrently: {parent: [{check: {parent.uid: 1}}]}"),
        program("concurrently: {parent: [{concurrently: {shell: [{do: fork}]}}]}"),
        program("{concurrently: {parent: [{do: fork}]}, by: parent}"),
        program("never: {}"),
        program("check: {parent.umsk: 1}"),
        program("check: {parent.uid: x}"),
        program("check: {parent.sugid: 1}"),
        program("check: {parent.children: [true]}"),
        program("{check: {parent.uid: 1}, do: fork}"),
    ],
)
def test_it_refuses(text: str) -> None:
    assert not accepts(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("not_shown: [{id: alpha/Q1, on: alpha, because: outside, reason: It is.}]", True),
        ("not_shown: [{id: alpha/M2, on: [alpha@1.1, beta], because: interleaving, reason: It is.}]", True),
        ("not_shown: [{id: std/_Fork, on: all, clause: x, because: standard, reason: It is.}]", True),
        ("not_shown: []", False),
        ("not_shown: [{id: alpha/Q1, on: gamma, because: outside, reason: It is.}]", False),
        ("not_shown: [{id: alpha/Q1, on: alpha, because: sloth, reason: It is.}]", False),
        ("not_shown: [{id: alpha/Q1, on: alpha, because: outside}]", False),
        ("steps: []", False),
    ],
)
def test_lists_of_what_is_not_shown_have_a_schema_of_their_own(text: str, right: bool) -> None:
    assert Draft202012Validator(not_shown_schema(FLAVORS)).is_valid(yamlpos.read(text).value) is right
