"""What became of the entries of registers of defects, and of what standards say: below the matrix, readable without script."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.harness import Comparison
from oracle.register import NotShown, in_order, is_claim
from oracle.report.defects import counts, entries
from oracle.report.page.markup import Html, element, join
from oracle.report.page.texts import shown
from oracle.report.standards import Claim, claims, reason_for, tallies

LONGEST = 400  # characters of a sentence
MOST = 500  # entries


def entries_of(comparisons: Sequence[Comparison], ids: Sequence[str], not_shown: Sequence[NotShown]) -> Html:
    """Both, as far as there are any."""
    return join([_registers(comparisons, ids, not_shown), _standards(comparisons, ids, not_shown)])


def _registers(comparisons: Sequence[Comparison], ids: Sequence[str], not_shown: Sequence[NotShown]) -> Html:
    rest = sorted([one for one in not_shown if not is_claim(one.id)], key=lambda one: in_order(one.id))
    if not rest and all(one.scenario.defect is None for one in comparisons):
        return Html("")
    sums = element("ul", *(element("li", shown(text)) for text in counts(entries(comparisons, ids), rest)))
    items = [_said(one.id, f"({one.because.value}): {one.reason}") for one in rest[:MOST]]
    details = [element("details", element("summary", "Entries that no scenario shows"), element("ul", *items))] if items else []
    return element("section", element("h2", "Registers of defects"), sums, *details, class_="entries")


def _standards(comparisons: Sequence[Comparison], ids: Sequence[str], not_shown: Sequence[NotShown]) -> Html:
    found = claims(comparisons, not_shown, ids)
    if not found:
        return Html("")
    sums = element("ul", *(element("li", shown(text.strip())) for text in tallies(found, ids)))
    head = element(
        "tr", *(element("th", text, scope="col") for text in ("assertion", *(shown(one, 60) for one in ids), "clause"))
    )
    rows = [_claim(one, ids) for one in found[:MOST]]
    table = element("table", element("thead", head), element("tbody", *rows), class_="plain")
    region = element("div", table, class_="scroll", tabindex=0, role="region", aria_label="Assertions of standards")
    return element("section", element("h2", "Standards"), sums, region, class_="entries")


def _claim(claim: Claim, ids: Sequence[str]) -> Html:
    stands = [element("td", stand.value, class_=stand.value.lower()) for _, stand in claim.stands]
    clause = [claim.clause, *([reason_for(claim.listed, ids)] if claim.listed is not None else [])]
    words = shown("; ".join(text for text in clause if text), LONGEST)
    return element("tr", element("th", element("code", shown(claim.id, 80)), scope="row"), *stands, element("td", words))


def _said(name: str, text: str) -> Html:
    return element("li", join([element("b", shown(name, 80)), shown(text, LONGEST)], " "))
