"""What the subcommands share: the flavors and scenarios that are asked for, a run of them, and where a report goes.

Each subcommand has a module of its own, with its words in NAME_parser.py: it gets its options, wires loader, harness and report
together, and returns the exit code.
"""

from __future__ import annotations

import sysconfig
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oracle.args import hint
from oracle.cli.terminal import BUG, INTERRUPTED, NOT_AS_EXPECTED, OK, Terminal, check_places, make_folder, write_files
from oracle.errors import ScenarioError, UsageError
from oracle.finding import Finding
from oracle.findings.claims import Claims
from oracle.flavor import Flavor
from oracle.harness import Comparison, compare_all
from oracle.register import NotShown, clashes
from oracle.registry import Registry, load_flavors
from oracle.report.look import Look
from oracle.report.text import plural
from oracle.scenario import Scenario

SPECS = Path("specs")
SHIPPED = Path(sysconfig.get_path("data")) / "share" / "fork-oracle" / SPECS  # what came with an installation
REPORTS = ("report.md", "report.json", "index.html")  # what --reports writes


@dataclass(frozen=True, slots=True)
class Done:
    """What was run, in how many seconds. `planned`: how many scenarios there were to be, if the run was interrupted."""

    comparisons: tuple[Comparison, ...]
    flavors: tuple[str, ...]
    seconds: float
    not_shown: tuple[NotShown, ...] = ()
    planned: int | None = None
    catalogue: tuple[Finding, ...] = ()
    claims: Claims | None = None  # what the catalogue claims of the differences; None: nobody has asked
    stale: tuple[str, ...] = ()  # a line for each finding that claims nothing

    def code(self) -> int:
        """The exit code that this run deserves."""
        if self.planned is not None:
            return INTERRUPTED
        if any(result.crash for one in self.comparisons for result in one.results):
            return BUG
        known = self.claims is None or not (self.claims.new or self.stale)
        return OK if known and all(one.ok for one in self.comparisons) else NOT_AS_EXPECTED


# --- flavors and scenarios ----------------------------------------------------------------------------------------------


def found_flavors() -> Registry:
    """The flavors, and what is wrong with plugins that can't be used."""
    return load_flavors()


def installed(terminal: Terminal) -> Registry:
    """The flavors; a word on standard error about every plugin that can't be used."""
    registry = found_flavors()
    for error in registry.broken:
        terminal.say(f"{error}\nleft out")
    return registry


def chosen(registry: Registry, wanted: Sequence[str], *, empty: bool = False) -> tuple[Flavor, ...]:
    """The flavors asked for, each once; all, if none was asked for. UsageError if that leaves none, unless that may be."""
    known = [name for flavor in registry.flavors for name in (flavor.id, flavor.system)]
    for one in wanted:
        if one not in known and (cure := hint(one, known)) and not any(one in str(error) for error in registry.broken):
            raise UsageError(
                f"there is no flavor {one!r}{cure}; installed: {', '.join(flavor.id for flavor in registry.flavors)}"
            )
    flavors = tuple(dict.fromkeys(registry.select(wanted)))
    if not flavors and not empty:
        raise UsageError("no flavor is installed; install the package, or look at what 'fork-oracle flavors' says")
    return flavors


def paths_or_specs(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths, all of which are there, or ./specs if none is given."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder {str(path)!r}{place_hint(str(path))}")
    if paths:
        return paths
    if SPECS.is_dir():
        return [SPECS]
    brought = f"; those that came with fork-oracle are in {str(SHIPPED)!r}" if SHIPPED.is_dir() else ""
    raise UsageError(f"which scenarios? There is no folder 'specs' here; give scenario files, or folders of them{brought}")


def read(paths: Sequence[Path], registry: Registry) -> list[Scenario]:
    """All scenarios below the paths. Raises UsageError if there are none, ScenarioError with all that is wrong."""
    from oracle.load import find_scenarios, load_scenario

    scenarios, wrong = [], []
    files = list(find_scenarios(paths))
    folders = [path for path in paths if path.is_dir()]
    for file in files:
        root = next((folder for folder in folders if file.is_relative_to(folder)), file.parent)
        try:
            scenarios.append(load_scenario(file, registry.flavors, root))
        except ScenarioError as error:
            wrong.append(str(error))
    if wrong:
        raise ScenarioError("\n".join(wrong))
    if not scenarios:
        raise UsageError(f"there are no scenarios below {', '.join(repr(str(path)) for path in paths)}")
    return sorted(scenarios, key=lambda one: one.name)


def read_not_shown(paths: Sequence[Path], registry: Registry) -> tuple[NotShown, ...]:
    """What the lists below the paths say of defects that no scenario shows."""
    from oracle.load import find_not_shown, load_not_shown

    return tuple(one for file in find_not_shown(paths) for one in load_not_shown(file, registry.flavors))


