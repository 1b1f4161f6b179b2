"""Variables that symbolic links can name, of a process: setting one, and what the kernel has allocated for them."""

from __future__ import annotations

from itertools import chain

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.sources import KERN_VARSYM
from oracle.cite import models
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_VARSYM, function="sys_varsym_set")
def varsym_set(p: Proc, name: str) -> None:
    """Set a variable for a process and for the children that it will have."""
    if name not in p.p_varsymset:
        p.p_varsymset = (*p.p_varsymset, name)


def varsyms_in_use(k: Machine) -> int:
    """How many entries there are on the lists of processes, dead ones' that nobody freed included."""
    return kern_of(k).lost_varsyms + sum(len(p.p_varsymset) for p in chain(k.allproc, k.zombproc))
