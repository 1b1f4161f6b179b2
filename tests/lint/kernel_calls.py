"""Finds kernel routines that are called and never run: a `Kernel[T]` that no `yield from` drives does nothing, silently.

What returns `Kernel[T]` is read from annotations: of functions and methods, and of parameters, variables, fields and tables
that hold a `Callable[..., Kernel[T]]`. The receiver of a method call is told by the annotations that lead to it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.lint.tree import Complaint, Function, Module, Modules, own_nodes

TAKERS = {"spawn"}  # run the coroutine that they are given
TRAPS = "oracle.machine.traps"

Known = tuple[Module, ast.ClassDef]


def lost_yields(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """Calls of kernel routines, in modules below the checked packages, whose coroutine is neither run nor handed on."""
    types = Types(modules)
    found = []
    for module in modules:
        if not module.name.startswith(checked):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and types.gives_kernel(module, node.func) and not _driven(types, module, node):
                name = ast.unparse(node.func)
                found.append(
                    Complaint(module.place, node.lineno, f"{name}(…) returns Kernel[…] and is never run: use `yield from`")
                )
    return sorted(found)


def bare_yields(modules: Modules, checked: tuple[str, ...]) -> list[Complaint]:
    """`yield` without `from` outside the one module that may have it."""
    return sorted(
        Complaint(module.place, node.lineno, f"a bare yield belongs in {TRAPS} alone: `yield from` one of its routines")
        for module in modules
        if module.name.startswith(checked) and module.name != TRAPS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Yield)
    )


def _driven(types: Types, module: Module, call: ast.Call) -> bool:
    """Whether somebody runs the coroutine that a call returns."""
    node: ast.AST = call
    for parent in module.around(call):
        if isinstance(parent, ast.YieldFrom) or (isinstance(parent, ast.Lambda) and parent.body is node):
            return True
        if isinstance(parent, ast.IfExp) and parent.test is not node:
            node = parent
            continue
        if isinstance(parent, ast.keyword):
            node = parent
            continue
        if isinstance(parent, ast.Call):
            return types.takes_kernel(module, parent, node)
        if isinstance(parent, ast.Return):
            function = next(around for around in module.around(parent) if isinstance(around, Function))
            runs = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in own_nodes(function))
            return types.is_kernel(module, function.returns) and not runs
        return False
    return False


class Types:
    """What the annotations of some modules say, as far as it takes to tell which calls return `Kernel[T]`."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.fields: dict[str, list[tuple[Module, ast.expr | Function]]] = {}  # attribute -> where classes define it
        for module in modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    for name, kind in _members(node).items():
                        self.fields.setdefault(name, []).append((module, kind))

    # --- annotations --------------------------------------------------------------------------------------------------

    def is_kernel(self, module: Module, annotation: ast.expr | None) -> bool:
        """Whether an annotation is `Kernel[…]`, or a name for it."""
        annotation = _unquoted(annotation)
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        if isinstance(annotation, ast.Name | ast.Attribute):
            name = annotation.id if isinstance(annotation, ast.Name) else annotation.attr
            if name == "Kernel":
                return True
            alias = self._alias(module, annotation)
            return alias is not None and self.is_kernel(*alias)
        return False

    def holds_kernel(self, module: Module, annotation: ast.expr | None) -> bool:
        """Whether an annotation is of a callable that returns `Kernel[…]`, or of a collection of such callables."""
        annotation = _unquoted(annotation)
        if annotation is None:
            return False
        for node in ast.walk(annotation):
            if isinstance(node, ast.Subscript) and _last_word(node.value) == "Callable":
                arguments = node.slice
                if isinstance(arguments, ast.Tuple) and self.is_kernel(module, arguments.elts[-1]):
                    return True
            elif isinstance(node, ast.Name | ast.Attribute):
                alias = self._alias(module, node)
                if alias is not None and self.holds_kernel(*alias):
                    return True
        return False

    def _alias(self, module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
        """The type that a name of a type stands for."""
        target = self.modules.meaning(module, node)
        statement = target and target[0].top_level(target[1])
        if target and isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.expr):
            if statement.value is not node:
                return target[0], statement.value
        return None

    def class_of(self, module: Module, annotation: ast.expr | None) -> Known | None:
        """The class that an annotation names; of a collection, the class of what it holds."""
        annotation = _unquoted(annotation)
        if isinstance(annotation, ast.BinOp):
            return self.class_of(module, annotation.left) or self.class_of(module, annotation.right)
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            return self.class_of(module, inner.elts[-1] if isinstance(inner, ast.Tuple) else inner)
        if isinstance(annotation, ast.Name | ast.Attribute):
            target = self.modules.meaning(module, annotation)
            statement = target and target[0].top_level(target[1])
            if target and isinstance(statement, ast.ClassDef):
                return target[0], statement
        return None

    # --- expressions --------------------------------------------------------------------------------------------------

    def gives_kernel(self, module: Module, callee: ast.expr) -> bool:
        """Whether calling an expression returns `Kernel[…]`."""
        if isinstance(callee, ast.IfExp):
            return self.gives_kernel(module, callee.body) or self.gives_kernel(module, callee.orelse)
        if isinstance(callee, ast.Subscript):
            return self._annotated(module, callee.value)
        if isinstance(callee, ast.Call):
            made = self._definition(module, callee.func)
            return made is not None and isinstance(made[1], Function) and self.holds_kernel(made[0], made[1].returns)
        if not isinstance(callee, ast.Name | ast.Attribute):
            return False
        defined = self._definition(module, callee)
        if defined is not None:
            return self._runs_as_kernel(*defined)
        if isinstance(callee, ast.Attribute):
            # The receiver's class is unknown: any class that has such a kernel routine counts. Annotate to say otherwise.
            return any(self._runs_as_kernel(*kind) for kind in self.fields.get(callee.attr, []))
        return False

    def takes_kernel(self, module: Module, call: ast.Call, argument: ast.AST) -> bool:
        """Whether a call runs the coroutine it is given as this argument."""
        if _last_word(call.func) in TAKERS:
            return True
        defined = self._definition(module, call.func)
        if defined is None:
            return False
        where, function = defined
        if not isinstance(function, Function):
            return False
        parameters = [*function.args.posonlyargs, *function.args.args]
        if isinstance(argument, ast.keyword):
            wanted = [given for given in [*parameters, *function.args.kwonlyargs] if given.arg == argument.arg]
        else:
            if isinstance(call.func, ast.Attribute) and parameters and parameters[0].arg == "self":
                parameters = parameters[1:]
            wanted = [given for given, value in zip(parameters, call.args, strict=False) if value is argument]
        return any(self.is_kernel(where, given.annotation) for given in wanted)

    def _runs_as_kernel(self, module: Module, kind: ast.expr | Function) -> bool:
        if isinstance(kind, Function):
            return self.is_kernel(module, kind.returns)
        return self.holds_kernel(module, kind)

    def _annotated(self, module: Module, node: ast.expr) -> bool:
        defined = self._definition(module, node)
        if defined is None:
            return False
        where, kind = defined
        return not isinstance(kind, Function) and self.holds_kernel(where, kind)

    def _definition(self, module: Module, node: ast.expr) -> tuple[Module, ast.expr | Function] | None:
        """The function that an expression stands for, or the annotation of what it is. None if the annotations don't say."""
        if isinstance(node, ast.Name):
            local = self._local(module, node)
            if local is not None:
                return local
        target = self.modules.meaning(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
        if target is not None:
            statement = target[0].top_level(target[1])
            if isinstance(statement, Function):
                return target[0], statement
            if isinstance(statement, ast.AnnAssign):
                return target[0], statement.annotation
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name | ast.Attribute):
                return self._definition(target[0], statement.value)
        if isinstance(node, ast.Attribute):
            known = self._class(module, node.value)
            return None if known is None else self._member(known, node.attr)
        return None

    def _local(self, module: Module, name: ast.Name) -> tuple[Module, ast.expr | Function] | None:
        """What a name is in the functions around it."""
        for around in module.around(name):
            if not isinstance(around, Function | ast.Lambda):
                continue
            arguments = around.args
            for given in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
                if given.arg == name.id and given.annotation is not None:
                    return module, given.annotation
            for node in own_nodes(around):
                if isinstance(node, Function) and node.name == name.id:
                    return module, node
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name.id:
                    return module, node.annotation
            for value in _assigned(around, name.id):
                if isinstance(value, ast.Name | ast.Attribute) and ast.unparse(value) != name.id:
                    return self._definition(module, value)
        return None

    def _class(self, module: Module, node: ast.expr) -> Known | None:
        """The class of an expression's value, as far as annotations and constructor calls tell."""
        if isinstance(node, ast.Name) and node.id == "self":
            return next(((module, around) for around in module.around(node) if isinstance(around, ast.ClassDef)), None)
        if isinstance(node, ast.Subscript):
            return self._class(module, node.value)
        if isinstance(node, ast.Call):
            made = self.class_of(module, node.func)
            if made is not None:
                return made
            node = node.func
        defined = self._definition(module, node)
        if defined is not None:
            where, kind = defined
            return self.class_of(where, kind.returns if isinstance(kind, Function) else kind)
        if isinstance(node, ast.Name):
            return self._assigned_class(module, node)
        return None

    def _assigned_class(self, module: Module, name: ast.Name) -> Known | None:
        """The class of a local variable that is assigned something whose class is known."""
        for around in module.around(name):
            if isinstance(around, Function):
                for value in _assigned(around, name.id):
                    if not any(isinstance(inner, ast.Name) and inner.id == name.id for inner in ast.walk(value)):
                        return self._class(module, value)
        return None

    def _member(self, known: Known, attribute: str) -> tuple[Module, ast.expr | Function] | None:
        """A method, or the annotation of a field, of a class or its bases."""
        module, definition = known
        kind = _members(definition).get(attribute)
        if kind is not None:
            return module, kind
        for base in definition.bases:
            above = self.class_of(module, base)
            if above is not None and (found := self._member(above, attribute)) is not None:
                return found
        return None


def _members(definition: ast.ClassDef) -> dict[str, ast.expr | Function]:
    """Methods, and annotations (or constructor names) of fields, of a class."""
    found: dict[str, ast.expr | Function] = {}
    for node in ast.walk(definition):
        if isinstance(node, Function):
            found.setdefault(node.name, node)
        elif isinstance(node, ast.AnnAssign):
            name = _field_name(node.target)
            if name:
                found[name] = node.annotation
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and (name := _field_name(target)):
                    found.setdefault(name, node.value.func)
    return found


def _assigned(function: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a function assigns to a local name; of a loop, what it runs over."""
    for node in own_nodes(function):
        if isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        else:
            continue
        for target, value in pairs:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                inner = zip(target.elts, value.elts, strict=True)
            else:
                inner = zip([target], [value], strict=True)
            yield from (given for place, given in inner if isinstance(place, ast.Name) and place.id == name)


def _field_name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    return ""


def _unquoted(annotation: ast.expr | None) -> ast.expr | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
