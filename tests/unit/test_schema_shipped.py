"""The schema in the tree is that of our flavors, and the scenarios in the tree keep to it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from oracle.flavor import Flavor
from oracle.load import find_not_shown, find_scenarios, yamlpos
from oracle.registry import load_flavors
from oracle.schema import not_shown_schema, scenario_schema

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "schema" / "scenario.schema.json"
LISTS = ROOT / "schema" / "not-shown.schema.json"


@lru_cache(maxsize=1)
def ours() -> tuple[Flavor, ...]:
    return tuple(flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd"))


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    return scenario_schema(ours())


def test_the_shipped_schema_is_what_our_flavors_make() -> None:
    assert SHIPPED.read_text() == json.dumps(schema(), indent=2) + "\n", "write it anew: make schema"


def test_the_shipped_schema_of_lists_is_what_our_flavors_make() -> None:
    assert LISTS.read_text() == json.dumps(not_shown_schema(ours()), indent=2) + "\n", "write it anew: make schema"


def test_the_shipped_lists_keep_to_their_schema_and_name_it_for_editors() -> None:
    paths = find_not_shown([ROOT / "specs"])
    assert paths
    for path in paths:
        text = path.read_text()
        Draft202012Validator(not_shown_schema(ours())).validate(yamlpos.read(text).value)
        depth = len(path.relative_to(ROOT).parents) - 1
        assert text.startswith(f"# yaml-language-server: $schema={'../' * depth}schema/not-shown.schema.json\n"), path


def test_the_shipped_scenarios_keep_to_the_schema_and_name_it_for_editors() -> None:
    validator = Draft202012Validator(schema())
    paths = find_scenarios([ROOT / "specs"])
    assert paths
    for path in paths:
        text = path.read_text()
        document = yamlpos.read(text).value
        if not validator.is_valid(document):  # quicker than validate, which collects all there is to say
            validator.validate(document)
        depth = len(path.relative_to(ROOT).parents) - 1
        first = text.partition("\n")[0]
        assert first == f"# yaml-language-server: $schema={'../' * depth}schema/scenario.schema.json", path
