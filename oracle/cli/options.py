"""What the parsers of the subcommands share: options that several have, and numbers. Imports nothing that acts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from oracle.cli.help_text import Formatter

# argparse has no public name for what add_subparsers returns
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

NEWEST = "system@revision, or system for its newest revision"
ALL_FLAVORS = f"{NEWEST}; may be repeated (all installed flavors)"
MOST = 1_000_000_000
MOST_WORKERS = 256  # more processes than that are a slip of the finger

EXIT_CODES = """\
exit codes:
  0    all went as expected
  1    an expectation failed, an invariant broke that the real kernel keeps, or flavors diverge where the scenario says that
       they agree
  2    the command line, a scenario file or a plugin is wrong; nothing was run
  3    a flavor crashed (the others are reported all the same), or this program has a bug
  130  interrupted; what was finished is printed
"""


def command(commands: Commands, name: str, brief: str, text: str, examples: str) -> argparse.ArgumentParser:
    """A subcommand with the options that all have."""
    made = commands.add_parser(
        name, help=brief, description=text, epilog=f"{examples}\n{EXIT_CODES}", formatter_class=Formatter
    )
    made.set_defaults(parser=made)
    always = made.add_argument_group("output")
    always.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto (the default): on a terminal, unless NO_COLOR is set; FORCE_COLOR=1 also works in a pipe",
    )
    always.add_argument("--traceback", action="store_true", help="after a crash, print where in the code it happened")
    return made


def paths(parser: argparse.ArgumentParser) -> None:
    """The scenarios."""
    parser.add_argument("paths", metavar="PATH", nargs="*", type=path, help="scenario files, or folders of them (./specs)")


def scenario(parser: argparse.ArgumentParser) -> None:
    """One scenario."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario file, or the name of a scenario below ./specs")


def flavors(parser: argparse.ArgumentParser, text: str = ALL_FLAVORS, *, required: bool = False) -> None:
    """The flavors, by an option."""
    parser.add_argument("--flavor", metavar="ID", action="append", default=[], required=required, help=text)


def formats(parser: argparse.ArgumentParser, *names: str) -> None:
    """How a report is written; `names` beside a table."""
    choices = ("table", *names)
    told = " or ".join([", ".join(["table (the default)", *names[:-1]]), names[-1]])
    parser.add_argument("--format", choices=choices, default="table", help=told)


def output(parser: argparse.ArgumentParser) -> None:
    """Where a report goes."""
    parser.add_argument(
        "--output", metavar="FILE", type=path, help="write to FILE instead of standard output, whole or not at all"
    )


def listings(parser: argparse.ArgumentParser) -> None:
    """Where listings of the C are."""
    parser.add_argument(
        "--sources", metavar="DIR", type=path, help="folder of listings of the C (the environment's FORK_ORACLE_SOURCES)"
    )


def catalogue(parser: argparse.ArgumentParser, use: str = "") -> None:
    """Whose findings are asked."""
    parser.add_argument(
        "--catalogue",
        metavar="DIR",
        type=path,
        help=f"{use}the folder of the findings (those of the folder specs that the scenarios are in; else those of ./specs, "
        "else those that came with this program)",
    )


def workers(parser: argparse.ArgumentParser, usual: str, most: int = MOST_WORKERS) -> None:
    """How many processes work; 0, which nobody can ask for, stands for what is usual."""
    parser.add_argument("--workers", metavar="N", type=number(1, most), default=0, help=f"processes to work with ({usual})")


def path(text: str) -> Path:
    """The type of an option that takes a file or a folder: an empty word is none, and not the folder that we are in."""
    if not text:
        raise argparse.ArgumentTypeError("'' is no file or folder; for the one that you are in, write .")
    return Path(text)


def number(least: int = 0, most: int = MOST) -> Callable[[str], int]:
    """The type of an option that takes whole numbers, both ends among them."""

    def parsed(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}, written in digits")
        return value

    return parsed
