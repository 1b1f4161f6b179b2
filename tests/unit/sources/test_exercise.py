from __future__ import annotations

from pathlib import Path

import pytest
from coverage import Coverage

from oracle.errors import UsageError
from oracle.scenario import Scenario, Step
from oracle.sources.exercise import FileRuns, load, measure
from tests.unit.sources.planted import plant
from tests.unit.toys import TINY, other

CALL = "def call(n):\n    if n:\n        return 1\n    return 0\n"  # from line 4 on


def scenario(name: str, mask: str) -> Scenario:
    return Scenario(name, "title", "why", "topic", (Step(1, "parent", "umask", {"mask": mask}),))


def test_what_runs_in_scenarios_is_measured_by_line_by_way_and_by_scenario(tmp_path: Path) -> None:
    module = plant(tmp_path, CALL)
    flavor = other(TINY, "planted@1", "umask", lambda k, lwp, args: module.call(args.number("mask")))
    seen: list[str] = []
    scenarios = [scenario("files/zero", "0"), scenario("files/one", "1")]
    assert module.__file__ is not None
    found = measure([module.__file__, "unknown.py"], scenarios, [flavor], lambda one: seen.append(one.scenario.name))
    runs = found[module.__file__]
    assert found["unknown.py"] == FileRuns()
    assert runs.lines == {5, 6, 7}
    assert runs.taken == {5: frozenset({6, 7})}
    assert runs.missed == {}
    assert runs.scenarios == {5: ("files/one", "files/zero"), 6: ("files/one",), 7: ("files/zero",)}
    assert seen == ["files/zero", "files/one"]


def measured(folder: Path, *, branch: bool) -> tuple[Path, str]:
    module = plant(folder, CALL)
    assert module.__file__ is not None
    data = folder / "coverage.data"
    coverage = Coverage(data_file=str(data), branch=branch, include=[module.__file__], config_file=False)
    coverage.start()
    module.call(1)
    coverage.stop()
    coverage.save()
    return data, module.__file__


def test_a_measurement_made_elsewhere_is_read(tmp_path: Path) -> None:
    data, file = measured(tmp_path, branch=True)
    runs = load(data, [file])[file]
    assert runs.lines == {5, 6}
    assert runs.taken == {5: frozenset({6})}
    assert runs.missed == {5: frozenset({7})}


def test_a_measurement_without_branches_is_refused(tmp_path: Path) -> None:
    data, file = measured(tmp_path, branch=False)
    with pytest.raises(UsageError, match="holds no branches"):
        load(data, [file])


def test_what_is_no_measurement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file of coverage data"):
        load(tmp_path / "gone", [])
    (tmp_path / "text").write_text("no data base\n" * 100)
    with pytest.raises(UsageError, match="can't read the coverage data"):
        load(tmp_path / "text", [])
