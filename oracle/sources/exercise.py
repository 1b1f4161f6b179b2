"""Which statements of the model ran, which ways its decisions went, and in which scenarios: coverage.py's data, read once.

coverage.py is imported here and nowhere else.
"""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.scenario import Scenario

if TYPE_CHECKING:
    from coverage import Coverage


@dataclass(frozen=True, slots=True)
class FileRuns:
    """What ran of one Python file: lines, and of each decision the lines it went on to, and those it could have.

    A negative line is the end of the function. `scenarios` names, by line, those that came there; `walked` are the ways that
    scenarios took, while `taken` may be of tests that make up a state.
    """

    lines: frozenset[int] = frozenset()
    taken: Mapping[int, frozenset[int]] = field(default_factory=dict)
    missed: Mapping[int, frozenset[int]] = field(default_factory=dict)
    scenarios: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    walked: Mapping[int, frozenset[int]] = field(default_factory=dict)


def measure(
    files: Sequence[str],
    scenarios: Iterable[Scenario],
    flavors: Sequence[Flavor],
    progress: Callable[[Comparison], None] | None = None,
) -> dict[str, FileRuns]:
    """Run scenarios on flavors, and say what ran of some files."""
    coverage = _coverage(None, files)
    coverage.start()
    try:
        for scenario in scenarios:
            coverage.switch_context(scenario.name)
            comparison = compare(scenario, flavors)
            if progress is not None:
                progress(comparison)
    finally:
        coverage.stop()
    return {file: replace(runs, walked=runs.taken) for file, runs in _read(coverage, files).items()}


class Watch:
    """Which lines of some files run, kept apart by a name for what goes on: no branches, so it costs less than `measure`.

    Use it as a context manager, and ask it when that is over.
    """

    __slots__ = ("_coverage", "_files")

    def __init__(self, files: Sequence[str]) -> None:
        self._files = files
        self._coverage = _coverage(None, files, branch=False) if files else None  # no files: none, and not all there are
        if self._coverage is not None:
            self._coverage.set_option("run:disable_warnings", ["no-data-collected"])  # then nothing is what ran

    def __enter__(self) -> Watch:
        if self._coverage is not None:
            self._coverage.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self._coverage is not None:
            self._coverage.stop()

    def now(self, name: str) -> None:
        """From now on, what runs belongs to this."""
        if self._coverage is not None:
            self._coverage.switch_context(name)

    def seen(self) -> dict[str, dict[int, tuple[str, ...]]]:
        """By file, the lines that ran, each with the names of all that it ran in."""
        if self._coverage is None:
            return {}
        measured = self._coverage.get_data()
        return {
            file: {line: tuple(sorted(filter(None, names))) for line, names in measured.contexts_by_lineno(file).items()}
            for file in self._files
        }


def load(data: Path, files: Sequence[str]) -> dict[str, FileRuns]:
    """What ran of some files, from a file of coverage data with branches. Raises UsageError for one that is none."""
    from coverage.exceptions import CoverageException

    if not data.is_file():
        raise UsageError(f"there is no file of coverage data {str(data)!r}; make one with coverage run --branch")
    coverage = _coverage(str(data), files)
    try:
        coverage.load()
        measured = coverage.get_data()
        if not measured.has_arcs():
            raise UsageError(f"{str(data)!r} holds no branches; make it with coverage run --branch")
        return {file: replace(runs, scenarios={}) for file, runs in _read(coverage, files).items()}
    except CoverageException as error:
        raise UsageError(f"can't read the coverage data in {str(data)!r}: {error}") from None


def merge(first: Mapping[str, FileRuns], second: Mapping[str, FileRuns]) -> dict[str, FileRuns]:
    """What ran in one measurement or the other."""
    return {file: _both(first.get(file, FileRuns()), second.get(file, FileRuns())) for file in {**first, **second}}


def _both(one: FileRuns, other: FileRuns) -> FileRuns:
    taken = _union(one.taken, other.taken)
    missed = {line: ways - taken.get(line, frozenset()) for line, ways in _union(one.missed, other.missed).items()}
    scenarios = {
        line: tuple(sorted({*one.scenarios.get(line, ()), *other.scenarios.get(line, ())}))
        for line in {**one.scenarios, **other.scenarios}
    }
    return FileRuns(one.lines | other.lines, taken, missed, scenarios, _union(one.walked, other.walked))


def _union(one: Mapping[int, frozenset[int]], other: Mapping[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    return {line: one.get(line, frozenset()) | other.get(line, frozenset()) for line in {**one, **other}}


def _coverage(data: str | None, files: Sequence[str], branch: bool = True) -> Coverage:
    """A measurement that nobody's settings for other purposes bend: no line is excused."""
    from coverage import Coverage

    # Where the process itself is measured, as a subprocess, making a second Coverage keeps the first from saving what it has.
    if (outer := Coverage.current()) is not None:
        atexit.unregister(outer.save)
        atexit.register(outer.save)
    made = Coverage(data_file=data, branch=branch, include=list(files), config_file=False)
    made.clear_exclude()
    made.clear_exclude("partial")
    return made


def _read(coverage: Coverage, files: Sequence[str]) -> dict[str, FileRuns]:
    measured = coverage.get_data()
    known = [file for file in files if measured.lines(file)]
    if not known:
        return {file: FileRuns() for file in files}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "coverage.json"
        coverage.json_report(morfs=known, outfile=str(place))
        reported = json.loads(place.read_text(encoding="utf-8"))["files"]
    by_path = {str(Path(name).resolve()): said for name, said in reported.items()}
    found = {}
    for file in files:
        said = by_path.get(str(Path(file).resolve()))
        if said is None:
            found[file] = FileRuns()
            continue
        contexts = {line: tuple(sorted(filter(None, names))) for line, names in measured.contexts_by_lineno(file).items()}
        found[file] = FileRuns(
            frozenset(said["executed_lines"]), _ways(said["executed_branches"]), _ways(said["missing_branches"]), contexts
        )
    return found


def _ways(branches: Iterable[Sequence[int]]) -> dict[int, frozenset[int]]:
    ways: dict[int, set[int]] = {}
    for start, end in branches:
        ways.setdefault(start, set()).add(end)
    return {start: frozenset(ends) for start, ends in ways.items()}
