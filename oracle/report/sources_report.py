"""Renders the accounts of C sources for a terminal: a row for each C function, then what is left out, missing or wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from oracle.cite import write_lines
from oracle.report.look import Look
from oracle.report.table_report import grid
from oracle.report.text import paragraph, plain, plural, prose, width
from oracle.sources.account import Account, CLine, Ran, State, Totals, totals
from oracle.sources.listing import Listing
from oracle.sources.reading import Placed

HEADERS = ("function", "lines", "code", "modelled", "left out", "not accounted for", "exercised", "branches")


def render(accounts: Sequence[Account], unmapped: Sequence[str], look: Look) -> str:
    """All accounts. `unmapped`: the flavors that have no map of their sources."""
    parts = [_account(one, look) for one in accounts]
    parts += [f"{ident}: it has no map of its sources, so nothing can be said of them" for ident in unmapped]
    parts.append(_summary(accounts, look))
    return "\n\n".join(parts) + "\n"


def _account(one: Account, look: Look) -> str:
    rows = [
        _row(
            function.function.name, f"{function.function.first}-{function.function.last}", totals(function.lines), one.measured
        )
        for function in one.functions
    ]
    rows.append(_row("all", "", totals(one.lines()), one.measured))
    sides = ("left", "left", *["right"] * (len(HEADERS) - 2))
    parts = [_title(one, look), grid(rows, HEADERS, None, sides)]
    for title, lines in _lists(one, look):
        parts.append("\n".join([title, *(paragraph(line, look.width, "  ") for line in lines)]))
    return "\n\n".join(parts)


def _title(one: Account, look: Look) -> str:
    return look.heading(f"{one.flavor}: {prose(str(one.map.source))}")


def _row(name: str, lines: str, sums: Totals, measured: bool) -> list[str]:
    ran = [f"{sums.exercised}/{sums.to_exercise}", f"{sums.ways_taken}/{sums.ways}"] if measured else ["-", "-"]
    return [plain(name), lines, str(sums.code), str(sums.modelled), str(sums.left_out), str(sums.nowhere), *ran]


def _lists(one: Account, look: Look) -> Iterator[tuple[str, list[str]]]:
    if one.map.left_out:
        yield "Left out on purpose:", [f"[{left.lines}] {prose(left.why)}" for left in one.map.left_out]
    if one.map.branchless:
        yield "Decided without a branch of the model:", [f"[{line.lines}] {prose(line.why)}" for line in one.map.branchless]
    beyond = [line for line in one.lines() if any(placed.mark.reach for placed in line.marks)]
    if beyond:
        yield "Out of reach:", [f"[{where}] {said}" for where, said in _by_words(beyond, _out_of_reach)]
    if lines := one.nowhere():
        yield look.bad("Not accounted for:"), [f"[{write_lines(line.number for line in lines)}]"]
    if lines := one.idle():
        words = [f"[{where}] {said}" for where, said in _by_words(lines, _where_idle)]
        yield look.bad("Modelled and not exercised:"), words
    if ways := one.one_way():
        yield look.bad("Decisions that went one way only; never:"), [f"[{line.number}] {plain(str(way))}" for line, way in ways]
    if one.flaws:
        yield look.bad("Wrong:"), [plain(str(flaw)) for flaw in one.flaws]


def _out_of_reach(line: CLine) -> str:
    said = dict.fromkeys(f"{placed.mark.reach}: {prose(placed.mark.words)}" for placed in line.marks if placed.mark.reach)
    return "; ".join(said)


def _where_idle(line: CLine) -> str:
    places = ", ".join(dict.fromkeys(str(placed) for placed in line.marks))
    return f"{line.ran.value}: {plain(places)}"


def _by_words(lines: Iterable[CLine], words: Callable[[CLine], str]) -> list[tuple[str, str]]:
    """Lines of which the same is to be said, as one."""
    grouped: dict[str, list[int]] = {}
    for line in lines:
        grouped.setdefault(words(line), []).append(line.number)
    return [(write_lines(numbers), said) for said, numbers in grouped.items()]


def _summary(accounts: Sequence[Account], look: Look) -> str:
    sums = totals(line for one in accounts for line in one.lines())
    text = (
        f"{plural(len(accounts), 'source')}: {plural(sums.code, 'line')} of code, {sums.modelled} modelled, "
        f"{sums.left_out} left out on purpose, {sums.nowhere} not accounted for"
    )
    if any(one.measured for one in accounts):
        text += f"; exercised: {sums.exercised} of {sums.to_exercise} lines, {sums.ways_taken} of {sums.ways} branches"
    if wrong := sum(len(one.flaws) for one in accounts):
        text += f"; {wrong} wrong"
    return look.good(text) if all(one.ok for one in accounts) else look.bad(text)


def listing(accounts: Sequence[Account], listings: Mapping[str, Listing], look: Look) -> str:
    """Every line of the functions with what is said of it beside it; without listings, the line numbers of the code alone."""
    parts = []
    for one in accounts:
        found = listings.get(one.flavor)
        parts.append(_title(one, look) + f"\nbeside each line: the line of {', '.join(places(one))} that stands for it")
        for function in one.functions:
            known = {line.number: line for line in function.lines}
            numbers = range(function.function.first, function.function.last + 1) if found else sorted(known)
            rows: list[str] = []
            said: list[str] = []
            for number in numbers:
                line = known.get(number)
                rows.append(_beside(number, line, said, found, look))
                said = notes(line) if line is not None else said
            parts.append("\n".join([look.heading(function.function.name), *rows]))
    return "\n\n".join(parts) + "\n"


def places(one: Account) -> list[str]:
    """The Python files that model a source."""
    return list(dict.fromkeys(plain(placed.place) for line in one.lines() for placed in line.marks))


WIDE, COLUMN, NUMBERS, NARROW = 110, 72, 9, 12  # columns: from which on there is room beside, and where the notes start
FEW = 12  # scenarios whose names all fit beside a line
SIGNS = {State.MODELLED: " ", State.LEFT_OUT: "-", State.NOWHERE: "?"}


def lines(accounts: Sequence[Account], listings: Mapping[str, Listing], wanted: Collection[int], look: Look) -> str:
    """Some lines of each source with what is said of them, and the scenarios that get to each."""
    parts = []
    for one in accounts:
        found = listings.get(one.flavor)
        rows = [_title(one, look)]
        for line in one.lines():
            if line.number in wanted:
                rows.append(_beside(line.number, line, (), found, look))
                rows += [look.quiet(paragraph(text, look.width, " " * NARROW)) for text in [_who(line.scenarios)] if text]
        parts.append("\n".join(rows if rows[1:] else [*rows, "none of these lines is a line of code in a function"]))
    return "\n\n".join(parts) + "\n"


def _who(scenarios: Sequence[str]) -> str:
    """Which scenarios get to a line: all names, if there are few."""
    if not scenarios:
        return ""
    if len(scenarios) <= FEW:
        return f"in {', '.join(map(plain, scenarios))}"
    return f"in {len(scenarios)} scenarios, such as {', '.join(map(plain, scenarios[:3]))}; --format json names all"


def _beside(number: int, line: CLine | None, said: Sequence[str], found: Listing | None, look: Look) -> str:
    """A line of C with a sign for its state, and beside it, or below where there is no room, what the marks say."""
    text = plain(found.lines[number].expandtabs(8)) if found is not None and number < len(found.lines) else ""
    if line is None:
        return f"{number:5}   {text}".rstrip()
    sign = "!" if line.ran in (Ran.SOME, Ran.NONE) or line.missed else SIGNS[line.state]
    row = f"{number:5} {sign} {text}".rstrip()
    column = (COLUMN if found is not None else NUMBERS) if look.width >= WIDE else NARROW
    room = max(30, look.width - column - 2)
    texts = notes(line)
    wrapped = ["likewise"] if texts == said else [part for note in texts for part in wrap(prose(note), room)]
    shown = look.bad(row) if sign in "!?" else look.quiet(row) if sign == "-" else row
    if wrapped and width(row) < column and column != NARROW:
        shown += " " * (column - width(row)) + look.quiet(f"| {wrapped.pop(0)}")
    return "\n".join([shown, *(" " * column + look.quiet(f"| {part}") for part in wrapped)])


def words_of(placed: Placed) -> str:
    """What a mark says, or, where it has no words, the statement it is about."""
    words = placed.mark.words or (placed.statement.text if placed.statement is not None else "")
    return f"{placed.mark.reach}: {words}" if placed.mark.reach else f"sic: {words}" if placed.mark.sic else words


def notes(line: CLine) -> list[str]:
    """What there is to say of a line of code, in order: who models it, or why nobody does, and what did not run."""
    found = [f"{placed.mark.python_line}: {words_of(placed)}" for placed in line.marks]
    if line.state is not State.MODELLED:
        found = [f"{line.state.value}{': ' if line.why else ''}{line.why}"]
    if line.ran in (Ran.SOME, Ran.NONE, Ran.OUT_OF_REACH):
        found.append(line.ran.value)
    found += [f"never {way.when}" for way in line.missed]
    return list(dict.fromkeys(found))
