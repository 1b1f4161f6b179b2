"""Finds what would let the host show through in a simulated kernel: its modules, its addresses, the order of its sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.lint.tree import Complaint, Function, Module, Modules

# What kernel code may import besides the project: pure, and the same on every host.
PURE = {
    "__future__", "abc", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum", "functools", "heapq",
    "itertools", "math", "operator", "re", "types", "typing",
}  # fmt: skip
OURS = {"oracle", "flavors"}
FORBIDDEN_CALLS = {
    "id": "order comes from serial numbers, identity from `is`",
    "hash": "it differs from run to run",
    "open": "kernel code reads no files of the host",
    "input": "kernel code asks nobody",
    "print": "the kernel prints with k.printf",
    "eval": "no code is made from text",
    "exec": "no code is made from text",
    "__import__": "import at the top of the module",
}
MAKES_A_SET = {"set", "frozenset"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
KEEPS_ORDER = {
    "list", "tuple", "iter", "enumerate", "next", "map", "filter", "zip", "reversed", "dict", "deque", "join", "extend",
}  # fmt: skip


def host_use(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """Uses of the host in modules below the checked packages."""
    found = []
    for module in modules:
        if module.name.startswith(checked):
            found += [Complaint(module.place, line, message) for line, message in _complaints(module)]
    return sorted(found)


def _complaints(module: Module) -> Iterator[tuple[int, str]]:
    sets = _named_sets(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, _forbidden(alias.name)) for alias in node.names if not _allowed(alias.name))
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module and not _allowed(node.module):
            yield node.lineno, _forbidden(node.module)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS and not _defines(module, node.func.id):
                yield node.lineno, f"{node.func.id}(…): {FORBIDDEN_CALLS[node.func.id]}"
            word = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if word in KEEPS_ORDER and any(_is_set(argument, sets) for argument in node.args):
                yield node.lineno, f"{word}(…) of a set takes the host's order: sort it, or use a dict"
            if word == "pop" and isinstance(node.func, ast.Attribute) and not node.args and _is_set(node.func.value, sets):
                yield node.lineno, "pop() of a set takes the host's choice: use a list or a dict"
        elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter, sets):
            yield node.iter.lineno, "iteration over a set takes the host's order: sort it, or use a dict"
        elif isinstance(node, ast.Starred) and _is_set(node.value, sets):
            yield node.lineno, "unpacking a set takes the host's order: sort it, or use a dict"


def _allowed(name: str) -> bool:
    return name.partition(".")[0] in PURE | OURS


def _forbidden(name: str) -> str:
    return f"{name} is the host's (or nobody has said that it is not): kernel code may import {', '.join(sorted(PURE))}"


def _defines(module: Module, name: str) -> bool:
    """Whether a module has something of its own under a builtin's name, such as the system call open."""
    return name in module.imports or module.top_level(name) is not None


def _named_sets(module: Module) -> set[str]:
    """Names and attributes that are declared, or assigned, as sets anywhere in a module."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation):
            found.add(ast.unparse(node.target))
        elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
            found.update(ast.unparse(target) for target in node.targets)
        elif isinstance(node, Function):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            found.update(given.arg for given in every if given.annotation is not None and _is_set_type(given.annotation))
    return found


def _is_set_type(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return isinstance(annotation, ast.Name) and annotation.id in {*MAKES_A_SET, "Set", "AbstractSet", "MutableSet"}


def _is_set(node: ast.expr, named: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id in MAKES_A_SET
        return isinstance(node.func, ast.Attribute) and node.func.attr in SET_METHODS
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return _is_set(node.left, named) or _is_set(node.right, named)
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in named
