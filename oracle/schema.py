"""The JSON Schema of scenario files, for editors: generated from the models that the loader checks files with, and from the
vocabulary of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from oracle.args import SECTIONS
from oracle.facts import FACTS, Subject
from oracle.finding import kinds_of_facts
from oracle.flavor import Flavor
from oracle.load.entry_shape import NotShownListShape
from oracle.load.finding_shape import FindingShape
from oracle.load.observed import FORMAT as FACTS_FORMAT
from oracle.load.observed import MOST
from oracle.load.parts import ROLE
from oracle.load.shape import shapes
from oracle.outcome import ABSENT

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Generator(GenerateJsonSchema):
    """Leaves out the titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Not for any field."""
        return False


def scenario_schema(flavors: Sequence[Flavor]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of scenario files for some flavors: what an editor completes and checks."""
    made = shapes(flavors).scenario.model_json_schema(schema_generator=Generator)
    _tidy(made, {section: _names(flavor.flags.get(section, {}) for flavor in flavors) for section in set(SECTIONS.values())})
    defs = made["$defs"]
    _select(defs, flavors)
    defs["Signal"]["examples"] = _names(flavor.signals for flavor in flavors)
    for shape, key in (("CheckShape", "check"), ("ShowsShape", "shows"), ("RequiresShape", "requires")):
        defs[shape]["properties"][key].update(_check_schema())
    defs.update(_fact_types())
    tunables = {name: {"type": "integer"} for flavor in flavors for name in flavor.tunables}
    defs["MachineShape"]["properties"]["tunables"] = {
        **{key: value for key, value in defs["MachineShape"]["properties"]["tunables"].items() if key != "propertyNames"},
        "properties": tunables,
        "additionalProperties": False,
    }
    return {"$schema": DIALECT, **made, "title": "A fork-oracle scenario"}


def not_shown_schema(flavors: Sequence[Flavor]) -> dict[str, Any]:
    """The JSON Schema of lists of the entries of registers of defects that no scenario shows."""
    made = NotShownListShape.model_json_schema(schema_generator=Generator)
    _tidy(made, {})
    _select(made["$defs"], flavors)
    return {"$schema": DIALECT, **made, "title": "Entries that no fork-oracle scenario shows"}


def finding_schema(flavors: Sequence[Flavor]) -> dict[str, Any]:
    """The JSON Schema of the files of the catalogue of findings."""
    made = FindingShape.model_json_schema(schema_generator=Generator)
    _tidy(made, {})
    known = [flavor.id for flavor in flavors]
    places = [*dict.fromkeys(flavor.system for flavor in flavors), *known]
    side, top = made["$defs"]["SideShape"]["properties"], made["properties"]
    side["flavors"]["items"]["examples"] = known
    top["advice"]["propertyNames"] = {"enum": places}
    top["facts"]["items"]["examples"] = list(kinds_of_facts())
    for key in ("since", "until"):
        top[key]["enum"] = known
    return {"$schema": DIALECT, **made, "title": "A finding of fork-oracle"}


def identify_facts_schema() -> dict[str, Any]:
    """The JSON Schema of files of observed facts. Of a scenario that is written out it says no more than that there is one."""
    scenario = {
        "description": "The name of a scenario, as its path below the folder of scenarios; or a whole one, as a file has it.",
        "anyOf": [{"type": "string"}, {"type": "object", "required": ["title", "topic", "steps"]}],
    }
    entry = {
        "scenario": scenario,
        "facts": {
            "description": "What there is after the last step, by path. null: not known; absent: not there.",
            **_check_schema(),
        },
        "program": {"description": "What to do, for people. It is not read."},
        "meaning": {"description": "What the paths mean, for people. It is not read."},
    }
    top = {
        "$schema": {"type": "string", "description": "Where this schema is, for editors. It is not read."},
        "format": {"const": FACTS_FORMAT},
        "about": {"type": "string", "description": "What was observed, for people."},
        "scenarios": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": {"type": "object", "properties": entry, "required": ["scenario", "facts"], "additionalProperties": False},
        },
    }
    return {
        "$schema": DIALECT,
        "title": "Facts for fork-oracle identify",
        "type": "object",
        "properties": top,
        "required": ["format", "scenarios"],
        "additionalProperties": False,
        "$defs": {f"fact_{kind}": value for kind, value in _observed_values().items()},
    }


def _observed_values() -> dict[str, dict[str, Any]]:
    """What may be said of a fact of each type that was observed."""
    return {
        "bool": {"anyOf": [{"type": ["boolean", "null"]}, {"const": ABSENT}]},
        "int": {"anyOf": [{"type": ["integer", "null"]}, {"const": ABSENT}]},
        "text": {"type": ["string", "integer", "null"]},
        "list": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}, {"const": ABSENT}]},
    }


def _select(defs: dict[str, Any], flavors: Sequence[Flavor]) -> None:
    """Name the flavors."""
    systems = dict.fromkeys(flavor.system for flavor in flavors)
    defs["Selector"]["enum"] = ["all", *systems, *(flavor.id for flavor in flavors)]


def _names(tables: Iterable[Mapping[str, int]]) -> list[str]:
    """The names of some tables, each once."""
    return list(dict.fromkeys(name for table in tables for name in table))


def _tidy(value: object, sections: Mapping[str, list[str]]) -> None:
    """Make a generated schema easier on editors, in place, and as strict as the models."""
    if isinstance(value, list):
        for item in value:
            _tidy(item, sections)
    if not isinstance(value, dict):
        return
    if "oneOf" in value:
        value["anyOf"] = value.pop("oneOf")  # editors complete better from it
    if "default" in value and value["default"] is None:
        del value["default"]
    if "patternProperties" in value:
        value["additionalProperties"] = False
    if str(value.get("title")).endswith("Shape"):
        del value["title"]
    if isinstance(section := value.get("section"), str):
        del value["section"]
        value["examples"] = sections.get(section, [])
    for item in value.values():
        _tidy(item, sections)


def _check_schema() -> dict[str, Any]:
    """Every path of the vocabulary as a pattern, with its meaning and type."""
    role = ROLE.strip("^$")
    subjects = {
        Subject.CALL: "call\\.[1-9][0-9]*",
        Subject.PROCESS: role,
        Subject.PAIR: f"{role}~{role}",
        Subject.MACHINE: "machine",
    }
    patterns = {}
    for fact in FACTS:
        name = fact.name.replace(".*", "\\..+")
        patterns["^" + subjects[fact.subject] + ("\\." + name if name else "") + "$"] = {
            "description": fact.meaning,
            "$ref": f"#/$defs/fact_{fact.type}",
        }
    return {"patternProperties": patterns, "additionalProperties": False}


def _fact_types() -> dict[str, Any]:
    """What may be expected of a fact, by its type: a value, or one for each of some flavors."""
    text = {"type": ["string", "integer"]}
    values: dict[str, dict[str, Any]] = {
        "bool": {"anyOf": [{"type": "boolean"}, {"const": "absent"}]},
        "int": {"anyOf": [{"type": "integer"}, {"const": "absent"}]},
        "text": text,
        "list": {"anyOf": [text, {"type": "array", "items": text}]},
    }
    return {
        f"fact_{kind}": {
            "anyOf": [
                value,
                {
                    "type": "object",
                    "additionalProperties": value,
                    "propertyNames": {"$ref": "#/$defs/Selector"},
                    "minProperties": 1,
                },
            ]
        }
        for kind, value in values.items()
    }
