"""What Markdown, JSON and the page say of findings, and that nothing that stands in a finding can break them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from oracle.findings.claims import Claimed, Claims
from oracle.harness import Comparison, compare
from oracle.report import findings_report, html_report, json_report, markdown_report
from oracle.report.claimed import advice_for, c_of, citation, groups, short, witnesses
from oracle.report.html_report import Beside
from oracle.report.look import Look
from oracle.report.page.findings import pages
from oracle.sources.listing import Listing
from tests.unit.plugins import program, step
from tests.unit.sample_findings import CASES, NETBSD, SAMPLES, SLOTS, apart, hostile
from tests.unit.toys import BARREN, TINY

FORK = replace(program(step(1, "parent", "fork", born="kid")), name="files/fork")
UMASK = replace(program(step(1, "parent", "umask", mask="077")), name="files/umask")
IDS = ["tinyos@1", "barren@1"]
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\x1b[2J\x00\u202e\u2066\u2028\"'`|\n# x\n"
    + "x" * 10_000
)


def comparisons() -> list[Comparison]:
    return [compare(one, [TINY, BARREN]) for one in (FORK, UMASK)]


def claims(*claimed: tuple[str, str, tuple[str, ...]]) -> Claims:
    return Claims(tuple(Claimed(apart(scenario, path), findings) for scenario, path, findings in claimed))


CLAIMS = claims(
    ("files/fork", "call.1", (SLOTS.id,)),
    ("files/fork", "machine.nprocs", (SLOTS.id,)),
    ("files/fork", "parent.children", ()),
    ("files/umask", "call.1", (SLOTS.id, CASES.id)),
)


# --- lines ----------------------------------------------------------------------------------------------------------------


def test_a_line_is_told_from_words() -> None:
    assert citation(f"{NETBSD}, fork1 [94-96, 98]") == (NETBSD, "fork1", "94-96, 98")
    assert citation(f"{NETBSD}, fork1") == (NETBSD, "fork1", "")
    assert citation("is not made") is None
    assert short(f"{NETBSD}, fork1 [94-96, 98]") == "kern_fork.c 1.189, fork1 [94-96, 98]"
    assert short("is/not made") == "is/not made"


def test_the_c_of_a_line_is_shown_where_its_listing_is_at_hand() -> None:
    listing = Listing("1 int f(void)\n2 {\n3  return 1;\n4 }\n")
    assert c_of(f"{NETBSD}, f [3]", {NETBSD: listing}) == [(3, " return 1;")]
    assert c_of(f"{NETBSD}, f [3]", {}) == []
    assert c_of("is not made", {NETBSD: listing}) == []


def test_advice_for_a_flavor_comes_before_that_for_its_system() -> None:
    assert advice_for(SLOTS, "netbsd@1.189") == "Nothing to do."
    assert advice_for(SLOTS, "netbsd@2") == "Never read."
    assert advice_for(SLOTS, "dragonfly@1.62") == "Leave ten slots."
    assert advice_for(CASES, "dragonfly@1.62") == ""


def test_facts_that_were_decided_alike_stand_together() -> None:
    other = Claimed(apart("files/fork", "kid.state", line="is not made"), (SLOTS.id,))
    found = groups([*CLAIMS.by_scenario()["files/fork"], other])
    assert [(one.paths, one.findings) for one in found] == [
        (("call.1", "machine.nprocs"), (SLOTS.id,)),
        (("parent.children",), ()),
        (("kid.state",), (SLOTS.id,)),
    ]


def test_a_finding_knows_its_scenarios() -> None:
    found = witnesses(CLAIMS)
    assert [one.scenario for one in found[SLOTS.id]] == ["files/fork", "files/umask"]
    assert found[SLOTS.id][0].paths == ("call.1", "machine.nprocs")
    assert witnesses(None) == {}


# --- Markdown and JSON ----------------------------------------------------------------------------------------------------


def test_markdown_lists_findings_and_names_what_is_new() -> None:
    text = markdown_report.render(comparisons(), IDS, catalogue=SAMPLES, claims=CLAIMS)
    assert "4 differences between pairs of flavors, claimed by 2 findings; 1 new, in `files/fork`." in text
    assert "| `last-ten-slots` | DragonFly keeps ten process slots" in text
    assert "| design | limits | `netbsd@*` / `dragonfly@*` | 2 |" in text
    assert "Findings: `last-ten-slots`. **New**: `parent.children`." in text
    assert "Findings: `last-ten-slots`, `revisions-part`." in text
    nothing_new = markdown_report.render(comparisons(), IDS, catalogue=SAMPLES, claims=claims(("a", "b", (SLOTS.id,))))
    assert "claimed by 1 finding, none new." in nothing_new


def test_markdown_without_a_catalogue_says_nothing_of_findings() -> None:
    assert "inding" not in markdown_report.render(comparisons(), IDS)


def test_json_has_findings_and_who_claims_what() -> None:
    found = json.loads(json_report.render(comparisons(), IDS, catalogue=SAMPLES, claims=CLAIMS))
    slots = found["findings"][0]
    assert (slots["id"], slots["scenarios"]) == ("last-ten-slots", ["files/fork", "files/umask"])
    assert slots["advice"] == dict(SLOTS.advice)
    pair = ["tinyos@1", "barren@1"]
    assert found["scenarios"][0]["claims"] == [
        {"findings": ["last-ten-slots"], "facts": ["call.1", "machine.nprocs"], "pairs": [pair]},
        {"findings": [], "facts": ["parent.children"], "pairs": [pair]},
    ]
    assert json.loads(json_report.render(comparisons(), IDS))["scenarios"][0]["claims"] is None


def test_pairs_of_flavors_that_part_on_the_same_facts_stand_together() -> None:
    three = Claims(tuple(Claimed(apart("files/fork", path, one), ()) for path in ("a", "b") for one in ("tinyos@1", "twin@1")))
    found = json.loads(json_report.render(comparisons(), IDS, claims=three))["scenarios"][0]["claims"]
    pairs = [["tinyos@1", "barren@1"], ["twin@1", "barren@1"]]
    assert found == [{"findings": [], "facts": ["a", "b"], "pairs": pairs}]


# --- the page -------------------------------------------------------------------------------------------------------------


def test_a_finding_has_a_page_with_sides_advice_and_scenarios() -> None:
    text = pages(SAMPLES, CLAIMS, {})
    (page,) = re.findall(r'<article id="/finding/last-ten-slots".*?</article>', text, re.DOTALL)
    for words in (SLOTS.consequence, "forks until the table is full", "Leave ten slots.", "netbsd/Q4", "posix-fork/7"):
        assert words in page
    assert "<code>kern_fork.c 1.189, fork1 [258]</code>" in page
    assert '<a href="#/cell/files/fork/tinyos@1?with=barren@1">files/fork</a>: call.1, machine.nprocs' in page
    assert 'href="#/?finding=last-ten-slots"' in page


def test_the_c_of_a_finding_keeps_its_shape_and_stays_text() -> None:
    listing = Listing("".join(f"{number} \tif (a < b && c)\n" for number in range(1, 301)))
    text = pages(SAMPLES, None, {NETBSD: listing})
    assert "  258     if (a &lt; b &amp;&amp; c)\n" in text or "  258     if (a &lt; b &amp;&amp; c)</pre>" in text


def test_the_index_says_what_no_finding_claims() -> None:
    assert "1 difference in 1 scenario claimed by none: files/fork; <a" in pages(SAMPLES, CLAIMS, {})
    assert "claimed by none" not in pages(SAMPLES, claims(("files/fork", "call.1", (SLOTS.id,))), {})


def test_cells_know_the_lines_and_findings_of_their_facts() -> None:
    text = html_report.render(comparisons(), [TINY, BARREN], beside=Beside(SAMPLES, CLAIMS))
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert match is not None
    data = json.loads(match[1])
    ids = [one["id"] for one in data["findings"]]
    row = data["rows"][0]
    pair, paths, ours, _, found = row["g"][0]
    assert (pair, [data["texts"][one] for one in paths]) == ([0, 1], ["call.1", "machine.nprocs"])
    assert [data["texts"][one] for one in ours] == ["kern_fork.c 1.189, fork1 [258]"]
    assert [ids[one] for one in found] == ["last-ten-slots"]
    assert row["g"][1][4] == []


def test_very_many_findings_leave_room_for_the_rest_of_the_page() -> None:
    long = "x" * 2000
    side = replace(SLOTS.sides[0], does=long, decided=tuple(f"{NETBSD}, fork1 [{number}]" for number in range(60)))
    many = [replace(SLOTS, id=f"f{n}", title=long, consequence=long, sides=(side, SLOTS.sides[1])) for n in range(300)]
    text = html_report.render(comparisons(), [TINY, BARREN], beside=Beside(many, CLAIMS))
    assert len(text.encode()) < 5_000_000


# --- hostile texts --------------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def hostile_claims() -> tuple[Claims, list[str]]:
    line = hostile(HOSTILE).sides[1].decided
    made = replace(apart("files/fork", HOSTILE), lines=(line, (HOSTILE,)))
    return Claims((Claimed(made, (HOSTILE,)), Claimed(replace(made, scenario=HOSTILE), ()))), [*line]


def test_hostile_findings_are_text_on_the_page() -> None:
    found, _ = hostile_claims()
    text = html_report.render(comparisons(), [TINY, BARREN], beside=Beside([hostile(HOSTILE)], found))
    elements = Elements(text).found
    assert not [one for one in elements if one[0] == "img" or any(name.startswith("on") for name in one[1])]
    assert [tag for tag, _ in elements].count("script") == 2
    for char in "\x1b\x00\u202e\u2066\u2028":
        assert char not in text
    assert "x" * 2001 not in text
    assert len(text) < 1_000_000


def test_hostile_findings_are_text_in_markdown() -> None:
    found, _ = hostile_claims()
    text = markdown_report.render(comparisons(), IDS, catalogue=[hostile(HOSTILE)], claims=found)
    for char in "\x1b\x00\u202e\u2066\u2028":
        assert char not in text
    assert "\n# x" not in text
    for line in text.splitlines():
        outside_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<img" not in outside_code.replace("\\<", "")
        if line.startswith("|") and "accident" in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 7


def test_hostile_findings_are_text_on_a_terminal() -> None:
    found, _ = hostile_claims()
    one, look = hostile(HOSTILE), Look()
    texts = [
        findings_report.table([one], look),
        findings_report.one(one, {}, look),
        findings_report.claimed([one], found, look),
        findings_report.new(found.unclaimed, {}, look),
    ]
    for text in texts:
        for char in "\x1b\x00\u202e\u2066\u2028":
            assert char not in text


@pytest.mark.parametrize(("files", "words"), [({"x/a": "my/x/a.yaml"}, " my/x/a.yaml"), ({}, "")])
def test_too_many_scenarios_are_named_by_where_they_were_looked_for(files: dict[str, str], words: str) -> None:
    found, _ = hostile_claims()
    differences = [replace(one, apart=replace(one.apart, scenario="x/a")) for one in found.unclaimed]
    assert f"triage{words} --drafts" in findings_report.new(differences, files, Look())
    many = [replace(one, apart=replace(one.apart, scenario=f"x/{number}")) for number in range(9) for one in differences]
    named = {f"x/{number}": f"{number}.yaml" for number in range(9)}
    assert "triage 'my own' --drafts" in findings_report.new(many, named, Look(), given=[Path("my own")])


def test_hostile_findings_are_ascii_in_json() -> None:
    found, _ = hostile_claims()
    text = json_report.render(comparisons(), IDS, catalogue=[hostile(HOSTILE)], claims=found)
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["findings"][0]["title"] == HOSTILE


@pytest.mark.parametrize("size", [3, 40])
def test_the_same_findings_make_the_same_bytes(size: int) -> None:
    for render in (markdown_report.render, json_report.render):
        one = render(comparisons()[:size], IDS, catalogue=SAMPLES, claims=CLAIMS)
        assert one == render(comparisons()[:size], IDS, catalogue=SAMPLES[::-1], claims=CLAIMS)
