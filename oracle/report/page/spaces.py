"""The page of a sweep: pictures of the whole space, the buckets as their legend, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.report.page.flavor_data import Json
from oracle.report.page.heat import MOST_BLOCKS, SIGNS, drawing, letter, swatch
from oracle.report.page.layout import Layout, blocks, layout, shapes, squares
from oracle.report.page.markup import Html, element, join
from oracle.report.page.matrix import link
from oracle.report.page.rows import key_of
from oracle.report.page.texts import shown
from oracle.report.text import plural
from oracle.sweep.atlas import AGREE, ALONE, MISSING, Atlas, Chart
from oracle.sweep.sweep import Bucket, case_name, scenario_of

MOST_BUCKETS, MOST_SHAPES, MOST_FACTS = 120, 4, 6  # of a space; of a bucket
ROOM = 700_000  # characters that the pictures of a space may take
WORDS = {AGREE: "all agree", ALONE: "not compared", MISSING: "not done"}


@dataclass(frozen=True, slots=True)
class Space:
    """A sweep for the page: its atlas, its layout, and the simplest case of each bucket, compared anew."""

    atlas: Atlas
    layout: Layout
    cases: tuple[Comparison, ...]  # in the order of the buckets, as far as they are shown

    @property
    def name(self) -> str:
        """The name of the space."""
        return self.atlas.found.plan.space.name


def spaces_of(atlases: Sequence[Atlas], flavors: Sequence[Flavor]) -> list[Space]:
    """Sweeps with their simplest cases run once more, to be told."""
    made = []
    for one in atlases:
        plan = one.found.plan
        mine = [flavor for flavor in flavors if flavor.id in plan.flavors]
        cases = tuple(
            compare(scenario_of(plan, bucket.smallest, case_name(plan, bucket)), mine, checked=False)
            for bucket in one.found.buckets[:MOST_BUCKETS]
        )
        made.append(Space(one, layout(plan.space, one.charts), cases))
    return made


def sections(spaces: Sequence[Space], findings: Mapping[str, Sequence[str]]) -> Html:
    """A section for each. `findings`: by the name of a case, if known, the ids of the findings that claim what differs."""
    return join([_section(one, findings) for one in spaces])


def address(name: str) -> str:
    """The address of a space: what follows the # of the page's own."""
    return f"/space/{quote(shown(name, 100), safe='')}"


def data(spaces: Sequence[Space]) -> list[Json]:
    """What the script needs: parameters, and for each state the bucket of every square."""
    return [_data(one) for one in spaces]


def _section(one: Space, findings: Mapping[str, Sequence[str]]) -> Html:
    found = one.atlas.found
    name = shown(one.name, 100)
    drawn = [chart for chart in one.atlas.charts if len(set(chart.places)) > 1 or chart.places[0] >= 0]
    heading = element("h2", f"All of {name} on {shown(', '.join(found.plan.flavors), 400)}", tabindex=-1)
    parts = [heading, element("p", _counts(one), class_="sums")]
    parts += [element("p", text) for text in _plain_states(one)]
    if drawn:
        parts += [element("p", _how_to_read(one), class_="quiet"), element("div", class_="ask", data_space=name, hidden=True)]
        parts.append(_figures(one, drawn))
    parts += [_legend(one, findings), _in_words(one, drawn), _silences(one)]
    return element("section", *parts, id=address(one.name), class_="page space", aria_label=f"All of {name}")


def _counts(one: Space) -> str:
    found = one.atlas.found
    plan = found.plan
    diverging = sum(bucket.count for bucket in found.buckets)
    where = plan.note or f"{plan.space.size:,} calls from each of {plural(len(plan.states), 'state')}"
    done = "" if found.done == plan.cases else f" Interrupted: {plan.cases - found.done:,} cases are missing."
    return (
        f"{where}: {found.done:,} cases. They agree on {found.agreeing:,}, and differ on {diverging:,} "
        f"in {plural(len(found.buckets), 'bucket')}.{done}"
    )


