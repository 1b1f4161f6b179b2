"""The words of `run`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

RUN = """\
Run scenarios on flavors and print the divergence matrix: a row for each scenario, a column for each flavor. Flavors with
the same letter agree on every fact compared. The word after the letter says how the run went:

  ok          as expected
  FAILED      an expectation of the scenario was not met
  INVARIANT   what holds on any kernel does not hold, and the real kernel is not known for it
  CRASH       the flavor has a bug; the others are reported all the same
  unmodelled  the scenario needs what the flavor does not model; that is neither agreement nor divergence
  -           the scenario is not meant for this flavor
  *           (after the word) an invariant is broken, as that kernel itself breaks it

Below come the divergences by path with each side's value, and what failed with its file and line.
"""

RUN_EXAMPLES = """\
examples:
  fork-oracle run
  fork-oracle run specs/signals specs/vfork/until-exec.yaml --flavor dragonfly --flavor netbsd
  fork-oracle run --format json | python -m json.tool
  fork-oracle run --findings --kept kept.json  # what no finding of the catalogue claims is new, and fails
  fork-oracle run --baseline report.json  # what is otherwise than in the report.json of an earlier run
  fork-oracle run --reports reports  # writes report.md, report.json and index.html there
  fork-oracle run --reports reports --sweep standard  # the page has pictures of all of rfork and of all intents, too

Markdown, JSON and the files of --reports are the same bytes for the same scenarios and flavors.

With --findings the exit code is 1, too, if something differs that no finding claims, or if all scenarios ran on all flavors
and a finding claims nothing. With --baseline it is 1 for what is new, changed or worse than there, and for nothing else.
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    made = options.command(commands, "run", "run scenarios on flavors and print the divergence matrix", RUN, RUN_EXAMPLES)
    options.paths(made)
    options.flavors(made)
    options.formats(made, "json", "markdown")
    options.output(made)
    made.add_argument(
        "--reports",
        metavar="DIR",
        type=options.path,
        help="also write DIR/report.md, DIR/report.json and DIR/index.html, the page that tells each run step by step",
    )
    made.add_argument(
        "--findings",
        action="store_true",
        help="look for what decided each difference, say in the reports which findings of the catalogue claim it, and fail on "
        "what none claims (half a minute for all of ./specs)",
    )
    options.catalogue(made, "with --findings: ")
    made.add_argument(
        "--kept",
        metavar="FILE",
        type=options.path,
        help="with --findings: take what decided from FILE where scenario and flavors are as they were, and keep it there",
    )
    made.add_argument(
        "--baseline",
        metavar="FILE",
        type=options.path,
        help="compare with the report.json of an earlier run, and fail on what is new, changed or worse, and on nothing else",
    )
    made.add_argument(
        "--changes", metavar="FILE", type=options.path, help="with --baseline: also write the changes to FILE, as Markdown"
    )
    made.add_argument(
        "--sweep",
        metavar="standard|FILE",
        action="append",
        default=[],
        help="put a sweep on the page, every call in the colour of its bucket: standard (all words of rfork over revisions, "
        "all intents over the systems: some seconds), or the FILE of 'fork-oracle sweep --store FILE'; may be repeated",
    )
