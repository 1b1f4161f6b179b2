"""kern_fork.c 1.67 (2007-03-13): fork, vfork, rfork, lwp_create, whole, in the C's order."""

from __future__ import annotations

from flavors.dragonfly import steps
from flavors.dragonfly.early.kern_plimit import plimit_fork
from flavors.dragonfly.early.proc_h import phold, prele
from flavors.dragonfly.kern import FORKSLEEP, ForkHook, Globals, kern_of
from flavors.dragonfly.kern_clock import startprofclock
from flavors.dragonfly.kern_descrip import fdcopy, fdinit, fdshare, filedesc_to_leader_alloc
from flavors.dragonfly.kern_event import knote
from flavors.dragonfly.kern_ktrace import ktrinherit
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
    NOTE_FORK,
    P_CONTROLT,
    P_JAILED,
    P_PPWAIT,
    P_PROFIL,
    P_SUGID,
    P_TRACED,
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
from oracle.machine.locks import rw_enter_shared, rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.traps import Kernel, may_block

KERN_FORK = Source("DragonFly", "sys/kern/kern_fork.c", "1.67", 697)


@models(KERN_FORK, 92, 105)
def sys_fork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """fork(2)."""
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPGLOCK)  # [98-99] an error goes up from here
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [100]
    return p2.p_pid  # [101-102, 104]


@models(KERN_FORK, 109, 122)
def sys_vfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """vfork(2): shares memory, and comes back once the child has called exec or exit."""
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPPWAIT | RFMEM | RFPGLOCK)  # [115-116]
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [117]
    return p2.p_pid  # [118-119, 121] sic: read after the sleep, with no hold on the child


@models(KERN_FORK, 136, 153)
def sys_rfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """rfork(2): make a process that shares what the flags say, or take the caller out of what it shares."""
    flags = args.number("flags")
    if flags & RFKERNELONLY:  # [142]
        raise EINVAL(f"RFPPWAIT and RFPGLOCK are the kernel's own: {flags:#x}")  # [143]
    p2 = yield from fork1(k, lp, flags | RFPGLOCK)  # [145-146]
    if p2 is None:  # [147, 149]
        return 0  # [149-150, 152]
    yield from start_forked_proc(k, lp, p2)  # [148]
    return p2.p_pid  # [149-150, 152]


