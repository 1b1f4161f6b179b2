"""Says how an intent is put to this system: vfork where that is exactly what is wanted, rfork flags otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.signal_h import SIGNALS
from oracle.flavor import Inexpressible, Lowered

Intent = Mapping[str, bool | int | str]


def lower(intent: Intent) -> Lowered | Inexpressible:
    """One of the system's calls for an intent, or why there is none. Citations are of kern_fork.c 768af85b."""
    memory, files, handlers = intent["memory"], intent["files"], intent["handlers"]
    exit_signal = intent["exit_signal"]
    signo = exit_signal if isinstance(exit_signal, int) else SIGNALS.get(str(exit_signal), -1)
    parent, same_leader = intent["parent"], intent["same_leader"]
    if reason := _never(intent, signo):
        return Inexpressible(reason)
    if intent["wait_for_exec"]:
        wanted = (memory, files, handlers, parent, bool(same_leader), signo)
        if wanted == ("share", "copy", "copy", "caller", False, SIGNALS["SIGCHLD"]):
            return Lowered("vfork", {})
        return Inexpressible("vfork shares memory and nothing else [141], and rfork refuses RFPPWAIT [171-172]")
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


def _never(intent: Intent, signo: int) -> str:
    """Why no call of the system can do this, "" if one can."""
    if intent["new_stack"]:
        return "no call takes a stack: fork1 has flags alone [239-240]; rfork_thread switches stacks in user mode"
    if signo not in (SIGNALS["SIGCHLD"], SIGNALS["SIGUSR1"]):
        return "the exit signal is SIGCHLD, or SIGUSR1 with RFLINUXTHPN [412-415]"
    if intent["cwd"] == "share" and intent["files"] != "share":
        return "directories and mask are in the descriptor table: they are shared with it [432] and copied with it [426-429]"
    if intent["cwd"] == "copy" and intent["files"] == "share":
        return "directories and mask are in the descriptor table, which is to be shared [432]"
    return ""
