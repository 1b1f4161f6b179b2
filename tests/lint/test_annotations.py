"""Annotations, which nothing evaluates, mean something all the same."""

from __future__ import annotations

import pytest

from tests.lint.annotations import meaningless
from tests.lint.tree import Modules

NAME = "tests.lint.tree"  # any module with names in it: ast, Mapping, Modules …


@pytest.mark.parametrize(
    "text",
    [
        "def f(x: int + None): ...",
        "def f(*x: Mapping[str, int] & None): ...",
        "def f() -> Modules // None: ...",
        "class C:\n    x: list[int] ** None",
        "def f():\n    x: Modules - int = 1",
        "def f(x: Nobody): ...",
        "def f(x: ast.Nothing): ...",
        "x: 1 = 1",
    ],
)
def test_an_annotation_that_is_no_type_is_found(text: str) -> None:
    assert len(meaningless(Modules.planted({NAME: text}), ("tests",))) == 1


@pytest.mark.parametrize(
    "text", ["def f(x: int | None, *y: Mapping[str, Modules | None]) -> ast.AST | None: ...", "x: bool = 1"]
)
def test_an_annotation_that_is_a_type_is_no_fault(text: str) -> None:
    assert meaningless(Modules.planted({NAME: text}), ("tests",)) == []


def test_the_annotations_of_the_flavors_are_types() -> None:
    assert meaningless(Modules.of_project("flavors"), ("flavors",)) == []
