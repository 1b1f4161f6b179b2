"""`fork-oracle fuzz`: what it says and writes, and that an interruption loses nothing that was found."""

from __future__ import annotations

import json
import os
import re
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
from oracle.fuzz.hunt import known_from
from oracle.fuzz.symptoms import symptoms
from oracle.harness import compare
from oracle.load import load_scenario, loads
from oracle.registry import load_flavors
from oracle.signature import signature

ROOT = Path(__file__).parents[2]
PAIR = ("--flavor", "netbsd", "--flavor", "dragonfly")
NEWEST = load_flavors().select(("netbsd", "dragonfly"))


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(("fuzz", *words, "--format", "json")) == OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_bucket_is_saved_as_a_scenario_that_shows_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = as_json(capsys, *PAIR, "--cases", "100", "--seed", "3", "--workers", "1", "--save", str(tmp_path))
    files = sorted(tmp_path.iterdir())
    assert [file.stem for file in files] == sorted(bucket["id"] for bucket in found["buckets"])
    assert len(files) > 10
    facts = {bucket["id"]: [one["fact"] for one in bucket["facts"]] for bucket in found["buckets"]}
    for file in files:
        comparison = compare(load_scenario(file, NEWEST, tmp_path), NEWEST, checked=False)
        assert [one.fact for one in signature(comparison).facts] == facts[file.stem]
        assert symptoms(comparison)
    capsys.readouterr()
    assert main(("run", str(files[0]))) == OK
    shown = capsys.readouterr().out
    path = files[0].read_text().split("disagree on:\n#   ")[1].partition(": ")[0]
    assert "1 divergent" in shown
    assert path in shown
    assert "--seed 3" in files[0].read_text()


def test_the_table_tells_buckets_counts_and_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("fuzz", *PAIR, "--cases", "32", "--seed", "9", "--workers", "1")) == OK
    told = capsys.readouterr()
    assert "32 cases on netbsd@1.189, dragonfly@768af85b, seed 9" in told.out
    assert "smallest case, and what disagrees" in told.out
    said = " ".join(told.out.split())
    assert re.search(
        r"\d+ diverge; what is news of that is in \d+ buckets; their smallest cases have a median of 1 and at ", said
    )
    assert "A bucket of 0 cases was met at the beginning of another one's smallest case" in said
    assert told.err.startswith("fork-oracle: seed 9; 32 cases\n")


def test_what_known_scenarios_show_is_no_news(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = (*PAIR, "--cases", "60", "--workers", "1")
    before = as_json(capsys, *words, "--save", str(tmp_path))
    after = as_json(capsys, *words, "--known", str(tmp_path))
    saved = [load_scenario(file, NEWEST, tmp_path) for file in tmp_path.iterdir()]
    known = set(known_from(saved, NEWEST))
    for bucket in after["buckets"]:  # perhaps a bucket's other cases, which show what its smallest doesn't
        shown = symptoms(compare(loads(bucket["scenario"], "known.yaml", NEWEST), NEWEST, checked=False))
        assert shown - known
    assert len(after["buckets"]) < len(before["buckets"]) / 4
    assert after["diverging"] == before["diverging"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--flavor", "netbsd"), "two flavors or more"),
        ((*PAIR, "--time", "soon"), "'soon' is no time; expected one such as 60s"),
        ((*PAIR, "--workers", "9"), "'9' is no whole number from 1 to 4"),
        ((*PAIR, "--save", "/dev/null/x"), "can't make the folder"),
        ((*PAIR, "--store", "/nowhere/store"), "can't use '/nowhere/store' as a store"),
    ],
)
def test_mistakes_are_named_with_their_cure(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], text: str) -> None:
    assert main(("fuzz", *words)) == USAGE
    assert text in capsys.readouterr().err


def test_a_store_of_another_search_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "store"), "--workers", "1")
    assert main(("fuzz", *PAIR, "--cases", "0", *store)) == OK
    assert main(("fuzz", *PAIR, "--cases", "0", "--seed", "1", *store)) == USAGE
    assert "holds another search: seed 0 there, 1 here" in capsys.readouterr().err


# --- interruptions ------------------------------------------------------------------------------------------------------

LISTENING = """
import signal, sys
from oracle.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with Ctrl-C ignored
sys.exit(main(sys.argv[1:]))
"""


def start(store: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", LISTENING, "fuzz", *PAIR, "--format", "json", "--store", str(store), *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def batches(store: Path) -> int:
    try:
        with sqlite3.connect(store) as db:
            row = db.execute("SELECT batches FROM progress").fetchone()
            return 0 if row is None else int(row[0])
    except sqlite3.OperationalError:
        return 0


def wait_for(process: subprocess.Popen[bytes], store: Path, wanted: int) -> None:
    while process.poll() is None and batches(store) < wanted:
        time.sleep(0.02)


def test_a_search_that_is_killed_finds_what_it_would_have_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = tmp_path / "store"
    for wanted in (1, 3):
        process = start(store, "--cases", "128", "--workers", "2")
        wait_for(process, store, wanted)
        process.kill()
        process.communicate()
        assert batches(store) >= wanted
    words = (*PAIR, "--cases", "128", "--workers", "1")
    assert as_json(capsys, *words, "--store", str(store)) == as_json(capsys, *words)


def test_ctrl_c_keeps_and_prints_what_was_found(tmp_path: Path) -> None:
    store = tmp_path / "store"
    process = start(store, "--time", "1h", "--workers", "1")
    wait_for(process, store, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == INTERRUPTED, err
    found = json.loads(out)
    assert found["cases"] >= 32
    assert found["buckets"]
    assert f"interrupted; the same command goes on from {store}".encode() in err
