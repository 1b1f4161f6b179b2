"""What the model of this revision leaves out, and the invariants that the real kernel breaks."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.early import words
from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.unmodelled import THREAD, left
from oracle.flavor import KnownViolation
from oracle.machine.machine import Machine

UNMODELLED: Mapping[str, str] = {
    **words.UNMODELLED,
    "memory of a freed thread": "a failed lwp_create loses the thread below its lwp: ps would show it among the kernel's",
    "thread ids": "a process never has all of the ids there are, so lwp_fork never panics for want of one",
}


def of_a_miscounted_uid(k: Machine, report: str) -> bool:
    """Whether a fork got the count of the user wrong."""
    return any(report.startswith(f"uid {uid} ") for uid in kern_of(k).miscounted)


VIOLATIONS: tuple[KnownViolation, ...] = (
    *words.VIOLATIONS,
    KnownViolation(
        "error-trace",
        left("lwp_create", THREAD),
        "a failed lwp_create has spent a thread id that tid1 may hold, and raised the caller's estcpu",
        "kern_fork.c 1.67 [170, 187-192, 564, 588]",
    ),
    KnownViolation(
        "uid-count",
        r"uid \d+ is charged (?:-?\d+|nothing), but has \d+ processes",
        "a sibling thread changed its ids between the charge and the birth of a child",
        "kern_fork.c 1.67 [301, 354]",
        of_a_miscounted_uid,
    ),
)
