"""The picture of a sweep on the page: where each call stands, what tells buckets apart, and the same in words."""

from __future__ import annotations

import random
import re
import time
from array import array
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.report import html_report, sweep_report
from oracle.report.html_report import Beside
from oracle.report.look import Look
from oracle.report.page.heat import letter, patterns, style
from oracle.report.page.layout import blocks, layout, order, shapes, squares
from oracle.report.page.spaces import data, sections, spaces_of
from oracle.sweep.atlas import AGREE, Atlas, Chart, atlas
from oracle.sweep.plan import plan
from oracle.sweep.space import Axis, space_named
from oracle.sweep.space import Space as Calls
from oracle.sweep.states import State
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out
from tests.unit.plugins import program, step
from tests.unit.sweep_toys import ONE, PLAIN, ROOT, TWO, VAGUE

BITS = tuple((name, 1 << place) for place, name in enumerate(("A", "B", "C", "D")))
CALLS = Calls("call", "call", (Axis("flags", (0,), BITS), Axis("kind", ("x", "y", "z"))))
FORK = replace(program(step(1, "parent", "fork", born="kid")), name="files/fork")


def chart_of(place: object) -> Chart:
    """A chart of CALLS, by a function from the set flags and the kind to a place."""
    places = []
    for index in range(CALLS.size):
        args = CALLS.named(index)
        places.append(place(str(args["flags"]).split("|"), args["kind"]))  # type: ignore[operator]
    return Chart(("plain",), array("i", places))


def noise(seed: int) -> Chart:
    draw = random.Random(seed)
    return Chart(("plain",), array("i", [draw.randrange(-1, 3) for _ in range(CALLS.size)]))


def swept(*flavors: Flavor, states: tuple[State, ...] = (PLAIN, ROOT)) -> Atlas:
    made = plan(space_named("make", flavors), states, flavors)
    with Store() as store:
        carry_out(made, flavors, store)
        return atlas(made, flavors, store)


# --- where calls stand ----------------------------------------------------------------------------------------------------


def test_what_nothing_depends_on_is_left_out() -> None:
    found = layout(CALLS, [chart_of(lambda flags, kind: 0 if "B" in flags and kind == "y" else AGREE)])
    assert {one.name for one in found.kept} == {"B", "kind"}
    assert {one.name for one in found.idle} == {"A", "C", "D"}
    assert (found.across * found.down, found.worth) == (6, 8)


def test_neighbours_differ_in_one_parameter() -> None:
    found = layout(CALLS, [noise(1)])
    for some in (found.columns, found.rows):
        places = order(some)
        assert sorted(places) == list(range(len(places)))
        digits = [_digits(place, [len(one.values) for one in some]) for place in places]
        assert all(sum(abs(a - b) for a, b in zip(one, other, strict=True)) == 1 for one, other in pairwise(digits))


def _digits(place: int, sizes: list[int]) -> list[int]:
    found = []
    for size in reversed(sizes):
        place, digit = divmod(place, size)
        found.append(digit)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_blocks_cover_every_square_once_and_in_its_own_colour(seed: int) -> None:
    chart = noise(seed)
    made = layout(CALLS, [chart])
    flat, across = squares(made, chart), made.across
    rows, columns = order(made.rows), order(made.columns)
    painted = [
        (x, y, one.place)
        for one in blocks(made, chart)
        for x in range(one.x, one.x + one.width)
        for y in range(one.y, one.y + one.height)
    ]
    assert sorted(painted) == [(x, y, flat[rows[y] * across + columns[x]]) for x in range(across) for y in range(made.down)]


def test_a_square_holds_the_calls_that_it_says() -> None:
    chart = chart_of(lambda flags, kind: "xyz".index(kind) if "C" in flags else AGREE)
    made = layout(CALLS, [chart])
    assert [one.name for one in made.kept if one.flag] == ["C"]
    flat = squares(made, chart)
    assert sorted(flat) == [AGREE] * 3 + [0, 1, 2]


def test_shapes_say_in_words_which_calls_are_meant() -> None:
    chart = chart_of(lambda flags, kind: 0 if "B" in flags and "A" not in flags and kind != "x" else AGREE)
    told = shapes(layout(CALLS, [chart]), chart, 9)
    assert {frozenset(text.split(", ")) for text in told[0][0]} == {frozenset({"B", "without A", "kind=y or z"})}
    assert told[0][1] == 0


