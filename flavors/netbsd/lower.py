"""What a caller wants of a new process, in this system's own words."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.netbsd.param import NSIG, SIGCHLD, SIGNALS
from oracle.flavor import Inexpressible, Lowered

HERE = "kern_fork.c 1.189"


def lower(intent: Mapping[str, bool | int | str]) -> Lowered | Inexpressible:
    """The call that makes a process as wanted: fork, vfork, or __clone with flags."""
    share_memory = intent["memory"] == "share"
    if intent["files"] == "fresh":
        return Inexpressible(
            f"no flag of __clone asks for an empty descriptor table, FORK_CLEANFILES is the kernel's own: {HERE} [174-183]"
        )
    if intent["parent"] == "init":
        return Inexpressible(f"no flag of __clone makes a child of init: {HERE} [174-183]")
    if intent["same_leader"]:
        return Inexpressible("no process dies with another: this system has no leader and peers")
    if intent["handlers"] == "share" and not share_memory:
        return Inexpressible(f"__clone shares handlers only together with memory: {HERE} [168-170]")
    wanted = intent["exit_signal"]
    signo = SIGNALS.get(wanted, -1) if isinstance(wanted, str) else int(wanted)
    if signo < 0:
        return Inexpressible(f"this system has no signal {wanted}")
    if signo >= NSIG:
        return Inexpressible(f"exit signal {signo} is not below {NSIG}: {HERE} [185-187]")
    names = [
        name
        for name, asked in (
            ("CLONE_VM", share_memory),
            ("CLONE_FS", intent["cwd"] == "share"),
            ("CLONE_FILES", intent["files"] == "share"),
            ("CLONE_SIGHAND", intent["handlers"] == "share"),
            ("CLONE_VFORK", bool(intent["wait_for_exec"])),
        )
        if asked
    ]
    if signo == SIGCHLD and not intent["new_stack"]:
        if not names:
            return Lowered("fork", {})
        if names == ["CLONE_VM", "CLONE_VFORK"]:
            return Lowered("vfork", {})
    args: dict[str, bool | int | str] = {"flags": "|".join(names) or 0, "csignal": wanted if signo else 0}
    if intent["new_stack"]:
        args["stack"] = "new"
    return Lowered("__clone", args)
