"""The words of `errors`: options, and help that teaches them. Imports nothing that acts."""

from __future__ import annotations

from oracle.cli import options
from oracle.cli.options import Commands

ERRORS = """\
When several reasons to fail hold at once, which errno does a call give, and what happens first? Every condition that makes a
call fail is brought about alone and together with every other one, on each flavor, and what won is printed as an order:

    fork                                dragonfly@1.62      netbsd@1.189
    a signal with a handler is pending  1 ERESTART → child  -
    every process slot is taken         2 EAGAIN 500 ms *   1 EAGAIN *
    the user has as many processes as…  3 EAGAIN 500 ms *   2 EAGAIN

So with the slots and the limit used up, DragonFly sleeps half a second and says so on the console before it fails, and NetBSD
fails at once; a pending signal makes DragonFly deal with that first, and NetBSD forks all the same. What wins is told by the
place in the kernel that raised it, not by the errno, so two reasons for one errno are kept apart.
"""

ERRORS_EXAMPLES = """\
examples:
  fork-oracle errors  # all calls on all flavors
  fork-oracle errors fork rfork --flavor dragonfly --flavor dragonfly@1.62
  fork-oracle errors __clone --why  # each error in the kernel's terms, with lines of the C
  fork-oracle errors setpgid --pairs  # every pair
  fork-oracle errors --format json --pairs | python -m json.tool
"""


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    brief = "which errno wins when several reasons to fail hold at once"
    made = options.command(commands, "errors", brief, ERRORS, ERRORS_EXAMPLES)
    made.add_argument("calls", metavar="CALL", nargs="*", help="calls, such as fork or ptrace (all that have conditions)")
    options.flavors(made)
    options.formats(made, "json", "markdown")
    options.output(made)
    made.add_argument("--why", action="store_true", help="below each table: every error in the kernel's terms, and its lines")
    made.add_argument("--pairs", action="store_true", help="also what wins in every single pair")
