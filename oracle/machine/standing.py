"""Processes that stand by: they are there from the start, on every list, counted and found, but what is in them is made only
when somebody first looks. Of the processes that every machine has, most runs look into none.

What stands by is bare, and so are its thread and the group that it alone is in. The first touch of any field of them exchanges
their classes for the plain ones, and furnishes them. To furnish makes what is the process's own and changes nothing that
anybody else could see; so it does not matter when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from oracle.machine.proc import Lwp, Pgrp, Proc

ALWAYS_FILLED = ("p_pid", "lwp_proc", "pg_id")  # what even the bare have


def furnish(p: Proc) -> None:
    """Furnish a process if it stands by: for whoever does not look in the usual way, and before its class is exchanged."""
    if type(p) is BARE_PROC:
        fill, lwp, pgrp, *needs = p.waits_for
        p.waits_for = pgrp.waits_for = ()  # type: ignore[misc]  # the slot is their base's
        p.__class__, lwp.__class__, pgrp.__class__ = Proc, Lwp, Pgrp
        fill(p, lwp, pgrp, *needs)


def _bare(kind: type, process_of: Callable[[Any], Proc]) -> type:
    """The class of what stands by, under the name that it goes by: each field is furnished when it is touched."""

    def furnished(name: str) -> property:
        def read(self: object) -> object:
            furnish(process_of(self))
            return getattr(self, name)

        def write(self: object, value: object) -> None:
            furnish(process_of(self))
            setattr(self, name, value)

        return property(read, write)

    names = [field.name for field in fields(kind) if field.name not in ALWAYS_FILLED]
    return type(kind.__name__, (kind,), {"__slots__": (), **{name: furnished(name) for name in names}})


INTERPRETED = __file__.endswith(".py")  # compiled, an object keeps its class: nobody stands by
BARE_PROC = _bare(Proc, lambda p: p) if INTERPRETED else None
BARE_LWP = _bare(Lwp, lambda lwp: lwp.lwp_proc) if INTERPRETED else None
BARE_PGRP = _bare(Pgrp, lambda pgrp: pgrp.waits_for[0]) if INTERPRETED else None
