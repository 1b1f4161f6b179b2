"""Scenario files: finding them, telling them from other people's YAML, reading them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from oracle.errors import ScenarioError, UsageError

if TYPE_CHECKING:
    from oracle.flavor import Flavor
    from oracle.scenario import Scenario

SUFFIX = ".yaml"
SPECS = "specs"  # the folder below which files get their names
_PEEK = 256 * 1024

_TITLE = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?title["']?[ \t]*:(?:\s|$)""", re.MULTILINE)
_STEPS = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?steps["']?[ \t]*:(?:\s|$)""", re.MULTILINE)


def load_scenario(path: Path, flavors: Sequence[Flavor], root: Path | None = None) -> Scenario:
    """Read a scenario file. Its name is its path below the nearest folder called `specs`, else below `root`.

    Raises ScenarioError, with line and column wherever there is a place to point at.
    """
    from oracle.load.yamlpos import MAX_FILE_BYTES, decode

    if not path.is_file():
        raise ScenarioError("there is no such file", str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"the file can't be read: {error.strerror}", str(path)) from error
    return _loads(decode(data, str(path)), str(path), flavors, scenario_name(path, root))


def loads(text: str, file: str, flavors: Sequence[Flavor]) -> Scenario:
    """The scenario in a text. `file` is the name that errors give, and from which the scenario gets its own."""
    return _loads(text, file, flavors, scenario_name(PurePath(file), None))


def _loads(text: str, file: str, flavors: Sequence[Flavor], name: str) -> Scenario:
    from oracle.load.meaning import understand
    from oracle.load.problems import Problems, check_shape
    from oracle.load.shape import shapes
    from oracle.load.yamlpos import read

    root = read(text, file)
    problems = Problems(file)
    check_shape(root, shapes(flavors), problems)
    if not problems.found:
        scenario = understand(root, flavors, name, problems)
        if scenario is not None:
            return scenario
    raise problems.error()


def scenario_name(path: PurePath, root: PurePath | None) -> str:
    """The name of the scenario in a file."""
    parts = path.with_suffix("").parts if path.name else ()
    folders = parts[:-1]
    if SPECS in folders:
        parts = parts[len(folders) - folders[::-1].index(SPECS) :]
    elif root is not None and path.is_relative_to(root):
        parts = path.relative_to(root).with_suffix("").parts
    else:
        parts = parts[-1:]
    return "/".join(parts)


def is_scenario(path: Path) -> bool:
    """Whether a file looks like a scenario: YAML with `title` and `steps` at the left edge. Never raises, reads little."""
    if path.suffix != SUFFIX:
        return False
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_PEEK)
    except OSError:
        return False
    return _TITLE.search(head) is not None and _STEPS.search(head) is not None


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """The scenario files in some folders, sorted, and the files named themselves, whatever they look like.

    Hidden folders are left out, and so is YAML that is no scenario. Raises UsageError for a path that is not there.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            for folder, inner, names in os.walk(path):
                inner[:] = [name for name in inner if not name.startswith(".")]
                found.update(one for name in names if is_scenario(one := Path(folder, name)))
        elif path.exists():
            found.add(path)
        else:
            raise UsageError(f"there is no file or folder {str(path)!r}")
    return sorted(found)
