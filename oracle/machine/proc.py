"""Processes, LWPs, process groups, sessions: the 4.4BSD structures, with the fields that either system's fork touches.

A field that one system alone has stays at its default on the others. Where systems name one thing differently, the comment
gives the other name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle.machine.counted import counted

if TYPE_CHECKING:
    from oracle.machine.cred import Cred
    from oracle.machine.files import Cwdi, FdToLeader, FileDesc, Vnode
    from oracle.machine.kevent import Knote, KtrNode
    from oracle.machine.limits import PLimit
    from oracle.machine.locks import CondVar, Mutex, RwLock
    from oracle.machine.sched import Task
    from oracle.machine.signals import SigActs
    from oracle.machine.vm import VmSpace


@dataclass(slots=True, eq=False)
class Session:
    """A session and its controlling terminal."""

    s_sid: int  # pid of the leader that made it
    s_leader: Proc | None  # None once it has exited
    s_ttyvp: Vnode | None = None  # vnode of the controlling terminal
    s_count: int = 1  # process groups in the session
    s_ttypgrp: Pgrp | None = None  # foreground group of the terminal


@dataclass(slots=True, eq=False)
class Pgrp:
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


@dataclass(slots=True, eq=False)
class Proc:
    """A process."""

    p_pid: int
    p_serial: int  # order of allocation; stands for the address
    p_comm: str
    p_stat: int  # the system's own number, see Flavor.states
    p_pptr: Proc | None = None  # parent; None for process 0 alone
    p_ppid: int = 0  # what getppid(2) reads, where it is kept apart
    p_opptr: Proc | None = None  # NetBSD: real parent while a tracer has the process
    p_oppid: int = 0  # DragonFly: pid of the real parent while a tracer has the process
    p_children: list[Proc] = field(default_factory=list)  # head first
    p_leader: Proc | None = None  # DragonFly: head of the peers chain
    p_peers: Proc | None = None  # DragonFly: next in the peers chain
    p_pgrp: Pgrp | None = None  # the group it says it is in; list membership is Pgrp.pg_members
    p_exitsig: int = 0  # signal to the parent on exit; DragonFly p_sigparent

    p_flag: int = 0  # DragonFly P_*, NetBSD PK_*
    p_sflag: int = 0  # NetBSD PS_*
    p_slflag: int = 0  # NetBSD PSL_*
    p_lflag: int = 0  # NetBSD PL_*
    p_stflag: int = 0  # NetBSD PST_*

    p_ucred: Cred | None = None  # NetBSD p_cred
    p_fd: FileDesc | None = None
    p_fdtol: FdToLeader | None = None  # DragonFly
    p_cwdi: Cwdi | None = None  # NetBSD
    p_limit: PLimit | None = None
    p_vmspace: VmSpace | None = None  # None from exit on
    p_exitvm: VmSpace | None = None  # the address space an exited process used, until it is reaped
    p_sigacts: SigActs | None = None
    p_sigignore: int = 0  # NetBSD p_sigctx.ps_sigignore
    p_sigcatch: int = 0  # NetBSD p_sigctx.ps_sigcatch
    p_siglist: int = 0  # pending for the process; NetBSD p_sigpend

    p_lwps: list[Lwp] = field(default_factory=list)  # in the system's own order
    p_nthreads: int = 0  # NetBSD p_nlwps
    p_lasttid: int = 0  # last thread id given out; NetBSD p_nlwpid
    p_nstopped: int = 0  # DragonFly: LWPs that have stopped
    p_nrlwps: int = 0  # NetBSD: LWPs that can run

    p_hold: int = 0  # DragonFly p_lock: holds that keep it from being freed
    p_lock: Mutex | None = None  # NetBSD: guards signal state; may be shared
    p_waitcv: CondVar | None = None  # NetBSD
    p_reflock: RwLock | None = None  # NetBSD

    p_nice: int = 0
    p_textvp: Vnode | None = None  # program text
    p_args: Args | None = None
    p_traceflag: int = 0  # ktrace: what is traced
    p_tracenode: KtrNode | None = None  # ktrace: where to; NetBSD p_tracep
    p_klist: tuple[Knote, ...] = ()  # who watches it
    p_realtimer: int = 0  # ticks at which the real-time interval timer goes off; 0: not armed
    p_cputime: int = 0  # ticks of processor time used
    p_childtime: int = 0  # the same, of children waited for
    p_start: int = 0  # ticks at which it was made
    p_acflag: int = 0  # accounting flags
    p_xstat: int = 0  # wait status
    p_nstopchild: int | None = None  # NetBSD: stopped or dead children nobody has waited for yet
    p_waited: int = 0  # its stop was already reported
    p_fpid: int = 0  # NetBSD: the other process of a traced fork
    p_mqueue_cnt: int = 0  # open message queues, as counted for the limit
    p_numposixlocks: int = 0  # advisory locks, counted on the leader
    p_prof: int = 0  # profiling buffer
    p_emul: str = ""  # system-call emulation
    p_varsymset: tuple[str, ...] = ()  # DragonFly: variant symlinks
    p_vkernel: object | None = None  # DragonFly: virtual-kernel state
    p_stackbase: int = 0  # NetBSD: written by exec alone
    p_estcpu: int = 0  # NetBSD p_estcpu_inherited: the estimate that the scheduler gave it at birth


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
