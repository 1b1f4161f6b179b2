"""What the checks say of the code as it is, and which of them run which lines: found out once, in a process of its own."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import traceback
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest

from oracle.harness import Comparison, compare, play
from oracle.load import find_scenarios, load_scenario
from oracle.outcome import RunResult
from oracle.registry import load_flavors
from oracle.report.json_report import render
from oracle.scenario import Scenario
from tests.recorded.recording import recordings

ROOT = Path(__file__).parents[2]
UNIT = ("tests/unit/flavors", "tests/unit/test_errors.py", "tests/unit/test_precedence.py", "tests/unit/test_start.py")
LINTS = (  # those that read flavors/ and may find a mistake in an operator or a number
    "tests/lint/test_operators.py::test_the_flavors_apply_operators_that_fit",
    "tests/lint/test_annotations.py::test_the_annotations_of_the_flavors_are_types",
    "tests/lint/test_classes.py::test_the_classes_of_machine_and_flavors_are_fit",
    "tests/lint/test_models.py",
    "tests/lint/test_citations.py",
)
SLOW = ("tests/unit/test_conformance.py", "tests/properties/test_programs.py")  # tried on survivors that nothing else finds
QUIET = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--rootdir",
    str(ROOT),
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)

Check = tuple[str, ...]  # ("scenario", name, flavor), ("recording", number, flavor), ("test", node id)


@dataclass(slots=True)
class Evidence:
    """All that a trial needs to know of the code as it is."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    results: dict[tuple[str, str], RunResult] = field(default_factory=dict)  # by scenario and flavor
    entries: dict[str, str] = field(default_factory=dict)  # what the report says, by scenario
    recordings: list[bytes] = field(default_factory=list)  # pickled: a hundred megabytes otherwise
    checks: list[Check] = field(default_factory=list)
    covering: dict[str, dict[int, array[int]]] = field(default_factory=dict)  # file, line, numbers of checks

    def entry(self, scenario: Scenario, comparison: Comparison) -> str:
        """What the report says of a scenario."""
        return render([comparison], sorted({flavor for _, flavor in self.results}))


def gather() -> Evidence:
    """Run every check once, and remember."""
    measured = coverage.Coverage(data_file=None, include=["flavors/*"], config_file=False)
    measured.start()
    found = Evidence()
    flavors = load_flavors().flavors
    paths = find_scenarios([Path("specs")])

    def note(*check: str) -> None:
        for cached in caches:
            cached.cache_clear()  # or a later check would not be seen to run what an earlier one has
        measured.switch_context(str(len(found.checks)))
        found.checks.append(check)

    caches = _caches()
    for path in paths:
        scenario = load_scenario(path, flavors)
        found.scenarios[scenario.name] = scenario
    _scenarios(found, note)
    _recordings(found, note)
    _tests(found, note)
    measured.stop()
    data = measured.get_data()
    for file in data.measured_files():
        lines = {line: array("H", sorted(map(int, filter(None, who)))) for line, who in data.contexts_by_lineno(file).items()}
        found.covering[str(Path(file).relative_to(ROOT))] = lines
    return found


def _caches() -> list[Any]:
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in ("oracle", "flavors")]
    return list({id(one): one for module in modules for one in vars(module).values() if hasattr(one, "cache_clear")}.values())


def _scenarios(found: Evidence, note: Callable[..., None]) -> None:
    flavors = load_flavors().flavors
    for scenario in found.scenarios.values():
        comparison = compare(scenario, flavors)
        found.entries[scenario.name] = found.entry(scenario, comparison)
        for flavor in flavors:
            if scenario.runs_on(flavor.id):
                note("scenario", scenario.name, flavor.id)
                found.results[scenario.name, flavor.id] = play(scenario, flavor)


def _recordings(found: Evidence, note: Callable[..., None]) -> None:
    from tests.recorded.compare import compare as replay

    flavors = {flavor.id: flavor for flavor in load_flavors().flavors}
    for number, recording in enumerate(recordings()):
        found.recordings.append(pickle.dumps(recording))
        note("recording", str(number), recording.flavor)
        assert not replay(flavors[recording.flavor], recording).differences


def _tests(found: Evidence, note: Callable[..., None]) -> None:
    class Notes:
        """Tells of every test that starts."""

        def pytest_runtest_setup(self, item: pytest.Item) -> None:
            note("test", item.nodeid)

    assert pytest.main([*QUIET, *UNIT], plugins=[Notes()]) == 0


def gathered(folder: Path) -> Evidence:
    """The same, from before if it is still true, else gathered in a process of its own: this one must import no flavor."""
    target = folder / f"evidence-{_fingerprint()}.pickle"
    pid = os.fork() if not target.exists() else -1
    if pid == 0:
        try:
            target.write_bytes(pickle.dumps(gather()))
        except BaseException:  # noqa: BLE001  # not one exception may reach the parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if pid > 0 and os.waitpid(pid, 0)[1] != 0:
        raise SystemExit("the checks fail before anything is mutated")
    found = pickle.loads(target.read_bytes())
    assert isinstance(found, Evidence)
    assert not any(name.partition(".")[0] == "flavors" for name in sys.modules)
    return found


def _fingerprint() -> str:
    """Of all that can be mutated, or judge."""
    files = sorted(path for folder in ("flavors", "oracle", "specs", "tests") for path in Path(folder).rglob("*.*"))
    whole = hashlib.sha256()
    for path in files:
        if path.suffix in (".py", ".yaml", ".gz") and not path.is_relative_to("tests/mutation"):
            whole.update(f"{path}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]
