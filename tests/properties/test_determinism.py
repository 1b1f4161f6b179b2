"""The same suite gives the same bytes, whatever order sets and dictionaries of strings have in a Python process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def report(seed: str, *words: str) -> bytes:
    """What the command says of a run, from a process with that seed for its hashes."""
    command = [sys.executable, "-m", "oracle.cli", "run", *words, "--format", "json"]
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False).stdout


def test_the_whole_suite_gives_the_same_report_under_another_hash_seed() -> None:
    first = report("1", "specs")
    assert first.startswith(b"{")
    assert first == report("2", "specs")


def test_what_findings_claim_is_the_same_under_another_hash_seed() -> None:
    first = report("1", "specs/limits", "specs/signals", "--findings")
    assert b'"claims": [' in first
    assert first == report("2", "specs/limits", "specs/signals", "--findings")
