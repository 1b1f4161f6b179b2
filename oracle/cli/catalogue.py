"""What the commands about findings look at: the catalogue, the scenarios, the standard sweeps, and all their differences."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oracle.cli.commands import SHIPPED, SPECS, chosen, read, read_not_shown
from oracle.cli.terminal import Terminal, write_files
from oracle.errors import ScenarioError, UsageError
from oracle.finding import Finding
from oracle.findings.apart import aparts
from oracle.findings.claims import Apart, Catalogue, Claims
from oracle.findings.kept import Kept
from oracle.flavor import Flavor, interpreted
from oracle.harness import Comparison, compare
from oracle.load import FINDINGS, SUFFIX, find_findings, load_finding
from oracle.registry import Registry
from oracle.scenario import Scenario
from oracle.sweep.plan import Plan
from oracle.sweep.standard import standard
from oracle.sweep.store import Store
from oracle.sweep.sweep import Findings, carry_out, case_name, findings, scenario_of


@dataclass(frozen=True, slots=True)
class World:
    """What the catalogue is held against. `names` are those of all scenarios, cases of sweeps included."""

    scenarios: Sequence[Scenario]
    names: tuple[str, ...]
    entries: frozenset[str]  # of registers and standards, shown or not
    differences: tuple[Apart, ...]


def catalogue_for(
    paths: Sequence[Path], options: Namespace, registry: Registry, terminal: Terminal, *, draft: bool = False
) -> tuple[Finding, ...]:
    """The findings that are asked about some scenarios, by id: those of --catalogue, else those in the folder specs that the
    scenarios are in. For scenarios in no such folder, those of ./specs, else those that came with this program; that is said.

    Raises ScenarioError with all that is wrong, UsageError for a folder that has none.
    """
    if options.catalogue is not None:
        return _read_findings(_files_in(options.catalogue), registry, draft=draft)
    files = find_findings(paths)
    if files or any(one.name == SPECS.name for path in paths for one in (path, *path.absolute().parents)):
        return _read_findings(files, registry, draft=draft)
    for folder in (SPECS, SHIPPED):
        if files := find_findings([folder]):
            try:
                found = _read_findings(files, registry, draft=draft)
            except ScenarioError:
                if folder is SPECS:
                    raise
                return ()  # what came with this program tells of flavors that aren't there
            why = f"{', '.join(map(str, paths))}: in no folder 'specs'" if paths else "there is no folder 'specs' here"
            terminal.say(f"{why}; the findings of {str(folder)!r} are asked (--catalogue DIR for others)")
            return found
    return ()


def _files_in(folder: Path) -> list[Path]:
    """The files of findings in a folder, or in its folder `findings`."""
    if not folder.is_dir():
        raise UsageError(f"--catalogue: there is no folder {str(folder)!r}")
    inner = folder / FINDINGS
    place = inner if inner.is_dir() else folder
    files = sorted(one for one in place.iterdir() if one.suffix == SUFFIX and not one.name.startswith("."))
    if not files:
        raise UsageError(
            f"--catalogue: in {str(place)!r} are no findings, files NAME{SUFFIX}; 'fork-oracle triage' drafts some"
        )
    return files


def _read_findings(files: Iterable[Path], registry: Registry, *, draft: bool) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    wrong = []
    for file in files:
        try:
            one = load_finding(file, registry.flavors, draft=draft)
        except ScenarioError as error:
            wrong.append(str(error))
            continue
        if one.id in found:
            wrong.append(str(ScenarioError(f"{one.id} is called as the finding in {found[one.id].file}", one.file)))
        found[one.id] = one
    if wrong:
        raise ScenarioError("\n".join(wrong))
    return tuple([found[name] for name in sorted(found)])


def world(paths: Sequence[Path], registry: Registry, options: Namespace, terminal: Terminal) -> World:
    """Run all scenarios and, if that is asked for, the standard sweeps, and look for what decided their differences."""
    if not interpreted():
        raise UsageError(
            "a compiled copy of the project can't be watched, so it can't explain anything; use the project as it is"
        )
    flavors = chosen(registry, getattr(options, "flavor", []))
    scenarios = read(paths, registry)
    entries = {one.id for one in read_not_shown(paths, registry)}
    entries |= {scenario.entry.id for scenario in scenarios if scenario.entry is not None}
    plans = standard(flavors) if wants_sweeps(options) else []
    kept = Kept(options.kept, flavors)
    advance, close = terminal.progress(len(scenarios) + len(plans))
    found: list[Apart] = []
    names = [scenario.name for scenario in scenarios]
    try:
        for scenario in scenarios:
            found += _differences(scenario, flavors, kept)
            advance(scenario)
        for plan in plans:
            cases = [scenario_of(plan, bucket.smallest, case_name(plan, bucket)) for bucket in _swept(plan, flavors).buckets]
            names += [case.name for case in cases]
            found += [apart for case in cases for apart in _differences(case, members(plan, flavors), kept)]
            advance(plan)
    finally:
        close()
        write_files(kept.texts())
    return World(scenarios, tuple(names), frozenset(entries), tuple(found))


def claims_of(
    comparisons: Sequence[Comparison], flavors: Sequence[Flavor], catalogue: Sequence[Finding], kept: Kept, terminal: Terminal
) -> Claims:
    """What a catalogue claims of what has been run already."""
    advance, close = terminal.progress(len(comparisons), "scenarios explained")
    found: list[Apart] = []
    try:
        for comparison in comparisons:
            found += apart_in(comparison, flavors, kept)
            advance(comparison)
    finally:
        close()
    return Catalogue(catalogue).judge(found)


def apart_in(comparison: Comparison, flavors: Sequence[Flavor], kept: Kept) -> tuple[Apart, ...]:
    """The differences of all pairs of flavors on what has been run already."""
    there = kept.get(comparison.scenario, flavors)
    if there is None:
        there = aparts(comparison, flavors)
        kept.put(comparison.scenario, flavors, there)
    return there


def wants_sweeps(options: Namespace) -> bool:
    """Whether the standard sweeps are part of what is looked at: they are of the whole, and not of some scenarios."""
    if options.sweeps is not None:
        return bool(options.sweeps)
    return not (getattr(options, "paths", []) or getattr(options, "specs", []))


def _differences(scenario: Scenario, flavors: Sequence[Flavor], kept: Kept) -> tuple[Apart, ...]:
    """The differences of all pairs of flavors on a scenario."""
    there = kept.get(scenario, flavors)
    if there is None:
        there = aparts(compare(scenario, flavors), flavors)
        kept.put(scenario, flavors, there)
    return there


def _swept(plan: Plan, flavors: Sequence[Flavor]) -> Findings:
    """A sweep, done here and now."""
    mine = members(plan, flavors)
    with Store() as store:
        carry_out(plan, mine, store)
        return findings(plan, mine, store)


def members(plan: Plan, flavors: Iterable[Flavor]) -> list[Flavor]:
    """The flavors of a plan, in its order."""
    known = {flavor.id: flavor for flavor in flavors}
    return [known[ident] for ident in plan.flavors]
