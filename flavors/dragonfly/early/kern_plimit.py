"""Resource limits before threads made them private."""

from __future__ import annotations

from flavors.dragonfly.early.sources import KERN_PLIMIT
from flavors.dragonfly.kern_plimit import limit_of, own_limit
from oracle.cite import models
from oracle.machine.limits import PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_PLIMIT)
def plimit_fork(p1: Proc) -> PLimit:
    """The child's limits: the same structure. Nobody leaves one marked exclusive, so it is never copied here."""
    limit = limit_of(p1)
    if limit.pl_exclusive:
        return limit.copy()
    limit.pl_refcnt += 1
    return limit


@models(KERN_PLIMIT)
def plimit_modify(k: Machine, p: Proc) -> PLimit:
    """Limits that may be changed without anybody else noticing."""
    return own_limit(p)
