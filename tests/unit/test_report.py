from __future__ import annotations

import json
import re
from dataclasses import replace

from oracle.facts import lookup
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare
from oracle.report import json_report, markdown_report, table_report, tally, walk_report
from oracle.report.changes import changes
from oracle.report.digest import Cell, Line, Mark, cells, condensed, file_in_specs, lines, summarise
from oracle.report.failures import failures_of
from oracle.report.look import Look
from oracle.report.walk import walk
from oracle.scenario import Expected, Scenario
from tests.unit.plugins import check, program, step
from tests.unit.toys import BARREN, CRASHING, FORGETFUL, LEAKY, ODD, TINY, VAGUE

FORK = program(step(1, "parent", "fork", born="kid"))
UMASK = program(step(1, "parent", "umask", mask="077"))
HOSTILE = "\x1b[2J\u202e|<b>`*"


def on(scenario: Scenario, *flavors: Flavor) -> Comparison:
    return compare(scenario, flavors)


def ids(*flavors: Flavor) -> list[str]:
    return [flavor.id for flavor in flavors]


# --- digest -------------------------------------------------------------------------------------------------------------


def test_the_gravest_word_marks_a_run() -> None:
    row = cells(on(UMASK, TINY, CRASHING, LEAKY, ODD, VAGUE), ids(TINY, CRASHING, LEAKY, ODD, VAGUE, BARREN))
    assert [(cell.letter, cell.mark) for cell in row] == [
        ("A", Mark.OK),
        ("!", Mark.CRASH),
        ("B", Mark.INVARIANT),
        ("B", Mark.OK),
        ("?", Mark.UNMODELLED),
        ("", Mark.LEFT_OUT),
    ]
    assert row[3] == Cell("odd@1", "B", Mark.OK, own=1)


def test_what_is_not_modelled_is_neither_agreement_nor_divergence() -> None:
    counts = summarise([on(UMASK, TINY, VAGUE), on(UMASK, TINY, BARREN), on(FORK, TINY, BARREN), on(UMASK, TINY, CRASHING)])
    assert (counts.scenarios, counts.runs, counts.divergent, counts.agreeing, counts.not_compared) == (4, 8, 1, 1, 2)
    assert (counts.failed, counts.crashed_runs, counts.unmodelled_runs) == (1, 1, 1)


def test_a_process_that_is_born_on_one_kernel_alone_is_one_line() -> None:
    comparison = on(FORK, TINY, BARREN)
    assert len(lines(comparison)) > 50
    folded = condensed(comparison)
    assert folded[0] == Line("call.1", ("kid", "EAGAIN"))
    (kid,) = [line for line in folded if line.path == "kid.…"]
    assert kid.values[0].endswith(" facts")
    assert kid.values[1] == "absent"
    assert len(folded) < 12


def test_a_promise_is_never_folded_away() -> None:
    folded = condensed(on(replace(FORK, agree=("kid.umask",)), TINY, BARREN))
    assert Line("kid.umask", ("022", "absent"), promised=True) in folded


def test_a_scenario_is_named_from_the_specs_folder() -> None:
    assert file_in_specs(replace(FORK, file="/home/me/project/specs/topic/name.yaml")) == "topic/name.yaml"
    assert file_in_specs(replace(FORK, file="/home/v1.2/name")) == "topic/name.yaml"


def test_failures_of_several_flavors_are_told_once() -> None:
    scenario = replace(program(step(1, "parent", "fork", born="kid"), check(2, kid__umask="077")), file="here/name.yaml")
    assert failures_of(on(scenario, TINY, ODD, FORGETFUL)) == [
        "here/name.yaml:2: tinyos@1, odd@1: kid.umask is 022, expected 077",
        "here/name.yaml:2: tinyos@2: kid.umask is 000, expected 077",
    ]


