"""Signal sets as plain integers (bit n-1 for signal n), and what to do on a signal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from oracle.machine.counted import counted


@dataclass(frozen=True, slots=True)
class SigHandler:
    """A caught signal: the handler's name, the signals it masks while it runs, and its SA_ flags."""

    name: str
    mask: int = 0
    flags: int = 0


@counted("ps_refcnt")
@dataclass(slots=True, eq=False)
class SigActs:
    """Signal actions of one process, or of several that share them.

    `ps_sigignore`, `ps_sigcatch` and `ps_flag` are used by kernels that keep them here; the others keep them in the process.
    """

    ps_sigact: dict[int, SigHandler] = field(default_factory=dict)  # caught signals only
    ps_refcnt: int = 1  # processes that use it
    ps_sigignore: int = 0
    ps_sigcatch: int = 0
    ps_flag: int = 0

    def copy(self) -> SigActs:
        """A private copy with one reference."""
        return replace(self, ps_sigact=dict(self.ps_sigact), ps_refcnt=1)


def sigmask(signo: int) -> int:
    """The set with one signal."""
    return 1 << (signo - 1)


def sigset(signos: Iterable[int]) -> int:
    """The set of some signals."""
    mask = 0
    for signo in signos:
        mask |= 1 << (signo - 1)
    return mask


def members(mask: int) -> list[int]:
    """The signals of a set, lowest number first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length())
        mask ^= low
    return found


def first(mask: int) -> int:
    """The lowest signal of a set, 0 if it is empty."""
    return (mask & -mask).bit_length()
