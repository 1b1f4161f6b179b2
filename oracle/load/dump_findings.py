"""Findings to YAML that reads back to an equal value, and the lines of one side put into a file that its author wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from oracle.finding import Finding, Side
from oracle.load.dump import Dumper
from oracle.load.yamlpos import read

HEAD = "# yaml-language-server: $schema=../../schema/finding.schema.json\n"
_WIDTH = 120


def dump_finding(finding: Finding) -> str:
    """A finding as YAML in the form people write it."""
    top: dict[str, Any] = {
        "title": finding.title,
        "kind": finding.kind.value,
        "topic": finding.topic,
        "facts": list(finding.facts),
        "sides": [_side(side) for side in finding.sides],
    }
    if finding.scenarios:
        top["scenarios"] = list(finding.scenarios)
    top["consequence"] = finding.consequence
    top["advice"] = dict(finding.advice)
    for key in ("since", "until"):
        if getattr(finding, key):
            top[key] = getattr(finding, key)
    for key in ("defects", "promises"):
        if getattr(finding, key):
            top[key] = list(getattr(finding, key))
    return HEAD + _dump(top)


def _dump(value: object) -> str:
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False)


def _side(side: Side) -> dict[str, Any]:
    made: dict[str, Any] = {"flavors": list(side.flavors), "does": side.does, "decided": list(side.decided)}
    if side.background:
        made["background"] = list(side.background)
    return made


def with_decided(text: str, decided: Sequence[Sequence[str]], file: str = "") -> str:
    """The text of a finding with other lines in `decided` of each side, and all else as it was."""
    lines = text.splitlines()
    nodes = read(text, file).entries["sides"].items
    for node, wanted in reversed(list(zip(nodes, decided, strict=True))):
        key = node.keys.get("decided")
        place = key or node.keys["does"]
        indent = place.column - 1
        start = place.line - 1
        end = start + 1
        while end < len(lines) and _belongs(lines[end], indent):
            end += 1
        written = _dump({"decided": list(wanted)}).splitlines()
        first = lines[start][:indent] if key is not None else " " * indent
        made = [first + written[0], *(" " * indent + line for line in written[1:])]
        lines[start if key is not None else end : end] = made
    return "\n".join(lines) + "\n"


def _belongs(line: str, indent: int) -> bool:
    """Whether a line is part of the value of a key that stands so far in."""
    bare = line.lstrip(" ")
    depth = len(line) - len(bare)
    return bool(bare) and (depth > indent or (depth == indent and bare.startswith("- ")))
