"""Kernel code on its way: one system call, or one trip from user mode into the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle.machine.traps import Kernel, Sleep, Wake

if TYPE_CHECKING:
    from oracle.machine.proc import Lwp


class Task:
    """Kernel code that runs in an LWP: one system call, or one trip from user mode into the kernel.

    Exactly one of these holds: it is ready, it sleeps (`sleep` is set), it spins (parked until the next round), or it is done:
    then `value` is what it returned, or `failure` says how it ended (an Errno, LwpExit, Panic or Unmodelled).
    """

    __slots__ = (
        "code", "done", "failure", "lwp", "missed", "name", "resumes", "sleep", "slept", "spins", "started", "value", "wake",
        "wake_at",
    )  # fmt: skip

    def __init__(self, lwp: Lwp, name: str, code: Kernel[object], now: int) -> None:
        self.lwp = lwp
        self.name = name
        self.code = code
        self.sleep: Sleep | None = None
        self.slept = False  # ever
        self.wake: Wake | None = None  # what ended the last sleep; None before the first
        self.missed: Task | None = None  # the task in which what this one sleeps for came about, without its being woken
        self.wake_at = 0  # tick at which a sleep times out; 0: never
        self.done = False
        self.spins = False
        self.value: object = None
        self.failure: Exception | None = None
        self.started = now
        self.resumes = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who sleeps on what, for a deadlock report. `lost`: what it waits for has happened, but nobody woke it."""

    lwp: Lwp
    call: str
    wmesg: str
    wchan: object
    interruptible: bool
    lost: bool
    missed: Task | None  # in which what it waits for came about; its own: before it slept; None: not at all
