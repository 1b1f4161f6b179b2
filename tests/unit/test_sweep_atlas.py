"""An atlas has the bucket of every case of a sweep."""

from __future__ import annotations

from collections import Counter

from oracle.flavor import Flavor
from oracle.registry import load_flavors
from oracle.sweep.atlas import AGREE, ALONE, MISSING, Atlas, atlas
from oracle.sweep.chunk import do
from oracle.sweep.plan import Plan, plan
from oracle.sweep.space import space_named
from oracle.sweep.standard import STATES_OF_INTENTS, standard
from oracle.sweep.states import STATES, State
from oracle.sweep.store import Store
from oracle.sweep.sweep import carry_out, findings
from tests.unit.sweep_toys import ONE, PLAIN, ROOT, TWO, VAGUE
from tests.unit.toys import TINY


def plan_of(*states: State, flavors: tuple[Flavor, ...] = (ONE, TWO), cases: int | None = None) -> Plan:
    return plan(space_named("make", flavors), states or (PLAIN,), flavors, cases=cases)


def charted(made: Plan, *flavors: Flavor) -> Atlas:
    with Store() as store:
        carry_out(made, flavors, store)
        return atlas(made, flavors, store)


def test_every_case_has_the_place_of_its_bucket() -> None:
    made = plan_of()
    found = charted(made, ONE, TWO)
    with Store() as store:
        carry_out(made, (ONE, TWO), store)
        assert found.found == findings(made, (ONE, TWO), store)
    (chart,) = found.charts
    counts = Counter(chart.places)
    assert counts[AGREE] == found.found.agreeing == 16
    assert [counts[place] for place in range(len(found.found.buckets))] == [one.count for one in found.found.buckets]
    for place, bucket in enumerate(found.found.buckets):
        assert chart.places[bucket.smallest.index] == place


def test_states_from_which_every_call_ends_in_the_same_bucket_share_a_chart() -> None:
    assert [chart.states for chart in charted(plan_of(PLAIN, ROOT), ONE, TWO).charts] == [("plain", "root")]


def test_cases_of_which_only_one_flavor_speaks_are_compared_with_nothing() -> None:
    made = plan_of(flavors=(ONE, VAGUE))
    (chart,) = charted(made, ONE, VAGUE).charts
    assert Counter(chart.places) == {AGREE: 16, ALONE: 16}  # VAGUE says nothing of BAD
    assert all((place == ALONE) == ("BAD" in made.space.text(index)) for index, place in enumerate(chart.places))


def test_cases_that_are_not_done_are_missing() -> None:
    made = plan_of(cases=8)
    with Store() as store:
        store.put(made.cells[0], do(made.job(made.cells[0]), (ONE, TWO)))
        (chart,) = atlas(made, (ONE, TWO), store).charts
    assert [place == MISSING for place in chart.places] == [False] * 8 + [True] * 24


def test_the_standard_sweeps_are_all_words_of_rfork_and_all_intents() -> None:
    made = standard(load_flavors().flavors)
    assert [(one.space.name, len(one.flavors), one.cases) for one in made] == [
        ("rfork", 3, 8192 * len(STATES)),
        ("spawn", 4, 2304 * len(STATES_OF_INTENTS)),
    ]


def test_one_flavor_alone_and_flavors_without_flags_have_no_standard_sweep_of_their_own() -> None:
    assert standard([TINY]) == []
    netbsd = load_flavors().select(["netbsd@1.189"])
    assert standard(netbsd) == []
