"""A run can be compared with an earlier one: what is new, changed or worse fails, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import main
from oracle.diff import Divergence
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.registry import Registry
from oracle.report import json_report
from oracle.report.baseline import Changes, NoBaselineError, baseline_of, changes, read, render, to_markdown
from oracle.report.look import Look
from oracle.scenario import Scenario
from tests.unit import toys
from tests.unit.plugins import check, program, step
from tests.unit.toys import BARREN, CRASHING, FORGETFUL, LEAKY, TINY, VAGUE, other, specs

FORK = replace(program(step(1, "parent", "fork", born="kid"), check(2, parent__umask="022")), name="files/fork")
UMASK = replace(program(step(1, "parent", "umask", mask="077")), name="files/umask")
AS_TINY = {flavor.id: replace(flavor, id="tinyos@1") for flavor in (BARREN, CRASHING, FORGETFUL, LEAKY, VAGUE)}
HOSTILE = "<img src=x>|`\x1b[2J\u202e\n# x" + "y" * 10_000
Json = dict[str, Any]


def report(*comparisons: Comparison, flavors: tuple[str, ...] = ("tinyos@1", "twin@1")) -> str:
    return json_report.render(comparisons, flavors)


def on(scenario: Scenario, first: Flavor = TINY, second: Flavor = TINY) -> Comparison:
    """A scenario on two flavors, called tinyos@1 and twin@1 whatever they do."""
    return compare(scenario, [replace(first, id="tinyos@1"), replace(second, id="twin@1")])


def between(before: list[Comparison], now: list[Comparison], flavors: tuple[str, ...] = ("tinyos@1", "twin@1")) -> Changes:
    return changes(read(report(*before)), baseline_of(now, flavors))


def whats(found: Changes) -> set[tuple[str, str]]:
    return {(one.what, one.where) for one in found.changes}


def test_the_same_run_has_no_changes_whatever_is_not_as_expected_in_it() -> None:
    every = [on(FORK, TINY, BARREN), on(UMASK, TINY, CRASHING), on(UMASK, VAGUE, LEAKY)]
    found = between(every, every)
    assert found.changes == ()
    assert found.ok


def test_a_divergence_that_was_not_there_is_new() -> None:
    found = between([on(FORK)], [on(FORK, TINY, FORGETFUL)])
    assert ("new", "kid.umask") in whats(found)
    assert not found.ok
    (one,) = [one for one in found.changes if one.where == "kid.umask"]
    assert (one.before, one.now) == ("no divergence", "022 on tinyos@1 / 000 on twin@1")


def test_a_divergence_that_is_gone_is_mentioned_and_fails_nothing() -> None:
    found = between([on(FORK, TINY, FORGETFUL)], [on(FORK)])
    assert {what for what, _ in whats(found)} == {"gone"}
    assert found.ok


def test_a_divergence_of_other_values_is_changed() -> None:
    one = on(FORK, TINY, FORGETFUL)
    said = Divergence("kid.umask", (("tinyos@1", "022"), ("twin@1", "007")))
    other = replace(one, divergences=tuple(said if d.path == "kid.umask" else d for d in one.divergences))
    assert whats(between([one], [other])) == {("changed", "kid.umask")}


def test_values_that_all_change_alike_are_seen_in_what_calls_give() -> None:
    loud = other(TINY, "loud@1", "umask", lambda k, lwp, args: 7)
    found = between([on(UMASK)], [on(UMASK, loud, loud)])
    assert whats(found) == {("changed", "on tinyos@1"), ("changed", "on twin@1")}
    assert (found.changes[0].before, found.changes[0].now) == ("step 1 by parent 022", "step 1 by parent 7")


@pytest.mark.parametrize(
    ("now", "said"),
    [(CRASHING, "crash (RuntimeError: boom"), (VAGUE, "unmodelled (masks are a mystery"), (LEAKY, "invariant (")],
)
def test_a_run_that_goes_worse_fails_and_one_that_goes_better_does_not(now: Flavor, said: str) -> None:
    worse = between([on(UMASK)], [on(UMASK, TINY, now)])
    (one,) = [one for one in worse.changes if one.what == "worse"]
    assert (one.where, one.before) == ("on twin@1", "ok")
    assert one.now.startswith(said)
    assert not worse.ok
    better = between([on(UMASK, TINY, now)], [on(UMASK)])
    assert ("better", "on twin@1") in whats(better)
    assert better.ok


def test_an_expectation_that_is_not_met_any_more_is_told() -> None:
    strict = replace(FORK, steps=(*FORK.steps[:1], check(2, kid__umask="022")))
    found = between([on(strict)], [on(strict, TINY, FORGETFUL)])
    (one,) = found.of("worse")
    assert one.now == "failed (kid.umask is 000, not 022)"


def test_a_scenario_that_was_not_there_is_new_if_it_diverges_or_fails_and_else_nothing() -> None:
    assert between([], [on(FORK)]).changes == ()
    assert ("new", "kid.umask") in whats(between([], [on(FORK, TINY, FORGETFUL)]))
    (one,) = between([], [on(UMASK, TINY, CRASHING)]).of("worse")
    assert one.before == "was not there"


def test_scenarios_that_were_not_run_are_counted() -> None:
    found = between([on(FORK), on(UMASK)], [on(FORK)])
    assert (found.changes, found.not_run) == ((), 1)
    assert "1 scenario of the baseline not run" in render(found, Look())


def test_flavors_that_are_in_one_of_the_two_alone_are_compared_with_nothing() -> None:
    before = json_report.render([compare(FORK, [TINY, BARREN])], ["tinyos@1", "barren@1"])
    now = compare(FORK, [TINY, replace(FORGETFUL, id="new@1")])
    found = changes(read(before), baseline_of([now], ["tinyos@1", "new@1"]))
    assert found.changes == ()
    assert (found.fresh_flavors, found.lost_flavors) == (("new@1",), ("barren@1",))
    assert "new@1: not in the baseline, so compared with nothing" in to_markdown(found)


def test_an_outcome_of_concurrent_steps_that_is_no_longer_possible_is_told() -> None:
    text = json.loads(report(on(FORK)))
    outcome = {"facts": {"kid.state": "running"}, "unmodelled": None, "crash": False, "witnesses": {"tinyos@1": ""}}
    text["scenarios"][0]["outcomes"] = [outcome]
    found = changes(read(json.dumps(text)), baseline_of([on(FORK)], ["tinyos@1", "twin@1"]))
    (one,) = found.changes
    assert (one.what, one.where) == ("gone", "outcome: kid.state running")


# --- what is no baseline ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "it is"),
        ("[]", "it is no report"),
        ("{}", "it is no report"),
        ('{"format": 2, "scenarios": []}', "its format is 2, and this version reads 1; make it anew"),
        ('{"format": 1, "complete": false, "scenarios": []}', "of a run that was interrupted"),
        ('{"format": 1, "complete": true, "flavors": [], "scenarios": [3]}', "it is no report of this version"),
        ('{"format": 1, "complete": true, "flavors": [], "scenarios": [{"name": "x"}]}', "KeyError: 'runs'; make it anew"),
        ('{"format": 1, "complete": true, "scenarios": []}', "KeyError: 'flavors'"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(NoBaselineError) as caught:
        read(text)
    assert said in str(caught.value)


def test_a_status_that_nobody_knows_is_refused() -> None:
    text = report(on(FORK)).replace('"status": "ok"', '"status": "splendid"')
    with pytest.raises(NoBaselineError, match="no status is called 'splendid'"):
        read(text)


def test_a_report_from_before_findings_can_still_be_a_baseline() -> None:
    text = json.loads(report(on(FORK)))
    del text["findings"], text["scenarios"][0]["claims"]
    assert changes(read(json.dumps(text)), baseline_of([on(FORK)], ["tinyos@1", "twin@1"])).changes == ()


# --- what people see --------------------------------------------------------------------------------------------------------


def test_hostile_texts_stay_text_on_a_terminal_and_in_markdown_and_are_bounded() -> None:
    one = on(replace(FORK, name=HOSTILE))
    said = Divergence(HOSTILE, (("tinyos@1", HOSTILE), ("twin@1", "x")))
    found = between([one], [replace(one, divergences=(said,))])
    for text in (render(found, Look()), to_markdown(found)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\n# x" not in text
        assert len(text) < 3_000
    assert "is <img" not in to_markdown(found)


def test_very_many_changes_fit_a_comment() -> None:
    many = [on(replace(FORK, name=f"files/{number:04}" + "n" * 100), TINY, FORGETFUL) for number in range(300)]
    text = to_markdown(between([], many))
    assert len(text) < 65_536  # as much as GitHub takes
    assert "and 250 more" in text


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Makes the command see some flavors, in a folder with one scenario."""
    monkeypatch.chdir(tmp_path)
    specs(tmp_path, files__fork=toys.FORK)

    def use(*flavors: Flavor) -> None:
        monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry(flavors))

    return use


