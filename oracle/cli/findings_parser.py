"""The words of `findings` and `triage`: options, and help that teaches them. Imports no module that does anything."""

from __future__ import annotations

import argparse

from oracle.cli import options
from oracle.cli.options import Commands

FINDINGS = """\
The catalogue of findings: what differs between kernels, told for people, each in one file below specs/findings. Without
arguments they are listed; with an ID that finding is shown, with the C of its lines if the listings are at hand (--sources, or
FORK_ORACLE_SOURCES).

A finding claims a difference if the two flavors are on two sides of it, the kind of fact is one of its `facts`, the scenario
one of its `scenarios` (if it names any), and on each side one of the lines that `explain` names is in `decided`. Of concurrent
steps no lines are known; there `scenarios` has to name the scenario.

--check runs all scenarios and the standard sweeps, whose simplest cases are called sweep/SPACE/BUCKET, and looks for
differences that no finding claims (new), and for findings and lines that claim nothing any more (stale). --claims lists what
findings claim. --complete writes into the files of the findings that are named the lines that belong into `decided`: it starts
from those that are there (one line on one side will do), and takes those of every difference about the same facts, flavors and
scenarios that has one of them and that no other finding claims.
"""

FINDINGS_EXAMPLES = """\
examples:
  fork-oracle findings
  fork-oracle findings stopped-vfork-child-cannot-fork --sources DIR
  fork-oracle findings --check --kept kept.json
  fork-oracle findings stopped-vfork-child-cannot-fork --complete --kept kept.json
  fork-oracle findings stopped-vfork-child-cannot-fork --claims

With --check the exit code is 1, too, if a difference is new, or a finding or one of its lines is stale.
"""

TRIAGE = """\
Differences that no finding claims, put together by the lines that decided them: what has one root is one draft of a finding.
With --drafts, each is written to a file with all filled in that the runs tell, and TODO for what only a person can say; a draft
is no finding before its last TODO is gone. Move it to specs/findings then, under a name that says what differs. On a terminal
and without --drafts you are asked about one after the other, and what you tell to the end is written to specs/findings.
"""

TRIAGE_EXAMPLES = """\
examples:
  fork-oracle triage  # all scenarios below ./specs
  fork-oracle triage specs/vfork --drafts build/drafts
  fork-oracle triage specs/vfork/until-exec.yaml --flavor dragonfly --flavor netbsd

The exit code is 1, too, if any difference is left that no finding claims.
"""


def add(commands: Commands) -> None:
    """Put both subcommands to the others."""
    made = options.command(commands, "findings", "the catalogue of what differs, told for people", FINDINGS, FINDINGS_EXAMPLES)
    made.add_argument("ids", metavar="ID", nargs="*", help="findings, by their ids (all)")
    made.add_argument("--specs", metavar="PATH", type=options.path, action="append", default=[], help="scenarios (./specs)")
    does = made.add_mutually_exclusive_group()
    does.add_argument(
        "--check", action="store_true", help="look for what is new and what is stale; the exit code is 1 if anything is"
    )
    does.add_argument("--claims", action="store_true", help="list the differences that they claim")
    does.add_argument(
        "--complete", action="store_true", help="write the lines that belong into `decided` into the files of IDs"
    )
    _world(made)
    options.listings(made)
    made.add_argument(
        "--format",
        choices=("table", "json", "markdown"),
        default="table",
        help="of the list: table (the default), json or markdown",
    )
    options.output(made)
    made = options.command(
        commands, "triage", "differences that no finding claims, and drafts of findings", TRIAGE, TRIAGE_EXAMPLES
    )
    options.paths(made)
    options.flavors(made)
    made.add_argument(
        "--drafts", metavar="DIR", type=options.path, help="write a draft of a finding for each group to this folder"
    )
    _world(made)
    options.output(made)


def _world(parser: argparse.ArgumentParser) -> None:
    """What both look at."""
    options.catalogue(parser)
    parser.add_argument(
        "--sweeps",
        action=argparse.BooleanOptionalAction,
        help="also look at the simplest cases of the standard sweeps (the default, unless PATHs are given)",
    )
    parser.add_argument(
        "--kept",
        metavar="FILE",
        type=options.path,
        help="take differences of scenarios and flavors that are as they were from FILE, and keep them there",
    )
