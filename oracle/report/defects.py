"""What became of the entries of registers of defects: which flavor shows which of them, and which no scenario shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from oracle.harness import Comparison
from oracle.outcome import RunResult
from oracle.register import Because, NotShown, in_order, is_claim, system_of
from oracle.report.text import plural
from oracle.scenario import Promise

WHY = {Because.INTERLEAVING: "waiting for a chosen interleaving", Because.OUTSIDE: "outside the model"}


class Seen(Enum):
    """Whether a flavor shows an entry. The value is the word in reports, where the entry is not about a promise."""

    HAS = "has it"
    LACKS = "no"
    NOT_RUN = "-"
    FAILED = "FAILED"  # a scenario says otherwise


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that scenarios show, with what each flavor does."""

    id: str
    promise: Promise | None
    seen: tuple[tuple[str, Seen], ...]
    scenarios: tuple[str, ...]

    def word(self, seen: Seen) -> str:
        """What one flavor does, in a word."""
        return self.promise.value if seen is Seen.HAS and self.promise is not None else seen.value


def entries(comparisons: Iterable[Comparison], flavors: Sequence[str]) -> list[Entry]:
    """The entries that scenarios show, in the order of the registers."""
    members: dict[str, list[Comparison]] = {}
    for one in comparisons:
        if one.scenario.defect is not None:
            members.setdefault(one.scenario.defect.id, []).append(one)
    found = []
    for name in sorted(members, key=in_order):
        mine = members[name]
        seen = [
            (flavor, _seen([result for one in mine for result in one.results if result.flavor == flavor])) for flavor in flavors
        ]
        promise = mine[0].scenario.defect.promise if mine[0].scenario.defect is not None else None
        found.append(Entry(name, promise, tuple(seen), tuple(one.scenario.name for one in mine)))
    return found


def _seen(results: Sequence[RunResult]) -> Seen:
    if any(result.misplaced or result.crash for result in results):
        return Seen.FAILED
    said = {result.shown for result in results}
    return Seen.HAS if True in said else Seen.LACKS if False in said else Seen.NOT_RUN


def counts(found: Sequence[Entry], not_shown: Sequence[NotShown]) -> list[str]:
    """For each register, how many of its entries are shown."""
    not_shown = [one for one in not_shown if not is_claim(one.id)]
    out = []
    for system in dict.fromkeys(
        system_of(one) for one in sorted([*(e.id for e in found), *(n.id for n in not_shown)], key=in_order)
    ):
        mine = [one for one in found if system_of(one.id) == system]
        rest = [one for one in not_shown if system_of(one.id) == system]
        failed = sum(any(seen is Seen.FAILED for _, seen in one.seen) for one in mine)
        pages = sum(one.promise is not None for one in mine)
        text = f"{system}: {plural(len(mine) - pages, 'defect')} and {plural(pages, 'promise')} of manual pages shown"
        for why, words in WHY.items():
            if number := sum(one.because is why for one in rest):
                text += f", {number} {words}"
        out.append(text + (f"; {failed} FAILED" if failed else ""))
    return out
