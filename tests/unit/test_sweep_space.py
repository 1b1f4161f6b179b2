"""Spaces hold every combination of a call's parameters once, each under a number."""

from __future__ import annotations

from itertools import product

import pytest

from oracle.calls import CallSpec, Kind, Param, Result
from oracle.errors import UsageError
from oracle.registry import load_flavors
from oracle.sweep.space import Space, space_named, space_of, spaces
from tests.unit.toys import TINY

FLAVORS = load_flavors().flavors
DRAGONFLIES = tuple(flavor for flavor in FLAVORS if flavor.system == "dragonfly")
NETBSD = tuple(flavor for flavor in FLAVORS if flavor.system == "netbsd")
CLONE = CallSpec(
    "clone",
    "",
    (
        Param("how", Kind.TEXT, "", "well", choices=("badly", "well")),
        Param(
            "flags", Kind.FLAGS, "", names=(("A", 1), ("B", 8), ("BOTH", 9), ("WIDE", 0x30), ("OURS", 0x40)), private=("OURS",)
        ),
        Param("now", Kind.SWITCH, "", True),
        Param("name", Kind.TEXT, "", "x"),
    ),
    Result.PROCESS,
    True,
)


def test_a_space_has_every_combination_once() -> None:
    space = space_of(CLONE, TINY)
    found = [tuple(sorted(space.args(index).items())) for index in range(space.size)]
    words = [a | b | c | d for a, b, c, d in product((0, 1), (0, 8), (0, 0x10), (0, 0x20))]
    wanted = product([("flags", word) for word in words], [("how", "well"), ("how", "badly")], [("now", True), ("now", False)])
    assert sorted(found) == sorted(wanted)


def test_case_0_is_the_simplest_and_texts_have_names() -> None:
    space = space_of(CLONE, TINY)
    assert space.text(0) == "clone(flags=0)"
    assert space.args(0) == {"flags": 0, "how": "well", "now": True}
    index = space.index({"flags": 0x19, "now": False})
    assert space.text(index) == "clone(flags=A|B|0x10, now=false)"
    assert space.weight(index) == 4
    assert space.index(space.args(index)) == index


def test_the_space_of_rfork_is_every_word_that_a_program_may_ask_for() -> None:
    space = space_named("rfork", DRAGONFLIES)
    assert space.size == 8192
    assert "RFPPWAIT" not in space.text(8191)
    names = dict(DRAGONFLIES[0].calls["rfork"].spec.params[0].names)
    user = [bit for name, bit in names.items() if name not in ("RFPPWAIT", "RFPGLOCK")]
    assert {space.args(index)["flags"] for index in range(8192)} == {
        sum(bit for place, bit in enumerate(user) if index >> place & 1) for index in range(8192)
    }


def test_stray_bits_stand_alone_beside_every_word() -> None:
    space = space_named("rfork+undeclared", DRAGONFLIES)
    words = [space.args(index)["flags"] for index in range(space.size)]
    assert len(set(words)) == len(words) == 8192 * (1 + 32 - 13)
    assert space.text(8192 + 20) == "rfork(flags=RFFDG|RFPROC|0x80)"
    assert space.text(space.size - 1).endswith("|RFPPWAIT)")


def test_clone_and_the_kernels_own_calls_have_spaces() -> None:
    assert space_named("__clone", NETBSD).size == (1 << 18) * 5
    assert space_named("fork1", NETBSD).size == 256 * 5 * 2 * 2
    assert space_named("fork1", DRAGONFLIES).size == (1 << 15) * 2


def test_flavors_of_several_systems_have_intents_in_common() -> None:
    common = spaces(FLAVORS)
    assert {"fork", "vfork", "spawn"} <= set(common)
    assert "rfork" not in common
    assert common["spawn"].size == 2304


def test_a_name_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no space 'rfrok' in common; did you mean rfork\?") as caught:
        space_named("rfrok", DRAGONFLIES)
    assert "spawn" in str(caught.value)


def test_a_case_beyond_the_last_is_refused() -> None:
    space = Space("s", "fork", ())
    assert space.size == 1
    with pytest.raises(UsageError, match="there is no case 1"):
        space.args(1)
