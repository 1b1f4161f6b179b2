"""Names of flags that are not there yet, a wait status less, calls that are younger."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly import unmodelled, words
from flavors.dragonfly.proc_h import P_FLAG_NAMES, WAIT_FLAGS
from oracle.flavor import KnownViolation
from oracle.machine.machine import Machine

P_FLAGS: Mapping[str, int] = {name: bit for name, bit in P_FLAG_NAMES.items() if name != "P_CONTINUED"}
FLAGS: Mapping[str, Mapping[str, int]] = {
    **words.FLAGS,
    "p_flag": P_FLAGS,
    "wait": {name: bit for name, bit in WAIT_FLAGS.items() if name != "WCONTINUED"},
}

UNMODELLED: Mapping[str, str] = {
    **unmodelled.UNMODELLED,
    "files while a table is closed": "closing takes no time here, so nobody sees slots that name files already closed",
    "the thread of a zombie": "reaping does not wait here until a dead thread has switched away",
}

ABSENT: Mapping[str, str] = {**unmodelled.ABSENT, "mq_open": "message queues are younger than this revision"}


def left_by_exec(k: Machine, report: str) -> bool:
    """Whether there is memory that nobody uses and a zombie stands in the way of."""
    return any(p.p_exitvm is not None and not p.p_exitvm.vm_refcnt and p.p_exitvm.vm_map for p in k.zombproc)


VIOLATIONS: tuple[KnownViolation, ...] = (
    *unmodelled.VIOLATIONS,
    KnownViolation(
        "references",
        r"VmObject: refs is \d+, but \d+ hold it",
        "memory that exec left behind stays allocated until the zombie that last used it is reaped",
        "vm_map.c vmspace_free, 1.62 and 1.67",
        left_by_exec,
    ),
)
