from __future__ import annotations

from oracle.observation import Observation

ONE = Observation(((("kid.uid", "kid.cwd"), (0, "/")),), ((("kid.pid",), (7,)),))
SAME = Observation(((("kid.uid",), (0,)), (("kid.cwd", "kid.root"), ("/", None))), ((("kid.pid",), (7,)),))
OTHER = Observation(((("kid.uid", "kid.cwd"), (1, "/")),), ((("kid.pid",), (8,)),))


def test_observations_with_the_same_facts_are_equal_however_they_are_kept() -> None:
    assert ONE == SAME
    assert hash(ONE) == hash(SAME)
    assert ONE != OTHER
    assert ONE != "kid.uid"


def test_an_observation_prints_its_facts() -> None:
    assert repr(ONE) == "Observation({'kid.uid': 0, 'kid.cwd': '/', 'kid.pid': 7})"


def test_what_was_not_observed_is_no_fact_and_no_difference() -> None:
    assert "kid.root" not in SAME.facts
    assert ONE.differing(SAME, True) == []


def test_facts_of_one_system_are_compared_only_if_asked_for() -> None:
    assert ONE.differing(OTHER, False) == ["kid.uid"]
    assert ONE.differing(OTHER, True) == ["kid.uid", "kid.pid"]


def test_blocks_about_different_subjects_are_compared_by_path() -> None:
    kid, twin = (("kid.uid",), (0,)), (("twin.uid",), (5,))
    assert Observation((kid, twin)).differing(Observation((twin, kid)), False) == []
    assert Observation((kid,)).differing(Observation((twin,)), False) == ["kid.uid", "twin.uid"]
