"""Renders the catalogue of findings, what its findings claim, and drafts of new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

from oracle.cite import parse_ranges
from oracle.explain.cites import code_of
from oracle.finding import Finding, Side, is_citation
from oracle.findings.claims import Apart, Claimed, Claims
from oracle.findings.draft import Draft
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import clip, paragraph, plain, plural, prose, show
from oracle.sources.listing import Listing

INDENT = "    "
MANY = 40  # differences that are listed one by one
FEW = 5  # scenarios; so many are not named in a command


def table(findings: Sequence[Finding], look: Look) -> str:
    """All findings, a line each."""
    if not findings:
        return "there are no findings\n"
    rows = [[plain(one.id), one.kind.value, plain(one.topic), prose(one.title)] for one in findings]
    return fitted(rows, ["finding", "kind", "topic", "title"], look) + "\n\n" + plural(len(findings), "finding") + "\n"


def one(finding: Finding, listings: Mapping[str, Listing], look: Look) -> str:
    """A finding in full, with the C of its lines as far as it is at hand."""
    lines = [f"{look.heading(plain(finding.id))}  {finding.kind.value}, {plain(finding.topic)}"]
    lines.append(paragraph(prose(finding.title), look.width, INDENT))
    for side in finding.sides:
        lines += ["", *_side(side, listings, look)]
    lines += ["", paragraph(prose(finding.consequence), look.width, INDENT)]
    for place, text in finding.advice:
        lines.append(paragraph(f"to {plain(place)}: {prose(text)}", look.width, INDENT))
    for name in ("facts", "scenarios", "defects", "promises"):
        if values := getattr(finding, name):
            lines.append(paragraph(f"{name}: {', '.join(map(plain, values))}", look.width, INDENT))
    for name in ("since", "until"):
        if value := getattr(finding, name):
            lines.append(f"{INDENT}{name} {plain(value)}")
    return "\n".join(lines) + "\n"


def _side(side: Side, listings: Mapping[str, Listing], look: Look) -> list[str]:
    lines = [look.name(", ".join(map(plain, side.flavors))), paragraph(prose(side.does), look.width, INDENT)]
    for word, cited in (("decided by", side.decided), ("see also", side.background)):
        for line in cited:
            lines.append(clip(f"{INDENT}{word} {plain(line)}", look.width))
            lines += [INDENT * 2 + look.quiet(clip(text, look.width - 8)) for text in _code(line, listings)]
    return lines


def _code(line: str, listings: Mapping[str, Listing]) -> list[str]:
    """The C of a cited line."""
    source, _, where = line.partition(", ")
    ranges = where.partition(" [")[2].rstrip("]")
    if not is_citation(line) or source not in listings or not ranges:
        return []
    return [
        f"{number:5} {plain(text.expandtabs(4))}" for number, text in code_of(tuple(parse_ranges(ranges)), listings[source])
    ]


def claimed(findings: Sequence[Finding], judged: Claims, look: Look) -> str:
    """What findings claim."""
    by_finding = judged.by_finding()
    parts = []
    for finding in findings:
        there = by_finding.get(finding.id, ())
        head = f"{look.heading(plain(finding.id))}  claims {plural(len(there), 'difference')}"
        parts.append("\n".join([head, *_differences(there, look)]))
    return "\n\n".join(parts) + "\n"


def _differences(differences: Sequence[Apart], look: Look, most: int | None = None) -> list[str]:
    lines = [text for apart in differences[:most] for text in difference(apart, look)]
    rest = len(differences) - len(differences[:most])
    return [*lines, f"{INDENT}and {rest} more"] if rest else lines


def difference(apart: Apart, look: Look) -> list[str]:
    """One difference: where, on which fact, and what decided it on each side."""
    step = f"step {apart.step}" if not apart.sets else "under some schedule"
    lines = [clip(f"{INDENT}{look.name(plain(apart.scenario))} {plain(apart.path)} ({plain(apart.fact)}), {step}", look.width)]
    for flavor, value, decided in zip(apart.flavors, apart.values, apart.lines, strict=True):
        by = f"  by {'; '.join(map(plain, decided))}" if decided else ""
        lines.append(clip(f"{INDENT * 2}{plain(flavor)}: {show(value)}{by}", look.width))
    return lines


def drafts(made: Sequence[Draft], judged: Claims, look: Look) -> str:
    """Groups of differences that no finding claims, with the findings that come near."""
    if not made:
        return look.good("nothing is new") + ": every difference is claimed by a finding\n"
    parts = []
    for draft in made:
        finding = draft.finding
        scenarios = sorted({apart.scenario for apart in draft.differences})
        head = (
            f"{look.heading(plain(finding.id))}  {plural(len(draft.differences), 'difference')} "
            f"in {plural(len(scenarios), 'scenario')}"
        )
        lines = [head, paragraph(f"facts: {', '.join(map(plain, finding.facts))}", look.width, INDENT)]
        for side in finding.sides:
            lines.append(f"{INDENT}{look.name(', '.join(map(plain, side.flavors)))}")
            lines += [clip(f"{INDENT * 2}{plain(line)}", look.width) for line in side.decided]
        lines += _near(judged.near(draft.differences), look)
        parts.append("\n".join([*lines, *_differences(draft.differences, look, 3)]))
    total = sum(len(draft.differences) for draft in made)
    parts.append(f"{plural(total, 'difference')} that no finding claims, in {plural(len(made), 'group')}")
    return "\n\n".join(parts) + "\n"


def _near(findings: Sequence[str], look: Look) -> list[str]:
    """The findings that would claim something if they named its scenario."""
    if not findings:
        return []
    what = "which names other scenarios" if len(findings) == 1 else "which name other scenarios"
    return [paragraph(f"perhaps: {', '.join(map(plain, findings))}, {what}", look.width, INDENT)]


def evidence(differences: Sequence[Apart], judged: Claims) -> str:
    """Comments below a draft: what it was made from, and what comes near."""
    look = Look(width=400)
    lines = [f"# made from {plural(len(differences), 'difference')}:"]
    lines += [f"# {line}" for line in [*_differences(differences, look, MANY), *_near(judged.near(differences), look)]]
    return "\n".join(lines) + "\n"


def new(
    differences: Sequence[Claimed],
    files: Mapping[str, str],
    look: Look,
    catalogue: Path | None = None,
    given: Sequence[Path] = (),
) -> str:
    """Differences that no finding claims, the findings that come near, and how to go on.

    `files`: those of the scenarios; `given`: where they were looked for, if they are too many to be named.
    """
    listed = [one.apart for one in differences]
    lines = [look.bad(f"{plural(len(listed), 'difference')} that no finding claims:"), *_differences(listed, look, MANY)]
    lines += _near(list(dict.fromkeys(name for one in differences for name in one.perhaps)), look)
    named = list(dict.fromkeys(files[apart.scenario] for apart in listed if apart.scenario in files))
    words = [
        *(named if len(named) < FEW else map(str, given)),
        *(["--catalogue", str(catalogue)] if catalogue is not None else []),
    ]
    paths = "".join(f" {plain(quote(word))}" for word in words)
    lines.append(f"look at them with: fork-oracle triage{paths} --drafts DIR")
    return "\n".join(lines)
