"""One mutant: a forked process imports the mutated flavors and runs the checks that may notice, until one does.

Whoever imports this must not have imported any flavor.
"""

from __future__ import annotations

import ast
import linecache
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from cosmic_ray.work_item import MutationSpec

from oracle.diff import diff
from oracle.flavor import Flavor
from oracle.harness import Comparison, _promised, play
from oracle.registry import GROUP, load_flavors
from tests.mutation.evidence import LINTS, QUIET, ROOT, SLOW, Check, Evidence
from tests.mutation.mutants import ANNOTATION, CITATION, NOTHING, effect, mutated

KILLED, SURVIVED, TIMEOUT, NO_MUTANT = "killed", "survived", "timeout", "no mutant"
SECONDS = 1.5  # of processor time for a scenario or a recording, which take milliseconds
MANY = 20
TEST_SECONDS = 8.0  # for a test; the longest but one takes half a second
LINT_SECONDS = 60.0
MEMORY = 2 << 30


class Mutated(SourceFileLoader):
    """Imports the mutated text in place of the module's own."""

    def __init__(self, file: Path, code: str) -> None:
        self.module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        self.code = code
        SourceFileLoader.__init__(self, self.module, str(ROOT / file))

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """The module that was mutated; the others are found as ever."""
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.module else None

    def get_code(self, fullname: str) -> CodeType:
        """The mutated module."""
        return compile(self.code, self.path, "exec", dont_inherit=True)


@dataclass(slots=True)
class Trial:
    """A mutant before its judges."""

    spec: MutationSpec
    evidence: Evidence
    recent: list[Check]  # that killed neighbours, the latest last
    thorough: bool = False

    def verdict(self) -> tuple[str, str]:
        """What becomes of the mutant, and by what."""
        file = Path(self.spec.module_path)
        text = file.read_text()
        code = mutated(self.spec, text)
        try:
            changed = effect(file, text, code)
        except SyntaxError:
            return KILLED, "import"
        if changed == NOTHING:
            return NO_MUTANT, changed
        sys.meta_path.insert(0, Mutated(file, code))
        system = file.parts[1]
        _limit(SECONDS)
        points = [point for point in entry_points(group=GROUP) if point.value.split(".")[1] == system]
        registry = load_flavors(points)
        if registry.broken:
            return KILLED, "import"
        flavors = {flavor.id: flavor for flavor in registry.flavors}
        if changed not in (ANNOTATION, CITATION) and (killer := self._seen_by(text, str(file), flavors)):
            return KILLED, killer
        _shows(ROOT / file, code)
        if killer := _failing(LINTS, LINT_SECONDS):
            return KILLED, f"lint {killer}"
        if self.thorough and (killer := _failing(SLOW, 10 * TEST_SECONDS)):
            return KILLED, f"test {killer}"
        return SURVIVED, ""

    def _seen_by(self, text: str, file: str, flavors: dict[str, Flavor]) -> str:
        """The check that sees that flavors act otherwise, if one does."""
        tests: list[str] = []
        for check in self._checks(text, file):
            _limit(SECONDS)
            if check[0] == "scenario" and self._differs(check, flavors):
                return " ".join(check)
            if check[0] == "recording" and self._contradicts(check, flavors):
                return " ".join(check)
            if check[0] == "test":
                tests.append(check[1])
        killer = _failing(tests, TEST_SECONDS)
        return f"test {killer}" if killer else ""

    def _checks(self, text: str, file: str) -> Iterator[Check]:
        """The checks that run what is mutated, those that killed neighbours first."""
        lines = statement_lines(text, self.spec.start_pos[0])
        checks, system = self.evidence.checks, Path(file).parts[1]
        if lines is None:  # runs when the module is imported
            numbers = set(range(len(checks)))
        else:
            covering = self.evidence.covering.get(file, {})
            numbers = {number for line in lines for number in covering.get(line, ())}
        found = [check for number in sorted(numbers) if (check := checks[number])[-1].startswith(system) or check[0] == "test"]
        for check in reversed(self.recent):
            if check in found:
                found.remove(check)
                yield check
        yield from (check for check in found if check[0] == "scenario")
        yield from (check for check in found if check[0] != "scenario")

    def _differs(self, check: Check, flavors: dict[str, Flavor]) -> bool:
        """Whether a scenario fails, or the committed report would say something else of it."""
        _, name, flavor_id = check
        scenario = self.evidence.scenarios[name]
        if scenario.concurrent:
            _limit(MANY * SECONDS)  # for every schedule
        result = play(scenario, flavors[flavor_id])
        if result == self.evidence.results[name, flavor_id]:
            return False
        if not result.ok:
            return True
        results = []
        for (other, one), golden in self.evidence.results.items():
            if other == name:
                results.append(play(scenario, flavors[one]) if one in flavors else golden)
        divergences = diff(results, scenario.asks_for)
        broken = tuple(one for one in divergences if _promised(scenario.agree, one.path))
        comparison = Comparison(scenario, tuple(results), divergences, broken)
        return self.evidence.entry(scenario, comparison) != self.evidence.entries[name]

    def _contradicts(self, check: Check, flavors: dict[str, Flavor]) -> bool:
        """Whether a recording says that the C did something else."""
        from tests.recorded.compare import compare as replay

        recording = pickle.loads(self.evidence.recordings[int(check[1])])
        return bool(replay(flavors[recording.flavor], recording).differences)


