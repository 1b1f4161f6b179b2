"""Runs what the page tells step by step, once more and with coverage.py looking on, so that it knows the C behind each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from oracle.cite import write_lines
from oracle.flavor import Flavor
from oracle.outcome import RunResult
from oracle.report.page.rows import Row
from oracle.report.page.story import Told, story
from oracle.report.walk import walk
from oracle.sources.account import readings_of
from oracle.sources.exercise import FileRuns, Watch
from oracle.sources.reading import Placed, Reading

SCHEDULES = 6  # of a concurrent scenario on one flavor that are told


@dataclass(frozen=True, slots=True)
class Play:
    """A run that is told: its schedule, the story, and the marks that it passed, by place in `marks_of`, as '0-4, 7'."""

    schedule: str
    story: list[list[int]]
    marks: str


@dataclass(frozen=True, slots=True)
class Plays:
    """All that is told: by row and flavor, one run for each schedule. `untold`: how many runs had no room."""

    by_cell: Mapping[tuple[int, str], tuple[Play, ...]]
    runs: Mapping[str, FileRuns]
    untold: int = 0


@dataclass(slots=True)
class _Stage:
    """What is being made."""

    told: Told = field(default_factory=Told)
    stories: list[tuple[int, str, str, list[list[int]]]] = field(default_factory=list)
    untold: int = 0


def marks_of(readings: Sequence[Reading]) -> list[Placed]:
    """The marks of a flavor that cite lines of one of its sources, in their order there."""
    found = [placed for reading in readings for placed in reading.marks if placed.under is not None]
    return sorted(found, key=lambda one: (one.mark.first, one.mark.last, one.place, one.mark.python_line))


def play(
    rows: Sequence[Row],
    flavors: Sequence[Flavor],
    told: Told,
    most_runs: int,
    room: int,
    advance: Callable[[object], None] | None = None,
) -> Plays:
    """Tell the runs of the rows into `told`: so many at most, and no more once that takes `room` characters.

    Where not all can be told, those are that differ or are not as expected.
    """
    readings = {flavor.id: readings_of(flavor) for flavor in flavors}
    files = sorted({reading.file for some in readings.values() for reading in some if reading.file})
    stage = _Stage(told)
    order = sorted(range(len(rows)), key=lambda index: (rows[index].comparison.ok, not rows[index].lines))
    with Watch(files) as watch:
        for index in order:
            comparison = rows[index].comparison
            for flavor in flavors:
                result = next((one for one in comparison.results if one.flavor == flavor.id), None)
                if result is None:
                    continue
                if len(stage.stories) >= most_runs or told.size >= room:
                    stage.untold += 1
                    continue
                for schedule in _schedules(result):
                    watch.now(str(len(stage.stories)))
                    walked = walk(comparison.scenario, flavor, schedule)
                    stage.stories.append((index, flavor.id, schedule, story(walked, comparison.scenario, told)))
            if advance is not None:
                advance(index)
    return _sorted_out(stage, rows, readings, watch.seen())


def _schedules(result: RunResult) -> list[str]:
    """Under which schedules a run is told: the default, and a witness for each outcome."""
    if result.exploration is None:
        return [""]
    return list(dict.fromkeys(["", *(one.schedule for one in result.exploration.possibilities)]))[:SCHEDULES]


def _sorted_out(
    stage: _Stage,
    rows: Sequence[Row],
    readings: Mapping[str, Sequence[Reading]],
    seen: Mapping[str, Mapping[int, tuple[str, ...]]],
) -> Plays:
    """Put each run beside its cell, with the marks whose statements ran in it."""
    passed: dict[int, list[int]] = {}
    by_flavor = {flavor: marks_of(some) for flavor, some in readings.items()}
    files = {(flavor, reading.place): reading.file for flavor, some in readings.items() for reading in some}
    for flavor, marks in by_flavor.items():
        mine = {index for index, one in enumerate(stage.stories) if one[1] == flavor}
        for number, placed in enumerate(marks):
            if placed.statement is not None:
                names = seen.get(files[flavor, placed.place], {}).get(placed.statement.first, ())
                for index in mine.intersection(map(int, names)):
                    passed.setdefault(index, []).append(number)
    cells: dict[tuple[int, str], list[Play]] = {}
    for index, (row, flavor, schedule, told) in enumerate(stage.stories):
        cells.setdefault((row, flavor), []).append(Play(schedule, told, write_lines(passed.get(index, ()))))
    runs = {file: _runs(lines, stage, rows) for file, lines in seen.items()}
    return Plays({cell: tuple(some) for cell, some in cells.items()}, runs, stage.untold)


def _runs(lines: Mapping[int, tuple[str, ...]], stage: _Stage, rows: Sequence[Row]) -> FileRuns:
    """What ran of a file, by the names of scenarios, as the account of a source wants it."""
    names = {
        line: tuple(sorted({rows[stage.stories[int(one)][0]].comparison.scenario.name for one in found}))
        for line, found in lines.items()
    }
    return FileRuns(frozenset(lines), scenarios=names)
