"""Reads what a flavor's Python says about its C: which functions `@models` ties to it, and the statement behind every mark.

The functions are found where they are: in the loaded modules. So a flavor from outside is read like ours.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from oracle.cite import MARK, Citation, Mark, Source, citation, comments_in, marks_in

_NEARLY = re.compile(r"#.*(?<![\w\])])\[\s*\d+\s*(?:[-–,;.]|\])")
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_DECIDES = (ast.If, ast.While, ast.For, ast.Match)


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """A mistake in what is said about the C: where, and what to do about it."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Cited:
    """A function with `@models`: its lines, with decorators and closing comments, and what it cites."""

    first: int
    last: int
    name: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its lines (of one that has a block, those before it), whether it takes one of several ways, its text, and
    the names in it."""

    first: int
    last: int
    decides: bool
    block: tuple[int, int]  # first and last line of its block; 0, 0 if it has none
    text: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark, the file it stands in, the function around it and the statement it is about; None where there is none."""

    place: str
    mark: Mark
    under: Cited | None
    statement: Statement | None

    def __str__(self) -> str:
        return f"{self.place}:{self.mark.python_line}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one module says. `place` is its path below the folder that its top package is in."""

    place: str
    file: str
    cited: tuple[Cited, ...]
    marks: tuple[Placed, ...]
    flaws: tuple[Flaw, ...]


def modules_citing(sources: Iterable[Source]) -> list[ModuleType]:
    """The loaded modules that model one of these sources, by name."""
    wanted = frozenset(sources)
    return [
        module
        for name, module in sorted(sys.modules.items())
        if name != "__main__" and any(said.source in wanted for _, said in _citing(module))
    ]


def read(module: ModuleType) -> Reading:
    """What a module says about C sources. One whose text is not at hand says nothing."""
    file = getattr(module, "__file__", None) or ""
    try:
        text = Path(file).read_text(encoding="utf-8") if file.endswith(".py") else ""
    except OSError:
        text = ""
    place = _place(module)
    tree = ast.parse(text)
    nodes = {_first(node): node for node in ast.walk(tree) if isinstance(node, _FUNCTION)}
    lines = text.splitlines()
    cited = [
        Cited(first, _last_line(lines, nodes[first]), nodes[first].name, said)
        for first, said in ((code.co_firstlineno, said) for code, said in _code_citing(module))
        if first in nodes
    ]
    extents = [_extent(node, lines) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    marks = []
    for mark in marks_in(text):
        around = [one for one in cited if one.first <= mark.python_line <= one.last]
        under = max(around, key=lambda one: one.first) if around else None
        behind = _behind(mark.python_line, extents, lines, under)
        marks.append(Placed(place, mark, under, None if behind is None else _statement(behind)))
    return Reading(place, file, tuple(sorted(cited, key=lambda one: one.first)), tuple(marks), tuple(_nearly(place, text)))


def _citing(module: ModuleType) -> Iterator[tuple[FunctionType, Citation]]:
    """The functions of a module, methods among them, that cite a source; each as it was written, without what wraps it."""
    holders: list[object] = [module]
    holders += [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
    for holder in holders:
        for value in list(vars(holder).values()):
            function = getattr(value, "__func__", value)
            if inspect.isfunction(function) and (said := citation(function)) is not None:
                function = inspect.unwrap(function)
                if inspect.isfunction(function) and function.__module__ == module.__name__:
                    yield function, said


def _code_citing(module: ModuleType) -> Iterator[tuple[CodeType, Citation]]:
    for function, said in {id(function): (function, said) for function, said in _citing(module)}.values():
        yield function.__code__, said


def _place(module: ModuleType) -> str:
    """The module's path below the folder of its top package: the same on every machine."""
    path = Path(getattr(module, "__file__", None) or module.__name__)
    depth = module.__name__.count(".") + (1 if path.name == "__init__.py" else 0)
    return "/".join(path.parts[-depth - 1 :])


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _last_line(lines: list[str], function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The last line of a function, with the comments that follow its last statement at its depth."""
    last = function.end_lineno or function.lineno
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1]
        depth = len(line) - len(line.lstrip())
        if line.strip() and not (line.lstrip().startswith("#") and depth > function.col_offset):
            break
        if line.strip():
            last = number
    return last


@dataclass(frozen=True, slots=True)
class _Extent:
    """The lines of a statement, and those of its block, as in `Statement`."""

    first: int
    last: int
    block: tuple[int, int]
    node: ast.stmt


def _extent(node: ast.stmt, lines: list[str]) -> _Extent:
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return _Extent(node.lineno, node.end_lineno or node.lineno, (0, 0), node)
    start = body[0].pattern.lineno if isinstance(body[0], ast.match_case) else body[0].lineno
    end = body[-1].body[-1].end_lineno if isinstance(body[-1], ast.match_case) else body[-1].end_lineno
    last = max(node.lineno, start - 1)
    while last > node.lineno and _is_remark(lines[last - 1]):  # a comment before the block is about its first statement
        last -= 1
    return _Extent(node.lineno, last, (start, end or start), node)


def _statement(extent: _Extent) -> Statement:
    node = extent.node
    if not extent.block[0]:
        return Statement(extent.first, extent.last, False, extent.block, _text(node), _names([node]))
    head = [part for name, part in ast.iter_fields(node) if name not in ("body", "orelse", "finalbody", "handlers", "cases")]
    return Statement(extent.first, extent.last, isinstance(node, _DECIDES), extent.block, _text(node), _names(head))


def _text(node: ast.stmt) -> str:
    """The statement without its block, as Python would write it."""
    if isinstance(node, ast.If | ast.While):
        return f"{'if' if isinstance(node, ast.If) else 'while'} {ast.unparse(node.test)}"
    if isinstance(node, ast.For):
        return f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    if isinstance(node, _FUNCTION):
        return f"def {node.name}"
    return type(node).__name__.lower() if hasattr(node, "body") else ast.unparse(node)


def _names(parts: Iterable[object]) -> frozenset[str]:
    nodes = [node for part in parts if isinstance(part, ast.AST) for node in ast.walk(part)]
    names = [node.id for node in nodes if isinstance(node, ast.Name)] + [
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    ]
    return frozenset(names)


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _behind(line: int, statements: list[_Extent], lines: list[str], under: Cited | None) -> _Extent | None:
    """The statement that a comment is about: the one it stands in; on a line of its own, the next one, or else the last."""
    inside = [one for one in statements if one.first <= line <= one.last]
    if inside:
        return max(inside, key=lambda one: one.first)
    if under is None:
        return None
    within = [one for one in statements if under.first < one.first and one.last <= under.last]
    after = [one for one in within if one.first > line]
    before = [one for one in within if one.last < line]
    depth = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    if after:
        found = min(after, key=lambda one: one.first)
        text = lines[found.first - 1]
        if len(text) - len(text.lstrip()) >= depth or not before:
            return found
    return max(before, key=lambda one: one.first) if before else None


def _nearly(place: str, text: str) -> list[Flaw]:
    """Comments that look as if they were meant to be marks."""
    return [
        Flaw(place, line, f"{comment!r} is nearly a mark: write `# [a-b] words`")
        for line, comment in comments_in(text)
        if not MARK.search(comment) and _NEARLY.search(comment)
    ]
