"""The catalogue of findings in the tree is whole: it claims every difference, and nothing in it is stale."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from oracle.cli import main
from oracle.load import find_findings, yamlpos
from oracle.registry import load_flavors
from oracle.schema import finding_schema

ROOT = Path(__file__).parents[2]
FILES = find_findings([ROOT / "specs"])


@lru_cache(maxsize=1)
def schema() -> str:
    ours = [flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd")]
    return json.dumps(finding_schema(ours), indent=2) + "\n"


def test_the_shipped_schema_of_findings_is_what_our_flavors_make() -> None:
    assert (ROOT / "schema/finding.schema.json").read_text() == schema(), "write it anew: make schema"


def test_there_are_findings() -> None:
    assert len(FILES) > 80


def test_the_shipped_findings_keep_to_the_schema_and_name_it_for_editors() -> None:
    validator = Draft202012Validator(json.loads(schema()))
    for file in FILES:
        text = file.read_text()
        validator.validate(yamlpos.read(text).value)
        assert text.startswith("# yaml-language-server: $schema=../../schema/finding.schema.json\n"), file


def test_the_shipped_findings_claim_all_that_differs_in_scenarios_and_sweeps_and_nothing_is_stale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (ROOT / "build").mkdir(exist_ok=True)
    code = main(["findings", "--check", "--kept", "build/differences.json"])  # as make run does: explaining takes its time
    assert code == 0, capsys.readouterr().out
