"""What the world looks like, in the closed vocabulary of `oracle.facts`: pids replaced by roles, sharing read from identity.

One projection serves every flavor: it reads the shared structures, and asks the flavor only where its system keeps a thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from oracle.facts import APART, SHARED, Value
from oracle.flavor import Flavor
from oracle.machine.files import File, Vnode
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import members
from oracle.machine.vm import VmEntry
from oracle.observation import Block
from oracle.scenario import Focus

ALWAYS = (
    "state", "parent", "getppid", "children", "group", "group_list", "session", "uid", "ruid", "svuid", "jail",
    "terminal", "sugid", "exec", "vfork_wait", "traced", "fork_traced", "profiling", "stop_on_fork", "nocldwait", "nocldstop",
    "exit_signal", "status", "real_parent", "fork_event", "pending", "masked", "ignored", "handled", "altstack", "cwd", "root",
    "umask", "stack", "tls", "threads", "nice", "command", "text", "forked", "timer", "cpu_time", "ktrace", "watched",
    "mqueues", "same_leader_as",
)  # fmt: skip
SYSTEM = ("pid", "tids", "registers", "flags", "ktrace_flags", "holds", "estcpu", "nstopchild")
ZOMBIE = ("state", "parent", "status", "exit_signal")
RARE = ("arguments", "emulation", "tracked_leader", "virtual_kernel")
PAIR = ("memory", "files", "cwd", "handlers", "offsets", "regions")
PAIR_SYSTEM = ("signal_lock", "limits", "credential")
MACHINE = ("machine.nprocs", "machine.console_lines", "machine.forks", "machine.vforks")
CONSOLE = ("machine.console",)

BACKSTAGE = ("kernel", "init", "shell")
AFORK = 0x01  # the same accounting flag on every BSD
KTRFAC_INHERIT = 0x40000000  # likewise
NONE = "none"
NO_LWP = Lwp(Proc(0, 0, "", 0), 0, 0)  # of a process that has none left: nothing is set


@lru_cache(maxsize=65536)
def _paths(subject: str, names: tuple[object, ...]) -> tuple[str, ...]:
    """The paths of some facts of one subject; the same tuple each time."""
    return tuple(f"{subject}.{name}" for name in names)


@lru_cache(maxsize=256)
def _signal_names(flavor: Flavor) -> dict[int, str]:
    return {number: name for name, number in flavor.signals.items()}


@lru_cache(maxsize=4096)
def _signals(flavor: Flavor, mask: int) -> tuple[str, ...]:
    """The names of a signal set, in numeric order."""
    names = _signal_names(flavor)
    return tuple(names.get(number, f"signal {number}") for number in members(mask))


FLAG_WORDS = ("p_flag", "p_sflag", "p_slflag", "p_lflag", "p_stflag")


@lru_cache(maxsize=65536)
def _word_facts(flavor: Flavor, words: tuple[int, ...]) -> tuple[tuple[Value, ...], tuple[str, ...]]:
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


def signal_name(flavor: Flavor, number: int) -> str:
    """The name of a signal on a system; "none" for 0."""
    return _signal_names(flavor).get(number, f"signal {number}") if number else NONE


def observe(flavor: Flavor, k: Machine, focus: Focus) -> tuple[list[Block], list[Block]]:
    """The facts about all processes that take part, their pairs, and the machine: those for all flavors, those of one system.

    Calls are added by the runner.
    """
    blocks: list[Block] = []
    system: list[Block] = []
    names, allproc = k.names, k.allproc
    roles_by_pid: dict[int, str] = {}
    cast: list[tuple[str, Proc]] = []  # who is looked at
    actors = focus.actors
    for proc, name in names.items():
        roles_by_pid[proc.p_pid] = name
        if name not in BACKSTAGE or name in actors:
            cast.append((name, proc))
    locked = _locked(k)
    live: list[tuple[str, Proc]] = []
    for name, proc in cast:
        if proc in allproc:
            one, other = _live_process(flavor, k, roles_by_pid, name, proc)
            blocks += (one, _holdings(flavor, focus, roles_by_pid, locked, name, proc))
            system.append(other)
            if focus.extras:
                system.append(_rare(flavor, k, name, proc))
            for elder_name, elder in live:
                one, other = _pair(_pair_paths(elder_name, name), elder, proc)
                blocks.append(one)
                system.append(other)
            live.append((name, proc))
        elif proc in k.zombproc:
            values = ("zombie", k.role(proc.p_pptr), flavor.status(proc.p_xstat), signal_name(flavor, proc.p_exitsig))
            blocks.append((_paths(name, ZOMBIE), values))
        else:
            blocks.append((_paths(name, ("state",)), ("reaped",)))
    _machine(blocks, system, flavor, k, roles_by_pid, live)
    return blocks, system


def _locked(k: Machine) -> list[Vnode]:
    """The files with advisory locks on them."""
    locked: list[Vnode] = []
    for vp in k.vnodes.values():
        if vp.v_locks:
            locked.append(vp)
    return locked


def _roles(k: Machine, procs: list[Proc]) -> tuple[str, ...]:
    """The roles of some processes."""
    names = k.names
    roles: list[str] = []
    for proc in procs:
        roles.append(names.get(proc) or k.role(proc))
    return tuple(roles)


def _state_of_threads(lwps: list[Lwp]) -> str:
    """Whether a process that could run has a thread that does."""
    for lwp in lwps:
        if lwp.lwp_task is None or lwp.lwp_task.sleep is None:
            return "running"
    return "asleep"


def _real_parent(k: Machine, roles_by_pid: Mapping[int, str], proc: Proc) -> str:
    if proc.p_opptr is not None:
        return k.role(proc.p_opptr)
    return roles_by_pid.get(proc.p_oppid, f"pid {proc.p_oppid}") if proc.p_oppid else NONE


def _peers(k: Machine, proc: Proc) -> tuple[str, ...]:
    """The others on the peers chain of a process's leader, from the leader on."""
    leader = proc.p_leader
    if leader is None or (leader is proc and proc.p_peers is None):
        return ()
    chain: list[str] = []
    peer: Proc | None = leader
    while peer is not None and len(chain) < len(k.names):
        if peer is not proc:
            chain.append(k.role(peer))
        peer = peer.p_peers
    return tuple(chain)


