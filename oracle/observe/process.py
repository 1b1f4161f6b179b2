"""The facts about one process: gathered from the machine, and put into words once for all processes that look the same."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.observation import Block
from oracle.observe.naming import NONE, RolesByPid, paths, roles, signal_name, signal_names

ALWAYS = (
    "state", "parent", "getppid", "children", "group", "group_list", "session", "uid", "ruid", "svuid", "jail",
    "terminal", "sugid", "exec", "vfork_wait", "traced", "fork_traced", "profiling", "stop_on_fork", "nocldwait", "nocldstop",
    "exit_signal", "status", "real_parent", "fork_event", "pending", "masked", "ignored", "handled", "altstack", "cwd", "root",
    "umask", "stack", "tls", "threads", "nice", "command", "text", "forked", "timer", "cpu_time", "ktrace", "watched",
    "mqueues", "same_leader_as",
)  # fmt: skip
SYSTEM = ("pid", "tids", "registers", "flags", "ktrace_flags", "holds", "estcpu", "nstopchild")
ZOMBIE = ("state", "parent", "status", "exit_signal")
REAPED = ("state",)
RARE = ("arguments", "emulation", "tracked_leader", "virtual_kernel")

AFORK = 0x01  # the same accounting flag on every BSD
KTRFAC_INHERIT = 0x40000000  # likewise
FLAG_WORDS = ("p_flag", "p_sflag", "p_slflag", "p_lflag", "p_stflag")
NO_LWP = Lwp(Proc(0, 0, "", 0), 0, 0)  # of a process that has none left: nothing is set

Ids: TypeAlias = tuple[int, int, int, str | None]  # effective, real, saved; the jail
Kin: TypeAlias = tuple[str, str, tuple[str, ...], str, str, str, str, str, tuple[str, ...]]
Own: TypeAlias = tuple[
    int, int, int, int, str, str, int, int, str, str, int, int, int, int, str, int, int, int, int, int | None
]  # fmt: skip
Flags: TypeAlias = tuple[int, ...]  # of FLAG_WORDS, and ps_flag
Thread: TypeAlias = tuple[int, str, str, str, tuple[int, int], int]
Threads: TypeAlias = tuple[tuple[int, int, tuple[str, ...]], ...]  # id, pending signals, handlers run


def live_process(flavor: Flavor, k: Machine, by_pid: RolesByPid, name: str, proc: Proc) -> tuple[Block, Block]:
    """The facts of ALWAYS and those of SYSTEM about a process that has not exited."""
    cred, acts, lwps = proc.p_ucred, proc.p_sigacts, proc.p_lwps
    alone = len(lwps) == 1
    lwp = lwps[0] if alone else _first(lwps)
    state = flavor.states[proc.p_stat]
    if state == "running" and lwp.lwp_task is not None:
        state = _state_of_threads(lwps)
    ids = (cred.cr_uid, cred.cr_ruid, cred.cr_svuid, cred.cr_prison) if cred is not None else (-1, -1, -1, None)
    words = (proc.p_flag, proc.p_sflag, proc.p_slflag, proc.p_lflag, proc.p_stflag, acts.ps_flag if acts is not None else 0)
    thread = (
        lwp.lwp_sigmask,
        lwp.lwp_sigstk or ("null" if lwp.lwp_flag and lwp.lwp_flag & flavor.words.altstack else ""),  # marked as having one
        lwp.lwp_usp,
        lwp.lwp_private,
        lwp.lwp_retval,
        lwp.lwp_estcpu,
    )
    threads = ((lwp.lwp_tid, lwp.lwp_siglist, lwp.lwp_handled),) if alone else _threads(lwps)
    return _in_words(flavor, name, state, ids, _kin(k, by_pid, proc), words, _own(flavor, proc), thread, threads)


def zombie(flavor: Flavor, k: Machine, name: str, proc: Proc) -> Block:
    """The facts about a process that nobody has waited for yet."""
    return paths(name, ZOMBIE), (
        "zombie",
        k.role(proc.p_pptr),
        flavor.status(proc.p_xstat),
        signal_name(flavor, proc.p_exitsig),
    )


def reaped(name: str) -> Block:
    """The fact about a process that is gone."""
    return paths(name, REAPED), ("reaped",)


def rare(flavor: Flavor, k: Machine, name: str, proc: Proc) -> Block:
    """What is looked at only where some process starts with more than every process has."""
    native = proc.p_emul in ("", flavor.system)
    values = (
        proc.p_args.ar_args if proc.p_args is not None else NONE,
        "native" if native else proc.p_emul,
        k.role(proc.p_fdtol.fdl_leader) if proc.p_fdtol is not None else NONE,
        proc.p_vkernel is not None,
    )
    return paths(name, RARE), values


# --- gathering ------------------------------------------------------------------------------------------------------------


def _kin(k: Machine, by_pid: RolesByPid, proc: Proc) -> Kin:
    """Who a process has to do with, by role."""
    pgrp, ppid, fpid, leader = proc.p_pgrp, proc.p_ppid, proc.p_fpid, proc.p_leader
    parent = k.names.get(proc.p_pptr) or k.role(proc.p_pptr)  # type: ignore[arg-type]  # no key is None
    if pgrp is None:
        group = group_list = session = NONE
    else:
        group = by_pid[pgrp.pg_id]
        group_list = group if proc in pgrp.pg_members else _list_of(k, by_pid, proc)
        session = by_pid[pgrp.pg_session.s_sid]
    return (
        parent,
        by_pid[ppid] if ppid else parent,
        roles(k, proc.p_children) if proc.p_children else (),
        group,
        group_list,
        session,
        _real_parent(k, by_pid, proc) if proc.p_opptr is not None or proc.p_oppid else NONE,
        by_pid[fpid] if fpid else NONE,
        _peers(k, leader, proc) if leader is not None and (leader is not proc or proc.p_peers is not None) else (),
    )


def _own(flavor: Flavor, proc: Proc) -> Own:
    """What a process itself has, in numbers and names."""
    fd, cwdi, textvp, node = proc.p_fd, proc.p_cwdi, proc.p_textvp, proc.p_tracenode
    if cwdi is not None:
        cdir, rdir, cmask = cwdi.cwdi_cdir.name, cwdi.cwdi_rdir.name, cwdi.cwdi_cmask
    elif fd is not None and fd.fd_cdir is not None and fd.fd_rdir is not None:
        cdir, rdir, cmask = fd.fd_cdir.name, fd.fd_rdir.name, fd.fd_cmask
    else:
        cdir, rdir, cmask = NONE, NONE, 0
    return (
        proc.p_exitsig,
        proc.p_xstat,
        proc.p_siglist,
        flavor.ignored(proc),
        cdir,
        rdir,
        cmask,
        proc.p_nice,
        proc.p_comm,
        textvp.name if textvp is not None else NONE,
        proc.p_acflag,
        proc.p_realtimer,
        proc.p_cputime,
        proc.p_traceflag,
        node.kn_name if node is not None else "",
        len(proc.p_klist),
        proc.p_mqueue_cnt,
        proc.p_pid,
        proc.p_hold,
        proc.p_nstopchild,
    )


def _first(lwps: list[Lwp]) -> Lwp:
    """The thread with the lowest id."""
    return min(lwps, key=_tid) if lwps else NO_LWP


def _tid(lwp: Lwp) -> int:
    return lwp.lwp_tid


def _threads(lwps: list[Lwp]) -> Threads:
    """What is told apart by thread."""
    return tuple([(one.lwp_tid, one.lwp_siglist, one.lwp_handled) for one in lwps])


def _state_of_threads(lwps: list[Lwp]) -> str:
    """Whether a process that could run has a thread that does."""
    for lwp in lwps:
        if lwp.lwp_task is None or lwp.lwp_task.sleep is None:
            return "running"
    return "asleep"


def _list_of(k: Machine, by_pid: RolesByPid, proc: Proc) -> str:
    """The group whose member list holds the process."""
    for pgrp in k.pgrps.values():
        if proc in pgrp.pg_members:
            return by_pid[pgrp.pg_id]
    return NONE


def _real_parent(k: Machine, by_pid: RolesByPid, proc: Proc) -> str:
    return k.role(proc.p_opptr) if proc.p_opptr is not None else by_pid[proc.p_oppid]


def _peers(k: Machine, leader: Proc, proc: Proc) -> tuple[str, ...]:
    """The others on the peers chain of a process's leader, from the leader on."""
    chain: list[str] = []
    peer: Proc | None = leader
    while peer is not None and len(chain) < len(k.names):
        if peer is not proc:
            chain.append(k.role(peer))
        peer = peer.p_peers
    return tuple(chain)


