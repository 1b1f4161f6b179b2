"""A machine with no system on it: processes that are nothing but an LWP, and kernel code that notes what it did."""

from __future__ import annotations

from collections.abc import Callable

from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, Wake, preempt, tsleep
from tests.turns import Turns


class Bench:
    """A machine, some LWPs called a, b, c …, and a log."""

    def __init__(self, count: int = 3) -> None:
        self.k = Machine()
        self.k.sched = self.turns = Turns(self.k)
        self.log: list[str] = []
        self.lwps = [Lwp(Proc(pid, pid, name, 1), 1, 1) for pid, name in enumerate("abcdefgh"[:count], 1)]
        for lwp in self.lwps:
            lwp.lwp_proc.p_lwps.append(lwp)
            self.k.allproc.append(lwp.lwp_proc)
            self.k.names[lwp.lwp_proc] = self.k.lwp_names[lwp] = lwp.lwp_proc.p_comm

    def says(self, *words: str) -> Kernel[None]:
        """Note words, with a preemption point after each."""
        for word in words:
            self.log.append(word)
            yield from preempt("says")

    def sleeps(
        self, name: str, wchan: object, timo: int = 0, catch: bool = False, awaits: Callable[[], object] | None = None
    ) -> Kernel[Wake]:
        """Sleep, and note what ended it."""
        why = yield from tsleep(wchan, "test", timo, catch, awaits)
        self.log.append(f"{name} {why.value}")
        return why

    def wakes(self, wchan: object) -> Kernel[int]:
        """Wake whoever sleeps."""
        yield from preempt("wakes")
        return self.k.wakeup(wchan)
