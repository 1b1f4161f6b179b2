"""kern_fork.c of git 768af85b (2010-01-02): fork, vfork, rfork, lwp_create, whole, in the C's order."""

from __future__ import annotations

from flavors.dragonfly import steps
from flavors.dragonfly.kern import FORKSLEEP, ForkHook, Globals, kern_of
from flavors.dragonfly.kern_clock import startprofclock
from flavors.dragonfly.kern_descrip import fdcopy, fdinit, fdshare, filedesc_to_leader_alloc
from flavors.dragonfly.kern_event import knote
from flavors.dragonfly.kern_exit import lwp_dispose
from flavors.dragonfly.kern_ktrace import ktrinherit
from flavors.dragonfly.kern_plimit import plimit_fork, plimit_lwp_fork
from flavors.dragonfly.kern_proc import list_of, proc_add_allproc
from flavors.dragonfly.kern_resource import chgproccnt
from flavors.dragonfly.kern_sig import BAD_STACK
from flavors.dragonfly.kern_synch import tsleep, wait_for_memory
from flavors.dragonfly.proc_h import (
    AFORK,
    HZ,
    KTRFAC_INHERIT,
    LSRUN,
    LSSLEEP,
    LWP_ALTSTACK,
    LWP_WEXIT,
    NOTE_FORK,
    P_CONTROLT,
    P_JAILED,
    P_PPWAIT,
    P_PROFIL,
    P_SUGID,
    SACTIVE,
    SIDL,
)
from flavors.dragonfly.signal_h import SIGCHLD, SIGUSR1
from flavors.dragonfly.trap import fork_return
from flavors.dragonfly.unistd import (
    RFCFDG,
    RFFDG,
    RFKERNELONLY,
    RFLINUXTHPN,
    RFMEM,
    RFNOWAIT,
    RFPGLOCK,
    RFPPWAIT,
    RFPROC,
    RFSIGSHARE,
    RFTHREAD,
)
from flavors.dragonfly.vm_glue import vm_fork
from oracle.cite import Source, models
from oracle.flavor import Args
from oracle.machine.errno import EAGAIN, EFAULT, EINVAL, ERESTART, Panic, Unmodelled
from oracle.machine.locks import rw_enter_shared, rw_exit, rw_tryenter_shared
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.traps import Kernel, may_block

KERN_FORK = Source("DragonFly", "sys/kern/kern_fork.c", "768af85b", 719)


@models(KERN_FORK, 112, 128)
def sys_fork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """fork(2)."""
    if k.sched.ready:  # [119] a stop signal that arrives here stops the parent and not the fork
        yield from may_block("mplock")
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPGLOCK)  # [120-121] an error goes up from here
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [122]
    return p2.p_pid  # [123-124, 127]


@models(KERN_FORK, 133, 149)
def sys_vfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """vfork(2): shares memory, and comes back once the child has called exec or exit."""
    if k.sched.ready:  # [140]
        yield from may_block("mplock")
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPPWAIT | RFMEM | RFPGLOCK)  # [141-142]
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [143]
    return p2.p_pid  # [144-145, 148] sic: read after the sleep, with no hold on the child


@models(KERN_FORK, 164, 184)
def sys_rfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """rfork(2): make a process that shares what the flags say, or take the caller out of what it shares."""
    flags = args.number("flags")
    if flags & RFKERNELONLY:  # [171]
        raise EINVAL(f"RFPPWAIT and RFPGLOCK are the kernel's own: {flags:#x}")  # [172]
    if k.sched.ready:  # [174]
        yield from may_block("mplock")
    p2 = yield from fork1(k, lp, flags | RFPGLOCK)  # [175-176]
    if p2 is None:  # [177, 179]
        return 0  # [179-180, 183]
    yield from start_forked_proc(k, lp, p2)  # [178]
    return p2.p_pid  # [179-180, 183]


