"""Checks what flavors say about the C they stand for: `@models(SOURCE, first, last)` and the `# [a-b]` marks inside."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass

from oracle.cite import MARK, Source
from tests.lint.listing import Listing
from tests.lint.tree import Complaint, Function, Module, Modules

_NEARLY = re.compile(r"#.*(?<![\w\])])\[\s*\d+\s*(?:[-–,;.]|\])")


@dataclass(frozen=True, slots=True)
class Cited:
    """What one `@models` says: the Python lines it holds for, the C function and its lines."""

    place: str
    line: int
    python_first: int
    python_last: int
    source: Source
    function: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CMark:
    """One range of a `# [a-b]` comment, and the `@models` it stands under, if any."""

    place: str
    line: int
    first: int
    last: int
    under: Cited | None


def read(modules: Modules, checked: tuple[str, ...]) -> tuple[list[Cited], list[CMark], list[Complaint]]:
    """All `@models` and marks of modules below the checked packages, and what can't be read of them."""
    cited: list[Cited] = []
    marks: list[CMark] = []
    complaints: list[Complaint] = []
    for module in modules:
        if not module.name.startswith(checked):
            continue
        here: list[Cited] = []
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and _is_models(module, decorator.func):
                        found = _cited(modules, module, node, decorator)
                        if isinstance(found, Cited):
                            here.append(found)
                        else:
                            complaints.append(found)
        cited += here
        for line, text in _comments(module.text):
            match = MARK.search(text)
            if match is None:
                if _NEARLY.search(text):
                    complaints.append(Complaint(module.place, line, f"{text!r} is nearly a mark: write `# [a-b] words`"))
                continue
            around = [one for one in here if one.python_first <= line <= one.python_last]
            under = max(around, key=lambda one: one.python_first) if around else None
            for part in match["ranges"].split(","):
                first, _, last = part.strip().partition("-")
                marks.append(CMark(module.place, line, int(first), int(last or first), under))
    return cited, marks, complaints


def unsound(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """Citations that can't be right, whatever the C says."""
    cited, marks, found = read(modules, checked)
    for one in cited:
        where = f"@models({one.source}, {one.first}, {one.last})"
        if one.first > one.last or one.first < 0 or bool(one.first) != bool(one.last):
            found.append(Complaint(one.place, one.line, f"{where}: the lines run from first to last, or are left out"))
        elif one.last > one.source.lines:
            found.append(Complaint(one.place, one.line, f"{where}: the source has {one.source.lines} lines that may be cited"))
    for mark in marks:
        under = mark.under
        if under is None:
            found.append(Complaint(mark.place, mark.line, f"[{mark.first}-{mark.last}] stands in no function with @models"))
        elif not under.first:
            found.append(Complaint(mark.place, mark.line, f"[{mark.first}-{mark.last}]: the @models around it names no lines"))
        elif not under.first <= mark.first <= mark.last <= under.last:
            message = f"[{mark.first}-{mark.last}] is not within {under.function} [{under.first}-{under.last}]"
            found.append(Complaint(mark.place, mark.line, message))
    return sorted(found)


def unfaithful(modules: Modules, checked: tuple[str, ...], listings: Mapping[str, Listing]) -> list[Complaint]:
    """Citations that the listings of the C sources disprove."""
    cited, marks, found = read(modules, checked)
    for one in cited:
        if one.source.lines and (message := _function_disproved(one, listings)):
            found.append(Complaint(one.place, one.line, message))
    for mark in marks:
        if mark.under is None or (listing := listings.get(flavor_of(mark.under.source))) is None:
            continue
        for end in sorted({mark.first, mark.last}):
            if end >= len(listing.code) or not listing.code[end]:
                message = f"[{mark.first}-{mark.last}]: line {end} holds no code, only a comment or nothing"
                found.append(Complaint(mark.place, mark.line, message))
    return sorted(found)


def flavor_of(source: Source) -> str:
    """The id of the flavor whose source this is."""
    return f"{source.system.split()[0].lower()}@{source.revision}"


def _function_disproved(one: Cited, listings: Mapping[str, Listing]) -> str:
    """Why the lines of an `@models` are not those of its C function; a part of the function may be modelled apart."""
    listing = listings.get(flavor_of(one.source))
    if listing is None:
        return f"there is no listing of {one.source} (as {flavor_of(one.source)})"
    last = len(listing.lines) - 1
    written = max(number for number, line in enumerate(listing.lines) if line.strip())
    if not written <= one.source.lines <= last:
        return f"{one.source} has {written} lines, not {one.source.lines}"
    if not one.first:
        return ""
    c = listing.functions.get(one.function)
    if c is None:
        return f"{one.source} has no function {one.function}; it has {', '.join(listing.functions)}"
    whole = one.first in (c.type_line, c.name_line) and one.last == c.last
    if whole or c.name_line < one.first <= one.last < c.last:
        return ""
    return f"{one.function} stands on lines {c.name_line}-{c.last} of {one.source}, not {one.first}-{one.last}"


def _is_models(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return module.imports.get(node.id) == "oracle.cite.models"
    return isinstance(node, ast.Attribute) and node.attr == "models"


def _cited(modules: Modules, module: Module, function: Function, decorator: ast.Call) -> Cited | Complaint:
    given: dict[str, ast.expr] = dict(zip(("source", "first", "last", "function"), decorator.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in decorator.keywords if keyword.arg}
    source = _source(modules, module, given.pop("source"))
    if source is None or not all(isinstance(value, ast.Constant) for value in given.values()):
        message = "@models takes a module-level Source with literal arguments, and literal lines"
        return Complaint(module.place, decorator.lineno, message)
    words = {name: ast.literal_eval(value) for name, value in given.items()}
    return Cited(
        module.place,
        decorator.lineno,
        decorator.lineno,
        _last_line(module, function),
        source,
        str(words.get("function") or function.name),
        int(words.get("first", 0)),
        int(words.get("last", 0)),
    )


def _source(modules: Modules, module: Module, node: ast.expr) -> Source | None:
    """The Source behind a name: read from its literals, or, where a helper makes it, from the module itself."""
    target = modules.meaning(module, node)
    if target is None:
        return None
    statement = target[0].top_level(target[1])
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
        return None
    try:
        arguments = [ast.literal_eval(argument) for argument in statement.value.args]
        keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in statement.value.keywords if keyword.arg}
    except ValueError:
        return None
    if ast.unparse(statement.value.func) == "Source":
        return Source(*arguments, **keywords)
    if target[0].place == target[0].name:  # planted: there is nothing to import
        return None
    made = getattr(importlib.import_module(target[0].name), target[1])
    return made if isinstance(made, Source) else None


def _last_line(module: Module, function: Function) -> int:
    """The last line of a function, with the comments that follow its last statement at its depth."""
    lines = module.text.splitlines()
    last = function.end_lineno or function.lineno
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1]
        depth = len(line) - len(line.lstrip())
        if line.strip() and not (line.lstrip().startswith("#") and depth > function.col_offset):
            break
        if line.strip():
            last = number
    return last


def _comments(text: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
