"""Finds annotations that mean nothing: all modules postpone their evaluation, so nothing else at run time would notice."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

from tests.lint.tree import Complaint, Function, Module, Modules


def meaningless(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """Annotations, in modules below the checked packages, that are no types when they are evaluated where they stand."""
    return sorted(
        Complaint(module.place, annotation.lineno, f"{ast.unparse(annotation)} is no type: {problem}")
        for module in modules
        if module.name.startswith(checked)
        for annotation in _said(module)
        if (problem := _problem(module, annotation))
    )


def _said(module: Module) -> Iterator[ast.expr]:
    """Every annotation of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            said: list[ast.expr | None] = [node.returns]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            said = [node.annotation]
        else:
            continue
        yield from (one for one in said if one is not None)


def _problem(module: Module, annotation: ast.expr) -> str:
    names = vars(importlib.import_module(module.name))
    try:
        kind = eval(compile(ast.Expression(annotation), module.place, "eval"), names)  # noqa: S307  # the project's own
    except (TypeError, NameError, AttributeError, SyntaxError) as error:
        return str(error)
    return "a number" if isinstance(kind, bool | int | float) else ""
