"""`fork-oracle show`: what happened in one run, step by step."""

from __future__ import annotations

from argparse import Namespace

from oracle.cli.commands import check_output, chosen, file_of, installed, look_of, put, read
from oracle.cli.terminal import BUG, NOT_AS_EXPECTED, OK, Terminal
from oracle.errors import UsageError


def show(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle show`."""
    from oracle.report import walk_report
    from oracle.report.walk import walk

    check_output(options)
    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    (scenario,) = read([file_of(options.scenario)], registry)
    if options.schedule and not scenario.concurrent:
        raise UsageError(f"{scenario.name} has no concurrent steps, so there is nothing to schedule; leave --schedule out")
    look = look_of(options, terminal)
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
    put("\n".join(texts), options.output, terminal)
    return code
