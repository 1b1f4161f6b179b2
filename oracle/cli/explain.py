"""`fork-oracle explain`: why two flavors differ on a scenario."""

from __future__ import annotations

import json
from argparse import Namespace

from oracle.cli.commands import chosen, file_of, installed, look_of, put, read
from oracle.cli.terminal import BUG, OK, Terminal, check_places
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.harness import compare
from oracle.registry import Registry
from oracle.scenario import Scenario
from oracle.sources.listing import listings_at_hand


def explain(options: Namespace, terminal: Terminal) -> int:
    """Run a scenario on two flavors, watch what decides the facts on which they part, and print it."""
    from oracle.explain.explain import explain as explain_scenario
    from oracle.report import explain_report

    registry = installed(terminal)
    check_places([] if options.output is None else [options.output])
    (scenario,) = read([file_of(options.scenario)], registry)
    flavors = chosen(registry, options.flavor) if options.flavor else _that_part(scenario, registry)
    if len(flavors) != 2:
        known = ", ".join(flavor.id for flavor in registry.flavors)
        got = ", ".join(flavor.id for flavor in flavors)
        raise UsageError(f"explain needs --flavor twice, with two flavors, or not at all; got {got}; installed: {known}")
    if options.schedule and not scenario.concurrent:
        raise UsageError(f"{scenario.name} has no concurrent steps, so there is nothing to schedule; leave --schedule out")
    for flavor in flavors:
        if not scenario.runs_on(flavor.id):
            terminal.say(f"{scenario.name} is not meant for {flavor.id}; run on it all the same")
    listings = listings_at_hand(flavors, options.sources)
    explained = explain_scenario(scenario, flavors[0], flavors[1], options.schedule)
    if options.format == "json":
        text = json.dumps(explain_report.to_json(explained, listings), indent=2) + "\n"
    else:
        text = explain_report.render(explained, listings, look_of(options, terminal))
    put(text, options.output, terminal)
    return BUG if any(": crashed: " in one for one in explained.silent) else OK


def _that_part(scenario: Scenario, registry: Registry) -> tuple[Flavor, ...]:
    """Two flavors that differ on a scenario: the newest of two systems if those do, else the first two."""
    newest = registry.select(list(dict.fromkeys(flavor.system for flavor in registry.flavors)))
    ordered = tuple(dict.fromkeys((*newest, *registry.flavors)))
    classes = compare(scenario, ordered).outcome_classes()
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            letters = {classes.get(one.id, "?"), classes.get(other.id, "?")}
            if len(letters) == 2 and not letters & {"?", "!"}:
                return one, other
    raise UsageError(f"no two of the installed flavors differ on {scenario.name}; name two with --flavor to see both runs")