# --- putting into words ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def _in_words(
    flavor: Flavor,
    name: str,
    state: str,
    ids: Ids,
    kin: Kin,
    words: Flags,
    own: Own,
    thread: Thread,
    threads: Threads,
) -> tuple[Block, Block]:
    """The facts of ALWAYS and of SYSTEM from what was gathered of a process.

    It comes in parts because Python passes on more than 30 values by way of a list.
    """
    *uids, jail = ids
    parent, getppid, children, group, group_list, session, real_parent, fork_event, peers = kin
    (
        exitsig, xstat, siglist, ignored, cdir, rdir, cmask, nice, comm, text, acflag, timer, cputime, ktrace, ktrace_file,
        watched, mqueues, pid, hold, nstopchild,
    ) = own  # fmt: skip
    mask, sigstk, usp, private, retval, estcpu = thread
    bits, flags = _word_facts(flavor, words)
    pending = siglist
    for _, one, _ in threads:
        pending |= one
    values = (
        state, parent, getppid, children, group, group_list, session, *uids, jail or NONE, *bits, signal_name(flavor, exitsig),
        flavor.status(xstat << 8 | 0o177) if state == "stopped" else None, real_parent, fork_event,
        signal_names(flavor, pending), signal_names(flavor, mask), signal_names(flavor, ignored),
        tuple([text for _, _, handled in threads for text in handled]), sigstk or NONE, cdir, rdir, f"{cmask:03o}",
        usp or "own", private or NONE, len(threads), nice, comm, text, acflag & AFORK != 0, timer != 0, cputime,
        _ktrace(ktrace, ktrace_file), watched, mqueues, peers,
    )  # fmt: skip
    tids = tuple([str(tid) for tid, _, _ in threads])
    more = (pid, tids, f"{retval[0]}, {retval[1]}", flags, f"{ktrace:#x}", hold, estcpu, nstopchild)
    return (paths(name, ALWAYS), values), (paths(name, SYSTEM), more)


