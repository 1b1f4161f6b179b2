"""Bugs are planted where decisions cite the C, one at a time, and always the same for a seed."""

from __future__ import annotations

import ast

from tests.planted.places import FILES, ROOT, in_order, places

ALL = places()


def test_there_are_places_of_each_kind_in_each_flavor_and_each_cites_lines() -> None:
    assert {(place.file, place.kind) for place in ALL} == {
        (file, kind) for file in FILES for kind in ("negate", "drop", "swap")
    }
    assert all(place.cited[0].isdigit() for place in ALL)


def test_a_change_is_of_one_line_and_can_be_compiled() -> None:
    for place in in_order(ALL, 1)[:60]:
        before = (ROOT / place.file).read_text("utf-8")
        after = place.planted(before)
        ast.parse(after)
        differing = [
            at for at, (one, two) in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), 1) if one != two
        ]
        assert differing == [place.line]


def test_the_order_depends_on_the_seed_alone_and_takes_no_line_twice() -> None:
    order = in_order(ALL, 1)
    assert order == in_order(places(), 1) != in_order(ALL, 2)
    assert len({(place.file, place.line) for place in order}) == len(order)
    assert {place.kind for place in order[:3]} == {"negate", "drop", "swap"}
