"""`fork-oracle sweep` and `which` as a person uses them: reports, stores that survive, workers, mistakes."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import main
from oracle.cli.terminal import INTERRUPTED, OK, USAGE
from oracle.sweep.plan import CASES_EVERY

ROOT = Path(__file__).parents[2]
RFORK = ("--flavor", "dragonfly@1.62", "--flavor", "dragonfly", "--space", "rfork")
TWO_STATES = ("--state", "plain", "--state", "traced")
KILLS = 10


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = OK) -> str:
    assert main(words) == code
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(capsys, *words, "--format", "json"))
    return found


def test_a_sweep_tells_buckets_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", *RFORK, *TWO_STATES]) == OK
    told = capsys.readouterr()
    assert "8,192 of rfork from 2 states, on dragonfly@1.62, dragonfly@768af85b" in told.out
    assert "16,384 cases: 13,312 agree, 3,072 diverge in 8 buckets" in told.out
    assert "rfork(flags=RFFDG|RFPROC)" in told.out
    assert "seed 0" in told.err


def test_the_cases_of_buckets_can_be_saved_and_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = as_json(capsys, "sweep", *RFORK, *TWO_STATES, "--save", str(tmp_path / "cases"))
    files = sorted((tmp_path / "cases").iterdir())
    assert [file.stem for file in files] == sorted(bucket["id"] for bucket in found["buckets"])
    text = printed(capsys, "compare", "dragonfly@1.62", "dragonfly", str(tmp_path / "cases"))
    assert f"{len(files)} scenarios, {2 * len(files)} runs: {len(files)} divergent, 0 agreeing, 0 failed" in text


def test_a_sweep_over_intents_is_what_systems_have_in_common(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "sweep", "--flavor", "dragonfly", "--flavor", "netbsd", "--state", "plain")
    assert (found["space"], found["done"], found["complete"]) == ("spawn", 2304, True)
    assert sum(bucket["count"] for bucket in found["buckets"]) + found["agreeing"] == 2304


def test_workers_come_to_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sweep", *RFORK, *TWO_STATES, "--format", "json")
    assert printed(capsys, *words, "--workers", "1") == printed(capsys, *words, "--workers", "2")


def test_knobs_are_swept_by_a_covering_array(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("sweep", "--flavor", "netbsd", "--flavor", "dragonfly", "--knobs", "--strength", "2", "--seed", "7")
    found = as_json(capsys, *words)
    assert found["seed"] == 7
    assert found["note"].startswith("every combination of 2 of ")
    assert "lacks it: first-uarea-fails" in found["note"]
    assert 16 <= found["done"] < 60  # of some hundreds of millions
    assert main([*words, "--state", "plain"]) == USAGE
    assert "--knobs makes the states itself" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("like", "fork"), "Exactly like fork() on dragonfly@1.62: 32 of 8,192"),
        (("changes", "RFPPWAIT"), ""),
        (("changes", "RFTHREAD"), "<caller>.same_leader_as"),
        (("classes", "--most", "1"), "classes of cases that come to the same"),
        (("agree",), "13,312"),
    ],
)
def test_questions_are_answered_from_a_store(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: Any, text: str) -> None:
    store = ("--store", str(tmp_path / "store"))
    states = TWO_STATES if text != "13,312" else ("--state", "plain", "--state", "session-leader", "--state", "traced")
    main(["sweep", *RFORK, *states, *store])
    before = (tmp_path / "store").read_bytes()
    capsys.readouterr()
    code = main(["which", *words, *RFORK, *states, *store])
    told = capsys.readouterr()
    assert (tmp_path / "store").read_bytes() == before  # nothing was done again
    if text:
        assert code == OK
        assert text.partition(" ")[0] in told.out or text == "13,312"
    else:
        assert code == USAGE
        assert "nothing in rfork is called 'RFPPWAIT'; there are RFNAMEG" in told.err


def test_answers_come_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "which", "like", "fork", *RFORK, "--state", "plain")
    assert found["answer"]["dragonfly@1.62"]["size"] == 32
    found = as_json(capsys, "which", "agree", *RFORK, "--state", "plain")
    assert found["answer"]["done"]["size"] == 8192
    found = as_json(capsys, "which", "classes", *RFORK, "--state", "plain")
    assert found["answer"]["dragonfly@1.62"]["classes"] > 50


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("sweep", *RFORK, "--state", "plane"), "did you mean plain?"),
        (("sweep", "--flavor", "netbsd", "--space", "rfork"), "no space 'rfork' in common"),
        (("which", "changes", *RFORK), "Name a flag"),
        (("which", "agree", "--flavor", "netbsd", "--state", "plain"), "two flavors or more"),
        (("sweep", *RFORK, "--store", "/nowhere/store"), "can't use '/nowhere/store' as a store"),
        (("sweep", *RFORK, "--save", "/dev/null/x"), "can't make the folder"),
    ],
)
def test_mistakes_are_named_with_their_cure(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], text: str) -> None:
    assert main(words) == USAGE
    assert text in capsys.readouterr().err


LISTENING = """
import signal, sys
from oracle.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with Ctrl-C ignored
sys.exit(main(sys.argv[1:]))
"""


def start(store: Path, *more: str) -> subprocess.Popen[bytes]:
    """A sweep over rfork from all states, in a process group of its own."""
    command = [sys.executable, "-c", LISTENING, "sweep", *RFORK, "--workers", "2", "--format", "json", *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, "--store", str(store)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def rows(store: Path) -> int:
    try:
        with sqlite3.connect(store) as db:
            return int(db.execute("SELECT count(*) FROM chunk").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def all_gone(group: int) -> bool:
    """Whether no process of a group is left, some time after its leader's end."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_sweep_that_is_killed_ten_times_comes_to_the_same(tmp_path: Path) -> None:
    whole, _ = start(tmp_path / "whole").communicate()
    dice = random.Random(0)
    kept = 0
    for _ in range(KILLS):
        process = start(tmp_path / "store")
        aim = kept + dice.randrange(3)
        while process.poll() is None and rows(tmp_path / "store") < aim:
            time.sleep(0.02)
        time.sleep(dice.uniform(0, 0.2))
        process.kill()
        process.communicate()
        assert all_gone(process.pid), "a worker outlives its sweep"
        now = rows(tmp_path / "store")
        assert now >= kept, "what was finished is lost"
        kept = now
    assert kept > 0
    resumed, _ = start(tmp_path / "store").communicate()
    assert json.loads(whole)["complete"]
    assert resumed == whole


