"""Builds machines like one that is there: from its blueprint, a function that makes every object anew, in straight lines.

Furnishing a machine takes decisions, looks things up and counts references, and each time the outcome is the same. Where very
many cases start alike, the outcome is written down once, as Python: an object made, its fields filled, and so on.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from types import FunctionType
from typing import Any

from oracle.flavor import interpreted
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc, Standing
from oracle.machine.sched import Scheduler
from oracle.machine.standing import ALWAYS_FILLED, BARE_LWP, BARE_PGRP, BARE_PROC
from oracle.start import ALWAYS_THERE

Build = Callable[[], Machine]

LITERALS = (int, str, bool, bytes, type(None))
LEFT_OUT = ((Scheduler, "finished"), (Standing, "waits_for"))  # whoever listens to the new machine says so himself
CONTAINERS = (list, dict, deque, tuple)
RUN = 4  # so many values in a row that never change are copied at once
CROWD = 40  # processes for which no blueprint is drawn: it would be too long


class NotDrawn(Exception):
    """There is something on the machine of which nobody knows how to make another."""


def blueprint(k: Machine) -> Build | None:
    """What makes machines like this one, or None if it has something that can't be made again: code that waits, a closure."""
    if not interpreted():
        return None  # compiled, objects keep their classes, and are made faster by their own constructors
    try:
        source, names = Drawing(k).text()
    except NotDrawn:
        return None
    exec(compile(source, "<blueprint>", "exec"), names)  # noqa: S102  # the words are ours: names, numbers, quoted texts
    build: Build = names["build"]
    return build


def draw(k: Machine) -> str:
    """The text of a machine's blueprint. Raises NotDrawn."""
    return Drawing(k).text()[0]


