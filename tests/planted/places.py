"""Where one decision of a flavor can be changed, and how: only where the model cites lines of C, so that the bug has a place.

Conditions are negated, statements with an effect dropped, flags exchanged for others of their family.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
FILES = {  # by module: the flavor that the bug is planted in
    "flavors/dragonfly/r1_62/kern_fork.py": "dragonfly@1.62",
    "flavors/dragonfly/r1_67/kern_fork.py": "dragonfly@1.67",
    "flavors/dragonfly/r768af85b/kern_fork.py": "dragonfly@768af85b",
    "flavors/netbsd/kern_fork.py": "netbsd@1.189",
}
CITED = re.compile(r"#\s.*?\[(\d[\d, -]*)\]")
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*_?[A-Z0-9]+")
FAMILIES = ("RF", "FORK_", "P_", "PK_", "PS_", "PSL_", "PL_", "LW_", "SIG", "SA_", "PNOCLDWAIT", "KTRFAC")


@dataclass(frozen=True, slots=True)
class Place:
    """One change of one decision."""

    file: str
    line: int
    kind: str  # negate, drop, swap
    start: int  # offsets of what is replaced in the line
    end: int
    by: str
    cited: str  # lines of C
    function: str

    @property
    def flavor(self) -> str:
        """The flavor that it is planted in."""
        return FILES[self.file]

    def planted(self, text: str) -> str:
        """The module's text with the change."""
        lines = text.split("\n")
        old = lines[self.line - 1]
        lines[self.line - 1] = old[: self.start] + self.by + old[self.end :]
        return "\n".join(lines)

    def told(self) -> str:
        """The change, for people."""
        old = (ROOT / self.file).read_text("utf-8").split("\n")[self.line - 1][self.start : self.end]
        return f"{self.kind} `{old}`" + (f": `{self.by}`" if self.kind == "swap" else "")


def places() -> list[Place]:
    """All there are, in the order of files and lines."""
    found: list[Place] = []
    for file in FILES:
        text = (ROOT / file).read_text("utf-8")
        lines = text.split("\n")
        tree = ast.parse(text)
        names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and CONSTANT.fullmatch(node.id)})
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    found.extend(_of_node(file, lines, function.name, node, names))
    return sorted(set(found), key=lambda one: (one.file, one.line, one.start, one.kind, one.by))


def in_order(there: Sequence[Place], seed: int) -> list[Place]:
    """By chance, one kind after the other, and no line twice: there are ten times as many flags to swap as ways to negate."""
    rng = Random(seed)
    kinds = [[place for place in there if place.kind == kind] for kind in ("negate", "drop", "swap")]
    for of_kind in kinds:
        rng.shuffle(of_kind)
    lines: set[tuple[str, int]] = set()
    found = []
    for place in (one for some in zip_longest(*kinds) for one in some if one is not None):
        if (place.file, place.line) not in lines:
            lines.add((place.file, place.line))
            found.append(place)
    return found


def _of_node(file: str, lines: list[str], function: str, node: ast.AST, names: list[str]) -> Iterator[Place]:
    lineno = getattr(node, "lineno", 0)
    cited = CITED.search(lines[lineno - 1]) if lineno else None
    if cited is None:
        return
    if isinstance(node, ast.If | ast.While) and node.test.lineno == node.test.end_lineno:
        start, end = node.test.col_offset, node.test.end_col_offset or 0
        condition = lines[node.test.lineno - 1][start:end]
        yield Place(file, node.test.lineno, "negate", start, end, f"not ({condition})", cited[1], function)
    elif isinstance(node, ast.stmt) and node.lineno == node.end_lineno and _has_effect(node):
        yield Place(file, lineno, "drop", node.col_offset, node.end_col_offset or 0, "pass", cited[1], function)
    elif isinstance(node, ast.Name):
        family = next((one for one in FAMILIES if node.id.startswith(one)), None)
        if family is not None:
            for other in names:
                if other.startswith(family) and other != node.id:
                    yield Place(file, lineno, "swap", node.col_offset, node.end_col_offset or 0, other, cited[1], function)


def _has_effect(node: ast.stmt) -> bool:
    """Whether a statement changes more than a local name, without which the function could not go on at all."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return bool(targets) and not any(isinstance(target, ast.Name | ast.Tuple) for target in targets)
