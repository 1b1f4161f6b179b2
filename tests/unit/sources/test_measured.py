from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from coverage import CoverageData

ROOT = Path(__file__).parents[3]
PROGRAM = """
import coverage
coverage.process_startup(force=True)
import oracle.facts
from oracle.sources.exercise import Watch
with Watch([oracle.facts.__file__]):
    oracle.facts.lookup("kid.state")
"""


def test_a_subprocess_that_is_measured_itself_saves_what_it_has(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.write_text(f"[run]\nsource = oracle\ndata_file = {tmp_path / 'data'}\n", encoding="utf-8")
    env = {**os.environ, "COVERAGE_PROCESS_START": str(settings), "PYTHONPATH": str(ROOT)}
    env.pop("COVERAGE_PROCESS_CONFIG", None)
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, cwd=tmp_path, env=env)
    (file,) = tmp_path.glob("data*")
    data = CoverageData(str(file))
    data.read()
    assert any(name.endswith("exercise.py") for name in data.measured_files())
