from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from oracle.cite import Branchless, CFunction, LeftOut, Source, SourceMap
from oracle.cli import main
from oracle.flavor import Flavor
from oracle.registry import Registry
from oracle.sources.listing import VARIABLE
from tests.unit.sources.planted import LISTING, installed
from tests.unit.toys import TINY, other, specs

KERN_FORK = Source("TestBSD", "kern_fork.c", "1.1", 29)
MAP = SourceMap(
    KERN_FORK,
    (CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20, 23", "10, 16-17"),),
    (LeftOut("6", "a local"), LeftOut("14", "LOUD is not configured")),
)
NEVER = """\
@models(KERN_FORK, 3, 24)
def fork1(mask):
    if mask == 0o777:  # [10] once in a blue moon
        return "0"  # [11] never: `grant_wish` is asked for less
    mask = 1 if mask else 0  # [16-18, 20]
    if mask < 0:  # [23] `p_sigacts`
        raise ValueError(mask)
    return "000"  # [23]
"""
UMASK = """\
from oracle.machine.errno import EINVAL
@models(KERN_FORK, 3, 24)
def fork1(mask):
    if mask == 0o77:  # [10] a <b>bold</b> mask
        return "022"  # [11] `grant_wish`
    for ep in range(mask):  # [16-18]
        pass
    else:
        mask = 0  # [20]
    return "000"  # [23] sic: p_sigacts
"""
SCENARIO = """\
title: umask
why: It says so.
topic: files
steps:
  - {do: umask, mask: "MASK"}
"""


@pytest.fixture
def flavor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flavor]:
    """A flavor whose umask models a listing, alone with TinyOS on the command line, in a folder with two scenarios."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    module = installed(tmp_path, UMASK, "planted_umask")
    call = other(TINY, "planted@1", "umask", lambda k, lwp, args: str(module.fork1(args.number("mask"))))
    made = replace(call, sources=(KERN_FORK,), maps=(MAP,))
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((made, TINY)))
    specs(tmp_path, files__bold=SCENARIO.replace("MASK", "077"), files__plain=SCENARIO.replace("MASK", "1"))
    folder = tmp_path / "listings"
    folder.mkdir()
    (folder / "README.md").write_text("| file | system | flavor |\n| --- | --- | --- |\n| `k.txt` | T | `planted@1` |\n")
    (folder / "k.txt").write_text("".join(f"{n}\t{line}\n" for n, line in enumerate(LISTING.lines) if n))
    yield made
    del sys.modules["planted_umask"]


def put(monkeypatch: pytest.MonkeyPatch, flavor: Flavor, source_map: SourceMap) -> None:
    changed = replace(flavor, maps=(source_map,))
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((changed,)))


def test_sources_counts_lines_and_branches_by_function(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split() for line in out.splitlines()]
    assert ["fork1", "3-24", "9", "7", "2", "0", "7/7", "4/4"] in rows
    assert ["all", "9", "7", "2", "0", "7/7", "4/4"] in rows
    assert "Left out on purpose:\n  [6] a local\n  [14] LOUD is not configured\n" in out
    assert "tinyos@1: it has no map of its sources" in out
    assert out.endswith(
        "1 source: 9 lines of code, 7 modelled, 2 left out on purpose, 0 not accounted for; "
        "exercised: 7 of 7 lines, 4 of 4 branches\n"
    )
    assert err == "fork-oracle: exercised by 2 scenarios on 1 flavor\n"


def test_sources_fails_for_what_the_scenarios_do_not_exercise(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "specs/files/bold.yaml"]) == 1
    out, _ = capsys.readouterr()
    assert "Modelled and not exercised:\n  [16-18] not exercised: planted_umask.py:9\n" in out
    assert "one way only; never:\n  [10] planted_umask.py:7 `if mask == 63` false\n" in out


def test_sources_takes_what_ran_from_another_measurement(
    flavor: Flavor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from coverage import Coverage

    coverage = Coverage(data_file="data", branch=True, include=[str(tmp_path / "planted_umask.py")], config_file=False)
    coverage.start()
    sys.modules["planted_umask"].fork1(0o77)
    coverage.stop()
    coverage.save()
    assert main(["sources", "--coverage", "data"]) == 1
    assert main(["sources", "--coverage", "data", "specs/files/plain.yaml"]) == 0
    assert "exercised: 2 of 7 lines, 1 of 4 branches" in capsys.readouterr().out


def test_sources_without_a_run_accounts_for_the_lines_alone(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--no-run"]) == 0
    out, err = capsys.readouterr()
    assert "0 not accounted for\n" in out
    assert err == ""
    assert main(["sources", "--no-run", "specs"]) == 2


def test_sources_fails_for_a_line_that_is_not_accounted_for(
    flavor: Flavor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, flavor, replace(MAP, left_out=MAP.left_out[:1]))
    assert main(["sources", "--no-run"]) == 1
    assert "Not accounted for:\n  [14]\n" in capsys.readouterr().out


def test_sources_compares_with_the_listings_that_it_is_given(
    flavor: Flavor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "--no-run", "--sources", "listings"]) == 0
    put(monkeypatch, flavor, replace(MAP, functions=(CFunction("fork1", 3, 24, "6, 10-11, 14, 16-18, 20", "10, 16-17"),)))
    monkeypatch.setenv(VARIABLE, "listings")
    capsys.readouterr()
    assert main(["sources", "--no-run"]) == 1
    out, _ = capsys.readouterr()
    assert "planted@1 kern_fork.c:3: fork1: its code is '6, 10-11, 14, 16-18, 20, 23'; the map is wrong about 23" in out


def test_the_listing_shows_the_c_with_what_models_it_beside_it(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--listing", "--sources", "listings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"   11 +return grant_wish\(a\); +\| 8: `grant_wish`", line) for line in lines)
    assert any(re.fullmatch(r'   14 - +printf\("if only"\); +\| left out: LOUD is not configured', line) for line in lines)
    assert "   13   #ifdef LOUD" in lines


def test_without_listings_the_listing_has_the_numbers_of_the_lines_of_code(
    flavor: Flavor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "--listing", "specs/files/bold.yaml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "   11    | 8: `grant_wish`" in lines
    assert not any(line.startswith("   13") for line in lines)
    where = lines.index("   16 !  | 9: for ep in range(mask)")
    assert lines[where + 1] == "         | not exercised"


def test_a_narrow_terminal_has_the_notes_below_the_c(
    flavor: Flavor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["sources", "--listing", "--no-run", "--sources", "listings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("   11                   return grant_wish(a);") + 1] == "            | 8: `grant_wish`"


def test_the_page_shows_every_line_and_escapes_what_others_wrote(flavor: Flavor, tmp_path: Path) -> None:
    assert main(["sources", "--sources", "listings", "--html", "map.html"]) == 0
    page = (tmp_path / "map.html").read_text("utf-8")
    assert all(f'id="planted@1-L{number}"' in page for number in range(3, 25))
    assert "a &lt;b&gt;bold&lt;/b&gt; mask" in page
    assert "<b>" not in page
    assert 'class="left"' in page and "<p>LOUD is not configured</p>" in page  # noqa: PT018  # one row
    assert "in files/bold" in page
    assert "http" not in page and "<script" not in page  # noqa: PT018  # it needs nothing from elsewhere


def test_single_lines_are_shown_with_the_scenarios_that_get_there(
    flavor: Flavor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "--lines", "10-11, 13", "--sources", "listings", "--flavor", "planted"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "planted@1: TestBSD kern_fork.c 1.1"
    assert [line[:8].strip() for line in out[1:]] == ["10", "", "11", ""]
    assert [line.strip() for line in out[2::2]] == ["in files/bold, files/plain", "in files/bold"]
    specs(tmp_path, **{f"files__n{number:02}": SCENARIO.replace("MASK", "0") for number in range(12)})
    assert main(["sources", "--lines", "10"]) == 0
    assert "in 14 scenarios, such as files/bold, files/n00, files/n01; --format json names all" in capsys.readouterr().out
    assert main(["sources", "--lines", "1-2", "--no-run"]) == 0
    assert "none of these lines is a line of code" in capsys.readouterr().out


def test_lines_that_are_none_are_refused(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--lines", "ten"]) == 2
    assert "--lines: 'ten' are no lines; write them as in '94-96, 98'" in capsys.readouterr().err


def test_scenarios_that_do_not_go_as_expected_are_named(
    flavor: Flavor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs(tmp_path, files__wrong=SCENARIO.replace("MASK", "1").replace("}", ", gives: kid}"))
    assert main(["sources"]) == 0
    assert "not as expected: files/wrong; 'fork-oracle run' says why" in capsys.readouterr().err


def test_what_is_out_of_reach_or_has_no_branch_says_why_and_what_went_one_way_only_is_shown(
    flavor: Flavor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = installed(tmp_path, NEVER, "planted_never")
    source_map = replace(
        MAP,
        functions=(replace(MAP.functions[0], decides="10, 16-17, 23"),),
        branchless=(Branchless("16-17", "one value or another"),),
    )
    call = other(TINY, "planted@1", "umask", lambda k, lwp, args: str(module.fork1(args.number("mask"))))
    made = replace(call, sources=(KERN_FORK,), maps=(source_map,))
    monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry((made,)))
    monkeypatch.delitem(sys.modules, "planted_umask")
    try:
        assert main(["sources", "--html", "map.html"]) == 1
    finally:
        del sys.modules["planted_never"]
        sys.modules["planted_umask"] = module  # for the fixture to take away
    out, _ = capsys.readouterr()
    assert "Decided without a branch of the model:\n  [16-17] one value or another\n" in out
    assert "Out of reach:\n  [11] never: `grant_wish` is asked for less\n" in out
    assert "one way only; never:\n  [23] planted_never.py:9 `if mask < 0` true\n" in out
    page = (tmp_path / "map.html").read_text("utf-8")
    assert '<td role="cell" class="s">out of reach</td>' in page
    assert '<td role="cell" class="s">one way only</td>' in page
    assert "<p>never `if mask &lt; 0` true</p>" in page


class Page(HTMLParser):
    """Follows a page: tags that are open, ids, and links to them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.ids += [value for value in [said.get("id")] if value is not None]
        self.links |= {value.removeprefix("#") for value in [said.get("href")] if value is not None}
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("listings", [["--sources", "listings"], []], ids=["with the C", "without"])
def test_the_page_is_well_formed_and_its_links_lead_somewhere(flavor: Flavor, tmp_path: Path, listings: list[str]) -> None:
    assert main(["sources", "--html", "map.html", *listings]) == 0
    page = Page((tmp_path / "map.html").read_text("utf-8"))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids)) > 10
    assert page.links <= set(page.ids)


