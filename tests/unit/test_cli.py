from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import main
from oracle.errors import FlavorError
from oracle.flavor import Flavor
from oracle.registry import Registry
from tests.unit.load_helpers import ALPHA1
from tests.unit.toys import BARREN, CRASHING, ENDLESS, FORGETFUL, FORK, LEAKY, ODD, TINY, UMASK, VAGUE, specs

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Install:
    """Makes the command line see some flavors and no others, in an empty folder, and without a say of the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def put(*flavors: Flavor, broken: tuple[FlavorError, ...] = ()) -> None:
        monkeypatch.setattr("oracle.cli.commands.load_flavors", lambda: Registry(flavors, broken))

    return put


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


# --- run ----------------------------------------------------------------------------------------------------------------


def test_run_takes_the_specs_folder_and_all_flavors_if_nothing_is_said(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(TINY, FORGETFUL)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    assert main(["run"]) == 0
    out, err = said(capsys)
    assert "files/fork   A ok      B ok      1: kid.umask 022 / 000\n" in out
    assert "files/umask  A ok      A ok      agree\n" in out
    assert out.endswith("2 scenarios, 4 runs: 1 divergent, 1 agreeing, 0 failed\n")
    assert err.startswith("fork-oracle: 2 scenarios on 2 flavors in ")


def test_run_takes_folders_files_and_flavors(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, FORGETFUL, BARREN)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK, deep__er__one=UMASK)
    assert main(["run", "specs/deep", "specs/files/umask.yaml", "--flavor", "barren", "--flavor", "tinyos"]) == 0
    found = json_of(capsys, ["run", "specs/deep", "specs/files/umask.yaml", "--flavor", "barren", "--flavor", "tinyos"])
    assert found["flavors"] == ["barren@1", "tinyos@2"]
    assert [one["name"] for one in found["scenarios"]] == ["deep/er/one", "files/umask"]


def json_of(capsys: pytest.CaptureFixture[str], argv: list[str]) -> dict[str, Any]:
    said(capsys)
    main([*argv, "--format", "json"])
    found: dict[str, Any] = json.loads(said(capsys)[0])
    return found


@pytest.mark.parametrize(
    ("flavors", "code"),
    [
        ((TINY,), 0),
        ((TINY, ODD), 0),  # breaks an invariant as the real kernel does
        ((TINY, VAGUE), 0),  # does not model it
        ((TINY, BARREN), 1),  # the expectation is not met
        ((TINY, LEAKY), 1),  # an invariant does not hold
        ((TINY, CRASHING), 3),
        ((BARREN, CRASHING), 3),  # the gravest counts
        ((TINY, ENDLESS), 130),
    ],
)
def test_the_exit_code_says_how_it_went(install: Install, tmp_path: Path, flavors: tuple[Flavor, ...], code: int) -> None:
    install(*flavors)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    assert main(["run"]) == code


def test_a_broken_promise_to_agree_is_a_failure(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, FORGETFUL)
    specs(tmp_path, files__fork=FORK + "agree: [kid.*]\n")
    assert main(["run"]) == 1
    assert "specs/files/fork.yaml: the scenario says that all agree on kid.umask, but it is" in said(capsys)[0]


def test_a_failed_expectation_is_reported_with_file_and_line(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(BARREN)
    specs(tmp_path, files__fork=FORK)
    assert main(["run"]) == 1
    assert "\n  specs/files/fork.yaml:5: barren@1: call.1 is EAGAIN, expected kid\n" in said(capsys)[0]


def test_a_crash_of_a_flavor_does_not_stop_the_others(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(CRASHING, TINY)
    specs(tmp_path, files__umask=UMASK)
    assert main(["run"]) == 3
    out, err = said(capsys)
    assert "files/umask  ! CRASH     A ok      not compared" in out
    assert "run it again with --traceback" in err
    assert main(["run", "--traceback"]) == 3
    out, err = said(capsys)
    assert "fork-oracle: crashing@1 crashed on files/umask:\nTraceback (most recent call last):\n" in err
    assert "in _crash" in err


def test_what_was_finished_before_an_interrupt_is_printed(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(ENDLESS)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK, files__zero=FORK)
    assert main(["run", "--reports", "reports", "--output", "file"]) == 130
    out, _ = said(capsys)
    assert "files/fork  A ok" in out
    assert "files/zero" not in out
    assert out.endswith("interrupted: 1 of 3 scenarios were run\n")
    assert list(Path("reports").iterdir()) == []
    assert not Path("file").exists()


@pytest.mark.parametrize("form", ["json", "markdown", "table"])
def test_two_runs_give_the_same_bytes(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    install(TINY, FORGETFUL, BARREN, CRASHING, LEAKY, ODD, VAGUE)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    main(["run", "--format", form])
    first = said(capsys)[0]
    main(["run", "--format", form])
    assert said(capsys)[0] == first
    assert str(tmp_path) not in first


# --- reports and files --------------------------------------------------------------------------------------------------


def test_reports_are_the_same_bytes_wherever_the_specs_are(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(TINY, BARREN, CRASHING)
    for place in ("here", "there/and/deeper"):
        specs(tmp_path / place, files__fork=FORK, files__umask=UMASK)
    assert main(["run", "here/specs", "--reports", "one"]) == 3
    monkeypatch.chdir(tmp_path / "there")
    assert main(["run", str(tmp_path / "there/and/deeper/specs/files"), "--reports", str(tmp_path / "made/two")]) == 3
    for name in ("report.md", "report.json", "index.html"):
        one, two = (tmp_path / "one" / name).read_bytes(), (tmp_path / "made/two" / name).read_bytes()
        assert one == two
        assert str(tmp_path).encode() not in one
        assert b"\r" not in one
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["index.html", "report.json", "report.md"]


def test_reports_are_replaced_whole_or_not_at_all(install: Install, tmp_path: Path) -> None:
    install(TINY)
    specs(tmp_path, files__fork=FORK)
    reports = tmp_path / "reports"
    (reports / "report.json").mkdir(parents=True)  # no file can be put here
    (reports / "report.md").write_text("old")
    assert main(["run", "--reports", "reports"]) == 2
    assert (reports / "report.md").read_text() == "old"
    assert sorted(path.name for path in reports.iterdir()) == ["report.json", "report.md"]


def test_output_goes_to_a_file(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY)
    specs(tmp_path, files__fork=FORK)
    target = tmp_path / "kept.txt"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "link.txt").symlink_to(target)
    assert main(["run", "--output", "link.txt"]) == 0
    assert said(capsys)[0] == ""
    assert target.read_text().endswith("0 failed\n")
    assert target.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.txt").is_symlink()


def test_a_device_is_written_to_and_not_replaced(install: Install, tmp_path: Path) -> None:
    install(TINY)
    specs(tmp_path, files__fork=FORK)
    assert main(["run", "--output", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("argv", [["--output", "no/such/file"], ["--output", "specs"], ["--reports", "specs/files/fork.yaml"]])
def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    install(ENDLESS)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    assert main(["run", *argv]) == 2
    assert "fork-oracle: can't " in said(capsys)[1]


# --- what is wrong with the input ---------------------------------------------------------------------------------------


def test_all_bad_files_are_reported_and_the_good_ones_are_not_run(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(ENDLESS)
    specs(tmp_path, files__bad=FORK.replace("do:", "done:"), files__umask=UMASK, files__worse="title: t\nsteps: [}\n")
    assert main(["run"]) == 2
    out, err = said(capsys)
    assert out == ""
    bad, worse = err.splitlines()[0], err.splitlines()[-1]
    assert bad.startswith("specs/files/bad.yaml:5:")
    assert worse.startswith("specs/files/worse.yaml:2:9: ")


def test_a_hostile_file_cannot_steer_the_terminal(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY)
    specs(tmp_path, files__bad=FORK.replace("kid}", '"\\e[2J\\u202E"}'))
    assert main(["run"]) in (1, 2)
    assert "\x1b" not in "".join(said(capsys))
    assert "\u202e" not in "".join(said(capsys))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run"], "There is no folder 'specs' here"),
        (["run", "nowhere"], "there is no file or folder 'nowhere'"),
        (["run", "empty"], "there are no scenarios below 'empty'"),
        (["run", "empty", "--flavor", "plan9@4"], "there is no flavor 'plan9@4'; installed: tinyos@1, tinyos@2"),
        (["compare", "tinyos"], "compare needs two flavors or more, got tinyos"),
        (["compare", "empty"], "compare needs two flavors or more, got none"),
        (["compare", "tinyos", "plan9@4"], "there is no flavor 'plan9@4'"),
        (["show", "nothing", "--flavor", "tinyos"], "there is no scenario 'nothing': neither a file"),
        (["show", "nothing"], "the following arguments are required: --flavor"),
        (["walk"], "invalid choice: 'walk'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    install(TINY, FORGETFUL)
    (tmp_path / "empty").mkdir()
    assert main(argv) == 2
    out, err = said(capsys)
    assert out == ""
    assert words in err
    assert "Traceback" not in err


def test_a_bug_of_ours_is_one_sentence_unless_the_traceback_is_wanted(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Registry:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("oracle.cli.commands.load_flavors", broken)
    assert main(["flavors"]) == 3
    err = said(capsys)[1]
    assert err.startswith("fork-oracle: this is a bug of fork-oracle: ZeroDivisionError: of all things\n")
    assert "--traceback" in err
    assert main(["flavors", "--traceback"]) == 3
    assert "Traceback (most recent call last):" in said(capsys)[1]


# --- compare and show ---------------------------------------------------------------------------------------------------


def test_compare_tells_flavors_from_paths(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, FORGETFUL, BARREN)
    specs(tmp_path, files__fork=FORK, files__umask=UMASK)
    assert main(["compare", "tinyos@1", "specs/files", "tinyos"]) == 0
    out, _ = said(capsys)
    assert "  path       tinyos@1    tinyos@2\n" in out
    assert "  kid.umask  022         000\n" in out
    assert "Facts that differ\n" in out
    assert "1        1            <role>.umask  files/fork\n" in out
    assert out.endswith("2 scenarios, 4 runs: 1 divergent, 1 agreeing, 0 failed\n")
    assert json_of(capsys, ["compare", "barren", "tinyos"])["flavors"] == ["barren@1", "tinyos@2"]


def test_show_takes_a_file_or_a_name_below_specs(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, BARREN)
    specs(tmp_path, files__fork=FORK)
    assert main(["show", "specs/files/fork.yaml", "--flavor", "tinyos"]) == 0
    first, _ = said(capsys)
    assert "step 1  parent: fork() as kid = kid\n" in first
    assert main(["show", "files/fork", "--flavor", "tinyos@1"]) == 0
    assert said(capsys)[0] == first
    assert main(["show", "files/fork", "--flavor", "barren", "--flavor", "tinyos", "--all-facts"]) == 1
    assert said(capsys)[0].count("all facts at the end\n") == 2


def test_show_runs_a_scenario_on_a_flavor_that_it_is_not_meant_for_and_says_so(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(TINY, BARREN)
    specs(tmp_path, files__umask=UMASK + "only: [tinyos]\n")
    assert main(["show", "files/umask", "--flavor", "barren"]) == 0
    assert "files/umask is not meant for barren@1" in said(capsys)[1]


def test_show_of_a_crash(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(CRASHING)
    specs(tmp_path, files__umask=UMASK)
    assert main(["show", "files/umask", "--flavor", "crashing", "--traceback"]) == 3
    out, err = said(capsys)
    assert "CRASH  RuntimeError: boom" in out
    assert "Traceback (most recent call last):" in err


def test_an_interrupted_show_says_so(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(ENDLESS)
    specs(tmp_path, files__umask=UMASK)
    assert main(["show", "files/umask", "--flavor", "endless"]) == 130
    assert said(capsys)[1] == "fork-oracle: interrupted\n"


# --- lists --------------------------------------------------------------------------------------------------------------


def test_flavors_are_listed_and_broken_plugins_named(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, FORGETFUL)
    assert main(["flavors"]) == 0
    out, _ = said(capsys)
    assert "tinyos@2  20       0         TinyOS 2\n" in out
    assert "  has no\n" not in out
    assert "tinyos@1\n  models TinyOS kern.c 1\n  does not model\n    setpgid: process groups are never changed\n" in out
    install(TINY, broken=(FlavorError("flavor plugin 'x': can't be imported"),))
    assert main(["flavors"]) == 2
    assert said(capsys)[1] == "fork-oracle: flavor plugin 'x': can't be imported\n"


def test_a_broken_plugin_is_left_out_with_a_word(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY, broken=(FlavorError("flavor plugin 'x': can't be imported"),))
    specs(tmp_path, files__fork=FORK)
    assert main(["run"]) == 0
    assert "can't be imported\n  left out\n" in said(capsys)[1]


def test_no_flavor_at_all_is_an_error(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install()
    specs(tmp_path, files__fork=FORK)
    assert main(["run"]) == 2
    assert "no flavor is installed" in said(capsys)[1]
    assert main(["flavors"]) == 0
    assert said(capsys)[0] == "no flavor is installed\n"


def test_the_vocabulary_is_listed(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install()
    assert main(["facts"]) == 0
    out, _ = said(capsys)
    assert "\n<role>.umask" in out
    assert "\n<role>~<role>.credential   text    flavors of one system  shared if both" in out
    assert max(map(len, out.splitlines())) <= 120


def test_calls_are_listed_with_their_parameters(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY)
    assert main(["calls", "--flavor", "tinyos"]) == 0
    out, _ = said(capsys)
    assert "memory         whether memory is shared or copied: share | copy (copy if not given)\n" in out
    assert "Calls of tinyos@1 alone\n\nnone\n\nIt lacks the portable calls type, setpgid, " in out


def test_native_calls_are_listed_with_the_names_of_their_flags(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(ALPHA1)
    assert main(["calls"]) == 0
    out, _ = said(capsys)
    native = out.partition("Calls of alpha@1.1 alone\n")[2]
    assert "\nrfork                rfork(2); gives the role whose pid it returned, or 0; as: names what it makes\n" in native
    assert "flags        what to share: RFPROC, RFFDG, RFMEM (required)\n" in native
    assert "It lacks the portable calls mq_open." in native


def test_the_schema_is_printed_or_written(install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(TINY)
    assert main(["schema"]) == 0
    out, _ = said(capsys)
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")
    assert main(["schema", "--output", "schema.json"]) == 0
    assert (tmp_path / "schema.json").read_text() == out


@pytest.mark.parametrize("command", ["run", "compare", "show", "flavors", "facts", "calls", "schema"])
def test_help_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    out, _ = said(capsys)
    assert "example" in out
    assert "exit codes:" in out
    assert f"fork-oracle {command}" in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert said(capsys)[0].startswith("fork-oracle ")


_NAMED = re.compile(r"fork-oracle (?:findings|show|explain) ([a-z][\w/-]*)(?!\S)|(?<!\S)(specs(?:/[\w-]+)*(?:\.yaml)?)(?!\S)")


@pytest.mark.parametrize("command", ["run", "compare", "explore", "show", "explain", "findings", "triage", "sources"])
def test_examples_of_the_help_name_what_there_is(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    examples = said(capsys)[0].partition("examples:")[2].partition("exit codes:")[0]
    names = [finding or path for finding, path in _NAMED.findall(examples)]
    specs = Path(__file__).parents[2] / "specs"
    places = [specs.parent, specs, specs / "findings"]
    assert [name for name in names if not any((at / name).exists() or (at / f"{name}.yaml").exists() for at in places)] == []
    assert names


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("run", "With --findings the exit code is 1, too, if something differs that no finding claims"),
        ("findings", "With --check the exit code is 1, too, if a difference is new"),
        ("triage", "The exit code is 1, too, if any difference is left that no finding claims"),
        ("sweep", "the exit code is 0, however many it finds"),
        ("distinguish", "the exit code is 0, however many it finds"),
        ("fuzz", "the exit code is 0, however many it finds"),
    ],
)
def test_help_says_whether_differences_make_it_fail(command: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert words in " ".join(said(capsys)[0].split())