def test_failures_name_invariants_crashes_and_promises() -> None:
    found = failures_of(on(replace(UMASK, agree=("machine.*",)), TINY, LEAKY, CRASHING))
    assert found[0].startswith("topic/name.yaml: leaky@1: invariant nprocs does not hold after step 1: nprocs is 5, but")
    assert found[1].startswith(
        "topic/name.yaml: crashing@1: crashed: RuntimeError: boom <object object at 0x…> (tests/unit/toys.py:"
    )
    assert (
        found[2] == "topic/name.yaml: the scenario says that all agree on machine.nprocs, but it is 4 on tinyos@1, 5 on leaky@1"
    )


# --- table --------------------------------------------------------------------------------------------------------------


def test_the_matrix_has_a_row_for_each_scenario_and_a_column_for_each_flavor() -> None:
    text = table_report.matrix([on(UMASK, TINY, BARREN), on(FORK, TINY, BARREN)], ids(TINY, BARREN), Look(200))
    rows = [line.split() for line in text.splitlines()]
    assert rows[0] == ["scenario", "tinyos", "barren", "divergences"]
    assert rows[1] == ["@1", "@1"]
    assert rows[3] == ["files"]
    assert rows[4] == ["topic/name", "A", "ok", "A", "ok", "agree"]
    assert rows[5][:9] == [
        "topic/name",
        "A",
        "ok",
        "B",
        "ok",
        f"{len(on(FORK, TINY, BARREN).divergences)}:",
        "call.1",
        "kid",
        "/",
    ]


def test_every_line_fits_the_terminal() -> None:
    long = replace(FORK, title="a very long title " * 20, why="because " * 100, name="limits/" + "long-" * 2)
    comparisons = [on(long, TINY, BARREN, LEAKY), on(UMASK, TINY, CRASHING, ODD, VAGUE)]
    for width in (60, 80, 120):
        text = table_report.render(comparisons, ids(TINY, BARREN, LEAKY), Look(width))
        *rest, summary = text.splitlines()
        assert max(map(len, rest)) <= width
        assert summary.startswith("2 scenarios, 7 runs: ")  # stays on one line, for grep


def test_colour_adds_nothing_but_colour() -> None:
    comparisons = [on(UMASK, TINY, CRASHING, LEAKY, ODD, VAGUE), on(FORK, TINY, BARREN)]
    flavors = ids(TINY, CRASHING, LEAKY, ODD, VAGUE, BARREN)
    bare = table_report.render(comparisons, flavors, Look(100))
    coloured = table_report.render(comparisons, flavors, Look(100, colour=True))
    assert "\x1b[" not in bare
    assert "\x1b[" in coloured
    assert "".join(piece.partition("m")[2] if number else piece for number, piece in enumerate(coloured.split("\x1b["))) == bare


def test_a_long_list_of_divergences_is_cut_and_says_so() -> None:
    comparison = on(FORK, TINY, BARREN)
    many = replace(comparison, divergences=tuple(replace(comparison.divergences[0], path=f"call.{n}") for n in range(30)))
    text = table_report.divergences([many], Look())
    assert "… 18 more; --format markdown lists them all" in text


def test_scenarios_that_diverge_alike_stand_above_one_table() -> None:
    forks = [on(replace(FORK, name=f"a/{name}"), TINY, FORGETFUL, ODD) for name in ("one", "two")]
    text = table_report.divergences([forks[0], on(FORK, TINY, BARREN), forks[1]], Look())
    head = "a/one  a title\na/two  a title\n  A = tinyos@1, odd@1\n  B = tinyos@2\n  path       A    B\n"
    assert text.startswith(f"Divergences\n\n{head}")
    assert "topic/name  a title\n  path                  tinyos@1       barren@1\n" in text


def test_broken_promises_come_first_and_are_marked() -> None:
    comparison = on(replace(FORK, agree=("machine.forks",)), TINY, BARREN)
    text = table_report.render([comparison], ids(TINY, BARREN), Look())
    assert ", 1 BROKEN PROMISE" in text
    first = text.partition("Divergences\n")[2].splitlines()[4]
    assert first.split() == ["machine.forks", "!", "1", "0"]
    assert text.endswith("1 scenario, 2 runs: 1 divergent, 0 agreeing, 1 FAILED\n")


