"""What stands in the Python text of a flavor: decisions, what each way of them could write, raise or wait for."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType, ModuleType

from oracle.machine.machine import Machine

ANY = -1  # bits that can't be told from the text
_MUTATORS = frozenset({"append", "insert", "remove", "pop", "clear", "extend", "update", "setdefault", "add", "discard"})
_SLEEPS = frozenset({"tsleep", "cv_wait", "cv_wait_sig"})
_DEPTH = 6  # calls inside calls that are looked at


@dataclass(frozen=True, slots=True)
class Decision:
    """An `if` or a loop: its first line, the last line of its condition, its block, and the lines of what it does otherwise."""

    module: str
    first: int
    head: int
    block: tuple[int, int]
    orelse: tuple[int, int]  # 0, 0: nothing
    loop: bool


@dataclass(frozen=True, slots=True)
class Effects:
    """What a piece of kernel code could do: fields that it writes, with the bits if it names any; errors; whether it sleeps."""

    fields: Mapping[str, int]
    raises: frozenset[str]
    sleeps: bool


class Statements:
    """The text of one module."""

    def __init__(self, module: ModuleType) -> None:
        file = getattr(module, "__file__", None) or ""
        text = Path(file).read_text(encoding="utf-8") if file.endswith(".py") else ""
        self.module = module
        self.tree = ast.parse(text)
        self.decisions: dict[int, Decision] = {}
        self._nodes: dict[int, ast.If | ast.While | ast.For] = {}
        self._ways: dict[tuple[int, bool], Way] = {}
        self._calls: dict[int, list[ast.Call]] = {}
        self._guards: list[tuple[int, int, int]] = []  # first and last line inside, and the line that decides
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If | ast.While | ast.For):
                self._decision(node)
            elif isinstance(node, ast.Call):
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    self._calls.setdefault(line, []).append(node)

    def _decision(self, node: ast.If | ast.While | ast.For) -> None:
        condition = node.iter if isinstance(node, ast.For) else node.test
        block, orelse = _extent(node.body), _extent(node.orelse)
        loop = not isinstance(node, ast.If)
        head = condition.end_lineno or node.lineno
        self.decisions[node.lineno] = Decision(self.module.__name__, node.lineno, head, block, orelse, loop)
        self._nodes[node.lineno] = node
        self._guards.append((block[0], block[1], node.lineno))
        if orelse[0]:
            self._guards.append((orelse[0], orelse[1], node.lineno))

    def guards(self, line: int) -> list[int]:
        """The lines of the decisions around a line, the nearest first. They are of its function: functions have no decisions
        around them."""
        around = [(last - first, decides) for first, last, decides in self._guards if first <= line <= last]
        return [decides for _, decides in sorted(around)]

    def computed(self, line: int) -> list[int]:
        """The lines on which the local names were computed that a decision consists of: `if tracefork` and the like."""
        node = self._nodes[line]
        test = node.test if isinstance(node, ast.If | ast.While) else None
        test = test.operand if isinstance(test, ast.UnaryOp) else test
        if not isinstance(test, ast.Name):
            return []
        return [
            one.lineno
            for one in ast.walk(self.tree)
            if isinstance(one, ast.Assign)
            and one.lineno < line
            and any(isinstance(target, ast.Name) and target.id == test.id for target in one.targets)
        ][-1:]

    def other_way(self, decision: Decision, taken: bool) -> Way:
        """What a decision kept from running."""
        way = self._ways.get((decision.first, taken))
        if way is None:
            node = self._nodes[decision.first]
            way = self._ways[decision.first, taken] = Way(node.orelse if taken else node.body, vars(self.module))
        return way

    def given(self, line: int, kind: str, names: tuple[str, ...]) -> frozenset[str]:
        """The parameters that a call of a class, on some line, has arguments for."""
        for call in self._calls.get(line, ()):
            if isinstance(call.func, ast.Name) and call.func.id == kind:
                return frozenset([*names[: len(call.args)], *(word.arg for word in call.keywords if word.arg)])
        return frozenset()

    def argument(self, line: int, kind: str, names: tuple[str, ...], field: str) -> tuple[int, int] | None:
        """The lines on which a field's argument stands in a call of a class."""
        for call in self._calls.get(line, ()):
            if isinstance(call.func, ast.Name) and call.func.id == kind:
                found = next((word.value for word in call.keywords if word.arg == field), None)
                if found is None and field in names and names.index(field) < len(call.args):
                    found = call.args[names.index(field)]
                return None if found is None else (found.lineno, found.end_lineno or found.lineno)
        return None

    def effects(self, block: Sequence[ast.stmt]) -> Effects:
        """What a block could do, calls included."""
        return _effects(block, vars(self.module), _DEPTH)


@lru_cache(maxsize=1024)
def statements_of(module: str) -> Statements:
    """The text of a loaded module."""
    return Statements(sys.modules[module])


