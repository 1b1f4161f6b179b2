"""Renders comparisons for a terminal: the matrix, the divergences by scenario, what failed, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.harness import Comparison
from oracle.register import NotShown, in_order, is_claim
from oracle.report.defects import WHY, Entry, Seen, counts, entries
from oracle.report.digest import NOT_COMPARED, Cell, Line, Mark, cells, classes, compared, condensed, summarise
from oracle.report.failures import failures_of
from oracle.report.look import Look
from oracle.report.standards import Stand, claims, reason_for, tallies
from oracle.report.text import clip, paragraph, plain, plural, prose, width
from oracle.scenario import Promise

LINES_PER_SCENARIO = 12
NARROW = 24  # columns, below which divergences are counted and not put in words
LEGEND = "Same letter in a row: the same on every fact compared. "
OWN = "*: breaks an invariant as the real kernel does, see below. "


def render(
    comparisons: Sequence[Comparison],
    flavors: Sequence[str],
    look: Look,
    planned: int | None = None,
    not_shown: Sequence[NotShown] = (),
) -> str:
    """The whole report. `planned`: how many scenarios there were to be, if the run was cut short."""
    parts = [
        matrix(comparisons, flavors, look),
        divergences(comparisons, look),
        registers(comparisons, flavors, not_shown, look),
        standards(comparisons, flavors, not_shown, look),
    ]
    return ending(parts, comparisons, look, planned)


def ending(parts: Sequence[str], comparisons: Sequence[Comparison], look: Look, planned: int | None = None) -> str:
    """A report of some parts that ends in what every report ends in: oddities, failures, and the counts next to the prompt."""
    last = summary(comparisons, look)
    if planned is not None:
        last += "\n" + look.bad(f"interrupted: {len(comparisons)} of {planned} scenarios were run")
    parts = [*parts, own_violations(comparisons, look), silences(comparisons, look), failures(comparisons, look), last]
    return "\n\n".join(part for part in parts if part) + "\n"


# --- the matrix ---------------------------------------------------------------------------------------------------------


def matrix(comparisons: Sequence[Comparison], flavors: Sequence[str], look: Look) -> str:
    """Scenarios by topic, flavors across."""
    if not comparisons:
        return ""
    rows: list[tuple[Comparison | None, list[str]]] = []
    for topic, members in by_topic(comparisons).items():
        rows.append((None, [look.heading(plain(topic))]))
        for one in members:
            row = cells(one, flavors)
            rows.append((one, [plain(one.scenario.name), *(_cell(cell, look) for cell in row)]))
    headers = ["scenario", *(flavor.replace("@", "\n@", 1) for flavor in flavors)]
    room = look.width - taken([row for one, row in rows if one is not None], headers)
    table = [row if one is None else [*row, _differences(one, room, look)] for one, row in rows]
    legend = LEGEND + (OWN if any(cell.own for one in comparisons for cell in cells(one, flavors)) else "")
    return (
        grid(table, [*headers, "divergences" if room >= NARROW else "differ"])
        + "\n\n"
        + look.quiet(paragraph(legend, look.width))
    )


def by_topic(comparisons: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    """Comparisons grouped by topic, topics in the order of first appearance."""
    topics: dict[str, list[Comparison]] = {}
    for one in comparisons:
        topics.setdefault(one.scenario.topic, []).append(one)
    return topics


def grid(
    rows: Sequence[Sequence[str]],
    headers: Sequence[str] = (),
    widths: Sequence[int | None] | None = None,
    sides: Sequence[str] | None = None,
) -> str:
    """A table as the terminal shows it; texts in `rows` are safe already. `sides`: where each column's texts stand, "right"."""
    from tabulate import tabulate  # only where there is a table to show

    fmt = "simple" if headers else "plain"
    made = tabulate(
        rows, headers, tablefmt=fmt, disable_numparse=True, maxcolwidths=list(widths) if widths else None, colalign=sides
    )
    return "\n".join(line.rstrip() for line in made.splitlines())


