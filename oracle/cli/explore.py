"""`fork-oracle explore`: what concurrent steps can come to, under every schedule."""

from __future__ import annotations

import json
from argparse import Namespace

from oracle.cli.commands import check_output, chosen, installed, last_words, look_of, paths_or_specs, put, read, run_all
from oracle.cli.terminal import Terminal
from oracle.errors import UsageError


def explore(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle explore`."""
    from oracle.report import explore_report

    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    check_output(options)
    scenarios = [one for one in read(paths_or_specs(options.paths), registry) if one.concurrent]
    if not scenarios:
        raise UsageError("none of these scenarios has concurrent steps; name others, such as specs/races")
    done = run_all(scenarios, flavors, terminal, options.bound)
    if options.format == "json":
        text = json.dumps(explore_report.to_json(done.comparisons), indent=2) + "\n"
    else:
        text = explore_report.render(done.comparisons, look_of(options, terminal))
    put(text, options.output, terminal)
    last_words(done, options, terminal)
    return done.code()
