from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import oracle.harness
import oracle.load.meaning
import oracle.report.failures
from oracle.registry import load_flavors
from tests.unit.plugins import TINYOS, distribution, two_tinyos

pytest_plugins = "pytester"

# A run inside this process forgets what it has imported. What is here before it stays: that is faster, and YAML's parser in C
# does not stand being imported twice.
PRELOADED = (oracle.harness, oracle.load.meaning, oracle.report.failures, load_flavors())

BOTH = ("--flavor", "tinyos@1", "--flavor", "tinyos@2")
AGREE = """\
title: Fork gives a child
why: The least there is.
topic: files
agree: [call.*, kid.state]
steps:
  - {do: fork, as: kid, gives: kid}
  - check: {kid.state: running}
"""
PARTS = """\
title: A child has its parent's umask
why: TinyOS 2 forgets it.
topic: files
agree: [kid.umask]
steps:
  - {do: fork, as: kid, gives: kid}
  - {by: kid, do: close, fd: 9}
  - check:
      parent.umask: "022"
      kid.umask: "022"
"""


@pytest.fixture
def specs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two scenarios and two flavors."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -W default")  # the one is slow to import, the other usual
    folder = pytester.mkdir("specs")
    (folder / "files").mkdir()
    (folder / "files" / "agree.yaml").write_text(AGREE)
    (folder / "files" / "parts.yaml").write_text(PARTS)
    two_tinyos(pytester.mkdir("site"))
    pytester.syspathinsert("site")
    return folder


def test_each_scenario_is_an_item_for_each_flavor_and_one_for_its_agreement(pytester: pytest.Pytester, specs: Path) -> None:
    result = pytester.runpytest(*BOTH, "--collect-only", "-q")
    assert [line for line in result.outlines if "::" in line] == [
        f"specs/files/{name}.yaml::{item}" for name in ("agree", "parts") for item in ("tinyos@1", "tinyos@2", "agree")
    ]


def test_a_failure_says_where_and_what_and_shows_no_python(pytester: pytest.Pytester, specs: Path) -> None:
    result = pytester.runpytest(*BOTH, "specs/files/parts.yaml::tinyos@2")
    result.stdout.fnmatch_lines(
        [
            "specs/files/parts.yaml:10: tinyos@2: kid.umask is 000, expected 022",
            "the steps on tinyos@2:",
            "  line 6: parent fork() -> kid",
            "  line 7: kid close(fd=9) -> EBADF (descriptor 9 is not open)",
            "FAILED specs/files/parts.yaml::tinyos@2*",
        ]
    )
    result.stdout.no_fnmatch_line("*.py*")
    result.stdout.no_fnmatch_line("*Traceback*")
    result.assert_outcomes(failed=1)


def test_a_broken_promise_says_who_says_what(pytester: pytest.Pytester, specs: Path) -> None:
    result = pytester.runpytest(*BOTH, "specs/files/parts.yaml::agree")
    result.stdout.fnmatch_lines(
        [
            "specs/files/parts.yaml: the scenario says that all agree on kid.umask, but it is 022 on tinyos@1, 000 on tinyos@2",
            "the steps on tinyos@1:",
            "the steps on tinyos@2:",
        ]
    )
    result.assert_outcomes(failed=1)


