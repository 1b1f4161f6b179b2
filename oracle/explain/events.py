"""What is noted of kernel code that runs: writes, decisions, sleeps, returns, errors; each with the place where it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from oracle.explain.statements import Decision
from oracle.machine.errno import Errno
from oracle.machine.proc import Lwp

At: TypeAlias = tuple[str, int]  # module, line
Site: TypeAlias = tuple[At, ...]  # where kernel code stood, and who had called it, innermost first


class _Whole:
    """Stands for the whole of a field, where only a part of it could be meant."""

    def __repr__(self) -> str:
        return "WHOLE"


WHOLE = _Whole()


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A field was set, or one of the entries of the container in it (`key`; of a list, the entry itself) came, went or changed.

    `born`: it was set when the object was made; `given`: to something that the kernel code said then.
    """

    serial: int
    obj: object
    field: str
    key: object
    before: object
    after: object
    site: Site
    lwp: Lwp | None
    born: bool = False
    given: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A decision, which way it went, and the kernel objects and containers that were at hand there, by their names."""

    serial: int
    decision: Decision
    site: Site
    taken: bool
    names: dict[str, object]
    frame: int  # the number of the run of the function that it was in
    lwp: Lwp | None


@dataclass(frozen=True, slots=True, eq=False)
class Slept:
    """An LWP went to sleep, for at most `timo` ticks (0: until it is woken)."""

    serial: int
    lwp: Lwp | None
    timo: int
    site: Site


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """A function of the flavor returned a value."""

    serial: int
    lwp: Lwp | None
    value: object
    site: Site


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The function of a system call itself read a field, or one that it called."""

    serial: int  # of what was noted last before
    lwp: Lwp | None
    obj: object
    field: str


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """An error was raised, whether or not the call ended with it."""

    serial: int
    lwp: Lwp | None
    error: Errno
    site: Site