def taken(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> int:
    """The columns that the first cells of a table take, gaps after each included."""
    widest = [max(map(len, header.split("\n"))) + 2 for header in headers]  # tabulate makes headers two columns wider
    for row in rows:
        widest = [max(one, width(_without_colour(text))) for one, text in zip(widest, row, strict=True)]
    return sum(widest) + 2 * len(widest)


def fitted(rows: Sequence[Sequence[str]], headers: Sequence[str], look: Look) -> str:
    """A table whose last column is wrapped to what the others leave of the terminal."""
    room = look.width - taken([row[:-1] for row in rows], headers[:-1])
    return grid(rows, headers, [*(None for _ in headers[:-1]), max(20, room)])


def _without_colour(text: str) -> str:
    """A text as its letters alone."""
    if "\x1b" not in text:
        return text
    return "".join(piece.partition("m")[2] if number else piece for number, piece in enumerate(text.split("\x1b[")))


def _cell(cell: Cell, look: Look) -> str:
    text = f"{cell.letter} {cell.mark.value}{'*' if cell.own else ''}".strip()
    if cell.mark is Mark.OK:
        return look.good(text)
    if cell.mark is Mark.LEFT_OUT:
        return look.quiet(text)
    return look.note(text) if cell.mark is Mark.UNMODELLED else look.bad(text)


def _differences(comparison: Comparison, room: int, look: Look) -> str:
    """How many divergences there are, and the first in words as far as there is room."""
    if not comparison.divergences:
        return look.quiet("agree" if compared(comparison) else "not compared" if room >= NARROW else "-")
    count = str(len(comparison.divergences))
    if comparison.broken_promises and room < NARROW:
        return look.bad(f"{count} !")
    if comparison.broken_promises:
        count += f", {len(comparison.broken_promises)} BROKEN PROMISE{'S' if len(comparison.broken_promises) > 1 else ''}"
    words = "; ".join(f"{line.path} {' / '.join(line.values)}" for line in condensed(comparison)[:3])
    left = room - width(count) - 2
    number = look.bad(count) if comparison.broken_promises else look.note(count)
    return number if room < NARROW else f"{number}: {clip(plain(words), left)}"


# --- below the matrix ---------------------------------------------------------------------------------------------------


def divergences(comparisons: Sequence[Comparison], look: Look) -> str:
    """What each outcome class says, by path. Scenarios that diverge in the same way stand above one table."""
    alike: dict[tuple[tuple[Line, ...], tuple[tuple[str, ...], ...]], list[Comparison]] = {}
    for one in comparisons:
        if one.divergences:
            alike.setdefault((tuple(condensed(one)), tuple(classes(one).values())), []).append(one)
    parts = [
        "\n".join([*(_title(one, look) for one in members), _divergences_of(members[0], look)]) for members in alike.values()
    ]
    return "\n\n".join([look.heading("Divergences"), *parts]) if parts else ""


def _title(comparison: Comparison, look: Look) -> str:
    """The name of a scenario, and its title as far as there is room."""
    name, title = plain(comparison.scenario.name), prose(comparison.scenario.title)
    return look.heading(name) + (f"  {clip(title, max(20, look.width - width(name) - 2))}" if title else "")


def _divergences_of(comparison: Comparison, look: Look) -> str:
    """The table of one scenario: a column for each flavor, or for each class where several flavors agree."""
    grouped = classes(comparison)
    found = condensed(comparison)
    shown = sorted(found, key=lambda line: not line.promised)[:LINES_PER_SCENARIO]
    letters, head = [flavor for (flavor, *_) in grouped.values()], []
    if any(len(ids) > 1 for ids in grouped.values()):
        letters = list(grouped)
        head = [paragraph(f"{letter} = {', '.join(map(plain, ids))}", look.width, "  ") for letter, ids in grouped.items()]
    text = "\n".join([*head, by_path(shown, letters, look)])
    if any(NOT_COMPARED in line.values for line in shown):
        text += "\n" + look.quiet(f"  {NOT_COMPARED}: means something on one system alone, and is not compared with others")
    if more := len(found) - len(shown):
        text += "\n" + look.quiet(f"  … {more} more; --format markdown lists them all")
    return text


def by_path(found: Sequence[Line], columns: Sequence[str], look: Look) -> str:
    """Divergences as a table: path, and what each column says."""
    paths = [clip(plain(line.path), 40) + (" !" if line.promised else "") for line in found]
    room = max(12, (look.width - max(map(width, paths), default=0) - 4) // max(1, len(columns)) - 2)
    rows = [[path, *(clip(value, 3 * room) for value in line.values)] for path, line in zip(paths, found, strict=True)]
    heads = [column if len(column) + 2 <= room else column.replace("@", "\n@", 1) for column in columns]
    table = grid(rows, ["path", *heads], [None, *(room for _ in columns)])
    return "\n".join("  " + line for line in table.splitlines())


def registers(comparisons: Sequence[Comparison], flavors: Sequence[str], not_shown: Sequence[NotShown], look: Look) -> str:
    """Which flavor shows which entry of the registers of defects, and which no scenario shows. Empty if there is none."""
    found = entries(comparisons, flavors)
    not_shown = [one for one in not_shown if not is_claim(one.id)]
    if not (found or not_shown):
        return ""
    out = [look.heading("Registers of defects")]
    if found:
        rows = [[plain(one.id), *(_seen(one, seen, look) for _, seen in one.seen), plain(one.scenarios[0])] for one in found]
        out.append(grid(rows, ["entry", *(flavor.replace("@", "\n@", 1) for flavor in flavors), "scenario"]))
    for one in sorted(not_shown, key=lambda one: in_order(one.id)):
        text = f"{plain(one.id)} ({', '.join(map(plain, one.on))}) is not shown, {WHY[one.because]}: {prose(one.reason)}"
        out.append(paragraph(text, look.width, "  "))
    return "\n".join([*out, *counts(found, not_shown)])


def _seen(entry: Entry, seen: Seen, look: Look) -> str:
    kept = seen is Seen.HAS and entry.promise is Promise.KEPT
    dress = {Seen.HAS: look.note, Seen.LACKS: look.good, Seen.NOT_RUN: look.quiet, Seen.FAILED: look.bad}[seen]
    return (look.good if kept else dress)(entry.word(seen))


def standards(comparisons: Sequence[Comparison], flavors: Sequence[str], not_shown: Sequence[NotShown], look: Look) -> str:
    """Which flavor satisfies or violates which assertion of a standard, and what is open. Empty if there is none."""
    found = claims(comparisons, not_shown, flavors)
    if not found:
        return ""
    dress = {Stand.SATISFIED: look.good, Stand.VIOLATED: look.note, Stand.OPEN: look.quiet, Stand.FAILED: look.bad}
    rows = [
        [
            plain(one.id),
            *(dress[stand](stand.value) for _, stand in one.stands),
            plain(one.witnesses[0]) if one.witnesses else "",
        ]
        for one in found
    ]
    out = [
        look.heading("Standards"),
        grid(rows, ["assertion", *(flavor.replace("@", "\n@", 1) for flavor in flavors), "scenario"]),
    ]
    for one in found:
        for broken in one.violations:
            text = f"{one.id} is violated on {', '.join(broken.flavors)} in {broken.scenario}: {broken.title}"
            out.append(paragraph(prose(text), look.width, "  "))
    for one in found:
        if one.listed is not None:
            out.append(paragraph(f"{plain(one.id)} is {prose(reason_for(one.listed, flavors))}", look.width, "  "))
    return "\n".join([*out, *map(plain, tallies(found, flavors))])


def own_violations(comparisons: Sequence[Comparison], look: Look) -> str:
    """Invariants broken as the real kernels break them: no failures."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in comparisons:
        for result in one.results:
            for broken in result.violations:
                if broken.known:
                    where = found.setdefault((result.flavor, broken.rule, broken.known), [])
                    where.append(f"{one.scenario.name} step {broken.step}: {broken.text}")
    if not found:
        return ""
    out = [look.heading("Invariants broken by the kernels themselves")]
    for (flavor, rule, why), where in found.items():
        out.append(f"  {look.name(plain(flavor))} {plain(rule)}, that kernel's own")
        out.append(paragraph(prose(why), look.width, "    "))
        out += [look.quiet(clip(plain(f"    {text}"), look.width)) for text in where[:3]]
        if len(where) > 3:
            out.append(look.quiet(f"    … {len(where) - 3} more"))
    return "\n".join(out)


def silences(comparisons: Sequence[Comparison], look: Look) -> str:
    """What flavors don't model, where scenarios met it."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in comparisons:
        for result in one.results:
            if result.unmodelled and not result.crash:
                found.setdefault((result.flavor, result.unmodelled), []).append(one.scenario.name)
    if not found:
        return ""
    out = [look.heading("Not modelled, so neither agreement nor divergence")]
    for (flavor, reason), names in found.items():
        out.append(paragraph(f"{plain(flavor)}: {prose(reason)} ({', '.join(map(plain, names))})", look.width, "  "))
    return "\n".join(out)


def failures(comparisons: Sequence[Comparison], look: Look) -> str:
    """What did not go as expected, each with the place where the expectation stands."""
    found = [text for one in comparisons if not one.ok for text in failures_of(one)]
    return "\n".join([look.bad("Failed"), *(paragraph(text, look.width, "  ") for text in found)]) if found else ""


def summary(comparisons: Sequence[Comparison], look: Look) -> str:
    """The counts on one line."""
    counts = summarise(comparisons)
    parts = [f"{plural(counts.scenarios, 'scenario')}, {plural(counts.runs, 'run')}"]
    parts.append(look.note(f"{counts.divergent} divergent") if counts.divergent else "0 divergent")
    parts.append(f"{counts.agreeing} agreeing")
    if counts.not_compared:
        parts.append(f"{counts.not_compared} not compared")
    if counts.unmodelled_runs:
        parts.append(look.note(f"{plural(counts.unmodelled_runs, 'run')} unmodelled"))
    parts.append(look.bad(f"{counts.failed} FAILED") if counts.failed else look.good("0 failed"))
    return ": ".join([parts[0], ", ".join(parts[1:])])