def test_all_that_agrees_passes(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.runpytest(*BOTH, "specs/files/agree.yaml").assert_outcomes(passed=3)


def test_a_bare_system_means_its_newest_revision(pytester: pytest.Pytester, specs: Path) -> None:
    result = pytester.runpytest("--flavor", "tinyos", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["specs/files/agree.yaml::tinyos@2", "specs/files/parts.yaml::tinyos@2"])
    result.stdout.no_fnmatch_line("*tinyos@1")


def test_the_configuration_file_can_name_the_flavors(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.makeini("[pytest]\noracle_flavors = tinyos@1")
    pytester.runpytest().assert_outcomes(passed=2)
    pytester.runpytest("--flavor", "tinyos@2").assert_outcomes(passed=1, failed=1)


def test_a_flavor_that_is_not_there_stops_the_run_with_the_names_of_those_that_are(
    pytester: pytest.Pytester, specs: Path
) -> None:
    result = pytester.runpytest("--flavor", "zos@1")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: there is no flavor 'zos@1'; installed: *tinyos@1, tinyos@2"])


def test_items_can_be_chosen_by_keyword(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.runpytest(*BOTH, "-k", "agree and not parts and tinyos").assert_outcomes(passed=2, deselected=4)


def test_the_run_can_stop_at_the_first_failure(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.runpytest(*BOTH, "-x").assert_outcomes(passed=4, failed=1)


def test_the_last_failures_can_be_run_again(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.runpytest(*BOTH).assert_outcomes(passed=4, failed=2)
    pytester.runpytest(*BOTH, "--lf").assert_outcomes(failed=2)


def test_items_run_on_several_workers(pytester: pytest.Pytester, specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytester.path / "site"), prepend=os.pathsep)
    result = pytester.runpytest_subprocess(*BOTH, "-n", "2")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["specs/files/parts.yaml:10: tinyos@2: kid.umask is 000, expected 022"])


def test_junit_xml_has_the_failure_in_full(pytester: pytest.Pytester, specs: Path) -> None:
    pytester.runpytest(*BOTH, "--junitxml=out.xml", "specs/files/parts.yaml")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}
    assert list(cases) == ["tinyos@1", "tinyos@2", "agree"]
    failure = cases["tinyos@2"].find("failure")
    assert failure is not None
    assert "parts.yaml:10: tinyos@2: kid.umask is 000, expected 022" in (failure.text or "")


def test_yaml_of_other_people_is_left_alone(pytester: pytest.Pytester, specs: Path) -> None:
    (pytester.path / "docker-compose.yaml").write_text("services: {web: {image: x}}\n")
    (pytester.path / "values.yml").write_text("a: &a [*a")
    (pytester.path / "broken.yaml").write_text("title: [\n")
    pytester.runpytest("--flavor", "tinyos@1").assert_outcomes(passed=2)


def test_a_malformed_scenario_is_a_collection_error_with_its_place(pytester: pytest.Pytester, specs: Path) -> None:
    (specs / "files" / "typo.yaml").write_text(AGREE.replace("do: fork", "do: frok"))
    result = pytester.runpytest("--flavor", "tinyos@1", "--continue-on-collection-errors")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["specs/files/typo.yaml:6:10: *'frok'*fork?"])
    result.stdout.no_fnmatch_line("*Error: *")
    result.stdout.no_fnmatch_line("*.py*")


def test_what_is_not_yaml_at_all_is_a_collection_error_with_its_place(pytester: pytest.Pytester, specs: Path) -> None:
    (specs / "files" / "parts.yaml").write_text("title: x\nsteps:\n  - {do: fork\n")
    result = pytester.runpytest("--flavor", "tinyos@1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["specs/files/parts.yaml:4:1: this is not YAML: *"])
    result.stdout.no_fnmatch_line("*.py*")


def test_a_scenario_for_another_system_is_no_item_of_this_one(pytester: pytest.Pytester, specs: Path) -> None:
    (specs / "files" / "agree.yaml").write_text(AGREE.replace("topic:", "only: [tinyos@2]\ntopic:"))
    pytester.runpytest("--flavor", "tinyos@1").assert_outcomes(passed=1)


def test_what_a_flavor_does_not_model_is_skipped_with_the_reason(pytester: pytest.Pytester, specs: Path) -> None:
    masked = AGREE + "  - {do: sigaction, signal: SIGHUP, handler: h, mask: [SIGINT]}\n"
    (specs / "files" / "agree.yaml").write_text(masked)
    result = pytester.runpytest(*BOTH, "-rs", "specs/files/agree.yaml")
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED [[]1[]] specs/files/agree.yaml:1: fewer than two flavors have something to say",
            "SKIPPED [[]1[]] specs/files/agree.yaml:1: tinyos@1 does not model this: masks and flags of handlers",
        ]
    )


LEAKY = """
from dataclasses import replace
from oracle.flavor import Call, KnownViolation
from oracle.machine.errno import EAGAIN
from tinyos import FLAVOR as OLD

def fork(k, lwp, args):
    k.nprocs += 1
    return (yield from OLD.calls["fork"].run(k, lwp, args))

FLAVOR = replace(OLD, id="tinyos@3", calls={**OLD.calls, "fork": Call(OLD.calls["fork"].spec, fork)})
KNOWN = replace(FLAVOR, id="tinyos@4", violations=(KnownViolation("nprocs", "nprocs is .*", "it counts twice", "kern.c"),))
"""


