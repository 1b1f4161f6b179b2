"""How this system's states of signals and exits read in words."""

from __future__ import annotations

from flavors.netbsd.param import DEFAULT_IGNORED, SIGNAL_NAMES
from oracle.machine.proc import Proc
from oracle.machine.signals import sigmask


def status(word: int) -> str:
    """A wait status in words."""
    if word & 0o377 == 0o177:
        return f"stopped {SIGNAL_NAMES.get(word >> 8, word >> 8)}"
    if signo := word & 0o177:
        return f"killed {SIGNAL_NAMES.get(signo, signo)}"
    return f"exited {word >> 8}"


def ignored(p: Proc) -> int:
    """The signals that a process ignores on purpose: in its own ignore set, and not only because that is their default."""
    chosen = p.p_sigacts.ps_sigignore if p.p_sigacts is not None else 0
    return p.p_sigignore & (chosen | ~DEFAULT_IGNORED)


def handler(p: Proc, signo: int) -> str:
    """The handler that delivery would find: none if the process's own ignore set has the signal, else what the table says."""
    if p.p_sigacts is None or p.p_sigignore & sigmask(signo):
        return ""
    action = p.p_sigacts.ps_sigact.get(signo)
    return "" if action is None else action.name
