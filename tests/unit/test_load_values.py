"""What a well-written file comes to as values, and how files are found and named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from oracle.errors import ScenarioError, UsageError
from oracle.load import find_scenarios, is_scenario, load_scenario, scenario_name
from oracle.load.yamlpos import MAX_FILE_BYTES
from oracle.scenario import (
    Check,
    Expectation,
    Expected,
    FileSpec,
    Item,
    MachineSpec,
    ProcessSpec,
    RegionSpec,
    Scenario,
    Step,
)
from tests.unit.load_helpers import FLAVORS, HEAD, read

MINIMAL = HEAD + "steps:\n  - {do: fork}\n"


def steps(text: str) -> tuple[Item, ...]:
    return read(f"{HEAD}steps:\n  - {{do: fork, as: kid}}\n{text}").steps[1:]


def process(text: str) -> ProcessSpec:
    return read(f"{HEAD}processes: {{lead: {{session: ''}}, parent: {text}}}\nsteps:\n  - {{do: fork}}\n").processes[1]


def test_a_minimal_file_has_one_process_and_all_defaults() -> None:
    assert read(MINIMAL) == Scenario("a/b", "t", "", "results", (Step(1, "parent", "fork"),))


def test_the_top_of_a_file() -> None:
    text = (
        "title: ' Two words '\nwhy: |\n  Because\n  of this.\n\ntopic: limits\nonly: [alpha, beta@7]\nagree: true\n"
        "machine: {maxproc: 40, background: {0: 20, 1000: 5}, tunables: {atune: 0}, terminal: false}\n"
        "processes: {parent: , kid: {}}\nsteps: [{do: fork}]\n"
    )
    found = read(text)
    assert (found.title, found.why, found.topic) == ("Two words", "Because\nof this.", "limits")
    assert found.only == ("alpha", "beta@7")
    assert found.agree == ("*",)
    assert found.machine == MachineSpec(40, ((0, 20), (1000, 5)), (("atune", 0),), False)
    assert found.processes == (ProcessSpec("parent"), ProcessSpec("kid"))
    assert found.file == "specs/a/b.yaml"


def test_agree_takes_globs_and_false() -> None:
    assert read(MINIMAL + "agree: false\n").agree == ()
    assert read(MINIMAL + "agree: 'parent.*'\n").agree == ("parent.*",)
    assert read(MINIMAL + "agree: [parent.umask, '*.uid', 'machine.*']\n").agree == ("parent.umask", "*.uid", "machine.*")


def test_a_process_with_everything() -> None:
    found = process(
        "{uid: 5, euid: 0, svuid: 7, parent: lead, terminal: false, jail: j, sugid: true, nice: -3, command: c, text: /t, "
        "cwd: /c, root: /r, umask: '027', "
        "files: {3: {path: /etc/motd, offset: 10, cloexec: true}, 0: /dev/null, 1: {path: p, kind: pipe}}, "
        "memory: {data: 5, map: {value: 7, inherit: share, wired: true}}, limits: {nproc: {soft: 5, hard: -1}}, "
        "masked: [SIGINT, SIGHUP], pending: SIGALRM, ignored: [], caught: {SIGUSR1: on_usr1}}"
    )
    assert found == ProcessSpec(
        "parent", "lead", 5, 0, 7, "", "shell", False, "j", True, -3, "c", "/t", "/c", "/r", 0o27,
        (FileSpec(3, "/etc/motd", 10, True), FileSpec(0, "/dev/null"), FileSpec(1, "p", kind="pipe")),
        (RegionSpec("data", "5"), RegionSpec("map", "7", "share", True)),
        (("nproc", 5, -1),), ("SIGINT", "SIGHUP"), ("SIGALRM",), (), (("SIGUSR1", "on_usr1"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "group", "session"),
    [
        ("{}", "", "shell"),
        ("{group: parent}", "", "shell"),
        ("{session: parent}", "", ""),
        ("{session: ''}", "", ""),
        ("{group: lead}", "lead", "lead"),
        ("{group: lead, session: lead}", "lead", "lead"),
        ("{session: lead}", "", "lead"),
        ("{group: shell}", "shell", "shell"),
    ],
)
def test_a_group_brings_its_session(text: str, group: str, session: str) -> None:
    found = process(text)
    assert (found.group, found.session) == (group, session)


def test_steps_keep_their_arguments_as_written() -> None:
    made = steps(
        "  - {by: kid, do: sigaction, signal: SIGINT, handler: h, mask: [SIGHUP], options: SA_RESTART|0x10}\n"
        "  - {do: rfork, flags: RFPROC|RFFDG, as: other, only: alpha}\n"
        "  - {do: umask, mask: '022'}\n"
        "  - {do: store, value: 7}\n"
    )
    assert made == (
        Step(2, "kid", "sigaction", {"signal": "SIGINT", "handler": "h", "mask": ("SIGHUP",), "options": "SA_RESTART|0x10"}),
        Step(3, "parent", "rfork", {"flags": "RFPROC|RFFDG"}, "other", ("alpha",)),
        Step(4, "parent", "umask", {"mask": "022"}),
        Step(5, "parent", "store", {"value": 7}),
    )
    assert [step.line for step in made] == [5, 6, 7, 8]


def test_one_role_can_be_born_by_a_step_for_each_system() -> None:
    made = steps(
        "  - {do: rfork, flags: 16, as: t, only: alpha}\n  - {do: __clone, as: t, only: beta}\n  - {by: t, do: exit}\n"
    )
    assert [step.born for step in made if isinstance(step, Step)] == ["t", "t", ""]


def test_a_step_that_is_expected_to_fail_leaves_the_name_free() -> None:
    births = "  - {do: fork, as: t, gives: EAGAIN}\n  - {do: spawn, as: t, gives: {alpha: t, beta: inexpressible}}\n"
    steps(f"{births}  - {{do: __clone, as: t, only: beta}}\n  - check: {{t.state: running}}\n")
    steps("  - {do: fork, as: t, gives: EAGAIN}\n  - check: {t.state: never born}\n")


def test_a_child_without_a_name_is_known_by_its_step() -> None:
    made = steps("  - {do: fork}\n  - {do: wait, child: child2}\n  - check: {child2.state: reaped}\n")
    assert made[1] == Step(3, "parent", "wait", {"child": "child2"})


def test_expected_values_are_common_or_by_selector_and_have_the_type_of_their_fact() -> None:
    made = steps(
        "  - {do: fork, as: b, gives: b, finally: {alpha: 0, alpha@1.2: EAGAIN, beta: absent}}\n"
        "  - check:\n"
        "      parent.umask: 22\n"
        "      parent.children: kid\n"
        "      parent.masked: []\n"
        "      parent~kid.offsets: [0, 3]\n"
        "      parent.sugid: false\n"
        "      kid.uid: {alpha: 5, all: absent}\n"
        "      call.1.elapsed: 0\n"
        "    only: [alpha]\n"
    )
    step, check = made
    assert isinstance(step, Step)
    assert isinstance(check, Check)
    assert step.gives == Expected((("all", "b"),))
    assert step.finally_gives == Expected((("alpha", "0"), ("alpha@1.2", "EAGAIN"), ("beta", "absent")))
    assert check.only == ("alpha",)
    assert check.expected == (
        Expectation("parent.umask", Expected((("all", "22"),))),
        Expectation("parent.children", Expected((("all", ("kid",)),))),
        Expectation("parent.masked", Expected((("all", ()),))),
        Expectation("parent~kid.offsets", Expected((("all", ("0", "3")),))),
        Expectation("parent.sugid", Expected((("all", False),))),
        Expectation("kid.uid", Expected((("alpha", 5), ("all", "absent")))),
        Expectation("call.1.elapsed", Expected((("all", 0),))),
    )
    assert check.expected[0].line == 7
    assert check.expected[0].expected.line == 7


# --- files -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "root", "name"),
    [
        ("specs/limits/last.yaml", None, "limits/last"),
        ("/x/specs/y/specs/limits/last.yaml", None, "limits/last"),
        ("/x/specs/last.yaml", "/x/specs/..", "last"),
        ("/x/mine/a/last.v2.yaml", "/x/mine", "a/last.v2"),
        ("/x/mine/a/last.yaml", "/y", "last"),
        ("last.yaml", None, "last"),
        ("specs.yaml", None, "specs"),
        ("", None, ""),
    ],
)
def test_a_scenario_is_named_by_its_place(path: str, root: str | None, name: str) -> None:
    assert scenario_name(PurePath(path), PurePath(root) if root else None) == name


def test_a_file_is_loaded_with_its_name_and_path(tmp_path: Path) -> None:
    path = tmp_path / "specs" / "x" / "one.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    found = load_scenario(path, FLAVORS)
    assert (found.name, found.file) == ("x/one", str(path))
    assert found.steps == read(MINIMAL).steps
    assert load_scenario(path.rename(tmp_path / "two.yaml"), FLAVORS, tmp_path).name == "two"


def test_a_file_that_can_not_be_read_is_a_scenario_error(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.yaml"
    os.mkfifo(fifo)
    for path, why in ((tmp_path / "none.yaml", "no such file"), (tmp_path, "no regular file"), (fifo, "no regular file")):
        with pytest.raises(ScenarioError, match=why):
            load_scenario(path, FLAVORS)
    large = tmp_path / "large.yaml"
    large.write_text(MINIMAL + "#" * MAX_FILE_BYTES)
    with pytest.raises(ScenarioError, match=f"larger than {MAX_FILE_BYTES} bytes"):
        load_scenario(large, FLAVORS)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"title: \xff\n")
    with pytest.raises(ScenarioError, match=r"binary.yaml:1:8: byte 0xff is not UTF-8"):
        load_scenario(binary, FLAVORS)


@pytest.mark.parametrize(
    ("name", "text", "ours"),
    [
        ("a.yaml", MINIMAL, True),
        ("a.yaml", "\ufeff" + MINIMAL, True),
        ("a.yaml", '"title": t\r\n"steps" : []\r\n', True),
        ("a.yaml", "title: [broken\nsteps:\n", True),
        ("a.yml", MINIMAL, False),
        ("a.txt", MINIMAL, False),
        ("a.yaml", "title: t\n", False),
        ("a.yaml", "x:\n  title: t\n  steps: []\n", False),
        ("a.yaml", "title:t\nsteps:x\n", False),
        ("a.yaml", "jobs:\n  build:\n    steps: []\n", False),
        ("a.yaml", "", False),
    ],
)
def test_our_yaml_is_told_from_other_people_s(tmp_path: Path, name: str, text: str, ours: bool) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert is_scenario(path) is ours


def test_looking_at_what_is_no_file_is_safe(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.yaml"
    os.mkfifo(fifo)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere.yaml")
    for name in ("fifo.yaml", "folder.yaml", "dangling.yaml", "none.yaml"):
        assert not is_scenario(tmp_path / name)
    assert find_scenarios([tmp_path]) == []


def test_scenarios_are_found_below_folders_sorted_and_once(tmp_path: Path) -> None:
    for name in ("b/two.yaml", "a/one.yaml", "a/z/three.yaml", ".hidden/four.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(MINIMAL)
    (tmp_path / "a" / "foreign.yaml").write_text("jobs: {}\n")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    named = tmp_path / "a" / "foreign.yaml"
    everything = [tmp_path / "a/one.yaml", tmp_path / "a/z/three.yaml", tmp_path / "b/two.yaml"]
    assert find_scenarios([tmp_path, tmp_path / "a"]) == everything
    assert find_scenarios([named]) == [named]
    with pytest.raises(UsageError, match="no file or folder"):
        find_scenarios([tmp_path / "none"])


def test_importing_the_reader_does_not_import_pydantic_or_yaml() -> None:
    code = "import sys, oracle.load, oracle.args; print([m for m in ('pydantic', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
