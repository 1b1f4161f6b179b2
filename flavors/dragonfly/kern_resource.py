"""Counting processes per user; the nice value."""

from __future__ import annotations

from flavors.dragonfly.sources import KERN_RESOURCE
from oracle.cite import models
from oracle.machine.errno import EACCES
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_RESOURCE)
def chgproccnt(k: Machine, uid: int, diff: int, most: int) -> bool:
    """Charge processes to a uid; refuses to go above `most`, which is an int in the C, and no limit at all if it is 0."""
    info = k.uid(uid)
    if diff > 0 and most:
        most = ((most & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
        if most and info.ui_proccnt + diff > most:
            return False
    info.ui_proccnt += diff
    if info.ui_proccnt < 0:
        k.printf(f"negative proccnt for uid = {uid}")
    return True


@models(KERN_RESOURCE, function="donice")
def donice(p: Proc, nice: int) -> None:
    """Set the nice value; only the superuser may lower it, and not from a jail."""
    nice = max(-20, min(20, nice))
    cred = p.p_ucred
    assert cred is not None
    if nice < p.p_nice and (cred.cr_uid != 0 or cred.cr_prison is not None):
        raise EACCES(f"nice {nice} is below {p.p_nice}")
    p.p_nice = nice
