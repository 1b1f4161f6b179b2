"""The words of `compare`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

COMPARE = """\
Run scenarios on some flavors only, and print the divergences between them by scenario, with a tally by fact: which facts
differ how often. Of the arguments, what contains @ or is the name of an installed system is a flavor; the rest are paths.
"""

COMPARE_EXAMPLES = """\
examples:
  fork-oracle compare dragonfly@768af85b netbsd@1.189
  fork-oracle compare dragonfly netbsd specs/groups
  fork-oracle compare dragonfly netbsd --format markdown --output differences.md
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    brief = "the divergences between some flavors, with a tally by fact"
    made = options.command(commands, "compare", brief, COMPARE, COMPARE_EXAMPLES)
    made.add_argument(
        "words", metavar="FLAVOR|PATH", nargs="+", help="two flavors or more, and scenario files or folders (./specs)"
    )
    options.formats(made, "json", "markdown")
    options.output(made)