class Drawing:
    """A blueprint while it is drawn."""

    def __init__(self, k: Machine) -> None:
        self._machine = k
        self._standing: dict[Proc, tuple[Lwp, Pgrp]] = {}  # who stands by, with their threads and groups
        for role, lwp in k.roles.items():
            proc, pgrp = lwp.lwp_proc, lwp.lwp_proc.p_pgrp
            if role in ALWAYS_THERE and proc.p_lwps == [lwp] and pgrp is not None and pgrp.pg_members == [proc]:
                self._standing[proc] = (lwp, pgrp)
        self._kinds: dict[object, type | None] = {}  # of what stands by
        for proc, (lwp, pgrp) in self._standing.items():
            self._kinds[proc], self._kinds[lwp], self._kinds[pgrp] = BARE_PROC, BARE_LWP, BARE_PGRP
        self._objects: dict[object, str] = {}  # what has to be made, and its name; first what others are made of, mostly
        self._globals: dict[str, object] = {"new": object.__new__, "deque": deque}
        self._by_id: dict[int, str] = {}  # constants that have a name
        self._needs: dict[str, None] = {}  # names of objects in what is being written

    def text(self) -> tuple[str, dict[str, Any]]:
        """The source of a module with a function `build`, and what it finds among its globals."""
        self._gather()
        outside: dict[object, None] = {}
        self._reach(self._machine, outside)
        inside: dict[Proc, dict[object, None]] = {}
        for proc, others in self._standing.items():
            inside[proc] = {}
            for bare in (proc, *others):
                for _, value in _contents(bare):
                    self._reach(value, inside[proc])
        reached = Counter(one for own in inside.values() for one in own)
        for one, times in reached.items():
            if times > 1:  # of several that stand by, so nobody's own
                self._reach(one, outside)
        functions: list[str] = []
        waits: list[str] = []
        for proc, (lwp, pgrp) in self._standing.items():
            own = [one for one in self._objects if one in inside[proc] and one not in outside]
            functions += self._furnishing([proc, lwp, pgrp], own)
            waits.append(f"{self._objects[proc]}.waits_for = ({', '.join([f'fill_{self._objects[proc]}', *self._needs])})")
            waits.append(f"{self._objects[pgrp]}.waits_for = ({self._objects[proc]},)")
        body = [*self._statements([one for one in self._objects if one in outside]), *waits]
        body.append(f"return {self._objects[self._machine]}")
        return "\n".join([*functions, "def build():", *(f"    {line}" for line in body), ""]), self._globals

    def _furnishing(self, bare: list[object], own: list[object]) -> list[str]:
        """A function that furnishes a process, its thread and its group. What it takes beside it is left in `_needs`."""
        self._needs = {}
        lines = self._statements(own)
        for one in bare:
            lines += [line for line, _ in self._fill(one, False)]
        names = [self._objects[one] for one in bare]
        made = [*names, *(self._objects[one] for one in own)]
        self._needs = dict.fromkeys([*names[1:], *(name for name in self._needs if name not in made)])
        return [f"def fill_{names[0]}({', '.join([names[0], *self._needs])}):", *(f"    {line}" for line in lines)]

    def _statements(self, objects: list[object]) -> list[str]:
        """What makes objects and fills them; what is not there yet when another needs it, that one gets at the end."""
        missing = dict.fromkeys([self._objects[one] for one in objects])
        now: list[str] = []
        later: list[str] = []
        for one in objects:
            name = self._objects[one]
            now.append(f"{name} = new({self._constant(self._kinds.get(one, type(one)))})")
            del missing[name]
            for line, needs in self._fill(one, one in self._kinds):
                (later if any(need in missing for need in needs) else now).append(line)
        return now + later

    def _fill(self, one: object, bare: bool) -> list[tuple[str, dict[str, None]]]:
        """What fills an object's fields, with the names that each line needs; if `bare`, only those that it always has."""
        alike: dict[tuple[str, str], list[str]] = {}
        lines: list[tuple[str, dict[str, None]]] = []
        before = self._needs
        for field, value in _contents(one):
            if (field in ALWAYS_FILLED) is bare or one not in self._kinds:
                if type(value) in LITERALS:
                    alike.setdefault((type(value).__name__, repr(value)), []).append(f"{self._objects[one]}.{field}")
                else:
                    self._needs = {}
                    lines.append((f"{self._objects[one]}.{field} = {self._write(value)}", self._needs))
                    before |= self._needs
        self._needs = before
        return [(" = ".join([*places, written]), {}) for (_, written), places in alike.items()] + lines

    # --- what there is --------------------------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Find every object that has to be made. Raises NotDrawn for what can't be."""
        containers: dict[int, None] = {}
        if len(self._machine.allproc) > CROWD:
            raise NotDrawn(f"more than {CROWD} processes")

        def visit(value: object, within: tuple[object, ...]) -> None:
            kind = type(value)
            if _is_constant(value) or (_is_kernel_object(kind) and (value in self._objects or value in within)):
                return
            if kind in CONTAINERS:
                if id(value) in containers:
                    raise NotDrawn(f"a {kind.__name__} that stands in two places")
                containers[id(value)] = None
                for item in _items_of(value):
                    visit(item, within)
            elif _is_kernel_object(kind):
                for _, item in _contents(value):
                    visit(item, (*within, value))
                self._objects[value] = f"{kind.__name__.lower()}{len(self._objects)}"
            else:
                raise NotDrawn(f"a {kind.__name__}")

        visit(self._machine, ())

    def _reach(self, value: object, found: dict[object, None]) -> None:
        """Note the objects that can be reached, though not by way of one that stands by."""
        queue = [value]
        for one in queue:
            if type(one) in CONTAINERS:
                queue += _items_of(one)
            elif one is not None and not _is_constant(one) and one not in found:
                found[one] = None
                queue += [item for field, item in _contents(one) if one not in self._kinds or field in ALWAYS_FILLED]

    # --- words ----------------------------------------------------------------------------------------------------------

    def _write(self, value: object) -> str:
        """An expression for a value."""
        kind = type(value)
        if kind in LITERALS:
            return repr(value)
        if _is_constant(value):
            plain = kind is tuple and all(type(item) in LITERALS for item in value)  # type: ignore[attr-defined]
            return repr(value) if plain else self._constant(value)
        if kind is list:
            return f"[{self._items(value)}]"
        if kind is tuple:
            return f"({self._items(value)},)"
        if kind is deque:
            return f"deque([{self._items(value)}])" if value else "deque()"
        if kind is dict:
            return self._write_dict(value)  # type: ignore[arg-type]
        name = self._objects[value]
        self._needs[name] = None
        return name

    def _items(self, values: Any) -> str:
        """The items of a sequence; runs of values that never change as one."""
        written: list[str] = []
        run: list[object] = []
        for value in (*values, self):
            if value is not self and _is_constant(value):
                run.append(value)
                continue
            written += [f"*{self._constant(tuple(run))}"] if len(run) >= RUN else [self._write(one) for one in run]
            run.clear()
            if value is not self:
                written.append(self._write(value))
        return ", ".join(written)

    def _write_dict(self, value: dict[object, object]) -> str:
        if len(value) >= RUN and all(_is_constant(key) and _is_constant(item) for key, item in value.items()):
            return f"{self._constant(value.copy())}.copy()"
        return "{" + ", ".join([f"{self._write(key)}: {self._write(item)}" for key, item in value.items()]) + "}"

    def _constant(self, value: object) -> str:
        """The name among the globals of a value that all machines share."""
        name = self._by_id.get(id(value))
        if name is None:
            name = self._by_id[id(value)] = f"C{len(self._by_id)}"
            self._globals[name] = value
        return name


def _items_of(container: Any) -> Iterable[object]:
    """What is in a container, keys among it."""
    return [*container.keys(), *container.values()] if type(container) is dict else container


def _contents(one: object) -> Iterator[tuple[str, object]]:
    """The fields of an object that have a value."""
    for base in type(one).__mro__:
        for name in base.__dict__.get("__slots__", ()):
            if hasattr(one, name) and not any(isinstance(one, left) and name == field for left, field in LEFT_OUT):
                yield name, getattr(one, name)


def _is_kernel_object(kind: type) -> bool:
    """Whether objects of a class have slots alone, change, and equal nothing but themselves."""
    same: object = kind.__eq__
    slotted = all("__slots__" in base.__dict__ for base in kind.__mro__[:-1])
    make: object = kind.__new__
    return slotted and same is object.__eq__ and make is object.__new__


def _is_constant(value: object) -> bool:
    """Whether a value never changes, so that machines can share it."""
    kind = type(value)
    if kind in LITERALS or isinstance(value, Enum | type):
        return True
    if kind is FunctionType:
        return value.__closure__ is None  # type: ignore[attr-defined]
    if kind is tuple:
        return all(_is_constant(item) for item in value)  # type: ignore[attr-defined]
    if is_dataclass(value) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return all(_is_constant(getattr(value, field.name)) for field in fields(value))
    return False
