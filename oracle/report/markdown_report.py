"""Renders comparisons as Markdown, for people and for the repository: everything, the same bytes for the same comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.diff import Divergence
from oracle.finding import Finding
from oracle.findings.claims import Claimed, Claims
from oracle.harness import Comparison
from oracle.outcome import ABSENT
from oracle.outcome_sets import outcome_sets
from oracle.register import NotShown, in_order, is_claim
from oracle.report.claimed import by_topic, witnesses
from oracle.report.defects import WHY, counts, entries
from oracle.report.digest import NOT_COMPARED, Cell, Mark, calls_of, cells, compared, condensed, file_in_specs, folds, summarise
from oracle.report.explore_report import DEFAULT, NEVER, extent, facts_of, silence
from oracle.report.failures import failures_of, when
from oracle.report.standards import claims, reason_for, tallies
from oracle.report.text import code, html, markdown, plural, show

WORDS = {
    Mark.OK: "ok",
    Mark.FAILED: "**failed**",
    Mark.INVARIANT: "**invariant**",
    Mark.CRASH: "**crash**",
    Mark.UNMODELLED: "unmodelled",
    Mark.LEFT_OUT: "–",
}
LEGEND = (
    "The same letter in a row: the same on every fact compared. "
    "\\*: breaks an invariant as the real kernel does. –: the scenario is not meant for the flavor."
)


def render(
    comparisons: Sequence[Comparison],
    flavors: Sequence[str],
    planned: int | None = None,
    not_shown: Sequence[NotShown] = (),
    catalogue: Sequence[Finding] = (),
    claims: Claims | None = None,
) -> str:
    """The whole report. `planned`: how many scenarios there were to be, if the run was cut short."""
    ordered = sorted(comparisons, key=lambda one: one.scenario.name)
    parts = ["# What the kernels do", _summary(ordered, planned), _failures(ordered), _matrix(ordered, flavors)]
    claimed = claims.by_scenario() if claims is not None else {}
    parts += [
        _findings(catalogue, claims),
        _registers(ordered, flavors, not_shown),
        _standards(ordered, flavors, not_shown),
        *(_scenario(one, claimed.get(one.scenario.name, ())) for one in ordered),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; its texts are escaped already. Not padded: a changed cell changes one line of a committed report."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _summary(comparisons: Sequence[Comparison], planned: int | None) -> str:
    counts = summarise(comparisons)
    headers = ["scenarios", "runs", "divergent", "agreeing", "not compared", "failed", "crashed runs", "unmodelled runs"]
    numbers = [
        counts.scenarios, counts.runs, counts.divergent, counts.agreeing, counts.not_compared, counts.failed,
        counts.crashed_runs, counts.unmodelled_runs,
    ]  # fmt: skip
    text = table(headers, [[str(number) for number in numbers]])
    if planned is None:
        return text
    return f"**Interrupted: {len(comparisons)} of {planned} scenarios were run.**\n\n{text}"


def _failures(comparisons: Sequence[Comparison]) -> str:
    found = [text for one in comparisons if not one.ok for text in failures_of(one, portable=True)]
    return "\n".join(["## Failed", "", *(f"- {markdown(text)}" for text in found)]) if found else ""


def _matrix(comparisons: Sequence[Comparison], flavors: Sequence[str]) -> str:
    parts = [f"## Matrix\n\n{LEGEND}"]
    headers = ["scenario", *(code(flavor, cell=True) for flavor in flavors), "divergences"]
    topics: dict[str, list[Comparison]] = {}
    for one in comparisons:
        topics.setdefault(one.scenario.topic, []).append(one)
    for topic, members in topics.items():
        rows = [
            [code(one.scenario.name, cell=True), *(_cell(cell) for cell in cells(one, flavors)), _differences(one)]
            for one in members
        ]
        parts.append(f"### {markdown(topic) or '(no topic)'}\n\n{table(headers, rows)}")
    return "\n\n".join(parts)


def _findings(catalogue: Sequence[Finding], claims: Claims | None) -> str:
    """The findings by topic, a line each, and what none of them claims. Empty if there are none."""
    if not catalogue:
        return ""
    where = witnesses(claims)
    parts = ["## Findings"]
    if claims is not None:
        named = list(dict.fromkeys(one.scenario for one in claims.new))
        new = f"; {len(claims.new)} new, in {', '.join(map(code, named))}" if named else ", none new"
        total = plural(len(claims.differences), "difference")
        parts.append(f"{total} between pairs of flavors, claimed by {plural(len(claims.used), 'finding')}{new}.")
    rows = [
        [
            code(one.id, cell=True),
            markdown(one.title),
            one.kind.value,
            markdown(one.topic),
            " / ".join(", ".join(code(flavor, cell=True) for flavor in side.flavors) for side in one.sides),
            str(len(where.get(one.id, ()))),
        ]
        for some in by_topic(catalogue).values()
        for one in some
    ]
    parts.append(table(["finding", "", "kind", "topic", "flavors", "scenarios"], rows))
    return "\n\n".join(parts)


def _registers(comparisons: Sequence[Comparison], flavors: Sequence[str], not_shown: Sequence[NotShown]) -> str:
    """Which flavor shows which entry of the registers of defects, and which no scenario shows. Empty if there is none."""
    found = entries(comparisons, flavors)
    not_shown = [one for one in not_shown if not is_claim(one.id)]
    if not (found or not_shown):
        return ""
    parts = ["## Registers of defects", "\n".join(f"- {markdown(one)}" for one in counts(found, not_shown))]
    if found:
        rows = [
            [code(one.id, cell=True), *(markdown(one.word(seen)) for _, seen in one.seen), _names(one.scenarios)]
            for one in found
        ]
        parts.append(table(["entry", *(code(flavor, cell=True) for flavor in flavors), "scenarios"], rows))
    if not_shown:
        lines = [
            f"- {code(one.id)} ({', '.join(map(code, one.on))}): {WHY[one.because]}: {markdown(one.reason)}"
            for one in sorted(not_shown, key=lambda one: in_order(one.id))
        ]
        parts += ["### Not shown", "\n".join(lines)]
    return "\n\n".join(parts)


def _standards(comparisons: Sequence[Comparison], flavors: Sequence[str], not_shown: Sequence[NotShown]) -> str:
    """Which flavor satisfies or violates which assertion of a standard, and what is open. Empty if there is none."""
    found = claims(comparisons, not_shown, flavors)
    if not found:
        return ""
    rows = [
        [
            code(one.id, cell=True),
            markdown(one.clause),
            *(markdown(stand.value) for _, stand in one.stands),
            _names(one.witnesses),
        ]
        for one in found
    ]
    headers = ["assertion", "clause", *(code(flavor, cell=True) for flavor in flavors), "scenarios"]
    parts = ["## Standards", "\n".join(f"- {markdown(one.strip())}" for one in tallies(found, flavors)), table(headers, rows)]
    listed = [f"- {code(one.id)}: {markdown(reason_for(one.listed, flavors))}" for one in found if one.listed is not None]
    broken = [
        f"- {code(one.id)} on {', '.join(map(code, broken.flavors))} in {code(broken.scenario)}: {markdown(broken.title)}"
        for one in found
        for broken in one.violations
    ]
    parts += ["### Violated", "\n".join(broken)] if broken else []
    return "\n\n".join([*parts, *(["### Open", "\n".join(listed)] if listed else [])])


def _names(scenarios: Sequence[str]) -> str:
    return ", ".join(code(name, cell=True) for name in scenarios)


def _cell(cell: Cell) -> str:
    own = "\\*" if cell.own else ""
    letter = f"{cell.letter} " if cell.letter and cell.letter not in "!?" else ""
    return f"{letter}{WORDS[cell.mark]}{own}"


def _differences(comparison: Comparison) -> str:
    if not comparison.divergences:
        return "agree" if compared(comparison) else "not compared"
    words = "; ".join(f"{code(line.path, cell=True)} {_values(line.values)}" for line in condensed(comparison)[:2])
    return f"{len(comparison.divergences)}: {words}"


def _values(values: Sequence[str]) -> str:
    return " / ".join(value if value == NOT_COMPARED else code(value, cell=True) for value in values)


def _scenario(comparison: Comparison, claimed: Sequence[Claimed]) -> str:
    """One scenario: why it is there, what its calls gave, where flavors part, and what broke."""
    scenario = comparison.scenario
    parts = [f"## {code(scenario.name)}", f"**{markdown(scenario.title)}** ({code(file_in_specs(scenario))})"]
    if scenario.why.strip():
        parts.append(markdown(scenario.why))
    if comparison.results:
        parts.append(_calls(comparison))
    if scenario.concurrent:
        parts.append(f"### Outcomes\n\n{_outcomes(comparison)}")
    if comparison.divergences:
        parts.append(f"### Divergences\n\n{_by_path(comparison)}")
    if claimed:
        parts.append(_claims(claimed))
    parts.append(_remarks(comparison))
    return "\n\n".join(part for part in parts if part)


def _claims(claimed: Sequence[Claimed]) -> str:
    """The findings that claim the divergences, and the facts that none does."""
    ids = list(dict.fromkeys(finding for one in claimed for finding in one.findings))
    new = list(dict.fromkeys(one.apart.path for one in claimed if not one.findings))
    said = [f"Findings: {', '.join(map(code, ids))}."] if ids else []
    return " ".join([*said, *([f"**New**: {', '.join(map(code, new))}."] if new else [])])


def _calls(comparison: Comparison) -> str:
    """What every step gave on every flavor."""
    flavors = [result.flavor for result in comparison.results]
    steps: dict[tuple[int, str], dict[str, str]] = {}
    for result in comparison.results:
        for one in calls_of(result):
            text = f"{code(one.call, cell=True)} → {code(one.result, cell=True)}"
            if one.elapsed:
                text += f" after {one.elapsed} ms"
            steps.setdefault((one.step, one.by), {})[result.flavor] = text
    rows = [
        [str(index), code(by, cell=True), *(said.get(flavor, "–") for flavor in flavors)]
        for (index, by), said in sorted(steps.items())
    ]
    return table(["step", "by", *(code(flavor, cell=True) for flavor in flavors)], rows) if rows else ""


def _outcomes(comparison: Comparison) -> str:
    """What concurrent steps can come to: a row for each outcome, a schedule that leads there for each flavor."""
    sets = outcome_sets(comparison.scenario, comparison.results)
    flavors = [result.flavor for result in comparison.results]
    rows = []
    for one in sets.outcomes:
        schedules = {witness.flavor: code(witness.schedule or DEFAULT, cell=True) for witness in one.witnesses}
        told = "; ".join(f"{code(path, cell=True)} {code(show(value), cell=True)}" for path, value in facts_of(sets, one))
        rows.append([told or markdown(silence(one)), *(schedules.get(flavor, NEVER) for flavor in flavors)])
    parts = [table(["outcome", *(code(flavor, cell=True) for flavor in flavors)], rows)]
    for result in comparison.results:
        if result.exploration is not None and not result.exploration.exhaustive:
            parts.append(f"{code(result.flavor)}: {extent(result.exploration)}.")
    return "\n\n".join(parts)


def _by_path(comparison: Comparison) -> str:
    """All divergences; those of a process that is seen on some flavors only can be unfolded."""
    flavors = [result.flavor for result in comparison.results if not (result.crash or result.unmodelled)]
    headers = ["path", *(code(flavor, cell=True) for flavor in flavors)]
    promised = set(comparison.broken_promises)
    rows = [
        [code(one.path, cell=True) + (" (**promised to agree**)" if one in promised else ""), *_said(one, flavors)]
        for one in comparison.divergences
    ]
    folded = folds(comparison)
    hidden = {index for fold in folded for index in fold.members}
    parts = [table(headers, [row for index, row in enumerate(rows) if index not in hidden])] if len(hidden) < len(rows) else []
    for fold in folded:
        title = f"{len(fold.members)} facts about <code>{html(fold.subject)}</code>, which is not there on all"
        inner = table(headers, [rows[index] for index in fold.members])
        parts.append(f"<details><summary>{title}</summary>\n\n{inner}\n\n</details>")
    return "\n\n".join(parts)


def _said(divergence: Divergence, flavors: Sequence[str]) -> list[str]:
    values = dict(divergence.values)
    said = []
    for flavor in flavors:
        value = values.get(flavor)
        unseen = ABSENT if flavor in values else NOT_COMPARED
        said.append(unseen if value is None else code(show(value), cell=True))
    return said


def _remarks(comparison: Comparison) -> str:
    """Failures, what is not modelled, and invariants that the real kernels break, too."""
    out = [f"- Failed: {markdown(text)}" for text in failures_of(comparison, portable=True)]
    for result in comparison.results:
        if result.unmodelled and not result.crash:
            out.append(f"- {code(result.flavor)} does not model this: {markdown(result.unmodelled)}")
        for broken in result.violations:
            if broken.known:
                out.append(
                    f"- That kernel's own, on {code(result.flavor)} {markdown(when(broken))}: {code(broken.rule)}, "
                    f"{markdown(broken.text)}. Why: {markdown(broken.known)}"
                )
    return "\n".join(out)
