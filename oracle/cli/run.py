"""`fork-oracle run`: scenarios on flavors, the divergence matrix, reports, and what became of it since an earlier run."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from oracle.cli.claimed import Asked, asked_of, claimed, say_new
from oracle.cli.commands import (
    REPORTS,
    Done,
    check_output,
    check_registers,
    chosen,
    installed,
    last_words,
    look_of,
    paths_or_specs,
    put_done,
    read,
    read_not_shown,
    rendered,
    run_all,
)
from oracle.cli.terminal import Terminal, check_places, write_files
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.report.look import Look

if TYPE_CHECKING:
    from oracle.report.baseline import Baseline


def run(options: Namespace, terminal: Terminal) -> int:
    """`fork-oracle run`."""
    registry = installed(terminal)
    flavors = chosen(registry, options.flavor)
    check_output(options)
    _check_sweeps(options, flavors)
    baseline = _baseline(options)
    paths = paths_or_specs(options.paths)
    scenarios, not_shown = read(paths, registry), read_not_shown(paths, registry)
    check_registers(scenarios, not_shown, registry)
    asked = asked_of(options, paths, registry, flavors, terminal)
    done = replace(run_all(scenarios, flavors, terminal), not_shown=not_shown)
    if asked is not None and done.planned is None:
        done = claimed(done, asked, flavors, terminal)
    put_done(rendered(done, options.format, look_of(options, terminal)), done, options, terminal)
    if options.reports is not None and done.planned is None:
        write_reports(options.reports, done, flavors, terminal, options.sweep, asked)
    say_new(done, options, look_of(options, terminal), terminal)
    last_words(done, options, terminal)
    if baseline is not None and done.planned is None:
        from oracle.cli.baseline import judge

        return judge(baseline, done.comparisons, done.flavors, options, terminal)
    return done.code()


def write_reports(
    folder: Path,
    done: Done,
    flavors: Sequence[Flavor],
    terminal: Terminal,
    sweeps: Sequence[str] = (),
    asked: Asked | None = None,
) -> None:
    """Write report.md, report.json and index.html into a folder, whole or not at all. `sweeps` are shown on the page."""
    from oracle.cli.sweeps import atlases_of, with_cases
    from oracle.report import html_report
    from oracle.sources.listing import listings_at_hand

    atlases = atlases_of(sweeps, flavors, terminal)
    claims = done.claims
    if claims is not None and asked is not None:
        claims = with_cases(claims, done.catalogue, atlases, flavors, asked.kept)
        write_files(asked.kept.texts())
    beside = html_report.Beside(done.catalogue, claims, listings_at_hand(flavors), atlases)
    look = Look()
    texts = [rendered(done, "markdown", look), rendered(done, "json", look)]
    advance, close = terminal.progress(len(done.comparisons), "rows of the page")
    try:
        texts.append(html_report.render(done.comparisons, flavors, done.not_shown, advance, beside))
    finally:
        close()
    write_files({folder / name: text for name, text in zip(REPORTS, texts, strict=True)})


def _baseline(options: Namespace) -> Baseline | None:
    """The earlier run to compare with, if there is to be one."""
    if options.baseline is None:
        if options.changes is not None:
            raise UsageError("--changes says what is otherwise than in a baseline; add --baseline FILE")
        return None
    from oracle.cli.baseline import baseline_from

    check_places([] if options.changes is None else [options.changes])
    return baseline_from(options.baseline)


def _check_sweeps(options: Namespace, flavors: Sequence[Flavor]) -> None:
    """Refuse sweeps that can't be shown before anything runs."""
    if not options.sweep:
        return
    from oracle.cli.sweeps import check_sweeps

    if options.reports is None:
        raise UsageError("--sweep says what index.html shows; add --reports DIR, which writes it")
    check_sweeps(options.sweep, flavors)
