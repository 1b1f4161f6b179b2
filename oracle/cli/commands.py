"""The subcommands: each gets its options, wires loader, harness and report together, and returns the exit code."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from oracle.cli.terminal import BUG, INTERRUPTED, NOT_AS_EXPECTED, OK, USAGE, Terminal, check_places, write_files
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

if TYPE_CHECKING:
    from oracle.cli.claimed import Asked
    from oracle.report.baseline import Baseline

SPECS = Path("specs")
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


def run(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle run`."""
    from oracle.cli.claimed import asked_of, claimed, say_new

    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    _check_output(options)
    _check_sweeps(options, flavors)
    baseline = _baseline(options)
    paths = paths_or_specs(options.paths)
    scenarios, not_shown = read(paths, registry), read_not_shown(paths, registry)
    check_registers(scenarios, not_shown, registry)
    asked = asked_of(options, paths, registry, flavors)
    done = replace(run_all(scenarios, flavors, terminal), not_shown=not_shown)
    if asked is not None and done.planned is None:
        done = claimed(done, asked, flavors, terminal)
    _put_done(_rendered(done, options.format, _look(options, terminal)), done, options, terminal)
    if options.reports is not None and done.planned is None:
        write_reports(options.reports, done, flavors, terminal, options.sweep, asked)
    say_new(done, options, _look(options, terminal), terminal)
    _last_words(done, options, terminal)
    if baseline is not None and done.planned is None:
        from oracle.cli.baseline import judge

        return judge(baseline, done.comparisons, done.flavors, options, terminal)
    return done.code()


