"""Processes, LWPs, process groups, sessions: the 4.4BSD structures, with the fields that either system's fork touches.

A field that one system alone has stays at its default on the others. Where systems name one thing differently, the comment
gives the other name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle.machine.counted import counted

if TYPE_CHECKING:
    from oracle.machine.cred import Cred
    from oracle.machine.files import Cwdi, FdToLeader, FileDesc, Vnode
    from oracle.machine.kevent import Knote, KtrNode
    from oracle.machine.limits import PLimit
    from oracle.machine.locks import CondVar, Mutex, RwLock
    from oracle.machine.signals import SigActs
    from oracle.machine.task import Task
    from oracle.machine.vm import VmSpace


@dataclass(slots=True, eq=False)
class Session:
    """A session and its controlling terminal."""

    s_sid: int  # pid of the leader that made it
    s_leader: Proc | None  # None once it has exited
    s_ttyvp: Vnode | None = None  # vnode of the controlling terminal
    s_count: int = 1  # process groups in the session
    s_ttypgrp: Pgrp | None = None  # foreground group of the terminal


class Standing:
    """What a process has, and its group, that stands by: see `oracle.machine.standing`."""

    __slots__ = ("waits_for",)

    waits_for: tuple[Any, ...]  # what furnishes it, and what that needs; of a group, the process. Empty once it is furnished


@dataclass(slots=True, eq=False)
class Pgrp(Standing):
    """A process group."""

    pg_id: int
    pg_session: Session
    pg_members: list[Proc] = field(default_factory=list)  # in list order, head first
    pg_lock: RwLock | None = None  # where the system has one
    pg_jobc: int = 0  # members whose parent can do job control on the group; 0 means orphaned


@counted("ar_ref")
@dataclass(slots=True, eq=False)
class Args:
    """The argument vector that ps shows."""

    ar_args: str
    ar_ref: int = 1


@dataclass(slots=True, eq=False, init=False)
class Proc(Standing):
    """A process. It is zeroed by hand when it is made: sixty parameters with defaults would take twice as long."""

    p_pid: int
    p_serial: int  # order of allocation; stands for the address
    p_comm: str
    p_stat: int  # the system's own number, see Flavor.states
    p_pptr: Proc | None  # parent; None for process 0 alone
    p_ppid: int  # what getppid(2) reads, where it is kept apart
    p_opptr: Proc | None  # NetBSD: real parent while a tracer has the process
    p_oppid: int  # DragonFly: pid of the real parent while a tracer has the process
    p_children: list[Proc]  # head first
    p_leader: Proc | None  # DragonFly: head of the peers chain
    p_peers: Proc | None  # DragonFly: next in the peers chain
    p_pgrp: Pgrp | None  # the group it says it is in; list membership is Pgrp.pg_members
    p_exitsig: int  # signal to the parent on exit; DragonFly p_sigparent

    p_flag: int  # DragonFly P_*, NetBSD PK_*
    p_sflag: int  # NetBSD PS_*
    p_slflag: int  # NetBSD PSL_*
    p_lflag: int  # NetBSD PL_*
    p_stflag: int  # NetBSD PST_*

    p_ucred: Cred | None  # NetBSD p_cred
    p_fd: FileDesc | None
    p_fdtol: FdToLeader | None  # DragonFly
    p_cwdi: Cwdi | None  # NetBSD
    p_limit: PLimit | None
    p_vmspace: VmSpace | None  # None from exit on
    p_exitvm: VmSpace | None  # the address space an exited process used, until it is reaped
    p_sigacts: SigActs | None
    p_sigignore: int  # NetBSD p_sigctx.ps_sigignore
    p_sigcatch: int  # NetBSD p_sigctx.ps_sigcatch
    p_siglist: int  # pending for the process; NetBSD p_sigpend

    p_lwps: list[Lwp]  # in the system's own order
    p_nthreads: int  # NetBSD p_nlwps
    p_lasttid: int  # last thread id given out; NetBSD p_nlwpid
    p_nstopped: int  # DragonFly: LWPs that have stopped
    p_nrlwps: int  # NetBSD: LWPs that can run

    p_hold: int  # DragonFly p_lock: holds that keep it from being freed
    p_lock: Mutex | None  # NetBSD: guards signal state; may be shared
    p_waitcv: CondVar | None  # NetBSD
    p_reflock: RwLock | None  # NetBSD

    p_nice: int
    p_textvp: Vnode | None  # program text
    p_args: Args | None
    p_traceflag: int  # ktrace: what is traced
    p_tracenode: KtrNode | None  # ktrace: where to; NetBSD p_tracep
    p_klist: tuple[Knote, ...]  # who watches it
    p_realtimer: int  # ticks at which the real-time interval timer goes off; 0: not armed
    p_cputime: int  # ticks of processor time used
    p_childtime: int  # the same, of children waited for
    p_start: int  # ticks at which it was made
    p_acflag: int  # accounting flags
    p_xstat: int  # wait status
    p_nstopchild: int | None  # NetBSD: stopped or dead children nobody has waited for yet
    p_waited: int  # its stop was already reported
    p_fpid: int  # NetBSD: the other process of a traced fork
    p_mqueue_cnt: int  # open message queues, as counted for the limit
    p_numposixlocks: int  # advisory locks, counted on the leader
    p_prof: int  # profiling buffer
    p_emul: str  # system-call emulation
    p_varsymset: tuple[str, ...]  # DragonFly: variant symlinks
    p_vkernel: object | None  # DragonFly: virtual-kernel state
    p_stackbase: int  # NetBSD: written by exec alone
    p_estcpu: int  # NetBSD p_estcpu_inherited: the estimate that the scheduler gave it at birth

    def __init__(self, pid: int, serial: int, comm: str, stat: int, pptr: Proc | None = None, ppid: int = 0) -> None:
        self.p_pid = pid
        self.p_serial = serial
        self.p_comm = comm
        self.p_stat = stat
        self.p_pptr = pptr
        self.p_ppid = ppid
        self.p_children = []
        self.p_lwps = []
        self.p_klist = ()
        self.p_emul = ""
        self.p_varsymset = ()
        self.p_oppid = self.p_exitsig = self.p_flag = self.p_sflag = self.p_slflag = self.p_lflag = self.p_stflag = 0
        self.p_sigignore = self.p_sigcatch = self.p_siglist = self.p_nthreads = self.p_lasttid = self.p_nstopped = 0
        self.p_nrlwps = self.p_hold = self.p_nice = self.p_traceflag = self.p_realtimer = self.p_cputime = 0
        self.p_childtime = self.p_start = self.p_acflag = self.p_xstat = self.p_waited = self.p_fpid = self.p_mqueue_cnt = 0
        self.p_numposixlocks = self.p_prof = self.p_stackbase = self.p_estcpu = 0
        self.p_opptr = self.p_leader = self.p_peers = self.p_pgrp = self.p_ucred = self.p_fd = self.p_fdtol = None
        self.p_cwdi = self.p_limit = self.p_vmspace = self.p_exitvm = self.p_sigacts = self.p_lock = self.p_waitcv = None
        self.p_reflock = self.p_textvp = self.p_args = self.p_tracenode = self.p_nstopchild = self.p_vkernel = None


@dataclass(slots=True, eq=False)
class Lwp:
    """A light-weight process: a thread of a process, as the kernel schedules it."""

    lwp_proc: Proc
    lwp_tid: int  # NetBSD l_lid
    lwp_stat: int  # the system's own number
    lwp_ucred: Cred | None = None  # credential of its system call; DragonFly td_ucred, NetBSD l_cred
    lwp_flag: int = 0
    lwp_siglist: int = 0  # pending for this LWP
    lwp_sigmask: int = 0
    lwp_oldsigmask: int = 0  # mask to restore after sigsuspend
    lwp_sigstk: str = ""  # alternate signal stack: "" none, else its name
    lwp_usp: str = ""  # user stack it runs on
    lwp_retval: tuple[int, int] = (0, 0)  # the two return registers it last saw
    lwp_private: str = ""  # thread-local storage pointer
    lwp_estcpu: int = 0  # scheduler's estimate of recent use
    lwp_priority: int = 0
    lwp_cpumask: int = -1
    lwp_handled: tuple[str, ...] = ()  # "SIGNAL handler" for each handler it ran, in order
    lwp_locks: list[Mutex | RwLock] = field(default_factory=list)  # what it holds
    lwp_task: Task | None = None  # its kernel code, while it is in the kernel; None in user mode
