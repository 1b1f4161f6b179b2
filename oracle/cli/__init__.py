"""The command `fork-oracle`: parses the command line, wires loader, harness and reports together, sets the exit code.

It may import everything under `oracle` but the pytest plugin, and nothing imports it. What only some subcommands need is
imported where they need it: `--help` loads no flavor.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from oracle.cli.parser import build_parser
from oracle.cli.terminal import BROKEN_PIPE, BUG, INTERRUPTED, USAGE, Terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv`, if none is given) and return the exit code."""
    terminal = Terminal(sys.stdout, sys.stderr)
    traceback_wanted = False
    try:
        try:
            options = build_parser().parse_args(argv)
        except SystemExit as stop:  # argparse has said what it had to say
            terminal.flush()
            return stop.code if isinstance(stop.code, int) else USAGE
        traceback_wanted = options.traceback
        terminal.color = options.color
        code = _dispatch(options.command, options, terminal)
        terminal.flush()
        return code
    except BrokenPipeError:
        terminal.detach()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # whatever it is, it is our bug, and the user gets a sentence
        return _bug(error, terminal, traceback_wanted)


def _dispatch(command: str, options: Namespace, terminal: Terminal) -> int:
    from oracle.cli import commands
    from oracle.errors import FlavorError, ScenarioError, UsageError

    try:
        if command == "errors":
            from oracle.cli.errors import errors

            return errors(options, terminal)
        if command in ("sweep", "which"):
            from oracle.cli import sweep

            return sweep.COMMANDS[command](options, terminal)
        if command == "distinguish":
            from oracle.cli import distinguish

            return distinguish.run(options, terminal)
        if command in ("findings", "triage"):
            from oracle.cli import findings

            return findings.COMMANDS[command](options, terminal)
        if command == "fuzz":
            from oracle.cli.fuzz import fuzz

            return fuzz(options, terminal)
        if command == "guide":
            from oracle.cli.guide import guide

            return guide(options, terminal)
        if command == "identify":
            from oracle.cli import identify

            return identify.run(options, terminal)
        return commands.COMMANDS[command](options, terminal)
    except ScenarioError as error:
        terminal.say_lines(str(error))  # a line for each flaw, starting with its place: editors jump there
        return USAGE
    except (UsageError, FlavorError) as error:
        terminal.say(str(error))
        return USAGE


def _bug(error: Exception, terminal: Terminal, traceback_wanted: bool) -> int:
    """Report an exception that should not have come up."""
    import traceback

    if traceback_wanted:
        terminal.say_lines("".join(traceback.format_exception(error)))
    words = f"this is a bug of fork-oracle: {type(error).__name__}: {error}"
    terminal.say(words if traceback_wanted else f"{words}\nrun it again with --traceback to see where")
    return BUG
