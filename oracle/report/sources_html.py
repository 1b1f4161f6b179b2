"""Renders the accounts of C sources as one page that needs nothing else: the C, if it is at hand, with the model beside it.

Colours repeat what words say. Every line of C can be linked to: `#dragonfly@1.67-L283`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from oracle.report.page.assets import asset
from oracle.report.sources_report import words_of
from oracle.report.text import html, plain, plural
from oracle.sources.account import Account, CLine, FunctionAccount, Ran, State, Totals, totals
from oracle.sources.listing import Listing

NAMES = 4  # of so many scenarios that come to a line all are named, of more the first

STYLE = """
h2 { margin-top: 3rem; border-bottom: 1px solid var(--rule); }
h3 { margin-top: 2rem; }
.sums { width: auto; }
.sums td, .sums thead th + th { text-align: right; }
.sums tbody tr:last-child { border-top: 1px solid var(--rule); font-weight: 600; }
.code { table-layout: fixed; }
.code thead th { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--rule); }
.code tr { scroll-margin-top: 3rem; }
.code tr:target, .code tr:hover { background: var(--band); }
.code .n { width: 4.5rem; text-align: right; font-weight: 400; }
.code .s { width: 9rem; }
.code .m { width: 42%; }
.n a { color: var(--soft); text-decoration: none; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
.m p { margin: 0; overflow-wrap: anywhere; }
.m .place, .m .who { color: var(--soft); font-size: .85rem; }
.modelled .s { color: var(--good); } .left .s, .none pre { color: var(--left); }
.bad .s { color: var(--bad); font-weight: 600; } .beyond .s { color: var(--warn); }
@media (max-width: 48rem) {
  .code, .code tbody, .code tr, .code td, .code th { display: block; width: auto; }
  .code thead { display: none; }
  .code tr { border-bottom: 1px solid var(--rule); padding: .2rem 0; display: flow-root; }
  .code .n { width: auto; text-align: left; float: left; padding-right: 0; min-width: 3.2rem; }
  .code .s, .code .m { width: auto; padding-left: 3.7rem; }
  .code .s:empty, .code .m:empty { display: none; }
}
"""


def render(accounts: Sequence[Account], listings: Mapping[str, Listing]) -> str:
    """The page."""
    body = "\n".join(part for one in accounts for part in _account(one, listings.get(one.flavor)))
    links = "".join(f'<li><a href="#{html(one.flavor)}">{html(one.flavor)}</a>: {_in_short(one)}</li>' for one in accounts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>The source map of fork-oracle</title>\n'
        f"<style>{asset('base.css')}{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#map">To the map</a>\n<header>\n<h1>The source map</h1>\n'
        "<p>Which lines of the C are modelled, and by which statement; which are left out on purpose, and why; and which the "
        f'scenarios exercise.</p>\n<nav aria-label="Sources">\n<ul>{links}</ul>\n</nav>\n</header>\n'
        f'<main id="map">\n{body}\n</main>\n</body>\n</html>\n'
    )


def _in_short(one: Account) -> str:
    sums = totals(one.lines())
    text = f"{plural(sums.code, 'line')} of code, {sums.modelled} modelled, {sums.left_out} left out"
    text += f", {sums.nowhere} not accounted for"
    if one.measured:
        text += f"; {sums.exercised} of {sums.to_exercise} lines and {sums.ways_taken} of {sums.ways} branches exercised"
    return text


def _account(one: Account, listing: Listing | None) -> Iterator[str]:
    ident = html(one.flavor)
    yield f'<section aria-labelledby="{ident}">\n<h2 id="{ident}">{ident}</h2>\n<p>{html(str(one.map.source))}</p>'
    yield _sums(one)
    if one.map.left_out:
        items = "".join(f"<li>{_links(one, left.lines)}: {html(left.why)}</li>" for left in one.map.left_out)
        yield f"<h3>Left out on purpose</h3>\n<ul>{items}</ul>"
    if one.flaws:
        yield f"<h3>Wrong</h3>\n<ul>{''.join(f'<li>{html(str(flaw))}</li>' for flaw in one.flaws)}</ul>"
    for function in one.functions:
        yield _function(one, function, listing)
    yield "</section>"


def _links(one: Account, lines: str) -> str:
    """Lines as links, the ranges by their first."""
    parts = [part.strip() for part in lines.split(",")]
    return ", ".join(f'<a href="#{html(one.flavor)}-L{part.partition("-")[0]}">{part}</a>' for part in parts)


def _sums(one: Account) -> str:
    heads = ("function", "code", "modelled", "left out", "not accounted for", "exercised", "branches")
    rows = [(function.function.name, totals(function.lines)) for function in one.functions] + [("all", totals(one.lines()))]
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "\n".join(_row(one, name, sums) for name, sums in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Lines of {html(one.flavor)}">\n'
        f'<table class="sums">\n<caption class="skip">Lines of {html(one.flavor)} by function</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _row(one: Account, name: str, sums: Totals) -> str:
    shown = html(name) if name == "all" else f'<a href="#{html(one.flavor)}-{html(name)}">{html(name)}</a>'
    ran = (f"{sums.exercised}/{sums.to_exercise}", f"{sums.ways_taken}/{sums.ways}") if one.measured else ("-", "-")
    cells = (sums.code, sums.modelled, sums.left_out, sums.nowhere, *ran)
    return f'<tr><th scope="row">{shown}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _function(one: Account, function: FunctionAccount, listing: Listing | None) -> str:
    c = function.function
    known = {line.number: line for line in function.lines}
    numbers = range(c.first, c.last + 1) if listing is not None else sorted(known)
    heads = (
        (("n", "line"), ("c", "C"), ("s", "state"), ("m", "model"))
        if listing is not None
        else (("n", "line"), ("s", "state"), ("m", "model"))
    )
    head = "".join(f'<th scope="col" class="{kind}">{text}</th>' for kind, text in heads)
    rows, said = [], ""
    for number in numbers:
        line = known.get(number)
        model = "".join(_notes(line)) if line is not None else ""
        shown = '<p class="who">likewise</p>' if model and model == said else model
        rows.append(_line(one, number, line, shown, listing))
        said = model or said
    return (
        f'<h3 id="{html(one.flavor)}-{html(c.name)}">{html(c.name)}, lines {c.first} to {c.last}</h3>\n'
        f'<table class="code" role="table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>'
    )


def _line(one: Account, number: int, line: CLine | None, model: str, listing: Listing | None) -> str:
    place = f"{html(one.flavor)}-L{number}"
    cells = [f'<th scope="row" role="rowheader" class="n"><a href="#{place}">{number}</a></th>']
    if listing is not None:
        text = listing.lines[number] if number < len(listing.lines) else ""
        cells.append(f'<td role="cell" class="c"><pre>{escape(_narrower(text))}</pre></td>')
    kind, label = ("none", "") if line is None else _state(line)
    cells += [f'<td role="cell" class="s">{label}</td>', f'<td role="cell" class="m">{model}</td>']
    return f'<tr id="{place}" class="{kind}" role="row">{"".join(cells)}</tr>'


def _narrower(text: str) -> str:
    """A line of C whose indentation takes half the room."""
    wide = plain(text.expandtabs(8))
    bare = wide.lstrip()
    return " " * ((len(wide) - len(bare)) // 2) + bare


def _state(line: CLine) -> tuple[str, str]:
    """A class for the colour, and the words."""
    if line.state is State.NOWHERE:
        return "bad", line.state.value
    if line.state is State.LEFT_OUT:
        return "left", line.state.value
    if line.ran is Ran.OUT_OF_REACH:
        return "beyond", line.ran.value
    if line.ran in (Ran.SOME, Ran.NONE):
        return "bad", line.ran.value
    if line.missed:
        return "bad", "one way only"
    return "modelled", line.state.value if line.ran is Ran.UNKNOWN else line.ran.value


def _notes(line: CLine) -> Iterator[str]:
    if line.state is State.LEFT_OUT:
        yield f"<p>{html(line.why)}</p>"
        return
    for placed in dict.fromkeys(line.marks):
        statement = placed.statement.text if placed.statement is not None else ""
        said = html(words_of(placed)) if placed.mark.words else ""
        yield f'<p>{said} <code>{html(statement)}</code> <span class="place">{html(str(placed))}</span></p>'
    for way in dict.fromkeys(way.when for way in line.missed):
        yield f"<p>never {html(way)}</p>"
    if line.scenarios:
        few = len(line.scenarios) <= NAMES
        who = ", ".join(line.scenarios) if few else f"{len(line.scenarios)} scenarios, such as {line.scenarios[0]}"
        yield f'<p class="who">in {html(who)}</p>'
