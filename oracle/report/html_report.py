"""Renders comparisons as one HTML page that needs nothing else: no network, no server, and for what was found no script.

What it holds is bounded, so it stays below 5 MB: of very many scenarios it shows buckets (oracle.report.page.rows), and it
tells runs step by step while there is room. What is left out, it says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from oracle.facts import FACTS
from oracle.finding import Finding
from oracle.findings.claims import Claims
from oracle.flavor import Flavor
from oracle.harness import Comparison
from oracle.register import NotShown
from oracle.report.digest import Summary, summarise
from oracle.report.page import data, findings, spaces
from oracle.report.page.assets import asset
from oracle.report.page.entries import entries_of
from oracle.report.page.flavor_data import flavor_data
from oracle.report.page.heat import patterns as heat_patterns
from oracle.report.page.markup import Html, element, join, raw
from oracle.report.page.matrix import matrix
from oracle.report.page.plays import SCHEDULES, Plays, play
from oracle.report.page.rows import MOST, SEPARATE, Row, Rows, alone, rows
from oracle.report.page.story import Told
from oracle.report.text import plural
from oracle.sources.listing import Listing
from oracle.sweep.atlas import Atlas

LIMIT = 4_900_000  # characters of the page, all of them ASCII but for a few
TABLE = 1_600_000  # of them at most for the matrix
RUNS = 1200  # told of rows that are buckets


@dataclass(frozen=True, slots=True)
class Beside:
    """What a page can have beside comparisons: the catalogue and what it claims, the C, sweeps."""

    catalogue: Sequence[Finding] = ()
    claims: Claims | None = None
    listings: Mapping[str, Listing] = field(default_factory=dict)
    atlases: Sequence[Atlas] = ()


def render(
    comparisons: Sequence[Comparison],
    flavors: Sequence[Flavor],
    not_shown: Sequence[NotShown] = (),
    advance: Callable[[object], None] | None = None,
    beside: Beside | None = None,
) -> str:
    """The page. `advance` is called after each row whose runs were told."""
    beside = beside or Beside()
    ids = [flavor.id for flavor in flavors]
    chosen, table = _fitting(comparisons, ids)
    swept = spaces.spaces_of(beside.atlases, flavors)
    static = _static(swept, beside)
    every = (*chosen.rows, *alone([case for space in swept for case in space.cases], ids))
    told = Told()
    patterns = _patterns(every)
    made = [data.row_data(row, told.texts, patterns) for row in every]
    data.add_claims(made, every, told.texts, ids, beside.catalogue, beside.claims)
    room = LIMIT - len(table) - len(static) - sum(len(data.encoded(one)) for one in made) - 200_000 * len(flavors)
    runs = RUNS if chosen.bucketed else SEPARATE * len(flavors) * SCHEDULES
    plays = play(every, flavors, told, runs, int(room * 0.8), advance)
    data.add_stories(made, every, plays)
    described = [flavor_data(flavor, plays.runs) for flavor in flavors]
    listed = findings.data(beside.catalogue, ids, beside.claims)
    whole = data.whole(made, described, patterns, told, bucketed=chosen.bucketed)
    value = data.encoded({**whole, "findings": listed, "spaces": spaces.data(swept), "lines": len(chosen.rows)})
    front = _front(summarise(comparisons), beside, chosen, plays, entries_of(comparisons, ids, not_shown))
    return _page(front, table, static, value)


def _static(swept: Sequence[spaces.Space], beside: Beside) -> Html:
    """What the page has beside the matrix, without any script: sweeps and findings."""
    named: dict[str, list[str]] = {}
    for one in beside.claims.differences if beside.claims is not None else ():
        known = named.setdefault(one.apart.scenario, [])
        known += [finding for finding in one.findings if finding not in known]
    heat = heat_patterns() if swept else Html("")
    return join([heat, spaces.sections(swept, named), findings.pages(beside.catalogue, beside.claims, beside.listings)], "\n")


def _fitting(comparisons: Sequence[Comparison], ids: Sequence[str]) -> tuple[Rows, Html]:
    """As many rows as the matrix has room for."""
    most = MOST
    while True:
        chosen = rows(comparisons, ids, SEPARATE, most)
        table = matrix(chosen.rows, ids)
        if len(table) <= TABLE or most < 10:
            return chosen, table
        most = most * TABLE // len(table) * 9 // 10


def _patterns(chosen: Sequence[Row]) -> list[str]:
    """The facts that differ anywhere, in the order of the vocabulary."""
    found = {pattern for row in chosen for pattern in row.facts()}
    return [fact.pattern for fact in FACTS if fact.pattern in found]


def _front(sums: Summary, beside: Beside, chosen: Rows, plays: Plays, entries: Html) -> tuple[Html, Html]:
    """What stands above the matrix, and below it."""
    counted = (
        f"{plural(sums.scenarios, 'scenario')}, {plural(sums.runs, 'run')}: {sums.divergent} divergent, "
        f"{sums.agreeing} agreeing, {sums.not_compared} not compared, {sums.failed} not as expected"
    )
    notes = []
    if beside.claims is not None:
        known = f"{plural(len(beside.claims.differences), 'difference')} between pairs, claimed by "
        counted += f"; {known}{plural(len(beside.claims.used), 'finding')}, {len(beside.claims.new)} new"
    if chosen.bucketed:
        notes.append(f"A row stands for all scenarios of a topic with which everything went alike: {len(chosen.rows)} rows.")
    if chosen.left_out:
        more = f"{plural(chosen.left_out, 'more row')}, of {plural(chosen.scenarios, 'scenario')}"
        notes.append(f"{more}, would not fit; report.json has all.")
    if plays.untold:
        notes.append(f"{plural(plays.untold, 'run')} would not fit step by step; fork-oracle show tells them.")
    above = join([element("p", counted, class_="sums"), *(element("p", note, class_="note") for note in notes)])
    return above, entries


def _page(front: tuple[Html, Html], table: Html, static: Html, value: str) -> str:
    style, script = (
        raw(asset("base.css") + asset("report.css") + asset("pages.css")),
        raw(asset("pages.js") + asset("report.js")),
    )
    rules = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=raw(rules)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "What fork does: fork-oracle's report"),
        element("style", style),
    )
    above, below = front
    home = element("div", above, raw(asset("controls.html")), element("div", table, class_="matrix"), below, id="home")
    body = element(
        "body",
        element("a", "To the content", href="#main", class_="skip", id="skip"),
        element("header", element("h1", "What the kernels do"), element("nav", id="places", aria_label="Pages", hidden=True)),
        element(
            "main", home, element("div", static, id="static"), element("div", id="view", hidden=True), id="main", tabindex="-1"
        ),
        element("noscript", element("p", "Without scripts there is the matrix; filters, timelines and pictures need them.")),
        element("script", raw(value), type="application/json", id="data"),
        element("script", script),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _hash(text: str) -> str:
    """What a content security policy knows an inline text by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
