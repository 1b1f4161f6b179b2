"""The shared machine: clock, counters, process tables, names, vnodes, console. Mechanism only; it knows no system."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from oracle.errors import LimitExceeded
from oracle.machine.cred import UidInfo
from oracle.machine.files import Vnode
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.sched import Scheduler
from oracle.machine.standing import BARE_PGRP, BARE_PROC, furnish
from oracle.machine.traps import Kernel, no_wait

if TYPE_CHECKING:
    from oracle.machine.faults import Faults
    from oracle.machine.locks import Mutex

HZ = 100
MS_PER_TICK = 1000 // HZ
PROCESSES_PER_RUN = 2_000


class Machine:
    """One simulated computer.

    Kernel code gets it as its first argument, `k`. It holds what any kernel has; `kern` holds what one system alone has, as a
    value of that system's own type.
    """

    __slots__ = (
        "allproc", "background", "console", "counters", "curlwp", "expecting", "faults", "initproc", "kern", "lwp_names",
        "maxproc", "names", "nprocs", "pgrps", "proc0", "proc_lock", "roles", "sched", "serial", "ticks", "timer_expired",
        "trace", "uidinfo", "userret", "vnodes", "zombproc",
    )  # fmt: skip

    def __init__(self) -> None:
        self.ticks = 100_000  # clock, HZ ticks a second
        self.serial = 0
        self.nprocs = 0  # as the kernel counts; see `background`
        self.maxproc = 0
        self.allproc: list[Proc] = []  # live processes, head first
        self.zombproc: list[Proc] = []  # dead, unreaped ones, head first
        self.pgrps: dict[int, Pgrp] = {}  # process groups by id
        self.uidinfo: dict[int, UidInfo] = {}
        self.background: dict[int, int] = {}  # uid -> processes that exist, are counted, and take no part
        self.vnodes: dict[str, Vnode] = {}  # by path
        self.console: list[str] = []
        self.faults: Faults | None = None  # what is made to fail
        self.counters: dict[str, int] = {}  # the kernel's statistics, by their own names
        self.proc0: Proc = None  # type: ignore[assignment]  # set by a flavor's boot, before anything runs
        self.initproc: Proc = None  # type: ignore[assignment]  # likewise
        self.proc_lock: Mutex | None = None  # one lock for all process lists, where the system has it
        self.kern: object = None  # the flavor's own globals
        self.userret: Callable[[Machine, Lwp], Kernel[None]] = _no_userret  # what an interrupted LWP runs before user mode
        self.timer_expired: Callable[[Machine, Proc], None] = _no_timer  # what happens when p_realtimer goes off
        self.curlwp: Lwp | None = None  # whose kernel code runs now
        self.sched = Scheduler(self)
        self.names: dict[Proc, str] = {}  # role of each process
        self.lwp_names: dict[Lwp, str] = {}  # actor name of each LWP
        self.roles: dict[str, Lwp] = {}  # the reverse
        self.expecting: dict[Lwp, str] = {}  # the role of the next process or LWP that an LWP makes
        self.trace: list[tuple[int, str, str, str]] | None = None  # (ticks, actor, event, detail), if anybody asked for it

    def dismantle(self) -> None:
        """Cut the references that run in circles, so that the memory of a machine nobody needs is free at once."""
        self.sched.dismantle()
        for proc in self.names:
            if type(proc) is BARE_PROC:
                proc.waits_for = ()  # type: ignore[misc]  # the slot is its base's
            else:
                proc.p_leader = proc.p_pptr = proc.p_pgrp = None
                proc.p_lwps.clear()
        for pgrp in self.pgrps.values():
            if type(pgrp) is not BARE_PGRP:
                pgrp.pg_session.s_ttypgrp = None
        self.kern = None

    def furnish(self) -> None:
        """Furnish the processes that stand by, before their classes are exchanged for others."""
        for proc in self.names:
            furnish(proc)

    # --- allocation and names -------------------------------------------------------------------------------------------

    def next_serial(self) -> int:
        """The next allocation serial; it stands for an address where a kernel compares those."""
        self.serial += 1
        return self.serial

    def new_proc(self, comm: str, stat: int) -> Proc:
        """Allocate a process structure, zeroed but for its name and state. It is on no list yet and has no pid."""
        if self.serial > PROCESSES_PER_RUN * 10 or len(self.allproc) + len(self.zombproc) > PROCESSES_PER_RUN:
            raise LimitExceeded(f"more than {PROCESSES_PER_RUN} processes in one run; use machine.background instead")
        self.serial = serial = self.serial + 1
        proc = Proc(-1, serial, comm, stat)
        if self.curlwp is not None and (role := self.expecting.get(self.curlwp)) is not None:
            self.names[proc] = role
        return proc

    def name_lwp(self, lwp: Lwp) -> None:
        """Give a new LWP its actor name: its process's role if it is the first, else the one expected of its creator."""
        role = self.names.get(lwp.lwp_proc)
        if role is not None and role not in self.roles:
            name: str | None = role
        else:
            name = self.expecting.get(self.curlwp) if self.curlwp is not None else None
            if name is not None and name in self.roles:
                name = None
        if name is not None:
            self.lwp_names[lwp] = name
            self.roles[name] = lwp

    def role(self, proc: Proc | None) -> str:
        """The role of a process; "none" for no process, "pid N" for one that plays no part."""
        if proc is None:
            return "none"
        return self.names.get(proc) or f"pid {proc.p_pid}"

    def vnode(self, path: str) -> Vnode:
        """The vnode of a path, made when first asked for."""
        vp = self.vnodes.get(path)
        if vp is None:
            vp = self.vnodes[path] = Vnode(path)
        return vp

    def vget(self, path: str) -> Vnode:
        """The vnode of a path, with one more reference to it."""
        vp = self.vnodes.get(path)
        if vp is None:
            vp = self.vnodes[path] = Vnode(path)
        vp.v_usecount += 1
        return vp

    def uid(self, uid: int) -> UidInfo:
        """The accounting record of a uid, made when first asked for."""
        info = self.uidinfo.get(uid)
        if info is None:
            info = self.uidinfo[uid] = UidInfo(uid)
        return info

    # --- looking up -----------------------------------------------------------------------------------------------------

    def pfind(self, pid: int) -> Proc | None:
        """The live process with this pid."""
        for proc in self.allproc:
            if proc.p_pid == pid:
                return proc
        return None

    def zfind(self, pid: int) -> Proc | None:
        """The zombie with this pid."""
        for proc in self.zombproc:
            if proc.p_pid == pid:
                return proc
        return None

    # --- time, sleep, console -------------------------------------------------------------------------------------------

    def wakeup(self, wchan: object) -> int:
        """Wake everybody who sleeps on `wchan`; says how many."""
        return self.sched.wakeup(wchan)

    def next_timer(self) -> int:
        """The tick at which the next interval timer goes off, 0 if none is armed."""
        due = 0
        for proc in self.allproc:
            if proc.p_realtimer and (not due or proc.p_realtimer < due):
                due = proc.p_realtimer
        return due

    def fire_timers(self) -> None:
        """Disarm the timers that are due and tell the kernel of each."""
        for proc in list(self.allproc):
            if proc.p_realtimer and proc.p_realtimer <= self.ticks:
                proc.p_realtimer = 0
                self.sched.rings += 1
                self.timer_expired(self, proc)

    def printf(self, text: str) -> None:
        """Print a line on the console."""
        self.console.append(text)

    def count(self, counter: str, by: int = 1) -> None:
        """Add to one of the kernel's statistics."""
        self.counters[counter] = self.counters.get(counter, 0) + by

    def note(self, lwp: Lwp | None, event: str, detail: str) -> None:
        """Write a line of the trace, if one is kept. Guard the call with `if k.trace is not None` where it is hot."""
        if self.trace is not None:
            actor = "" if lwp is None else self.lwp_names.get(lwp) or self.role(lwp.lwp_proc)
            self.trace.append((self.ticks, actor, event, detail))


def _no_userret(k: Machine, lwp: Lwp) -> Kernel[None]:
    """A machine that was never booted returns to user mode without looking at anything."""
    return no_wait(None)


def _no_timer(k: Machine, proc: Proc) -> None:
    """A machine that was never booted has no timers."""
