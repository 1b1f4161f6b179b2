"""The command `fork-oracle`: parses the command line, wires loader, harness and reports together, sets the exit code.

It may import everything under `oracle` but the pytest plugin, and nothing imports it. What only some subcommands need is
imported where they need it: `--help` loads no flavor.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

from oracle.cli.parser import parse
from oracle.cli.terminal import BROKEN_PIPE, BUG, INTERRUPTED, USAGE, Terminal
from oracle.errors import FlavorError, ScenarioError, UsageError

# each subcommand's module, and its function there
COMMANDS = {
    **{name: (name, name) for name in ("run", "compare", "explore", "show", "explain", "guide", "sources", "errors")},
    **{name: (name, name) for name in ("findings", "sweep", "distinguish", "identify", "fuzz")},
    "triage": ("findings", "triage"),
    "which": ("sweep", "which"),
    "flavors": ("lists", "list_flavors"),
    "facts": ("lists", "list_facts"),
    "calls": ("lists", "list_calls"),
    "schema": ("lists", "schema"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv`, if none is given) and return the exit code."""
    terminal = Terminal(sys.stdout, sys.stderr)
    traceback_wanted = False
    try:
        try:
            options = parse(argv)
        except SystemExit as stop:  # argparse has said what it had to say
            terminal.flush()
            return stop.code if isinstance(stop.code, int) else USAGE
        traceback_wanted = options.traceback
        terminal.color = options.color
        code = _dispatch(options.command, options, terminal)
        terminal.flush()
        return code
    except UsageError as error:
        terminal.say(str(error))
        return USAGE
    except BrokenPipeError:
        terminal.detach()
        return BROKEN_PIPE
    except PermissionError as error:  # even whether a file is there can't be asked in a folder that is not ours to look into
        terminal.say(f"can't get at {str(error.filename)!r}: {error.strerror}")
        return USAGE
    except KeyboardInterrupt:
        terminal.say("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # whatever it is, it is our bug, and the user gets a sentence
        return _bug(error, terminal, traceback_wanted)


def _dispatch(command: str, options: Namespace, terminal: Terminal) -> int:
    module, name = COMMANDS[command]
    try:
        function: Callable[[Namespace, Terminal], int] = getattr(import_module(f"oracle.cli.{module}"), name)
        return function(options, terminal)
    except ScenarioError as error:
        terminal.say_lines(str(error))  # a line for each flaw, starting with its place: editors jump there
        return USAGE
    except FlavorError as error:
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
