"""Renders the order of errors for a terminal: a table for each call, on demand with reasons and with all pairs."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.precedence.table import Column, Table
from oracle.report.errors_words import LEGEND, NO_ERROR, PAIRS_LEGEND, cell, columns_of, rows_of, tables_of_pairs
from oracle.report.look import Look
from oracle.report.table_report import grid, taken
from oracle.report.text import paragraph, plain, plural, prose

NARROWEST = 24  # columns of a terminal for the names of conditions


def render(tables: Sequence[Table], look: Look, *, why: bool = False, pairs: bool = False, planned: int | None = None) -> str:
    """The whole report. `planned`: how many calls there were to be, if the run was cut short."""
    parts = []
    for table in tables:
        parts.append(_table(table, look))
        parts += [_why(table, look)] if why else []
        parts += _pairs(table, look) if pairs else []
    parts.append(look.quiet(paragraph(LEGEND + (f" {PAIRS_LEGEND}" if pairs else ""), look.width)))
    parts.append(_summary(tables))
    if planned is not None:
        parts.append(look.bad(f"interrupted: {len(tables)} of {plural(planned, 'call')} were looked at"))
    return "\n\n".join(parts) + "\n"


def _table(table: Table, look: Look) -> str:
    """One call: conditions down, flavors across."""
    across = columns_of(table)
    headers = ["condition", *("\n".join(_heading(column.flavor, len(across)) for column in group) for group in across)]
    rows = [[plain(row), *(_painted(cell(group[0], row), look) for group in across)] for row in table.conditions]
    room = look.width - taken([row[1:] for row in rows], headers[1:])
    widths = [max(NARROWEST, room), *(None for _ in across)]
    lines = [look.heading(plain(table.call)), grid(rows, headers, widths)]
    lines += [_note(group[0], look) for group in across if group[0].why_no_order or group[0].anyway or group[0].crash]
    return "\n".join(lines)


def _heading(flavor: str, columns: int) -> str:
    """A flavor at the head of a column, on two lines where there are many."""
    return plain(flavor) if columns < 4 else plain(flavor).replace("@", "\n@", 1)


def _painted(text: str, look: Look) -> str:
    if text == NO_ERROR or text.endswith("anyway"):
        return look.quiet(text)
    return look.note(text) if "→" in text or " ms" in text else text


def _note(column: Column, look: Look) -> str:
    """What keeps a flavor from having an order."""
    if column.crash:
        return look.bad(paragraph(f"{plain(column.flavor)} crashed: {prose(column.crash.splitlines()[-1])}", look.width, "  "))
    if column.anyway is not None:
        words = f"{column.flavor} fails in any case: {column.anyway.errno}, {column.anyway.message}"
        return look.note(paragraph(plain(words), look.width, "  "))
    return look.note(paragraph(plain(f"{column.flavor} has no order: {column.why_no_order}"), look.width, "  "))


def _why(table: Table, look: Look) -> str:
    """Each error in the kernel's own terms, with the C that it comes from."""
    lines = []
    for column in table.columns:
        for one in sorted(rows_of(column, table), key=lambda one: one.rank):
            raised = one.ending.first
            if raised is not None:
                head = f"  {look.name(plain(column.flavor))} {one.rank} {raised.errno}: {plain(one.condition)}"
                text = f"{raised.message or raised.errno}{f' ({raised.cite})' if raised.cite else ''}"
                lines += [head, look.quiet(paragraph(plain(text), look.width, "    "))]
    return "\n".join(lines) or "  no errors"


def _pairs(table: Table, look: Look) -> list[str]:
    """All pairs, one field for each."""
    parts = []
    for group, rows in tables_of_pairs(table):
        names = ", ".join(plain(column.flavor) for column in group)
        body = [[number, plain(condition), *fields] for number, condition, *fields in rows]
        parts.append("\n".join("  " + line for line in grid(body, ["", names, *(row[0] for row in rows)]).splitlines()))
    return parts


def _summary(tables: Sequence[Table]) -> str:
    """The counts on one line."""
    columns = [column for table in tables for column in table.columns if column.alone]
    errors = sum(bool(one.rank) for column in columns for one in column.alone)
    without = sum(bool(column.why_no_order) for column in columns)
    words = (
        f"{plural(len(tables), 'call')}, {plural(errors, 'error')}, {plural(sum(len(one.pairs) for one in columns), 'pair')}: "
    )
    return words + (
        f"{without} of {plural(len(columns), 'call')} by flavor without an order" if without else "an order for every call"
    )
