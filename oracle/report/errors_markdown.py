"""Renders the order of errors as Markdown: the same bytes for the same flavors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oracle.precedence.table import Column, Table
from oracle.report.errors_words import LEGEND, PAIRS_LEGEND, cell, columns_of, tables_of_pairs
from oracle.report.markdown_report import table as markdown_table
from oracle.report.text import code, markdown

_LINES = re.compile(r"\[[\d, -]+\]$")


def render(tables: Sequence[Table], *, pairs: bool = False, planned: int | None = None) -> str:
    """The whole report. `planned`: how many calls there were to be, if the run was cut short."""
    parts = ["# Which error comes first", markdown(LEGEND + (f" {PAIRS_LEGEND}" if pairs else ""))]
    if planned is not None:
        parts.append(f"**Interrupted: {len(tables)} of {planned} calls were looked at.**")
    for table in tables:
        parts += [f"## {code(table.call)}", _table(table), *_notes(table)]
        parts += _pairs(table) if pairs else []
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    """One call, a column for each flavor that has it: lines of the C differ, even where nothing else does."""
    shown = [column for group in columns_of(table) for column in group]
    rows = [[markdown(row), *(_cell(column, row) for column in shown)] for row in table.conditions]
    return markdown_table(["condition", *(code(column.flavor, cell=True) for column in shown)], rows)


def _cell(column: Column, row: str) -> str:
    alone = column.of(row)
    raised = alone.ending.first if alone is not None else None
    lines = _LINES.search(raised.cite) if raised is not None else None
    return markdown(cell(column, row)) + (f" {markdown(lines[0])}" if lines is not None else "")


def _notes(table: Table) -> list[str]:
    found = []
    for group in columns_of(table):
        one, names = group[0], ", ".join(code(column.flavor) for column in group)
        if one.crash:
            found.append(f"{names} crashed.")
        elif one.anyway is not None:
            found.append(f"{names} fails in any case: {markdown(f'{one.anyway.errno}, {one.anyway.message}')}.")
        elif one.why_no_order:
            found.append(f"{names} has no order: {markdown(one.why_no_order)}.")
    return found


def _pairs(table: Table) -> list[str]:
    parts = []
    for group, rows in tables_of_pairs(table):
        names = ", ".join(code(column.flavor, cell=True) for column in group)
        body = [[number, markdown(condition), *fields] for number, condition, *fields in rows]
        parts.append(markdown_table(["", names, *(row[0] for row in rows)], body))
    return parts