def test_violations_that_the_kernel_is_known_for_are_told_apart_from_failures() -> None:
    text = table_report.render([on(UMASK, ODD, LEAKY)], ids(ODD, LEAKY), Look())
    assert "odd@1 nprocs, that kernel's own\n    umask counts as a process there (kern.c 12)" in text
    assert "A ok*" in text
    assert "A INVARIANT" in text
    failed = text.partition("\nFailed\n")[2]
    assert "leaky@1: invariant nprocs does not hold" in failed
    assert "odd@1" not in failed


def test_what_is_not_modelled_is_said_with_its_reason() -> None:
    text = table_report.render([on(UMASK, TINY, VAGUE)], ids(TINY, VAGUE), Look())
    assert "? unmodelled  not compared" in text
    assert "vague@1: masks are a mystery (topic/name)" in text
    assert text.endswith("1 scenario, 2 runs: 0 divergent, 0 agreeing, 1 not compared, 1 run unmodelled, 0 failed\n")


def test_nothing_at_all_is_a_report_too() -> None:
    assert table_report.render([], ids(TINY), Look()) == "0 scenarios, 0 runs: 0 divergent, 0 agreeing, 0 failed\n"


# --- hostile texts ------------------------------------------------------------------------------------------------------


def hostile() -> Scenario:
    steps = (
        step(1, "parent", "fork", born="kid"),
        step(2, "kid", "store", region=HOSTILE, value=HOSTILE),
        check(3, kid__umask=HOSTILE),
    )
    return replace(
        program(*steps), name=f"a/{HOSTILE}", title=HOSTILE, why=f"{HOSTILE}\n\n# {HOSTILE}", topic=HOSTILE, file=HOSTILE
    )


