"""Renders an explanation: both runs side by side, then every difference with the lines of C that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oracle.explain.cites import code_of, ranges
from oracle.explain.explain import Difference, Explanation, Row, Side
from oracle.explain.reasons import Reason
from oracle.facts import Value
from oracle.outcome import Outcome
from oracle.report.look import Look
from oracle.report.table_report import grid
from oracle.report.text import clip, paragraph, plain, plural, prose, show
from oracle.sources.listing import Listing

INDENT = "    "
FEW = 4  # facts that are named where others only follow


def render(explanation: Explanation, listings: Mapping[str, Listing], look: Look) -> str:
    """The whole explanation, for a terminal. `listings`: the C by the name of its source, as far as it is at hand."""
    one, other = (flavor.id for flavor in explanation.flavors)
    scenario = explanation.scenario
    head = f"{look.heading(plain(scenario.name))} on {look.name(plain(one))} and on {look.name(plain(other))}"
    parts = [head + ("\n" + paragraph(prose(scenario.title), look.width, "  ") if scenario.title else "")]
    parts.append(_side_by_side(explanation, look))
    if explanation.silent:
        parts.append("\n".join(look.bad("says nothing") + f"  {prose(text)}" for text in explanation.silent))
    elif not explanation.differences:
        parts.append(look.good("they agree") + " on every fact that is compared between them")
    else:
        parts.append(_first(explanation, look))
        parts += [_group(group, listings, look) for group in _alike(explanation.differences)]
    return "\n\n".join(parts) + "\n"


def _side_by_side(explanation: Explanation, look: Look) -> str:
    """A line for each step, with what it came to on both flavors."""
    rows = [["step", *(plain(flavor.id) for flavor in explanation.flavors), "parts here"]]
    for row in explanation.rows:
        if row.item is not None and not any(row.outcomes) and not row.parts:
            continue  # a check on which nothing depends
        rows.append([str(row.item.index) if row.item is not None else "start", *_cells(row), _named(row.parts)])
    return "\n".join(clip(line, look.width) for line in grid(rows).splitlines())


def _cells(row: Row) -> tuple[str, str]:
    ours, theirs = ("; ".join(map(_outcome, outcomes)) or "-" for outcomes in row.outcomes)
    return ours, theirs


def _outcome(one: Outcome) -> str:
    return f"{plain(one.by)}: {plain(one.call)} = {plain(one.result)}" + (f", {one.elapsed} ms" if one.elapsed else "")


def _named(paths: Sequence[str]) -> str:
    rest = len(paths) - FEW
    named = ", ".join(map(plain, paths[:FEW]))
    return f"{named} and {rest} more" if rest > 0 else named


def _first(explanation: Explanation, look: Look) -> str:
    first = explanation.first
    assert first is not None
    where = f"step {first.step}" if first.step else "the start"
    lines = [look.heading("first") + f"  they part at {where}, on {plain(first.path)}:"]
    for side in first.sides:
        lines.append(f"{INDENT}{look.name(plain(side.flavor))}: {_in_short(side)}")
    return "\n".join(lines)


def _in_short(side: Side) -> str:
    return f"{show(side.value)}, " + ("; ".join(map(_said, side.reasons)) or "decided by nothing that the model has")


def _alike(differences: Iterable[Difference]) -> list[list[Difference]]:
    """Differences that were decided by the same lines at the same step, together."""
    found: dict[object, list[Difference]] = {}
    for one in differences:
        key = (one.step, tuple(tuple(map(_identity, side.reasons)) for side in one.sides))
        found.setdefault(key, []).append(one)
    return list(found.values())


def _identity(reason: Reason) -> object:
    return reason.kind, reason.cite.key if reason.cite is not None else reason.at, reason.detail, reason.now


def _group(group: Sequence[Difference], listings: Mapping[str, Listing], look: Look) -> str:
    first = group[0]
    lines = [look.heading(f"step {first.step}" if first.step else "start")]
    for one in group:
        values = " | ".join(show(side.value) for side in one.sides)
        tail = [] if one.lasts else ["agrees again later"]
        if one.follows:
            tail.append(f"{plural(len(one.follows), 'fact')} of a process that is not on both follow")
        lines[-1] += "" if len(lines) > 1 or one is not first else "  decided by the same lines" if len(group) > 1 else ""
        lines.append(clip(f"  {plain(one.path)}: {values}" + (f"  ({'; '.join(tail)})" if tail else ""), look.width))
    for side in first.sides:
        lines.append(INDENT + look.name(plain(side.flavor)))
        lines += [line for reason in side.reasons for line in _reason(reason, listings, look)]
        if not side.reasons:
            lines.append(f"{INDENT * 2}decided by nothing that the model has")
    return "\n".join(lines)


def _reason(reason: Reason, listings: Mapping[str, Listing], look: Look) -> list[str]:
    lines = [paragraph(_said(reason), look.width, INDENT * 2)]
    if reason.cite is None:
        return lines
    listing = listings.get(str(reason.cite.source))
    if listing is not None and reason.cite.lines:
        shown = code_of((*reason.cite.under, *reason.cite.lines), listing)
        width = look.width - 3 * len(INDENT)
        lines += [INDENT * 3 + look.quiet(clip(f"{number:5} {plain(text.expandtabs(4))}", width)) for number, text in shown]
    return lines


def _said(reason: Reason) -> str:
    """One reason in words, with its lines."""
    words = reason.kind + ("" if reason.now or reason.cite is None else " before")
    cite = reason.cite
    if cite is None:
        place = f", at {plain(reason.at)}, which cites no C" if reason.at else ""
        return plain(words) + place + (f": {prose(reason.detail)}" if reason.detail else "")
    text = f"{words}: {cite.source.path.rpartition('/')[2]} {cite.source.revision}, {cite.where}"
    if cite.under:
        text += f" under {ranges(cite.under)}"
    if cite.via:
        text += f", through {', '.join(reversed(cite.via))}"
    if cite.words:
        text += f" ({prose(cite.words)})"
    return plain(text) + (f": {prose(reason.detail)}" if reason.detail else "")


# --- for programs -------------------------------------------------------------------------------------------------------


def to_json(explanation: Explanation, listings: Mapping[str, Listing]) -> dict[str, object]:
    """The same as plain values."""
    first = explanation.first
    return {
        "scenario": explanation.scenario.name,
        "flavors": [flavor.id for flavor in explanation.flavors],
        "silent": list(explanation.silent),
        "steps": [
            {
                "step": 0 if row.item is None else row.item.index,
                "outcomes": [[_outcome_json(one) for one in outcomes] for outcomes in row.outcomes],
                "parts": list(row.parts),
            }
            for row in explanation.rows
        ],
        "first": None if first is None else {"step": first.step, "fact": first.path},
        "differences": [_difference_json(one, listings) for one in explanation.differences],
    }


def _outcome_json(one: Outcome) -> dict[str, object]:
    return {
        "step": one.step, "by": one.by, "call": one.call, "result": one.result, "detail": one.detail, "elapsed": one.elapsed,
    }  # fmt: skip


def _difference_json(one: Difference, listings: Mapping[str, Listing]) -> dict[str, object]:
    return {
        "fact": one.path,
        "step": one.step,
        "lasts": one.lasts,
        "follows": list(one.follows),
        "sides": [
            {
                "flavor": side.flavor,
                "value": _plain_value(side.value),
                "decided_by": [_reason_json(reason, listings) for reason in side.reasons],
            }
            for side in one.sides
        ],
    }


def _plain_value(value: Value | None) -> object:
    return list(value) if isinstance(value, tuple) else value


def _reason_json(reason: Reason, listings: Mapping[str, Listing]) -> dict[str, object]:
    made: dict[str, object] = {"what": reason.kind, "in_this_step": reason.now, "detail": reason.detail, "model": reason.at}
    cite = reason.cite
    if cite is not None:
        made |= {
            "source": str(cite.source), "function": cite.function, "lines": [list(pair) for pair in cite.lines],
            "under": [list(pair) for pair in cite.under], "through": list(cite.via),
        }  # fmt: skip
        listing = listings.get(str(cite.source))
        if listing is not None:
            made["c"] = [{"line": line, "text": text} for line, text in code_of((*cite.under, *cite.lines), listing)]
    return made
