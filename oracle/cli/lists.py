"""`fork-oracle flavors`, `facts`, `calls` and `schema`: what there is, and how it is written."""

from __future__ import annotations

import json
from argparse import Namespace

from oracle.cli.commands import check_output, chosen, found_flavors, installed, put
from oracle.cli.terminal import OK, USAGE, Terminal


def list_flavors(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle flavors`."""
    from oracle.report import listing

    registry = found_flavors()
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
    check_output(options)
    from oracle.schema import finding_schema, identify_facts_schema, not_shown_schema, scenario_schema

    if options.of == "report":
        from oracle.report.json_shape import report_schema

        made = report_schema()
    elif options.of == "identify-facts":
        made = identify_facts_schema()
    else:
        makers = {"scenario": scenario_schema, "not-shown": not_shown_schema, "finding": finding_schema}
        made = makers[options.of](chosen(installed(terminal), []))
    put(json.dumps(made, indent=2) + "\n", options.output, terminal)
    return OK