def test_hostile_texts_are_harmless_on_a_terminal() -> None:
    comparison = on(hostile(), TINY, BARREN)
    look = Look()
    texts = [table_report.render([comparison], ids(TINY, BARREN), look), tally.render([comparison], look)]
    texts.append(walk_report.render(walk(hostile(), TINY), hostile(), HOSTILE, look, all_facts=True))
    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\\x1b[2J\\u202e|<b>`*" in texts[0]


def test_hostile_texts_are_harmless_in_markdown() -> None:
    text = markdown_report.render([on(hostile(), TINY, BARREN)], ids(TINY, BARREN))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n# " not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in (5, 4, 9)  # the tables here have 3 or 4 columns, the summary 8
        outside_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<b>" not in outside_code


def test_hostile_texts_are_ascii_in_json() -> None:
    text = json_report.render([on(hostile(), TINY, BARREN)], ids(TINY, BARREN))
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["scenarios"][0]["title"] == HOSTILE


# --- markdown, json, tally ----------------------------------------------------------------------------------------------


def test_markdown_lists_every_divergence() -> None:
    comparison = on(FORK, TINY, BARREN)
    text = markdown_report.render([comparison], ids(TINY, BARREN))
    for divergence in comparison.divergences:
        assert f"\n| `{divergence.path}` | " in text
    assert "<code>kid</code>, which is not there on all</summary>" in text
    assert "| 1 | `parent` | `fork()` → `kid` | `fork()` → `EAGAIN` |" in text


def test_json_has_the_documented_shape() -> None:
    found = json.loads(json_report.render([on(FORK, TINY, BARREN), on(UMASK, CRASHING, ODD)], ids(TINY, BARREN, CRASHING, ODD)))
    assert found["format"] == 1
    assert found["complete"] is True
    assert list(found) == ["format", "complete", "flavors", "summary", "defects", "standards", "findings", "scenarios"]
    forked, masked = found["scenarios"]
    assert list(forked) == [
        "name",
        "topic",
        "title",
        "why",
        "file",
        "defect",
        "standard",
        "ok",
        "runs",
        "divergences",
        "outcomes",
        "claims",
    ]
    assert forked["file"] == "topic/name.yaml"
    run = forked["runs"][1]
    assert list(run) == [
        "flavor", "class", "status", "calls", "unmet", "has_defect", "satisfied", "misplaced", "violations", "exhaustive",
        "unmodelled",
        "crash",
    ]  # fmt: skip
    assert run["calls"] == [
        {"step": 1, "by": "parent", "call": "fork()", "result": "EAGAIN", "detail": "it never forks", "elapsed_ms": 0}
    ]
    first = forked["divergences"][0]
    assert first == {
        "path": "call.1",
        "fact": "call.<step>",
        "promised": False,
        "values": {"tinyos@1": "kid", "barren@1": "EAGAIN"},
    }
    absent = next(one for one in forked["divergences"] if one["path"] == "kid.uid")
    assert absent["values"] == {"tinyos@1": 1000, "barren@1": None}
    crashed, odd = masked["runs"]
    assert crashed["status"] == "crash"
    assert crashed["calls"][0]["result"] == "crashed"
    assert crashed["crash"]["message"] == "RuntimeError: boom <object object at 0x…>"
    assert odd["violations"][0]["known"] == "umask counts as a process there (kern.c 12)"


def test_an_unmet_expectation_stands_in_json_with_its_place() -> None:
    scenario = program(step(1, "parent", "fork", born="kid"), check(7, kid__umask="077", parent__threads=2))
    found = json.loads(json_report.render([on(scenario, TINY)], ids(TINY)))
    assert found["scenarios"][0]["runs"][0]["unmet"] == [
        {"path": "kid.umask", "expected": "077", "actual": "022", "file": "topic/name.yaml", "line": 7},
        {"path": "parent.threads", "expected": 2, "actual": 1, "file": "topic/name.yaml", "line": 7},
    ]


def test_reports_do_not_depend_on_the_order_of_scenarios() -> None:
    one, two = on(replace(FORK, name="a/one"), TINY, BARREN), on(replace(FORK, name="b/two"), TINY, BARREN)
    for render in (markdown_report.render, json_report.render):
        assert render([one, two], ids(TINY, BARREN)) == render([two, one], ids(TINY, BARREN))


def test_an_interrupted_report_says_so() -> None:
    comparison = on(FORK, TINY)
    assert json.loads(json_report.render([comparison], ids(TINY), 5))["complete"] is False
    assert "**Interrupted: 1 of 5 scenarios were run.**" in markdown_report.render([comparison], ids(TINY), 5)
    assert table_report.render([comparison], ids(TINY), Look(), 5).endswith("interrupted: 1 of 5 scenarios were run\n")


def test_the_tally_counts_by_fact_and_a_missing_process_once() -> None:
    found = {one.fact: one for one in tally.tally([on(replace(FORK, name="a/one"), TINY, BARREN), on(FORK, TINY, FORGETFUL)])}
    assert found["<role>, seen on some only"].times == 1
    assert found["<role>.umask"].scenarios == ("topic/name",)
    assert found["call.<step>"].scenarios == ("a/one",)
    assert [
        one for one in found if lookup(one.replace("<role>", "kid").replace("<…>", "1").replace("<step>", "1")) is None
    ] == [
        "<role>, seen on some only",
        "<role>~<role>, seen on some only",
    ]
    assert tally.render([on(UMASK, TINY, BARREN)], Look()) == ""


# --- show ---------------------------------------------------------------------------------------------------------------

VFORK = program(
    step(1, "parent", "vfork", born="kid", gives="asleep"),
    step(2, "kid", "sleep", ms=200),
    step(3, "kid", "exit", status=3),
    check(4, kid__state="zombie", parent__umask="000"),
    step(5, "parent", "wait"),
)


def test_a_walk_tells_what_a_step_brought_about() -> None:
    walked = walk(VFORK, TINY)
    start, vfork, sleep, left, checked, wait = walked.stages
    assert (start.item, start.changes, start.expected) == (None, changes({}, {}), ())
    assert vfork.outcome is not None
    assert vfork.outcome.result == "asleep"
    (birth,) = vfork.changes.births
    assert (birth.role, birth.like) == ("kid", "parent")
    assert ("memory", "shared") in birth.relation
    assert [one.path for one in vfork.changes.facts if "kid" in one.path] == []  # told by the birth
    assert [one.event for one in vfork.events] == ["calls", "sleeps"]
    assert [(one.ms, one.event) for one in sleep.events] == [(0, "calls"), (0, "sleeps"), (200, "wakes"), (200, "returns")]
    assert [(one.step, one.result) for one in left.later] == [(1, "kid")]
    assert [(one.role, one.before, one.state) for one in left.changes.gone] == [("kid", "running", "zombie")]
    assert [(one.path, one.met) for one in checked.expected] == [("kid.state", True), ("parent.umask", False)]
    assert [(one.role, one.state) for one in wait.changes.gone] == [("kid", "reaped")]


def test_a_walk_is_told_step_by_step() -> None:
    text = walk_report.render(walk(VFORK, TINY), replace(VFORK, file="specs/x.yaml"), "TinyOS 1", Look())
    assert text.startswith("topic/name on tinyos@1 (TinyOS 1)\n  a title\n\nstart  the kernel, init, the shell, parent\n")
    assert "\nstep 1  parent: vfork() as kid = asleep\n" in text
    assert "    kid is born, like parent except:\n" in text
    assert "\nstep 2  kid: sleep(ms=200) = 0, 200 ms\n" in text
    assert "    step 1 went on: parent: vfork() now gives kid\n" in text
    assert "    parent.state: asleep -> running\n" in text
    assert "    kid: running -> zombie (parent parent, status exited 3, exit_signal SIGCHLD, " in text
    assert "\nstep 4  check\n    met    kid.state is zombie\n" in text
    assert "    UNMET  parent.umask is 022, expected 000 (specs/x.yaml:4)\n" in text
    assert text.endswith("end  not as expected\n")


def test_a_walk_shows_how_an_intent_was_lowered() -> None:
    scenario = program(step(1, "parent", "spawn", born="kid", memory="share", wait_for_exec=True))
    text = walk_report.render(walk(scenario, TINY), scenario, "", Look())
    assert "step 1  parent: vfork() as kid = asleep\n    for spawn(memory=share, wait_for_exec=True)\n" in text


def test_a_walk_ends_in_the_step_that_crashed() -> None:
    walked = walk(UMASK, CRASHING)
    assert walked.stages[-1].outcome is not None
    assert walked.stages[-1].outcome.result == "crashed"
    text = walk_report.render(walked, UMASK, "", Look())
    assert "step 1  parent: umask(mask=077) = crashed\n" in text
    assert "    CRASH  RuntimeError: boom <object object at 0x…> (tests/unit/toys.py:" in text


def test_a_walk_says_what_is_not_modelled_and_what_the_kernel_breaks_itself() -> None:
    assert "    unmodelled  masks are a mystery: the rest says nothing\n" in walk_report.render(
        walk(UMASK, VAGUE), UMASK, "", Look()
    )
    odd = walk_report.render(walk(UMASK, ODD), UMASK, "", Look())
    assert "invariant, broken by that kernel itself: nprocs: nprocs is 5" in odd
    assert "end  as expected\n" in odd
    assert "    INVARIANT  nprocs: nprocs is 5" in walk_report.render(walk(UMASK, LEAKY), UMASK, "", Look())


def test_a_walk_ends_with_what_was_expected_at_the_end() -> None:
    late = Expected((("all", "kid"),), line=9)
    scenario = program(replace(step(1, "parent", "vfork", born="kid", gives="asleep"), finally_gives=late))
    text = walk_report.render(walk(scenario, TINY), replace(scenario, file="x.yaml"), "", Look())
    assert "    met    call.1 is asleep\n" in text
    end = text.partition("\nend  ")[2]
    assert end == "not as expected\n    UNMET  call.1 is asleep, expected kid (x.yaml:9)\n"


def test_all_facts_can_be_shown() -> None:
    text = walk_report.render(walk(UMASK, TINY), UMASK, "", Look(), all_facts=True)
    assert "\n    parent.umask" in text.partition("all facts at the end\n")[2]