def test_the_command_fails_on_what_is_new_and_says_it(
    install: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(TINY, BARREN)
    assert main(["run", "--format", "json", "--output", "base.json"]) == 1  # BARREN never forks
    assert main(["run", "--baseline", "base.json"]) == 0
    assert capsys.readouterr().out.endswith("against the baseline  nothing has changed\n")
    install(AS_TINY[FORGETFUL.id], BARREN)
    assert main(["run", "--baseline", "base.json", "--changes", "changes.md", "--output", "run.txt"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "changed  files/fork  kid.umask" in told.err
    assert Path("changes.md").read_text().startswith("## fork-oracle: ")


def test_a_crash_that_is_new_is_a_bug_and_one_of_the_baseline_is_not(install: Callable[..., None], tmp_path: Path) -> None:
    specs(tmp_path, files__umask=toys.UMASK)
    install(TINY)
    assert main(["run", "--format", "json", "--output", "base.json"]) == 0
    install(AS_TINY[CRASHING.id])
    assert main(["run", "--baseline", "base.json"]) == 3
    assert main(["run", "--format", "json", "--output", "base.json"]) == 3
    assert main(["run", "--baseline", "base.json"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--baseline", "none.json"], "--baseline 'none.json' can't be read: No such file or directory"),
        (["--baseline", "specs"], "--baseline 'specs' can't be read"),
        (["--baseline", "text"], "--baseline 'text': it is no JSON"),
        (["--baseline", "bytes"], "--baseline 'bytes': "),
        (["--changes", "x.md"], "add --baseline FILE"),
    ],
)
def test_what_can_be_no_baseline_is_refused_before_anything_runs(
    install: Callable[..., None], capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    install(TINY)
    Path("text").write_text("no JSON")
    Path("bytes").write_bytes(b"\xff\xfe")
    assert main(["run", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
