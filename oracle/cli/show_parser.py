"""The words of `show`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

SHOW = """\
Take one scenario on one flavor and tell what happened, step by step: the call as it was made on that system, what it gave
and why, what the kernel did (who slept on what, who was woken), which facts changed, and which expectations were met.
"""

SHOW_EXAMPLES = """\
examples:
  fork-oracle show specs/vfork/until-exec.yaml --flavor netbsd
  fork-oracle show vfork/until-exec --flavor dragonfly --all-facts  # the name of a scenario below ./specs will do
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    made = options.command(commands, "show", "what happened in one run, step by step", SHOW, SHOW_EXAMPLES)
    options.scenario(made)
    options.flavors(made, f"{options.NEWEST}; may be repeated", required=True)
    made.add_argument(
        "--schedule",
        metavar="STRING",
        default="",
        help="who goes on where several could, as `explore` prints it: '2:shell 5:kid' (the default: whoever went on last)",
    )
    made.add_argument("--all-facts", action="store_true", help="also print all there is to observe at the end")
    options.output(made)
