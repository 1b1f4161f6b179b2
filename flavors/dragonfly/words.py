"""What the runner and the reader have to know of the system: names, where facts are kept, how a status reads."""

from __future__ import annotations

from collections.abc import Mapping

from flavors.dragonfly.proc_h import (
    LWP_ALTSTACK,
    NOTE_FLAGS,
    P_CONTROLT,
    P_EXEC,
    P_FLAG_NAMES,
    P_PPWAIT,
    P_PROFIL,
    P_SUGID,
    P_TRACED,
    PS_NOCLDSTOP,
    PS_NOCLDWAIT,
    WAIT_FLAGS,
)
from flavors.dragonfly.signal_h import SA_FLAGS, SIG_IGN, SIGCONT, signal_name
from oracle.flavor import Words
from oracle.machine.proc import Proc
from oracle.machine.signals import sigmask

WORDS = Words(
    terminal=("p_flag", P_CONTROLT),
    sugid=("p_flag", P_SUGID),
    exec=("p_flag", P_EXEC),
    vfork_wait=("p_flag", P_PPWAIT),
    traced=("p_flag", P_TRACED),
    profiling=("p_flag", P_PROFIL),
    nocldwait_acts=PS_NOCLDWAIT,
    nocldstop_acts=PS_NOCLDSTOP,
    altstack=LWP_ALTSTACK,
)
COUNTERS: Mapping[str, str] = {"forks": "v_forks", "vforks": "v_vforks"}
FLAGS: Mapping[str, Mapping[str, int]] = {"p_flag": P_FLAG_NAMES, "wait": WAIT_FLAGS, "sa": SA_FLAGS, "note": NOTE_FLAGS}


def status(word: int) -> str:
    """A wait status in words."""
    if word & 0o177 == 0o177:
        return f"stopped {signal_name(word >> 8)}"
    if word == SIGCONT:
        return "continued"
    if word & 0o177:
        return f"killed {signal_name(word & 0o177)}"
    return f"exited {word >> 8}"


def ignored(p: Proc) -> int:
    """The signals that a process ignores on purpose."""
    acts = p.p_sigacts
    mask = 0
    if acts is not None and acts.ps_sigact:
        for sig, action in acts.ps_sigact.items():
            if action is SIG_IGN:
                mask |= sigmask(sig)
    return mask


def handler(p: Proc, sig: int) -> str:
    """The handler that delivery of a signal would run, "" for none."""
    action = p.p_sigacts.ps_sigact.get(sig) if p.p_sigacts is not None else None
    return "" if action is None or action is SIG_IGN else action.name