def test_ctrl_c_keeps_and_prints_what_was_found(tmp_path: Path) -> None:
    store = tmp_path / "store"
    process = start(store, "--every")  # long enough to be interrupted
    while process.poll() is None and not rows(store):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == INTERRUPTED, err
    found = json.loads(out)
    assert found["complete"] is False
    assert found["done"] == CASES_EVERY * rows(store) > 0
    assert f"the same command goes on from {store}".encode() in err


def test_a_cluster_comes_to_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    distributed = pytest.importorskip("distributed")
    words = ("sweep", *RFORK, *TWO_STATES, "--format", "json")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as local:
        assert printed(capsys, *words, "--dask", local.scheduler_address) == printed(capsys, *words, "--workers", "1")


def test_a_cluster_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", *RFORK, "--dask", "tcp://127.0.0.1:1"]) == USAGE
    assert "--dask needs the package distributed: pip install 'fork-oracle[cluster]'" in capsys.readouterr().err


def test_a_sweep_says_which_findings_claim_its_buckets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("sweep", *RFORK, *TWO_STATES, "--findings")
    monkeypatch.chdir(ROOT)
    assert "findings: " in printed(capsys, *words)
    buckets = as_json(capsys, *words)["buckets"]
    assert buckets
    assert all(bucket["findings"] and not bucket["new"] for bucket in buckets)
    (tmp_path / "specs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "NEW: " in printed(capsys, *words)
    assert all(bucket["new"] and not bucket["findings"] for bucket in as_json(capsys, *words)["buckets"])


def test_what_findings_would_claim_but_for_their_scenarios_is_new_and_they_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    words = ("sweep", "--flavor", "dragonfly", "--flavor", "netbsd", "--state", "plain", "--workers", "1", "--findings")
    (bucket,) = [one for one in as_json(capsys, *words)["buckets"] if one["smallest"]["call"] == "spawn(files=share)"]
    assert bucket["findings"] == []
    assert bucket["new"] == ["<caller>~<child>.cwd"]
    assert bucket["perhaps"] == ["directory-belongs-to-the-table"]
    assert "perhaps: directory-belongs-to-the-table\n" in printed(capsys, *words)
