"""Differences kept in a file, so that those of scenarios and flavors that are as they were need not be looked for again."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import oracle
from oracle.errors import UsageError
from oracle.findings.claims import Apart
from oracle.flavor import Flavor
from oracle.scenario import Scenario

_NO_MATTER = ("cli", "report", "load", "testing", "strategies", "sweep", "findings", "pytest_plugin.py")  # but for `apart`


PARTS = 7  # of a difference
_KEY = re.compile("[0-9a-f]{64}")


class Kept:
    """The differences of scenarios, by what they depend on. Raises UsageError for a file that holds anything else."""

    def __init__(self, file: Path | None, flavors: Sequence[Flavor]) -> None:
        self._file = file
        self._base = "" if file is None else _digest_of_code(flavors)
        self._known: dict[str, list[Any]] = {}
        self._used: dict[str, list[Any]] = {}
        if file is not None and file.is_file() and file.stat().st_size:
            self._known = _read(file)

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


def _read(file: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"can't read {str(file)!r}: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(
        _KEY.fullmatch(key) and isinstance(rows, list) and all(isinstance(row, list) and len(row) == PARTS for row in rows)
        for key, rows in found.items()
    ):
        raise UsageError(
            f"{str(file)!r} holds something else than kept differences, and would be written over; name another file"
        )
    return found


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
