"""What few processes and machines have at the start (`oracle.extras`), as this system keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flavors.dragonfly.init_main import signo
from flavors.dragonfly.kern import ForkHook, Vkernel, kern_of
from flavors.dragonfly.kern_clock import startprofclock
from flavors.dragonfly.kern_descrip import fdshare, filedesc_to_leader_alloc
from flavors.dragonfly.kern_event import kqueue_register
from flavors.dragonfly.kern_exit import proc_reparent
from flavors.dragonfly.kern_plimit import own_limit
from flavors.dragonfly.kern_proc import leavepgrp
from flavors.dragonfly.proc_h import (
    KTRFAC_DEFAULT,
    KTRFAC_INHERIT,
    LSRUN,
    NOTE_FLAGS,
    P_CONTROLT,
    P_SYSTEM,
    P_TRACED,
    PS_NOCLDSTOP,
    PS_NOCLDWAIT,
)
from flavors.dragonfly.signal_h import CANT_MASK
from flavors.dragonfly.steps import join_leader
from oracle.extras import MachineExtras, ProcessExtras, Sharing, ThreadSpec, WatchSpec
from oracle.machine.errno import Errno, Unmodelled
from oracle.machine.files import vrele
from oracle.machine.kevent import KQueue, KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Args, Lwp, Proc
from oracle.machine.signals import SigActs, sigmask
from oracle.scenario import ProcessSpec

PLAIN = ProcessSpec("")


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Where the revisions differ. None: the revision has no such thing."""

    link_thread: Callable[[Proc, Lwp], None] | None  # puts a thread where the revision keeps it
    lasttid: Callable[[Proc, int], int]  # p_lasttid when a thread id was given out last
    to_heap: Callable[[Machine, SigActs], None] | None  # moves signal actions out of the u-area
    queues: bool  # there are POSIX message queues
    at_fork: Callable[[Machine, ForkHook], int]


def same_tid(p: Proc, tid: int) -> int:
    """Where p_lasttid is what its name says."""
    return tid


def furnish(k: Machine, lp: Lwp, spec: ProcessSpec, ways: Ways) -> None:
    """The rest of a process that is in place."""
    extras = spec.extras
    if extras is None:
        return
    _refuse(extras, ways)
    p = lp.lwp_proc
    if extras.leader:
        join_leader(_proc(k, extras.leader), p)
    if extras.shares != Sharing():
        _share(k, p, spec, extras.shares, ways)
    if extras.tracks_leader and p.p_fdtol is None:
        assert p.p_leader is not None
        p.p_fdtol = filedesc_to_leader_alloc(None, p.p_leader)
    _signals(k, p, extras, ways)
    _threads(k, p, extras, ways)
    if extras.traced is not None:
        assert p.p_pptr is not None
        p.p_flag |= P_TRACED
        p.p_oppid = p.p_pptr.p_pid
        proc_reparent(p, _proc(k, extras.traced.by))
    if extras.ktrace is not None:
        p.p_tracenode = KtrNode(extras.ktrace.file)
        p.p_traceflag = KTRFAC_DEFAULT | (KTRFAC_INHERIT if extras.ktrace.inherit else 0)
    for watch in extras.watches:
        _watch(k, p, watch)
    _marks(p, extras)
    _bits_and_pieces(k, p, extras)


def _refuse(extras: ProcessExtras, ways: Ways) -> None:
    """What this system, or this revision of it, does not have."""
    traced = extras.traced
    for there, what in (
        (extras.stops_on, "no marks to stop at fork, exec or exit"),
        (extras.compat32, "no 32-bit programs beside others"),
        (traced is not None and traced.forks, "no tracing of forks: no debugger hears of one"),
        (
            extras.shares.directories not in ("", extras.shares.files),
            "no directories that are shared apart from the descriptor table",
        ),
        (extras.moved_handlers and ways.to_heap is None, "no signal actions in the u-area in this revision"),
        (extras.message_queues is not None and not ways.queues, "no message queues yet"),
        ((extras.threads or extras.last_tid is not None) and ways.link_thread is None, "one thread a process in this revision"),
    ):
        if there:
            raise Unmodelled(f"DragonFly has {what}")


def _proc(k: Machine, role: str) -> Proc:
    return k.roles[role].lwp_proc


def _share(k: Machine, p: Proc, spec: ProcessSpec, shares: Sharing, ways: Ways) -> None:
    """Structures of others in place of its own, as if a fork had shared them."""
    if shares.files:
        if (spec.cwd, spec.root, spec.umask) != (PLAIN.cwd, PLAIN.root, PLAIN.umask):
            raise Unmodelled("DragonFly has the directories and the umask in the descriptor table, which is shared")
        _share_files(p, _proc(k, shares.files))
    if shares.memory:
        vm = p.p_vmspace = _proc(k, shares.memory).p_vmspace
        assert vm is not None
        vm.vm_refcnt += 1
    if shares.handlers:
        acts = p.p_sigacts = _proc(k, shares.handlers).p_sigacts
        assert acts is not None
        acts.ps_refcnt += 1
        p.p_siglist &= ~acts.ps_sigignore
        if ways.to_heap is not None:
            ways.to_heap(k, acts)


