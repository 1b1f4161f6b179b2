"""The pages of findings: an index, and a page for each with its sides, the lines of C, and the scenarios that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from oracle.finding import Finding, Side
from oracle.findings.claims import Claims
from oracle.report.claimed import KINDS, Witness, by_topic, c_of, short, witnesses
from oracle.report.page.flavor_data import Json
from oracle.report.page.markup import Html, element, join
from oracle.report.page.matrix import link
from oracle.report.page.rows import key_of
from oracle.report.page.texts import shown
from oracle.report.text import plural
from oracle.sources.listing import Listing

MOST_SCENARIOS, MOST_PATHS, MOST_LINES = 40, 4, 60  # of a finding; of a scenario; of a side
FEW_LINES = 8  # more are folded away
ROOM = 1_200_000  # characters for all pages of findings
BRIEF, LONGEST = 200, 600  # characters of a text: where there is no room left, and in a guide


def address(finding: str) -> str:
    """The address of a finding: what follows the # of the page's own."""
    return f"/finding/{quote(shown(finding, 100), safe='')}"


def links(findings: Sequence[str]) -> Html:
    """Links to findings, by id."""
    return join([element("a", shown(one, 100), href=f"#{address(one)}") for one in findings], ", ")


def pages(catalogue: Sequence[Finding], claims: Claims | None, listings: Mapping[str, Listing]) -> Html:
    """The index and a page for each finding; nothing without a catalogue."""
    if not catalogue:
        return Html("")
    where = witnesses(claims)
    made = [_index(catalogue, where, claims)]
    room = ROOM
    for some in by_topic(catalogue).values():
        for one in some:
            page = _page(one, where.get(one.id, ()), listings)
            room -= len(page)
            if room < 0:
                page = _brief(one)
            made.append(page)
    return join(made, "\n")


def data(catalogue: Sequence[Finding], flavors: Sequence[str], claims: Claims | None) -> list[Json]:
    """What the script makes guides of: for each finding its sides by flavor, what it says, and a scenario that shows it."""
    where = witnesses(claims)
    return [_data(one, flavors, where.get(one.id, ())) for some in by_topic(catalogue).values() for one in some]


def _data(one: Finding, flavors: Sequence[str], where: Sequence[Witness]) -> Json:
    return {
        "id": shown(one.id, 100),
        "title": shown(one.title, LONGEST),
        "kind": one.kind.value,
        "topic": shown(one.topic, 60),
        "on": [one.side_of(flavor) for flavor in flavors],
        "does": [shown(side.does, LONGEST) for side in one.sides],
        "so": shown(one.consequence, LONGEST),
        "advice": [[shown(place, 60), shown(text, LONGEST)] for place, text in one.advice],
        "claims": [shown(text, 60) for text in (*one.defects, *one.promises)],
        "seen": [[shown(pair, 60) for pair in witness.pairs[0]] + [key_of(witness.scenario)] for witness in where[:1]],
    }


def _index(catalogue: Sequence[Finding], where: Mapping[str, Sequence[Witness]], claims: Claims | None) -> Html:
    said = f"{plural(len(catalogue), 'finding')}: ways in which these kernels part, understood and written down."
    parts = [element("h2", "Findings", tabindex=-1), element("p", said, class_="sums")]
    if claims is not None and claims.new:
        names = list(dict.fromkeys(one.scenario for one in claims.new))
        new = f"{plural(len(claims.new), 'difference')} in {plural(len(names), 'scenario')} claimed by none: "
        more = element("a", "all of them in the matrix", href="#/?finding=new")
        parts.append(element("p", join([new + shown(", ".join(names[:10]), 600), more], "; "), class_="bad"))
    parts.append(element("div", class_="ask", hidden=True))
    heads = ("finding", "kind", "topic", "parts", "shown by")
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    rows = [_entry(one, where.get(one.id, ())) for some in by_topic(catalogue).values() for one in some]
    table = element("table", element("thead", head), element("tbody", *rows), class_="plain", id="findings-table")
    parts.append(element("div", table, class_="scroll", tabindex=0, role="region", aria_label="Findings"))
    return element("section", *parts, id="/findings", class_="page", aria_label="Findings")


def _entry(one: Finding, where: Sequence[Witness]) -> Html:
    apart = " | ".join(", ".join(shown(flavor, 60) for flavor in side.flavors) for side in one.sides)
    return element(
        "tr",
        element("th", element("a", shown(one.title, 300), href=f"#{address(one.id)}"), scope="row"),
        element("td", one.kind.value),
        element("td", shown(one.topic, 60)),
        element("td", shown(apart, 300)),
        element("td", plural(len(where), "scenario") if where else "–"),
        data_kind=one.kind.value,
        data_topic=shown(one.topic, 60),
    )


