"""`fork-oracle distinguish`: the shortest programs that tell two flavors apart, all of them, once each."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import oracle.distinguish.trial
from oracle.cli import main
from oracle.cli.distinguish_parser import DISTINGUISH
from oracle.cli.terminal import BUG, INTERRUPTED, OK, USAGE
from oracle.distinguish.alphabet import FEW, OWN, TOPICS, Alphabet, alphabet
from oracle.distinguish.search import Found, distinguish
from oracle.distinguish.trial import Job, work
from oracle.flavor import Args, Call, Flavor
from oracle.harness import compare
from oracle.load import dump_scenario, load_scenario, loads
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel
from oracle.registry import load_flavors
from oracle.sweep.states import states_named
from tests.unit.toys import CRASHING, ENDLESS, FORGETFUL, TINY, install

BOTH = load_flavors().select(("netbsd@1.189", "dragonfly@768af85b"))
PLAIN = states_named(["plain"])


def search(flavors: Sequence[Flavor], steps: int, **wanted: Any) -> Found:
    found = Found(alphabet(flavors, states=PLAIN, **wanted), tuple(one.id for one in flavors), steps)
    distinguish(found, flavors)
    return found


def as_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = OK) -> Any:
    assert main(("distinguish", *words, "--format", "json")) == code
    return json.loads(capsys.readouterr().out)


def told(found: Found) -> list[tuple[int, str]]:
    return [(way.length, way.program.text) for way in found.ways]


def test_one_step_is_found_before_two() -> None:
    found = search(BOTH, 2, topics=["ids"])
    assert told(found)[:2] == [(1, "parent: exec(setuid=0)"), (1, "parent: setrlimit(resource=nproc, soft=1)")]
    assert (2, "parent: fork(); parent: setrlimit(resource=nproc, soft=1)") in told(found)
    assert [way.length for way in found.ways] == sorted(way.length for way in found.ways)
    assert found.exhaustive


def test_every_program_of_the_bound_is_tried() -> None:
    found = search((TINY, FORGETFUL), 2, calls=["umask", "getppid"])
    # neither makes a child who could act, and who asks for its parent's pid is where it was before
    assert [level.tried.programs for level in found.levels] == [2, 2]
    assert [level.kept for level in found.levels] == [1, 0]
    assert found.ways == []


def test_a_way_is_the_first_of_its_shortest_programs() -> None:
    found = search((TINY, FORGETFUL), 3, calls=["fork", "umask"])
    assert told(found)[0] == (1, "parent: fork()")
    (first, *_) = found.ways
    assert [(one.fact, [value for value, _ in one.values]) for one in first.signature.facts] == [
        ("<child>.umask", ["some", "some"])
    ]


def test_what_a_shorter_program_shows_is_not_told_again() -> None:
    found = search(BOTH, 2, topics=["groups"])
    signatures = [way.signature for way in found.ways]
    assert len(set(signatures)) == len(signatures)
    shown: set[object] = set()
    for way in found.ways:
        if way.length == 2:
            assert not shown.issuperset(way.signature.facts)
        else:
            shown.update(way.signature.facts)


def test_programs_left_out_for_their_state_would_show_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ["fork", "vfork", "exit", "setpgid", "getppid", "umask"]
    pruned = search(BOTH, 3, calls=calls)
    serial = count()
    monkeypatch.setattr(oracle.distinguish.trial, "fingerprint", lambda k: str(next(serial)))
    every = search(BOTH, 3, calls=calls)
    assert sum(level.tried.programs for level in every.levels) > 1.5 * sum(level.tried.programs for level in pruned.levels)
    assert [way.signature for way in every.ways] == [way.signature for way in pruned.ways]
    assert told(every) == told(pruned)
    assert every.ways


def test_nobody_goes_on_where_only_one_system_made_a_process() -> None:
    found = search(BOTH, 2, calls=["spawn", "umask"])
    wordless = [one for one in told(found) if one[1].startswith("parent: spawn(exit_signal=0)")]
    assert wordless == [(1, "parent: spawn(exit_signal=0)")]
    assert [level.tried.unlike for level in found.levels] == [6, 0]  # wishes that one of the two has no words for


def test_the_programs_of_a_report_can_be_saved_and_tell_the_flavors_apart(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = (
        "netbsd@1.189",
        "dragonfly@768af85b",
        "--topic",
        "processes",
        "--state",
        "plain",
        "--save",
        str(tmp_path / "ways"),
    )
    found = as_json(capsys, *words)
    files = sorted((tmp_path / "ways").iterdir())
    assert [file.stem for file in files] == sorted(way["id"] for way in found["ways"])
    assert len(files) > 3
    for file in files:
        assert compare(load_scenario(file, BOTH), BOTH).divergences
    assert main(["run", str(tmp_path / "ways"), "--flavor", "netbsd", "--flavor", "dragonfly"]) == OK
    assert f"{len(files)} divergent, 0 agreeing" in capsys.readouterr().out


def test_a_saved_program_says_how_it_was_found(tmp_path: Path) -> None:
    words = (
        "dragonfly@1.67",
        "dragonfly@768af85b",
        "--topic",
        OWN,
        "--steps",
        "1",
        "--state",
        "plain",
        "--save",
        str(tmp_path),
    )
    assert main(["distinguish", *words]) == OK
    (file,) = tmp_path.iterdir()
    assert f"# Bucket {file.stem}, found by fork-oracle distinguish: parent: lwp_create(), from plain" in file.read_text()
    assert load_scenario(file, load_flavors().flavors).only == ("dragonfly@1.67", "dragonfly@768af85b")


def test_processes_come_to_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("distinguish", "netbsd", "dragonfly", "--topic", "time", "--state", "no-slot", "--format", "json")
    assert main([*words, "--workers", "1"]) == OK
    alone = capsys.readouterr().out
    assert main([*words, "--workers", "2"]) == OK
    assert capsys.readouterr().out == alone
    assert json.loads(alone)["ways"]


def test_a_worker_knows_the_states_of_one_job_again_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = alphabet(BOTH, topics=["ids"], states=PLAIN)
    job = Job(letters, tuple(one.id for one in BOTH), (), False)
    states: list[object] = []
    monkeypatch.setattr(oracle.distinguish.trial, "do", lambda job, flavors: states.append(job.alphabet.states[0]))
    for _ in range(2):
        work(pickle.loads(pickle.dumps(job)))
    assert states[0] is states[1]
    assert states[0] == letters.states[0]


def test_the_report_says_how_far_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distinguish", "netbsd", "dragonfly", "--topic", "memory", "--state", "plain", "--steps", "2"]) == OK
    out, err = capsys.readouterr()
    assert "1 step: 1 new way to tell them apart" in out
    assert "parent: mlock(region=data)" in out
    assert "exhaustive to 2 steps, but for what goes on from where the two have different processes" in out
    assert "programs on 2 flavors in" in err


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    installed(monkeypatch, FORGETFUL, replace(ENDLESS, id="endless@1"))
    words = ("endless", "tinyos", "--calls", "umask", "--calls", "fork", "--state", "plain", "--state", "root")
    found = as_json(capsys, *words, code=INTERRUPTED)
    assert not found["exhaustive"]
    assert [level["complete"] for level in found["levels"]] == [False]


def test_a_crash_is_told_and_is_no_difference(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    installed(monkeypatch, TINY, CRASHING)
    found = as_json(capsys, "tinyos", "crashing", "--calls", "umask", "--state", "plain", code=BUG)
    assert found["ways"] == []
    assert [(one["flavor"], one["kind"], one["count"]) for one in found["silences"]] == [("crashing@1", "crashed", 1)]


def installed(monkeypatch: pytest.MonkeyPatch, *flavors: Flavor) -> None:
    monkeypatch.setattr("oracle.cli.commands.load_flavors", load_flavors)  # so that it is put back
    install(*flavors)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("netbsd", "netbsd@1.189"), "distinguish needs two different flavors, got netbsd and netbsd@1.189"),
        (("netbsd", "dragonfly", "--steps", "0"), "'0' is no whole number from 1 to 99"),
        (("netbsd", "dragonfly", "--topic", "file"), "there is no topic 'file'; did you mean files?"),
        (("netbsd", "dragonfly", "--calls", "frok"), "there is no call 'frok' that programs for both are made of"),
        (("netbsd", "dragonfly", "--calls", "rfork"), "there is no call 'rfork' that programs for both are made of"),
        (("netbsd", "dragonfly", "--state", "plane"), "there is no state 'plane'; did you mean plain?"),
        (("netbsd", "linux"), "there is no flavor 'linux'"),
    ],
)
def test_a_mistake_is_named(words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distinguish", *words]) == USAGE
    assert text in capsys.readouterr().err


def test_the_help_states_the_alphabet() -> None:
    lines = {line.split()[0]: line for line in DISTINGUISH.splitlines() if line.startswith("  ")}
    for topic, given in TOPICS.items():
        words = lines[topic].replace("(", " ").split()
        assert {call for call, _ in given} <= set(words), topic
    assert OWN in lines
    for state in FEW:
        assert state in DISTINGUISH


def test_the_alphabet_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distinguish", "netbsd", "dragonfly", "--topic", "ids", "--alphabet"]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "from plain: a process like any other"
    assert "kid: exec(setuid=0)" in lines


@pytest.mark.parametrize("pair", [("netbsd", "dragonfly"), ("dragonfly@1.62", "dragonfly")])
def test_every_action_can_be_written_to_a_file(pair: tuple[str, str]) -> None:
    flavors = load_flavors().select(pair)
    letters: Alphabet = alphabet(flavors)
    fork = next(place for place, one in enumerate(letters.actions) if one.text == "parent: fork()")
    only = tuple(one.id for one in flavors) if pair[0].startswith("dragonfly") else ()
    for place in range(len(letters.actions)):
        scenario = letters.program((0, fork, place)).scenario("a", only=only)
        assert loads(dump_scenario(scenario), "a.yaml", flavors) == scenario


def _slow_umask(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    k.ticks += 7
    return (yield from TINY.calls["umask"].run(k, lwp, args))


def test_a_state_that_only_the_clock_tells_apart_is_gone_on_from() -> None:
    late = replace(TINY, id="late@1", calls={**TINY.calls, "umask": Call(TINY.calls["umask"].spec, _slow_umask)})
    found = search((TINY, late), 2, calls=["umask"])
    assert [level.tried.programs for level in found.levels] == [1, 1]
    assert told(found) == [(1, "parent: umask(mask=077)")]


def test_a_compiled_copy_refuses_to_compare_states(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("oracle.distinguish.search.interpreted", lambda: False)
    assert main(["distinguish", "netbsd", "dragonfly", "--topic", "time"]) == USAGE
    assert "use the project as it is, not a compiled copy" in capsys.readouterr().err


def test_one_bucket_is_no_buckets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distinguish", "dragonfly@1.67", "dragonfly", "--steps", "1", "--state", "plain", "--workers", "1"]) == OK
    assert " 3 make something part, 1 new bucket " in " ".join(capsys.readouterr().out.split())
