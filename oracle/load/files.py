"""Scenario files, lists and findings: finding them, telling them from other people's YAML, reading them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from oracle.errors import ScenarioError, UsageError

if TYPE_CHECKING:
    from oracle.finding import Finding
    from oracle.flavor import Flavor
    from oracle.register import NotShown
    from oracle.scenario import Scenario

SUFFIX = ".yaml"
SPECS = "specs"  # the folder below which files get their names
FINDINGS = "findings"  # the folder in it with the catalogue
_PEEK = 256 * 1024

MAX_NAME = 40
_FINDING = re.compile(rf"(?=.{{1,{MAX_NAME}}}$)[a-z0-9]+(-[a-z0-9]+)*")
_TITLE = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?title["']?[ \t]*:(?:\s|$)""", re.MULTILINE)
_NOT_SHOWN = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?not_shown["']?[ \t]*:(?:\s|$)""", re.MULTILINE)
_STEPS = re.compile(rb"""^(?:\xef\xbb\xbf)?["']?steps["']?[ \t]*:(?:\s|$)""", re.MULTILINE)


def load_scenario(path: Path, flavors: Sequence[Flavor], root: Path | None = None) -> Scenario:
    """Read a scenario file. Its name is its path below the nearest folder called `specs`, else below `root`.

    Raises ScenarioError, with line and column wherever there is a place to point at.
    """
    return _loads(text_of(path), str(path), flavors, scenario_name(path, root))


def text_of(path: Path, most: int | None = None, *, pipe: bool = False) -> str:
    """What is in a file. `most`: so many bytes; None: as many as a scenario may have. `pipe`: it may come through one."""
    from oracle.load.yamlpos import MAX_FILE_BYTES, decode

    if not path.is_file() and not (pipe and path.exists()):
        raise ScenarioError("this is no regular file" if path.exists() else "there is no such file", str(path))
    limit = most or MAX_FILE_BYTES
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ScenarioError(f"the file can't be read: {error.strerror}", str(path)) from error
    return decode(data, str(path), limit)


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


def load_not_shown(path: Path, flavors: Sequence[Flavor]) -> tuple[NotShown, ...]:
    """Read a list of the entries of registers of defects that no scenario shows. Raises ScenarioError as for scenarios."""
    from oracle.load.defects import not_shown
    from oracle.load.entry_shape import NotShownListShape
    from oracle.load.problems import Problems, check_shape
    from oracle.load.shape import Shapes
    from oracle.load.yamlpos import read

    root = read(text_of(path), str(path))
    problems = Problems(str(path))
    check_shape(root, Shapes(NotShownListShape, {}, "list"), problems)
    if not problems.found:
        found = not_shown(root, flavors, problems)
        if not problems.found:
            return found
    raise problems.error()


def load_finding(path: Path, flavors: Sequence[Flavor], *, draft: bool = False) -> Finding:
    """Read a file of the catalogue of findings; of a draft, also one with TODO in it. Raises ScenarioError as for scenarios."""
    from oracle.load.finding_shape import FindingShape
    from oracle.load.findings import finding
    from oracle.load.problems import Problems, check_shape
    from oracle.load.shape import Shapes
    from oracle.load.yamlpos import read

    name = path.name.removesuffix(SUFFIX)
    if not names_finding(name):
        raise ScenarioError(
            f"the name of a finding is lower-case words with '-' between them, at most {MAX_NAME} letters", str(path)
        )
    root = read(text_of(path), str(path))
    problems = Problems(str(path))
    check_shape(root, Shapes(FindingShape, {}, "finding"), problems)
    if not problems.found:
        found = finding(root, name, flavors, problems, draft=draft)
        if not problems.found:
            return found
    raise problems.error()


def names_finding(name: str) -> bool:
    """Whether a finding may be called so."""
    return _FINDING.fullmatch(name) is not None


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
    head = _head(path)
    return _TITLE.search(head) is not None and _STEPS.search(head) is not None


def is_not_shown(path: Path) -> bool:
    """Whether a file looks like a list of entries that are not shown: `not_shown` at the left edge, and no scenario."""
    return _NOT_SHOWN.search(_head(path)) is not None and not is_scenario(path)


def _head(path: Path) -> bytes:
    """The beginning of a YAML file; nothing of anything else."""
    if path.suffix != SUFFIX:
        return b""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(_PEEK)
    except OSError:
        return b""


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """The scenario files in some folders, sorted, and the files named themselves that are no lists and no findings.

    Hidden folders are left out, and so is YAML that is no scenario. Raises UsageError for a path that is not there.
    """
    return _find(paths, is_scenario, lambda path: not is_not_shown(path) and path.absolute().parent.name != FINDINGS)


def find_not_shown(paths: Iterable[Path]) -> list[Path]:
    """The lists of entries that are not shown in some folders, sorted, and those named themselves."""
    return _find(paths, is_not_shown, is_not_shown)


def find_findings(paths: Iterable[Path]) -> list[Path]:
    """The catalogue that belongs to some scenarios, sorted: what is in folders called `findings`, below the folders given, or
    in the nearest folder called `specs` that a path is in."""
    found: set[Path] = set()
    for path in paths:
        folders = [Path(folder) for folder, _, _ in os.walk(path)] if path.is_dir() else []
        above = next((one for one in (path, *path.parents, *path.absolute().parents) if one.name == SPECS), None)
        for folder in (*folders, *([above / FINDINGS] if above is not None else [])):
            if folder.name == FINDINGS and folder.is_dir():
                found.update(one for one in folder.iterdir() if one.suffix == SUFFIX and not one.name.startswith("."))
    named: dict[Path, Path] = {}
    for one in sorted(found):
        named.setdefault(one.resolve(), one)
    return list(named.values())


def _stop(error: OSError) -> None:
    """A folder that can't be listed is not an empty one."""
    raise UsageError(f"can't list the folder {str(error.filename)!r}: {error.strerror}") from error


def _find(paths: Iterable[Path], wanted: Callable[[Path], bool], wanted_by_name: Callable[[Path], bool]) -> list[Path]:
    """The files of one kind in some folders, and those of the files named that may be of it."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            for folder, inner, names in os.walk(path, onerror=_stop):
                inner[:] = [name for name in inner if not name.startswith(".")]
                found.update(one for name in names if wanted(one := Path(folder, name)))
        elif path.exists():
            found.update([path] if wanted_by_name(path) else [])
        else:
            raise UsageError(f"there is no file or folder {str(path)!r}")
    return sorted(found)
