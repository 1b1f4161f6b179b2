"""Makes a copy of the project in build/compiled whose core is machine code, by mypyc. The project itself stays plain Python.

mypyc leaves the constructors of dataclasses to the interpreter and cannot hang attributes on a compiled function. So the copy
says the same in plainer words: a dataclass becomes a class with the methods written out, `@counted` is called after its class,
and `@models` is gone. Nothing in the copy is frozen: what writes to a value is found by the types, not here.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "compiled"
CORE = (  # what a run consists of; files, reports and the command line stay interpreted
    "oracle/machine/*.py", "flavors/**/*.py", "oracle/errors.py", "oracle/facts.py", "oracle/calls.py", "oracle/extras.py",
    "oracle/start.py", "oracle/scenario.py",
    "oracle/flavor.py", "oracle/args.py", "oracle/lowering.py", "oracle/observation.py", "oracle/observe/*.py",
    "oracle/outcome.py", "oracle/made.py", "oracle/reaper.py", "oracle/verdict.py", "oracle/starts.py", "oracle/run.py",
    "oracle/diff.py", "oracle/harness.py",
)  # fmt: skip
CONFIG = "[mypy]\npython_version = 3.11\nlocal_partial_types = True\nignore_errors = True\n"  # `make types` is the check
SETUP = """
from mypyc.build import mypycify
from setuptools import setup

modules = mypycify(["--config-file=mypy.ini", *{modules!r}], opt_level="1", multi_file=True)
setup(name="compiled", packages=[], ext_modules=modules)
"""  # a C file for each module, level 1: three times as quick to compile as the other way, and not slower to run
FACTORIES = {"list": "[]", "dict": "{}"}


def main() -> int:
    """Copy, rewrite, compile. The exit code is 0 if that worked; if not, what the compilers said is on standard error."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for package in ("oracle", "flavors"):
        shutil.copytree(ROOT / package, FOLDER / package, ignore=shutil.ignore_patterns("__pycache__"))
    core = sorted({path for pattern in CORE for path in FOLDER.glob(pattern)})
    for path in core:
        path.write_text(plain(path.read_text(encoding="utf-8")), encoding="utf-8")
    modules = [path.relative_to(FOLDER).as_posix() for path in core]
    FOLDER.joinpath("mypy.ini").write_text(CONFIG, encoding="utf-8")
    FOLDER.joinpath("setup.py").write_text(SETUP.format(modules=modules), encoding="utf-8")
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    made = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.stderr.write(made.stdout + made.stderr)
    return made.returncode


def plain(source: str) -> str:
    """A module in words that mypyc compiles well."""
    tree = Plain().visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree))


class Plain(ast.NodeTransformer):
    """Rewrites what the module's docstring names, and nothing else."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function without `@models`."""
        node.decorator_list = [one for one in node.decorator_list if _name(one) != "models"]
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> list[ast.stmt]:
        """A class, and what is said about it afterwards."""
        self.generic_visit(node)
        decorators = {_name(one): one for one in node.decorator_list}
        after: list[str] = []
        if (dataclass := decorators.pop("dataclass", None)) is not None:
            after += _write_out(node, dataclass)
        if (counted := decorators.pop("counted", None)) is not None:
            after.append(f"{ast.unparse(counted)}({node.name})")
        node.decorator_list = list(decorators.values())
        return [node, *ast.parse("\n".join(after)).body]


def _name(decorator: ast.expr) -> str:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return function.id if isinstance(function, ast.Name) else ""


def _keywords(call: ast.expr) -> dict[str, ast.expr]:
    return {one.arg: one.value for one in call.keywords if one.arg} if isinstance(call, ast.Call) else {}


def _write_out(node: ast.ClassDef, dataclass: ast.expr) -> list[str]:
    """Turn a dataclass into a class with the methods it would get; give what `replace` and `fields` need."""
    options = {name: ast.literal_eval(value) for name, value in _keywords(dataclass).items()}
    if strange := options.keys() - {"frozen", "slots", "eq", "init"}:
        raise NotImplementedError(f"{node.name}: @dataclass({', '.join(sorted(strange))}) has no plain words yet")
    names: list[str] = []
    compared: list[str] = []
    parameters: list[str] = []
    body: list[str] = []
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        name, kind, default = field.target.id, ast.unparse(field.annotation), field.value
        said = _keywords(default) if default is not None and _name(default) == "field" else {}
        if strange := said.keys() - {"default", "default_factory", "compare"}:
            raise NotImplementedError(f"{node.name}.{name}: field({', '.join(sorted(strange))}) has no plain words yet")
        names.append(name)
        if "compare" not in said:  # given for False only
            compared.append(name)
        if (factory := said.get("default_factory")) is not None:
            made = ast.unparse(factory.body) if isinstance(factory, ast.Lambda) else f"{ast.unparse(factory)}()"
            parameters.append(f"{name}: {kind} | None = None")
            body.append(f"self.{name} = {FACTORIES.get(ast.unparse(factory), made)} if {name} is None else {name}")
        else:
            default = said.get("default", default)
            parameters.append(f"{name}: {kind}" + ("" if default is None else f" = {ast.unparse(default)}"))
            body.append(f"self.{name} = {name}")
        field.value = None
    if any(isinstance(one, ast.FunctionDef) and one.name == "__post_init__" for one in node.body):
        body.append("self.__post_init__()")
    methods: list[str] = []
    if options.get("init", True):  # else it has its own
        methods += [f"def __init__(self, {', '.join(parameters)}) -> None:", *(f"    {line}" for line in body or ["pass"])]
        parts = "".join(f"self.{name}, " for name in names)
        methods += ["def __reduce__(self) -> object:", f"    return {node.name}, ({parts})"]  # to go to another process
    shown = ", ".join(f"{name}={{self.{name}!r}}" for name in names)
    methods += ["def __repr__(self) -> str:", f"    return f'{node.name}({shown})'"]
    if options.get("eq", True):
        same = "".join(f" and self.{name} == other.{name}" for name in compared)
        methods += ["def __eq__(self, other: object) -> bool:", f"    return isinstance(other, {node.name}){same}"]
    if options.get("eq", True) and options.get("frozen"):
        values = "".join(f"self.{name}, " for name in compared)
        methods += ["def __hash__(self) -> int:", f"    return hash(({values}))"]
    node.body += ast.parse("\n".join(methods)).body
    return [
        "from dataclasses import make_dataclass",
        f"setattr({node.name}, '__dataclass_fields__', make_dataclass({node.name!r}, {names!r}).__dataclass_fields__)",
        f"setattr({node.name}, '__slots__', {tuple(names)!r})",
    ]


if __name__ == "__main__":
    sys.exit(main())
