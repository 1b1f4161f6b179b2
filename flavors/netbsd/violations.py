"""The invariants that this kernel breaks, and how to tell its break from one of the model's own."""

from __future__ import annotations

import re

from flavors.netbsd.param import UINT32
from flavors.netbsd.state import kern
from oracle.flavor import KnownViolation
from oracle.machine.locks import RwLock
from oracle.machine.machine import Machine

_COUNTS = re.compile(r"(.+) counts (\d+) stopped or dead children, there are (\d+)")
_CHARGED = re.compile(r"uid (\d+) is charged (-?\d+|nothing), but has (\d+) processes")
_LIMIT = r"\S+\.p_limit\S*: [^;]*"
_HELD = r"\S+\.(?:p_reflock\.lk_readers|lwp_locks)(?:\[\d+\])?: [^;]*"


def drifted(k: Machine, report: str) -> bool:
    """Whether a count of stopped or dead children is off by just what its known defects have put there."""
    found = _COUNTS.fullmatch(report)
    assert found is not None
    role, counted, there = found[1], int(found[2]), int(found[3])
    drift = kern(k).nstopchild_drift
    return any(k.role(p) == role and (there + drift.get(p, 0)) & UINT32 == counted for p in (*k.allproc, *k.zombproc))


def shared_reference_locks_alone(k: Machine, report: str) -> bool:
    """Whether all locks that are held in user mode are reference locks held shared, which ptrace alone does."""
    reflocks = [p.p_reflock for p in (*k.allproc, *k.zombproc)]
    held = [(l, lock) for p in k.allproc for l in p.p_lwps if l.lwp_task is None for lock in l.lwp_locks]
    return all(isinstance(lock, RwLock) and lock in reflocks and l in lock.lk_readers for l, lock in held)


def mischarged(k: Machine, report: str) -> bool:
    """Whether the count of a uid is off by just what forks beside a change of ids have put there."""
    found = _CHARGED.fullmatch(report)
    assert found is not None
    uid, charged, there = int(found[1]), found[2], int(found[3])
    drift = kern(k).proccnt_drift.get(uid, 0)
    return drift != 0 and there + drift == (0 if charged == "nothing" else int(charged))


VIOLATIONS = (
    KnownViolation(
        "stopped-children",
        _COUNTS.pattern,
        "a child born stopped is counted at whoever forks, not at its parent; one that dies under a parent that wants none "
        "leaves its unit there; stop-on-exit is never counted; stop-on-exec clears the mark of another; "
        "a death from a stop leaves the stop counted: so p_nstopchild drifts",
        "kern_fork.c 1.189 [557]; kern_exit.c, proc_reparent and exit1; kern_exec.c, execve_runproc; kern_sig.c, issignal",
        drifted,
    ),
    KnownViolation(
        "uid-count",
        _CHARGED.pattern,
        "a fork is charged to the user of the credential that its LWP has cached, its child's end to that of the process: "
        "another LWP that changes the ids meanwhile leaves one too many with the old user and one too few with the new one",
        "kern_fork.c 1.189 [225, 337]; kern_exit.c, proc_free",
        mischarged,
    ),
    KnownViolation(
        "locks",
        r".+ is in user mode and holds \d+ locks",
        "an event-mask request of ptrace with a wrong size returns without releasing the target's reference lock",
        "sys_process.c 1.162, sys_ptrace",
        shared_reference_locks_alone,
    ),
    KnownViolation(
        "error-trace",
        rf"ptrace\(.*\bbad_size=True.*\) failed with EINVAL and left {_HELD}(?:; {_HELD})*",
        "an event-mask request of ptrace with a wrong size returns without releasing the target's reference lock",
        "sys_process.c 1.162, sys_ptrace",
    ),
    KnownViolation(
        "error-trace",
        rf"setrlimit\(resource=stack, .*\) failed with EINVAL and left {_LIMIT}(?:; {_LIMIT})*",
        "whether the stack in use fits is asked after the limits have been made the process's own",
        "kern_resource.c 1.172, dosetrlimit",
    ),
)
