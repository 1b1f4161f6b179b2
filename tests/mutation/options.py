"""The command line of `python -m tests.mutation`. Imports nothing that only `make mutation` installs."""

from __future__ import annotations

import argparse
from pathlib import Path

from oracle.cli.options import MOST_WORKERS, number


def parser(text: str | None) -> argparse.ArgumentParser:
    """The parser; `text` says what the command does."""
    made = argparse.ArgumentParser(prog="python -m tests.mutation", description=text)
    made.add_argument("--state", type=Path, metavar="DIR", default=Path("build/mutation"), help="where results are kept")
    made.add_argument("--only", default="*", metavar="GLOB", help="of these modules alone")
    made.add_argument("--operator", default="*", metavar="GLOB", help="by these operators alone")
    made.add_argument("--sample", type=number(1), metavar="N", help="so many, chosen by chance (all)")
    made.add_argument("--seed", type=number(), metavar="N", default=1, help="which ones are chosen, and in which order (1)")
    made.add_argument("--seconds", type=number(1), metavar="N", help="stop after so many (when all are done)")
    made.add_argument("--workers", type=number(1, MOST_WORKERS), metavar="N", default=1, help="mutants tried at a time (1)")
    made.add_argument("--again", action="store_true", help="try the survivors again")
    made.add_argument("--thorough", action="store_true", help="with the conformance kit and random programs: slow")
    made.add_argument("--survivors", action="store_true", help="list them")
    return made
