"""What is in the containers of kernel objects: lists and dicts change without being assigned, so they are compared with what
they held when they were last looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, TypeAlias

from oracle.explain.events import WHOLE
from oracle.explore.values import CONTAINERS

Change: TypeAlias = tuple[object, str, object, object, object]  # an object, its field, the entry, what it was, what it is


class Contents:
    """The containers in fields of kernel objects."""

    def __init__(self) -> None:
        self._owners: list[tuple[object, str]] = []  # of containers: an object and its field
        self._containers: list[object] = []
        self._contents: list[object] = []  # what was in them; lists of their own compare quickly
        self._at: dict[tuple[int, str], int] = {}

    def track(self, obj: object, field: str, held: object) -> None:
        """Compare the container that a field holds from now on."""
        index = self._at.get((id(obj), field))
        if type(held) not in CONTAINERS:
            held = None
        if index is None:
            if held is not None:
                self._at[id(obj), field] = len(self._containers)
                self._owners.append((obj, field))
                self._containers.append(held)
                self._contents.append(_copy(held))
        else:
            self._containers[index] = held
            self._contents[index] = _copy(held)

    def changed(self) -> bool:
        """Whether there is anything new in any of them."""
        return self._containers != self._contents

    def changes(self) -> Iterator[Change]:
        """What is new, once. More may be tracked meanwhile."""
        contents = self._contents
        for index, container in enumerate(self._containers):
            before = contents[index]
            if container != before:
                contents[index] = _copy(container)
                obj, field = self._owners[index]
                for key, old, new in _entries(before, container):
                    yield obj, field, key, old, new


def _entries(before: Any, after: Any) -> list[tuple[object, object, object]]:
    """The entries of a container that came, went or changed; the whole, if they only changed places."""
    if type(after) is dict:
        keys = [key for key in {**before, **after} if before.get(key, WHOLE) != after.get(key, WHOLE)]
        changes = [(key, before.get(key), after.get(key)) for key in keys]
    else:
        gone, come = _without(before, after), _without(after, before)
        changes = [(one, one, None) for one in gone] + [(one, None, one) for one in come]
    return changes or [(WHOLE, before, after)]


def _copy(value: object) -> object:
    return value.copy() if isinstance(value, list | dict | deque) else value


def _without(one: Any, other: Any) -> list[object]:
    """The entries of a list that another has not, or not as often."""
    left = list(other)
    found = []
    for entry in one:
        if entry in left:
            left.remove(entry)
        else:
            found.append(entry)
    return found
