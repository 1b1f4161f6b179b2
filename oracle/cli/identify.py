"""`fork-oracle identify`: whose facts these are, or what to observe so that it can be said."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from oracle.args import hint
from oracle.cli.commands import SHIPPED, SPECS, chosen, installed, look_of, put
from oracle.cli.terminal import OK, Terminal, check_places
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.identify.identify import SCENARIOS, Question, question
from oracle.identify.identify import identify as ranked
from oracle.identify.wrong import Model, models
from oracle.registry import Registry
from oracle.report import identify_report
from oracle.report.look import Look
from oracle.scenario import Scenario


def identify(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle identify`."""
    if options.fill and options.template is None:
        raise UsageError("--fill goes with --template: it fills in what a model shows")
    if (options.facts is not None) + (options.template is not None) + options.list != 1:
        raise UsageError("identify takes a file of facts, or --template, or --list; 'fork-oracle identify --help' says more")
    check_places([] if options.output is None else [options.output])
    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    look = look_of(options, terminal)
    if options.list:
        text = identify_report.listing(models(flavors), look)
    elif options.template is not None:
        text = _template(options, registry, flavors, terminal)
    else:
        text = _identified(options, registry, flavors, terminal, look)
    put(text, options.output, terminal)
    return OK


def _identified(options: Namespace, registry: Registry, flavors: Sequence[Flavor], terminal: Terminal, look: Look) -> str:
    """The report on a file of facts."""
    from oracle.load.observed import load_observations

    observed = load_observations(options.facts, registry.flavors, _folder(options.specs))
    if not observed.count:
        raise UsageError(f"{options.facts}: no fact is known; put values where null is")
    candidates = models(flavors)
    advance, close = terminal.progress(len(candidates), "models")
    try:
        ranking = ranked(observed.observed, candidates, advance)
    finally:
        close()
    if options.format == "json":
        return identify_report.to_json(observed, ranking)
    return identify_report.render(observed, ranking, look, options.most)


def _template(options: Namespace, registry: Registry, flavors: Sequence[Flavor], terminal: Terminal) -> str:
    """A file to be filled in."""
    candidates = models(flavors)
    filled = _model(options.fill, models(registry.flavors)) if options.fill else None
    scenarios = _scenarios(options.template or list(SCENARIOS), registry, options.specs)
    advance, close = terminal.progress(len(scenarios), "scenarios")
    questions: list[Question] = []
    try:
        for scenario in scenarios:
            questions.append(question(scenario, candidates, every=options.all_facts, filled=filled))
            advance(scenario)
    finally:
        close()
    return identify_report.template([one for one in questions if one.facts], filled.name if filled is not None else "")


def _scenarios(names: Sequence[str], registry: Registry, specs: Path | None) -> list[Scenario]:
    from oracle.load import SUFFIX, find_scenarios, load_scenario, scenario_name

    folder = _folder(specs)
    if folder is None:
        raise UsageError("there is no folder 'specs' here; say where the scenarios are with --specs DIR")
    found = []
    for name in names:
        file = folder / (name + SUFFIX)
        if not file.is_file():
            known = [scenario_name(one, folder) for one in find_scenarios([folder])]
            raise UsageError(f"there is no scenario {name!r} in {str(folder)!r}{hint(name, known)}")
        scenario = load_scenario(file, registry.flavors, folder)
        if scenario.concurrent:
            raise UsageError(f"{name} has concurrent steps: what comes of it depends on the schedule; leave it out")
        found.append(scenario)
    return found


def _folder(specs: Path | None) -> Path | None:
    """Where scenarios are by name: the folder that is given, ./specs, or where this program brought its own."""
    if specs is not None:
        if not specs.is_dir():
            raise UsageError(f"there is no folder {str(specs)!r}")
        return specs
    return next((one for one in (SPECS, SHIPPED) if one.is_dir()), None)


def _model(name: str, candidates: Sequence[Model]) -> Model:
    """A model by its name; a bare system stands for its newest revision."""
    flavor, colon, mistake = name.partition(": ")
    if "@" not in flavor:
        same = [one.flavor for one in candidates if one.flavor.system == flavor]
        flavor = max(same, key=lambda one: one.order).id if same else flavor
    wanted = f"{flavor}{colon}{mistake}"
    known = [one.name for one in candidates]
    if wanted not in known:
        raise UsageError(f"there is no model {name!r}{hint(wanted, known) or '; --list says which there are'}")
    return candidates[known.index(wanted)]
