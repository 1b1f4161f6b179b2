"""The page of the report as a person meets it. FORK_ORACLE_SCREENSHOTS names a folder for pictures to look at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.diff import Divergence
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.harness import compare, compare_all
from oracle.load import find_scenarios, load_scenario
from oracle.registry import load_flavors
from oracle.report import html_report
from oracle.report.html_report import Beside
from oracle.sweep.atlas import Atlas, atlas
from oracle.sweep.plan import Plan, plan
from oracle.sweep.standard import standard
from oracle.sweep.states import states_named
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out
from tests.browser.chromium import ROOT, Browser, axe, chromium, programs
from tests.unit.plugins import program, step
from tests.unit.sample_findings import SAMPLES, claimed
from tests.unit.toys import BARREN, TINY

pytestmark = pytest.mark.skipif(
    programs() is None, reason="needs chromium and chromedriver (Debian: chromium, chromium-driver) on the PATH"
)

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\"><b>\x1b\u202e" + "long" * 2_500
CELL = "#/cell/limits/last-ten-slots/netbsd@1.189"
RACE = "#/cell/races/interrupt/netbsd@1.189"
FLAVOR = "#/flavor/netbsd@1.189"
FINDING, FINDINGS, GUIDE = "#/finding/last-ten-slots", "#/findings", "#/guide/netbsd@1.189/dragonfly@1.62"
SPACE, INTENTS = "#/space/rfork", "#/space/spawn"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SEEN = "return [...document.querySelectorAll('#table tr[data-row]:not([hidden]) .name')].map((one) => one.textContent)"
HEADING = "return document.querySelector('#view h2')?.textContent"
RIGHT, DOWN, ENTER = "\ue014", "\ue015", "\ue007"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a part of our scenarios."""
    flavors = load_flavors().select([])
    specs = ROOT / "specs"
    files = [
        *find_scenarios([specs / "limits"]),
        *find_scenarios([specs / "races"]),
        specs / "defects/netbsd-q4-wrong-pid.yaml",
    ]
    scenarios = sorted((load_scenario(file, flavors, specs) for file in files), key=lambda one: one.name)
    place = tmp_path_factory.mktemp("report") / "index.html"
    claims = claimed([one for one in scenarios if not one.concurrent], flavors, SAMPLES)
    states = {"rfork": ("plain", "threads", "traced"), "spawn": ("plain",)}
    swept = [atlas_of(one, flavors, states[one.space.name]) for one in standard(flavors)]
    beside = Beside(SAMPLES, claims, {}, swept)
    place.write_text(html_report.render(compare_all(scenarios, flavors), flavors, beside=beside), "utf-8")
    return place


def atlas_of(made: Plan, flavors: Sequence[Flavor], states: tuple[str, ...]) -> Atlas:
    """A standard sweep, from some states alone."""
    mine = [flavor for flavor in flavors if flavor.id in made.flavors]
    short = plan(made.space, states_named(states), mine)
    with Store() as store:
        carry_out(short, mine, store)
        return atlas(short, mine, store)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(autouse=True)
def plain_window(browser: Browser) -> None:
    browser.resize(*SIZES["desktop"])
    browser.tell("Emulation.setEmulatedMedia", media="", features=[])
    browser.said()


def test_typing_filters_the_matrix_and_the_address_remembers_it(browser: Browser, report: Path) -> None:
    browser.open(report)
    assert len(browser.run(SEEN)) > 20
    browser.type("#f-q", "last slots")
    assert browser.run(SEEN) == ["limits/last-slots-for-root", "limits/last-ten-slots"]
    assert browser.run("return document.getElementById('shown').textContent").startswith("2 of ")
    fragment = browser.run("return location.hash")
    browser.open(report, fragment)
    assert browser.run(SEEN) == ["limits/last-slots-for-root", "limits/last-ten-slots"]
    assert browser.said() == []


