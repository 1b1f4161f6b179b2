"""The mutants: cosmic-ray's operators and one of ours, the session that remembers results, what a mutation changes."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray import plugins
from cosmic_ray.commands.init import init
from cosmic_ray.modules import filter_paths, find_modules
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec

FLAVORS = Path("flavors")
NOTHING, ANNOTATION, CITATION = "nothing is changed", "an annotation, which is never evaluated", "a citation"


class DeleteStatement(Operator):  # type: ignore[misc]  # cosmic-ray says nothing of its types
    """Puts `pass` in place of an assignment, a call or a `return`: cosmic-ray's own operators leave most effects alone."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Where it can."""
        if node.type == "simple_stmt" and node.children[0].type in ("expr_stmt", "atom_expr", "return_stmt", "raise_stmt"):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Do it."""
        import parso

        (statement,) = parso.parse("pass\n").children[:1]
        statement.children[0].prefix = node.get_first_leaf().prefix
        statement.children[1].prefix = node.children[-1].prefix
        return statement

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """One, for people."""
        return (Example("x = 1\n", "pass\n"),)


plugins.OPERATOR_PROVIDERS["ours"] = {"DeleteStatement": DeleteStatement}


def make_session(db: WorkDB) -> None:
    """List all mutants of flavors/ in an empty session."""
    init(sorted(filter_paths(find_modules([FLAVORS]), [])), db, {})


def in_order(items: list[MutationSpec], seed: int) -> list[MutationSpec]:
    """In an order by chance, always the same for a seed."""
    items = sorted(items, key=lambda one: (str(one.module_path), one.operator_name, one.occurrence))
    random.Random(seed).shuffle(items)
    return items


def mutated(spec: MutationSpec, text: str) -> str:
    """The module with the mutation."""
    operator = plugins.get_operator(spec.operator_name)(**spec.operator_args)
    code = mutate_code(text, operator, spec.occurrence)
    assert isinstance(code, str), spec
    return code


def effect(module: Path, text: str, code: str) -> str:
    """What a mutation changes, if that is nothing that a scenario could see; or "". Where nothing changes, it is no mutant."""
    if module.name.endswith("_map.py"):
        return CITATION  # line numbers of the C, and nothing else
    one, two = ast.parse(text), ast.parse(code)
    if ast.dump(one) == ast.dump(two):
        return NOTHING
    for changed, strip in ((ANNOTATION, _Annotations()), (CITATION, _Citations())):
        one, two = strip.visit(one), strip.visit(two)
        if ast.dump(one) == ast.dump(two):
            return changed
    return ""


class _Annotations(ast.NodeTransformer):
    """Takes annotations away: all modules postpone their evaluation, for ever."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


class _Citations(ast.NodeTransformer):
    """Takes away what `@models` and `Source` say; the house lints compare that with the listings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [one for one in node.decorator_list if not _calls(one, "models")]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return ast.Constant(None) if _calls(node, "Source") else self.generic_visit(node)


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
