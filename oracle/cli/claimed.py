"""`fork-oracle run --findings`: which findings claim what a run differs on, and what none of them claims."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oracle.cli.catalogue import claims_of, read_findings
from oracle.cli.commands import Done
from oracle.cli.terminal import Terminal, check_places, write_files
from oracle.errors import UsageError
from oracle.finding import Finding
from oracle.findings.kept import Kept
from oracle.flavor import Flavor
from oracle.registry import Registry
from oracle.report import findings_report
from oracle.report.look import Look
from oracle.report.text import plural


@dataclass(frozen=True, slots=True)
class Asked:
    """The catalogue that is asked what it claims, and where differences are kept."""

    catalogue: tuple[Finding, ...]
    kept: Kept


def asked_of(options: Namespace, paths: Sequence[Path], registry: Registry, flavors: Sequence[Flavor]) -> Asked | None:
    """The catalogue of some scenarios, if it is to be asked."""
    if not options.findings:
        if options.kept is not None:
            raise UsageError("--kept says where to keep what --findings looks for; add --findings")
        return None
    check_places([] if options.kept is None else [options.kept])
    found = read_findings(paths, registry)
    if not found:
        raise UsageError(f"--findings: there are none below {', '.join(repr(str(path)) for path in paths)}")
    return Asked(found, Kept(options.kept, flavors))


def claimed(done: Done, asked: Asked, flavors: Sequence[Flavor], terminal: Terminal) -> Done:
    """A run with what the catalogue claims of its differences."""
    claims = claims_of(done.comparisons, flavors, asked.catalogue, asked.kept, terminal)
    write_files(asked.kept.texts())
    return replace(done, catalogue=asked.catalogue, claims=claims)


def say_new(done: Done, options: Namespace, look: Look, terminal: Terminal) -> None:
    """What no finding claims, below the report if that is for people, else beside it."""
    if done.claims is None:
        return
    claims = done.claims
    known = len(claims.differences) - len(claims.new)
    said = f"{known} of {plural(len(claims.differences), 'difference')} claimed by {plural(len(claims.used), 'finding')}"
    if not claims.new:
        terminal.say(f"{said}, none new")
        return
    text = findings_report.new(claims.new, look)
    if options.format == "table" and options.output is None:
        terminal.write(f"\n{text}\n")
    else:
        terminal.say_lines(text)
    terminal.say(f"{said}, {len(claims.new)} new")