def check_registers(scenarios: Sequence[Scenario], not_shown: Sequence[NotShown], registry: Registry) -> None:
    """Raise ScenarioError if scenarios and lists contradict each other."""
    found = clashes(scenarios, not_shown, [flavor.id for flavor in registry.flavors])
    if found:
        raise ScenarioError("\n".join(map(str, found)))


def file_of(word: str) -> Path:
    """A scenario by its file, or by its name below ./specs."""
    from oracle.load import SUFFIX

    places = [folder / (word + SUFFIX) for folder in (SPECS, SHIPPED)]
    found = next((path for path in (Path(word), *places) if path.is_file()), None)
    if found is None:
        raise UsageError(
            f"there is no scenario {word!r}: neither a file of that name, nor {str(places[0])!r}{_name_hint(word)}"
        )
    return found


def place_hint(word: str) -> str:
    """A tail for a message: what below ./specs could be meant by a path that leads nowhere."""
    from oracle.load import SUFFIX

    there = [path for path in (SPECS / word, SPECS / (word + SUFFIX)) if path.exists()]
    if there:
        return f"; did you mean {there[0]}?"
    return hint(word, [str(path) for path in SPECS.rglob("*") if path.is_dir() or path.suffix == SUFFIX])


def _name_hint(word: str) -> str:
    """The same for the name of a scenario."""
    from oracle.load import SUFFIX, find_scenarios, scenario_name

    files = find_scenarios([SPECS]) if SPECS.is_dir() else []
    return hint(word.removesuffix(SUFFIX), [scenario_name(file, SPECS) for file in files])


# --- running and writing ------------------------------------------------------------------------------------------------


def run_all(scenarios: Sequence[Scenario], flavors: Sequence[Flavor], terminal: Terminal, bound: int | None = None) -> Done:
    """Compare on all scenarios, with a progress bar on a terminal. Ctrl-C ends it early; what was finished is returned."""
    started = time.monotonic()
    advance, close = terminal.progress(len(scenarios))
    finished: list[Comparison] = []

    def note(comparison: Comparison) -> None:
        finished.append(comparison)
        advance(comparison)

    planned = None
    try:
        compare_all(scenarios, flavors, note, bound)
    except KeyboardInterrupt:
        planned = len(scenarios)
    finally:
        close()
    return Done(tuple(finished), tuple(flavor.id for flavor in flavors), time.monotonic() - started, planned=planned)


def rendered(done: Done, form: str, look: Look) -> str:
    """A run in one of the formats."""
    if form == "json":
        from oracle.report import json_report

        return json_report.render(done.comparisons, done.flavors, done.planned, done.not_shown, done.catalogue, done.claims)
    if form == "markdown":
        from oracle.report import markdown_report

        return markdown_report.render(done.comparisons, done.flavors, done.planned, done.not_shown, done.catalogue, done.claims)
    from oracle.report import table_report

    return table_report.render(done.comparisons, done.flavors, look, done.planned, done.not_shown)


def check_output(options: Namespace) -> None:
    """Refuse places that can't be written to before anything runs; make the folder of the reports."""
    files = [] if options.output is None else [options.output]
    if (folder := getattr(options, "reports", None)) is not None:
        make_folder(folder)
        files += [folder / name for name in REPORTS]
    check_places(files)


def look_of(options: Namespace, terminal: Terminal) -> Look:
    """A file is nobody's terminal."""
    return Look() if options.output is not None and options.color != "always" else terminal.look()


def put_done(text: str, done: Done, options: Namespace, terminal: Terminal) -> None:
    """Put a report where it belongs; of an interrupted run, on standard output: a file holds a whole report or none."""
    put(text, options.output if done.planned is None else None, terminal)


def put(text: str, output: Path | None, terminal: Terminal) -> None:
    """Put a report on standard output, or into a file, whole or not at all."""
    if output is None:
        terminal.write(text)
    else:
        write_files({output: text})


def last_words(done: Done, options: Namespace, terminal: Terminal) -> None:
    """The time it took; where flavors crashed, or how to learn that."""
    what = f"{plural(len(done.comparisons), 'scenario')} on {plural(len(done.flavors), 'flavor')}"
    terminal.say(f"{what} in {done.seconds:.2f} s")
    crashes = [(one.scenario.name, result) for one in done.comparisons for result in one.results if result.crash]
    if not options.traceback:
        if crashes:
            terminal.say("a flavor crashed; run it again with --traceback to see where")
        return
    for name, result in crashes:
        terminal.say(f"{result.flavor} crashed on {name}:")
        terminal.say_lines(result.crash)
