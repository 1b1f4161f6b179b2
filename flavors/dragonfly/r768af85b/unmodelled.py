"""What the model of this revision leaves out, and the invariants that the real kernel breaks."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly import unmodelled
from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.unmodelled import CRED, LIMIT, THREAD, left
from oracle.flavor import KnownViolation
from oracle.machine.machine import Machine

UNMODELLED: Mapping[str, str] = {
    **unmodelled.UNMODELLED,
    "memory of a freed thread": "after a failed lwp_create the thread is freed while still on a list; what that breaks later",
}


def of_lost_limits(k: Machine, report: str) -> bool:
    """Whether these are limits that a process has replaced, counted too high by exactly as many references as were lost."""
    return any(
        report == f"PLimit: pl_refcnt is {limit.pl_refcnt}, but {limit.pl_refcnt - lost} hold it"
        for limit, lost in kern_of(k).lost_limits.items()
    )


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
        left("mq_open", r"\S+\.fd_nfiles: [^;]*", CRED),
        "the table of descriptors has grown before the queue is looked for",
        "sys_mqueue.c 768af85b sys_mq_open, kern_descrip.c fdgrow_locked",
    ),
    KnownViolation(
        "references",
        r"PLimit: pl_refcnt is \d+, but \d+ hold it",
        "a process that makes its limits private keeps its reference to those that it shared",
        "kern_plimit.c 768af85b, plimit_modify",
        of_lost_limits,
    ),
    KnownViolation(
        "error-trace",
        left("lwp_create", THREAD, LIMIT, CRED),
        "a failed lwp_create has spent a thread id that tid1 may hold, made the limits private and raised the caller's estcpu",
        "kern_fork.c 768af85b [202, 206, 224-232, 596]",
    ),
)