def statement_lines(text: str, line: int) -> range | None:
    """The lines of the statement (of a compound one: its head) that a line belongs to; None outside of every function."""
    found: range | None = None
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef) and function.body[0].lineno <= line <= (function.end_lineno or 0):
            for statement in ast.walk(function):
                if isinstance(statement, ast.stmt) and statement is not function:
                    inner = [one.lineno for one in ast.iter_child_nodes(statement) if isinstance(one, ast.stmt)]
                    last = min(inner) - 1 if inner else statement.end_lineno or statement.lineno
                    if statement.lineno <= line <= max(last, statement.lineno):
                        found = range(statement.lineno, max(last, statement.lineno) + 1)
            if found is None:
                found = range(function.body[0].lineno, (function.end_lineno or line) + 1)
    return found


def _failing(wanted: Sequence[str], seconds: float) -> str:
    """The test that fails, if one does, of some files or by their ids; each may take so much processor time."""
    failed: list[str] = []

    class Watch:
        """Picks the tests, gives each its time, and takes down who failed."""

        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items[:] = [item for item in items if item.nodeid in named or item.nodeid.partition("::")[0] in named]

        def pytest_runtest_setup(self, item: pytest.Item) -> None:
            _limit(seconds)

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failed.append(report.nodeid)

    named = frozenset(wanted)
    files = [*dict.fromkeys(test.partition("::")[0] for test in wanted)]
    _limit(seconds)
    if files and pytest.main([*QUIET, *files], plugins=[Watch()]) != 0:
        return failed[0] if failed else "that can't be collected"
    return ""


def _shows(file: Path, code: str) -> None:
    """Who reads the module's file finds the mutated text."""
    read = Path.read_text

    def read_text(self: Path, *args: Any, **kwargs: Any) -> str:
        return code if self.resolve() == file else read(self, *args, **kwargs)

    Path.read_text = read_text  # type: ignore[method-assign]
    linecache.cache[str(file)] = (len(code), None, code.splitlines(keepends=True), str(file))


def _limit(seconds: float) -> None:
    """From now on, so much processor time; then the kernel ends the process."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def in_child(trial: Trial, report: Path) -> None:
    """Judge the mutant, leave the verdict in a file, and end the process."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        verdict = trial.verdict()
    except BaseException:  # noqa: BLE001  # such as a recursion without end, outside of what a scenario forgives
        verdict = KILLED, "a crash: " + traceback.format_exc()[-400:]
    report.write_text("\n".join(verdict))
    os._exit(0)
