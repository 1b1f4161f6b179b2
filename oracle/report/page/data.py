"""All that the page's script needs, as one JSON value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from oracle.facts import FACTS
from oracle.finding import Finding
from oracle.findings.claims import Claims
from oracle.outcome_sets import outcome_sets
from oracle.report.claimed import by_topic, groups, short
from oracle.report.digest import Line, Mark, classes, lines
from oracle.report.failures import failures_of
from oracle.report.page.flavor_data import Json
from oracle.report.page.picture import SHARES
from oracle.report.page.plays import Plays
from oracle.report.page.rows import Row
from oracle.report.page.story import Told
from oracle.report.page.texts import Texts, shown
from oracle.report.text import show

MOST_LINES = 120  # divergences of a row that are told
MOST_OUTCOMES = 40  # of a concurrent scenario
MOST_FACTS = 6  # of an outcome
MOST_GROUPS, MOST_CLAIMED, MOST_CITED = 60, 40, 20  # of a row, by what decided: groups, facts of one, lines of a side


def encoded(value: Json) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def row_data(row: Row, texts: Texts, patterns: Sequence[str]) -> dict[str, Json]:
    """A row without its stories."""
    comparison = row.comparison
    scenario = comparison.scenario
    made: dict[str, Json] = {
        "n": row.key,
        "t": shown(scenario.title),
        "w": shown(" ".join(scenario.why.split())),
        "o": shown(scenario.topic, 60),
        "c": [[cell.letter, "" if cell.mark in (Mark.OK, Mark.LEFT_OUT) else cell.mark.value] for cell in row.cells],
    }
    every = lines(comparison)
    optional: dict[str, Json] = {
        "s": row.said,
        "a": [patterns.index(one) for one in row.facts()],
        "l": _lines(row.lines, row, texts),
        "f": _lines(every, row, texts) if len(every) > len(row.lines) else [],
        "e": [shown(text) for text in failures_of(comparison, portable=True)],
        "d": shown(" ".join(row.about), 80) if row.about[0] else "",
        "h": [row.stand(index) for index in range(len(row.cells))] if row.about[0] else [],
        "m": [shown(name, 200) for name in row.names[1:]],
        "k": row.count if row.count > 1 else 0,
        "x": _explored(row, texts) if scenario.concurrent else [],
    }
    return {**made, **{key: value for key, value in optional.items() if value}}


def _lines(every: Sequence[Line], row: Row, texts: Texts) -> list[Json]:
    """Facts that differ: path, and the value for each letter."""
    told: list[Json] = [[texts.number(one.path), [texts.number(value) for value in one.values]] for one in every[:MOST_LINES]]
    if len(every) > MOST_LINES:
        more = texts.number(f"… and {len(every) - MOST_LINES} more")
        told.append([more, [texts.number("") for _ in classes(row.comparison)]])
    return told


def _explored(row: Row, texts: Texts) -> list[Json]:
    """The outcomes of a concurrent scenario: facts as texts, and for each flavor a schedule that leads there, or null."""
    sets = outcome_sets(row.comparison.scenario, row.comparison.results)
    out: list[Json] = []
    for one in sets.outcomes[:MOST_OUTCOMES]:
        facts = [f"{path} is {show(value)}" for path, value in zip(sets.paths, one.values, strict=False)][:MOST_FACTS]
        if one.crash:
            facts = ["the model crashes"]
        elif one.unmodelled:
            facts = [f"not modelled: {one.unmodelled}"]
        where = {witness.flavor: witness.schedule for witness in one.witnesses}
        out.append([[texts.number(text) for text in facts], [where.get(cell.flavor) for cell in row.cells]])
    return out


def add_claims(
    made: Sequence[dict[str, Json]],
    rows: Sequence[Row],
    texts: Texts,
    flavors: Sequence[str],
    catalogue: Sequence[Finding],
    claims: Claims | None,
) -> None:
    """Put into each row what decided its facts, by pair of flavors, and which findings claim them.

    An entry has the places of two flavors, facts, lines on both sides, and the places of findings.
    """
    if claims is None:
        return
    places = {one.id: place for place, one in enumerate(one for some in by_topic(catalogue).values() for one in some)}
    differences = claims.by_scenario()
    for data, row in zip(made, rows, strict=True):
        told: list[Json] = []
        for one in groups(differences.get(row.comparison.scenario.name, ()))[:MOST_GROUPS]:
            if not set(one.flavors) <= set(flavors):
                continue
            facts = [
                *one.paths[:MOST_CLAIMED],
                *([f"and {len(one.paths) - MOST_CLAIMED} more"] if len(one.paths) > MOST_CLAIMED else []),
            ]
            lines: list[Json] = [[texts.number(short(line)) for line in side[:MOST_CITED]] for side in one.lines]
            found = [places[finding] for finding in one.findings if finding in places]
            told.append(
                [[flavors.index(flavor) for flavor in one.flavors], [texts.number(path) for path in facts], *lines, found]
            )
        if told:
            data["g"] = told


def add_stories(made: Sequence[dict[str, Json]], rows: Sequence[Row], plays: Plays) -> None:
    """Put into each row, for each flavor, what is told: schedule, moments, pictures, marks."""
    for index, (data, row) in enumerate(zip(made, rows, strict=True)):
        told: list[Json] = [
            [[one.schedule, one.story[0], one.story[1], one.marks] for one in plays.by_cell.get((index, cell.flavor), ())]
            for cell in row.cells
        ]
        if any(told):
            data["y"] = told


def whole(
    rows: Sequence[dict[str, Json]], flavors: Sequence[Json], patterns: Sequence[str], told: Told, *, bucketed: bool
) -> Mapping[str, Json]:
    """The whole value."""
    meanings = {fact.pattern: fact.meaning for fact in FACTS}
    return {
        "rows": list(rows),
        "flavors": list(flavors),
        "facts": [[pattern, meanings.get(pattern, "")] for pattern in patterns],
        "texts": told.texts.items,
        "moments": told.moments.items,
        "pictures": told.pictures.items,
        "shares": SHARES,
        "bucketed": bucketed,
    }
