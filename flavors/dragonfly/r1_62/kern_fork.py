"""kern_fork.c 1.62 (2007-02-16): fork, vfork, rfork, whole, in the C's order."""

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
from flavors.dragonfly.kern_synch import tsleep
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
from flavors.dragonfly.r1_62.kern import lwp_flag_of_new, state_of
from flavors.dragonfly.r1_62.vm_glue import vm_fork
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
from oracle.cite import Source, models
from oracle.flavor import Args
from oracle.machine.errno import EAGAIN, EINVAL, ERESTART, Panic, Unmodelled
from oracle.machine.locks import rw_enter_shared, rw_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.machine.signals import SigActs
from oracle.machine.traps import Kernel, may_block

KERN_FORK = Source("DragonFly", "sys/kern/kern_fork.c", "1.62", 626)


@models(KERN_FORK, 90, 103)
def sys_fork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """fork(2)."""
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPGLOCK)  # [96-97] an error goes up from here
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [98]
    return p2.p_pid  # [99-100, 102]


@models(KERN_FORK, 107, 120)
def sys_vfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """vfork(2): shares memory, and comes back once the child has called exec or exit."""
    p2 = yield from fork1(k, lp, RFFDG | RFPROC | RFPPWAIT | RFMEM | RFPGLOCK)  # [113-114]
    assert p2 is not None
    yield from start_forked_proc(k, lp, p2)  # [115]
    return p2.p_pid  # [116-117, 119] sic: read after the sleep, with no hold on the child