@pytest.mark.parametrize(
    ("query", "has", "lacks"),
    [
        ("topic=races", "races/interrupt", "limits/last-ten-slots"),
        ("fact=call.<step>", "limits/last-ten-slots", "races/interrupt"),
        ("show=agrees", "limits/charged-where-born", "limits/last-ten-slots"),
        ("show=differs", "limits/last-ten-slots", "limits/charged-where-born"),
        ("a=dragonfly@1.62&b=netbsd@1.189", "limits/last-ten-slots", "limits/charged-where-born"),
        ("a=dragonfly@1.62&b=dragonfly@1.67", "limits/init-gives-slots-back", "limits/last-ten-slots"),
        ("defects=1", "defects/netbsd-q4-wrong-pid", "limits/last-ten-slots"),
        ("flavor=dragonfly@1.62", "limits/last-ten-slots", "defects/netbsd-q4-wrong-pid"),
    ],
)
def test_filters_show_what_fits_and_hide_what_does_not(
    browser: Browser, report: Path, query: str, has: str, lacks: str
) -> None:
    browser.open(report)
    every = browser.run(SEEN)
    assert {has, lacks} <= set(every)
    browser.open(report, f"#/?{query}")
    seen = browser.run(SEEN)
    assert has in seen
    assert lacks not in seen


def test_a_link_to_a_cell_opens_it_with_both_timelines_and_pictures(browser: Browser, report: Path) -> None:
    browser.open(report, CELL)
    assert browser.run(HEADING) == "limits/last-ten-slots"
    assert browser.run("return document.title").startswith("limits/last-ten-slots on netbsd@1.189")
    heads = browser.run("return [...document.querySelectorAll('.sides thead th')].map((one) => one.textContent)")
    assert heads == ["step", "netbsd@1.189", "dragonfly@768af85b"]
    results = browser.run("return [...document.querySelectorAll('.sides .result.diff')].map((one) => one.textContent)")
    assert results == ["over (differs)", "EAGAIN, 500 ms (differs)"]
    roles = (
        "const text = (one) => one.textContent; "
        "return [...document.querySelectorAll('#view svg')].map((one) => [...one.querySelectorAll('.role')].map(text))"
    )
    assert [sorted(found) for found in browser.run(roles)] == [["last", "over", "parent", "shell"], ["last", "parent", "shell"]]
    assert "shared offsets: of 0" in browser.run("return document.querySelector('#view svg').textContent")
    assert browser.said() == []


def test_the_other_side_can_be_chosen_by_address(browser: Browser, report: Path) -> None:
    browser.open(report, CELL + "?with=dragonfly@768af85b")
    heads = browser.run("return [...document.querySelectorAll('.sides thead th')].map((one) => one.textContent)")
    assert heads[1:] == ["netbsd@1.189", "dragonfly@768af85b"]


def test_the_pictures_follow_the_steps(browser: Browser, report: Path) -> None:
    browser.open(report, CELL)
    count = "return document.querySelectorAll('#view svg:first-of-type rect').length"
    most = browser.run(count)
    for _ in range(6):
        browser.run("[...document.querySelectorAll('.stepper button')].find((one) => one.textContent === 'Earlier').click()")
    assert browser.run("return document.querySelector('.stepper p').textContent") == "At the start"
    assert browser.run(count) < most


def test_schedules_of_concurrent_steps_can_be_chosen(browser: Browser, report: Path) -> None:
    browser.open(report, RACE)
    before = browser.run("return document.querySelector('.sides').textContent")
    browser.run("const s = document.querySelector('#view select'); s.selectedIndex = 1; s.dispatchEvent(new Event('input'))")
    assert browser.run("return document.querySelector('.sides').textContent") != before
    assert browser.said() == []


def test_the_keyboard_gets_everywhere(browser: Browser, report: Path) -> None:
    """Arrows go from cell to cell, Enter opens one, and coming back the focus is where it was."""
    browser.open(report, "#/?topic=limits&show=differs")
    browser.run("document.querySelector('#table tr[data-row]:not([hidden]) td a').focus()")
    browser.press(RIGHT)
    browser.press(DOWN)
    focused = "return document.activeElement.getAttribute('href')"
    there = browser.run(focused)
    assert there == "#/cell/limits/daemon-with-lowered-euid/dragonfly@1.67"
    browser.press(ENTER)
    browser.until(HEADING, "limits/daemon-with-lowered-euid")
    assert browser.run("return document.activeElement.textContent") == "limits/daemon-with-lowered-euid"
    browser.run("document.querySelector('#view nav a').click()")
    browser.until("return location.hash", "#/?topic=limits&show=differs")
    browser.until(focused, there)


