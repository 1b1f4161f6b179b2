"""The words of `explain`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

EXPLAIN = """\
Why do two kernels differ on a scenario? Both runs side by side, step by step; the first decision on which they part; and for
every fact on which they differ, the lines of C that decided it in each kernel. For that the runs are repeated, and watched.

Of each fact it says at which step it parts for good, and what decided it there on each side:

  wrote          lines that wrote the field that the fact is read from, last in that step; with "before": in an earlier step
  made, zeroed   lines that made the object, with this value, or with none
  did not        a decision that went the other way than to lines that would have written the field
  passed         a decision that went the other way than to the errno that the other kernel gives
  failed with    lines that gave the errno
  returned       lines that returned the result
  sleeps, slept  lines that put the caller to sleep

"under" are the decisions around the lines; "through", the functions that the lines called for it. A function without lines
stands in another file of that kernel, which is not cited by line. "did not" is taken from the text of the model: the last
decision of the step that could have led to such a write on this very object. It is not a proof that nothing else mattered.

With the published listings of the C at hand (--sources, or FORK_ORACLE_SOURCES), the lines are shown.
"""

EXPLAIN_EXAMPLES = """\
examples:
  fork-oracle explain limits/last-ten-slots
  fork-oracle explain defects/dragonfly-q12-umask-reset --flavor dragonfly --flavor netbsd --sources DIR
  fork-oracle explain accounting/rfork-counters --flavor dragonfly@1.67 --flavor dragonfly --format json
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    made = options.command(
        commands, "explain", "why two flavors differ: the lines of C that decided", EXPLAIN, EXPLAIN_EXAMPLES
    )
    options.scenario(made)
    options.flavors(made, f"{options.NEWEST}; given twice, or not at all: two flavors that differ on it")
    options.listings(made)
    made.add_argument("--schedule", metavar="STRING", default="", help="of concurrent steps, as for `show`")
    options.formats(made, "json")
    options.output(made)
