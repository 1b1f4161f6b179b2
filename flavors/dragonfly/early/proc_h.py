"""How a process is held: its count of holds is a char, and a hold too many makes it negative."""

from __future__ import annotations

from oracle.machine.proc import Proc


def phold(p: Proc) -> None:
    """Hold a process (PHOLD in the C)."""
    p.p_hold = (p.p_hold + 129) % 256 - 128


def prele(p: Proc) -> None:
    """Let go of it (PRELE in the C)."""
    p.p_hold = (p.p_hold + 127) % 256 - 128
