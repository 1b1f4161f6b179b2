"""What a knote makes of an event, when that of an exit did not tell yet how the process ended."""

from __future__ import annotations

from flavors.dragonfly.early.sources import KERN_EVENT
from flavors.dragonfly.kern_event import follow
from flavors.dragonfly.proc_h import NOTE_EXIT, NOTE_FORK, NOTE_PCTRLMASK, NOTE_TRACK, NOTE_TRACKERR
from oracle.cite import models
from oracle.machine.cred import Cred
from oracle.machine.kevent import Knote, unwatch
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(KERN_EVENT)
def filt_proc(k: Machine, kn: Knote, p: Proc, hint: int, cred: Cred | None) -> bool:
    """Record an event in one knote; follow a fork into the child. Whether there is something to report.

    The event of an exit says that the process is gone, and no more.
    """
    event = hint & NOTE_PCTRLMASK
    if kn.kn_sfflags & event:
        kn.kn_fflags |= event
    if event == NOTE_EXIT:
        unwatch(p, kn)
        kn.kn_proc = None
        return True
    if event == NOTE_FORK and kn.kn_sfflags & NOTE_TRACK and not follow(k, kn, hint, cred):
        kn.kn_fflags |= NOTE_TRACKERR
    return kn.kn_fflags != 0
