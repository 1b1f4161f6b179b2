"""The code of a portable call, and the call that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Args, Call
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel

Answer: TypeAlias = int | str | None
Run: TypeAlias = Callable[[Machine, Lwp, Args], Kernel[Answer]]


def portable(**code: Run) -> dict[str, Call]:
    """Portable calls by name, each with its code."""
    return {name: Call(PORTABLE_BY_NAME[name], run) for name, run in code.items()}
