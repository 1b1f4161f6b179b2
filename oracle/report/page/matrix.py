"""The matrix as a table that can be read, printed and linked into without any script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote

from oracle.report.digest import Mark
from oracle.report.page.markup import Html, element, join
from oracle.report.page.rows import Row
from oracle.report.page.texts import shown

NAME, TITLE, GIST, WORDS = 100, 160, 28, 60  # characters that the table shows of these
COLOURS = 6  # letters that have a colour of their own; then it starts over


def link(key: str, flavor: str) -> str:
    """The address of a cell: what follows the # of the page's own."""
    return f"/cell/{quote(key, safe='/@')}/{quote(shown(flavor), safe='@')}"


def matrix(rows: Sequence[Row], flavors: Sequence[str]) -> Html:
    """The table."""
    heads = [
        element(
            "th", element("a", *_broken(flavor), href=f"#/flavor/{quote(flavor, safe='@')}"), scope="col", role="columnheader"
        )
        for flavor in flavors
    ]
    head = element(
        "tr",
        element("th", "scenario", scope="col", role="columnheader"),
        *heads,
        element("th", "what differs", scope="col", role="columnheader"),
        role="row",
    )
    bodies = []
    index = 0
    for topic, members in groupby(rows, key=lambda row: row.comparison.scenario.topic):
        lines = [_topic(topic, len(flavors) + 2)]
        for row in members:
            lines.append(_row(row, index))
            index += 1
        bodies.append(element("tbody", join(lines, "\n"), role="rowgroup"))
    return element(
        "table",
        element("caption", "Scenarios by flavors. The same letter in a row: the same on every fact compared.", class_="hidden"),
        element("thead", head, role="rowgroup"),
        join(bodies, "\n"),
        id="table",
        role="table",
        data_flavors=len(flavors),
    )


def _broken(flavor: str) -> tuple[str, ...]:
    """An id that may be broken before its revision."""
    system, at, revision = shown(flavor, 60).partition("@")
    return (system, Html("<wbr>"), at + revision)


def _topic(topic: str, columns: int) -> Html:
    return element(
        "tr", element("th", shown(topic, NAME), colspan=columns, scope="rowgroup", role="rowheader"), class_="topic", role="row"
    )


def _row(row: Row, index: int) -> Html:
    scenario = row.comparison.scenario
    name = shown(scenario.name, NAME)
    parts: list[str] = [element("span", name, class_="name")]
    if row.count > 1:
        parts.append(element("span", f"and {row.count - 1} alike", class_="alike"))
    kind, entry = row.about
    if kind:
        parts.append(element("span", f"{kind} {shown(entry, WORDS)}", class_="about"))
    parts.append(element("span", shown(scenario.title, TITLE), class_="title"))
    head = element("th", join(parts, " "), scope="row", role="rowheader")
    cells = [_cell(row, number) for number in range(len(row.cells))]
    went = "differs" if row.lines else "agrees" if row.said == "all agree" else "alone"
    return element("tr", head, *cells, _differs(row), role="row", class_=went, data_row=index)


def _cell(row: Row, number: int) -> Html:
    cell = row.cells[number]
    where = link(row.key, cell.flavor)
    if cell.mark is Mark.LEFT_OUT:
        return element(
            "td", element("span", "–", aria_hidden="true"), element("span", "not meant for it", class_="hidden"), role="cell"
        )
    words: list[str] = [element("b", cell.letter)]
    if cell.mark is not Mark.OK:
        words.append(element("em", cell.mark.value))
    elif gist := row.gist(number):
        words.append(element("span", shown(gist, GIST)))
    if cell.own:
        words.append(element("span", "*", title="breaks an invariant as the real kernel does"))
    if (stand := row.stand(number)) and stand != "no":
        words.append(element("i", stand))
    return element(
        "td", element("a", join(words, " "), href="#" + where), role="cell", class_=_colour(row, cell.letter), id=where
    )


def _colour(row: Row, letter: str) -> str:
    """A class for the colour: the outcome's where outcomes differ, nobody's where all agree."""
    if letter in ("!", "?"):
        return "odd"
    if not row.lines:
        return "same"
    order = list(dict.fromkeys(cell.letter for cell in row.cells if cell.letter not in ("", "!", "?")))
    return f"o{order.index(letter) % COLOURS}"


def _differs(row: Row) -> Html:
    """The last column."""
    if not row.lines:
        sign = "=" if row.said == "all agree" else "·"
        said = join([element("span", sign, aria_hidden="true"), row.said], " ")
        return element("td", said, role="cell", class_="what")
    first = element("code", shown(row.telling.path, WORDS))
    more = [f"and {len(row.lines) - 1} more"] if len(row.lines) > 1 else []
    return element("td", join([first, *more], " "), role="cell", class_="what")
