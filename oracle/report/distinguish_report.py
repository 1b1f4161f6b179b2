"""Renders what tells two flavors apart: the shortest programs by length, what parts in each, and how far the search went.

As JSON, format 1: the same flavors, alphabet and code give the same bytes, whoever did the work.

    format, flavors, steps, exhaustive, alphabet (states, actions)
    levels       length, programs, not_made, apart, unlike, kept, new, complete
    ways         short ones first: id, length, programs, state, program (by, call, args), facts: fact, values
    silences     flavor, kind (unmodelled, crashed), note, count, first
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from oracle.distinguish.alphabet import Program
from oracle.distinguish.search import Found, Level, Way
from oracle.distinguish.trial import CRASHED
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import Json, paragraph, plain, plural

FORMAT = 1
MOST_FACTS = 6
LEGEND = (
    "Each row is the first of the shortest programs that show its bucket: what its last step makes part that agreed before. "
    "`parent` acts, and `kid`, the first child that is made; `<caller>` and `<child>` are these two, `<other>` is anybody else."
)


def render(found: Found, look: Look) -> str:
    """The whole report for a terminal."""
    parts = [_level(found, level, look) for level in found.levels]
    if found.ways:
        parts.append(look.quiet(paragraph(LEGEND, look.width)))
    parts += [_silences(found, look), _summary(found, look)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _level(found: Found, level: Level, look: Look) -> str:
    ways = [way for way in found.ways if way.length == level.length]
    if not ways:
        return ""
    heading = look.heading(f"{plural(level.length, 'step')}: {plural(len(ways), 'new way')} to tell them apart")
    rows = [[way.signature.ident, f"{way.count:,}", plain(way.program.state.name), _row(way, found.flavors)] for way in ways]
    return heading + "\n" + fitted(rows, ["bucket", "programs", "state", "first program, and what parts"], look)


def _row(way: Way, flavors: Sequence[str]) -> str:
    return f"{plain(way.program.text)}\n{facts(way, flavors)}"


def facts(way: Way, flavors: Sequence[str]) -> str:
    """What disagrees, each kind of fact with its values in the order of the flavors."""
    said = []
    for one in way.signature.facts[:MOST_FACTS]:
        by_flavor = {flavor: value for value, who in one.values for flavor in who}
        said.append(f"{one.fact}: " + " / ".join(plain(by_flavor.get(flavor, "-")) for flavor in flavors))
    more = len(way.signature.facts) - MOST_FACTS
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _silences(found: Found, look: Look) -> str:
    lines = []
    for what, (count, first) in found.silent.items():
        text = f"{what.flavor} {what.kind} in {plural(count, 'program')}, such as {_where(first)}: {what.note}"
        shown = paragraph(plain(text), look.width)
        lines.append(look.bad(shown) if what.kind == CRASHED else look.quiet(shown))
    return "\n".join(lines)


def _where(program: Program) -> str:
    return f"{program.text} from {program.state.name}"


def _summary(found: Found, look: Look) -> str:
    """How many programs of each length were tried, and whether that is all there are."""
    actions, states = found.alphabet.actions, found.alphabet.states
    ways = f"{' and '.join(found.flavors)}: {plural(len(found.ways), 'way')} to tell them apart"
    lines = [f"{ways}; alphabet: {plural(len(actions), 'action')} from {plural(len(states), 'state')}"]
    for level in found.levels:
        tried = level.tried
        lines.append(
            f"{plural(level.length, 'step')}: {tried.programs:,} programs tried ({tried.not_made:,} can't be made to the end), "
            f"{tried.apart:,} make something part, {level.new:,} new bucket{'' if level.new == 1 else 's'}"
        )
        if level.length < found.steps and level.complete:
            lines[-1] += (
                f"; {level.kept:,} are gone on from: not those that lead where another one leads, nor {tried.unlike:,} "
                "after which the two have different processes"
            )
    shown = [paragraph(plain(line), look.width) for line in lines]
    bound = plural(found.steps, "step")
    if found.exhaustive:
        shown.append(look.good(f"exhaustive to {bound}, but for what goes on from where the two have different processes"))
    else:
        shown.append(look.bad(f"interrupted: not exhaustive to {bound}"))
    return "\n".join(shown)


def to_json(found: Found) -> str:
    """The whole report for programs."""
    whole: dict[str, Json] = {
        "format": FORMAT,
        "flavors": list(found.flavors),
        "steps": found.steps,
        "exhaustive": found.exhaustive,
        "alphabet": {
            "states": [state.name for state in found.alphabet.states],
            "actions": [action.text for action in found.alphabet.actions],
        },
        "levels": [
            {
                "length": level.length,
                "programs": level.tried.programs,
                "not_made": level.tried.not_made,
                "apart": level.tried.apart,
                "unlike": level.tried.unlike,
                "kept": level.kept,
                "new": level.new,
                "complete": level.complete,
            }
            for level in found.levels
        ],
        "ways": [_way(way) for way in found.ways],
        "silences": [
            {"flavor": what.flavor, "kind": what.kind, "note": what.note, "count": count, "first": _where(first)}
            for what, (count, first) in found.silent.items()
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def _way(way: Way) -> Json:
    return {
        "id": way.signature.ident,
        "length": way.length,
        "programs": way.count,
        "state": way.program.state.name,
        "program": [
            {"by": one.by, "call": one.call, "args": {k: list(v) if isinstance(v, tuple) else v for k, v in one.args.items()}}
            for one in way.program.actions
        ],
        "facts": [
            {"fact": one.fact, "values": [{"value": value, "flavors": list(who)} for value, who in one.values]}
            for one in way.signature.facts
        ],
    }
