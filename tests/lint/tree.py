"""What the house lints read: the project's files, and Python modules with their imports resolved.

A lint takes a `Modules` (module name to parsed text), so that its own test can plant a violation in a tree of two lines.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {"build", "dist", "node_modules", "__pycache__"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """A broken rule: where, and what to do about it."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.message}"


class Module:
    """One Python module: its text, its syntax tree, what each imported name stands for, and the parent of each node."""

    def __init__(self, name: str, text: str, is_package: bool = False, place: str = "") -> None:
        self.name = name
        self.text = text
        self.place = place or name
        self.tree = ast.parse(text)
        package = name if is_package else name.rpartition(".")[0]
        self.imports: dict[str, str] = {}  # local name -> dotted name of a module or of something in one
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.partition(".")[0]
                    self.imports[local] = alias.name if alias.asname else local
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*parts, base] if base else parts)
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = f"{base}.{alias.name}"

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while (found := self.parents.get(node)) is not None:
            yield found
            node = found

    def top_level(self, name: str) -> ast.stmt | None:
        """The statement of the module that defines a name (the last one, if several do)."""
        found: ast.stmt | None = None
        for statement in self.tree.body:
            if isinstance(statement, Function | ast.ClassDef):
                defined = [statement.name]
            elif isinstance(statement, ast.Assign):
                defined = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                defined = [statement.target.id]
            else:
                continue
            if name in defined:
                found = statement
        return found


class Modules:
    """Several modules, and what a name in one of them stands for in another."""

    def __init__(self, modules: list[Module]) -> None:
        self.by_name = {module.name: module for module in modules}

    @classmethod
    def planted(cls, texts: Mapping[str, str]) -> Modules:
        """Modules from texts by module name; one that others live in is a package."""
        packages = {name for name in texts if any(other.startswith(f"{name}.") for other in texts)}
        return cls([Module(name, text, name in packages) for name, text in texts.items()])

    @classmethod
    def of_project(cls, *folders: str) -> Modules:
        """All modules below some folders of the project."""
        found = []
        for folder in folders:
            for path in sorted((ROOT / folder).rglob("*.py")):
                place = path.relative_to(ROOT)
                is_package = path.name == "__init__.py"
                parts = place.parent.parts if is_package else place.with_suffix("").parts
                found.append(Module(".".join(parts), path.read_text(encoding="utf-8"), is_package, str(place)))
        return cls(found)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.by_name.values())

    def resolve(self, dotted: str) -> tuple[Module, str] | None:
        """The module and top-level name behind a dotted name, through re-exports; None if it is not in these modules."""
        for _ in range(10):
            base, _, name = dotted.rpartition(".")
            module = self.by_name.get(base)
            if module is None:
                return None
            if module.top_level(name) is not None or name not in module.imports:
                return module, name
            dotted = module.imports[name]
        return None

    def meaning(self, module: Module, node: ast.expr) -> tuple[Module, str] | None:
        """The module and top-level name that a name, or a chain of attributes that starts at an import, stands for."""
        attributes = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        if not attributes and module.top_level(node.id) is not None:
            return module, node.id
        if node.id not in module.imports:
            return None
        return self.resolve(".".join([module.imports[node.id], *reversed(attributes)]))


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside it."""
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from own_nodes(child)


def project_files() -> list[Path]:
    """The files that belong to the project: what git tracks or would; without git, what is not built or hidden."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0 and listing.stdout:
        candidates = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        candidates = [path for path in ROOT.rglob("*") if not _is_built(path.relative_to(ROOT))]
    return sorted(path for path in candidates if path.is_file())


def _is_built(path: Path) -> bool:
    return any(
        part in SKIPPED_FOLDERS or part.endswith(".egg-info") or (part.startswith(".") and part not in {".ci", ".github"})
        for part in path.parts
    )


def texts(paths: list[Path]) -> dict[str, str]:
    """The texts of some files by their place in the project, without files that are not text."""
    found = {}
    for path in paths:
        data = path.read_bytes()
        if b"\0" not in data:
            found[path.relative_to(ROOT).as_posix()] = data.decode("utf-8", errors="replace")
    return found