@models(KERN_FORK, 156, 195)
def sys_lwp_create(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """lwp_create(2): a thread of the calling process. Its id goes to two addresses in user memory."""
    p = lp.lwp_proc  # [158]
    if args.text("params") == "bad":  # [163-164]
        raise EFAULT("the parameters can't be read")  # [165, 194]
    lp2 = yield from lwp_fork(k, lp, p, RFPROC)  # [167]
    prepared = args.text("stack") == "ok"
    lp2.lwp_usp = "new" if prepared else BAD_STACK  # [168] sic: nobody looks at its error
    if k.sched.ready:  # [169-170] sic: it has a thread that runs nowhere, and whoever ends the process can't wake it
        yield from steps.copyout_tid(k, lp2)
    if args.text("tid1") == "bad":  # [169-170]
        _undo_lwp_create(p, lp2)  # [171]
        raise EFAULT("tid1 can't be written")  # [194]
    steps.store_tid(lp2, args, "tid1")  # [170]
    if args.text("tid2") == "bad":  # [172-173]
        _undo_lwp_create(p, lp2)  # [174]
        raise EFAULT("tid2 can't be written")  # [194]
    steps.store_tid(lp2, args, "tid2")  # [173]
    k.name_lwp(lp2)
    lp2.lwp_stat = LSRUN  # [181]
    k.sched.spawn(lp2, "lwp_return", steps.first_steps(k, lp2, prepared, args.text("func") == "ok"))  # [182]
    return 0  # [185]


@models(KERN_FORK, 187, 192, "sys_lwp_create")
def _undo_lwp_create(p: Proc, lp: Lwp) -> None:
    """A thread that never ran goes away. sic: its id is spent, and tid1 may hold it."""
    p.p_nthreads -= 1  # [188]
    p.p_lwps.remove(lp)  # [189] sic: what is below it stays on its processor's list of threads


@models(KERN_FORK, 199, 530)
def fork1(k: Machine, lp1: Lwp, flags: int) -> Kernel[Proc | None]:
    """Make a process, not yet running, that shares with the caller's what the flags say.

    Without RFPROC: take the caller's process out of what it shares; returns None. Raises EINVAL for flags that contradict each
    other or threads that do, ERESTART for a signal to be dealt with first, EAGAIN at the limits.
    """
    p1 = lp1.lwp_proc  # [202]
    if flags & (RFFDG | RFCFDG) == RFFDG | RFCFDG:  # [212]
        raise EINVAL("RFFDG with RFCFDG")  # [213]
    if not flags & RFPROC:  # [219]
        yield from _divorce(k, lp1, p1, flags)
        return None  # [251-252]
    pgrp: Pgrp | None = None  # [266]
    if flags & RFPGLOCK and (pgrp := p1.p_pgrp) is not None:  # [267]
        assert pgrp.pg_lock is not None
        lp1.lwp_stat = LSSLEEP  # as far as it has to wait: a stop signal that comes then is pending, and starts fork over
        yield from rw_enter_shared(k, lp1, pgrp.pg_lock)  # [268]
        lp1.lwp_stat = LSRUN
    try:
        # [269] sic: CURSIGNB sees a trace, and it starts over for ever; it sees a stop, too, that P_PPWAIT holds back
        if pgrp is not None and (p1.p_flag & P_TRACED or (p1.p_siglist | lp1.lwp_siglist) & ~lp1.lwp_sigmask):
            raise ERESTART("a signal is pending, or the process is traced")  # [270-271]
        kern: Globals = k.kern  # type: ignore[assignment]  # a cast would cost a call
        cred = p1.p_ucred
        assert cred is not None
        uid = cred.cr_ruid  # [282]
        nprocs = k.nprocs
        if (nprocs >= k.maxproc - 10 and uid != 0) or nprocs >= k.maxproc:  # [283]
            if steps.may_complain(k):  # [207-208, 284] once a second, whoever is refused
                steps.complain(k, uid)  # [285-286]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [287] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"nprocs is {nprocs}, maxproc {k.maxproc}, real uid {uid}")  # [288-289]
        k.nprocs = nprocs + 1  # [295]
        limit1 = p1.p_limit
        assert limit1 is not None
        most = 0  # [302] the superuser has none
        if uid:  # [302] sic: and neither has anybody whose limit is 0
            most = limit1.pl_rlimit["nproc"][0]  # [302]
        if not chgproccnt(k, uid, 1, most):  # [301-303]
            k.nprocs -= 1  # [307]
            if steps.may_complain(k):  # [207-208, 308] once a second, whoever is refused
                steps.complain(k, uid)  # [309-310]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [311] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"uid {uid} has {k.uid(uid).ui_proccnt} processes, its limit is {most}")  # [312-313]
        if k.sched.ready:  # [317]
            yield from wait_for_memory(k, lp1, "zalloc proc")
        p2 = k.new_proc(p1.p_comm, SIDL)  # [317-318, 331, 337, 345, 453, 455] zeroed, but for its name and state
        kern.allocated += 1
        if flags & RFTHREAD:  # [323]
            steps.join_leader(p1, p2)  # [324-326] sic: even behind a leader that is past killing its peers
        else:
            p2.p_leader = p2  # [328]
        proc_add_allproc(k, p2)  # [338]
        steps.copy_section(p1, p2)  # [345-346] sic: p1 can be moved to another group from here to [438]
        p2.p_hold = p1.p_hold  # [345-346] sic: whoever holds the parent now holds the child for ever
        if p1.p_flag & P_PROFIL:  # [352]
            startprofclock(p2)  # [353]
        cred = p1.p_ucred  # [354] sic: another than was charged, if a sibling thread changed it meanwhile
        assert cred is not None
        cred.cr_ref += 1
        p2.p_ucred = cred
        if cred.cr_ruid != uid:
            kern.miscounted[uid] = kern.miscounted[cred.cr_ruid] = None
        if cred.cr_prison is not None:  # [356]
            p2.p_flag |= P_JAILED  # [357]
        if p2.p_args is not None:  # [359]
            p2.p_args.ar_ref += 1  # [360]
        acts1 = p1.p_sigacts
        assert acts1 is not None
        if flags & RFSIGSHARE:  # [364]
            p2.p_sigacts = acts1  # [365]
            acts1.ps_refcnt += 1  # [366]
        else:
            if k.sched.ready:  # [368-369]
                yield from wait_for_memory(k, lp1, "kmalloc subproc")
            p2.p_sigacts = steps.copy_sigacts(acts1)  # [368-371]
        if flags & RFLINUXTHPN:  # [373]
            p2.p_exitsig = SIGUSR1  # [374]
        else:
            p2.p_exitsig = SIGCHLD  # [376]
        p2.p_textvp = p1.p_textvp  # [379]
        if p2.p_textvp is not None:  # [380]
            p2.p_textvp.v_usecount += 1  # [381]
        if flags & RFCFDG:  # [386]
            if k.sched.ready:
                yield from wait_for_memory(k, lp1, "fdinit")
            p2.p_fd = fdinit(p1)  # [387-388] sic: the mask is the system's default
        elif flags & RFFDG:  # [389]
            if k.sched.ready:
                yield from wait_for_memory(k, lp1, "fdcopy")
            p2.p_fd = fdcopy(p1)  # [390-391]
        else:
            yield from _share_descriptors(k, p1, p2, flags)  # [393-411, 413]
        p2.p_limit = plimit_fork(p1)  # [414]
        if p1.p_flag & P_SUGID:  # [420]
            p2.p_flag |= P_SUGID  # [420]
        if p1.p_pgrp is None:
            raise Panic("page fault: the process is in no group")
        if steps.inherits_terminal(p1):  # [421]
            p2.p_flag |= P_CONTROLT  # [422]
        if flags & RFPPWAIT:  # [423]
            p2.p_flag |= P_PPWAIT  # [424]
        if p1.p_vkernel is not None:  # [430]
            if k.sched.ready:
                yield from wait_for_memory(k, lp1, "vkernel_inherit")
            p2.p_vkernel = p1.p_vkernel  # [431] vkernel_inherit
        members = list_of(k, p1)
        members.insert(members.index(p1) + 1, p2)  # [438]
        if flags & RFNOWAIT:  # [447]
            pptr = k.initproc  # [448]
        else:
            pptr = p1  # [450]
        p2.p_pptr = pptr  # [451]
        pptr.p_children.insert(0, p2)  # [452]
        p2.p_varsymset = p1.p_varsymset  # [454] a copy: whoever changes one, replaces its own
        if p1.p_traceflag & KTRFAC_INHERIT and p2.p_tracenode is None:  # [463]
            p2.p_traceflag = p1.p_traceflag  # [464]
            p2.p_tracenode = ktrinherit(p1.p_tracenode)  # [465]
        phold(p1)  # [475]
        yield from vm_fork(k, p1, p2, flags)  # [477]
        k.name_lwp((yield from lwp_fork(k, lp1, p2, flags)))  # [485]
        if flags == RFFDG | RFPROC:  # [487] sic: what programs ask for has RFPGLOCK, too, so only init's creation is a fork
            steps.count(k, p2, "v_forks", "v_forkpages")  # [488-489]
        elif flags == RFFDG | RFPROC | RFPPWAIT | RFMEM:  # [490] sic: nobody asks for this
            steps.count(k, p2, "v_vforks", "v_vforkpages")  # [491-492]
        elif p1 is k.proc0:  # [493]
            steps.count(k, p2, "v_kthreads", "v_kthreadpages")  # [494-495]
        else:
            steps.count(k, p2, "v_rforks", "v_rforkpages")  # [497-498]
        for hook in kern.fork_list:  # [506]
            hook(k, p1, p2, flags)  # [507]
        p2.p_start = k.ticks  # [514]
        p2.p_acflag = AFORK  # [515]
        if p1.p_klist:
            knote(k, p1, NOTE_FORK | p2.p_pid, p1.p_ucred)  # [520]
        steps.group_is_there(k, pgrp)
        return p2  # [525, 529]
    finally:
        if pgrp is not None and pgrp.pg_lock is not None:  # [527]
            rw_exit(k, lp1, pgrp.pg_lock)  # [528]


@models(KERN_FORK, 219, 253, "fork1")
def _divorce(k: Machine, lp1: Lwp, p1: Proc, flags: int) -> Kernel[None]:
    """Give the caller's process its own memory and its own, or an empty, descriptor table."""
    if p1.p_nthreads != 1:  # [225]
        raise EINVAL(f"the process has {p1.p_nthreads} threads")  # [226]
    yield from vm_fork(k, p1, None, flags)  # [228] sic: System V shared memory stays mapped and is forgotten
    if flags & RFCFDG:  # [233]
        yield from steps.new_empty_table(k, lp1, p1)  # [235-237] sic: the mask becomes the system's default
    if flags & RFFDG and p1.p_fd is not None:  # [243]
        if p1.p_fd.fd_refcnt > 1:  # [244]
            yield from steps.own_table(k, lp1, p1)  # [246-248] sic: POSIX locks are lost
    elif flags & RFFDG:
        raise Panic("page fault: the process has no descriptor table")


@models(KERN_FORK, 393, 411, "fork1")
def _share_descriptors(k: Machine, p1: Proc, p2: Proc, flags: int) -> Kernel[None]:
    """Share the table, and say for which leader each process uses it."""
    p2.p_fd = fdshare(p1)  # [393]
    if p1.p_fdtol is None:  # [394]
        if k.sched.ready:  # [395]
            yield from may_block("filedesc_to_leader_alloc")
        assert p1.p_leader is not None
        p1.p_fdtol = filedesc_to_leader_alloc(None, p1.p_leader)  # [395-397]
    if flags & RFTHREAD:  # [398]
        p2.p_fdtol = p1.p_fdtol  # [403]
        p2.p_fdtol.fdl_refcount += 1  # [404]
    else:
        old = p1.p_fdtol  # [410] sic: a sibling thread can replace it while memory is waited for
        if k.sched.ready:
            yield from may_block("filedesc_to_leader_alloc")
        p2.p_fdtol = filedesc_to_leader_alloc(old, p2)  # [410]


@models(KERN_FORK, 532, 610)
def lwp_fork(k: Machine, origlp: Lwp, destproc: Proc, flags: int) -> Kernel[Lwp]:
    """A thread of a process, made after an existing one. It is linked, and not yet running."""
    lwps = destproc.p_lwps
    if not 0 < destproc.p_lasttid + 1 <= MAX_TID:  # [546]
        tid = _free_tid(lwps)  # [547-553, 560]
    else:
        tid = destproc.p_lasttid  # [564]
        destproc.p_lasttid += 1
    if k.sched.ready:  # [567]
        yield from wait_for_memory(k, origlp, "zalloc lwp")
    estcpu = steps.forked_estcpu(origlp)  # [588]
    lp = Lwp(
        destproc,  # [567-569]
        tid,  # [570] lwp_tid
        LSRUN,  # [573]
        None,
        origlp.lwp_flag & LWP_ALTSTACK,  # [577]
        origlp.lwp_siglist,  # [574-576] sic: what is pending for the thread is pending for its copy, too
        origlp.lwp_sigmask,
        origlp.lwp_oldsigmask,
        origlp.lwp_sigstk,  # [574-576] sic: threads share the memory of one signal stack
        origlp.lwp_usp,  # [606]
        origlp.lwp_retval,
        origlp.lwp_private,
        estcpu,
        0,
        origlp.lwp_cpumask,
    )
    lwps.insert(0, lp)  # [571]
    destproc.p_nthreads += 1  # [572]
    if k.sched.ready:  # [591] sic: the lwp can be seen, and has no thread yet
        threadless = kern_of(k).threadless
        threadless[lp] = None
        yield from wait_for_memory(k, origlp, "lwkt_alloc_thread")
        del threadless[lp]
    return lp  # [609]


MAX_TID = 0x7FFFFFFF


@models(KERN_FORK, 547, 561, "lwp_fork")
def _free_tid(lwps: list[Lwp]) -> int:
    """The lowest thread id that is not in use."""
    tid = 0  # [547]
    used = [lp.lwp_tid for lp in lwps]  # [549] FOREACH_LWP_IN_PROC
    while tid in used:  # [549-551]
        tid += 1  # [553, 560]
    return tid


@models(KERN_FORK, 621, 637)
def at_fork(k: Machine, function: ForkHook) -> int:
    """Have a function called at every fork. One that is registered already moves to the end."""
    kern = kern_of(k)
    if kern.invariants and rm_at_fork(k, function):  # [628]
        k.printf("fork callout registered twice")  # [629-630]
    kern.fork_list.append(function)  # [633-635]
    return 0  # [636]


@models(KERN_FORK, 643, 656)
def rm_at_fork(k: Machine, function: ForkHook) -> int:
    """Take a function off the list of hooks. Says how many were removed, 0 or 1."""
    fork_list = kern_of(k).fork_list
    if function in fork_list:  # [648-649]
        fork_list.remove(function)  # [650-651]
        return 1  # [652]
    return 0  # [655]


@models(KERN_FORK, 662, 697)
def start_forked_proc(k: Machine, lp1: Lwp, p2: Proc) -> Kernel[None]:
    """Let a new process run; a vfork's caller sleeps until it has called exec or exit."""
    kern = kern_of(k)
    if p2.p_nthreads != 1:
        raise Panic(f"the new process has {p2.p_nthreads} threads")
    lp2 = p2.p_lwps[0]  # [665]
    if kern.invariants and p2.p_stat != SIDL:  # [676]
        raise Panic("the forked process was started before")  # [677] never: all callers start what they have just made
    p2.p_stat = SACTIVE  # [680]
    lp2.lwp_stat = LSRUN  # [681]
    k.sched.spawn(lp2, "fork_return", fork_return(k, lp2))  # [682]
    p1 = lp1.lwp_proc
    prele(p1)  # [688]
    if p2.p_flag & P_PPWAIT:
        while p2.p_flag & P_PPWAIT:  # [695] sic: nothing holds the child, which may have been reaped meanwhile
            yield from tsleep(k, lp1, p1, "ppwait", awaits=lambda: not p2.p_flag & P_PPWAIT)  # [696]
        if kern.freed.get(p2, kern.allocated) != kern.allocated:
            raise Unmodelled("fork1 reads a child that was reaped, in memory that has been given to another process since")
