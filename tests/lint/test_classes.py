"""Kernel objects are identities, values are frozen, and both have slots: a misspelt field is an error."""

from __future__ import annotations

import ast

import pytest

from tests.lint.tree import Complaint, Modules

CHECKED = ("oracle.machine", "flavors")


def unfit(modules: Modules) -> list[Complaint]:
    """Data classes of machine and flavors that take any attribute, or can be changed and compared by value at once."""
    found = []
    for module in modules:
        classes = [node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
        for node in classes if module.name.startswith(CHECKED) else ():
            for said in map(_said, node.decorator_list):
                if said is not None and said.get("slots") != "True":
                    found.append(Complaint(module.place, node.lineno, f"{node.name} has no slots: say slots=True"))
                if said is not None and said.get("frozen") != "True" and said.get("eq") != "False":
                    message = f"{node.name} is neither a value (frozen=True) nor an identity (eq=False)"
                    found.append(Complaint(module.place, node.lineno, message))
    return sorted(found)


def _said(decorator: ast.expr) -> dict[str | None, str] | None:
    """The options of `@dataclass`, if it is one."""
    if isinstance(decorator, ast.Name):
        return {} if decorator.id == "dataclass" else None
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dataclass":
        return {keyword.arg: ast.unparse(keyword.value) for keyword in decorator.keywords}
    return None


@pytest.mark.parametrize(
    ("decorator", "count"),
    [
        ("dataclass", 2),
        ("dataclass(slots=False, eq=False)", 1),
        ("dataclass(frozen=True)", 1),
        ("dataclass(slots=True)", 1),
        ("dataclass(slots=True, eq=True)", 1),
        ("dataclass(slots=True, frozen=False)", 1),
        ("dataclass(slots=True, frozen=True)", 0),
        ("dataclass(slots=True, eq=False)", 0),
        ("counted(1)", 0),
    ],
)
def test_an_unfit_class_is_found(decorator: str, count: int) -> None:
    assert len(unfit(Modules.planted({"flavors.bsd": f"@{decorator}\nclass C:\n    x: int\n"}))) == count


def test_the_classes_of_machine_and_flavors_are_fit() -> None:
    assert unfit(Modules.of_project("oracle/machine", "flavors")) == []