def test_a_page_of_a_flavor_has_its_constants_and_coverage(browser: Browser, report: Path) -> None:
    browser.open(report, FLAVOR)
    text = browser.run("return document.getElementById('view').innerText")
    assert re.search(r"SIGCHLD\s+20", text)
    assert "How much of NetBSD sys/kern/kern_fork.c 1.189 is covered" in text
    assert "__clone" in text
    assert browser.said() == []


VISIBLE = "return document.querySelector('#static > .page:not([hidden])')"
TEXT = f"{VISIBLE}?.innerText"


def test_a_finding_links_to_its_scenarios_and_they_link_back(browser: Browser, report: Path) -> None:
    browser.open(report, FINDING)
    text = browser.run(TEXT)
    assert "DragonFly keeps ten process slots for the superuser" in text
    assert "forks until the table is full" in text
    browser.run(f"{VISIBLE}.querySelector('ul a[href*=last-ten-slots]').click()")
    browser.until(HEADING, "limits/last-ten-slots")
    decided = "return [...document.querySelectorAll('.decided tbody tr')].map((one) => one.innerText.replace(/\\s+/g, ' '))"
    found = browser.run(decided)
    assert any(one.startswith("call.3 kern_fork.c 1.62, fork1 [239-240] kern_fork.c 1.189, fork1 [") for one in found)
    assert any(one.endswith("none: it is new") for one in found)
    browser.run("document.querySelector('.decided a').click()")
    browser.until(f"{VISIBLE}?.id", "/finding/last-ten-slots")
    assert browser.said() == []


def test_the_lines_that_decided_follow_the_other_side(browser: Browser, report: Path) -> None:
    browser.open(report, CELL + "?with=dragonfly@768af85b")
    assert "kern_fork.c 768af85b, fork1" in browser.run("return document.querySelector('.decided').innerText")
    assert "1.62" not in browser.run("return document.querySelector('.decided').innerText")


@pytest.mark.parametrize(("finding", "seen"), [("last-ten-slots", ["limits/last-ten-slots"]), ("none-such", None)])
def test_the_matrix_can_be_filtered_by_finding(browser: Browser, report: Path, finding: str, seen: list[str] | None) -> None:
    browser.open(report)
    every = browser.run(SEEN)
    browser.open(report, f"#/?finding={finding}")
    assert browser.run(SEEN) == (every if seen is None else seen)


def test_the_index_of_findings_can_be_filtered(browser: Browser, report: Path) -> None:
    entries = "return [...document.querySelectorAll('#findings-table tbody tr:not([hidden]) a')].map((one) => one.textContent)"
    browser.open(report, FINDINGS)
    assert len(browser.run(entries)) == 2
    kind = "const kind = document.querySelector('.page:not([hidden]) .ask select'); "
    browser.run(kind + "kind.value = 'defect'; kind.dispatchEvent(new Event('input'))")
    assert browser.run(entries) == ["Revisions of DragonFly part on this"]
    assert "1 of 2 findings" in browser.run(TEXT)


def test_a_guide_says_what_changes_on_the_way_and_can_be_turned_round(browser: Browser, report: Path) -> None:
    browser.open(report, GUIDE)
    text = browser.run("return document.getElementById('view').innerText")
    assert "netbsd@1.189: forks until the table is full" in text
    assert "What to do: Leave ten slots." in text
    assert "Revisions of DragonFly" not in text  # says nothing of NetBSD
    there = "const [from, to] = document.querySelectorAll('#view select');"
    browser.run(there + "from.value = 'dragonfly@1.62'; to.value = 'netbsd@1.189'; to.dispatchEvent(new Event('input'))")
    browser.until(HEADING, "From dragonfly@1.62 to netbsd@1.189")
    assert "What to do: Nothing to do." in browser.run("return document.getElementById('view').innerText")
    assert browser.said() == []