def test_an_unknown_violation_fails_and_a_known_one_does_not(pytester: pytest.Pytester, specs: Path) -> None:
    leaky = {"leaky-3": "leaky:FLAVOR", "leaky-4": "leaky:KNOWN"}
    distribution(pytester.path / "site", "leaky", leaky, {"leaky": LEAKY})
    result = pytester.runpytest("--flavor", "tinyos@3", "--flavor", "tinyos@4", "specs/files/agree.yaml")
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["specs/files/agree.yaml: tinyos@3: invariant nprocs does not hold after step 1: *"])


def test_a_crash_of_a_flavor_fails_with_the_flavors_traceback(pytester: pytest.Pytester, specs: Path) -> None:
    crashing = LEAKY.replace("k.nprocs += 1", "k.nonsense += 1")
    distribution(pytester.path / "site", "leaky", {"leaky-3": "leaky:FLAVOR"}, {"leaky": crashing})
    result = pytester.runpytest("--flavor", "tinyos@1", "--flavor", "tinyos@3", "specs/files/agree.yaml")
    result.assert_outcomes(failed=1, passed=1, skipped=1)
    result.stdout.fnmatch_lines(["specs/files/agree.yaml: tinyos@3: crashed: AttributeError: *", '*leaky.py", line 8*'])


def test_a_broken_plugin_is_named_in_a_warning_and_the_others_run(pytester: pytest.Pytester, specs: Path) -> None:
    distribution(pytester.path / "site", "broken", {"broken-1": "broken:FLAVOR"}, {"broken": "import nowhere_to_be_found"})
    result = pytester.runpytest("-k", "tinyos and agree and not parts")
    assert result.parseoutcomes()["passed"] >= 2
    result.stdout.fnmatch_lines(
        ["*BrokenFlavorWarning: flavor plugin 'broken-1' (broken:FLAVOR of broken): can't be imported*"]
    )


def test_a_broken_plugin_is_no_business_of_who_chose_another_flavor(pytester: pytest.Pytester, specs: Path) -> None:
    distribution(pytester.path / "site", "broken", {"broken-1": "broken:FLAVOR"}, {"broken": "import nowhere_to_be_found"})
    result = pytester.runpytest("--flavor", "tinyos@1", "-W", "error::pytest.PytestWarning")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("files", [{}, {"docker-compose.yaml": "services: {}\n", "deploy.yml": "title: x\nsteps: []\n"}])
def test_who_has_no_scenarios_imports_next_to_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    code = (
        "import sys, pytest; code = pytest.main(['-q', '-p', 'no:cacheprovider']);"
        "heavy = {'pydantic', 'yaml', 'oracle.flavor', 'oracle.scenario', 'oracle.machine', 'flavors'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_text_of_tinyos_is_that_of_the_example() -> None:
    assert 'id="tinyos@1"' in TINYOS


DEFECT = """\
title: A child forgets its umask
why: It makes files that anybody can write.
topic: defects
defect: {id: tinyos/Q1, on: [tinyos@1, tinyos@2]}
steps:
  - {do: fork, as: kid}
  - shows: {kid.umask: "000"}
"""


def test_a_defect_that_a_flavor_does_not_show_fails_there_alone(pytester: pytest.Pytester, specs: Path) -> None:
    (specs / "files" / "defect.yaml").write_text(DEFECT)
    result = pytester.runpytest_inprocess(*BOTH, "specs/files/defect.yaml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["specs/files/defect.yaml:7: tinyos@1: tinyos/Q1 is not shown: kid.umask is 022, and its sign is 000"]
    )


def test_a_list_of_what_is_not_shown_is_an_item_that_reads_it(pytester: pytest.Pytester, specs: Path) -> None:
    entry = "  - {id: tinyos/Q2, on: tinyos, because: outside, reason: It is elsewhere.}\n"
    (specs / "not-shown.yaml").write_text(f"not_shown:\n{entry}")
    pytester.runpytest_inprocess(*BOTH, "specs/not-shown.yaml").assert_outcomes(passed=1)
    (specs / "not-shown.yaml").write_text(f"not_shown:\n{entry}{entry}")
    result = pytester.runpytest_inprocess(*BOTH, "specs/not-shown.yaml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["specs/not-shown.yaml:3:5: tinyos/Q2 stands here already, on line 2"])
