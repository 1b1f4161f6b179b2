from __future__ import annotations

import pytest

from oracle.diff import Divergence, diff
from oracle.facts import Value
from oracle.observation import Observation
from oracle.outcome import RunResult


def nothing(path: str) -> bool:
    return False


def said(flavor: str, facts: dict[str, Value], **rest: str) -> RunResult:
    return RunResult("topic/name", flavor, (), Observation(((tuple(facts), tuple(facts.values())),)), **rest)  # type: ignore[arg-type]


def test_runs_that_agree_have_no_divergence() -> None:
    assert diff([said("a@1", {"kid.umask": "022"}), said("b@1", {"kid.umask": "022"})], nothing) == ()


def test_a_divergence_has_each_sides_value() -> None:
    (found,) = diff([said("a@1", {"kid.umask": "022"}), said("b@1", {"kid.umask": "000"})], nothing)
    assert found == Divergence("kid.umask", (("a@1", "022"), ("b@1", "000")))


def test_what_one_side_alone_observed_is_a_divergence() -> None:
    (found,) = diff([said("a@1", {}), said("b@1", {"kid.umask": "000"})], nothing)
    assert found.values == (("a@1", None), ("b@1", "000"))


def test_divergences_come_in_the_order_of_observation() -> None:
    found = diff([said("a@1", {"call.1": "x", "kid.umask": "022"}), said("b@1", {"kid.umask": "000", "call.1": "y"})], nothing)
    assert [one.path for one in found] == ["call.1", "kid.umask"]


def test_facts_of_one_system_are_compared_within_it_alone() -> None:
    assert diff([said("a@1", {"kid.pid": 3}), said("b@1", {"kid.pid": 4})], nothing) == ()
    (found,) = diff([said("a@1", {"kid.pid": 3}), said("b@1", {"kid.pid": 9}), said("a@2", {"kid.pid": 4})], nothing)
    assert found == Divergence("kid.pid", (("a@1", 3), ("a@2", 4)))


@pytest.mark.parametrize("silent", [{"crash": "Traceback"}, {"unmodelled": "no idea"}])
def test_who_crashed_or_does_not_know_says_nothing(silent: dict[str, str]) -> None:
    sides = [said("a@1", {"kid.umask": "022"}), said("b@1", {"kid.umask": "000"}, **silent)]
    assert diff(sides, nothing) == ()
    assert len(diff([*sides, said("c@1", {"kid.umask": "077"})], nothing)[0].values) == 2


def test_a_fact_outside_the_vocabulary_is_compared_between_all() -> None:
    assert len(diff([said("a@1", {"kid.shoe_size": 43}), said("b@1", {"kid.shoe_size": 44})], nothing)) == 1


def test_flavors_with_one_value_are_one_class() -> None:
    one = Divergence("kid.umask", (("a@1", "022"), ("b@1", "000"), ("c@1", "022"), ("d@1", None)))
    assert one.classes() == (("022", ("a@1", "c@1")), ("000", ("b@1",)), (None, ("d@1",)))


def test_a_fact_that_differs_nearly_everywhere_is_compared_only_where_it_is_asked_for() -> None:
    sides = [said("a@1", {"machine.forks": 1}), said("b@1", {"machine.forks": 2})]
    assert diff(sides, nothing) == ()
    (found,) = diff(sides, lambda path: path == "machine.forks")
    assert found.path == "machine.forks"
