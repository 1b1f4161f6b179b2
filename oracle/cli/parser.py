"""The command line as a whole: what it is for, and its subcommands. Imports no module that does anything."""

from __future__ import annotations

import argparse
import sys

from oracle.cli import (
    compare_parser,
    distinguish_parser,
    errors_parser,
    explain_parser,
    explore_parser,
    findings_parser,
    fuzz_parser,
    guide_parser,
    lists_parser,
    run_parser,
    show_parser,
    sources_parser,
    sweep_parser,
)
from oracle.cli.help_text import Formatter
from oracle.cli.options import EXIT_CODES

TOP = """\
What do fork, vfork, rfork, lwp_create and __clone do on a given revision of a given kernel, and where do two kernels
part ways? Scenarios (YAML files) say what to try; flavors (plugins such as netbsd@1.189) are the kernels.
"""

TOP_EXAMPLES = """\
examples:
  fork-oracle run  # all scenarios below ./specs on all kernels
  fork-oracle run specs/limits --flavor netbsd  # one topic on one kernel (its newest revision)
  fork-oracle compare dragonfly netbsd  # where these two part ways, and on which facts how often
  fork-oracle show specs/vfork/until-exec.yaml --flavor netbsd@1.189  # one run, step by step
  fork-oracle facts  # what a scenario can expect, and what is compared

'fork-oracle COMMAND --help' says more about each.
"""

PARSERS = (  # in the order in which --help lists their subcommands
    run_parser,
    compare_parser,
    explore_parser,
    show_parser,
    explain_parser,
    findings_parser,
    guide_parser,
    sources_parser,
    errors_parser,
    sweep_parser,
    distinguish_parser,
    fuzz_parser,
    lists_parser,
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        "fork-oracle", description=TOP, epilog=f"{TOP_EXAMPLES}\n{EXIT_CODES}", formatter_class=Formatter
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for one in PARSERS:
        one.add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when somebody asks."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("fork-oracle")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"fork-oracle {number}\n")
        parser.exit()
