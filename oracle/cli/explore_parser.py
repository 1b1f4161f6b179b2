"""The words of `explore`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

EXPLORE = """\
Run scenarios with concurrent steps under every schedule that could make a difference, and print what can become of them: a row
for each outcome, a column for each flavor, and in each cell a schedule that leads there, for `show --schedule`; never where
none does. The search says whether it was exhaustive, or within which bound, and how many of its executions met each outcome.
"""

EXPLORE_EXAMPLES = """\
examples:
  fork-oracle explore specs/races
  fork-oracle explore specs/races/interrupt.yaml --flavor netbsd
  fork-oracle show races/interrupt --flavor netbsd --schedule "2:shell"
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    brief = "what concurrent steps can come to, under every schedule"
    made = options.command(commands, "explore", brief, EXPLORE, EXPLORE_EXAMPLES)
    options.paths(made)
    options.flavors(made)
    made.add_argument(
        "--bound",
        metavar="N",
        type=options.number(),
        help="leave out schedules with more than N preemptions: moves of another actor although the last could go on",
    )
    options.formats(made, "json")
    options.output(made)