def _page(one: Finding, where: Sequence[Witness], listings: Mapping[str, Listing]) -> Html:
    kind, topic = KINDS[one.kind.value], shown(one.topic, 60)
    parts = [
        element("nav", element("a", "← Findings", href="#/findings"), element("a", "Its scenarios in the matrix",
                href=f"#/?finding={quote(shown(one.id, 100), safe='')}"), aria_label="Back"),
        element("h2", shown(one.title), tabindex=-1),
        element("p", join([element("code", shown(one.id, 100)), f"– {kind}. Topic: {topic}."], " "), class_="quiet"),
        element("p", shown(one.consequence)),
        _sides(one, listings),
        *_advice(one),
        *_rest(one),
        *_seen(one, where),
    ]  # fmt: skip
    return element("article", *parts, id=address(one.id), class_="page", aria_label=shown(one.title, 200))


def _brief(one: Finding) -> Html:
    """The page of a finding for which there is no more room."""
    title = element("h2", shown(one.title, BRIEF), tabindex=-1)
    rest = element("p", f"There is no room here for more; fork-oracle findings {shown(one.id, 100)} tells it.", class_="note")
    return element("article", title, rest, id=address(one.id), class_="page", aria_label=shown(one.title, BRIEF))


def _sides(one: Finding, listings: Mapping[str, Listing]) -> Html:
    made = [_side(side, listings) for side in one.sides]
    return join([element("h3", "Who does what"), element("div", *made, class_="facing")])


def _side(side: Side, listings: Mapping[str, Listing]) -> Html:
    who = join([element("strong", shown(flavor, 60)) for flavor in side.flavors], ", ")
    parts = [element("p", who), element("p", shown(side.does))]
    for heading, lines in (("Decided by", side.decided), ("See also", side.background)):
        if lines:
            items = [_line(line, listings) for line in lines[:MOST_LINES]]
            if len(lines) > MOST_LINES:
                items.append(element("li", f"and {len(lines) - MOST_LINES} more"))
            folded = len(lines) > FEW_LINES
            parts.append(
                element("summary", f"{heading} {len(lines)} places") if folded else element("p", heading, class_="quiet")
            )
            parts.append(element("ul", *items))
            if folded:
                parts[-2:] = [element("details", *parts[-2:])]
    return element("section", *parts, aria_label=shown(", ".join(side.flavors), 200))


def _line(line: str, listings: Mapping[str, Listing]) -> Html:
    said: list[str] = [element("code", shown(short(line), 300))]
    if code := c_of(line, listings):
        text = "\n".join(f"{number:5} {shown(text.expandtabs(4), 200)}" for number, text in code[:MOST_LINES])
        said.append(element("pre", Html(_kept(text)), tabindex=0))
    return element("li", *said)


def _kept(text: str) -> str:
    """Lines of C as they are: escaped, their spaces and ends kept."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _advice(one: Finding) -> list[Html]:
    if not one.advice:
        return []
    items = [
        element("li", join([element("strong", f"To {shown(place, 60)}:"), shown(text)], " ")) for place, text in one.advice
    ]
    return [element("h3", "What a porter does"), element("ul", *items)]


def _rest(one: Finding) -> list[Html]:
    said: list[Html] = []
    facts = join([element("code", shown(fact, 80)) for fact in one.facts], ", ")
    said.append(element("li", join(["Facts:", facts], " ")))
    if one.since or one.until:
        span = [f"{word} {shown(name, 60)}" for word, name in (("since", one.since), ("until", one.until)) if name]
        said.append(element("li", f"Known {' and '.join(span)}"))
    for word, names in (("Defects", one.defects), ("Promises and standards", one.promises)):
        if names:
            said.append(element("li", f"{word}: {shown(', '.join(names), 400)}"))
    if one.scenarios:
        said.append(element("li", f"Claims only in {shown(', '.join(one.scenarios), 400)}"))
    return [element("h3", "What it is about"), element("ul", *said)]


def _seen(one: Finding, where: Sequence[Witness]) -> list[Html]:
    if not where:
        return []
    items = [_scenario(witness) for witness in where[:MOST_SCENARIOS]]
    if len(where) > MOST_SCENARIOS:
        items.append(element("li", f"and {plural(len(where) - MOST_SCENARIOS, 'more scenario')}"))
    return [element("h3", f"Shown by {plural(len(where), 'scenario')}"), element("ul", *items)]


def _scenario(witness: Witness) -> Html:
    one, other = witness.pairs[0]
    where = f"#{link(key_of(witness.scenario), one)}?with={quote(shown(other), safe='@')}"
    facts = ", ".join(witness.paths[:MOST_PATHS]) + (" …" if len(witness.paths) > MOST_PATHS else "")
    return element("li", join([element("a", shown(witness.scenario, 200), href=where), f": {shown(facts, 300)}"]))
