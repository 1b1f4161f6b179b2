"""`fork-oracle findings` and `fork-oracle triage`: the catalogue of findings, and what is not in it."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from oracle.cli.catalogue import World, catalogue_for, wants_sweeps, world
from oracle.cli.claimed import beside, files_of
from oracle.cli.commands import SPECS, installed, look_of, paths_or_specs, put
from oracle.cli.terminal import NOT_AS_EXPECTED, OK, Terminal, check_places, make_folder, write_files
from oracle.cli.triage import walk
from oracle.errors import UsageError
from oracle.finding import Finding
from oracle.findings.check import completed, stale, unknown
from oracle.findings.claims import Catalogue
from oracle.findings.draft import drafts
from oracle.load import FINDINGS, SUFFIX, dump_finding
from oracle.report import findings_report
from oracle.report.look import Look
from oracle.report.text import plural
from oracle.sources.listing import listings_at_hand

NOT_LOOKED_FOR = "flaws of findings were not looked for"


def findings(options: Namespace, terminal: Terminal) -> int:
    """List, show, check or complete findings."""
    check_places([file for file in (options.output, options.kept) if file is not None])
    registry = installed(terminal)
    runs = options.check or options.claims or options.complete
    paths = options.specs if options.catalogue is not None and not runs else paths_or_specs(options.specs)
    known = catalogue_for(paths, options, registry, terminal, draft=options.complete)
    wanted = _named(known, options.ids)
    if options.complete and not options.ids:
        raise UsageError("complete which findings? Give their ids")
    if options.check and options.ids:
        raise UsageError(f"--check is about the whole catalogue; leave {' '.join(options.ids)} out, or ask with --claims")
    if options.format != "table" and runs:
        raise UsageError(
            "--format is for listing findings; claims as JSON are in the report.json of 'fork-oracle run --findings'"
        )
    look = look_of(options, terminal)
    if options.check:
        return _check(known, paths, world(paths, registry, options, terminal), options, look, terminal)
    if options.complete:
        return _complete(wanted, known, world(paths, registry, options, terminal), terminal)
    if options.claims:
        there = world(paths, registry, options, terminal)
        judged = Catalogue(known).judge(there.differences)
        text = findings_report.claimed(wanted, judged, look)
    elif options.format == "json":
        text = json.dumps([_plain(one) for one in wanted], indent=2) + "\n"
    elif options.format == "markdown":
        text = "".join(f"- `{one.id}` ({one.kind.value}, {one.topic}): {one.title}\n" for one in wanted)
    elif options.ids:
        listings = listings_at_hand(registry.flavors, options.sources)
        text = "\n".join(findings_report.one(one, listings, look) for one in wanted)
    else:
        text = findings_report.table(wanted, look)
    put(text, options.output, terminal)
    return OK


def triage(options: Namespace, terminal: Terminal) -> int:
    """Put differences that no finding claims together, and draft findings of them."""
    check_places([file for file in (options.output, options.kept) if file is not None])
    registry = installed(terminal)
    paths = paths_or_specs(options.paths)
    if options.drafts is not None:
        make_folder(options.drafts)
    known = catalogue_for(paths, options, registry, terminal)
    if not known:
        terminal.say(f"no findings belong to {', '.join(map(str, paths))}, so all that differs is new; or --catalogue DIR")
    there = world(paths, registry, options, terminal)
    judged = Catalogue(known).judge(there.differences)
    made = drafts(judged.new, {scenario.name: scenario.topic for scenario in there.scenarios})
    look = look_of(options, terminal)
    if made and options.drafts is None and options.output is None and sys.stdin.isatty() and terminal.out.isatty():
        return OK if walk(made, judged, _folder(paths, options), look, terminal) == len(made) else NOT_AS_EXPECTED
    put(findings_report.drafts(made, judged, look), options.output, terminal)
    if options.drafts is not None:
        texts = {
            options.drafts / f"{draft.finding.id}{SUFFIX}": dump_finding(draft.finding)
            + findings_report.evidence(draft.differences, judged)
            for draft in made
        }
        write_files(texts)
        terminal.say(f"{plural(len(texts), 'draft')} written to {options.drafts}")
    return NOT_AS_EXPECTED if made else OK


def _folder(paths: Sequence[Path], options: Namespace) -> Path:
    """Where the findings on some scenarios belong."""
    if options.catalogue is not None:
        inner: Path = options.catalogue / FINDINGS
        return inner if inner.is_dir() else inner.parent
    above = next((one for path in paths for one in (path, *path.absolute().parents) if one.name == SPECS.name), SPECS)
    folder = above / FINDINGS
    make_folder(folder)
    return folder


def _named(known: Sequence[Finding], ids: Sequence[str]) -> list[Finding]:
    by_id = {one.id: one for one in known}
    names = [Path(name).name.removesuffix(SUFFIX) for name in ids]
    for given, name in zip(ids, names, strict=True):
        if name not in by_id:
            from oracle.args import hint

            if Path(given).exists():
                raise UsageError(f"{given!r} is no finding; scenarios are given with --specs {given}")
            raise UsageError(f"no finding is called {name!r}{hint(name, by_id)}; 'fork-oracle findings' lists them")
    return [by_id[name] for name in names] if names else list(known)


def _check(
    known: Sequence[Finding], paths: Sequence[Path], there: World, options: Namespace, look: Look, terminal: Terminal
) -> int:
    judged = Catalogue(known).judge(there.differences)
    whole = all(beside(Path(one.file), paths) for one in known)
    flaws = [*unknown(known, there.names, there.entries), *stale(known, judged, whole=wants_sweeps(options))] if whole else []
    parts = [look.bad(str(flaw)) for flaw in flaws]
    if new := judged.unclaimed:
        parts.append(findings_report.new(new, files_of(there.scenarios), look, options.catalogue, paths))
    done = len(judged.differences) - len(new)
    found = f"{plural(len(flaws), 'flaw')} in {plural(len(known), 'finding')}"
    parts.append(
        f"{done} of {plural(len(judged.differences), 'difference')} claimed by {plural(len(judged.used), 'finding')}, "
        f"{len(new)} new; {found if whole else NOT_LOOKED_FOR}"
    )
    put("\n".join(parts) + "\n", options.output, terminal)
    looked = f"looked at {plural(len(there.scenarios), 'scenario')}, {'and' if wants_sweeps(options) else 'without'} the sweeps"
    if not whole:
        terminal.say(f"{looked}; the catalogue is about others, too, so nobody can say which of its findings are stale")
    elif not wants_sweeps(options):
        terminal.say(f"{looked}; so findings on sweeps, and single lines of findings, may be stale all the same")
    return NOT_AS_EXPECTED if flaws or new else OK


def _complete(wanted: Sequence[Finding], known: Sequence[Finding], there: World, terminal: Terminal) -> int:
    """Write what belongs into `decided` into the files of some findings."""
    from oracle.load.dump_findings import with_decided

    code = OK
    texts = {}
    for finding in wanted:
        made = completed(finding, there.differences, known)
        if not any(side.decided for side in made.sides) and any(side.decided for side in finding.sides):
            terminal.say(
                f"{finding.id}: no difference is about its facts, flavors and scenarios and has one of its lines; left as it is"
            )
            code = NOT_AS_EXPECTED
        elif made != finding:
            file = Path(finding.file)
            texts[file] = with_decided(file.read_text("utf-8"), [side.decided for side in made.sides], finding.file)
            count = sum(len(side.decided) for side in made.sides)
            before = sum(len(side.decided) for side in finding.sides)
            terminal.say(f"{finding.id}: {plural(count, 'line')} in `decided` now, {before} before")
        else:
            terminal.say(f"{finding.id}: complete as it is")
    write_files(texts)
    return code


def _plain(finding: Finding) -> dict[str, object]:
    made: dict[str, object] = {one.name: getattr(finding, one.name) for one in fields(finding)}
    made["kind"] = finding.kind.value
    made["advice"] = dict(finding.advice)
    made["sides"] = [
        {one.name: list(getattr(side, one.name)) if one.name != "does" else side.does for one in fields(side)}
        for side in finding.sides
    ]
    return {key: list(value) if isinstance(value, tuple) else value for key, value in made.items()}