@pytest.mark.parametrize("seed", range(3))
def test_shapes_leave_out_as_many_calls_as_they_say(seed: int) -> None:
    chart = noise(seed)
    made = layout(CALLS, [chart])
    every = shapes(made, chart, CALLS.size)
    assert all(left == 0 for _, left in every.values())
    few = shapes(made, chart, 2)
    assert any(left > 0 for _, left in few.values())
    assert all(len(texts) <= 2 for texts, _ in few.values())


def test_what_decides_most_turns_slowest() -> None:
    chart = chart_of(lambda flags, kind: 0 if "D" in flags else 1 if "A" in flags and kind == "y" else AGREE)
    assert layout(CALLS, [chart]).columns[0].name == "D"


# --- what is drawn --------------------------------------------------------------------------------------------------------


def test_buckets_have_letters_colours_and_patterns_of_their_own() -> None:
    assert [letter(place) for place in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
    assert len({style(place) for place in range(24)}) == 24
    filled = patterns()
    assert len(set(re.findall(r'<pattern id="(heat-\d+)"', filled))) == 24
    kinds = {re.sub(r' id="[^"]*"', "", one) for one in re.findall(r"<pattern.*?</pattern>", filled)}
    assert len(kinds) == 25  # no two are painted alike


def test_a_section_has_pictures_a_legend_and_the_same_in_words() -> None:
    (space,) = spaces_of([swept(ONE, TWO)], [ONE, TWO])
    text = sections([space], {})
    assert "32 calls from each of 2 states: 64 cases. They agree on 32, and differ on 32 in 3 buckets." in text
    assert "nothing depends on MASK, IDLE" in text
    assert text.count("<figure>") == 1  # both states are alike
    for number, bucket in enumerate(space.atlas.found.buckets):
        assert f'id="/space/make/{bucket.signature.ident}"' in text
        assert f'href="#/cell/sweep/make/{bucket.signature.ident}/one@1"' in text
        assert re.search(rf"<td>{letter(number)}</td><td>{bucket.count // 2}</td>", text)


def test_the_legend_links_to_the_findings_that_claim_a_bucket() -> None:
    (space,) = spaces_of([swept(ONE, TWO)], [ONE, TWO])
    name = space.cases[0].scenario.name
    assert '<a href="#/finding/why-so">why-so</a>' in sections([space], {name: ["why-so"]})
    assert "#/finding/" not in sections([space], {})
    assert "none: it is new" in sections([space], {name: []})
    assert "none: it is new" not in sections([space], {})


def test_states_in_which_all_goes_alike_are_a_sentence_and_no_picture() -> None:
    (space,) = spaces_of([swept(ONE, replace(ONE, id="two@1"))], [ONE, replace(ONE, id="two@1")])
    text = sections([space], {})
    assert "From plain, root: all calls come to the same on all of them." in text
    assert "<figure>" not in text


def test_the_script_gets_the_bucket_of_every_square() -> None:
    (space,) = spaces_of([swept(ONE, TWO)], [ONE, TWO])
    (given,) = data([space])
    assert isinstance(given, dict)
    ((states, text),) = given["charts"]
    assert states == ["plain", "root"]
    counts: Counter[str] = Counter()
    for sign, count in re.findall(r"([A-Z][a-z]*|[.?-])(\d*)", text):
        counts[sign] += int(count or 1)
    worth = space.layout.worth
    assert {sign: count * worth for sign, count in counts.items()} == {".": 16, "A": 8, "B": 4, "C": 4}


# --- how much there can be ------------------------------------------------------------------------------------------------

FLAGS = tuple((f"FLAG{place}", 1 << place) for place in range(17))


def motley(cases: int, buckets: int) -> Atlas:
    """A sweep of that many cases over as many flags as it takes, in no order at all, into so many buckets."""
    bits = cases.bit_length() - 1
    space = space_named("make", (ONE, TWO))
    space = replace(space, name="motley", axes=(Axis("flags", (0,), FLAGS[:bits]),))
    made = plan(space, (PLAIN,), (ONE, TWO), cases=1 << bits)
    (cell,) = made.cells
    found = swept(ONE, TWO).found.buckets
    draw = random.Random(7)
    places = array("i", [draw.randrange(-1, buckets) for _ in range(cell.count)])
    counts = Counter(places)
    many = tuple(
        replace(one, signature=replace(one.signature, facts=one.signature.facts * (1 + number)), count=counts[number])
        for number in range(buckets)
        for one in (found[number % len(found)],)
    )
    whole = replace(swept(ONE, TWO).found, plan=made, done=cell.count, agreeing=counts[AGREE], buckets=many)
    return Atlas(whole, (Chart(("plain",), places),))


def test_a_sweep_of_a_hundred_thousand_cases_makes_a_page_of_less_than_5_mb_in_less_than_30_seconds() -> None:
    """The worst there can be: neighbours never come to the same."""
    started = time.process_time()  # the processor's, not the clock's: others may be at work, too
    swept = motley(131_072, 200)
    text = html_report.render([compare(FORK, [ONE, TWO])], [ONE, TWO], beside=Beside(atlases=[swept]))
    assert time.process_time() - started < 30
    assert 200_000 < len(text.encode()) < 5_000_000
    assert "131,072 calls" in text
    assert "Too motley to be drawn" in text
    assert "80 more buckets" in text


def test_a_real_sweep_of_a_hundred_thousand_cases_is_told_in_its_buckets() -> None:
    bits = tuple((f"MORE{place}", 1 << 4 + place) for place in range(13))
    flavors = [_with_more_flags(one, bits) for one in (ONE, TWO)]
    made = plan(space_named("make", flavors), (PLAIN,), flavors)
    assert made.cases == 2 << 17
    started = time.process_time()
    with Store() as store:
        carry_out(made, flavors, store)
        found = atlas(made, flavors, store)
    text = html_report.render([], flavors, beside=Beside(atlases=[found]))
    assert time.process_time() - started < 30
    assert len(text.encode()) < 5_000_000
    assert "262,144 calls from each of 1 state" in text
    assert len(found.found.buckets) == 3


def _with_more_flags(flavor: Flavor, bits: tuple[tuple[str, int], ...]) -> Flavor:
    call = flavor.calls["make"]
    flags, loud = call.spec.params
    spec = replace(call.spec, params=(replace(flags, names=(*flags.names, *bits)), loud))
    return replace(flavor, calls={**flavor.calls, "make": replace(call, spec=spec)})


# --- hostile texts ----------------------------------------------------------------------------------------------------------

HOSTILE = "</script><img src=x onerror=alert(2)>&amp;\x1b[2J\x00\u202e\u2066\u2028\"'`|\n# x" + "x" * 10_000


def hostile() -> tuple[Atlas, list[Flavor]]:
    """A sweep all of whose names are hostile: flags, parameters, the call, the state, what flavors say."""
    flavors = [_renamed(replace(one, title=HOSTILE)) for one in (ONE, TWO, VAGUE)]
    state = replace(PLAIN, name=HOSTILE, title=HOSTILE)
    made = plan(replace(space_named("make", flavors), name=HOSTILE), (state,), flavors)
    with Store() as store:
        carry_out(made, flavors, store)
        return atlas(made, flavors, store), flavors


def _renamed(flavor: Flavor) -> Flavor:
    call = flavor.calls["make"]
    flags, loud = call.spec.params
    names = tuple((name if name == "NEW" else f"{name}{HOSTILE}", bit) for name, bit in flags.names)
    spec = replace(call.spec, params=(replace(flags, names=names), replace(loud, name="loud")))
    return replace(flavor, calls={**flavor.calls, "make": replace(call, spec=spec)})


def test_hostile_names_of_a_sweep_are_text_on_the_page() -> None:
    found, flavors = hostile()
    text = html_report.render([], flavors, beside=Beside(atlases=[found]))
    assert "<img" not in text
    assert text.count("<script") == 2
    for char in "\x1b\x00\u202e\u2066\u2028":
        assert char not in text
    assert "x" * 2001 not in text
    assert len(text) < 1_500_000


def test_hostile_names_of_a_sweep_are_text_on_a_terminal_and_in_json() -> None:
    found, _ = hostile()
    told = sweep_report.render(found.found, Look())
    for char in "\x1b\x00\u202e\u2066\u2028":
        assert char not in told
    assert sweep_report.to_json(found.found).isascii()
