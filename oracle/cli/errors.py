"""`fork-oracle errors`: which error comes first, by call and flavor."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oracle.cli.commands import chosen, installed, put
from oracle.cli.terminal import BUG, INTERRUPTED, OK, Terminal, check_places
from oracle.report.look import Look
from oracle.report.text import plural

if TYPE_CHECKING:
    from oracle.precedence.table import Table


def errors(options: Namespace, terminal: Terminal) -> int:
    """Run the conditions of the calls asked for, alone and in pairs, and print what wins."""
    from oracle.precedence.table import tables, wanted

    flavors = chosen(installed(terminal), options.flavor)
    names = wanted(flavors, options.calls)
    check_places([] if options.output is None else [options.output])
    started = time.monotonic()
    advance, close = terminal.progress(len(names), "calls")
    finished: list[Table] = []

    def note(table: Table) -> None:
        finished.append(table)
        advance(table)

    planned = None
    try:
        tables(flavors, names, note)
    except KeyboardInterrupt:
        planned = len(names)
    finally:
        close()
    text = _rendered(finished, [flavor.id for flavor in flavors], planned, options, terminal)
    put(text, options.output if planned is None else None, terminal)  # a file holds a whole report or none
    seconds = time.monotonic() - started
    terminal.say(f"{plural(len(finished), 'call')} on {plural(len(flavors), 'flavor')} in {seconds:.2f} s")
    if planned is not None:
        return INTERRUPTED
    return BUG if _crashes(finished, options, terminal) else OK


def _rendered(tables: Sequence[Table], flavors: list[str], planned: int | None, options: Namespace, terminal: Terminal) -> str:
    if options.format == "json":
        from oracle.report import errors_json

        return errors_json.render(tables, flavors, pairs=options.pairs, planned=planned)
    if options.format == "markdown":
        from oracle.report import errors_markdown

        return errors_markdown.render(tables, pairs=options.pairs, planned=planned)
    from oracle.report import errors_table

    look = Look() if options.output is not None and options.color != "always" else terminal.look()
    return errors_table.render(tables, look, why=options.why, pairs=options.pairs, planned=planned)


def _crashes(tables: Sequence[Table], options: Namespace, terminal: Terminal) -> bool:
    """Say where flavors crashed, or how to learn that; whether any did."""
    crashed = [(table.call, column) for table in tables for column in table.columns if column.crash]
    if crashed and not options.traceback:
        terminal.say("a flavor crashed; run it again with --traceback to see where")
    for call, column in crashed if options.traceback else ():
        terminal.say(f"{column.flavor} crashed on {call}:")
        terminal.say_lines(column.crash)
    return bool(crashed)
