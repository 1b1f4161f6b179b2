"""Differences kept in a file, so that those of scenarios and flavors that are as they were need not be looked for again."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import oracle
from oracle.findings.claims import Apart
from oracle.flavor import Flavor
from oracle.scenario import Scenario

_NO_MATTER = ("cli", "report", "load", "testing", "strategies", "sweep", "findings", "pytest_plugin.py")  # but for `apart`


class Kept:
    """The differences of scenarios, by what they depend on. A file that can't be used is as good as none."""

    def __init__(self, file: Path | None, flavors: Sequence[Flavor]) -> None:
        self._file = file
        self._base = "" if file is None else _digest_of_code(flavors)
        self._known: dict[str, list[Any]] = {}
        self._used: dict[str, list[Any]] = {}
        if file is not None and file.is_file():
            try:
                self._known = json.loads(file.read_text("utf-8"))
            except (OSError, ValueError):
                self._known = {}

    def get(self, scenario: Scenario, flavors: Sequence[Flavor]) -> tuple[Apart, ...] | None:
        """What is known of a scenario."""
        if self._file is None:
            return None
        key = self._key(scenario, flavors)
        found = self._known.get(key)
        if found is None:
            return None
        self._used[key] = found
        return tuple([_apart(scenario.name, one) for one in found])

    def put(self, scenario: Scenario, flavors: Sequence[Flavor], differences: Sequence[Apart]) -> None:
        """Keep what has been found."""
        if self._file is not None:
            self._used[self._key(scenario, flavors)] = [
                [one.path, one.fact, one.step, one.flavors, one.values, one.lines, one.sets] for one in differences
            ]

    def texts(self) -> dict[Path, str]:
        """The file, as it should be written."""
        return {} if self._file is None else {self._file: json.dumps({**self._known, **self._used}) + "\n"}

    def _key(self, scenario: Scenario, flavors: Sequence[Flavor]) -> str:
        who = [flavor.id for flavor in flavors]
        return hashlib.sha256(f"{self._base} {who} {scenario!r}".encode()).hexdigest()


def _apart(scenario: str, one: Any) -> Apart:
    path, fact, step, flavors, values, lines, sets = one
    ours, theirs = (tuple(value) if isinstance(value, list) else value for value in values)
    return Apart(
        scenario, path, fact, step, (flavors[0], flavors[1]), (ours, theirs), (tuple(lines[0]), tuple(lines[1])), bool(sets)
    )


def _digest_of_code(flavors: Sequence[Flavor]) -> str:
    """A digest of all code that decides differences."""
    roots = {Path(str(oracle.__file__)).parent}
    for flavor in flavors:
        package = sys.modules[flavor.boot.__module__.partition(".")[0]]
        roots |= {Path(path) for path in getattr(package, "__path__", [])}
    digest = hashlib.sha256()
    for root in sorted(roots):
        for file in sorted(root.rglob("*.py")):
            if file.relative_to(root).parts[0] not in _NO_MATTER or file.name == "apart.py":
                digest.update(file.read_bytes())
    return digest.hexdigest()
