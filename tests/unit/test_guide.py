"""A porting guide is the catalogue, read in one direction."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.cli import main
from oracle.finding import Finding, Kind, Side
from oracle.findings.witness import witnesses_between
from oracle.harness import compare
from oracle.load import load_scenario
from oracle.registry import load_flavors
from oracle.report.guide import NO_ADVICE, Around, relevant, render
from oracle.scenario import Scenario
from tests.unit.sample_findings import CASES, NETBSD, SAMPLES, SLOTS, hostile

SPECS = Path(__file__).parents[2] / "specs"
FLAVORS = load_flavors().select(["netbsd@1.189", "dragonfly@1.62"])
TO_DRAGONFLY, TO_NETBSD = ("netbsd@1.189", "dragonfly@1.62"), ("dragonfly@1.62", "netbsd@1.189")
HOSTILE = "</script><img src=x>|`\x1b[2J\x00\u202e\u2066\u2028\n# x\n* y" + "x" * 10_000
NOTHING = Around({}, {}, {})


def scenario(name: str) -> Scenario:
    return load_scenario(SPECS / f"{name}.yaml", load_flavors().flavors, SPECS)


def test_it_has_the_findings_that_tell_the_two_apart() -> None:
    assert relevant(SAMPLES, *TO_DRAGONFLY) == [SLOTS]
    assert relevant(SAMPLES, "dragonfly@1.62", "dragonfly@1.67") == [CASES]
    assert relevant(SAMPLES, "dragonfly@1.67", "dragonfly@768af85b") == []


def test_it_says_who_does_what_and_gives_the_advice_for_the_way() -> None:
    there, back = render(SAMPLES, *TO_DRAGONFLY, NOTHING), render(SAMPLES, *TO_NETBSD, NOTHING)
    assert there.startswith("# Porting guide: from `netbsd@1.189` to `dragonfly@1.62`\n")
    assert "1 of 2 findings" in there
    assert re.search(r"- `netbsd@1.189`: forks until .*\n- `dragonfly@1.62`: fails for users", there)
    assert re.search(r"- `dragonfly@1.62`: fails for users.*\n- `netbsd@1.189`: forks until", back)
    assert "**What to do.** Leave ten slots." in there
    assert "**What to do.** Nothing to do." in back
    assert "**What a program notices.** A program that counts on the last slots fails earlier." in there


def test_it_cites_the_lines_of_the_two_and_of_no_other_revision() -> None:
    text = render(SAMPLES, *TO_DRAGONFLY, Around({}, {}, {"netbsd@1.189": {NETBSD}}))
    assert "(`kern_fork.c 1.62, fork1 [212-213]`)" in text
    assert "kern_fork.c 1.189" not in text
    assert "(`kern_fork.c 1.189, fork1 [258]`, `kern_fork.c 1.189, fork1 [257-264]`)" in render(SAMPLES, *TO_DRAGONFLY, NOTHING)


def test_it_cites_no_file_of_another_system_where_both_are_on_one_side() -> None:
    text = render(SAMPLES, *TO_DRAGONFLY, Around({}, {}, {"netbsd@1.189": {"NetBSD"}}))
    assert "kern_fork.c 1.189" not in text
    assert "(`kern_fork.c 1.62, fork1 [212-213]`)" in text


def test_it_names_promises_with_their_clauses_and_a_scenario_to_run() -> None:
    around = Around({"last-ten-slots": "limits/last-ten-slots"}, {"posix-fork/7": "fork fails | with EAGAIN"}, {})
    text = render(SAMPLES, *TO_DRAGONFLY, around)
    assert "- `posix-fork/7`: fork fails \\| with EAGAIN" in text
    assert "**Defects concerned.** `netbsd/Q4`" in text
    assert "`fork-oracle explain limits/last-ten-slots --flavor netbsd@1.189 --flavor dragonfly@1.62`" in text


def test_where_no_advice_is_written_down_it_says_so() -> None:
    assert NO_ADVICE in render(SAMPLES, "dragonfly@1.62", "dragonfly@1.67", NOTHING)


def test_two_that_no_finding_tells_apart_have_a_guide_that_says_so() -> None:
    text = render(SAMPLES, "dragonfly@1.67", "dragonfly@768af85b", NOTHING)
    assert "None of the 2 findings in the catalogue tells them apart." in text


def test_hostile_texts_stay_text() -> None:
    text = render([hostile(HOSTILE)], "tinyos@1", "barren@1", Around({HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}, {}))
    for char in "\x1b\x00\u202e\u2066\u2028":
        assert char not in text
    assert "\n# x" not in text
    assert "\n* y" not in text
    for line in text.splitlines():
        outside_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<" not in outside_code.replace("\\<", "")


# --- witnesses --------------------------------------------------------------------------------------------------------------


def finding(*lines: tuple[str, ...], scenarios: tuple[str, ...] = (), topic: str = "limits") -> Finding:
    sides = tuple(Side((flavor,), "", some) for flavor, some in zip(("netbsd@*", "dragonfly@*"), lines, strict=True))
    return Finding("it", "It", Kind.DESIGN, topic, ("call",), sides, "", (), scenarios)


DECIDED = finding((f"{NETBSD}, fork1 [597-598, 601]",), ("DragonFly sys/kern/kern_fork.c 1.62, fork1 [239-240]",))


def test_the_witness_is_a_scenario_that_the_finding_claims() -> None:
    every = [scenario(name) for name in ("limits/charged-where-born", "limits/last-ten-slots", "limits/limit-zero")]
    seen: list[object] = []
    assert witnesses_between([DECIDED], every, (FLAVORS[0], FLAVORS[1]), seen.append) == {"it": "limits/last-ten-slots"}
    assert seen == [DECIDED]
    nobody = replace(DECIDED, facts=("no.such.fact",))
    assert witnesses_between([nobody], every, (FLAVORS[0], FLAVORS[1]), seen.append) == {}


def test_a_witness_is_looked_for_first_in_the_topic_and_runs_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [scenario(name) for name in ("limits/limit-zero", "limits/last-ten-slots", "defects/netbsd-q4-wrong-pid")]
    ran: list[str] = []

    def noting(one: Scenario, *rest: object, **more: object) -> object:
        ran.append(one.name)
        return compare(one, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("oracle.findings.witness.compare", noting)
    assert witnesses_between([DECIDED], every, (FLAVORS[0], FLAVORS[1]), print) == {"it": "limits/last-ten-slots"}
    assert set(ran) <= {"limits/limit-zero", "limits/last-ten-slots"}


# --- the command ------------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_guide_of_the_shipped_catalogue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SPECS.parent)
    assert main(["guide", "netbsd", "dragonfly@1.62", "--quick"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Porting guide: from `netbsd@1.189` to `dragonfly@1.62`\n")
    assert text.count("**What to do.**") == text.count("\n### ") > 20
    assert main(["guide", "netbsd", "dragonfly@1.62", "--quick", "--output", str(tmp_path / "guide.md")]) == 0
    assert (tmp_path / "guide.md").read_text("utf-8") == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["netbsd", "netbsd@1.189"], "netbsd and netbsd@1.189 are the same"),
        (["netbsd", "plan9"], "plan9"),
        (["netbsd", "dragonfly", "--catalogue", "bare"], "--catalogue: in 'bare' are no findings"),
        (["netbsd", "dragonfly", "--specs", "bare"], "there are no scenarios below 'bare'"),
    ],
)
def test_a_guide_that_cannot_be_made_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare").mkdir()
    (tmp_path / "specs").symlink_to(SPECS)
    assert main(["guide", *words]) == 2
    assert said in capsys.readouterr().err
