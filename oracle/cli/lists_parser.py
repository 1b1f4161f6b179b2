"""The words of `flavors`, `facts`, `calls` and `schema`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

FLAVORS = """\
List the installed flavors: ids, sources, number of calls, and what each does not model. A plugin that can't be used is
named on standard error, with what is wrong with it; the exit code is 2 then.
"""

FACTS = """\
The closed vocabulary of facts: what is observed, compared, and can be expected in a scenario. Facts marked 'flavors of one
system' hold numbers or words that mean something on that system alone.
"""

CALLS = """\
The calls that a scenario's steps can make, with their parameters: the portable ones, then those of each flavor alone.
"""

SCHEMA = """\
The JSON Schema of scenario files for the installed flavors: editors complete and check with it. Or that of report.json, for
programs that read it, or of the facts that identify reads, for programs that write them.
"""

SCHEMA_EXAMPLES = """\
examples:
  fork-oracle schema --output schema/scenario.schema.json
  fork-oracle schema not-shown --output schema/not-shown.schema.json
  fork-oracle schema finding --output schema/finding.schema.json
  fork-oracle schema report --output schema/report.schema.json
  fork-oracle schema identify-facts --output schema/identify-facts.schema.json

and as the first line of a scenario:
    # yaml-language-server: $schema=../../schema/scenario.schema.json
"""


def add(commands: Commands) -> None:
    """Put the subcommands to the others."""
    add_one = options.command
    add_one(commands, "flavors", "the kernels that are installed", FLAVORS, "example:\n  fork-oracle flavors\n")
    add_one(commands, "facts", "the vocabulary of facts", FACTS, "example:\n  fork-oracle facts | grep vfork\n")
    examples = "examples:\n  fork-oracle calls\n  fork-oracle calls --flavor netbsd\n"
    made = add_one(commands, "calls", "the calls that scenarios can make", CALLS, examples)
    options.flavors(made, "only this flavor's own calls beside the portable ones; may be repeated")
    made = add_one(commands, "schema", "the JSON Schema of scenario files, and of reports", SCHEMA, SCHEMA_EXAMPLES)
    made.add_argument(
        "of",
        metavar="WHAT",
        nargs="?",
        choices=("scenario", "not-shown", "finding", "report", "identify-facts"),
        default="scenario",
        help="scenario (the default), not-shown: lists of the defects that no scenario shows, finding, report: report.json, or "
        "identify-facts: the facts that identify reads",
    )
    options.output(made)
