"""Where kernel code raises an errno: the raise statements of a flavor's modules, and which C each stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType, TracebackType

from oracle.cite import Citation, citation, marks_in
from oracle.machine import errno
from oracle.machine.errno import Errno

ERRNOS = frozenset(name for name, value in vars(errno).items() if isinstance(value, type) and issubclass(value, Errno))


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One place that raises an errno. `ranges` are the C lines of its `# [a-b]` marks, and of those at and above its `if`."""

    module: str
    line: int
    function: str = ""
    what: str = ""  # the statement's own words: EINVAL('RFFDG with RFCFDG')
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def place(self) -> str:
        """The site in words that do not change when lines above it do."""
        return f"{self.module}.{self.function}: {self.what}"


@lru_cache(maxsize=256)
def sites_in(module: str, file: str) -> tuple[Site, ...]:
    """All raise statements of a module that raise an errno: by its name, or made by a function that says it returns one."""
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    tree = ast.parse(text)
    makers = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id in ERRNOS
    }
    marks: dict[int, list[tuple[int, int]]] = {}
    for mark in marks_in(text):
        marks.setdefault(mark.python_line, []).append((mark.first, mark.last))
    found = []
    for node, path in _raises(tree, ()):
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if not isinstance(made, ast.Name) or made.id not in ERRNOS | makers:
            continue
        owners = ".".join(one.name for one in path if isinstance(one, ast.FunctionDef | ast.ClassDef))
        lines = _lines(node, path, text.splitlines())
        what = ast.unparse(node.exc) if node.exc else ""
        found.append(Site(module, node.lineno, owners, what, _joined(one for line in lines for one in marks.get(line, ()))))
    return tuple(found)


def site_of(error: BaseException) -> tuple[Site, str]:
    """Where an errno was raised, and the C that it stands for: file, revision and function, and lines where they are known."""
    frames = list(_frames(error.__traceback__))
    frame, line = frames[-1]
    module = str(frame.f_globals.get("__name__", ""))
    known = sites_in(module, frame.f_code.co_filename)
    site = next((one for one in known if one.line == line), Site(module, line, frame.f_code.co_qualname, type(error).__name__))
    for one, _ in reversed(frames):
        cited = _cited(one)
        if cited is not None:
            return site, _cite(cited, site.ranges if one is frame else ())
    return site, ""


def chain(error: BaseException) -> Iterator[Errno]:
    """An errno, and those that it was raised in place of."""
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, Errno):
            yield one
        one = one.__context__


def _raises(node: ast.AST, path: tuple[ast.AST, ...]) -> Iterator[tuple[ast.Raise, tuple[ast.AST, ...]]]:
    """Every raise statement, with the nodes that it is in, from outside to inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise):
            yield child, (*path, node)
        else:
            yield from _raises(child, (*path, node))


def _lines(node: ast.Raise, path: tuple[ast.AST, ...], text: list[str]) -> set[int]:
    """The lines of the statement and of the test of the innermost `if` around it, with the comments right above each."""
    spans = [(node.lineno, node.end_lineno or node.lineno)]
    around = [one for one in path if isinstance(one, ast.If)]
    if around:
        spans.append((around[-1].lineno, around[-1].test.end_lineno or around[-1].lineno))
    found: set[int] = set()
    for first, last in spans:
        above = first
        while above > 1 and text[above - 2].lstrip().startswith("#"):
            above -= 1
        found.update(range(above, last + 1))
    return found


def _joined(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those next to each other as one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(set(ranges)):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _cited(frame: FrameType) -> Citation | None:
    """What the function of a frame models, if its module has it by name."""
    return citation(frame.f_globals.get(frame.f_code.co_name))


def _cite(cited: Citation, ranges: tuple[tuple[int, int], ...]) -> str:
    lines = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    return f"{cited.source.path} {cited.source.revision}, {cited.function}{f' [{lines}]' if lines else ''}"
