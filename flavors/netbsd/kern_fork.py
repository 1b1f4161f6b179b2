"""fork1 and its entries, as kern_fork.c 1.189 has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flavors.netbsd.kern_auth import authorize_fork, kauth_proc_fork, suser
from flavors.netbsd.kern_descrip import fd_copy, fd_init, fd_share
from flavors.netbsd.kern_event import knote
from flavors.netbsd.kern_exit import proc_reparent
from flavors.netbsd.kern_ktrace import ktrpoint_emul
from flavors.netbsd.kern_lwp import lwp_create
from flavors.netbsd.kern_mutex import mutex_pass
from flavors.netbsd.kern_proc import list_of, proc_alloc
from flavors.netbsd.kern_resource import chgproccnt, lim_copy, mischarge, sched_proc_fork
from flavors.netbsd.kern_sig import kpsignal, miscount
from flavors.netbsd.param import (
    AFORK,
    CLONE_CSIGNAL,
    CLONE_FILES,
    CLONE_FS,
    CLONE_PID,
    CLONE_PTRACE,
    CLONE_SIGHAND,
    CLONE_VFORK,
    CLONE_VM,
    FORK_CLEANFILES,
    FORK_NOWAIT,
    FORK_PPWAIT,
    FORK_SHARECWD,
    FORK_SHAREFILES,
    FORK_SHARESIGS,
    FORK_SHAREVM,
    FORK_SYSTEM,
    KTRFAC_INHERIT,
    KTRFAC_TRC_EMUL,
    LSRUN,
    LSSTOP,
    NOTE_FORK,
    NSIG,
    PK_32,
    PK_CLDSIGIGN,
    PK_NOCLDWAIT,
    PK_SUGID,
    PK_SYSTEM,
    PL_CONTROLT,
    PL_PPWAIT,
    PS_NOCLDSTOP,
    PS_STOPEXEC,
    PS_STOPFORK,
    PSL_CHTRACED,
    PSL_TRACED,
    PSL_TRACEFORK,
    SACTIVE,
    SIGCHLD,
    SIGTRAP,
    SSTOP,
    UINT32,
)
from flavors.netbsd.sources import KERN_FORK, KERN_MUTEX, SUBR_PRF
from flavors.netbsd.state import NetBSD, kern, occupant
from flavors.netbsd.sys_sig import sigactsinit
from flavors.netbsd.userret import child_return
from flavors.netbsd.uvm_glue import uvm_proc_fork
from flavors.netbsd.vfs_cwd import cwdinit, cwdshare
from oracle.cite import models
from oracle.machine.errno import EAGAIN, EINVAL, ENOMEM, Panic
from oracle.machine.faults import Faults
from oracle.machine.locks import CondVar, Mutex, RwLock, cv_wait, mutex_enter, mutex_exit, mutex_tryenter
from oracle.machine.machine import HZ, Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.ratelimit import ratecheck
from oracle.machine.traps import Kernel, preempt, tsleep

FORK_TFMRATE = 10 * HZ  # between two "table is full" messages
RLIM_RANGE = 2**64  # a limit is a number without a sign
Start = Callable[[Machine, Lwp], Kernel[None]]  # what a new LWP runs first


@models(KERN_FORK, 115, 120)
def sys_fork(k: Machine, l: Lwp) -> Kernel[int]:
    """fork(2)."""
    return fork1(k, l, 0, SIGCHLD, "", 0, None, True, None)  # [119] no flags at all


@models(KERN_FORK, 126, 132)
def sys_vfork(k: Machine, l: Lwp) -> Kernel[int]:
    """The vfork of old binaries: memory is copied, the parent waits all the same."""
    return fork1(k, l, FORK_PPWAIT, SIGCHLD, "", 0, None, True, None)  # [130-131] the parent waits


@models(KERN_FORK, 138, 144)
def sys___vfork14(k: Machine, l: Lwp) -> Kernel[int]:
    """The vfork(2) that programs get: memory is shared and the parent waits."""
    return fork1(k, l, FORK_PPWAIT | FORK_SHAREVM, SIGCHLD, "", 0, None, True, None)  # [142-143] waits, and shares memory


@models(KERN_FORK, 149, 197)
def sys___clone(k: Machine, l: Lwp, uap_flags: int, stack: str) -> Kernel[int]:
    """__clone(2), after Linux."""
    if uap_flags & (CLONE_PID | CLONE_PTRACE):  # [162] two flags are refused, unknown ones are not
        raise EINVAL("CLONE_PID or CLONE_PTRACE")  # [163] before anything is counted
    if uap_flags & CLONE_SIGHAND and not uap_flags & CLONE_VM:  # [168-169] shared handlers want shared memory
        raise EINVAL("CLONE_SIGHAND without CLONE_VM")  # [170] likewise
    flags = 0  # [172] what fork1 will get
    if uap_flags & CLONE_VM:  # [174] memory
        flags |= FORK_SHAREVM  # [175] is shared
    if uap_flags & CLONE_FS:  # [176] directories and umask
        flags |= FORK_SHARECWD  # [177] are shared
    if uap_flags & CLONE_FILES:  # [178] descriptors
        flags |= FORK_SHAREFILES  # [179] are shared
    if uap_flags & CLONE_SIGHAND:  # [180] handlers
        flags |= FORK_SHARESIGS  # [181] are shared
    if uap_flags & CLONE_VFORK:  # [182] the parent
        flags |= FORK_PPWAIT  # [183] waits for exec or exit
    sig = uap_flags & CLONE_CSIGNAL  # [185] the low byte; 0 for none
    if sig < 0 or sig >= NSIG:  # [186] only the second half can be true
        raise EINVAL(f"exit signal {sig}")  # [187] NetBSD has 63 signals
    return fork1(k, l, flags, sig, stack, 0, None, True, None)  # [195-196] the caller knows which way stacks grow


@models(SUBR_PRF)
def tablefull(k: Machine, table: str, hint: str) -> None:
    """Complain on the console."""
    k.printf(f"{table}: table is full - {hint}")


@models(KERN_MUTEX, function="mutex_exit")
def mutex_exit_unchecked(k: Machine, mutex: Mutex) -> None:
    """Release a mutex that somebody else may own. Without DIAGNOSTIC the owner word is cleared and nobody notices.

    An owner that is robbed so no longer lists the mutex, and would panic on releasing it: nothing is hidden from the checks.
    """
    if kern(k).diagnostic:
        raise Panic(f"{mutex.mtx_name}: released by an LWP that does not own it")
    owner = mutex.mtx_owner
    if owner is not None:
        owner.lwp_locks.remove(mutex)
        mutex.mtx_owner = None
        k.wakeup(mutex)


def uarea_fault(k: Machine, l1: Lwp, faults: Faults) -> bool:
    """Whether the scenario wants this u-area not to be had."""
    number = faults.strike("uarea")
    if number and k.trace is not None:
        k.note(l1, "fault", f"no kernel memory for u-area {number} since the start")
    return number > 0


def ppwait_over(p2: Proc) -> bool:
    """Whether what a vfork parent waits for has happened."""
    return not p2.p_lflag & PL_PPWAIT


@models(KERN_FORK, 209, 602)
def fork1(
    k: Machine,
    l1: Lwp,
    flags: int,
    exitsig: int,
    stack: str,
    stacksize: int,
    func: Start | None,
    retval: bool,
    rnewprocp: list[Proc] | None,
) -> Kernel[int]:
    """Make a process. Returns what the caller's first return register gets (0 if `retval` says that it wants none).

    `stack` names the child's user stack, "" for the caller's. Raises EAGAIN or ENOMEM, with everything undone.
    """
    globals_: NetBSD = k.kern  # type: ignore[assignment]  # a cast would cost as much as an allocation
    p1 = l1.lwp_proc  # [224] who forks
    cred = l1.lwp_ucred
    assert cred is not None
    uid = cred.cr_ruid  # [225] the real id of the credential that the LWP has cached
    k.nprocs = tnprocs = k.nprocs + 1  # [226] counted before it is tested
    # [232-236, 238] the count itself is compared, so at most maxproc - 1 processes exist
    # [235-236] sic: the count is the first extra argument, but the listener that keeps five slots for root reads the second
    if tnprocs >= k.maxproc or not authorize_fork(k, cred, tnprocs, 0):
        if k.sched.ready:
            yield from preempt("refused")  # sic: counted all the same until now, and in the way of others
        k.nprocs -= 1  # [240] undo
        if ratecheck(globals_.lasttfm, k.ticks, FORK_TFMRATE):  # [239, 241] once in ten seconds
            tablefull(k, "proc", "increase kern.maxproc or NPROC")  # [242] the message
        if globals_.forkfsleep:  # [243] only if somebody has set it
            yield from tsleep(globals_, "forkmx", globals_.forkfsleep)  # [244] sic: no signal ends it, SIGKILL included
        raise EAGAIN(f"nprocs {tnprocs} >= maxproc {k.maxproc}, or refused")  # [245] whatever the reason was

    if k.sched.ready:
        yield from preempt("counted")  # each count is changed in one go, with nothing around it
    # [252] sic: compared without a sign: a user who has lost count of some, and has fewer than none, is over any limit
    count = chgproccnt(k, uid, 1) % RLIM_RANGE  # [251] charged to the real id
    limit = p1.p_limit
    assert limit is not None
    if count > limit.pl_rlimit["nproc"][0]:  # [252] so as many as the soft limit are fine
        if not (globals_.rlimit_listener or suser)(cred):  # [253-255] sic: while the effective id decides who may pass
            if k.sched.ready:
                yield from preempt("over the limit")
            chgproccnt(k, uid, -1)  # [256] undo
            k.nprocs -= 1  # [257] undo
            if globals_.forkfsleep:  # [258] as above
                yield from tsleep(globals_, "forkulim", globals_.forkfsleep)  # [259] sic: here, too
            raise EAGAIN(f"uid {uid} has {count - 1} processes, its soft limit")  # [260] no message
    if k.faults is not None and uarea_fault(k, l1, k.faults):  # [269-270] the last thing that can fail
        if k.sched.ready:
            yield from preempt("no u-area")  # sic: both counts are in the way of others until now
        chgproccnt(k, uid, -1)  # [271] undo
        k.nprocs -= 1  # [272] undo
        raise ENOMEM("no kernel address space for a u-area")  # [273] neither message nor sleep

    if k.sched.ready:
        yield from preempt("charged")
    if k.proc_lock is not None and k.proc_lock.mtx_owner is not None:  # a pid is given out under the lock of the lists
        yield from mutex_pass(k.proc_lock)
    # [282, 289-290, 294, 296-297, 382] an embryo that has its pid already; all that is set nowhere below is zero or empty
    p2 = proc_alloc(k, p1.p_comm)
    # [291-292] sic: the copied part, with no lock held: ignore and catch sets and the group may change before the rest is done
    p2.p_sigignore = p1.p_sigignore
    p2.p_sigcatch = p1.p_sigcatch
    p2.p_nice = p1.p_nice
    p2.p_pgrp = p1.p_pgrp
    p2.p_nstopchild = 0
    if k.sched.ready:
        yield from preempt("half-made child")  # no lock is held until the process lists are changed

    # [307-308] flags that are kept; the two for SIGCHLD are meant to be
    p2.p_flag = p1.p_flag & (PK_SUGID | PK_NOCLDWAIT | PK_CLDSIGIGN | PK_32)
    p2.p_emul = p1.p_emul  # [309-310] emulation and image format
    if flags & FORK_SYSTEM:  # [312] no caller asks for it
        p2.p_flag |= PK_SYSTEM | PK_NOCLDWAIT  # [318] its children are init's
    p2.p_reflock = RwLock("tstile")  # [323] its own
    p2.p_waitcv = CondVar("wait")  # [324] its own
    p1_lock = p1.p_lock
    assert p1_lock is not None
    if flags & FORK_SHARESIGS:  # [331] who shares handlers
        p2_lock = p1_lock  # [332] shares the lock of its signal state, for good
        p1_lock.mtx_refcnt += 1  # [333] one holder more
    else:
        p2_lock = Mutex("p_lock", None, 1, k.next_serial())  # [335] or has its own
    p2.p_lock = p2_lock
    if p1_lock.mtx_owner is not None:  # [337] for the credential
        yield from mutex_pass(p1_lock)
    kauth_proc_fork(p1, p2)  # [337] sic: the process's credential, not the LWP's, to which the count was charged
    if p1.p_ucred is not cred:
        assert p2.p_ucred is not None
        mischarge(k, uid, p2.p_ucred.cr_ruid)
    textvp = p2.p_textvp = p1.p_textvp  # [345] the program
    if textvp is not None:  # [346] if it has one
        textvp.v_usecount += 1  # [347] one more that runs it
    if flags & FORK_SHAREFILES:  # [349] this wins over FORK_CLEANFILES
        fd_share(p1, p2)  # [350] one table
    elif flags & FORK_CLEANFILES:  # [351] only kernel callers ask for it
        p2.p_fd = fd_init()  # [352] an empty one
    else:
        p2.p_fd = fd_copy(p1)  # [354] a copy
    p2.p_mqueue_cnt = p1.p_mqueue_cnt  # [357] sic: the number is copied even if no queue is
    if flags & FORK_SHARECWD:  # [359] directories and umask
        cwdshare(p1, p2)  # [360] shared
    else:
        p2.p_cwdi = cwdinit(p1)  # [362] or a copy
    if k.sched.ready:
        yield from preempt("before the limits")
    p1_lim = p1.p_limit  # [368] read again, without a lock
    assert p1_lim is not None
    if not p1_lim.pl_exclusive:  # [369] the C calls it pl_writeable
        p1_lim.pl_refcnt += 1  # [370] one holder more
        p2.p_limit = p1_lim  # [371] shared until somebody changes one
    else:
        p2.p_limit = lim_copy(p1_lim)  # [373] the parent has changed some: a copy for every child
    p2.p_lflag = 0  # [376] nothing is inherited here
    if flags & FORK_PPWAIT:  # [376] what the parent will wait for
        p2.p_lflag = PL_PPWAIT  # [376] the child's exec or exit clears it
    p2.p_sflag = 0  # [377] filled in below
    p2.p_slflag = 0  # [378] nobody traces it yet
    parent = p1  # [379] whose child it is from birth
    if flags & FORK_NOWAIT:  # [379] only kernel callers ask for it
        parent = k.initproc  # [379] who waits for it instead
    p2.p_pptr = parent  # [380] its parent
    p2.p_ppid = parent.p_pid  # [381] and what getppid(2) says
    if p1.p_traceflag & KTRFAC_INHERIT:  # [391] ktrace goes along only if it is asked to
        yield from mutex_pass(globals_.ktrace_lock)  # [392, 396] for the time of the copy
        p2.p_traceflag = p1.p_traceflag  # [393] what is traced
        node = p2.p_tracenode = p1.p_tracenode  # [394] where to
        if node is not None:  # [394] always: what is traced has somewhere to go
            node.kn_refs += 1  # [395] one more that writes there
    p2.p_sigacts = sigactsinit(p1, bool(flags & FORK_SHARESIGS))  # [403] the handler table alone is shared
    if p1_lock.mtx_owner is not None:  # [404, 408] for the parent's flags
        yield from mutex_pass(p1_lock)
    p2.p_sflag |= p1.p_sflag & (PS_STOPFORK | PS_STOPEXEC | PS_NOCLDSTOP)  # [405-406] stop-on-exit is not inherited
    sched_proc_fork(p1, p2)  # [407] sic: by the first LWP on the parent's list, whoever calls
    p2.p_stflag = p1.p_stflag  # [410] profiling goes on
    p2.p_prof = p1.p_prof  # [416] with the parent's buffer; times used start at zero
    uvm_proc_fork(p1, p2, bool(flags & FORK_SHAREVM))  # [421] memory
    l2 = lwp_create(k, l1, p2, stack, stacksize)  # [427-429] its only LWP; whether that failed nobody asks
    l2.lwp_private = l1.lwp_private  # [437] same thread-local storage pointer
    if globals_.emul_hooks and (hook := globals_.emul_hooks.get(p2.p_emul)) is not None:  # [442] native has none
        hook(k, p2, p1)  # [443] the caller goes along as an LWP
    for hook in globals_.forkhooks:  # [449] the tree registers none
        hook(k, p2, p1)

    proc_lock = k.proc_lock
    assert proc_lock is not None
    if k.sched.ready or not mutex_tryenter(k, l1, proc_lock):  # [457] from here on others may see it
        yield from mutex_enter(k, l1, proc_lock)
    pgrp = p1.p_pgrp
    if pgrp is None:
        raise Panic("page fault: the process is in no group")  # a state that no process is in
    if pgrp.pg_session.s_ttyvp is not None and p1.p_lflag & PL_CONTROLT:  # [459] if there is still a terminal
        p2.p_lflag |= PL_CONTROLT  # [460] it is the child's, too
    parent.p_children.insert(0, p2)  # [462] youngest first
    p2.p_exitsig = exitsig  # [463] sic: for init's child, too
    # [469-470] sic: a logical "and" makes this "no flags at all", not "no vfork": other forks of a traced process are lost
    tracefork = p1.p_slflag & (PSL_TRACEFORK | PSL_TRACED) == PSL_TRACEFORK | PSL_TRACED and not (flags and FORK_PPWAIT)
    if tracefork:  # [471] the debugger gets the child, too
        p2.p_slflag |= PSL_TRACED  # [472] from birth
        p2.p_opptr = p2.p_pptr  # [473] its real parent
        if p2.p_pptr is not p1.p_pptr:  # [474] always: one is the caller's, the other the debugger's
            parent1 = p2.p_pptr  # [475] the forking process, as flags are 0
            lock1 = parent1.p_lock
            assert lock1 is not None
            if lock1.mtx_serial < p2_lock.mtx_serial:  # [477] always: the age of locks stands for their addresses here
                if not mutex_tryenter(k, l1, lock1):  # [478] somebody has it
                    mutex_exit_unchecked(k, p2_lock)  # [479] sic: releases the child's lock, which was never taken
                    yield from mutex_enter(k, l1, lock1)  # [480] and waits
            elif lock1.mtx_serial > p2_lock.mtx_serial:  # [482] never: the child's lock was made just now
                yield from mutex_enter(k, l1, lock1)  # [483] never: likewise
            parent1.p_slflag |= PSL_CHTRACED  # [485] has a child with somebody else
            # [486] sic: so getppid(2) names the debugger, and the parent's wait finds no such child
            proc_reparent(k, p2, p1.p_pptr)
            if lock1 is not p2_lock:  # [487] always: who shares signal actions has flags, and is not traced so
                mutex_exit(k, l1, lock1)  # [488] done
        p1.p_fpid = p2.p_pid  # [494] what the debugger will be told of each
        p2.p_fpid = p1.p_pid  # [495] likewise

    # [498] sic: a group signal posted before this has missed it, and nobody looks whether there was one
    # [498] sic: next to the parent in whatever group that is in by now, while p_pgrp was copied early
    members = pgrp.pg_members
    if p1 not in members:
        listed = list_of(k, p1)
        assert listed is not None
        members = listed.pg_members
    members.insert(members.index(p1) + 1, p2)  # [498] behind the parent
    k.allproc.insert(0, p2)  # [499] everybody sees it
    counters = k.counters
    counters["forks"] = counters.get("forks", 0) + 1  # [509] all forks
    if flags & FORK_PPWAIT:  # [510] those that wait
        counters["forks_ppwait"] = counters.get("forks_ppwait", 0) + 1  # [511] are counted again
    if flags & FORK_SHAREVM:  # [512] those that share memory
        counters["forks_sharevm"] = counters.get("forks_sharevm", 0) + 1  # [513] likewise
    if rnewprocp is not None:  # [518] only kernel callers ask for it
        rnewprocp.append(p2)  # [519] the process itself
    if p1.p_traceflag and ktrpoint_emul(k, p1):  # [521] KTR_EMUL, if somebody traces the parent for it
        p2.p_traceflag |= KTRFAC_TRC_EMUL  # [522] even if it inherits no tracing
    if p1.p_klist:  # [527] somebody watches
        mutex_exit(k, l1, proc_lock)  # [528] sic: the child is on the lists, still embryonic: signals to it are dropped
        knote(k, p1, NOTE_FORK | p2.p_pid, cred)  # [529] tell them
        if k.sched.ready:
            yield from preempt("knote window")
        if not mutex_tryenter(k, l1, proc_lock):  # [530] back to work
            yield from mutex_enter(k, l1, proc_lock)
    if p2_lock.mtx_owner is not None:  # [537, 568] for the child's state
        yield from mutex_pass(p2_lock)
    p2.p_start = k.ticks  # [548] born now
    p2.p_acflag = AFORK  # [549] and has not exec'd
    if globals_.diagnostic and p2.p_nrlwps != 1:  # [551] a fork hook may have broken the child
        raise Panic("p2->p_nrlwps == 1")  # [551] never: no hook of the tree does, and only DIAGNOSTIC would notice
    if p2.p_sflag & PS_STOPFORK:  # [552] born stopped
        p2.p_nrlwps = 0  # [554] nothing of it can run
        p2.p_stat = SSTOP  # [555] and nobody is signalled or woken for that
        p2.p_waited = 0  # [556] nobody has heard of it
        assert p1.p_nstopchild is not None
        p1.p_nstopchild = (p1.p_nstopchild + 1) & UINT32  # [557] sic: charged to who forks, whoever the parent is
        miscount(k, p1, 1)
        miscount(k, p2.p_pptr, -1)
        l2.lwp_stat = LSSTOP  # [558] on no run queue
        if globals_.diagnostic and l2.lwp_task is not None:  # [559] a fork hook may have put it to sleep
            raise Panic("l2->l_wchan == NULL")  # [559] never: likewise
    else:
        p2.p_nrlwps = 1  # [562] its one LWP
        p2.p_stat = SACTIVE  # [563] alive
        l2.lwp_stat = LSRUN  # [564] on a run queue
    # [428, 565] where it starts; one that is born stopped sleeps there at once
    k.sched.spawn(l2, "fork_return", (func or child_return)(k, l2))
    while p2.p_lflag & PL_PPWAIT:  # [575] the child's exec or exit ends it
        assert p1.p_waitcv is not None
        # [576] sic: sleeps on its own channel, but is woken through the child's parent of record
        yield from cv_wait(k, l1, p1.p_waitcv, proc_lock, partial(ppwait_over, p2))
        p2 = occupant(k, p2)  # [575] sic: reads a child that may have been reaped, or whatever has its memory now
    if tracefork:  # [581] the debugger is to know
        # [582, 584-587] sic: it hears of it only if this LWP does not mask SIGTRAP; a vfork child does not stop but dies
        kpsignal(k, p1, SIGTRAP, l1.lwp_tid)
    mutex_exit(k, l1, proc_lock)  # [590] the lists are free
    if not retval:  # [596] a kernel caller may want neither
        return 0  # [601] the caller wants no registers set
    if k.sched.ready:
        yield from preempt("before the pid is read")
    # [598, 601] `retval`: the second register, 0, says that the caller is the parent; the system call's exit sets both
    return occupant(k, p2).p_pid if globals_.reborn else p2.p_pid  # [597] sic: read unlocked, when the child may be gone