def test_a_picture_of_all_words_answers_which_bucket_a_call_is_in(browser: Browser, report: Path) -> None:
    browser.open(report, SPACE)
    answer = f"{VISIBLE}.querySelector('[role=status]').innerText"
    assert browser.run(answer).startswith("rfork() from threads: bucket A, 29c93504")
    choose = (
        f"const page = {VISIBLE.removeprefix('return ')}; const set = (label, value) => {{"
        "const labels = [...page.querySelectorAll('label')];"
        "const input = labels.find((one) => one.textContent.trim().startsWith(label)).querySelector('input, select');"
        "if (input.type === 'checkbox') input.checked = value; else input.selectedIndex = value;"
        "input.dispatchEvent(new Event('input')); };"
    )
    browser.run(choose + "set('From', 1); set('RFPROC', true);")
    assert browser.run(answer).startswith("rfork(RFPROC) from traced: bucket ")
    browser.run(choose + "set('RFCFDG', true); set('RFFDG', true);")
    assert browser.run(answer) == "rfork(RFFDG|RFPROC|RFCFDG) from traced: all agree"
    assert browser.said() == []


def test_a_click_on_a_square_asks_about_it_and_the_frame_follows(browser: Browser, report: Path) -> None:
    """Every square: what the text says after a click is the letter that is painted there."""
    browser.open(report, SPACE)
    script = f"""
      const page = {VISIBLE.removeprefix("return ")};
      const svg = page.querySelectorAll('svg[role=img]')[1];
      const side = Number(svg.dataset.side), left = Number(svg.dataset.left), top = Number(svg.dataset.top);
      const frame = svg.querySelector('rect.frame').getBBox();
      const letters = [...svg.querySelectorAll('g[transform] > text')].map((one) => [one.textContent, one.getBBox()]);
      const out = [];
      for (let y = 0; y < frame.height / side; y += 1) for (let x = 0; x < frame.width / side; x += 1) {{
        const box = svg.getBoundingClientRect();
        const [clientX, clientY] = [box.left + left + x * side + 2, box.top + top + y * side + 2];
        svg.dispatchEvent(new MouseEvent('click', {{ clientX, clientY }}));
        const inside = (at, b) => at >= b && at < b + side;
        const painted = letters.find(([, b]) => inside(b.x + b.width / 2, x * side) && inside(b.y + b.height / 2, y * side));
        const cursor = svg.querySelector('.cursor');
        out.push([painted ? painted[0] : '', page.querySelector('[role=status]').textContent,
          Number(cursor.getAttribute('x')) === left + x * side - 1 && Number(cursor.getAttribute('y')) === top + y * side - 1]);
      }}
      return out;"""
    found = browser.run(script)
    assert len(found) == 32
    assert all(moved for _, _, moved in found)
    for painted, said, _ in found:
        assert said.startswith("rfork(")
        assert (f"bucket {painted}," if painted else "all agree") in said
    assert len({painted for painted, _, _ in found}) == 9
    assert len({said for _, said, _ in found}) == 32


def test_a_bucket_leads_to_its_simplest_case_which_is_told_like_any_other(browser: Browser, report: Path) -> None:
    browser.open(report, SPACE)
    href = browser.run(f"{VISIBLE}.querySelector('tbody td a').getAttribute('href')")
    assert href == "#/cell/sweep/rfork/29c93504/dragonfly@1.67"
    browser.open(report, href)
    assert browser.run(HEADING) == "sweep/rfork/29c93504"
    assert browser.run("return document.querySelectorAll('.sides tbody tr').length") > 1
    assert browser.run("return document.querySelector('#view nav a').getAttribute('href')") == SPACE
    assert browser.run("return document.querySelectorAll('#table tr[data-row]').length") == len(_rows(browser, report))
    assert browser.said() == []


def _rows(browser: Browser, report: Path) -> list[str]:
    """The names in the matrix: no case of a sweep is among them."""
    browser.open(report)
    names: list[str] = browser.run(SEEN)
    assert not any(name.startswith("sweep/") for name in names)
    return names


def test_a_link_to_a_bucket_opens_its_space_at_its_row(browser: Browser, report: Path) -> None:
    browser.open(report, f"{SPACE}/712947c8")
    assert browser.run(f"{VISIBLE}.id") == "/space/rfork"
    top = "const top = document.getElementById('/space/rfork/712947c8').getBoundingClientRect().top; "
    browser.until(top + "return top > 0 && top < innerHeight", True)


