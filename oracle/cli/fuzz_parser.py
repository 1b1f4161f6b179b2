"""The words of `fuzz`: options, and help that teaches them. Imports no module of the project but the other parsers'."""

from __future__ import annotations

import argparse
import re

from oracle.cli import options
from oracle.cli.options import Commands

FUZZ = """\
Look for divergences that nobody thought of: random machines, programs of several actors, flag words with bits that have names
and bits that have none, allocations that fail. Each case is run on all flavors. What they disagree on is taken apart into
symptoms, and those that are known already are subtracted, so that what everybody knows doesn't hide what is rare. A case with
anything left is shrunk, in its program and in its machine, to the smallest that still shows it; then it is asked which lines
of C decided. What the same lines decide is one bucket: it is told once, with the number of cases and its smallest one.

--save DIR writes each bucket as a scenario file that says what it shows, and `fork-oracle run FILE` shows it.

Smallest cases make one call after the other; `fork-oracle explore` is for calls at the same time. A bucket "after" another one
is one whose smallest case shows the other before its last call: perhaps something new, perhaps what the other one leads to.

The search ends after --time (a minute, if nothing is said) or after --cases, in batches: so a few cases more may be done. With
--store it goes on where it was interrupted, by Ctrl-C or by a power cut, and by the end of its time, too. The same seed and
number of cases find the same, with however many workers and in however many sittings.
"""

FUZZ_EXAMPLES = """\
examples:
  fork-oracle fuzz --flavor netbsd --flavor dragonfly  # for a minute
  fork-oracle fuzz --flavor dragonfly@1.67 --flavor dragonfly --cases 10000 --seed 7 --save build/found
  fork-oracle fuzz --flavor netbsd --flavor dragonfly --time 1h --store search.db
  fork-oracle fuzz --flavor netbsd --flavor dragonfly --known specs  # only what no scenario in specs shows

Divergences are what it looks for: the exit code is 0, however many it finds.
"""

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
LAG = 4  # workers are never further apart than so many batches, so more of them would wait for each other
MOST_SEED = 10**12


def add(commands: Commands) -> None:
    """Put the subcommand to the others."""
    made = options.command(
        commands, "fuzz", "random machines and programs, what flavors disagree on shrunk", FUZZ, FUZZ_EXAMPLES
    )
    options.flavors(made, f"{options.NEWEST}; twice or more", required=True)
    made.add_argument("--seed", metavar="N", type=options.number(most=MOST_SEED), default=0, help="which random cases (0)")
    made.add_argument("--time", metavar="TIME", type=_seconds, help="how long to go on: 60s, 10m, 1h (60s, without --cases)")
    made.add_argument(
        "--cases", metavar="N", type=options.number(), help="how many cases in all, those in the store among them"
    )
    options.workers(made, "as many as processors, 4 at most", LAG)
    made.add_argument(
        "--store", metavar="FILE", type=options.path, help="keep what is found in FILE, and go on where FILE ends"
    )
    made.add_argument(
        "--known",
        metavar="PATH",
        type=options.path,
        action="append",
        default=[],
        help="what these scenarios show is no news; may be repeated",
    )
    made.add_argument(
        "--save", metavar="DIR", type=options.path, help="write the smallest case of each bucket to DIR, as a scenario"
    )
    options.formats(made, "json")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smh]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; expected one such as 60s, 10m or 1h")
    seconds = float(found[1]) * UNITS[found[2]]
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r} is no time to find anything in; expected one such as 60s, 10m or 1h")
    return seconds