def _plain_states(one: Space) -> list[str]:
    """States in which everything goes alike, in a sentence."""
    said = []
    for chart in one.atlas.charts:
        if len(set(chart.places)) == 1 and chart.places[0] < 0:
            names = ", ".join(shown(name, 60) for name in chart.states[:60])
            words = {
                AGREE: "all calls come to the same on all of them",
                ALONE: "fewer than two of them model anything, so nothing is compared",
                MISSING: "nothing is done yet",
            }
            said.append(f"From {names}: {words[chart.places[0]]}.")
    return said


def _how_to_read(one: Space) -> str:
    made = one.layout
    idle = shown(", ".join(item.name for item in made.idle), 600)
    worth = f" A square stands for {made.worth:,} calls, because nothing depends on {idle}." if made.idle else ""
    return (
        "Every call is a square, in the colour, pattern and letter of its bucket; without a colour, all agree. The rulers are "
        "filled where a flag is set, and name the values of other parameters; neighbours differ in one of them." + worth
    )


def _figures(one: Space, drawn: Sequence[Chart]) -> Html:
    made = []
    room = ROOM
    titles = {state.name: state.title for state in one.atlas.found.plan.states}
    for number, chart in enumerate(drawn):
        names = ", ".join(f"{name} ({titles[name]})" if len(chart.states) < 4 else name for name in chart.states)
        caption = f"From {shown(names, 600)}"
        found = blocks(one.layout, chart)
        picture = drawing(one.layout, found, caption) if len(found) <= MOST_BLOCKS else Html("")
        room -= len(picture)
        if not picture or room < 0:
            inner: Html = element("p", "Too motley to be drawn here; the buckets are below.", class_="note")
        else:
            inner = element("div", picture, class_="scroll", tabindex=0, role="region", aria_label=caption, data_chart=number)
        made.append(element("figure", element("figcaption", caption), inner))
    return element("div", *made, class_="charts")


def _legend(one: Space, findings: Mapping[str, Sequence[str]]) -> Html:
    found = one.atlas.found
    if not found.buckets:
        return Html("")
    heads = ("bucket", "cases", "what differs", "the simplest case", "findings")
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    shown_ones = found.buckets[:MOST_BUCKETS]
    rows = [_bucket(one, number, bucket, findings) for number, bucket in enumerate(shown_ones)]
    table = element("table", element("thead", head), element("tbody", *rows), class_="plain")
    label = f"Buckets of {shown(one.name, 100)}"
    parts = [element("h3", "Buckets"), element("div", table, class_="scroll", tabindex=0, role="region", aria_label=label)]
    if left := len(found.buckets) - len(shown_ones):
        parts.append(element("p", f"{plural(left, 'more bucket')}; fork-oracle sweep tells all.", class_="note"))
    return join(parts)


def _bucket(one: Space, number: int, bucket: Bucket, findings: Mapping[str, Sequence[str]]) -> Html:
    plan = one.atlas.found.plan
    name = case_name(plan, bucket)
    letters = element("th", join([swatch(number), element("code", bucket.signature.ident)], " "), scope="row")
    states = f"{bucket.count:,}, from {plural(len(bucket.states), 'state')}"
    case = element("a", shown(plan.space.text(bucket.smallest.index), 300), href=f"#{_case(one, number)}")
    ids = findings.get(name, ())
    links = join([element("a", shown(one_id, 60), href=f"#/finding/{quote(one_id, safe='')}") for one_id in ids], ", ")
    said = join([case, f"from {shown(bucket.smallest.state.name, 60)}"], " ")
    return element(
        "tr",
        letters,
        element("td", states),
        element("td", _facts(bucket)),
        element("td", said),
        element("td", links or (element("span", "none: it is new", class_="bad") if name in findings else "–")),
        id=f"{address(one.name)}/{bucket.signature.ident}",
    )


def _case(one: Space, number: int) -> str:
    """The address of a bucket's simplest case, on a flavor that has something to say of it."""
    case = one.cases[number]
    speaks = next(
        (flavor for flavor, said in case.outcome_classes().items() if said not in "!?"), one.atlas.found.plan.flavors[0]
    )
    return link(key_of(case.scenario.name), speaks)


