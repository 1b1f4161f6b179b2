"""What few processes and machines have at the start (`oracle.extras`), as this system keeps it."""

from __future__ import annotations

from collections.abc import Callable

from flavors.netbsd.init_main import signo
from flavors.netbsd.kern_descrip import fd_share
from flavors.netbsd.kern_event import kqueue_register
from flavors.netbsd.kern_exit import proc_reparent
from flavors.netbsd.kern_proc import proc_leavepgrp
from flavors.netbsd.kern_resource import private_limits
from flavors.netbsd.kern_time import profil
from flavors.netbsd.param import (
    CANTMASK,
    KTRFAC_DEFAULT,
    KTRFAC_INHERIT,
    LSRUN,
    LW_PENDSIG,
    LW_SYSTEM,
    NOTE_FLAGS,
    PID_MAX,
    PK_32,
    PK_NOCLDWAIT,
    PK_SYSTEM,
    PL_CONTROLT,
    PS_NOCLDSTOP,
    PS_STOPEXEC,
    PS_STOPEXIT,
    PS_STOPFORK,
    PSL_CHTRACED,
    PSL_TRACED,
    PSL_TRACEFORK,
)
from flavors.netbsd.state import PidTable, kern
from flavors.netbsd.vfs_cwd import cwdfree, cwdshare
from oracle.extras import MachineExtras, ProcessExtras, Sharing, ThreadSpec, TracedSpec, WatchSpec
from oracle.machine.errno import Errno, Unmodelled
from oracle.machine.faults import Faults
from oracle.machine.files import vrele
from oracle.machine.kevent import KQueue, KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import sigmask
from oracle.scenario import ProcessSpec

STOPS = {"fork": PS_STOPFORK, "exec": PS_STOPEXEC, "exit": PS_STOPEXIT}


def furnish(k: Machine, l: Lwp, spec: ProcessSpec) -> None:
    """The rest of a process that is in place."""
    extras = spec.extras
    if extras is None:
        return
    _refuse(extras)
    p = l.lwp_proc
    if extras.shares != Sharing():
        _share(k, p, extras.shares)
    for thread in extras.threads:
        _thread(k, p, thread)
    if extras.last_tid is not None:
        p.p_lasttid = extras.last_tid
    if extras.traced is not None:
        _trace(k, p, extras.traced)
    if extras.ktrace is not None:
        _ktrace(k, p, extras.ktrace.file, extras.ktrace.inherit)
    for watch in extras.watches:
        _watch(k, p, watch)
    _marks(p, l, extras)
    _bits_and_pieces(k, p, extras)


def _refuse(extras: ProcessExtras) -> None:
    """What this system does not have."""
    for there, what in (
        (extras.leader or extras.tracks_leader, "no peers of a leader"),
        (extras.virtual_kernel, "no virtual kernel"),
        (extras.moved_handlers, "no signal actions in the u-area"),
        (extras.arguments is not None or "arguments" in extras.lacks, "no copy of a process's arguments in the kernel"),
        (extras.system and extras.traced is not None, "no system process that a debugger could get hold of"),
    ):
        if there:
            raise Unmodelled(f"NetBSD has {what}")


def _proc(k: Machine, role: str) -> Proc:
    return k.roles[role].lwp_proc


def _share(k: Machine, p: Proc, shares: Sharing) -> None:
    """Structures of others in place of its own, as if a fork had shared them."""
    if shares.files:
        fd_share(_proc(k, shares.files), p)
    if shares.memory:
        vm = p.p_vmspace = _proc(k, shares.memory).p_vmspace
        assert vm is not None
        vm.vm_refcnt += 1
    if shares.directories:
        cwdfree(p)
        cwdshare(_proc(k, shares.directories), p)
    if shares.handlers:  # with the lock of the signal state, while ignore and catch sets are each one's own
        other = _proc(k, shares.handlers)
        p.p_sigacts, p.p_lock = other.p_sigacts, other.p_lock
        assert p.p_sigacts is not None and p.p_lock is not None
        p.p_sigacts.ps_refcnt += 1
        p.p_lock.mtx_refcnt += 1
        p.p_sigignore, p.p_sigcatch = other.p_sigignore, other.p_sigcatch
        p.p_siglist &= ~p.p_sigignore


def _thread(k: Machine, p: Proc, spec: ThreadSpec) -> None:
    """A thread beside the first one: the newest comes first."""
    highest = max(l.lwp_tid for l in p.p_lwps)
    cred = p.p_ucred
    assert cred is not None
    cred.cr_ref += 1
    l = Lwp(p, highest + 1 if spec.tid is None else spec.tid, LSRUN, cred)
    for name in spec.masked:
        l.lwp_sigmask |= sigmask(signo(name)) & ~CANTMASK
    for name in spec.pending:
        if bit := sigmask(signo(name)) & ~p.p_sigignore:
            l.lwp_siglist |= bit
            l.lwp_flag |= LW_PENDSIG
    p.p_lwps.insert(0, l)
    p.p_nthreads += 1
    p.p_nrlwps += 1
    p.p_lasttid = max(highest, l.lwp_tid)
    k.lwp_names[l] = spec.name
    k.roles[spec.name] = l


