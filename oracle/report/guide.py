"""Renders a porting guide out of the catalogue: what changes for a program between two flavors, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from oracle.finding import Finding, Side
from oracle.report.claimed import KINDS, advice_for, by_topic, citation, short, sides_of
from oracle.report.text import code, markdown, plural

MOST_LINES = 8  # cited of a side
NO_ADVICE = "Nothing is written down yet for this way."


def relevant(catalogue: Sequence[Finding], origin: str, target: str) -> list[Finding]:
    """The findings that tell two flavors apart, by topic."""
    ordered = [one for some in by_topic(catalogue).values() for one in some]
    return [one for one in ordered if sides_of(one, origin, target) is not None]


@dataclass(frozen=True, slots=True)
class Around:
    """What a guide says beside the catalogue."""

    witnesses: Mapping[str, str]  # for a finding, a scenario that shows it
    clauses: Mapping[str, str]  # what promises and standards require
    foreign: Mapping[str, Collection[str]]  # for a flavor, sources and systems in which others alone have lines


def render(catalogue: Sequence[Finding], origin: str, target: str, around: Around) -> str:
    """The guide."""
    found = relevant(catalogue, origin, target)
    parts = [f"# Porting guide: from {code(origin)} to {code(target)}", _summary(found, len(catalogue))]
    topics = by_topic(found)
    if found:
        parts.append("\n".join(f"- {markdown(topic)}: {plural(len(some), 'finding')}" for topic, some in topics.items()))
    for topic, some in topics.items():
        parts.append(f"## {markdown(topic)}")
        parts += [_finding(one, origin, target, around) for one in some]
    return "\n\n".join(parts) + "\n"


def _summary(found: Sequence[Finding], every: int) -> str:
    if not found:
        return f"None of the {plural(every, 'finding')} in the catalogue tells them apart."
    kinds = Counter(one.kind.value for one in found)
    counted = "\n".join(f"- {kinds[kind]} × {markdown(words)}" for kind, words in KINDS.items() if kinds[kind])
    return (
        f"{len(found)} of {plural(every, 'finding')} in the catalogue tell them apart. Each says what the two do, which "
        f"lines of C decide that, what a program notices, and what to do on this way.\n\n{counted}"
    )


def _finding(finding: Finding, origin: str, target: str, around: Around) -> str:
    sides = sides_of(finding, origin, target)
    assert sides is not None
    head = f"### {markdown(finding.title)}\n\n{code(finding.id)}, {finding.kind.value}"
    said = [_side(flavor, side, around.foreign.get(flavor, ())) for flavor, side in zip((origin, target), sides, strict=True)]
    parts = [head, "\n".join(said), f"**What a program notices.** {markdown(finding.consequence)}"]
    parts.append(f"**What to do.** {markdown(advice_for(finding, target)) or NO_ADVICE}")
    if finding.promises:
        parts.append("\n".join(["**Promises and standards concerned.**", "", *_promises(finding, around.clauses)]))
    if finding.defects:
        parts.append(f"**Defects concerned.** {', '.join(map(code, finding.defects))}")
    if witness := around.witnesses.get(finding.id):
        parts.append(f"**See it.** {code(f'fork-oracle explain {witness} --flavor {origin} --flavor {target}')}")
    return "\n\n".join(parts)


def _promises(finding: Finding, clauses: Mapping[str, str]) -> list[str]:
    return [f"- {code(one)}" + (f": {markdown(clauses[one])}" if one in clauses else "") for one in finding.promises]


def _is_foreign(source: str, foreign: Collection[str]) -> bool:
    """Whether a source, or the system that it starts with, is another one's alone."""
    return source in foreign or source.partition(" ")[0] in foreign


def _side(flavor: str, side: Side, foreign: Collection[str]) -> str:
    cites = [(line, citation(line)) for line in (*side.decided, *side.background)]
    lines = [code(short(line)) for line, found in cites if found is not None and not _is_foreign(found[0], foreign)]
    more = f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
    cited = f" ({', '.join(lines[:MOST_LINES])}{more})" if lines else ""
    return f"- {code(flavor)}: {markdown(side.does)}{cited}"
