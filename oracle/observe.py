"""What the world looks like, in the closed vocabulary of `oracle.facts`: pids replaced by roles, sharing read from identity.

One projection serves every flavor: it reads the shared structures, and asks the flavor only where its system keeps a thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from oracle.facts import APART, SHARED, Value
from oracle.flavor import Flavor
from oracle.machine.files import File
from oracle.machine.kevent import KQueue
from oracle.machine.limits import RLIM_INFINITY
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import members
from oracle.machine.vm import VmEntry
from oracle.observation import Block


@dataclass(frozen=True, slots=True)
class Focus:
    """What a scenario makes worth looking at beyond what is always observed."""

    actors: tuple[str, ...]  # who makes calls; the kernel, init and the shell are looked at only if they do
    resources: tuple[str, ...]  # limits that are set or changed


WORDS = (  # read from flag words
    "terminal", "sugid", "exec", "vfork_wait", "traced", "fork_traced", "profiling", "stop_on_fork", "nocldwait", "nocldstop",
    "flags",
)  # fmt: skip
ALWAYS = (
    "state", "parent", "getppid", "children", "group", "group_list", "session", "uid", "ruid", "svuid", "jail", *WORDS,
    "exit_signal", "status", "real_parent", "fork_event", "pending", "masked", "ignored", "handled", "altstack", "cwd", "root",
    "umask", "stack", "tls", "threads", "nice", "command", "text", "forked", "timer", "cpu_time", "ktrace", "watched", "mqueues",
    "same_leader_as", "pid", "tids", "registers", "holds", "estcpu", "nstopchild",
)  # fmt: skip
ZOMBIE = ("state", "parent", "status", "exit_signal")
MACHINE = ("machine.nprocs", "machine.console", "machine.console_lines", "machine.forks", "machine.vforks")
PAIR = ("memory", "files", "cwd", "handlers", "offsets", "regions", "signal_lock", "limits", "credential")

BACKSTAGE = ("kernel", "init", "shell")
AFORK = 0x01  # the same accounting flag on every BSD
NONE = "none"


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
def _word_facts(flavor: Flavor, words: tuple[int, ...], acts_flag: int) -> tuple[Value, ...]:
    """The facts that stand in flag words, in the order of WORDS."""
    bits = dict(zip(FLAG_WORDS, words, strict=True))
    where = flavor.words

    def bit(place: tuple[str, int] | None) -> bool:
        return place is not None and bool(bits[place[0]] & place[1])

    flags = tuple([name for word in FLAG_WORDS for name, one in flavor.flags.get(word, {}).items() if bits[word] & one])
    return (
        bit(where.terminal), bit(where.sugid), bit(where.exec), bit(where.vfork_wait), bit(where.traced), bit(where.fork_traced),
        bit(where.profiling), bit(where.stop_on_fork), bit(where.nocldwait) or bool(acts_flag & where.nocldwait_acts),
        bit(where.nocldstop) or bool(acts_flag & where.nocldstop_acts), flags,
    )  # fmt: skip


def signal_name(flavor: Flavor, number: int) -> str:
    """The name of a signal on a system; "none" for 0."""
    return _signal_names(flavor).get(number, f"signal {number}") if number else NONE


def observe(flavor: Flavor, k: Machine, focus: Focus) -> list[Block]:
    """The facts about all processes that take part, their pairs, and the machine. Calls are added by the runner."""
    blocks: list[Block] = []
    names = k.names
    roles_by_pid = {proc.p_pid: name for proc, name in names.items()}
    live: list[tuple[str, Proc]] = []
    for proc, name in names.items():
        if name in BACKSTAGE and name not in focus.actors:
            continue
        if proc in k.allproc:
            live.append((name, proc))
            blocks.append(_live_process(flavor, k, roles_by_pid, name, proc))
            _holdings(blocks, flavor, k, focus, roles_by_pid, name, proc)
        elif proc in k.zombproc:
            values = ("zombie", k.role(proc.p_pptr), flavor.status(proc.p_xstat), signal_name(flavor, proc.p_exitsig))
            blocks.append((_paths(name, ZOMBIE), values))
        else:
            blocks.append((_paths(name, ("state",)), ("reaped",)))
    for index, (one, first) in enumerate(live):
        for other, second in live[index + 1 :]:
            blocks.append(_pair(f"{one}~{other}", first, second))
    _machine(blocks, flavor, k, roles_by_pid, live)
    return blocks


def _state(flavor: Flavor, proc: Proc) -> str:
    state = flavor.states[proc.p_stat]
    if state == "running" and proc.p_lwps:
        for lwp in proc.p_lwps:
            if lwp.lwp_task is None or lwp.lwp_task.sleep is None:
                return state
        return "asleep"
    return state


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


def _live_process(flavor: Flavor, k: Machine, roles_by_pid: Mapping[int, str], name: str, proc: Proc) -> Block:
    """What there is to say of every process."""
    cred, fd, cwdi, acts, pgrp = proc.p_ucred, proc.p_fd, proc.p_cwdi, proc.p_sigacts, proc.p_pgrp
    lwps = proc.p_lwps
    lwp = _first_lwp(proc)
    pending, mask, ignored, xstat = proc.p_siglist, 0, flavor.ignored(proc), None
    handled: list[str] = []
    for one in lwps:
        pending |= one.lwp_siglist
        handled += one.lwp_handled
    if lwp is not None:
        mask = lwp.lwp_sigmask
    if cwdi is not None:
        cdir, rdir, cmask = cwdi.cwdi_cdir.name, cwdi.cwdi_rdir.name, cwdi.cwdi_cmask
    elif fd is not None and fd.fd_cdir is not None and fd.fd_rdir is not None:
        cdir, rdir, cmask = fd.fd_cdir.name, fd.fd_rdir.name, fd.fd_cmask
    else:
        cdir, rdir, cmask = NONE, NONE, 0
    if pgrp is not None:
        pgid, sid = pgrp.pg_id, pgrp.pg_session.s_sid
        group = roles_by_pid.get(pgid) or f"pid {pgid}"
        session = roles_by_pid.get(sid) or f"pid {sid}"
    else:
        group = session = NONE
    parent = k.role(proc.p_pptr)
    ppid = proc.p_ppid
    state = _state(flavor, proc)
    if state == "stopped":
        xstat = flavor.status(proc.p_xstat << 8 | 0o177)  # as wait would report it
    words = (proc.p_flag, proc.p_sflag, proc.p_slflag, proc.p_lflag, proc.p_stflag)
    textvp, fpid = proc.p_textvp, proc.p_fpid
    values = (
        state,
        parent,
        (roles_by_pid.get(ppid) or f"pid {ppid}") if ppid else parent,
        tuple([k.role(child) for child in proc.p_children]) if proc.p_children else (),
        group,
        group if pgrp is not None and proc in pgrp.pg_members else _list_of(k, roles_by_pid, proc),
        session,
        *((cred.cr_uid, cred.cr_ruid, cred.cr_svuid, cred.cr_prison or NONE) if cred is not None else (-1, -1, -1, NONE)),
        *_word_facts(flavor, words, acts.ps_flag if acts is not None else 0),
        signal_name(flavor, proc.p_exitsig),
        xstat,
        _real_parent(k, roles_by_pid, proc) if proc.p_opptr is not None or proc.p_oppid else NONE,
        (roles_by_pid.get(fpid) or f"pid {fpid}") if fpid else NONE,
        _signals(flavor, pending) if pending else (),
        _signals(flavor, mask) if mask else (),
        _signals(flavor, ignored) if ignored else (),
        tuple(handled),
        lwp.lwp_sigstk or NONE if lwp is not None else NONE,
        cdir,
        rdir,
        f"{cmask:03o}",
        lwp.lwp_usp or "own" if lwp is not None else NONE,
        lwp.lwp_private or NONE if lwp is not None else NONE,
        len(lwps),
        proc.p_nice,
        proc.p_comm,
        textvp.name if textvp is not None else NONE,
        proc.p_acflag & AFORK != 0,
        proc.p_realtimer != 0,
        proc.p_cputime,
        _ktrace(proc) if proc.p_traceflag or proc.p_tracenode is not None else NONE,
        len(proc.p_klist),
        proc.p_mqueue_cnt,
        _peers(k, proc) if proc.p_peers is not None or proc.p_leader is not proc else (),
        proc.p_pid,
        tuple([str(one.lwp_tid) for one in lwps]),
        f"{lwp.lwp_retval[0]}, {lwp.lwp_retval[1]}" if lwp is not None else NONE,
        proc.p_hold,
        lwp.lwp_estcpu if lwp is not None else 0,
        proc.p_nstopchild,
    )
    return _paths(name, ALWAYS), values


def _list_of(k: Machine, roles_by_pid: Mapping[int, str], proc: Proc) -> str:
    """The group whose member list holds the process."""
    for pgrp in k.pgrps.values():
        if proc in pgrp.pg_members:
            return roles_by_pid.get(pgrp.pg_id, f"pid {pgrp.pg_id}")
    return NONE


def _ktrace(proc: Proc) -> str:
    where = proc.p_tracenode.kn_name if proc.p_tracenode is not None else "nowhere"
    return f"{proc.p_traceflag:#x} to {where}"


def _holdings(
    blocks: list[Block], flavor: Flavor, k: Machine, focus: Focus, roles_by_pid: Mapping[int, str], name: str, proc: Proc
) -> None:
    """What a process has open, mapped, limited, caught and locked."""
    facts: dict[str, Value] = {}
    if (fd := proc.p_fd) is not None:
        exclose = fd.fd_exclose
        for number, file in sorted(fd.fd_files.items()):
            facts[f"fd.{number}"] = _file(file, number in exclose)
            if isinstance(file.f_data, KQueue):
                facts[f"events.{number}"] = _events(flavor, roles_by_pid, file.f_data)
    if (vm := proc.p_vmspace) is not None:
        for region, entry in vm.vm_map.items():
            facts[f"memory.{region}"] = entry.obj.data
    if focus.resources and (limit := proc.p_limit) is not None:
        for resource in focus.resources:
            soft, hard = limit.pl_rlimit[resource]
            facts[f"limit.{resource}"] = f"{_limit(soft)}/{_limit(hard)}"
    if (acts := proc.p_sigacts) is not None and acts.ps_sigact:
        for number in sorted(acts.ps_sigact):
            if handler := flavor.handler(proc, number):
                facts[f"handler.{signal_name(flavor, number)}"] = handler
    for vp in k.vnodes.values():
        if vp.v_locks and (locks := sum(owner is proc for owner in vp.v_locks)):
            facts[f"locks.{vp.name}"] = locks
    blocks.append((_paths(name, tuple(facts)), tuple(facts.values())))


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


def _relation(same: bool) -> str:
    return SHARED if same else APART


def _pair(subject: str, one: Proc, other: Proc) -> Block:
    """How two processes hang together."""
    fd, fd2 = one.p_fd, other.p_fd
    cwdi = one.p_cwdi
    offsets: tuple[str, ...] = ()
    if fd is not None and fd2 is not None:
        files = fd2.fd_files
        offsets = tuple([str(number) for number, file in sorted(fd.fd_files.items()) if files.get(number) is file])
    vm, vm2 = one.p_vmspace, other.p_vmspace
    regions: tuple[str, ...] = ()
    if vm is not None and vm2 is not None:
        if vm is vm2:
            regions = tuple(vm.vm_map)
        else:
            regions = tuple([name for name, entry in vm.vm_map.items() if _writes_meet(entry, vm2.vm_map.get(name))])
    same_fd = fd is fd2 and fd is not None
    values: tuple[Value, ...] = (
        _relation(vm is vm2 and vm is not None),
        _relation(same_fd),
        _relation(cwdi is other.p_cwdi if cwdi is not None else same_fd),
        _relation(one.p_sigacts is other.p_sigacts),
        offsets,
        regions,
        _relation(one.p_lock is other.p_lock and one.p_lock is not None),
        _relation(one.p_limit is other.p_limit),
        _relation(one.p_ucred is other.p_ucred),
    )
    return _paths(subject, PAIR), values


def _writes_meet(entry: VmEntry, other: VmEntry | None) -> bool:
    return other is not None and entry.obj is other.obj and not entry.needs_copy and not other.needs_copy


def _machine(
    blocks: list[Block], flavor: Flavor, k: Machine, roles_by_pid: Mapping[int, str], live: Iterable[tuple[str, Proc]]
) -> None:
    counters, console = k.counters, tuple(k.console)
    forks, vforks = counters.get(flavor.counters["forks"], 0), counters.get(flavor.counters["vforks"], 0)
    blocks.append((MACHINE, (k.nprocs, console, len(console), forks, vforks)))
    charged = {f"uid.{uid}": info.ui_proccnt for uid, info in sorted(k.uidinfo.items()) if info.ui_proccnt}
    blocks.append((_paths("machine", tuple(charged)), tuple(charged.values())))
    groups: dict[str, Value] = {}
    for _, proc in live:
        if (pgrp := proc.p_pgrp) is not None:
            name = roles_by_pid.get(pgrp.pg_id) or f"pid {pgrp.pg_id}"
            if f"group.{name}" not in groups and k.pgrps.get(pgrp.pg_id) is pgrp:
                groups[f"group.{name}"] = tuple([k.role(member) for member in pgrp.pg_members])
    blocks.append((_paths("machine", tuple(groups)), tuple(groups.values())))
    counted = {counter: count for counter, count in counters.items() if count}
    blocks.append((_paths("machine.counter", tuple(counted)), tuple(counted.values())))
