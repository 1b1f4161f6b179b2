"""`fork-oracle run --findings`: which findings claim what a run differs on, and what none of them claims."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oracle.cli.catalogue import catalogue_for, claims_of
from oracle.cli.commands import Done
from oracle.cli.terminal import Terminal, check_places, write_files
from oracle.errors import UsageError
from oracle.finding import Finding
from oracle.findings.check import stale
from oracle.findings.kept import Kept
from oracle.flavor import Flavor
from oracle.registry import Registry
from oracle.report import findings_report
from oracle.report.look import Look
from oracle.report.text import plural
from oracle.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Asked:
    """The catalogue that is asked what it claims, and where differences are kept.

    `whole`: all that it could claim is run, on all flavors, so what claims nothing is stale.
    """

    catalogue: tuple[Finding, ...]
    kept: Kept
    whole: bool


def asked_of(
    options: Namespace, paths: Sequence[Path], registry: Registry, flavors: Sequence[Flavor], terminal: Terminal
) -> Asked | None:
    """The catalogue of some scenarios, if it is to be asked."""
    if not options.findings:
        if options.kept is not None:
            raise UsageError("--kept says where to keep what --findings looks for; add --findings")
        if options.catalogue is not None:
            raise UsageError("--catalogue says whose findings --findings asks; add --findings")
        return None
    check_places([] if options.kept is None else [options.kept])
    found = catalogue_for(paths, options, registry, terminal)
    if not found:
        places = ", ".join(repr(str(path)) for path in paths)
        raise UsageError(f"--findings: there are none for {places}; say where they are with --catalogue DIR")
    whole = not options.flavor and all(beside(Path(one.file), paths) for one in found)
    return Asked(found, Kept(options.kept, flavors), whole)


def beside(file: Path, paths: Sequence[Path]) -> bool:
    """Whether all scenarios beside the catalogue that a file is in are among some paths."""
    specs = file.absolute().parent.parent
    return any(specs.is_relative_to(path.absolute()) for path in paths)


def files_of(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """The files of scenarios, by name."""
    return {one.name: one.file for one in scenarios}


def claimed(done: Done, asked: Asked, flavors: Sequence[Flavor], terminal: Terminal) -> Done:
    """A run with what the catalogue claims of its differences; but for those of flavors that no finding tells of."""
    known = [flavor for flavor in flavors if any(one.side_of(flavor.id) is not None for one in asked.catalogue)]
    if left := [flavor.id for flavor in flavors if flavor not in known]:
        terminal.say(f"no finding tells of {', '.join(left)}, so what differs there is not put to the catalogue")
    claims = claims_of(done.comparisons, known, asked.catalogue, asked.kept, terminal)
    write_files(asked.kept.texts())
    flaws = stale(asked.catalogue, claims, whole=False) if asked.whole else ()
    return replace(done, catalogue=asked.catalogue, claims=claims, stale=tuple(map(str, flaws)))


def say_new(done: Done, options: Namespace, look: Look, terminal: Terminal) -> None:
    """What no finding claims, below the report if that is for people, else beside it; and findings that claim nothing."""
    if done.claims is None:
        return
    claims = done.claims
    known = len(claims.differences) - len(claims.new)
    said = f"{known} of {plural(len(claims.differences), 'difference')} claimed by {plural(len(claims.used), 'finding')}"
    for line in done.stale:
        terminal.say_lines(line)
    if not claims.new:
        terminal.say(f"{said}, none new")
        return
    files = files_of(one.scenario for one in done.comparisons)
    text = findings_report.new(claims.unclaimed, files, look, options.catalogue, options.paths)
    if options.format == "table" and options.output is None:
        terminal.write(f"\n{text}\n")
    else:
        terminal.say_lines(text)
    terminal.say(f"{said}, {len(claims.new)} new")