def _first_lwp(proc: Proc) -> Lwp | None:
    """The thread with the lowest id."""
    lwps = proc.p_lwps
    if len(lwps) < 2:
        return lwps[0] if lwps else None
    return min(lwps, key=_tid)


def _tid(lwp: Lwp) -> int:
    return lwp.lwp_tid


def _live_process(flavor: Flavor, k: Machine, roles_by_pid: Mapping[int, str], name: str, proc: Proc) -> tuple[Block, Block]:
    """What there is to say of every process: gathered here, put into words once for all processes that look the same."""
    fd, cwdi, acts, pgrp, textvp, cred = proc.p_fd, proc.p_cwdi, proc.p_sigacts, proc.p_pgrp, proc.p_textvp, proc.p_ucred
    lwps, ppid, fpid, node = proc.p_lwps, proc.p_ppid, proc.p_fpid, proc.p_tracenode
    parent = k.names.get(proc.p_pptr) or k.role(proc.p_pptr)  # type: ignore[arg-type]  # no key is None
    alone, leader = len(lwps) == 1, proc.p_leader
    lwp = lwps[0] if alone else _first_lwp(proc)
    if cwdi is not None:
        cdir, rdir, cmask = cwdi.cwdi_cdir.name, cwdi.cwdi_rdir.name, cwdi.cwdi_cmask
    elif fd is not None and fd.fd_cdir is not None and fd.fd_rdir is not None:
        cdir, rdir, cmask = fd.fd_cdir.name, fd.fd_rdir.name, fd.fd_cmask
    else:
        cdir, rdir, cmask = NONE, NONE, 0
    if pgrp is None:
        group = group_list = session = NONE
    else:
        pgid, sid = pgrp.pg_id, pgrp.pg_session.s_sid
        group = roles_by_pid.get(pgid) or f"pid {pgid}"
        group_list = group if proc in pgrp.pg_members else _list_of(k, roles_by_pid, proc)
        session = roles_by_pid.get(sid) or f"pid {sid}"
    state = flavor.states[proc.p_stat]
    if lwp is None:
        lwp = NO_LWP
    elif state == "running" and lwp.lwp_task is not None:
        state = _state_of_threads(lwps)
    ids = (cred.cr_uid, cred.cr_ruid, cred.cr_svuid, cred.cr_prison) if cred is not None else (-1, -1, -1, None)
    kin = (
        state,
        parent,
        (roles_by_pid.get(ppid) or f"pid {ppid}") if ppid else parent,
        _roles(k, proc.p_children) if proc.p_children else (),
        group,
        group_list,
        session,
        _real_parent(k, roles_by_pid, proc) if proc.p_opptr is not None or proc.p_oppid else NONE,
        (roles_by_pid.get(fpid) or f"pid {fpid}") if fpid else NONE,
        _peers(k, proc) if leader is not None and (leader is not proc or proc.p_peers is not None) else (),
    )
    words = (proc.p_flag, proc.p_sflag, proc.p_slflag, proc.p_lflag, proc.p_stflag, acts.ps_flag if acts is not None else 0)
    own = (
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
    thread = (
        lwp.lwp_sigmask,
        lwp.lwp_sigstk or ("null" if lwp.lwp_flag and lwp.lwp_flag & flavor.words.altstack else ""),  # marked as having one
        lwp.lwp_usp,
        lwp.lwp_private,
        lwp.lwp_retval,
        lwp.lwp_estcpu,
    )
    lwps_ = ((lwp.lwp_tid, lwp.lwp_siglist, lwp.lwp_handled),) if alone else _threads(lwps)
    return _process_facts(flavor, name, ids, kin, words, own, thread, lwps_)


Ids: TypeAlias = tuple[int, int, int, str | None]  # effective, real, saved; the jail
Kin: TypeAlias = tuple[str, str, str, tuple[str, ...], str, str, str, str, str, tuple[str, ...]]
Own: TypeAlias = tuple[
    int, int, int, int, str, str, int, int, str, str, int, int, int, int, str, int, int, int, int, int | None
]  # fmt: skip
Thread: TypeAlias = tuple[int, str, str, str, tuple[int, int], int]


@lru_cache(maxsize=65536)
def _process_facts(
    flavor: Flavor,
    name: str,
    ids: Ids,
    kin: Kin,
    words: tuple[int, ...],
    own: Own,
    thread: Thread,
    lwps: tuple[tuple[int, int, tuple[str, ...]], ...],
) -> tuple[Block, Block]:
    """The facts of ALWAYS and of SYSTEM from what was gathered of a process.

    It comes in parts because Python passes on more than 30 values by way of a list.
    """
    *uids, jail = ids
    state, parent, getppid, children, group, group_list, session, real_parent, fork_event, peers = kin
    (
        exitsig, xstat, siglist, ignored, cdir, rdir, cmask, nice, comm, text, acflag, timer, cputime, ktrace, ktrace_file,
        watched, mqueues, pid, hold, nstopchild,
    ) = own  # fmt: skip
    mask, sigstk, usp, private, retval, estcpu = thread
    bits, flags = _word_facts(flavor, words)
    pending = siglist
    for _, one, _ in lwps:
        pending |= one
    values = (
        state, parent, getppid, children, group, group_list, session, *uids, jail or NONE, *bits, signal_name(flavor, exitsig),
        flavor.status(xstat << 8 | 0o177) if state == "stopped" else None, real_parent, fork_event, _signals(flavor, pending),
        _signals(flavor, mask), _signals(flavor, ignored), tuple([text for _, _, handled in lwps for text in handled]),
        sigstk or NONE, cdir, rdir, f"{cmask:03o}", usp or "own", private or NONE, len(lwps), nice, comm, text,
        acflag & AFORK != 0, timer != 0, cputime, _ktrace(ktrace, ktrace_file), watched, mqueues, peers,
    )  # fmt: skip
    more = (
        pid,
        tuple([str(tid) for tid, _, _ in lwps]),
        f"{retval[0]}, {retval[1]}",
        flags,
        f"{ktrace:#x}",
        hold,
        estcpu,
        nstopchild,
    )
    return (_paths(name, ALWAYS), values), (_paths(name, SYSTEM), more)


def _threads(lwps: list[Lwp]) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """What is told apart by thread: id, pending signals, handlers run."""
    return tuple([(one.lwp_tid, one.lwp_siglist, one.lwp_handled) for one in lwps])


def _list_of(k: Machine, roles_by_pid: Mapping[int, str], proc: Proc) -> str:
    """The group whose member list holds the process."""
    for pgrp in k.pgrps.values():
        if proc in pgrp.pg_members:
            return roles_by_pid.get(pgrp.pg_id, f"pid {pgrp.pg_id}")
    return NONE


def _ktrace(flags: int, file: str) -> str:
    """Where the records of a process go; flags without a file record nothing."""
    if not file:
        return NONE
    return f"to {file}, inherited" if flags & KTRFAC_INHERIT else f"to {file}"


def _holdings(
    flavor: Flavor, focus: Focus, roles_by_pid: Mapping[int, str], locked: list[Vnode], name: str, proc: Proc
) -> Block:
    """What a process has open, mapped, limited, caught and locked."""
    opened: list[int | str] = []
    mapped: tuple[str, ...] = ()
    more: list[str] = []
    facts: list[Value] = []
    if (fd := proc.p_fd) is not None:
        exclose = fd.fd_exclose
        files = fd.fd_files
        for number in sorted(files) if len(files) > 1 else files:
            file = files[number]
            opened.append(number)
            facts.append(_file(file, number in exclose) if file.f_offset or exclose else file.f_name)
            if file.f_type != "vnode" and isinstance(file.f_data, KQueue):
                opened.append(f"events.{number}")
                facts.append(_events(flavor, roles_by_pid, file.f_data))
    if (vm := proc.p_vmspace) is not None:
        mapped = tuple(vm.vm_map)
        wired = False
        for entry in vm.vm_map.values():
            facts.append(entry.obj.data)
            wired = wired or entry.wired
        if wired:
            for entry in vm.vm_map.values():
                if entry.wired:
                    more.append(f"wired.{entry.name}")
                    facts.append(True)
    if focus.resources and (limit := proc.p_limit) is not None:
        for resource in focus.resources:
            soft, hard = limit.pl_rlimit[resource]
            more.append(f"limit.{resource}")
            facts.append(f"{_limit(soft)}/{_limit(hard)}")
    if (acts := proc.p_sigacts) is not None and acts.ps_sigact:
        for number in sorted(acts.ps_sigact):
            if handler := flavor.handler(proc, number):
                more.append(f"handler.{signal_name(flavor, number)}")
                facts.append(handler)
    for vp in locked:
        if locks := sum(owner is proc for owner in vp.v_locks):
            more.append(f"locks.{vp.name}")
            facts.append(locks)
    return _held_paths(name, tuple(opened), mapped, tuple(more)), tuple(facts)


@lru_cache(maxsize=65536)
def _held_paths(subject: str, opened: tuple[int | str, ...], mapped: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of what a process holds: descriptors by number, regions by name, the rest by the name of the fact."""
    names = [f"fd.{one}" if isinstance(one, int) else one for one in opened] + [f"memory.{one}" for one in mapped]
    return tuple([f"{subject}.{name}" for name in (*names, *more)])


def _rare(flavor: Flavor, k: Machine, name: str, proc: Proc) -> Block:
    """What is looked at only where some process starts with more than every process has."""
    native = proc.p_emul in ("", flavor.system)
    values = (
        proc.p_args.ar_args if proc.p_args is not None else NONE,
        "native" if native else proc.p_emul,
        k.role(proc.p_fdtol.fdl_leader) if proc.p_fdtol is not None else NONE,
        proc.p_vkernel is not None,
    )
    return _paths(name, RARE), values


def _file(file: File, cloexec: bool) -> str:
    offset = f" at {file.f_offset}" if file.f_offset else ""
    return file.f_name + offset + (" close-on-exec" if cloexec else "")


def _limit(value: int) -> str:
    return "unlimited" if value >= RLIM_INFINITY else str(value)


def _events(flavor: Flavor, roles_by_pid: Mapping[int, str], queue: KQueue) -> tuple[str, ...]:
    notes = flavor.flags.get("note", {})
    return tuple(
        " ".join(
            [roles_by_pid.get(knote.kn_id, f"pid {knote.kn_id}")]
            + [name for name, bit in notes.items() if knote.kn_fflags & bit]
            + ([f"from {roles_by_pid.get(knote.kn_data, knote.kn_data)}"] if knote.kn_data else [])
        )
        for knote in queue.kq_knotes
        if knote.kn_active
    )


@lru_cache(maxsize=65536)
def _pair_paths(elder: str, younger: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of the facts of PAIR and of PAIR_SYSTEM about two processes."""
    return _paths(f"{elder}~{younger}", PAIR), _paths(f"{elder}~{younger}", PAIR_SYSTEM)


def _pair(paths: tuple[tuple[str, ...], tuple[str, ...]], one: Proc, other: Proc) -> tuple[Block, Block]:
    """How two processes hang together."""
    fd, fd2, vm, vm2, cwdi = one.p_fd, other.p_fd, one.p_vmspace, other.p_vmspace, one.p_cwdi
    offsets: list[str] = []
    if fd is not None and fd2 is not None:
        files, files2 = fd.fd_files, fd2.fd_files
        for number in sorted(files) if len(files) > 1 else files:
            if files2.get(number) is files[number]:
                offsets.append(str(number))
    regions: list[str] = []
    if vm is not None and vm2 is not None:
        if vm is vm2:
            regions += vm.vm_map
        else:
            theirs = vm2.vm_map
            for name, entry in vm.vm_map.items():
                if not entry.needs_copy and _writes_meet(entry, theirs.get(name)):
                    regions.append(name)
    files_shared = SHARED if fd is fd2 and fd is not None else APART
    values = (
        SHARED if vm is vm2 and vm is not None else APART,
        files_shared,
        files_shared if cwdi is None else SHARED if cwdi is other.p_cwdi else APART,
        SHARED if one.p_sigacts is other.p_sigacts else APART,
        tuple(offsets),
        tuple(regions),
    )
    more = (
        SHARED if one.p_lock is other.p_lock and one.p_lock is not None else APART,
        SHARED if one.p_limit is other.p_limit else APART,
        SHARED if one.p_ucred is other.p_ucred else APART,
    )
    return (paths[0], values), (paths[1], more)


def _writes_meet(entry: VmEntry, other: VmEntry | None) -> bool:
    return other is not None and entry.obj is other.obj and not other.needs_copy


def _machine(
    blocks: list[Block],
    system: list[Block],
    flavor: Flavor,
    k: Machine,
    roles_by_pid: Mapping[int, str],
    live: Iterable[tuple[str, Proc]],
) -> None:
    """Counts, statistics, groups, console."""
    counters, console, pgrps, uidinfo = k.counters, k.console, k.pgrps, k.uidinfo
    values: list[Value] = [
        k.nprocs, len(console), counters.get(flavor.counters["forks"], 0), counters.get(flavor.counters["vforks"], 0)
    ]  # fmt: skip
    uids: list[int] = []
    for uid in sorted(uidinfo):
        if count := uidinfo[uid].ui_proccnt:
            uids.append(uid)
            values.append(count)
    groups: list[str] = []
    for _, proc in live:
        pgrp = proc.p_pgrp
        if pgrp is None:
            continue
        pgid = pgrp.pg_id
        name = roles_by_pid.get(pgid) or f"pid {pgid}"
        if name not in groups and pgrps.get(pgid) is pgrp:
            groups.append(name)
            values.append(_roles(k, pgrp.pg_members))
    blocks.append((_machine_paths(tuple(uids), tuple(groups)), tuple(values)))
    system.append((CONSOLE, (tuple(console),)))
    counts: tuple[int | None, ...] = tuple(counters.values())
    if 0 in counts:
        counts = tuple([count or None for count in counts])
    system.append((_paths("machine.counter", tuple(counters)), counts))


@lru_cache(maxsize=65536)
def _machine_paths(uids: tuple[int, ...], groups: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of the facts of MACHINE, of what uids are charged, and of the groups."""
    return (*MACHINE, *_paths("machine.uid", uids), *_paths("machine.group", groups))
