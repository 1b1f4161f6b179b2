"""The command line as a whole: what it is for, and its subcommands. Imports no module that does anything."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from oracle.cli import (
    compare_parser,
    distinguish_parser,
    errors_parser,
    explain_parser,
    explore_parser,
    findings_parser,
    fuzz_parser,
    guide_parser,
    lists_parser,
    run_parser,
    show_parser,
    sources_parser,
    sweep_parser,
)
from oracle.cli.help_text import Formatter
from oracle.cli.options import EXIT_CODES
from oracle.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_NO_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)")

TOP = """\
What do fork, vfork, rfork, lwp_create and __clone do on a given revision of a given kernel, and where do two kernels
part ways? Scenarios (YAML files) say what to try; flavors (plugins such as netbsd@1.189) are the kernels.
"""

TOP_EXAMPLES = """\
examples:
  fork-oracle run  # all scenarios below ./specs on all kernels
  fork-oracle run specs/limits --flavor netbsd  # one topic on one kernel (its newest revision)
  fork-oracle compare dragonfly netbsd  # where these two part ways, and on which facts how often
  fork-oracle show specs/vfork/until-exec.yaml --flavor netbsd@1.189  # one run, step by step
  fork-oracle facts  # what a scenario can expect, and what is compared

'fork-oracle COMMAND --help' says more about each.
"""

PARSERS = (  # in the order in which --help lists their subcommands
    run_parser,
    compare_parser,
    explore_parser,
    show_parser,
    explain_parser,
    findings_parser,
    guide_parser,
    sources_parser,
    errors_parser,
    sweep_parser,
    distinguish_parser,
    fuzz_parser,
    lists_parser,
)


class Parser(argparse.ArgumentParser):
    """Says of a word that it does not know which one it is like, and says where there is no room for help."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and how to go on."""
        found = _NO_CHOICE.search(message)
        super().error(message + (_hint(found[1], re.findall(r"[\w.-]+", found[2])) if found is not None else ""))

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is None:
            raise UsageError("can't write to standard output: it is closed")
        try:
            file.write(message)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UsageError(f"can't write to standard output: {error.strerror or error}") from error


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command line; raises SystemExit, after help or an error was printed."""
    options, unknown = build_parser().parse_known_args(argv)
    if unknown:
        word = next((one for one in unknown if one.startswith("-")), unknown[0]).partition("=")[0]
        known = [name for action in options.parser._actions for name in action.option_strings]
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}{_hint(word, known)}")
    return options


def _hint(word: str, known: Sequence[str]) -> str:
    from oracle.args import hint

    return hint(word, known)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = Parser("fork-oracle", description=TOP, epilog=f"{TOP_EXAMPLES}\n{EXIT_CODES}", formatter_class=Formatter)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for one in PARSERS:
        one.add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when somebody asks."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("fork-oracle")
        except PackageNotFoundError:
            number = "(not installed)"
        parser._print_message(f"fork-oracle {number}\n", sys.stdout)
        parser.exit()