def compare(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle compare`."""
    registry = installed(terminal)
    systems = {flavor.system for flavor in registry.flavors}
    wanted = [word for word in options.words if "@" in word or word in systems]
    flavors = chosen(registry, wanted)
    if len(flavors) < 2 or not wanted:
        known = ", ".join(flavor.id for flavor in registry.flavors) or "none"
        raise UsageError(f"compare needs two flavors or more, got {', '.join(wanted) or 'none'}; installed: {known}")
    paths = paths_or_specs([Path(word) for word in options.words if word not in wanted])
    _check_output(options)
    done = run_all(read(paths, registry), flavors, terminal)
    look = _look(options, terminal)
    text = _differences(done, look) if options.format == "table" else _rendered(done, options.format, look)
    _put_done(text, done, options, terminal)
    _last_words(done, options, terminal)
    return done.code()


def show(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle show`."""
    from oracle.report import walk_report
    from oracle.report.walk import walk

    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    (scenario,) = read([file_of(options.scenario)], registry)
    if options.schedule and not scenario.concurrent:
        raise UsageError(f"{scenario.name} has no concurrent steps, so there is nothing to schedule; leave --schedule out")
    look = _look(options, terminal)
    texts = []
    code = OK
    for flavor in flavors:
        if not scenario.runs_on(flavor.id):
            terminal.say(f"{scenario.name} is not meant for {flavor.id}; run on it all the same")
        walked = walk(scenario, flavor, options.schedule)
        texts.append(walk_report.render(walked, scenario, flavor.title, look, all_facts=options.all_facts))
        code = max(code, BUG if walked.result.crash else OK if walked.result.ok else NOT_AS_EXPECTED)
        if walked.result.crash and options.traceback:
            terminal.say_lines(walked.result.crash)
    _put("\n".join(texts), options.output, terminal)
    return code


def explore(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle explore`."""
    import json

    from oracle.report import explore_report

    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    _check_output(options)
    scenarios = [one for one in read(paths_or_specs(options.paths), registry) if one.concurrent]
    if not scenarios:
        raise UsageError("none of these scenarios has concurrent steps; name others, such as specs/races")
    done = run_all(scenarios, flavors, terminal, options.bound)
    if options.format == "json":
        text = json.dumps(explore_report.to_json(done.comparisons), indent=2) + "\n"
    else:
        text = explore_report.render(done.comparisons, _look(options, terminal))
    _put(text, options.output, terminal)
    _last_words(done, options, terminal)
    return done.code()


def list_flavors(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle flavors`."""
    from oracle.report import listing

    registry = load_flavors()
    terminal.write(listing.flavors(registry.flavors, terminal.look()))
    for error in registry.broken:
        terminal.say(str(error))
    return USAGE if registry.broken else OK


def list_facts(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle facts`."""
    from oracle.report import listing

    terminal.write(listing.facts(terminal.look()))
    return OK


def list_calls(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle calls`."""
    from oracle.report import listing

    terminal.write(listing.calls(chosen(installed(terminal), options.flavor, empty=True), terminal.look()))
    return OK


def schema(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle schema`."""
    import json

    from oracle.schema import finding_schema, identify_facts_schema, not_shown_schema, scenario_schema

    if options.of == "report":
        from oracle.report.json_shape import report_schema

        made = report_schema()
    elif options.of == "identify-facts":
        made = identify_facts_schema()
    else:
        makers = {"scenario": scenario_schema, "not-shown": not_shown_schema, "finding": finding_schema}
        made = makers[options.of](chosen(installed(terminal), []))
    _put(json.dumps(made, indent=2) + "\n", options.output, terminal)
    return OK


def sources(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle sources`."""
    from oracle.cli.sources import sources

    return sources(options, terminal)


def explain(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle explain`."""
    from oracle.cli.explain import explain

    return explain(options, terminal)


COMMANDS: dict[str, Callable[[Namespace, Terminal], int]] = {
    "run": run,
    "compare": compare,
    "explore": explore,
    "show": show,
    "explain": explain,
    "sources": sources,
    "flavors": list_flavors,
    "facts": list_facts,
    "calls": list_calls,
    "schema": schema,
}


# --- flavors and scenarios ----------------------------------------------------------------------------------------------


def installed(terminal: Terminal) -> Registry:
    """The flavors; a word on standard error about every plugin that can't be used."""
    registry = load_flavors()
    for error in registry.broken:
        terminal.say(f"{error}\nleft out")
    return registry


def chosen(registry: Registry, wanted: Sequence[str], *, empty: bool = False) -> tuple[Flavor, ...]:
    """The flavors asked for, each once; all, if none was asked for. UsageError if that leaves none, unless that may be."""
    flavors = tuple(dict.fromkeys(registry.select(wanted)))
    if not flavors and not empty:
        raise UsageError("no flavor is installed; install the package, or look at what 'fork-oracle flavors' says")
    return flavors


def paths_or_specs(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths, or ./specs if none is given."""
    if paths:
        return paths
    if SPECS.is_dir():
        return [SPECS]
    raise UsageError("which scenarios? There is no folder 'specs' here; give scenario files, or folders of them")


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

    named = SPECS / (word + SUFFIX)
    found = next((path for path in (Path(word), named) if path.is_file()), None)
    if found is None:
        raise UsageError(f"there is no scenario {word!r}: neither a file of that name, nor {str(named)!r}")
    return found


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


def _rendered(done: Done, form: str, look: Look) -> str:
    """A run in one of the formats."""
    if form == "json":
        from oracle.report import json_report

        return json_report.render(done.comparisons, done.flavors, done.planned, done.not_shown, done.catalogue, done.claims)
    if form == "markdown":
        from oracle.report import markdown_report

        return markdown_report.render(done.comparisons, done.flavors, done.planned, done.not_shown, done.catalogue, done.claims)
    from oracle.report import table_report

    return table_report.render(done.comparisons, done.flavors, look, done.planned, done.not_shown)


def _differences(done: Done, look: Look) -> str:
    from oracle.report import table_report, tally

    parts = [table_report.divergences(done.comparisons, look), tally.render(done.comparisons, look)]
    return table_report.ending(parts, done.comparisons, look, done.planned)


def write_reports(
    folder: Path,
    done: Done,
    flavors: Sequence[Flavor],
    terminal: Terminal,
    sweeps: Sequence[str] = (),
    asked: Asked | None = None,
) -> None:
    """Write report.md, report.json and index.html into a folder, whole or not at all. `sweeps` are shown on the page."""
    from oracle.cli.sweeps import atlases_of, with_cases
    from oracle.report import html_report
    from oracle.sources.listing import listings_at_hand

    atlases = atlases_of(sweeps, flavors, terminal)
    claims = done.claims
    if claims is not None and asked is not None:
        claims = with_cases(claims, done.catalogue, atlases, flavors, asked.kept)
        write_files(asked.kept.texts())
    beside = html_report.Beside(done.catalogue, claims, listings_at_hand(flavors), atlases)
    look = Look()
    texts = [_rendered(done, "markdown", look), _rendered(done, "json", look)]
    advance, close = terminal.progress(len(done.comparisons), "rows of the page")
    try:
        texts.append(html_report.render(done.comparisons, flavors, done.not_shown, advance, beside))
    finally:
        close()
    write_files({folder / name: text for name, text in zip(REPORTS, texts, strict=True)})


def _baseline(options: Namespace) -> Baseline | None:
    """The earlier run to compare with, if there is to be one."""
    if options.baseline is None:
        if options.changes is not None:
            raise UsageError("--changes says what is otherwise than in a baseline; add --baseline FILE")
        return None
    from oracle.cli.baseline import baseline_from

    check_places([] if options.changes is None else [options.changes])
    return baseline_from(options.baseline)


def _check_sweeps(options: Namespace, flavors: Sequence[Flavor]) -> None:
    """Refuse sweeps that can't be shown before anything runs."""
    if not options.sweep:
        return
    from oracle.cli.sweeps import check_sweeps

    if options.reports is None:
        raise UsageError("--sweep says what index.html shows; add --reports DIR, which writes it")
    check_sweeps(options.sweep, flavors)


def _check_output(options: Namespace) -> None:
    """Refuse places that can't be written to before anything runs; make the folder of the reports."""
    files = [] if options.output is None else [options.output]
    if (folder := getattr(options, "reports", None)) is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"can't make the folder {str(folder)!r}: {error.strerror}") from error
        files += [folder / name for name in REPORTS]
    check_places(files)


def _look(options: Namespace, terminal: Terminal) -> Look:
    """A file is nobody's terminal."""
    return Look() if options.output is not None and options.color != "always" else terminal.look()


def _put_done(text: str, done: Done, options: Namespace, terminal: Terminal) -> None:
    """Put a report where it belongs; of an interrupted run, on standard output: a file holds a whole report or none."""
    _put(text, options.output if done.planned is None else None, terminal)


def _put(text: str, output: Path | None, terminal: Terminal) -> None:
    if output is None:
        terminal.write(text)
    else:
        write_files({output: text})


def _last_words(done: Done, options: Namespace, terminal: Terminal) -> None:
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
