from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from oracle.diff import Divergence
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.load import load_scenario
from oracle.register import Because, NotShown
from oracle.registry import load_flavors
from oracle.report import html_report, markdown_report, table_report
from oracle.report.look import Look
from oracle.report.page.markup import element, raw
from oracle.report.page.picture import picture
from oracle.report.page.plays import play
from oracle.report.page.rows import rows
from oracle.report.page.story import BORN, CRASH, Told
from oracle.scenario import Check, Defect, Scenario
from tests.unit.plugins import check, program, step
from tests.unit.toys import BARREN, CRASHING, LEAKY, ODD, TINY, VAGUE

FORK = replace(program(step(1, "parent", "fork", born="kid")), name="files/fork")
UMASK = replace(program(step(1, "parent", "umask", mask="077")), name="files/umask")
TWIN = replace(TINY, id="twin@1")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\x1b[2J\x00\u202e\u2066\u2028\"'`|" + "x" * 10_000
SPECS = Path(__file__).parents[2] / "specs"


class Page(HTMLParser):
    """What a browser would see: elements by name, the text of each row's cells, and the data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(text)
        self.data: dict[str, Any] = json.loads(self.texts["script"][0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.texts:
            self._open = tag
            self.texts[tag].append("")
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""
        if tag == "table":
            self._open = "-"

    def handle_data(self, data: str) -> None:
        if self._open in self.texts:
            self.texts[self._open][-1] += data
        elif self.rows and self._open != "-":
            self.rows[-1][-1:] = ["".join([*self.rows[-1][-1:], data.rstrip("\n")])]

    def story(self, row: int, flavor: int) -> list[tuple[str, str, list[tuple[int, str]]]]:
        """Heading, result and lines of each moment."""
        texts = self.data["texts"]
        out = []
        for number in self.data["rows"][row]["y"][flavor][0][1]:
            _, heading, result, flat = self.data["moments"][number]
            lines = [(flat[at], texts[flat[at + 1]]) for at in range(0, len(flat), 2)]
            out.append((texts[heading], texts[result], lines))
        return out


def page(scenarios: list[Scenario], *flavors: Flavor) -> Page:
    return Page(html_report.render([compare(one, flavors) for one in scenarios], flavors))


# --- the matrix ---------------------------------------------------------------------------------------------------------


def test_a_cell_says_which_outcome_and_the_row_what_differs() -> None:
    found = page([FORK, UMASK], TINY, BARREN)
    assert found.rows[0] == ["scenario", "tinyos@1", "barren@1", "what differs"]
    fork, umask = found.rows[2:4]
    assert fork[0].startswith("files/fork")
    assert fork[1:3] == ["A kid", "B EAGAIN"]
    assert fork[3].startswith("call.1 and ")
    assert umask[1:] == ["A", "A", "= all agree"]


def test_rows_on_which_all_agree_have_a_class_of_their_own() -> None:
    found = page([FORK, UMASK], TINY, BARREN)
    kinds = [attributes.get("class") for tag, attributes in found.tags if tag == "tr" and "data-row" in attributes]
    assert kinds == ["differs", "agrees"]
    colours = [attributes.get("class") for tag, attributes in found.tags if tag == "td" and "id" in attributes]
    assert colours == ["o0", "o1", "same", "same"]


def test_what_did_not_go_as_expected_stands_in_its_cell_in_words() -> None:
    found = page([UMASK], TINY, CRASHING, LEAKY, ODD, VAGUE)
    assert found.rows[2][1:6] == ["A 077", "! CRASH", "B INVARIANT", "B 022 *", "? unmodelled"]


def test_a_flavor_that_a_scenario_is_not_meant_for_has_no_link() -> None:
    found = page([replace(UMASK, only=("tinyos",))], TINY, BARREN)
    assert found.rows[2][1:] == ["A", "–not meant for it", "· not compared"]
    assert [
        attributes["href"] for tag, attributes in found.tags if tag == "a" and str(attributes["href"]).startswith("#/cell")
    ] == ["#/cell/files/umask/tinyos@1"]


def test_every_cell_has_an_address_that_needs_no_script() -> None:
    found = page([FORK], TINY, BARREN)
    targets = [attributes["id"] for tag, attributes in found.tags if tag == "td" and "id" in attributes]
    links = [str(attributes["href"]) for tag, attributes in found.tags if tag == "a"]
    assert targets == ["/cell/files/fork/tinyos@1", "/cell/files/fork/barren@1"]
    assert {f"#{target}" for target in targets} <= set(links)


def test_a_defect_is_named_in_its_row_and_in_the_cells_that_have_it() -> None:
    sign = Check(2, check(2, call__1="EAGAIN").expected, sign=True)
    scenario = replace(FORK, steps=(*FORK.steps, sign), defect=Defect("barren/Q1", ("barren",)))
    found = page([scenario], TINY, BARREN)
    assert "defect barren/Q1" in found.rows[2][0]
    assert found.rows[2][1:3] == ["A kid", "B EAGAIN has it"]


def test_entries_that_no_scenario_shows_are_listed() -> None:
    missing = NotShown("barren/Q2", ("barren",), Because.OUTSIDE, "It is <elsewhere>.")
    text = html_report.render([compare(FORK, [TINY, BARREN])], [TINY, BARREN], [missing])
    assert "<b>barren/Q2</b> (outside): It is &lt;elsewhere&gt;." in text


# --- texts of others ----------------------------------------------------------------------------------------------------


def hostile() -> tuple[list[Comparison], tuple[Flavor, ...]]:
    flavors = (replace(TINY, title=HOSTILE), replace(BARREN, unmodelled={HOSTILE: HOSTILE}))
    scenario = replace(UMASK, name=f"files/{HOSTILE}", title=HOSTILE, why=HOSTILE, topic=HOSTILE)
    values: tuple[tuple[str, Value | None], ...] = (("tinyos@1", HOSTILE), ("barren@1", (HOSTILE, "y")))
    made = replace(compare(scenario, flavors), divergences=(Divergence(HOSTILE, values),))
    return [made, replace(made, scenario=replace(scenario, why="another"))], flavors


def test_markup_and_controls_stay_text_in_html() -> None:
    comparisons, flavors = hostile()
    text = html_report.render(comparisons, flavors)
    found = Page(text)
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert not {"img"} & {tag for tag, _ in found.tags}
    assert not [key for _, attributes in found.tags for key in attributes if key.startswith("on")]
    assert {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl")} == {"\n"}
    assert found.data["rows"][0]["t"].startswith(
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\\x1b[2J\\x00\\u202e"
    )
    assert len(text) < 300_000


def test_rows_whose_names_are_alike_once_they_are_cut_have_different_addresses() -> None:
    comparisons, flavors = hostile()
    other = replace(comparisons[0].scenario, name=comparisons[0].scenario.name + "y")
    found = Page(html_report.render([comparisons[0], replace(comparisons[0], scenario=other)], flavors))
    targets = [attributes["id"] for tag, attributes in found.tags if tag == "td" and "id" in attributes]
    assert len(set(targets)) == 4


def test_markup_and_controls_stay_text_in_markdown_and_on_a_terminal() -> None:
    comparisons, flavors = hostile()
    ids = [flavor.id for flavor in flavors]
    for text in (markdown_report.render(comparisons[:1], ids), table_report.render(comparisons[:1], ids, Look(100))):
        assert {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl")} == {"\n"}
    for line in markdown_report.render(comparisons[:1], ids).splitlines():
        outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert not re.search(r"(?<!\\)<(?:script|img)", outside)


def test_what_is_no_markup_is_escaped_everywhere() -> None:
    assert element("p", "<b>", raw("<i>"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;<i></p>'


# --- stories and pictures -----------------------------------------------------------------------------------------------


def test_a_cell_tells_its_run_step_by_step() -> None:
    found = page([FORK], TINY, BARREN)
    start, fork, end = found.story(0, 0)
    assert start[0] == "start"
    assert fork[:2] == ("parent: fork() as kid", "kid")
    assert next(text for kind, text in fork[2] if kind == BORN).startswith("kid is born, like parent except: ")
    assert end[1] == "as expected"
    assert found.story(0, 1)[1][1] == "EAGAIN"


def test_flavors_that_do_the_same_share_one_story() -> None:
    found = page([FORK], TINY, TWIN, BARREN)
    tiny, twin, barren = found.data["rows"][0]["y"]
    assert tiny[0][:3] == twin[0][:3]
    assert tiny[0][1] != barren[0][1]
    assert len(found.data["moments"]) < 6


def test_a_crash_is_told_as_far_as_it_got() -> None:
    lines = page([UMASK], TINY, CRASHING).story(0, 1)[-1][2]
    assert [kind for kind, _ in lines] == [CRASH]
    assert lines[0][1].startswith("RuntimeError: boom <object object at 0x…>")


def test_a_picture_has_who_is_there_and_what_they_share() -> None:
    facts: dict[str, Value] = {
        "parent.state": "asleep",
        "parent.parent": "shell",
        "kid.state": "running",
        "kid.parent": "parent",
        "old.state": "reaped",
        "parent~kid.memory": "shared",
        "parent~kid.files": "apart",
        "parent~kid.handlers": "shared",
        "parent~kid.regions": ("data", "heap"),
        "parent~kid.offsets": (),
        "machine.nprocs": 5,
    }
    people, links = picture(facts)
    assert people == [["parent", "shell", "asleep"], ["kid", "parent", "running"]]
    assert links == [["parent", "kid", 0b1001, "data, heap", ""]]


def test_the_picture_follows_the_steps() -> None:
    found = page([FORK], TINY)
    run = found.data["rows"][0]["y"][0][0]
    before, after, _ = (found.data["pictures"][number] for number in run[2])
    assert [who for who, _, _ in before[0]] == ["parent"]
    assert [who for who, _, _ in after[0]] == ["parent", "kid"]


def test_runs_for_which_there_is_no_room_are_counted() -> None:
    comparison = compare(FORK, [TINY, BARREN])
    found = rows([comparison], ["tinyos@1", "barren@1"]).rows
    told = play(found, [TINY, BARREN], Told(), 1, 10**6)
    assert (set(told.by_cell), told.untold) == ({(0, "tinyos@1")}, 1)
    assert play(found, [TINY, BARREN], Told(), 5, 0).untold == 2


# --- our own flavors ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours() -> Page:
    flavors = tuple(one for one in load_flavors().flavors if one.id in ("dragonfly@1.67", "netbsd@1.189"))
    files = [SPECS / "races/interrupt.yaml", SPECS / "limits/last-ten-slots.yaml"]
    return page([load_scenario(file, flavors, SPECS) for file in files], *flavors)


def test_outcomes_of_concurrent_steps_have_their_schedules_told(ours: Page) -> None:
    (row,) = [one for one in ours.data["rows"] if one["n"] == "races/interrupt"]
    witnesses = {where[1] for _, where in row["x"] if where[1] is not None}
    assert {run[0] for run in row["y"][1]} == witnesses | {""}
    assert len(witnesses) > 2
    assert any(where[0] is None for _, where in row["x"])


def test_a_run_names_the_lines_of_c_that_it_passed(ours: Page) -> None:
    """The process that is one too many is refused; RFPROC is set, so nothing is unshared."""
    (row,) = [one for one in ours.data["rows"] if one["n"] == "limits/last-ten-slots"]
    flavor = ours.data["flavors"][0]
    passed: set[int] = set()
    for part in row["y"][0][0][3].split(", "):
        first, _, last = part.partition("-")
        passed.update(range(int(first), int(last or first) + 1))
    lines = {line for at in passed for line in range(flavor["marks"][at][0], flavor["marks"][at][1] + 1)}
    assert 295 in lines
    assert 228 not in lines


def test_a_flavor_has_its_constants_calls_and_coverage(ours: Page) -> None:
    netbsd = ours.data["flavors"][1]
    assert ["SIGCHLD", "20"] in netbsd["signals"]
    assert ["__clone", False] in [[name, portable] for name, _, _, portable in netbsd["calls"]]
    ((source, functions, left_out),) = netbsd["coverage"]
    assert source.endswith("kern_fork.c 1.189")
    counts = {name: numbers for name, *numbers in functions}
    assert counts["fork1"][0] == counts["fork1"][1] + counts["fork1"][2] + counts["fork1"][3]
    assert 0 < counts["fork1"][5] < counts["fork1"][4]
    assert left_out


# --- size and safety ----------------------------------------------------------------------------------------------------


def test_the_page_needs_nothing_else_and_allows_nothing_else() -> None:
    text = html_report.render([compare(FORK, [TINY, BARREN])], [TINY, BARREN])
    found = Page(text)
    (rules,) = [attributes["content"] for tag, attributes in found.tags if attributes.get("http-equiv")]
    for kind, inline in (("style", found.texts["style"][0]), ("script", found.texts["script"][1])):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in str(rules)
    assert str(rules).startswith("default-src 'none'; ")
    assert not [tag for tag, attributes in found.tags if "src" in attributes or tag in ("link", "iframe")]
    assert all(str(attributes["href"]).startswith("#") for tag, attributes in found.tags if tag == "a")


def test_the_same_comparisons_make_the_same_bytes() -> None:
    comparisons = [compare(one, [TINY, BARREN]) for one in (FORK, UMASK)]
    assert html_report.render(comparisons, [TINY, BARREN]) == html_report.render(comparisons, [TINY, BARREN])


def test_very_many_scenarios_become_buckets_of_those_with_which_all_goes_alike() -> None:
    alike, unlike = compare(UMASK, [TINY, BARREN]), compare(FORK, [TINY, BARREN])
    many = [
        replace(one, scenario=replace(one.scenario, name=f"files/{n:02}"))
        for n, one in enumerate([alike, unlike, alike, alike])
    ]
    found = rows(many, ["tinyos@1", "barren@1"], separate=3)
    assert [(row.names, row.count) for row in found.rows] == [(("files/00", "files/02", "files/03"), 3), (("files/01",), 1)]
    assert [row.count for row in rows(many, ["tinyos@1", "barren@1"], separate=4).rows] == [1, 1, 1, 1]


def test_buckets_beyond_the_last_that_fits_are_counted_and_what_failed_comes_first() -> None:
    alike, unlike, crashed = compare(UMASK, [TINY, BARREN]), compare(FORK, [TINY, BARREN]), compare(UMASK, [TINY, CRASHING])
    many = [
        replace(one, scenario=replace(one.scenario, name=f"files/{n:02}"))
        for n, one in enumerate([alike, alike, unlike, crashed])
    ]
    found = rows(many, ["tinyos@1", "barren@1"], separate=1, most=2)
    assert [row.names for row in found.rows] == [("files/02",), ("files/03",)]
    assert (found.left_out, found.scenarios) == (1, 2)


def test_a_hundred_thousand_cases_make_a_page_of_less_than_5_mb_in_less_than_30_seconds() -> None:
    flavors = [TINY, TWIN, BARREN, VAGUE]
    kinds = [compare(one, flavors) for one in (FORK, UMASK)]
    scenarios = [kind.scenario for kind in kinds]
    cases = []
    for number in range(100_000):
        kind = number % 2
        scenario = replace(scenarios[kind], name=f"topic/case-{number}", topic=f"topic-{number % 40}")
        base = kinds[kind]
        if number % 3 == 0:  # one case in three is like no other
            extra = Divergence("machine.nprocs", (("tinyos@1", number), ("twin@1", number), ("barren@1", 3)))
            base = replace(base, divergences=(extra, *base.divergences))
        cases.append(replace(base, scenario=scenario))
    started = time.process_time()  # the processor's, not the clock's: others may be at work, too
    text = html_report.render(cases, flavors)
    assert time.process_time() - started < 30
    assert 100_000 < len(text.encode()) < 5_000_000
    assert "would not fit; report.json has all." in text
