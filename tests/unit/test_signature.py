"""Divergences that are the same have one signature, whatever the input; those that aren't have not."""

from __future__ import annotations

from dataclasses import replace

from oracle.diff import Divergence
from oracle.facts import Value
from oracle.harness import Comparison
from oracle.scenario import ProcessSpec, Scenario, Step
from oracle.signature import CALLER, Decided, Signature, signature

ONE, TWO = "one@1", "two@1"
FORK = Scenario("s", "", "", "results", (Step(1, "parent", "fork", {}, "kid"),))


def of(*facts: tuple[str, Value | None, Value | None], scenario: Scenario = FORK) -> Signature:
    divergences = tuple(Divergence(path, ((ONE, one), (TWO, two))) for path, one, two in facts)
    return signature(Comparison(scenario, (), divergences, ()))


def kinds(sign: Signature) -> list[str]:
    return [one.fact for one in sign.facts]


def test_names_of_roles_make_no_difference() -> None:
    named = replace(FORK, steps=(Step(1, "me", "fork", {}, "it"),), processes=(ProcessSpec("me"),))
    assert of(("kid.umask", "022", "077")) == of(("it.umask", "022", "000"), scenario=named)
    assert kinds(of(("parent~kid.files", "shared", "apart"))) == ["<caller>~<child>.files"]


def test_a_role_in_a_value_is_told_by_what_it_is() -> None:
    assert of(("kid.parent", "parent", "init")) != of(("kid.parent", "init", "parent"))
    assert of(("kid.parent", "parent", "init")).facts[0].values == (("<caller>", (ONE,)), ("init", (TWO,)))


def test_what_the_scenario_chose_makes_no_difference_but_once() -> None:
    sign = of(("kid.fd.3", "a", None), ("kid.fd.4", "b", None))
    assert kinds(sign) == ["<child>.fd.*"]
    assert sign == of(("kid.fd.9", "z at 3", None))


def test_errnos_and_words_of_the_vocabulary_do_make_a_difference() -> None:
    assert of(("call.1", "EAGAIN", "kid")) != of(("call.1", "EINVAL", "kid"))
    assert of(("parent~kid.cwd", "shared", "apart")).facts[0].values == (("shared", (ONE,)), ("apart", (TWO,)))
    assert of(("kid.cwd", "/home", "/")).facts[0].values == (("some", (ONE,)), ("some", (TWO,)))


def test_numbers_count_as_none_or_some() -> None:
    assert of(("call.1.elapsed", 0, 500)) == of(("call.1.elapsed", 0, 20))
    assert of(("call.1.elapsed", 0, 500)) != of(("call.1.elapsed", 500, 0))


def test_who_is_not_there_disagrees_on_nothing_else() -> None:
    facts: list[tuple[str, Value | None, Value | None]] = [
        ("call.1", "kid", "EAGAIN"),
        ("kid.state", "running", "never born"),
        ("kid.uid", 0, None),
        ("parent~kid.files", "apart", None),
    ]
    assert kinds(of(*facts)) == ["<child>.state", "call"]
    assert "<child>.umask" in kinds(of(*facts, ("kid.umask", "022", "077")))


def test_the_name_of_a_signature_is_short_and_its_own() -> None:
    one, other = of(("kid.uid", 0, 1)), of(("kid.uid", 1, 0))
    assert len(one.ident) == len(other.ident) == 8
    assert one.ident != other.ident
    assert one.ident == of(("kid.uid", 0, 7)).ident


def test_agreement_has_an_empty_signature() -> None:
    assert of() == Signature()


def test_what_was_known_before_is_left_out_with_what_follows_from_it() -> None:
    known = Divergence("kid.state", ((ONE, "running"), (TWO, None)))
    more = (known, Divergence("kid.uid", ((ONE, 0), (TWO, None))), Divergence("parent.uid", ((ONE, 0), (TWO, 1))))
    assert kinds(signature(Comparison(FORK, (), more, ()), known=[known])) == ["<caller>.uid"]


def test_roles_may_stay_what_they_are_whoever_calls_last() -> None:
    twice = replace(FORK, steps=(*FORK.steps, Step(2, "kid", "fork", {}, "grandkid")))
    said = Comparison(
        twice, (), (Divergence("parent.uid", ((ONE, 0), (TWO, 1))), Divergence("grandkid.uid", ((ONE, 0), (TWO, 1)))), ()
    )
    assert kinds(signature(said)) == ["<child>.uid", "<other>.uid"]
    assert kinds(signature(said, roles={"parent": CALLER})) == ["<caller>.uid", "<other>.uid"]


def decided(fact: str, *lines: str) -> Decided:
    return Decided(fact, ((ONE, lines[:1]), (TWO, lines[1:])))


def test_what_the_same_lines_decide_of_the_same_fact_has_one_cause_whoever_it_is_about() -> None:
    one = replace(of(("parent.nice", 0, 5)), decided=(decided("<caller>.nice", "a.c, f [1]", "b.c, f [2-3]"),))
    other = replace(of(("kid.nice", 5, 0)), decided=(decided("<child>.nice", "a.c, f [1]", "b.c, f [2-3]"),))
    assert one.cause == other.cause
    assert one.ident != other.ident
    for changed in (
        decided("<child>.nice", "a.c, f [1]", "b.c, f [4]"),
        decided("<child>.umask", "a.c, f [1]", "b.c, f [2-3]"),
    ):
        assert replace(other, decided=(changed,)).cause != one.cause


def test_what_is_so_from_the_start_is_a_cause_and_what_no_line_is_known_of_is_none() -> None:
    facts = of(("parent.cwd", "/", "/home")), of(("parent.cwd", "/", None))
    start = [replace(one, decided=(decided("<caller>.cwd", *["is as at the start"] * 2),)) for one in facts]
    assert start[0].cause == start[1].cause
    vague = [replace(one, decided=(decided("<caller>.cwd", "a.c, f [1]", "wrote"),)) for one in facts]
    assert [one.cause for one in vague] == [one.ident for one in vague]
    assert facts[0].cause == facts[0].ident