def test_without_scripts_findings_and_pictures_stand_below_the_matrix(browser: Browser, report: Path) -> None:
    browser.tell("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(report)
        found = browser.tell("DOMSnapshot.captureSnapshot", computedStyles=["display"])
    finally:
        browser.tell("Emulation.setScriptExecutionDisabled", value=False)
    strings = found["strings"]
    shown = " ".join(strings[number] for number in found["documents"][0]["layout"]["text"] if number >= 0)
    assert "All of rfork on dragonfly@1.62" in shown
    assert "forks until the table is full" in shown


@pytest.mark.parametrize(
    "fragment", ["#/cell/no/such/netbsd@1.189", "#/cell/%zz/x", "#/flavor/none@1", "#/cell", "#/guide/none@1/x"]
)
def test_an_address_that_leads_nowhere_says_so(browser: Browser, report: Path, fragment: str) -> None:
    browser.open(report, fragment)
    assert browser.run(HEADING) == "There is nothing here"
    assert browser.said() == []


def test_texts_of_others_stay_text(browser: Browser, tmp_path: Path) -> None:
    flavors = [replace(TINY, title=HOSTILE, unmodelled={HOSTILE: HOSTILE}), BARREN]
    scenario = replace(
        program(step(1, "parent", "umask", mask="077")), name=f"files/{HOSTILE}", title=HOSTILE, why=HOSTILE, topic=HOSTILE
    )
    values: tuple[tuple[str, Value | None], ...] = (("tinyos@1", HOSTILE), ("barren@1", (HOSTILE, "y")))
    file = tmp_path / "hostile.html"
    made = replace(compare(scenario, flavors), divergences=(Divergence(HOSTILE, values),))
    file.write_text(html_report.render([made], flavors), "utf-8")
    browser.resize(*SIZES["phone"])
    browser.open(file)
    links = browser.run("return [...document.querySelectorAll('#table td a')].map((one) => one.getAttribute('href'))")
    for fragment in ("", *links, "#/flavor/tinyos@1"):
        browser.open(file, fragment)
        assert browser.run("return [document.images.length, document.querySelectorAll('body > script').length]") == [0, 2]
        assert browser.run("return document.title") != "hacked"
        assert "</script><img src=x onerror=" in browser.run("return document.querySelector('main').textContent")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        assert browser.said() == []
    assert len(links) == 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("matrix", ""), ("cell", CELL), ("race", RACE), ("flavor", FLAVOR),
        ("finding", FINDING), ("findings", FINDINGS), ("guide", GUIDE), ("words", SPACE), ("intents", INTENTS),
    ],
)  # fmt: skip
def test_pages_fit_the_window_and_are_accessible(
    browser: Browser, report: Path, size: str, scheme: str, name: str, fragment: str
) -> None:
    checker = axe()
    if checker is None:
        pytest.skip("needs axe-core: npm install --prefix build axe-core")
    browser.resize(*SIZES[size])
    browser.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(report, fragment)
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("FORK_ORACLE_SCREENSHOTS"):
        browser.picture(Path(folder) / f"{name}-{size}-{scheme}.png")
    browser.run(checker.read_text("utf-8"))
    found = browser.wait_for(
        "const found = await axe.run(); return [found.passes.length, found.violations.filter((one) => "
        "['serious', 'critical'].includes(one.impact)).map((one) => `${one.id}: ${one.nodes[0].html}`)];"
    )
    assert found[0] > 10
    assert found[1] == []
    assert browser.said() == []


@pytest.mark.parametrize("width", [400, 500, 640])
def test_on_a_narrow_page_each_letter_stands_under_its_flavor(browser: Browser, report: Path, width: int) -> None:
    browser.resize(width, 800)
    browser.open(report, "#/?differ=any")
    left = "const left = (all) => [...all].slice(1, -1).map((one) => Math.round(one.getBoundingClientRect().x)); "
    heads = browser.run(left + "return left(document.querySelectorAll('.matrix thead th'))")
    row = "[...document.querySelectorAll('.matrix tbody tr')].find((one) => one.querySelectorAll('td > a').length === 4)"
    cells = browser.run(left + f"return left({row}.children)")
    assert len(heads) == 4
    assert cells == heads


def test_on_paper_there_are_no_controls(browser: Browser, report: Path) -> None:
    browser.open(report)
    shown = "return [...document.querySelectorAll('#home form, #table')].map((one) => getComputedStyle(one).display)"
    assert browser.run(shown) == ["flex", "table"]
    browser.tell("Emulation.setEmulatedMedia", media="print")
    assert browser.run(shown) == ["none", "table"]
    assert len(browser.ask("POST", "/print", {})) > 10_000
