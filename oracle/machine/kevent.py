"""Kernel event queues, as far as they watch processes; trace files of ktrace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle.machine.counted import counted

if TYPE_CHECKING:
    from oracle.machine.proc import Proc


@dataclass(slots=True, eq=False)
class Knote:
    """A registered interest in a process."""

    kn_kq: KQueue
    kn_proc: Proc | None  # who is watched; None once it has exited
    kn_id: int  # the pid it was registered under
    kn_sfflags: int  # notes asked for
    kn_fflags: int = 0  # notes that happened
    kn_data: int = 0  # the pid of the parent, or how the process ended
    kn_active: bool = False  # waits to be read
    kn_ended: bool = False  # kn_data is how the process ended


@dataclass(slots=True, eq=False)
class KQueue:
    """A kernel event queue."""

    kq_knotes: list[Knote] = field(default_factory=list)  # in order of registration


@counted("kn_refs")
@dataclass(slots=True, eq=False)
class KtrNode:
    """A trace file and how many processes write to it."""

    kn_name: str
    kn_refs: int = 1


def unwatch(p: Proc, kn: Knote) -> None:
    """Take a knote off the list of the process that it watches."""
    p.p_klist = tuple([one for one in p.p_klist if one is not kn])
