"""Finds operators that do not fit what they are applied to: sums of flag words, an order of states, numbers compared by `is`.

Some of these come to the right number, as `A + B` does for two flags. That is luck: the next flag may be in there already.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.lint.tree import Complaint, Module, Modules

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
SHIFT = (ast.LShift, ast.RShift)
OF_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
IDENTITY = (ast.Is, ast.IsNot)

# What holds a set of bits, by its name: fields of the kernels' structures, and the locals and parameters they are called.
BIT_SETS = re.compile(r"\w*flags?|\w+mask|\w*siglist|\w*sigignore|\w*sigcatch|bit|bits|options|caught|unblocked")
BOUNDS = re.compile(r".*MAX.*|.*MIN.*|.*LIMIT.*|NSIG|N[A-Z]+FILE|HZ")  # constants that have an order
STATES = re.compile(r"\w+_(stat|state|exclusive)")  # fields whose values are names, written as numbers
INTEGERS = ("int", "str", "float")


def misused(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """Operators that do not fit their operands, in modules below the checked packages."""
    kinds = Kinds(modules)
    return sorted(
        Complaint(module.place, node.lineno, message)
        for module in modules
        if module.name.startswith(checked)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.expr | ast.AugAssign)
        for message in kinds.mistakes(module, node)
        if not _in_annotation(module, node)
    )


class Kinds:
    """Tells what kind of value an expression has, by names, constants and the annotations of fields."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.constants = {module.name: dict(_constants(module)) for module in modules}
        self.plain = _plain_fields(modules)

    def mistakes(self, module: Module, node: ast.AST) -> Iterator[str]:
        """What is wrong with one expression."""
        if isinstance(node, ast.BinOp):
            yield from self._of_two(module, node.op, node.left, node.right)
        elif isinstance(node, ast.AugAssign):
            yield from self._of_two(module, node.op, node.target, node.value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            if self.is_bits(module, node.operand):
                yield f"{_text(node)}: a set of bits has no sign; `~` is its complement"
        elif isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for operator, left, right in zip(node.ops, operands, node.comparators, strict=False):
                yield from self._of_comparison(module, operator, left, right)

    def _of_two(self, module: Module, operator: ast.operator, left: ast.expr, right: ast.expr) -> Iterator[str]:
        bits = [one for one in (left, right) if self.is_bits(module, one)]
        if bits and isinstance(operator, ARITHMETIC) and not _is_low_bits(operator, left, right):
            yield f"{_text(bits[0])} is a set of bits: combine it by & | ^ ~ alone"
        if bits and isinstance(operator, SHIFT):
            yield f"{_text(bits[0])} is a set of bits, and neither shifted nor a distance"
        if isinstance(operator, OF_BITS) and any(_is_truth(one) for one in (left, right)):
            yield f"{_text(left)} with {_text(right)}: a truth value is no set of bits"

    def _of_comparison(self, module: Module, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Iterator[str]:
        both = (left, right)
        if isinstance(operator, ORDER):
            for one in both:
                if self.is_bits(module, one) or self.is_name(module, one):
                    yield f"{_text(one)} has no order: compare it by == or !="
        elif isinstance(operator, IDENTITY):
            if any(self.is_number(module, one) for one in both) and not any(_is_none(one) for one in both):
                yield f"{_text(left)}, {_text(right)}: numbers and texts are compared by ==, objects by `is`"
        elif isinstance(operator, ast.Eq | ast.NotEq) and any(_is_none(one) for one in both):
            yield f"{_text(left)}, {_text(right)}: None is compared by `is`"

    def is_bits(self, module: Module, node: ast.expr) -> bool:
        """Whether an expression is a set of bits: a flag, a flag word, a set of signals."""
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Invert) and self.is_bits(module, node.operand)
        if isinstance(node, ast.BinOp):
            one = isinstance(node.op, ast.LShift) and _is_number(node.left, 1)
            return one or (isinstance(node.op, OF_BITS) and any(self.is_bits(module, side) for side in (node.left, node.right)))
        if isinstance(node, ast.IfExp):
            return any(self.is_bits(module, one) for one in (node.body, node.orelse))
        if isinstance(node, ast.Call):
            return _last_word(node.func) in ("sigmask", "sigset")
        name = _last_word(node)
        if name.isupper():
            constant = self.constant(module, node)
            return constant is not None and not BOUNDS.fullmatch(name) and self._is_bit_constant(*constant)
        return bool(BIT_SETS.fullmatch(name))

    def is_name(self, module: Module, node: ast.expr) -> bool:
        """Whether a value is a name, spelt as a text or a constant: a state, a signal, an event."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str)
        name = _last_word(node)
        if name.isupper():
            return not BOUNDS.fullmatch(name.lstrip("_")) and self.is_number(module, node)
        return bool(STATES.fullmatch(name))

    def is_number(self, module: Module, node: ast.expr) -> bool:
        """Whether an expression is surely a number or a text."""
        if isinstance(node, ast.UnaryOp):
            return not isinstance(node.op, ast.Not)
        if isinstance(node, ast.BinOp | ast.JoinedStr):
            return True
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int | str | float) and not isinstance(node.value, bool)
        if isinstance(node, ast.Call):
            return _last_word(node.func) in ("len", "min", "max", "sigmask", "sigset", "number", "text")
        if isinstance(node, ast.Attribute) and not node.attr.isupper():
            return node.attr in self.plain
        constant = self.constant(module, node) if _last_word(node).isupper() else None
        return constant is not None and self.is_number(*constant)

    def constant(self, module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
        """The value of a constant of some module, and the module."""
        if isinstance(node, ast.Name) and node.id in self.constants[module.name]:
            return module, self.constants[module.name][node.id]
        dotted = ""
        if isinstance(node, ast.Name):
            dotted = module.imports.get(node.id, "")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            dotted = f"{module.imports.get(node.value.id, '')}.{node.attr}"
        base, _, name = dotted.rpartition(".")
        there = self.modules.by_name.get(base)
        if there is None:
            return None
        if name in self.constants[base]:
            return there, self.constants[base][name]
        return self.constant(there, ast.Name(name)) if name in there.imports else None

    def _is_bit_constant(self, module: Module, value: ast.expr) -> bool:
        if isinstance(value, ast.Constant):
            return isinstance(value.value, int) and _written_as_bits(module, value)
        return self.is_bits(module, value)


def _constants(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """The constants of a module, those of `A, B = 1, 2` among them."""
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                    pairs = zip(target.elts, statement.value.elts, strict=False)
                    yield from ((one.id, value) for one, value in pairs if isinstance(one, ast.Name))
                elif isinstance(target, ast.Name):
                    yield target.id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
            yield statement.target.id, statement.value


def _plain_fields(modules: Modules) -> frozenset[str]:
    """The fields that hold numbers or texts in every class that has them."""
    said: dict[str, set[str]] = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                        said.setdefault(inner.target.id, set()).add(ast.unparse(inner.annotation))
    return frozenset(name for name, kinds in said.items() if kinds <= set(INTEGERS))


def _written_as_bits(module: Module, value: ast.Constant) -> bool:
    """Whether a number is written in the base of bits."""
    line = module.text.splitlines()[value.lineno - 1]
    return line.encode()[value.col_offset :].decode().lower().startswith(("0x", "0o", "0b"))


def _is_low_bits(operator: ast.operator, left: ast.expr, right: ast.expr) -> bool:
    """`(1 << n) - 1`, the usual way to write n low bits."""
    of_one = isinstance(left, ast.BinOp) and isinstance(left.op, ast.LShift)
    return of_one and isinstance(operator, ast.Sub) and _is_number(right, 1)


def _is_truth(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_number(node: ast.expr, number: int) -> bool:
    return isinstance(node, ast.Constant) and node.value == number


def _in_annotation(module: Module, node: ast.AST) -> bool:
    """Whether a type is spelt here, where `|` is no operator on bits."""
    for around in module.around(node):
        if isinstance(around, ast.arg) or (isinstance(around, ast.AnnAssign) and node is around.annotation):
            return True
        if isinstance(around, ast.FunctionDef) and node is around.returns:
            return True
        node = around
    return False


def _last_word(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST) -> str:
    return ast.unparse(node)