def _facts(bucket: Bucket) -> Html:
    """Which kinds of facts disagree and how, a line each; who says what is said once, if it is the same for all of them."""
    facts = bucket.signature.facts
    parties = {tuple([who for _, who in one.values]) for one in facts}
    once = len(parties) == 1
    lines = [element("li", element("strong", shown(" / ".join(", ".join(who) for who in one), 300))) for one in parties if once]
    for one in facts[:MOST_FACTS]:
        values = [value if once else f"{value} on {', '.join(who)}" for value, who in one.values]
        said = " / ".join(values) if len({value for value, _ in one.values}) > 1 else "other values"
        lines.append(element("li", join([element("code", shown(one.fact, 80)), shown(said, 300)], ": ")))
    if len(facts) > MOST_FACTS:
        lines.append(element("li", f"and {plural(len(facts) - MOST_FACTS, 'more fact')}"))
    return element("ul", *lines)


def _in_words(one: Space, drawn: Sequence[Chart]) -> Html:
    """The pictures in words: which calls are in which bucket, in shapes."""
    if not drawn:
        return Html("")
    rows = []
    for chart in drawn:
        counts = {place: len(list(some)) for place, some in groupby(sorted(chart.places))}
        told = shapes(one.layout, chart, MOST_SHAPES)
        first = True
        for place in sorted(counts, key=lambda place: (place < 0, place)):
            head = shown(", ".join(chart.states), 300) if first else ""
            first = False
            texts, left = told[place]
            lines = [element("li", shown(text, 400)) for text in texts]
            if left:
                lines.append(element("li", f"and {left:,} calls of other shapes"))
            what = letter(place) if place >= 0 else WORDS[place]
            cells = [
                element("td", head),
                element("td", what),
                element("td", f"{counts[place]:,}"),
                element("td", element("ul", *lines)),
            ]
            rows.append(element("tr", *cells))
    head = element("tr", *(element("th", text, scope="col") for text in ("from", "bucket", "calls", "which")))
    table = element("table", element("thead", head), element("tbody", *rows), class_="plain")
    region = element("div", table, class_="scroll", tabindex=0, role="region", aria_label=f"{shown(one.name, 100)} in words")
    return element("details", element("summary", "The pictures in words"), region)


def _silences(one: Space) -> Html:
    plan = one.atlas.found.plan
    said = [
        element("li", shown(f"{item.flavor} {item.kind} in {plural(item.count, 'case')}, from {item.smallest.state.name} "
                            f"with {plan.space.text(item.smallest.index)}: {item.note}", 600))
        for item in one.atlas.found.silences[:60]
    ]  # fmt: skip
    if not said:
        return Html("")
    return element("details", element("summary", "Where a kernel says nothing"), element("ul", *said))


def _data(one: Space) -> Json:
    made = one.layout
    plan = one.atlas.found.plan
    kept = [*made.rows, *made.columns]
    drawn = [chart for chart in one.atlas.charts if len(set(chart.places)) > 1 or chart.places[0] >= 0]
    return {
        "name": shown(one.name, 100),
        "call": shown(plan.space.call, 60),
        "kept": [[shown(item.name, 60), [shown(value, 60) for value in item.values], item.flag] for item in kept],
        "rows": len(made.rows),
        "charts": [[[shown(name, 60) for name in chart.states], _squares(made, chart)] for chart in drawn],
        "buckets": [
            [letter(number), bucket.signature.ident, _case(one, number)]
            for number, bucket in enumerate(one.atlas.found.buckets[:MOST_BUCKETS])
        ],
    }


def _squares(made: Layout, chart: Chart) -> str:
    """The squares as text: a bucket's letters, or a sign, and how many in a row if there are several."""
    found = []
    for place, some in groupby(squares(made, chart)):
        count = len(list(some))
        sign = letter(place).capitalize() if place >= 0 else SIGNS[place]
        found.append(sign + (str(count) if count > 1 else ""))
    return "".join(found)
