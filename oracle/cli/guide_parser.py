"""The words of `guide`: options, and help that teaches them. Imports no module that does anything."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

GUIDE = """\
A porting guide out of the catalogue of findings, as Markdown: by topic, each finding that tells the two flavors apart, with
what each of them does and the lines of C that decide it, what a program notices, what to do on this way, which promises and
standards are concerned, and a scenario that shows it. The scenarios are looked for by running them; --quick leaves them out.
"""

EXAMPLES = """\
examples:
  fork-oracle guide netbsd dragonfly
  fork-oracle guide dragonfly@1.67 dragonfly@768af85b --output from-1.67.md
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    made = options.command(commands, "guide", "what changes for a program between two flavors, and what to do", GUIDE, EXAMPLES)
    made.add_argument("origin", metavar="FROM", help=options.NEWEST)
    made.add_argument("target", metavar="TO", help="the same, of the system that the program is going to")
    made.add_argument(
        "--specs", metavar="PATH", type=options.path, action="append", default=[], help="scenarios and findings (./specs)"
    )
    options.catalogue(made)
    made.add_argument("--quick", action="store_true", help="run nothing, and name no scenarios")
    options.output(made)
