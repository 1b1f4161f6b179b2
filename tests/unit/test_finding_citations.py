from __future__ import annotations

from oracle.cite import Citation, Source
from oracle.finding import is_citation
from oracle.report.claimed import citation


def test_a_citation_of_a_release_has_a_blank_in_its_revision_and_is_one() -> None:
    text = str(Citation(Source("NetBSD", "sys/kern/kern_sleepq.c", "NetBSD 6"), "sleepq_block"))
    assert is_citation(text)
    assert citation(text) == ("NetBSD sys/kern/kern_sleepq.c NetBSD 6", "sleepq_block", "")


def test_what_explain_says_where_no_line_decided_is_no_citation() -> None:
    assert not any(map(is_citation, ("is not made", "is as at the start", "failed with EINVAL", "nothing that the model has")))
