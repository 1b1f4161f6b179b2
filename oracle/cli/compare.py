"""`fork-oracle compare`: what some flavors differ on, with a tally by fact."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from oracle.args import hint
from oracle.cli.commands import (
    Done,
    check_output,
    chosen,
    installed,
    last_words,
    look_of,
    paths_or_specs,
    place_hint,
    put_done,
    read,
    rendered,
    run_all,
)
from oracle.cli.terminal import Terminal
from oracle.errors import UsageError
from oracle.report.look import Look


def compare(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle compare`."""
    registry = installed(terminal)
    systems = {flavor.system for flavor in registry.flavors}
    wanted = [word for word in options.words if "@" in word or word in systems]
    for word in options.words:
        if word not in wanted and not Path(word).exists():
            known = [name for flavor in registry.flavors for name in (flavor.id, flavor.system)]
            raise UsageError(f"{word!r} is neither a flavor nor a file or folder{hint(word, known) or place_hint(word)}")
    flavors = chosen(registry, wanted)
    if len(flavors) < 2 or not wanted:
        there = ", ".join(flavor.id for flavor in registry.flavors) or "none"
        raise UsageError(f"compare needs two flavors or more, got {', '.join(wanted) or 'none'}; installed: {there}")
    paths = paths_or_specs([Path(word) for word in options.words if word not in wanted])
    check_output(options)
    done = run_all(read(paths, registry), flavors, terminal)
    look = look_of(options, terminal)
    text = _differences(done, look) if options.format == "table" else rendered(done, options.format, look)
    put_done(text, done, options, terminal)
    last_words(done, options, terminal)
    return done.code()


def _differences(done: Done, look: Look) -> str:
    from oracle.report import table_report, tally

    parts = [table_report.divergences(done.comparisons, look), tally.render(done.comparisons, look)]
    return table_report.ending(parts, done.comparisons, look, done.planned)