def _share_files(p: Proc, other: Proc) -> None:
    """One table, and nodes that say for which leader each of both uses it."""
    own = p.p_fd
    assert own is not None and own.fd_cdir is not None and own.fd_rdir is not None
    assert p.p_leader is not None and other.p_leader is not None
    vrele(own.fd_cdir)
    vrele(own.fd_rdir)
    p.p_fd = fdshare(other)
    if other.p_fdtol is None:
        other.p_fdtol = filedesc_to_leader_alloc(None, other.p_leader)
    if p.p_leader is other.p_leader:
        p.p_fdtol = other.p_fdtol
        p.p_fdtol.fdl_refcount += 1
    else:
        p.p_fdtol = filedesc_to_leader_alloc(other.p_fdtol, p.p_leader)


def _signals(k: Machine, p: Proc, extras: ProcessExtras, ways: Ways) -> None:
    """What stands with the signal actions."""
    acts = p.p_sigacts
    assert acts is not None
    if extras.shares.handlers and (extras.nocldstop or extras.nocldwait):
        raise Unmodelled("DragonFly has these marks in the signal actions, which are shared: put them on their owner")
    if extras.nocldstop:
        acts.ps_flag |= PS_NOCLDSTOP
    if extras.nocldwait:
        acts.ps_flag |= PS_NOCLDWAIT
    if extras.moved_handlers and ways.to_heap is not None:
        ways.to_heap(k, acts)


def _threads(k: Machine, p: Proc, extras: ProcessExtras, ways: Ways) -> None:
    """The threads beside the first one, and the id that was given out last."""
    for thread in extras.threads:
        _thread(k, p, thread, ways)
    if extras.last_tid is not None:
        p.p_lasttid = ways.lasttid(p, extras.last_tid)


def _thread(k: Machine, p: Proc, spec: ThreadSpec, ways: Ways) -> None:
    highest = max(lp.lwp_tid for lp in p.p_lwps)
    lp = Lwp(p, highest + 1 if spec.tid is None else spec.tid, LSRUN)
    for name in spec.masked:
        lp.lwp_sigmask |= sigmask(signo(name)) & ~CANT_MASK
    assert p.p_sigacts is not None and ways.link_thread is not None
    for name in spec.pending:
        lp.lwp_siglist |= sigmask(signo(name)) & ~p.p_sigacts.ps_sigignore
    ways.link_thread(p, lp)
    p.p_nthreads += 1
    p.p_lasttid = ways.lasttid(p, max(highest, lp.lwp_tid))
    kern_of(k).rev.userenter(lp)
    k.lwp_names[lp] = spec.name
    k.roles[spec.name] = lp


def _watch(k: Machine, p: Proc, watch: WatchSpec) -> None:
    """A note in one of its queues."""
    assert p.p_fd is not None
    kq = p.p_fd.fd_files[watch.fd].f_data
    assert isinstance(kq, KQueue)
    word = 0
    for name in watch.notes:
        word |= NOTE_FLAGS[name]
    try:
        kqueue_register(k, kq, _proc(k, watch.process).p_pid, word, p.p_ucred, 0)
    except Errno as error:
        raise Unmodelled(f"{k.role(p)} could not have come to watch {watch.process}: {error}") from None


def _marks(p: Proc, extras: ProcessExtras) -> None:
    """Bits of the flag word."""
    if extras.terminal_mark is not None:
        p.p_flag = p.p_flag | P_CONTROLT if extras.terminal_mark else p.p_flag & ~P_CONTROLT
    if extras.system:
        p.p_flag |= P_SYSTEM
    if extras.profiling:
        p.p_prof = 1
        startprofclock(p)


def _bits_and_pieces(k: Machine, p: Proc, extras: ProcessExtras) -> None:
    """What is one pointer or number, or is missing."""
    if extras.own_limits:
        own_limit(p)
        kern_of(k).rev.plimit_modify(k, p)
    if extras.virtual_kernel:
        p.p_vkernel = Vkernel()
    p.p_emul = extras.emulation
    if extras.message_queues is not None:
        p.p_mqueue_cnt = extras.message_queues
    if extras.arguments is not None:
        p.p_args = Args(extras.arguments)
    if "arguments" in extras.lacks:
        p.p_args = None
    if "text" in extras.lacks and p.p_textvp is not None:
        vrele(p.p_textvp)
        p.p_textvp = None
    if "group" in extras.lacks:
        leavepgrp(k, p)


def settle(k: Machine, extras: MachineExtras, ways: Ways) -> None:
    """The rest of the machine, when all processes are there."""
    if extras.emulation_hooks:
        raise Unmodelled("DragonFly has no fork hooks of emulations")
    for what, _ in extras.faults:
        raise Unmodelled(f"DragonFly has no fork that fails for want of memory: it waits; there is no fault {what}")
    if extras.last_pid is not None:
        kern_of(k).nextpid = extras.last_pid
        kern_of(k).pidchecked = 0
    hooks = {name: _hook(name) for name in extras.fork_hooks}
    for name in extras.fork_hooks:
        ways.at_fork(k, hooks[name])


def _hook(name: str) -> ForkHook:
    """A function to be called at fork, that leaves a trace of having been called."""

    def hook(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        k.printf(f"fork hook {name}: {k.role(p1)} forks {k.role(p2)}")

    return hook
