"""What things are called in observations: facts by path, signals by name, processes by role."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.signals import members

NONE = "none"


class RolesByPid(dict[int, str]):
    """Roles by pid; a pid that belongs to nobody in the scenario goes by its number."""

    __slots__ = ()

    def __missing__(self, pid: int) -> str:
        return f"pid {pid}"


@lru_cache(maxsize=65536)
def paths(subject: str, names: tuple[object, ...]) -> tuple[str, ...]:
    """The paths of some facts of one subject; the same tuple each time."""
    return tuple(f"{subject}.{name}" for name in names)


def roles(k: Machine, procs: Iterable[Proc]) -> tuple[str, ...]:
    """The roles of some processes."""
    names = k.names
    found: list[str] = []
    for proc in procs:
        found.append(names.get(proc) or k.role(proc))
    return tuple(found)


def signal_name(flavor: Flavor, number: int) -> str:
    """The name of a signal on a system; "none" for 0."""
    return _by_number(flavor).get(number, f"signal {number}") if number else NONE


@lru_cache(maxsize=4096)
def signal_names(flavor: Flavor, mask: int) -> tuple[str, ...]:
    """The names of a signal set, in numeric order."""
    names = _by_number(flavor)
    return tuple(names.get(number, f"signal {number}") for number in members(mask))


@lru_cache(maxsize=256)
def _by_number(flavor: Flavor) -> dict[int, str]:
    return {number: name for name, number in flavor.signals.items()}
