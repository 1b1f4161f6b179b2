"""The machine at the start, before there were message queues."""

from __future__ import annotations

from flavors.dragonfly import init_main
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.scenario import ProcessSpec


def new_process(k: Machine, spec: ProcessSpec, parent: Proc) -> Lwp:
    """A process as a scenario wants it."""
    if any(one.kind == "mqueue" for one in spec.files):
        raise Unmodelled("there are no message queues yet: nobody can have one open")
    return init_main.new_process(k, spec, parent)
