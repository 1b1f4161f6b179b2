"""Renders the order of errors as JSON, for programs: the same flavors, the same bytes.

Format 1. Texts are ASCII with escapes; nothing depends on time or place.

    format       1; raised when something below changes its meaning (new keys may come without that)
    complete     false if the run was interrupted, and calls are missing
    flavors      the ids asked for, in order
    calls        one for each call (or variant of one), in order:
      call
      conditions   their names, those that win first
      flavors      one for each flavor that has the call:
        flavor
        no_order     why the pairs make no order, or empty
        anyway       the error that it fails with whatever holds, or null
        conditions   those that were tried, in the order of the call's:
          condition, rank (0: it makes no error of its own)
          errno, message, cite (the C that it stands for), after_ms, console: what was raised first; null if nothing was
          result       what the call gave in the end
        pairs        (with --pairs) one, other, verdict, errno, result, why (they do not go together)
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from oracle.precedence.probe import Raised
from oracle.precedence.table import Column, Pair, Table
from oracle.report.text import Json

FORMAT = 1


def render(tables: Sequence[Table], flavors: Sequence[str], *, pairs: bool = False, planned: int | None = None) -> str:
    """The whole report. `planned`: how many calls there were to be, if the run was cut short."""
    calls: list[Json] = [
        {
            "call": table.call,
            "conditions": list(table.conditions),
            "flavors": [_column(column, table, pairs) for column in table.columns if column.alone or column.anyway],
        }
        for table in tables
    ]
    whole: Json = {"format": FORMAT, "complete": planned is None, "flavors": list(flavors), "calls": calls}
    return json.dumps(whole, indent=1) + "\n"


def _column(column: Column, table: Table, pairs: bool) -> Json:
    tried: list[Json] = []
    for name in table.conditions:
        one = column.of(name)
        if one is not None:
            words: dict[str, Json] = {"condition": name, "rank": one.rank}
            tried.append(words | _raised(one.ending.first) | {"result": one.ending.result})
    found: dict[str, Json] = {
        "flavor": column.flavor,
        "no_order": column.why_no_order,
        "anyway": column.anyway.errno if column.anyway is not None else None,
        "conditions": tried,
    }
    return found | {"pairs": [_pair(pair) for pair in column.pairs]} if pairs else found


def _raised(raised: Raised | None) -> dict[str, Json]:
    if raised is None:
        return {"errno": None, "message": None, "cite": None, "after_ms": None, "console": None}
    return {
        "errno": raised.errno,
        "message": raised.message,
        "cite": raised.cite,
        "after_ms": raised.after,
        "console": list(raised.console),
    }


def _pair(pair: Pair) -> Json:
    return {
        "one": pair.one,
        "other": pair.other,
        "verdict": pair.verdict.value,
        "errno": pair.raised.errno if pair.raised is not None else None,
        "result": pair.result,
        "why": pair.why,
    }
