"""What a finding claims, what is stale, what drafts are made of: on made-up differences and on two little kernels."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from oracle.errors import UsageError
from oracle.explain.explain import explain, explain_all
from oracle.finding import Finding, Kind, Side, is_citation, kinds_of_facts, matches
from oracle.findings.apart import NOTHING, aparts
from oracle.findings.check import completed, decided, stale, unknown
from oracle.findings.claims import Apart, Catalogue, claims
from oracle.findings.draft import drafts
from oracle.findings.kept import Kept
from oracle.harness import compare
from oracle.load import load_scenario
from oracle.registry import load_flavors
from tests.unit.explained import CRASHING, ONE, OTHER, masks

SPECS = Path(__file__).parents[2] / "specs"
FLAVORS = tuple(flavor for flavor in load_flavors().flavors if flavor.system in ("dragonfly", "netbsd"))
MASK = "TestBSD sys/kern/kern_mask.c 1.1"
WROTE, KEPT = f"{MASK}, mask_one [7]", f"{MASK}, mask_other [36]"
FINDING = Finding(
    "nice",
    "One kernel is nice",
    Kind.DESIGN,
    "results",
    ("<other>.nice",),
    (Side(("one@*",), "is nice", (WROTE,)), Side(("other@1",), "is not", (KEPT,))),
    "A program is nice.",
    (("other", "Be nice."),),
)
APART = Apart("a/b", "parent.nice", "<other>.nice", 1, ("one@1", "other@1"), (1, 0), ((WROTE,), (KEPT,)))
SETS = replace(APART, lines=((), ()), sets=True)


# --- claiming -----------------------------------------------------------------------------------------------------------


def test_a_finding_claims_what_its_lines_decided_on_both_sides() -> None:
    assert claims(FINDING, APART)


def test_the_order_of_the_pair_does_not_matter() -> None:
    turned = replace(APART, flavors=APART.flavors[::-1], values=APART.values[::-1], lines=APART.lines[::-1])
    assert claims(FINDING, turned)


@pytest.mark.parametrize(
    "other",
    [
        replace(APART, fact="<child>.nice"),
        replace(APART, flavors=("one@1", "one@2")),
        replace(APART, flavors=("one@1", "third@1")),
        replace(APART, lines=((WROTE,), (f"{MASK}, mask_other [38]",))),
        replace(APART, lines=((f"{MASK}, mask_one [3]",), (KEPT,))),
        replace(APART, lines=((KEPT,), (WROTE,))),
    ],
)
def test_a_finding_claims_nothing_about_other_facts_flavors_or_lines(other: Apart) -> None:
    assert not claims(FINDING, other)


def test_one_line_of_several_is_enough() -> None:
    assert claims(FINDING, replace(APART, lines=((f"{MASK}, mask_one [3]", WROTE), (KEPT, "is not made"))))


def test_a_finding_with_scenarios_claims_nothing_elsewhere() -> None:
    assert claims(replace(FINDING, scenarios=("a/*",)), APART)
    assert not claims(replace(FINDING, scenarios=("b/*",)), APART)


def test_words_alone_claim_only_where_scenarios_are_named() -> None:
    wordy = replace(FINDING, sides=tuple(replace(side, decided=("is not made",)) for side in FINDING.sides))
    apart = replace(APART, lines=(("is not made",), ("is not made",)))
    assert not claims(wordy, apart)
    assert claims(replace(wordy, scenarios=("a/b",)), apart)


def test_a_word_on_one_side_and_a_line_on_the_other_claim_anywhere() -> None:
    half = replace(FINDING, sides=(FINDING.sides[0], replace(FINDING.sides[1], decided=("is not made",))))
    assert claims(half, replace(APART, lines=((WROTE,), ("is not made",))))


def test_sets_of_outcomes_are_claimed_without_lines_where_scenarios_are_named() -> None:
    assert not claims(FINDING, SETS)
    assert claims(replace(FINDING, scenarios=("a/b",)), SETS)


def test_a_catalogue_finds_whoever_claims_a_difference() -> None:
    second = replace(FINDING, id="second")
    sets = replace(FINDING, id="sets", scenarios=("a/b",), sides=tuple(replace(one, decided=()) for one in FINDING.sides))
    judged = Catalogue([FINDING, second, sets]).judge([APART, SETS, replace(APART, fact="call")])
    assert [one.findings for one in judged.differences] == [("nice", "second"), ("sets",), ()]
    assert [one.fact for one in judged.new] == ["call"]
    assert judged.used == ("nice", "second", "sets")
    assert judged.by_finding()["second"] == (APART,)


def test_patterns_of_facts_take_brackets_as_they_are() -> None:
    assert matches(["<child>.fd.*"], "<child>.fd.*")
    assert matches(["*.[x]"], "a.[x]")
    assert not matches(["*.[x]"], "a.x")


def test_kinds_of_facts_are_those_of_the_vocabulary() -> None:
    assert {"call", "call.elapsed", "<child>.state", "<caller>~<child>.memory", "machine.uid.*"} <= set(kinds_of_facts())


def test_a_citation_has_a_source_a_function_and_maybe_lines() -> None:
    assert is_citation(WROTE)
    assert is_citation(f"{MASK}, mask_one")
    assert is_citation(f"{MASK}, f [1-2, 4]")
    assert not is_citation("is not made")
    assert not is_citation("failed with EPERM")
    assert not is_citation(f"{MASK}, f [x]")


# --- differences of scenarios -------------------------------------------------------------------------------------------


def test_the_differences_of_a_scenario_have_their_kind_of_fact_and_their_lines() -> None:
    (apart,) = aparts(compare(masks(0o700), (ONE, OTHER)), (ONE, OTHER))
    assert apart == replace(APART, scenario="masks")


def test_flavors_that_agree_or_say_nothing_have_no_differences() -> None:
    assert aparts(compare(masks(0o50), (ONE, OTHER)), (ONE, OTHER)) == ()
    assert {one.flavors for one in aparts(compare(masks(0o700), (ONE, OTHER, CRASHING)), (ONE, OTHER, CRASHING))} == {
        ("one@1", "other@1")
    }


def test_what_nothing_decided_has_a_word_for_it() -> None:
    scenario = load_scenario(SPECS / "limits/last-ten-slots.yaml", FLAVORS)
    assert all(lines for one in aparts(compare(scenario, FLAVORS), FLAVORS) for lines in one.lines)
    assert not is_citation(NOTHING)


def test_concurrent_steps_differ_in_sets_of_outcomes() -> None:
    scenario = load_scenario(SPECS / "races/last-slot.yaml", FLAVORS)
    found = aparts(compare(scenario, FLAVORS), FLAVORS)
    assert found
    assert all(one.sets and one.lines == ((), ()) for one in found)
    assert any(one.path == "machine.nprocs" for one in found)


@pytest.mark.parametrize("name", ["limits/last-slots-for-root", "vfork/stop-of-the-parent", "accounting/rfork-counters"])
def test_pairs_explained_together_are_explained_as_each_by_itself(name: str) -> None:
    scenario = load_scenario(SPECS / f"{name}.yaml", FLAVORS)
    pairs = list(combinations([flavor for flavor in FLAVORS if scenario.runs_on(flavor.id)], 2))
    together = explain_all(scenario, pairs)
    alone = [explain(scenario, one, other) for one, other in pairs]
    assert any(one.differences for one in alone)
    assert [(one.rows, one.differences, one.silent) for one in together] == [
        (one.rows, one.differences, one.silent) for one in alone
    ]


# --- what is stale ------------------------------------------------------------------------------------------------------


def texts(flaws: object) -> list[str]:
    return [one.text for one in flaws]  # type: ignore[attr-defined]


def test_a_finding_that_claims_nothing_is_stale() -> None:
    assert "nice is stale: it claims no difference of these scenarios" in texts(
        stale([FINDING], Catalogue([FINDING]).judge([]), whole=True)
    )


def test_a_line_that_decided_nothing_is_stale() -> None:
    more = replace(FINDING, sides=(replace(FINDING.sides[0], decided=(WROTE, f"{MASK}, mask_one [3]")), FINDING.sides[1]))
    (text,) = texts(stale([more], Catalogue([more]).judge([APART]), whole=True))
    assert text.startswith(f"side 1 is stale: '{MASK}, mask_one [3]' decided nothing")


def test_a_line_that_decided_and_is_not_cited_is_missing() -> None:
    apart = replace(APART, lines=((WROTE,), (KEPT, "is not made")))
    (text,) = texts(stale([FINDING], Catalogue([FINDING]).judge([apart]), whole=True))
    assert text.startswith("side 2 leaves out 'is not made'")


def test_of_some_scenarios_lines_are_not_asked_for() -> None:
    apart = replace(APART, lines=((WROTE,), (KEPT, "is not made")))
    assert stale([FINDING], Catalogue([FINDING]).judge([apart]), whole=False) == ()


def test_a_finding_that_is_whole_has_no_flaw() -> None:
    assert stale([FINDING], Catalogue([FINDING]).judge([APART]), whole=True) == ()


def test_scenarios_and_entries_that_are_not_there_are_unknown() -> None:
    finding = replace(FINDING, scenarios=("a/*", "c/*", "sweep/x"), defects=("one/Q1", "one/Q2"), promises=("posix/fork-01",))
    assert texts(unknown([finding], ["a/b"], ["one/Q1"])) == [
        "`scenarios`: no scenario is called 'c/*'",
        "`defects`: no scenario shows one/Q2, and no list has it among those not shown",
        "`promises`: no scenario shows posix/fork-01, and no list has it among those not shown",
    ]


# --- completing ---------------------------------------------------------------------------------------------------------


def test_a_finding_is_completed_from_one_line_of_one_side() -> None:
    seed = replace(FINDING, sides=(FINDING.sides[0], replace(FINDING.sides[1], decided=())))
    assert completed(seed, [APART], [seed]) == FINDING


def test_completing_takes_out_what_decided_nothing() -> None:
    more = replace(FINDING, sides=(replace(FINDING.sides[0], decided=(WROTE, f"{MASK}, mask_one [3]")), FINDING.sides[1]))
    assert completed(more, [APART], [more]) == FINDING


def test_completing_leaves_alone_what_another_finding_claims() -> None:
    seed = replace(FINDING, id="seed", sides=(FINDING.sides[0], replace(FINDING.sides[1], decided=())))
    assert [side.decided for side in completed(seed, [APART], [seed, FINDING]).sides] == [(), ()]


def test_a_finding_without_lines_takes_what_its_scenarios_have() -> None:
    bare = replace(FINDING, scenarios=("a/b",), sides=tuple(replace(one, decided=()) for one in FINDING.sides))
    assert [side.decided for side in completed(bare, [APART, replace(APART, scenario="c/d")], [bare]).sides] == [
        (WROTE,),
        (KEPT,),
    ]


def test_lines_are_in_the_order_of_the_c_and_words_come_last() -> None:
    lines = ("is not made", f"{MASK}, mask_other [36]", f"{MASK}, mask_other [4]", f"{MASK}, mask_other")
    assert decided(FINDING, [replace(APART, lines=((WROTE,), lines))])[1] == (lines[3], lines[2], lines[1], lines[0])


# --- drafts -------------------------------------------------------------------------------------------------------------


def test_differences_that_the_same_lines_decided_are_one_draft() -> None:
    (draft,) = drafts([APART, replace(APART, scenario="c/d", path="kid.nice", fact="<child>.nice")], {"a/b": "files"})
    assert draft.finding.facts == ("<child>.nice", "<other>.nice")
    assert draft.finding.topic == "files"
    assert [(side.flavors, side.decided) for side in draft.finding.sides] == [(("one@1",), (WROTE,)), (("other@1",), (KEPT,))]
    assert draft.finding.scenarios == ()


def test_differences_with_no_root_in_common_are_drafts_of_their_own() -> None:
    apart = replace(
        APART, path="parent.forked", fact="<other>.forked", lines=((f"{MASK}, mark [22]",), (f"{MASK}, mask_other [38]",))
    )
    assert len(drafts([APART, apart], {})) == 2


def test_revisions_that_do_the_same_in_other_lines_are_one_side() -> None:
    older = replace(APART, flavors=("one@0", "other@1"), lines=((f"{MASK}, mask_one [5]",), (KEPT,)))
    (draft,) = drafts([APART, older], {})
    assert [side.flavors for side in draft.finding.sides] == [("one@0", "one@1"), ("other@1",)]


def test_revisions_that_all_differ_are_on_a_side_each() -> None:
    lines = {f"one@{number}": (f"{MASK}, mask_one [{number}]",) for number in (1, 2, 3)}
    found = [replace(APART, flavors=pair, lines=(lines[pair[0]], lines[pair[1]])) for pair in combinations(lines, 2)]
    (draft,) = drafts(found, {})
    assert [side.flavors for side in draft.finding.sides] == [("one@1",), ("one@2",), ("one@3",)]


def test_a_draft_of_words_alone_and_one_of_sets_say_where() -> None:
    words = replace(APART, lines=(("is not made",), ("is as at the start",)))
    assert drafts([words], {})[0].finding.scenarios == ("a/b",)
    assert drafts([SETS], {})[0].finding.scenarios == ("a/b",)


def test_drafts_of_one_name_are_numbered() -> None:
    other = replace(APART, path="kid.nice", lines=((f"{MASK}, mark [22]",), (f"{MASK}, mask_other [38]",)))
    assert [draft.finding.id for draft in drafts([APART, other], {})] == ["b-other-nice", "b-other-nice-2"]


# --- what is kept -------------------------------------------------------------------------------------------------------


def test_differences_are_kept_for_the_same_scenario_flavors_and_code(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    kept = Kept(file, (ONE, OTHER))
    listed = replace(APART, scenario="masks", values=(("a", "b"), None))
    assert kept.get(masks(1), (ONE, OTHER)) is None
    kept.put(masks(1), (ONE, OTHER), [listed])
    for path, text in kept.texts().items():
        path.write_text(text)
    again = Kept(file, (ONE, OTHER))
    assert again.get(masks(1), (ONE, OTHER)) == (listed,)
    assert again.get(masks(2), (ONE, OTHER)) is None
    assert again.get(masks(1), (ONE,)) is None


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text("{")
    with pytest.raises(UsageError, match="something else than kept differences"):
        Kept(file, (ONE,))