def test_the_page_of_a_source_without_its_listing_holds_no_c(flavor: Flavor, tmp_path: Path) -> None:
    assert main(["sources", "--html", "map.html", "specs/files/bold.yaml"]) == 1
    page = (tmp_path / "map.html").read_text("utf-8")
    assert "grant_wish(a)" not in page
    assert '<tr id="planted@1-L16" class="bad" role="row">' in page
    assert 'id="planted@1-L13"' not in page


def test_the_json_has_every_line_with_its_marks_and_scenarios(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--format", "json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["unmapped"] == ["tinyos@1"]
    (one,) = whole["accounts"]
    lines = {line["line"]: line for line in one["functions"][0]["lines"]}
    assert lines[11] == {
        "line": 11, "state": "modelled", "why": "", "decides": False, "ran": "exercised",
        "marks": [
            {"file": "planted_umask.py", "line": 8, "words": "`grant_wish`", "oddity": False, "statement": "return '022'"}
        ],
        "never": [], "scenarios": ["files/bold"],
    }  # fmt: skip
    assert lines[14]["why"] == "LOUD is not configured"


def test_a_draft_is_the_start_of_a_map(flavor: Flavor, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "--draft", "listings/k.txt"]) == 0
    out, _ = capsys.readouterr()
    assert '"fork1", 3, 24,\n            "6, 10-11, 14, 16-18, 20, 23",\n            "10, 16-17",\n' in out
    assert main(["sources", "--draft", "listings/README.md"]) == 2
    assert main(["sources", "--draft", "listings/gone.txt"]) == 2
    assert "has no functions" in capsys.readouterr().err
