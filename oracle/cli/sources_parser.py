"""The words of `sources`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

SOURCES = """\
Account for every line of code in the functions of the C sources that flavors model line by line: modelled, left out on
purpose with the reason, or not accounted for; and what of it the scenarios exercise, line by line and branch by branch.

The exit code is 1 if a line is not accounted for, a modelled line or branch is not exercised, or something that is said about
the C is wrong. With the published listings of the C at hand (--sources, or FORK_ORACLE_SOURCES; CONTRIBUTING.md says what the
folder holds), what is said is compared with the C itself, and the C can be shown with the model beside it.
"""

SOURCES_EXAMPLES = """\
examples:
  fork-oracle sources  # all flavors, exercised by ./specs
  fork-oracle sources specs/vfork --flavor netbsd  # what one topic exercises of one kernel
  fork-oracle sources --no-run --listing  # every line with what stands for it, without running anything
  fork-oracle sources --flavor netbsd --lines 459-463  # these lines, and the scenarios that get there
  fork-oracle sources --sources DIR --html map.html  # a page with the C, the model beside it, and which scenarios get there
  fork-oracle sources --coverage .coverage specs  # what the scenarios and another measurement exercise together
  fork-oracle sources --draft LISTING  # the start of a map for a new listing, to put into a flavor
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    brief = "which lines of the C are modelled, left out and exercised"
    made = options.command(commands, "sources", brief, SOURCES, SOURCES_EXAMPLES)
    options.paths(made)
    options.flavors(made)
    options.listings(made)
    made.add_argument(
        "--coverage",
        metavar="FILE",
        type=options.path,
        help="take what ran from this file of coverage.py, made with branches; scenarios run only if PATHs are given, too",
    )
    made.add_argument("--no-run", action="store_true", help="run nothing: only what is modelled and left out")
    made.add_argument("--listing", action="store_true", help="every line with what stands for it, instead of the table")
    made.add_argument(
        "--lines",
        metavar="LINES",
        help="only these, as in '283-289, 295', and which scenarios get there, instead of the table",
    )
    made.add_argument("--html", metavar="FILE", type=options.path, help="also write a page with all of it")
    made.add_argument(
        "--draft", metavar="LISTING", type=options.path, help="print the start of a map for a listing, and do no more"
    )
    options.formats(made, "json")
    options.output(made)
