"""`fork-oracle sources`: runs scenarios while coverage.py looks on, and accounts for the lines of C that flavors model."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from oracle.cite import parse_lines
from oracle.cli import commands
from oracle.cli.terminal import NOT_AS_EXPECTED, OK, Terminal, check_places, write_files
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.harness import Comparison
from oracle.registry import Registry
from oracle.report.look import Look
from oracle.report.text import plural
from oracle.sources.account import Account, account, readings_of
from oracle.sources.check import flaws
from oracle.sources.exercise import FileRuns, load, measure, merge
from oracle.sources.listing import Listing, read_listings, sources_folder
from oracle.sources.reading import Reading


def sources(options: Namespace, terminal: Terminal) -> int:
    """Account for the sources, print what was asked for; 1 unless everything is accounted for and exercised."""
    if options.draft is not None:
        return _draft(options, terminal)
    if options.lines:
        _check_lines(options.lines)
    check_places([place for place in (options.output, options.html) if place is not None])
    folder = sources_folder(options.sources)
    listings = read_listings(folder) if folder is not None else {}
    registry = commands.installed(terminal)
    chosen = commands.chosen(registry, options.flavor)
    readings = {flavor.id: readings_of(flavor) for flavor in chosen}
    mapped = [flavor for flavor in chosen if flavor.maps]
    files = sorted({reading.file for flavor in mapped for reading in readings[flavor.id]})
    runs = _runs(options, registry, mapped, files, terminal)
    accounts = [one for flavor in mapped for one in _accounts(flavor, readings[flavor.id], runs, listings)]
    unmapped = [flavor.id for flavor in chosen if not flavor.maps]
    look = Look() if options.output is not None and options.color != "always" else terminal.look()
    texts = {} if options.html is None else {options.html: _page(accounts, listings)}
    text = _rendered(options, accounts, unmapped, listings, look)
    if options.output is None:
        terminal.write(text)
    else:
        texts[options.output] = text
    write_files(texts)
    return OK if all(one.ok for one in accounts) else NOT_AS_EXPECTED


def _accounts(
    flavor: Flavor, readings: Sequence[Reading], runs: Mapping[str, FileRuns] | None, listings: Mapping[str, Listing]
) -> list[Account]:
    wrong = flaws(flavor.id, flavor.maps, readings, listings)
    return [account(flavor, one, readings, runs, wrong) for one in flavor.maps]


def _runs(
    options: Namespace, registry: Registry, flavors: Sequence[Flavor], files: Sequence[str], terminal: Terminal
) -> dict[str, FileRuns] | None:
    """What ran: in scenarios, in a measurement made elsewhere, or in both; None if nothing is to run."""
    if options.no_run:
        if options.paths or options.coverage:
            raise UsageError("--no-run goes with neither scenarios nor --coverage; leave it out")
        return None
    found: dict[str, FileRuns] = {} if options.coverage is None else load(options.coverage, files)
    if options.coverage is None or options.paths:
        scenarios = commands.read(commands.paths_or_specs(options.paths), registry)
        advance, close = terminal.progress(len(scenarios))
        odd: list[str] = []

        def note(comparison: Comparison) -> None:
            if not comparison.ok:
                odd.append(comparison.scenario.name)
            advance(comparison)

        try:
            found = merge(found, measure(files, scenarios, flavors, note))
        finally:
            close()
        terminal.say(f"exercised by {plural(len(scenarios), 'scenario')} on {plural(len(flavors), 'flavor')}")
        if odd:
            terminal.say(f"not as expected: {', '.join(odd)}; 'fork-oracle run' says why")
    return found


def _rendered(
    options: Namespace, accounts: Sequence[Account], unmapped: Sequence[str], listings: Mapping[str, Listing], look: Look
) -> str:
    if options.format == "json":
        from oracle.report import sources_json

        return sources_json.render(accounts, unmapped)
    from oracle.report import sources_report

    if options.lines:
        return sources_report.lines(accounts, listings, parse_lines(options.lines), look)
    if options.listing:
        return sources_report.listing(accounts, listings, look)
    return sources_report.render(accounts, unmapped, look)


def _page(accounts: Sequence[Account], listings: Mapping[str, Listing]) -> str:
    from oracle.report import sources_html

    return sources_html.render(accounts, listings)


def _check_lines(lines: str) -> None:
    try:
        there = parse_lines(lines)
    except ValueError as error:
        raise UsageError(f"--lines: {error}") from None
    if not there:
        raise UsageError(f"--lines: {lines!r} is no line at all; the first of a range stands first, as in '94-96'")


def _draft(options: Namespace, terminal: Terminal) -> int:
    from oracle.sources.draft import draft

    place: Path = options.draft
    try:
        listing = Listing(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read the listing {str(place)!r}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"can't read the listing {str(place)!r}: it is no text in UTF-8") from None
    if not listing.functions:
        raise UsageError(
            f"{str(place)!r} has no functions: each line starts with its number, each function's name with its line, "
            "and its braces stand in the first column"
        )
    terminal.write(draft(listing))
    return OK
