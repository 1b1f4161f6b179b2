"""Says how an intent is put to this system: vfork where that is exactly what is wanted, rfork flags otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flavors.dragonfly.signal_h import SIGNALS
from oracle.flavor import Inexpressible, Lowered

Intent = Mapping[str, bool | int | str]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a revision's kern_fork.c that say what can't be had."""

    vfork: str  # what vfork asks for
    refused: str  # rfork refuses the kernel's own flags
    arguments: str  # all that fork1 takes
    exit_signal: str
    shared_files: str
    own_files: str


def lower(intent: Intent, lines: Lines) -> Lowered | Inexpressible:
    """One of the system's calls for an intent, or why there is none."""
    memory, files, handlers = intent["memory"], intent["files"], intent["handlers"]
    exit_signal = intent["exit_signal"]
    signo = exit_signal if isinstance(exit_signal, int) else SIGNALS.get(str(exit_signal), -1)
    parent, same_leader = intent["parent"], intent["same_leader"]
    if reason := _never(intent, signo, lines):
        return Inexpressible(reason)
    if intent["wait_for_exec"]:
        wanted = (memory, files, handlers, parent, bool(same_leader), signo)
        if wanted == ("share", "copy", "copy", "caller", False, SIGNALS["SIGCHLD"]):
            return Lowered("vfork", {})
        return Inexpressible(f"vfork shares memory and nothing else {lines.vfork}, and rfork refuses RFPPWAIT {lines.refused}")
    flags = ["RFPROC"]
    if memory == "share":
        flags.append("RFMEM")
    if files != "share":
        flags.append("RFFDG" if files == "copy" else "RFCFDG")
    if handlers == "share":
        flags.append("RFSIGSHARE")
    if parent == "init":
        flags.append("RFNOWAIT")
    if same_leader:
        flags.append("RFTHREAD")
    if signo == SIGNALS["SIGUSR1"]:
        flags.append("RFLINUXTHPN")
    return Lowered("rfork", {"flags": "|".join(flags)})


def _never(intent: Intent, signo: int, lines: Lines) -> str:
    """Why no call of the system can do this, "" if one can."""
    if intent["new_stack"]:
        return f"no call takes a stack: fork1 has flags alone {lines.arguments}; rfork_thread switches stacks in user mode"
    if signo not in (SIGNALS["SIGCHLD"], SIGNALS["SIGUSR1"]):
        return f"the exit signal is SIGCHLD, or SIGUSR1 with RFLINUXTHPN {lines.exit_signal}"
    if intent["cwd"] == "share" and intent["files"] != "share":
        return (
            "directories and mask are in the descriptor table: "
            f"they are shared with it {lines.shared_files} and copied with it {lines.own_files}"
        )
    if intent["cwd"] == "copy" and intent["files"] == "share":
        return f"directories and mask are in the descriptor table, which is to be shared {lines.shared_files}"
    return ""
