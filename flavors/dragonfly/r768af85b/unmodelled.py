"""What the model of this revision leaves out, and the invariants that the real kernel breaks."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly import unmodelled
from flavors.dragonfly.unmodelled import CRED, LIMIT, THREAD, left
from oracle.flavor import KnownViolation

UNMODELLED: Mapping[str, str] = {
    **unmodelled.UNMODELLED,
    "memory of a freed thread": "after a failed lwp_create the thread is freed while still on a list; what that breaks later",
}

VIOLATIONS: tuple[KnownViolation, ...] = (
    KnownViolation(
        "error-trace",
        left(r"\w+", CRED),
        "entering the kernel refreshes the thread's credential, whatever the call then comes to",
        "trap.c userenter, 768af85b",
    ),
    *unmodelled.VIOLATIONS,
    KnownViolation(
        "error-trace",
        left("lwp_create", THREAD, LIMIT, CRED),
        "a failed lwp_create has spent a thread id, made the limits private and raised the caller's estcpu",
        "kern_fork.c 768af85b [202, 224-232, 596]",
    ),
)