@lru_cache(maxsize=65536)
def _word_facts(flavor: Flavor, words: Flags) -> tuple[tuple[Value, ...], tuple[str, ...]]:
    """The facts that stand in flag words (FLAG_WORDS and ps_flag), from `terminal` to `nocldstop`, and all flags' names."""
    *proc_words, acts_flag = words
    bits = dict(zip(FLAG_WORDS, proc_words, strict=True))
    where = flavor.words

    def bit(place: tuple[str, int] | None) -> bool:
        return place is not None and bool(bits[place[0]] & place[1])

    facts = (
        bit(where.terminal), bit(where.sugid), bit(where.exec), bit(where.vfork_wait), bit(where.traced),
        bit(where.fork_traced), bit(where.profiling), bit(where.stop_on_fork),
        bit(where.nocldwait) or bool(acts_flag & where.nocldwait_acts),
        bit(where.nocldstop) or bool(acts_flag & where.nocldstop_acts),
    )  # fmt: skip
    words_with_names = [(bits[word], flavor.flags.get(word, {})) for word in FLAG_WORDS]
    return facts, tuple([name for value, names in words_with_names for name, one in names.items() if value & one])


def _ktrace(flags: int, file: str) -> str:
    """Where the records of a process go; flags without a file record nothing."""
    if not file:
        return NONE
    return f"to {file}, inherited" if flags & KTRFAC_INHERIT else f"to {file}"
