"""Renders the accounts of C sources as JSON, for programs.

Format 1:

    format     1; raised when something below changes its meaning (new keys may come without that)
    unmapped   ids of flavors that have no map of their sources
    accounts   one for each mapped source:
      flavor, source, ok
      measured   whether anything was run; if not, what ran is not measured
      totals     code, modelled, left_out, nowhere (not accounted for), exercised, to_exercise, ways_taken, ways
      functions  name, first, last, totals, and lines: one for each line of code
        line       its number in the C
        state      modelled, left out, or not accounted for
        why        of a line left out, or out of reach
        decides    whether the C takes one of several ways there
        ran        exercised, partly exercised, not exercised, out of reach, or not measured
        marks      file, line, words, oddity (the real kernel's), statement
        never      ways of the model's decision that no run took
        scenarios  names of those that came there
      wrong      place, line, message
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from oracle.report.text import Json
from oracle.sources.account import Account, CLine, FunctionAccount, totals
from oracle.sources.reading import Placed

FORMAT = 1


def render(accounts: Sequence[Account], unmapped: Sequence[str]) -> str:
    """All accounts."""
    whole = {"format": FORMAT, "unmapped": list(unmapped), "accounts": [_account(one) for one in accounts]}
    return json.dumps(whole, indent=1) + "\n"


def _account(one: Account) -> Json:
    return {
        "flavor": one.flavor,
        "source": str(one.map.source),
        "ok": one.ok,
        "measured": one.measured,
        "totals": asdict(totals(one.lines())),
        "functions": [_function(function) for function in one.functions],
        "wrong": [asdict(flaw) for flaw in one.flaws],
    }


def _function(one: FunctionAccount) -> Json:
    return {
        "name": one.function.name,
        "first": one.function.first,
        "last": one.function.last,
        "totals": asdict(totals(one.lines)),
        "lines": [_line(line) for line in one.lines],
    }


def _line(line: CLine) -> Json:
    return {
        "line": line.number,
        "state": line.state.value,
        "why": line.why,
        "decides": line.decides,
        "ran": line.ran.value,
        "marks": [_mark(placed) for placed in line.marks],
        "never": list(dict.fromkeys(str(way) for way in line.missed)),
        "scenarios": list(line.scenarios),
    }


def _mark(placed: Placed) -> Json:
    return {
        "file": placed.place,
        "line": placed.mark.python_line,
        "words": placed.mark.words,
        "oddity": placed.mark.sic,
        "statement": placed.statement.text if placed.statement is not None else "",
    }
