"""Numbers for what the page holds many times: texts, moments, pictures. Each is kept once."""

from __future__ import annotations

import json
from typing import Generic, TypeVar

from oracle.report.text import clip, plain

MOST = 2000  # characters of a text that the page shows

_T = TypeVar("_T")


class Pool(Generic[_T]):
    """Things by number, in the order in which they came; `size` is about what they take as JSON."""

    __slots__ = ("_numbers", "items", "size")

    def __init__(self) -> None:
        self.items: list[_T] = []
        self.size = 0
        self._numbers: dict[str, int] = {}

    def number(self, item: _T) -> int:
        """The number of a thing."""
        written = json.dumps(item, separators=(",", ":"))
        found = self._numbers.setdefault(written, len(self.items))
        if found == len(self.items):
            self.items.append(item)
            self.size += len(written) + 1
        return found


class Texts(Pool[str]):
    """Texts by number, each of them safe to show: no controls, nothing that reorders letters, bounded."""

    __slots__ = ()

    def number(self, item: str) -> int:
        """The number of a text."""
        return super().number(shown(item))


def shown(text: str, most: int = MOST) -> str:
    """A text as the page shows it."""
    return clip(plain(text), most)
