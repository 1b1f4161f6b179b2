"""The closed set of things kernel code may wait for; the only bare yields.

Kernel code that may block returns `Kernel[T]` and is called under `yield from`. What it yields is a trap; what comes back is
why it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum
from typing import TypeAlias, TypeVar

_T = TypeVar("_T")


class Wake(Enum):
    """Why a sleep ended."""

    WOKEN = "woken"
    TIMEOUT = "time-out"
    SIGNAL = "signal"


class Sleep:
    """The LWP waits on a channel.

    `wchan` is any kernel object (identity counts); `wmesg` the kernel's own wait message; `timo` in ticks, 0 for ever; `catch`
    says whether a signal ends the sleep; `awaits`, where given, is true once what the sleeper waits for has happened, so that
    a sleeper nobody woke can be told from one that waits rightly.
    """

    __slots__ = ("awaits", "catch", "timo", "wchan", "wmesg")

    def __init__(self, wchan: object, wmesg: str, timo: int, catch: bool, awaits: Callable[[], object] | None) -> None:
        self.wchan = wchan
        self.wmesg = wmesg
        self.timo = timo
        self.catch = catch
        self.awaits = awaits


class Preempt:
    """Another LWP may run first; this one stays runnable.

    `blocks`: the kernel could wait here for something that is not there at once (memory, the giant lock), or it passes through
    user mode, so others may run on any kernel. Else only on one that can be preempted (`Flavor.preemptible`).
    """

    __slots__ = ("blocks", "why")

    def __init__(self, why: str, blocks: bool) -> None:
        self.why = why
        self.blocks = blocks


Trap: TypeAlias = Sleep | Preempt
Kernel: TypeAlias = Generator[Trap, Wake, _T]


def tsleep(
    wchan: object, wmesg: str, timo: int = 0, catch: bool = False, awaits: Callable[[], object] | None = None
) -> Kernel[Wake]:
    """Sleep on `wchan` until `wakeup(wchan)`, `timo` ticks, or (with `catch`) a signal."""
    return (yield Sleep(wchan, wmesg, timo, catch, awaits))


def may_block(why: str) -> Kernel[None]:
    """A point where the kernel may have to wait, so that another LWP may run first on any kernel. `why` names the point."""
    yield Preempt(why, True)


def preempt(why: str) -> Kernel[None]:
    """A point where a kernel that can be preempted may be: before it takes a lock, or touches what no lock guards."""
    yield Preempt(why, False)


def no_wait(value: _T) -> Kernel[_T]:
    """A kernel routine that never waits, in the shape of one that may."""
    yield from ()
    return value
