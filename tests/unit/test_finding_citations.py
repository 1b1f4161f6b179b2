from __future__ import annotations

from pathlib import Path

import pytest

from oracle.cite import Citation, Source, parse_ranges
from oracle.finding import is_citation
from oracle.load import find_findings, load_finding
from oracle.registry import load_flavors
from oracle.report.claimed import citation
from oracle.sources.listing import ABSENT, listings_at_hand, sources_folder

ROOT = Path(__file__).parents[2]


def test_a_citation_of_a_release_has_a_blank_in_its_revision_and_is_one() -> None:
    text = str(Citation(Source("NetBSD", "sys/kern/kern_sleepq.c", "NetBSD 6"), "sleepq_block"))
    assert is_citation(text)
    assert citation(text) == ("NetBSD sys/kern/kern_sleepq.c NetBSD 6", "sleepq_block", "")


def test_what_explain_says_where_no_line_decided_is_no_citation() -> None:
    assert not any(map(is_citation, ("is not made", "is as at the start", "failed with EINVAL", "nothing that the model has")))


def test_what_the_shipped_findings_cite_by_line_starts_and_ends_on_code_of_its_function() -> None:
    if sources_folder() is None:
        pytest.skip(ABSENT)
    flavors = load_flavors().flavors
    listings = listings_at_hand(flavors)
    wrong = []
    for file in find_findings([ROOT / "specs"]):
        for side in load_finding(file, flavors).sides:
            for cited in (*side.decided, *side.background):
                source, function, lines = citation(cited) or ("", "", "")
                if lines and source in listings:
                    listing = listings[source]
                    extent = listing.functions[function]
                    for first, last in parse_ranges(lines.strip("[]")):
                        inside = extent.name_line <= first <= last <= extent.last
                        if not (inside and listing.code[first] and listing.code[last]):
                            wrong.append(f"{file.stem}: {cited}")
    assert wrong == []