@models(KERN_FORK, 134, 151)
def sys_rfork(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
    """rfork(2): make a process that shares what the flags say, or take the caller out of what it shares."""
    flags = args.number("flags")
    if flags & RFKERNELONLY:  # [140]
        raise EINVAL(f"RFPPWAIT and RFPGLOCK are the kernel's own: {flags:#x}")  # [141]
    p2 = yield from fork1(k, lp, flags | RFPGLOCK)  # [143-144]
    if p2 is None:  # [145, 147]
        return 0  # [147-148, 150]
    yield from start_forked_proc(k, lp, p2)  # [146]
    return p2.p_pid  # [147-148, 150]


@models(KERN_FORK, 157, 539)
def fork1(k: Machine, lp1: Lwp, flags: int) -> Kernel[Proc | None]:
    """Make a process, not yet running, that shares with the caller's what the flags say.

    Without RFPROC: take the caller's process out of what it shares; returns None. Raises EINVAL for flags that contradict each
    other, ERESTART for a signal to be dealt with first, EAGAIN at the limits.
    """
    p1 = lp1.lwp_proc  # [159]
    if flags & (RFFDG | RFCFDG) == RFFDG | RFCFDG:  # [170]
        raise EINVAL("RFFDG with RFCFDG")  # [171]
    if not flags & RFPROC:  # [177]
        yield from _divorce(k, lp1, p1, flags)
        return None  # [202-203]
    pgrp: Pgrp | None = None  # [217]
    if flags & RFPGLOCK and (pgrp := p1.p_pgrp) is not None:  # [218]
        assert pgrp.pg_lock is not None
        lp1.lwp_stat = LSSLEEP  # as far as it has to wait
        yield from rw_enter_shared(k, lp1, pgrp.pg_lock)  # [219]
        lp1.lwp_stat = LSRUN
    try:
        # [220] sic: CURSIGNB sees a trace, and it starts over for ever; it sees a stop, too, that P_PPWAIT holds back
        if pgrp is not None and (p1.p_flag & P_TRACED or (p1.p_siglist | lp1.lwp_siglist) & ~lp1.lwp_sigmask):
            raise ERESTART("a signal is pending, or the process is traced")  # [221-222]
        kern: Globals = k.kern  # type: ignore[assignment]  # a cast would cost a call
        cred = p1.p_ucred
        assert cred is not None
        uid = cred.cr_ruid  # [233]
        nprocs = k.nprocs
        if (nprocs >= k.maxproc - 10 and uid != 0) or nprocs >= k.maxproc:  # [234]
            if steps.may_complain(k):  # [165-166, 235] once a second, whoever is refused
                steps.complain(k, uid)  # [236-237]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [238] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"nprocs is {nprocs}, maxproc {k.maxproc}, real uid {uid}")  # [239-240]
        k.nprocs = nprocs + 1  # [246]
        limit1 = p1.p_limit
        assert limit1 is not None
        most = 0  # [253] the superuser has none
        if uid:  # [253] sic: and neither has anybody whose limit is 0
            most = limit1.pl_rlimit["nproc"][0]  # [253]
        if not chgproccnt(k, uid, 1, most):  # [252-254]
            k.nprocs -= 1  # [258]
            if steps.may_complain(k):  # [165-166, 259] once a second, whoever is refused
                steps.complain(k, uid)  # [260-261]
            yield from tsleep(k, lp1, FORKSLEEP, "fork", HZ // 2)  # [262] sic: with the group locked
            steps.group_is_there(k, pgrp)
            raise EAGAIN(f"uid {uid} has {k.uid(uid).ui_proccnt} processes, its limit is {most}")  # [263-264]
        if k.sched.ready:  # [268-269]
            yield from may_block("zalloc")
        p2 = k.new_proc(p1.p_comm, SIDL)  # [268, 283-287, 294-295, 301, 310-311, 321, 329-330, 428, 452, 454]
        kern.allocated += 1
        lwp_flag = lwp_flag_of_new(k)  # [269] sic: nobody clears what lwp_zone gives out
        if flags & RFTHREAD:  # [274]
            steps.join_leader(p1, p2)  # [275-277] sic: even behind a leader that is past killing its peers
        else:
            p2.p_leader = p2  # [279-280]
        lp2 = Lwp(p2, 0, LSRUN, None, lwp_flag)  # [290-291, 302, 312-314]
        p2.p_lwps.append(lp2)  # [292]
        kern.threadless[lp2] = None  # [292] sic: on p_lwps it can be seen, and has no thread until vm_fork
        p2.p_nthreads = 1  # [293]
        proc_add_allproc(k, p2)  # [303]
        steps.copy_section(p1, p2)  # [315-316] sic: p1 can be moved to another group from here to [437]
        lp2.lwp_cpumask = lp1.lwp_cpumask  # [317-319]
        lp2.lwp_siglist = lp1.lwp_siglist
        lp2.lwp_oldsigmask = lp1.lwp_oldsigmask
        lp2.lwp_sigmask = lp1.lwp_sigmask
        lp2.lwp_sigstk = lp1.lwp_sigstk
        if lp1 in state_of(k).given_up:
            state_of(k).given_up[lp2] = None
        if p1.p_flag & P_PROFIL:  # [331]
            startprofclock(p2)  # [332]
        cred = p1.p_ucred  # [333]
        assert cred is not None
        cred.cr_ref += 1
        p2.p_ucred = cred
        if cred.cr_prison is not None:  # [335]
            p2.p_flag |= P_JAILED  # [336]
        if p2.p_args is not None:  # [338]
            p2.p_args.ar_ref += 1  # [339]
        acts1 = p1.p_sigacts
        assert acts1 is not None
        if flags & RFSIGSHARE:  # [341]
            p2.p_sigacts = acts1  # [342] p_procsig is a part of it here
            acts1.ps_refcnt += 1  # [343]
            yield from _move_to_heap(k, acts1)  # [344, 348-349, 357-360]
        else:
            if k.sched.ready:  # [364-365]
                yield from may_block("malloc procsig")
            p2.p_sigacts = steps.copy_procsig(acts1)  # [364-368]
        if flags & RFLINUXTHPN:  # [370]
            p2.p_exitsig = SIGUSR1  # [371]
        else:
            p2.p_exitsig = SIGCHLD  # [373]
        p2.p_textvp = p1.p_textvp  # [376]
        if p2.p_textvp is not None:  # [377]
            p2.p_textvp.v_usecount += 1  # [378]
        if flags & RFCFDG:  # [383]
            if k.sched.ready:
                yield from may_block("fdinit")
            p2.p_fd = fdinit(p1)  # [384-385] sic: the mask is the system's default
        elif flags & RFFDG:  # [386]
            if k.sched.ready:
                yield from may_block("fdcopy")
            p2.p_fd = fdcopy(p1)  # [387-388]
        else:
            yield from _share_descriptors(k, p1, p2, flags)  # [390-408, 410]
        p2.p_limit = plimit_fork(p1)  # [411]
        if p1.p_flag & P_SUGID:  # [417]
            p2.p_flag |= P_SUGID  # [417]
        lp2.lwp_flag |= lp1.lwp_flag & LWP_ALTSTACK  # [418]
        if p1.p_pgrp is None:
            raise Panic("page fault: the process is in no group")
        if steps.inherits_terminal(p1):  # [419]
            p2.p_flag |= P_CONTROLT  # [420]
        if flags & RFPPWAIT:  # [421]
            p2.p_flag |= P_PPWAIT  # [422]
        if p1.p_vkernel is not None:  # [429]
            if k.sched.ready:
                yield from may_block("vkernel_inherit")
            p2.p_vkernel = p1.p_vkernel  # [430] vkernel_inherit
        members = list_of(k, p1)
        members.insert(members.index(p1) + 1, p2)  # [437]
        if flags & RFNOWAIT:  # [446]
            pptr = k.initproc  # [447]
        else:
            pptr = p1  # [449]
        p2.p_pptr = pptr  # [450]
        pptr.p_children.insert(0, p2)  # [451]
        p2.p_varsymset = p1.p_varsymset  # [453] a copy: whoever changes one, replaces its own
        if p1.p_traceflag & KTRFAC_INHERIT and p2.p_tracenode is None:  # [462]
            p2.p_traceflag = p1.p_traceflag  # [463]
            p2.p_tracenode = ktrinherit(p1.p_tracenode)  # [464]
        lp2.lwp_estcpu = state_of(k).origcpu[lp2] = steps.forked_estcpu(lp1)  # [480]
        phold(p1)  # [487]
        yield from vm_fork(k, lp1, p2, flags)  # [493]
        del kern.threadless[lp2]
        k.name_lwp(lp2)
        if flags == RFFDG | RFPROC:  # [496] sic: what programs ask for has RFPGLOCK, too, so only init's creation is a fork
            steps.count(k, p2, "v_forks", "v_forkpages")  # [497-498]
        elif flags == RFFDG | RFPROC | RFPPWAIT | RFMEM:  # [499] sic: nobody asks for this
            steps.count(k, p2, "v_vforks", "v_vforkpages")  # [500-501]
        elif p1 is k.proc0:  # [502]
            steps.count(k, p2, "v_kthreads", "v_kthreadpages")  # [503-504]
        else:
            steps.count(k, p2, "v_rforks", "v_rforkpages")  # [506-507]
        for hook in kern.fork_list:  # [515]
            hook(k, p1, p2, flags)  # [516]
        p2.p_start = k.ticks  # [523]
        p2.p_acflag = AFORK  # [524]
        if p1.p_klist:
            knote(k, p1, NOTE_FORK | p2.p_pid, p1.p_ucred)  # [529]
        steps.group_is_there(k, pgrp)
        return p2  # [534, 538]
    finally:
        if pgrp is not None and pgrp.pg_lock is not None:  # [536]
            rw_exit(k, lp1, pgrp.pg_lock)  # [537]


@models(KERN_FORK, 177, 204, "fork1")
def _divorce(k: Machine, lp1: Lwp, p1: Proc, flags: int) -> Kernel[None]:
    """Give the caller's process its own memory and its own, or an empty, descriptor table."""
    yield from vm_fork(k, lp1, None, flags)  # [179] sic: System V shared memory stays mapped and is forgotten
    if flags & RFCFDG:  # [184]
        yield from steps.new_empty_table(k, lp1, p1)  # [186-188] sic: the mask becomes the system's default
    if flags & RFFDG and p1.p_fd is not None:  # [194]
        if p1.p_fd.fd_refcnt > 1:  # [195]
            yield from steps.own_table(k, lp1, p1)  # [197-199] sic: POSIX locks are lost
    elif flags & RFFDG:
        raise Panic("page fault: the process has no descriptor table")


@models(KERN_FORK, 344, 362, "fork1")
def _move_to_heap(k: Machine, acts: SigActs) -> Kernel[None]:
    """Handlers that are to be shared can't stay on the stack of one of the processes."""
    heap_sigacts = state_of(k).heap_sigacts
    if acts not in heap_sigacts:  # [344]
        if k.sched.ready:  # [348-349]
            yield from may_block("malloc sigacts")
        heap_sigacts[acts] = None  # [357-360]


@models(KERN_FORK, 390, 408, "fork1")
def _share_descriptors(k: Machine, p1: Proc, p2: Proc, flags: int) -> Kernel[None]:
    """Share the table, and say for which leader each process uses it."""
    p2.p_fd = fdshare(p1)  # [390]
    if p1.p_fdtol is None:  # [391]
        if k.sched.ready:  # [392]
            yield from may_block("filedesc_to_leader_alloc")
        assert p1.p_leader is not None
        p1.p_fdtol = filedesc_to_leader_alloc(None, p1.p_leader)  # [392-394]
    if flags & RFTHREAD:  # [395]
        p2.p_fdtol = p1.p_fdtol  # [400]
        p2.p_fdtol.fdl_refcount += 1  # [401]
    else:
        old = p1.p_fdtol  # [407]
        if k.sched.ready:
            yield from may_block("filedesc_to_leader_alloc")
        p2.p_fdtol = filedesc_to_leader_alloc(old, p2)  # [407]


@models(KERN_FORK, 550, 566)
def at_fork(k: Machine, function: ForkHook) -> int:
    """Have a function called at every fork. One that is registered already moves to the end."""
    kern = kern_of(k)
    if kern.invariants and rm_at_fork(k, function):  # [557]
        k.printf("fork callout registered twice")  # [558-559]
    kern.fork_list.append(function)  # [562-564]
    return 0  # [565]


@models(KERN_FORK, 572, 585)
def rm_at_fork(k: Machine, function: ForkHook) -> int:
    """Take a function off the list of hooks. Says how many were removed, 0 or 1."""
    fork_list = kern_of(k).fork_list
    if function in fork_list:  # [577-578]
        fork_list.remove(function)  # [579-580]
        return 1  # [581]
    return 0  # [584]


@models(KERN_FORK, 591, 626)
def start_forked_proc(k: Machine, lp1: Lwp, p2: Proc) -> Kernel[None]:
    """Let a new process run; a vfork's caller sleeps until it has called exec or exit."""
    kern = kern_of(k)
    if p2.p_nthreads != 1:
        raise Panic(f"the new process has {p2.p_nthreads} threads")
    lp2 = p2.p_lwps[0]  # [594]
    if kern.invariants and p2.p_stat != SIDL:  # [605]
        raise Panic("the forked process was started before")  # [606] never: all callers start what they have just made
    p2.p_stat = SACTIVE  # [609]
    lp2.lwp_stat = LSRUN  # [610]
    k.sched.spawn(lp2, "fork_return", fork_return(k, lp2))  # [611]
    p1 = lp1.lwp_proc
    prele(p1)  # [617]
    if p2.p_flag & P_PPWAIT:
        while p2.p_flag & P_PPWAIT:  # [624] sic: nothing holds the child, which may have been reaped meanwhile
            yield from tsleep(k, lp1, p1, "ppwait", awaits=lambda: not p2.p_flag & P_PPWAIT)  # [625]
        if kern.freed.get(p2, kern.allocated) != kern.allocated:
            raise Unmodelled("fork1 reads a child that was reaped, in memory that has been given to another process since")
