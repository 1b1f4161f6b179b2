"""`fork-oracle guide`: what changes for a program on its way from one flavor to another, out of the catalogue."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from oracle.cli.catalogue import catalogue_for
from oracle.cli.commands import chosen, installed, paths_or_specs, put, read, read_not_shown
from oracle.cli.terminal import OK, Terminal, check_places
from oracle.errors import UsageError
from oracle.findings.witness import witnesses_between
from oracle.flavor import Flavor
from oracle.report import guide as guide_report


def guide(options: Namespace, terminal: Terminal) -> int:
    """Print a guide as Markdown."""
    check_places([] if options.output is None else [options.output])
    registry = installed(terminal)
    flavors = chosen(registry, [options.origin, options.target])
    if len(flavors) != 2:
        raise UsageError(f"a guide leads from one flavor to another, and {options.origin} and {options.target} are the same")
    origin, target = flavors
    paths = paths_or_specs(options.specs)
    catalogue = catalogue_for(paths, options, registry, terminal)
    if not catalogue:
        places = ", ".join(repr(str(path)) for path in paths)
        raise UsageError(
            f"there are no findings for {places}, and a guide is made of them; --catalogue DIR says where they are"
        )
    scenarios = read(paths, registry)
    found = guide_report.relevant(catalogue, origin.id, target.id)
    witnesses: dict[str, str] = {}
    if not options.quick:
        advance, close = terminal.progress(len(found), "findings")
        try:
            witnesses = witnesses_between(found, scenarios, (origin, target), advance)
        finally:
            close()
    clauses = {one.id: one.clause for one in read_not_shown(paths, registry) if one.clause}
    clauses |= {one.standard.id: one.standard.clause for one in scenarios if one.standard is not None}
    clauses |= {one.defect.id: one.title for one in scenarios if one.defect is not None and one.defect.promise is not None}
    foreign = {one.id: _elsewhere(one, registry.flavors) for one in flavors}
    text = guide_report.render(catalogue, origin.id, target.id, guide_report.Around(witnesses, clauses, foreign))
    put(text, options.output, terminal)
    return OK


def _elsewhere(flavor: Flavor, others: Sequence[Flavor]) -> frozenset[str]:
    """The sources that other flavors model line by line, and this one does not; and the systems that are theirs alone."""
    return frozenset(name for one in others for name in _places(one)) - _places(flavor)


def _places(flavor: Flavor) -> frozenset[str]:
    return frozenset(str(source) for source in flavor.sources) | {source.system for source in flavor.sources}
