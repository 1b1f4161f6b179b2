"""What was observed of a run: facts by path, kept as blocks of values so that two runs can be compared cheaply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from oracle.facts import Value

Block: TypeAlias = tuple[tuple[str, ...], tuple[Value | None, ...]]  # paths and their values; None: not observed


class Observation:
    """Facts by path, in a fixed order.

    `blocks` hold the facts that are compared among all flavors, `system` those that mean something on one system alone. Blocks
    about the same subject have the same tuple of paths in every run, so runs that look alike are compared block by block and
    nothing is looked up.
    """

    __slots__ = ("_facts", "blocks", "system")

    def __init__(self, blocks: Sequence[Block] = (), system: Sequence[Block] = ()) -> None:
        self.blocks = blocks
        self.system = system
        self._facts: dict[str, Value] | None = None

    @property
    def facts(self) -> Mapping[str, Value]:
        """All facts by path."""
        if self._facts is None:
            self._facts = {
                path: value
                for paths, values in (*self.blocks, *self.system)
                for path, value in zip(paths, values, strict=True)
                if value is not None
            }
        return self._facts

    def differing(self, other: Observation, one_system: bool) -> list[str]:
        """The paths on which two observations disagree, in the order of their blocks; what is one system's if `one_system`."""
        found = _differing_blocks(self.blocks, other.blocks)
        return found + _differing_blocks(self.system, other.system) if one_system else found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Observation) and self.facts == other.facts

    def __hash__(self) -> int:
        return hash(tuple(self.facts.items()))

    def __repr__(self) -> str:
        return f"Observation({dict(self.facts)!r})"


def _differing_blocks(ours: Sequence[Block], theirs: Sequence[Block]) -> list[str]:
    if ours == theirs:
        return []
    if len(ours) != len(theirs):
        return _differing(_by_path(ours), _by_path(theirs))
    found: list[str] = []
    for (paths, values), (other_paths, other_values) in zip(ours, theirs, strict=True):
        if paths is other_paths:
            if values != other_values:
                found += [path for path, one, two in zip(paths, values, other_values, strict=True) if one != two]
        elif paths and other_paths and _subject(paths[0]) != _subject(other_paths[0]):
            return _differing(_by_path(ours), _by_path(theirs))
        else:
            found += _differing(dict(zip(paths, values, strict=True)), dict(zip(other_paths, other_values, strict=True)))
    return found


def _by_path(blocks: Sequence[Block]) -> dict[str, Value | None]:
    return {path: value for paths, values in blocks for path, value in zip(paths, values, strict=True)}


def _subject(path: str) -> str:
    """What a path is about."""
    return path.partition(".")[0]


def _differing(one: Mapping[str, Value | None], other: Mapping[str, Value | None]) -> list[str]:
    """The paths on which two mappings disagree; one that is absent is the same as one that was not observed."""
    return [path for path, value in one.items() if other.get(path) != value] + [
        path for path, value in other.items() if path not in one and value is not None
    ]
