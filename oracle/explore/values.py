"""Values in terms that no schedule changes: objects by their names, kernel code by where it stands and what it has at hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import GeneratorType
from typing import TypeAlias

from oracle.explore.kinds import field_names, peek
from oracle.machine.task import Task

Name: TypeAlias = tuple[str, int, int]  # ("", 0, n): was there; (actor, move, n): made by him

CONTAINERS = (list, dict, deque)
SCALARS = (int, str, bool, bytes, float)
MINUS_ONE = "-1"  # in the place of the number, which has the hash of -2


def canonical(names: Mapping[int, Name], value: object, seen: dict[int, int]) -> Hashable:
    """A value with names in the place of objects. What has no name yet is private to one actor, and told in full."""
    kind = type(value)
    if value is None or kind in SCALARS:
        return value if value != -1 else MINUS_ONE
    name = names.get(id(value))
    if name is not None:
        return name
    if kind is dict:
        return tuple([(canonical(names, key, seen), canonical(names, one, seen)) for key, one in value.items()])  # type: ignore[attr-defined]
    if kind in CONTAINERS or kind is tuple:
        return (kind, *[canonical(names, one, seen) for one in value])  # type: ignore[attr-defined]
    if isinstance(value, Enum):
        return value
    if id(value) in seen:
        return ("seen", seen[id(value)])
    seen[id(value)] = len(seen)
    if is_dataclass(kind):
        return (kind, *[canonical(names, peek(value, field), seen) for field in field_names(kind)])
    return str(getattr(value, "__qualname__", kind))


def position(names: Mapping[int, Name], task: Task | None) -> int:
    """Where kernel code stands, with all that it has at hand there; 0 in user mode."""
    if task is None:
        return 0
    sleep = task.sleep
    seen: dict[int, int] = {}
    at: list[object] = [task.name, task.wake, task.wake_at, task.spins]
    if sleep is not None:
        at += (canonical(names, sleep.wchan, seen), sleep.catch)
    code: object = task.code
    while isinstance(code, GeneratorType) and (frame := code.gi_frame) is not None:
        at += (code.gi_code, frame.f_lasti)
        at += [canonical(names, value, seen) for value in frame.f_locals.values()]
        code = code.gi_yieldfrom
    return hash(tuple(at))


def copied(value: object) -> object:
    """A container as it is now, with the containers in it."""
    if type(value) is dict:
        return {key: copied(one) for key, one in value.items()}
    if type(value) is list or type(value) is deque:
        return type(value)([copied(one) for one in value])
    return value
