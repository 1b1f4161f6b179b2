"""The page of the report as a person meets it. FORK_ORACLE_SCREENSHOTS names a folder for pictures to look at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.diff import Divergence
from oracle.facts import Value
from oracle.harness import compare, compare_all
from oracle.load import find_scenarios, load_scenario
from oracle.registry import load_flavors
from oracle.report import html_report
from tests.browser.chromium import ROOT, Browser, axe, chromium, programs
from tests.unit.plugins import program, step
from tests.unit.toys import BARREN, TINY

pytestmark = pytest.mark.skipif(
    programs() is None, reason="needs chromium and chromedriver (Debian: chromium, chromium-driver) on the PATH"
)

HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\"><b>\x1b\u202e" + "long" * 2_500
CELL = "#/cell/limits/last-ten-slots/netbsd@1.189"
RACE = "#/cell/races/interrupt/netbsd@1.189"
FLAVOR = "#/flavor/netbsd@1.189"
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
    place.write_text(html_report.render(compare_all(scenarios, flavors), flavors), "utf-8")
    return place


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
    assert heads == ["step", "netbsd@1.189", "dragonfly@1.62"]
    results = browser.run("return [...document.querySelectorAll('.sides .result.diff')].map((one) => one.textContent)")
    assert results == ["over (differs)", "EAGAIN, 500 ms (differs)"]
    roles = (
        "const text = (one) => one.textContent; "
        "return [...document.querySelectorAll('svg')].map((one) => [...one.querySelectorAll('.role')].map(text))"
    )
    assert [sorted(found) for found in browser.run(roles)] == [["last", "over", "parent", "shell"], ["last", "parent", "shell"]]
    assert "offsets shared: 0" in browser.run("return document.querySelector('svg').textContent")
    assert browser.said() == []


def test_the_other_side_can_be_chosen_by_address(browser: Browser, report: Path) -> None:
    browser.open(report, CELL + "?with=dragonfly@768af85b")
    heads = browser.run("return [...document.querySelectorAll('.sides thead th')].map((one) => one.textContent)")
    assert heads[1:] == ["netbsd@1.189", "dragonfly@768af85b"]


def test_the_pictures_follow_the_steps(browser: Browser, report: Path) -> None:
    browser.open(report, CELL)
    count = "return document.querySelectorAll('svg:first-of-type rect').length"
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


@pytest.mark.parametrize("fragment", ["#/cell/no/such/netbsd@1.189", "#/cell/%zz/x", "#/flavor/none@1", "#/cell"])
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
@pytest.mark.parametrize(("name", "fragment"), [("matrix", ""), ("cell", CELL), ("race", RACE), ("flavor", FLAVOR)])
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


def test_on_paper_there_are_no_controls(browser: Browser, report: Path) -> None:
    browser.open(report)
    shown = "return [...document.querySelectorAll('form, #table')].map((one) => getComputedStyle(one).display)"
    assert browser.run(shown) == ["flex", "table"]
    browser.tell("Emulation.setEmulatedMedia", media="print")
    assert browser.run(shown) == ["none", "table"]
    assert len(browser.ask("POST", "/print", {})) > 10_000
