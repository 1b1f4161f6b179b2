"""Tables of errors in words that all their reports share: what a cell says, and which flavors say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oracle.precedence.order import Verdict
from oracle.precedence.table import Alone, Column, Table

NO_ERROR, ELSEWHERE = "-", ""  # the call goes well all the same; the condition is another system's
SAME, APART, ODD = "=", ".", "!"
LEGEND = (
    "A call with several reasons to fail fails with the one of the lowest number. The same number: one and the same error, or "
    "errors that never meet. N ms: how long it sleeps first. *: it prints a line on the console. ERESTART: no program sees it; "
    "signals are dealt with, the call is made again, and ends as it says there. -: no error. Blank: it has no such thing."
)
PAIRS_LEGEND = (
    "The number in a field is the row that wins when both hold. =: one and the same error. .: the two never hold at once. "
    "!: something else."
)


def cell(column: Column, condition: str) -> str:
    """What a condition does to a call on a flavor."""
    alone = column.of(condition)
    if alone is None:
        return ELSEWHERE
    raised = alone.ending.first
    if raised is None:
        return NO_ERROR
    words = [str(alone.rank)] if alone.rank else []
    words.append(raised.errno)
    if raised.after:
        words.append(f"{raised.after} ms")
    if raised.console:
        words.append("*")
    if alone.ending.result != raised.errno:
        words.append(f"→ {alone.ending.result}")
    if not alone.rank:
        words.append("anyway")
    return " ".join(words)


def columns_of(table: Table) -> list[list[Column]]:
    """The flavors that have the call; those next to each other of which all fields say the same are one column."""
    found: list[tuple[object, list[Column]]] = []
    for column in table.columns:
        if not column.alone and column.anyway is None:
            continue
        says = ([cell(column, row) for row in table.conditions], column.why_no_order, [pair.verdict for pair in column.pairs])
        if found and found[-1][0] == says:
            found[-1][1].append(column)
        else:
            found.append((says, [column]))
    return [columns for _, columns in found]


def tables_of_pairs(table: Table) -> Iterator[tuple[list[Column], list[list[str]]]]:
    """For each column with several ways to fail: rows of a number, a condition, and for each condition the number that wins."""
    for group in columns_of(table):
        rows = rows_of(group[0], table)
        if len(rows) > 1:
            fields = _matrix(group[0], rows)
            yield group, [[str(number), one.condition, *fields[number - 1]] for number, one in enumerate(rows, 1)]


def rows_of(column: Column, table: Table) -> list[Alone]:
    """The conditions that make the call fail on a flavor, in the order of the table."""
    return [one for row in table.conditions if (one := column.of(row)) is not None and one.rank]


def _matrix(column: Column, rows: Sequence[Alone]) -> list[list[str]]:
    """For each row and column: the number of the row that wins."""
    number = {one.condition: str(index) for index, one in enumerate(rows, 1)}
    fields = {(name, name): SAME for name in number}
    for pair in column.pairs:
        winner = {Verdict.FIRST: number[pair.one], Verdict.SECOND: number[pair.other], Verdict.SAME: SAME, Verdict.APART: APART}
        fields[pair.one, pair.other] = fields[pair.other, pair.one] = winner.get(pair.verdict, ODD)
    return [[fields[one.condition, other.condition] for other in rows] for one in rows]
