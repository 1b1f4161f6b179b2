"""What the page says of a flavor: its numbers, its calls, what it does not model, its citations, and how much of its C runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from oracle.calls import PORTABLE_BY_NAME, CallSpec
from oracle.flavor import Flavor
from oracle.report.page.plays import marks_of
from oracle.report.page.texts import shown
from oracle.report.text import show
from oracle.sources.account import account, readings_of, totals
from oracle.sources.exercise import FileRuns
from oracle.sources.reading import Reading

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


def flavor_data(flavor: Flavor, runs: Mapping[str, FileRuns]) -> Json:
    """A flavor, as data for the page."""
    readings = readings_of(flavor)
    return {
        "id": shown(flavor.id),
        "title": shown(flavor.title),
        "sources": [shown(str(source)) for source in flavor.sources],
        "tunables": [[shown(name), str(value)] for name, value in flavor.tunables.items()],
        "signals": [[shown(name), str(number)] for name, number in flavor.signals.items()],
        "flags": [
            [shown(word), [[shown(name), f"{bit:#x}"] for name, bit in names.items()]] for word, names in flavor.flags.items()
        ],
        "calls": [_call(name, call.spec) for name, call in sorted(flavor.calls.items())],
        "absent": _pairs(flavor.absent),
        "unmodelled": _pairs(flavor.unmodelled),
        "violations": [[shown(one.rule), shown(f"{one.why} ({one.cite})")] for one in flavor.violations],
        "functions": _functions(readings),
        "marks": _marks(readings),
        "coverage": _coverage(flavor, readings, runs),
    }


def _pairs(reasons: Mapping[str, str]) -> list[list[str]]:
    return [[shown(name), shown(why)] for name, why in sorted(reasons.items())]


def _call(name: str, spec: CallSpec) -> list[Json]:
    """A call: its name, its parameters, what it is for, and whether it is portable."""
    params = [
        param.name + ("" if param.required else f" = {show(param.default)}" if param.default is not None else " = none")
        for param in spec.params
    ]
    return [shown(name), shown(", ".join(params)), shown(spec.meaning), PORTABLE_BY_NAME.get(name) is spec]


def _functions(readings: Sequence[Reading]) -> list[Json]:
    """The functions that cite the C: what they cite, and where they stand."""
    return [
        [shown(one.citation.function), one.citation.first, one.citation.last, shown(f"{reading.place}:{one.first}")]
        for reading in readings
        for one in reading.cited
    ]


def _marks(readings: Sequence[Reading]) -> list[Json]:
    """The marks, in the order of `marks_of`: first and last line, words, and the number of their function in `_functions`."""
    every = [(reading.place, one.first) for reading in readings for one in reading.cited]
    return [
        [one.mark.first, one.mark.last, shown(f"sic: {one.mark.words}" if one.mark.sic else one.mark.words), number]
        for one in marks_of(readings)
        if one.under is not None
        for number in [every.index((one.place, one.under.first))]
    ]


def _coverage(flavor: Flavor, readings: Sequence[Reading], runs: Mapping[str, FileRuns]) -> list[Json]:
    """By source and C function: lines of code, modelled, left out, not accounted for; to exercise and exercised."""
    out: list[Json] = []
    for source_map in flavor.maps:
        made = account(flavor, source_map, readings, runs)
        counted = [(one.function.name, totals(one.lines)) for one in made.functions] + [("all", totals(made.lines()))]
        lines: list[Json] = [
            [shown(name), sums.code, sums.modelled, sums.left_out, sums.nowhere, sums.to_exercise, sums.exercised]
            for name, sums in counted
        ]
        left: list[Json] = [[one.lines, shown(one.why)] for one in source_map.left_out]
        out.append([shown(str(source_map.source)), lines, left])
    return out
