"""The catalogue of findings in the tree is whole: it claims every difference, and nothing in it is stale."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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


def texts(value: object) -> Iterator[str]:
    """Every text in what a file says, as a reader gets it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def test_no_text_of_a_finding_has_a_gap_where_its_file_broke_the_line() -> None:
    broken = re.compile(r"\s{2}|[\n\\]|^\s|\s$")
    found = [(file.stem, text) for file in FILES for text in texts(yamlpos.read(file.read_text()).value) if broken.search(text)]
    assert not found


def test_the_shipped_findings_claim_all_that_differs_in_scenarios_and_sweeps_and_nothing_is_stale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (ROOT / "build").mkdir(exist_ok=True)
    code = main(["findings", "--check", "--kept", "build/differences.json"])  # as make run does: explaining takes its time
    assert code == 0, capsys.readouterr().out