def _trace(k: Machine, p: Proc, traced: TracedSpec) -> None:
    """As after an attach, or a request to be traced by the parent."""
    parent, tracer = p.p_pptr, _proc(k, traced.by)
    p.p_slflag |= PSL_TRACED | (PSL_TRACEFORK if traced.forks else 0)
    p.p_opptr = parent
    if parent is not None and parent is not tracer:
        parent.p_slflag |= PSL_CHTRACED
        proc_reparent(k, p, tracer)


def _ktrace(k: Machine, p: Proc, file: str, inherit: bool) -> None:
    """All who write to one file share its descriptor."""
    files = kern(k).ktrace_files
    node = files.get(file)
    if node is None:
        node = files[file] = KtrNode(file)
    else:
        node.kn_refs += 1
    p.p_tracenode = node
    p.p_traceflag = KTRFAC_DEFAULT | (KTRFAC_INHERIT if inherit else 0)


def _watch(k: Machine, p: Proc, watch: WatchSpec) -> None:
    """A note in one of its queues."""
    assert p.p_fd is not None and p.p_ucred is not None
    kq = p.p_fd.fd_files[watch.fd].f_data
    assert isinstance(kq, KQueue)
    word = 0
    for name in watch.notes:
        word |= NOTE_FLAGS[name]
    try:
        kqueue_register(k, kq, _proc(k, watch.process), word, p.p_ucred)
    except Errno as error:
        raise Unmodelled(f"{k.role(p)} could not have come to watch {watch.process}: {error}") from None


def _marks(p: Proc, l: Lwp, extras: ProcessExtras) -> None:
    """Bits of the flag words."""
    if extras.terminal_mark is not None:
        p.p_lflag = p.p_lflag | PL_CONTROLT if extras.terminal_mark else p.p_lflag & ~PL_CONTROLT
    if extras.system:
        p.p_flag |= PK_SYSTEM
        for one in p.p_lwps:
            one.lwp_flag |= LW_SYSTEM
    if extras.nocldstop:
        p.p_sflag |= PS_NOCLDSTOP
    if extras.nocldwait:
        p.p_flag |= PK_NOCLDWAIT
    if extras.compat32:
        p.p_flag |= PK_32
    for stop in extras.stops_on:
        p.p_sflag |= STOPS[stop]


def _bits_and_pieces(k: Machine, p: Proc, extras: ProcessExtras) -> None:
    """What is one pointer or number, or is missing."""
    if extras.profiling:
        profil(p, True)
    if extras.own_limits:
        private_limits(p)
    if extras.emulation:
        p.p_emul = extras.emulation
    if extras.message_queues is not None:
        p.p_mqueue_cnt = extras.message_queues
    if "text" in extras.lacks and p.p_textvp is not None:
        vrele(p.p_textvp)
        p.p_textvp = None
    if "group" in extras.lacks:
        proc_leavepgrp(k, p)


def settle(k: Machine, extras: MachineExtras) -> None:
    """The rest of the machine, when all processes are there."""
    globals_ = kern(k)
    if extras.last_pid is not None:
        if extras.last_pid > PID_MAX:
            raise Unmodelled(f"NetBSD has no pid {extras.last_pid}: the highest it gives out is {PID_MAX}")
        _set_last_pid(globals_.pids, extras.last_pid)
    for name in extras.fork_hooks:
        globals_.forkhooks.insert(0, _hook(f"fork hook {name}"))
    for name in extras.emulation_hooks:
        globals_.emul_hooks[name] = _hook(f"fork hook of emulation {name}")
    if extras.faults:
        k.faults = Faults(dict(extras.faults))


def _set_last_pid(pt: PidTable, last: int) -> None:
    """The free list as it is when many processes have come and gone and `last` was given out last: the next pids in order."""
    size = pt.mask + 1
    due: list[tuple[int, int]] = []  # (pid that the slot gives next, slot); past the highest pid it gives its own number
    for slot, one in enumerate(pt.slots):
        if isinstance(one, int) and slot not in pt.reserved:
            due.append((last + 1 + (slot - last - 1) % size, slot))
    due.sort()
    for (pid, slot), (_, after) in zip(due, [*due[1:], (0, 0)], strict=True):
        used = pid - slot - size
        pt.slots[slot] = (used if used >= 0 else (pt.pid_max + size) & ~pt.mask) | after
    pt.next_free, pt.last_free = due[0][1], due[-1][1]


def _hook(what: str) -> Callable[[Machine, Proc, Proc], None]:
    """A function to be called at fork, that leaves a trace of having been called."""

    def hook(k: Machine, p2: Proc, p1: Proc) -> None:
        k.printf(f"{what}: {k.role(p1)} forks {k.role(p2)}")

    return hook
