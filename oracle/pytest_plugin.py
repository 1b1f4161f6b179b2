"""Scenario files as pytest items: one for each flavor, and one for what the scenario says that all flavors agree on.

Everything but pytest itself is imported when the first scenario file is collected: who has none pays nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from oracle.flavor import Flavor
    from oracle.outcome import RunResult
    from oracle.registry import Registry
    from oracle.scenario import Scenario


class BrokenFlavorWarning(pytest.PytestWarning):
    """An installed flavor can't be used, and its scenarios did not run on it."""


_registry = pytest.StashKey["Registry"]()
_warned = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line and of the configuration file."""
    group = parser.getgroup("fork-oracle", "fork-oracle: scenarios on simulated kernels")
    group.addoption(
        "--flavor",
        action="append",
        default=[],
        metavar="ID",
        dest="oracle_flavor",
        help="run scenarios on this flavor only, such as netbsd@1.189, or netbsd for its newest revision (repeatable)",
    )
    parser.addini("oracle_flavors", "flavors to run on where no --flavor is given (default: all)", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a flavor that is not installed before anything runs."""
    if _wanted(config):
        from oracle.errors import UsageError

        try:
            _selected(config)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files; other people's YAML is none of our business."""
    if file_path.suffix != ".yaml":
        return None
    from oracle.load import is_not_shown, is_scenario

    if is_scenario(file_path):
        return ScenarioFile.from_parent(parent, path=file_path)
    return NotShownFile.from_parent(parent, path=file_path) if is_not_shown(file_path) else None


def _wanted(config: pytest.Config) -> list[str]:
    """The flavors asked for; none: all."""
    wanted: list[str] = config.getoption("oracle_flavor") or config.getini("oracle_flavors")
    return wanted


def _flavors(config: pytest.Config) -> Registry:
    """All that is installed, looked up once."""
    if _registry not in config.stash:
        from oracle.registry import load_flavors

        config.stash[_registry] = load_flavors()
    return config.stash[_registry]


def _selected(config: pytest.Config) -> tuple[Flavor, ...]:
    """The flavors to run on, each once."""
    return tuple(dict.fromkeys(_flavors(config).select(_wanted(config))))


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each flavor that the scenario is meant for, and one for the agreement that it promises."""
        self._warn_of_broken_plugins()
        scenario = self._load()
        flavors = [flavor for flavor in _selected(self.config) if scenario.runs_on(flavor.id)]
        for flavor in flavors:
            yield RunItem.from_parent(self, name=flavor.id, scenario=scenario, flavors=(flavor,))
        if scenario.agree and len(flavors) > 1:
            yield AgreementItem.from_parent(self, name="agree", scenario=scenario, flavors=tuple(flavors))

    def _load(self) -> Scenario:
        from oracle.errors import ScenarioError
        from oracle.load import load_scenario

        shown = _shown(self.path, self.config)
        try:
            scenario = load_scenario(self.path, _flavors(self.config).flavors, self.config.rootpath)
        except ScenarioError as error:
            raise self.CollectError(str(error).replace(str(self.path), shown)) from None
        return replace(scenario, file=shown)

    def _warn_of_broken_plugins(self) -> None:
        """Say once what was left out, and why, unless what to run was chosen; the first file fails if warnings are errors."""
        if self.config.stash.get(_warned, False) or _wanted(self.config):
            return
        self.config.stash[_warned] = True
        messages = [str(error) for error in _flavors(self.config).broken]
        try:
            for message in messages:
                self.warn(BrokenFlavorWarning(message))
        except BrokenFlavorWarning:
            raise self.CollectError("\n".join(messages)) from None


class NotShownFile(pytest.File):
    """A list of the defects that no scenario shows."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item, which reads it."""
        yield NotShownItem.from_parent(self, name="not-shown")


class NotShownItem(pytest.Item):
    """Whether a list of defects that no scenario shows is one."""

    def runtest(self) -> None:
        """Read it; fails for what can't be read as one, with its place."""
        from oracle.errors import ScenarioError
        from oracle.load import load_not_shown

        try:
            load_not_shown(self.path, _flavors(self.config).flavors)
        except ScenarioError as error:
            raise _NotAsExpected(str(error).replace(str(self.path), _shown(self.path, self.config))) from None

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what it is called."""
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> object:  # type: ignore[override]
        """The report alone, without the Python that led to it."""
        if isinstance(excinfo.value, _NotAsExpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _shown(path: Path, config: pytest.Config) -> str:
    """A file as named from where pytest was started, if it is below."""
    start = config.invocation_params.dir
    return os.fspath(path.relative_to(start)) if path.is_relative_to(start) else os.fspath(path)


class _NotAsExpected(Exception):
    """Carries the report of a failure to where pytest asks for it."""


class ScenarioItem(pytest.Item):
    """What the items of a scenario file have in common."""

    def __init__(self, *, scenario: Scenario, flavors: tuple[Flavor, ...], **other: object) -> None:
        super().__init__(**other)  # type: ignore[arg-type]
        self.scenario = scenario
        self.flavors = flavors

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what it is called."""
        return self.path, 0, f"{self.scenario.name} [{self.name}]"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> object:  # type: ignore[override]
        """The report alone, without the Python that led to it."""
        if isinstance(excinfo.value, _NotAsExpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def skip(self, reason: str) -> None:
        """End the test as skipped; the reason is shown with the scenario's file."""
        raise pytest.skip.Exception(reason, _use_item_location=True)


class RunItem(ScenarioItem):
    """A scenario on one flavor."""

    def runtest(self) -> None:
        """Run it; fails for unmet expectations, a crash, or a broken invariant that the real kernel keeps."""
        from oracle.harness import Comparison, play
        from oracle.report.failures import failures_of

        result = play(self.scenario, self.flavors[0])
        if not result.ok:
            failures = failures_of(Comparison(self.scenario, (result,), (), ()))
            raise _NotAsExpected("\n".join([*failures, "", *_told(result, self.scenario)]))
        if result.unmodelled:
            self.skip(f"{result.flavor} does not model this: {result.unmodelled}")


class AgreementItem(ScenarioItem):
    """What the flavors of a scenario have to agree on."""

    def runtest(self) -> None:
        """Run it on all flavors and compare; fails for a divergence on what the scenario promises."""
        from oracle.harness import compare
        from oracle.report.failures import failures_of

        comparison = compare(self.scenario, self.flavors)
        said = [result for result in comparison.results if not (result.crash or result.unmodelled)]
        if comparison.broken_promises:
            alone = replace(comparison, results=())
            steps = [line for result in said for line in ("", *_told(result, self.scenario))]
            raise _NotAsExpected("\n".join([*failures_of(alone), *steps]))
        if len(said) < 2:
            self.skip("fewer than two flavors have something to say")


def _told(result: RunResult, scenario: Scenario) -> Iterable[str]:
    """What the steps came to, a line each; then the traceback, if the flavor crashed."""
    from oracle.report.text import plain, prose
    from oracle.scenario import Step

    lines = {step.index: step.line for step in scenario.steps if isinstance(step, Step)}
    yield f"the steps on {plain(result.flavor)}:"
    for one in result.outcomes:
        where = f"line {lines[one.step]}" if lines.get(one.step) else f"step {one.step}"
        why = f" ({prose(one.detail)})" if one.detail else ""
        yield f"  {where}: {plain(one.by)} {plain(one.call)} -> {plain(one.result)}{why}"
    if result.crash:
        yield ""
        yield from (plain(line) for line in result.crash.splitlines())
