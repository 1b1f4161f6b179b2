"""Flags of this revision, what its model leaves out, and the invariants that the real kernel breaks."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.early import words
from flavors.dragonfly.proc_h import SACTIVE, SIDL, SSTOP
from flavors.dragonfly.proc_h import STATES as LATER_STATES
from flavors.dragonfly.r1_62.kern import P_ZOMBIE

STATES: Mapping[int, str] = {state: LATER_STATES[state] for state in (SIDL, SACTIVE, SSTOP)}
FLAGS: Mapping[str, Mapping[str, int]] = {
    **words.FLAGS,
    "p_flag": {
        **words.P_FLAGS, "P_BREAKTSLEEP": 0x8, "P_SELECT": 0x40, "P_SINTR": 0x80, "P_ZOMBIE": P_ZOMBIE, "P_ONRUNQ": 0x100000,
    },
}  # fmt: skip

NO_THREADS = "a process has one thread: native threads came with 1.67"

ABSENT: Mapping[str, str] = {
    **words.ABSENT,
    **dict.fromkeys(("lwp_create", "extexit", "lwp_kill"), NO_THREADS),
}

UNMODELLED: Mapping[str, str] = {
    **words.UNMODELLED,
    "kern_fork.c [350, 361, 476, 481, 608, 612]": "critical sections: kernel code is atomic here between two sleeps",
    "kern_fork.c [477, 607, 611]": "there is one scheduler, and nobody sees the order of its queue",
    "kern_fork.c [312-314, 478-479, 494]": "statistics, timer tick and capabilities of the thread: no call shows them",
    "P_SINTR and P_BREAKTSLEEP": "a sleeper is marked where later revisions mark it, in lwp_flag, and not in p_flag",
    "recycled memory": (
        "a new process holds what the dead one left: only lwp_flag survives fork1; not followed are a handler on a stack that "
        "was given up, and the signal actions of a process that gets a signal before it has any"
    ),
}
VIOLATIONS = words.VIOLATIONS
