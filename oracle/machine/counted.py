"""Which structures are reference-counted, and by which of their fields."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TypeVar

_C = TypeVar("_C", bound=type)

references: Callable[[object], int] = attrgetter("references")  # how many hold a counted structure, by its own count


def counted(field: str) -> Callable[[_C], _C]:
    """Say that `field` of a structure counts who holds it. `references` then reads it, whatever its name is."""

    def mark(kind: _C) -> _C:
        setattr(kind, "references", getattr(kind, field))  # noqa: B010  # a second name for the slot, unknown to the type
        setattr(kind, "reference_field", field)  # noqa: B010
        return kind

    return mark