@dataclass(frozen=True, slots=True)
class Target:
    """What a statement writes: a field of what `base` stands for, or of the container that it stands for (`field` is "").

    `key`: the entry of the container, if the text names one; `value`: what is assigned, if something is.
    """

    base: ast.expr
    field: str
    key: object = None
    value: ast.expr | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A call in the text: the function, if the text says which, the expressions that it is passed, and texts among them."""

    function: FunctionType
    passed: tuple[ast.expr, ...]
    texts: tuple[str, ...]


class Way:
    """What one way of a decision could do, read from its text once: a decision may be met many thousand times."""

    def __init__(self, block: Sequence[ast.stmt], names: Mapping[str, object]) -> None:
        self.targets = tuple([(target, bits_of(target.value, names)) for target in targets(block)])
        self.raises = frozenset(raised(block))
        self.sleeps = sleeps(block)
        self.calls = tuple([called for call in calls(block) if (called := _called(call, names)) is not None])
        self._fields = {target.field for target, _ in self.targets}

    def may_write(self, field: str) -> bool:
        """Whether a field of that name may be written at all: what is not named may be anything."""
        return field in self._fields or "" in self._fields

    def calls_writing(self, field: str) -> Iterator[Called]:
        """The calls that could write a field of that name."""
        for called in self.calls:
            if field in effects_of(called.function).fields:
                yield called


def _called(call: ast.Call, names: Mapping[str, object]) -> Called | None:
    function = function_called(call, names)
    if function is None:
        return None
    inner = call.func.value if isinstance(call.func, ast.Attribute) else None
    passed = (*call.args, *([inner] if inner is not None else []))
    texts = tuple([one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)])
    return Called(function, passed, texts)


def targets(block: Sequence[ast.stmt]) -> Iterator[Target]:
    """What a block itself writes."""
    for node in _walk(block):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
            value = None if isinstance(node, ast.Delete) else node.value
            for target in _flat(node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]):
                entry = isinstance(target, ast.Subscript)
                inner = target.value if isinstance(target, ast.Subscript) else target
                key = (
                    target.slice.value if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) else None
                )
                if isinstance(inner, ast.Attribute):
                    yield Target(inner.value, inner.attr, key, value)
                elif entry:
                    yield Target(inner, "", key, value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            held = node.func.value
            if isinstance(held, ast.Attribute):
                yield Target(held.value, held.attr)
            else:
                yield Target(held, "")


def calls(block: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """The calls in a block."""
    for node in _walk(block):
        if isinstance(node, ast.Call):
            yield node


def raised(block: Sequence[ast.stmt]) -> Iterator[str]:
    """The names of the errors that a block itself raises."""
    for node in _walk(block):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            yield node.exc.func.id


def sleeps(block: Sequence[ast.stmt]) -> bool:
    """Whether a block itself goes to sleep."""
    return any(_name(call.func) in _SLEEPS for call in calls(block))


def bits_of(value: ast.expr | None, names: Mapping[str, object]) -> int:
    """The constants that an expression names, together; ANY if it names none."""
    bits = [
        number
        for node in (ast.walk(value) if value is not None else ())
        if isinstance(node, ast.Name) and node.id.isupper() and isinstance(number := names.get(node.id), int)
    ]
    return ANY if not bits else _union(bits)


def function_called(call: ast.Call, names: Mapping[str, object]) -> FunctionType | None:
    """The function that a call is of, if the text says which."""
    func = call.func
    found: object = None
    if isinstance(func, ast.Name):
        found = names.get(func.id)
    elif isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        holder = Machine if func.value.id == "k" else names.get(func.value.id)
        found = getattr(holder, func.attr, None) if isinstance(holder, ModuleType | type) else None
    found = inspect.unwrap(found) if callable(found) else None
    return found if isinstance(found, FunctionType) and found.__code__.co_filename.endswith(".py") else None


@lru_cache(maxsize=4096)
def effects_of(function: FunctionType, depth: int = _DEPTH) -> Effects:
    """What a function could do, with what it calls."""
    first = function.__code__.co_firstlineno
    for node in ast.walk(statements_of(function.__module__).tree):
        if isinstance(node, ast.FunctionDef) and min([node.lineno, *(one.lineno for one in node.decorator_list)]) == first:
            return _effects(node.body, function.__globals__, depth)
    return Effects({}, frozenset(), False)


def _effects(block: Sequence[ast.stmt], names: Mapping[str, object], depth: int) -> Effects:
    fields: dict[str, int] = {}
    errors = set(raised(block))
    asleep = sleeps(block)
    aliases = _aliases(block)
    for target in targets(block):
        field = target.field or (aliases.get(target.base.id, "") if isinstance(target.base, ast.Name) else "")
        _add(fields, field, bits_of(target.value, names))
    for call in calls(block):
        function = function_called(call, names) if depth else None
        if function is not None:
            more = effects_of(function, depth - 1)
            for field, bits in more.fields.items():
                _add(fields, field, bits)
            errors |= more.raises
            asleep = asleep or more.sleeps
    return Effects(fields, frozenset(errors), asleep)


def _aliases(block: Sequence[ast.stmt]) -> dict[str, str]:
    """Local names that stand for what a field holds."""
    return {
        target.id: node.value.attr
        for node in _walk(block)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _add(fields: dict[str, int], field: str, bits: int) -> None:
    fields[field] = ANY if bits == ANY else fields.get(field, 0) | bits


def _extent(block: Sequence[ast.stmt]) -> tuple[int, int]:
    return (block[0].lineno, block[-1].end_lineno or block[-1].lineno) if block else (0, 0)


def _walk(block: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in block:
        yield from ast.walk(statement)


def _flat(expressions: Sequence[ast.expr]) -> Iterator[ast.expr]:
    for one in expressions:
        if isinstance(one, ast.Tuple | ast.List):
            yield from _flat(one.elts)
        else:
            yield one


def _name(func: ast.expr) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def _union(bits: Sequence[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found
