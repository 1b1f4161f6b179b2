"""The words of `sweep` and `which`: options, and help that teaches them. Imports no module of the project."""

from __future__ import annotations

import argparse

from oracle.cli import options
from oracle.cli.options import Commands

SWEEP = """\
Make a call with all the arguments that it can have, from each of a set of machine states, on some flavors, and put what they
disagree on into buckets. Divergences are in one bucket if the same kinds of facts disagree in the same way, whatever the input:
a bucket is told once, with its count and its simplest case. Without --space, the space is every intent (spawn) if the flavors
are of several systems, else rfork or __clone: the first call of theirs that takes flags.

A space is every combination of a call's parameters: all words over its flags, both ways of each switch, all choices, and some
signals that stand for the others. NAME+undeclared also sets each other bit of the word beside every word. With --knobs the
states are put together, too: every combination of a few flags, parameters, knobs of the state and faults is in one of few
cases, but not all that there are.

Kernel code is watched while it runs. Two words that differ only in bits that nobody looked at come to the same, so one of them
is run; every 997th of those that weren't is run all the same, as a check. --every runs each case.

With --store, finished work is kept in a file, and the same command goes on where it was interrupted: by Ctrl-C, by a power cut.
"""

SWEEP_EXAMPLES = """\
examples:
  fork-oracle sweep --flavor dragonfly --flavor netbsd  # all intents, from all states
  fork-oracle sweep --flavor dragonfly@1.62 --flavor dragonfly@1.67 --space rfork  # all words of rfork on two revisions
  fork-oracle sweep --flavor netbsd --space __clone --state plain --state threads
  fork-oracle sweep --flavor dragonfly --flavor netbsd --knobs --strength 3 --seed 1
  fork-oracle sweep --flavor dragonfly --flavor netbsd --save build/cases  # the simplest case of each bucket as a scenario file
  fork-oracle sweep --space rfork --flavor dragonfly --store rfork.db --dask tcp://10.0.0.1:8786

Divergences are what it looks for: the exit code is 0, however many it finds, new ones among them.
"""

WHICH = """\
Ask about a sweep. It is done first, or taken from --store where it is finished.

  like CALL       the cases that come to exactly what CALL() comes to, in every state: words that behave like fork()
  agree           the largest set of cases on which all flavors agree, whatever the state
  changes WHAT    what a flag changes, all else equal; or PARAMETER=VALUE, against the parameter's simplest value
  classes         the classes of cases that come to the same in every state, the largest first

Statistics of the kernel are never compared here. Sets are told in shapes: what is named matters, and anything else may be.
"""

WHICH_EXAMPLES = """\
examples:
  fork-oracle which like fork --flavor dragonfly --space rfork
  fork-oracle which agree --flavor dragonfly --flavor netbsd --state plain
  fork-oracle which changes RFTHREAD --flavor dragonfly@1.62 --flavor dragonfly --space rfork
  fork-oracle which changes memory=share --flavor netbsd --space spawn
  fork-oracle which classes --flavor netbsd --space fork1
"""


def add(commands: Commands) -> None:
    """Put both subcommands to the others."""
    made = options.command(
        commands, "sweep", "all of a call's arguments from many states, divergences in buckets", SWEEP, SWEEP_EXAMPLES
    )
    _common(made)
    made.add_argument("--knobs", action="store_true", help="states and faults by a covering array, instead of the named states")
    made.add_argument(
        "--strength", metavar="N", type=options.number(1, 6), default=3, help="of the array: N factors at a time (3)"
    )
    made.add_argument(
        "--seed", metavar="N", type=options.number(), default=0, help="of the array: which of those that are as good (0)"
    )
    made.add_argument(
        "--findings",
        action="store_true",
        help="say of each bucket which findings claim what differs in its simplest case, what is new, and which would claim "
        "that if they named no scenarios",
    )
    options.catalogue(made, "with --findings: ")
    made.add_argument(
        "--save", metavar="DIR", type=options.path, help="write the simplest case of each bucket to DIR, as a scenario"
    )
    options.output(made)
    made = options.command(
        commands, "which", "questions about a sweep: words like fork, what a flag changes", WHICH, WHICH_EXAMPLES
    )
    made.add_argument("question", choices=("like", "agree", "changes", "classes"), help="see above")
    made.add_argument("what", metavar="CALL|WHAT", nargs="?", default="", help="of like: the call (fork); of changes: the flag")
    _common(made)
    made.add_argument("--most", metavar="N", type=options.number(1), default=12, help="classes and shapes to print (12)")
    options.output(made)
    made.set_defaults(knobs=False, seed=0, save=None)


def _common(made: argparse.ArgumentParser) -> None:
    options.flavors(made, f"{options.NEWEST}; may be repeated", required=True)
    made.add_argument("--space", metavar="NAME", default="", help="what to go through; a wrong name lists those that there are")
    made.add_argument(
        "--state",
        metavar="NAME",
        action="append",
        default=[],
        help="a state to start from; may be repeated (all that there are)",
    )
    made.add_argument("--every", action="store_true", help="run every case, conclude nothing")
    made.add_argument(
        "--store", metavar="FILE", type=options.path, help="keep finished work in FILE, and go on where FILE ends"
    )
    options.workers(made, "as many as processors")
    made.add_argument(
        "--dask", metavar="ADDRESS", default="", help="give the work to the Dask cluster with its scheduler there"
    )
    options.formats(made, "json")