@models(KERN_FORK, 189, 235)
def sys_lwp_create(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """lwp_create(2): a thread of the calling process. Its id goes to two addresses in user memory."""
    p = lp.lwp_proc  # [192]
    if args.text("params") == "bad":  # [197-198]
        raise EFAULT("the parameters can't be read")  # [199, 234]
    if k.sched.ready:  # [201]
        yield from may_block("mplock")
    plimit_lwp_fork(k, p)  # [202]
    lp2 = yield from lwp_fork(k, lp, p, RFPROC)  # [203]
    prepared = args.text("stack") == "ok"
    lp2.lwp_usp = "new" if prepared else BAD_STACK  # [204] sic: nobody looks at its error
    if k.sched.ready:  # [205-206] sic: it has a thread that runs nowhere, and whoever ends the process can't wake it
        yield from steps.copyout_tid(k, lp2)
    if args.text("tid1") == "bad":  # [205-206]
        _undo_lwp_create(k, p, lp2)  # [207]
        raise EFAULT("tid1 can't be written")  # [234]
    steps.store_tid(lp2, args, "tid1")  # [206]
    if args.text("tid2") == "bad":  # [208-209]
        _undo_lwp_create(k, p, lp2)  # [210]
        raise EFAULT("tid2 can't be written")  # [234]
    steps.store_tid(lp2, args, "tid2")  # [209]
    k.name_lwp(lp2)
    lp2.lwp_stat = LSRUN  # [217]
    k.sched.spawn(lp2, "lwp_return", steps.first_steps(k, lp2, prepared, args.text("func") == "ok"))  # [218]
    return 0  # [222]


@models(KERN_FORK, 224, 232, "sys_lwp_create")
def _undo_lwp_create(k: Machine, p: Proc, lp: Lwp) -> None:
    """A thread that never ran goes away. sic: its id is spent, and tid1 may hold it."""
    p.p_lwps.remove(lp)  # [225]
    p.p_nthreads -= 1  # [226]
    lp.lwp_flag |= LWP_WEXIT  # [228]
    p.p_hold += 1  # [230]
    lwp_dispose(lp)  # [231]


@models(KERN_FORK, 239, 569)
def fork1(k: Machine, lp1: Lwp, flags: int) -> Kernel[Proc | None]:
    """Make a process, not yet running, that shares with the caller's what the flags say.

    Without RFPROC: take the caller's process out of what it shares; returns None. Raises EINVAL for flags that contradict each
    other or threads that do, ERESTART for a signal to be dealt with first, EAGAIN at the limits.
    """
    p1 = lp1.lwp_proc  # [242]
    if flags & (RFFDG | RFCFDG) == RFFDG | RFCFDG:  # [252]
        raise EINVAL("RFFDG with RFCFDG")  # [253]
    if not flags & RFPROC:  # [259]
        yield from _divorce(k, lp1, p1, flags)
        return None  # [288-289]
    pgrp: Pgrp | None = None  # [303]
    if flags & RFPGLOCK and (pgrp := p1.p_pgrp) is not None:  # [304]
        assert pgrp.pg_lock is not None
        if k.sched.ready or not rw_tryenter_shared(k, lp1, pgrp.pg_lock):  # [305]
            lp1.lwp_stat = LSSLEEP  # as far as it has to wait: a stop signal that comes then is pending, and starts fork over
            yield from rw_enter_shared(k, lp1, pgrp.pg_lock)  # [305]
            lp1.lwp_stat = LSRUN
    try:
        # [306] sic: for CURSIG_NOBLOCK a stop signal counts although a process with P_PPWAIT can't act on it
        if pgrp is not None and (p1.p_siglist | lp1.lwp_siglist) & ~lp1.lwp_sigmask:
            raise ERESTART("a signal is pending")  # [307-308]
        kern: Globals = k.kern  # type: ignore[assignment]  # a cast would cost a call
        cred = lp1.lwp_ucred
        assert cred is not None
        uid = cred.cr_ruid  # [319]
        nprocs = k.nprocs
        if (nprocs >= k.maxproc - 10 and uid != 0) or nprocs >= k.maxproc:  # [320]
            if steps.may_complain(k):  # [247-248, 321] once a second, whoever is refused
                steps.complain(k, uid)  # [322-323]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [324] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"nprocs is {nprocs}, maxproc {k.maxproc}, real uid {uid}")  # [325-326]
        k.nprocs = nprocs + 1  # [332]
        limit1 = p1.p_limit
        assert limit1 is not None
        most = 0  # [339] the superuser has none
        if uid:  # [339] sic: and neither has anybody whose limit is 0
            most = limit1.pl_rlimit["nproc"][0]  # [339]
        if not chgproccnt(k, uid, 1, most):  # [338-340]
            k.nprocs -= 1  # [344]
            if steps.may_complain(k):  # [247-248, 345] once a second, whoever is refused
                steps.complain(k, uid)  # [346-347]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [348] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"uid {uid} has {k.uid(uid).ui_proccnt} processes, its limit is {most}")  # [349-350]
        if k.sched.ready:  # [354]
            yield from wait_for_memory(k, lp1, "kmalloc proc")
        p2 = k.new_proc(p1.p_comm, SIDL)  # [354, 367-368, 375, 383, 492, 494] zeroed, but for its name and state
        kern.allocated += 1
        if flags & RFTHREAD:  # [359]
            steps.join_leader(p1, p2)  # [360-362] sic: even behind a leader that is past killing its peers
        else:
            p2.p_leader = p2  # [364]
        p2.p_lasttid = -1  # [369]
        proc_add_allproc(k, p2)  # [376]
        steps.copy_section(p1, p2)  # [383-384] sic: p1 can be moved to another group from here to [477]
        if p1.p_flag & P_PROFIL:  # [390]
            startprofclock(p2)  # [391]
        cred.cr_ref += 1
        p2.p_ucred = cred  # [392]
        if kern.invariants and p2.p_hold:  # [393] sic: others can see the child already, and hold it
            raise Panic("the new process is held")  # [393] never: with one processor nobody comes between [376] and here
        if cred.cr_prison is not None:  # [395]
            p2.p_flag |= P_JAILED  # [396]
        if p2.p_args is not None:  # [398]
            p2.p_args.ar_ref += 1  # [399]
        acts1 = p1.p_sigacts
        assert acts1 is not None
        if flags & RFSIGSHARE:  # [403]
            p2.p_sigacts = acts1  # [404]
            acts1.ps_refcnt += 1  # [405]
        else:
            if k.sched.ready:  # [407-408]
                yield from wait_for_memory(k, lp1, "kmalloc subproc")
            p2.p_sigacts = steps.copy_sigacts(acts1)  # [407-410]
        if flags & RFLINUXTHPN:  # [412]
            p2.p_exitsig = SIGUSR1  # [413]
        else:
            p2.p_exitsig = SIGCHLD  # [415]
        p2.p_textvp = p1.p_textvp  # [418]
        if p2.p_textvp is not None:  # [419]
            p2.p_textvp.v_usecount += 1  # [420]
        if flags & RFCFDG:  # [425]
            if k.sched.ready:
                yield from wait_for_memory(k, lp1, "fdinit")
            p2.p_fd = fdinit(p1)  # [426-427] sic: the mask is the system's default
        elif flags & RFFDG:  # [428]
            if k.sched.ready:
                yield from wait_for_memory(k, lp1, "fdcopy")
            p2.p_fd = fdcopy(p1)  # [429-430]
        else:
            yield from _share_descriptors(k, p1, p2, flags)  # [432-450, 452]
        p2.p_limit = plimit_fork(p1)  # [453]
        if p1.p_flag & P_SUGID:  # [459]
            p2.p_flag |= P_SUGID  # [459]
        if p1.p_pgrp is None:
            raise Panic("page fault: the process is in no group")
        if steps.inherits_terminal(p1):  # [460]
            p2.p_flag |= P_CONTROLT  # [461]
        if flags & RFPPWAIT:  # [462]
            p2.p_flag |= P_PPWAIT  # [463]
        if p1.p_vkernel is not None:  # [469]
            p2.p_vkernel = p1.p_vkernel  # [470] vkernel_inherit
        members = list_of(k, p1)
        members.insert(members.index(p1) + 1, p2)  # [477]
        if flags & RFNOWAIT:  # [486]
            pptr = k.initproc  # [487]
        else:
            pptr = p1  # [489]
        p2.p_pptr = pptr  # [490]
        pptr.p_children.insert(0, p2)  # [491]
        p2.p_varsymset = p1.p_varsymset  # [493] a copy: whoever changes one, replaces its own
        if p1.p_traceflag & KTRFAC_INHERIT and p2.p_tracenode is None:  # [502]
            p2.p_traceflag = p1.p_traceflag  # [503]
            p2.p_tracenode = ktrinherit(p1.p_tracenode)  # [504]
        p1.p_hold += 1  # [514]
        yield from vm_fork(k, p1, p2, flags)  # [516]
        k.name_lwp((yield from lwp_fork(k, lp1, p2, flags)))  # [524]
        if flags == RFFDG | RFPROC | RFPGLOCK:  # [526]
            steps.count(k, p2, "v_forks", "v_forkpages")  # [527-528]
        elif flags == RFFDG | RFPROC | RFPPWAIT | RFMEM | RFPGLOCK:  # [529]
            steps.count(k, p2, "v_vforks", "v_vforkpages")  # [530-531]
        elif p1 is k.proc0:  # [532]
            steps.count(k, p2, "v_kthreads", "v_kthreadpages")  # [533-534]
        else:
            steps.count(k, p2, "v_rforks", "v_rforkpages")  # [536-537]
        for hook in kern.fork_list:  # [545]
            hook(k, p1, p2, flags)  # [546]
        p2.p_start = k.ticks  # [553]
        p2.p_acflag = AFORK  # [554]
        if p1.p_klist:
            knote(k, p1, NOTE_FORK | p2.p_pid, p1.p_ucred)  # [559]
        steps.group_is_there(k, pgrp)
        return p2  # [564, 568]
    finally:
        if pgrp is not None and pgrp.pg_lock is not None:  # [566]
            rw_exit(k, lp1, pgrp.pg_lock)  # [567]


@models(KERN_FORK, 259, 290, "fork1")
def _divorce(k: Machine, lp1: Lwp, p1: Proc, flags: int) -> Kernel[None]:
    """Give the caller's process its own memory and its own, or an empty, descriptor table."""
    if p1.p_nthreads != 1:  # [264]
        raise EINVAL(f"the process has {p1.p_nthreads} threads")  # [265]
    yield from vm_fork(k, p1, None, flags)  # [267] sic: System V shared memory stays mapped and is forgotten
    if flags & RFCFDG:  # [272]
        yield from steps.new_empty_table(k, lp1, p1)  # [274-275] sic: the mask becomes the system's default
    if flags & RFFDG and p1.p_fd is not None:  # [281]
        if p1.p_fd.fd_refcnt > 1:  # [282]
            yield from steps.own_table(k, lp1, p1)  # [284-285] sic: POSIX locks are lost
    elif flags & RFFDG:
        raise Panic("page fault: the process has no descriptor table")


@models(KERN_FORK, 432, 450, "fork1")
def _share_descriptors(k: Machine, p1: Proc, p2: Proc, flags: int) -> Kernel[None]:
    """Share the table, and say for which leader each process uses it."""
    p2.p_fd = fdshare(p1)  # [432]
    if p1.p_fdtol is None:  # [433]
        if k.sched.ready:  # [434]
            yield from may_block("filedesc_to_leader_alloc")
        assert p1.p_leader is not None
        p1.p_fdtol = filedesc_to_leader_alloc(None, p1.p_leader)  # [434-436]
    if flags & RFTHREAD:  # [437]
        p2.p_fdtol = p1.p_fdtol  # [442]
        p2.p_fdtol.fdl_refcount += 1  # [443]
    else:
        old = p1.p_fdtol  # [449] sic: a sibling thread can replace it while memory is waited for
        if k.sched.ready:
            yield from may_block("filedesc_to_leader_alloc")
        p2.p_fdtol = filedesc_to_leader_alloc(old, p2)  # [449]


@models(KERN_FORK, 571, 632)
def lwp_fork(k: Machine, origlp: Lwp, destproc: Proc, flags: int) -> Kernel[Lwp]:
    """A thread of a process, made after an existing one. It is linked, and not yet running."""
    if k.sched.ready:  # [577]
        yield from wait_for_memory(k, origlp, "kmalloc lwp")
    estcpu = steps.forked_estcpu(origlp)  # [596]
    tid = destproc.p_lasttid + 1  # [604, 606]
    if not 0 <= tid <= MAX_TID:  # [606]
        tid = 1  # [607]
    lwps = destproc.p_lwps
    if lwps:
        tid = _free_tid(lwps, tid)  # [605-608]
    lp = Lwp(
        destproc,  # [579]
        tid,
        LSRUN,  # [581]
        None,
        origlp.lwp_flag & LWP_ALTSTACK,  # [585]
        origlp.lwp_siglist,  # [582-584] sic: what is pending for the thread is pending for its copy, too
        origlp.lwp_sigmask,
        origlp.lwp_oldsigmask,
        origlp.lwp_sigstk,  # [582-584] sic: threads share the memory of one signal stack
        origlp.lwp_usp,  # [627]
        origlp.lwp_retval,
        origlp.lwp_private,
        estcpu,
        0,
        origlp.lwp_cpumask & kern_of(k).usched_mastermask,  # [598]
    )
    lwps.append(lp)  # [608]
    if len(lwps) > 1:
        lwps.sort(key=tid_of)  # [608]
    destproc.p_lasttid = tid  # [609]
    destproc.p_nthreads += 1  # [610]
    if k.sched.ready:  # [612-613] sic: the lwp can be seen, and has no thread yet
        threadless = kern_of(k).threadless
        threadless[lp] = None
        yield from wait_for_memory(k, origlp, "lwkt_alloc_thread")
        del threadless[lp]
    return lp  # [631]


MAX_TID = 0x7FFFFFFF


@models(KERN_FORK, 605, 608, "lwp_fork")
def _free_tid(lwps: list[Lwp], tid: int) -> int:
    """The first thread id from `tid` on that is not in use; after the highest it goes on from 1."""
    used = [lp.lwp_tid for lp in lwps]
    while tid in used:  # [608]
        tid += 1  # [606]
        if tid > MAX_TID:  # [606]
            tid = 1  # [607]
    return tid


@models(KERN_FORK, 95, 103, "rb_lwp_compare")
def tid_of(lp: Lwp) -> int:
    """Threads stand in the order of their ids."""
    return lp.lwp_tid  # [98-102]


@models(KERN_FORK, 643, 659)
def at_fork(k: Machine, function: ForkHook) -> int:
    """Have a function called at every fork. One that is registered already moves to the end."""
    kern = kern_of(k)
    if kern.invariants and rm_at_fork(k, function):  # [650]
        k.printf("fork callout registered twice")  # [651-652]
    kern.fork_list.append(function)  # [655-657]
    return 0  # [658]


@models(KERN_FORK, 665, 678)
def rm_at_fork(k: Machine, function: ForkHook) -> int:
    """Take a function off the list of hooks. Says how many were removed, 0 or 1."""
    fork_list = kern_of(k).fork_list
    if function in fork_list:  # [670-671]
        fork_list.remove(function)  # [672-673]
        return 1  # [674]
    return 0  # [677]


@models(KERN_FORK, 684, 719)
def start_forked_proc(k: Machine, lp1: Lwp, p2: Proc) -> Kernel[None]:
    """Let a new process run; a vfork's caller sleeps until it has called exec or exit."""
    kern = kern_of(k)
    if p2.p_nthreads != 1:
        raise Panic(f"the new process has {p2.p_nthreads} threads")
    lp2 = p2.p_lwps[0]  # [687]
    if kern.invariants and p2.p_stat != SIDL:  # [698]
        raise Panic("the forked process was started before")  # [699] never: all callers start what they have just made
    p2.p_stat = SACTIVE  # [702]
    lp2.lwp_stat = LSRUN  # [703]
    k.sched.spawn(lp2, "fork_return", fork_return(k, lp2))  # [704]
    p1 = lp1.lwp_proc
    p1.p_hold -= 1  # [710]
    if p2.p_flag & P_PPWAIT:
        while p2.p_flag & P_PPWAIT:  # [717] sic: nothing holds the child, which may have been reaped meanwhile
            yield from tsleep(k, lp1, p1, "ppwait", awaits=lambda: not p2.p_flag & P_PPWAIT)  # [718]
        if kern.freed.get(p2, kern.allocated) != kern.allocated:
            raise Unmodelled("fork1 reads a child that was reaped, in memory that has been given to another process since")
