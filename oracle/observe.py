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


@dataclass(frozen=True, slots=True)
class Observation:
    """Facts by path, in a fixed order."""

    facts: Mapping[str, Value]

    def get(self, path: str) -> Value | None:
        """The value of a fact, None if it was not observed."""
        return self.facts.get(path)


@dataclass(frozen=True, slots=True)
class Focus:
    """What a scenario makes worth looking at beyond what is always observed."""

    actors: tuple[str, ...]  # who makes calls; the kernel, init and the shell are looked at only if they do
    resources: tuple[str, ...]  # limits that are set or changed


ALWAYS = (
    "state", "parent", "getppid", "children", "group", "group_list", "session", "terminal", "uid", "ruid", "svuid", "jail",
    "sugid", "exec", "vfork_wait", "exit_signal", "traced", "real_parent", "fork_traced", "fork_event", "pending", "masked",
    "ignored", "handled", "nocldwait", "nocldstop", "altstack", "cwd", "root", "umask", "stack", "tls", "threads", "nice",
    "command", "text", "forked", "profiling", "timer", "cpu_time", "ktrace", "watched", "mqueues", "stop_on_fork",
    "same_leader_as", "pid", "tids", "registers", "flags", "holds", "estcpu",
)  # fmt: skip
PAIR = ("memory", "files", "cwd", "handlers", "offsets", "regions", "signal_lock", "limits", "credential")

BACKSTAGE = ("kernel", "init", "shell")
AFORK = 0x01  # the same accounting flag on every BSD
NONE = "none"


@lru_cache(maxsize=4096)
def _paths(subject: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{subject}.{name}" for name in names)


@lru_cache(maxsize=256)
def _signal_names(flavor: Flavor) -> dict[int, str]:
    return {number: name for name, number in flavor.signals.items()}


@lru_cache(maxsize=4096)
def _signals(flavor: Flavor, mask: int) -> tuple[str, ...]:
    """The names of a signal set, in numeric order."""
    names = _signal_names(flavor)
    return tuple(names.get(number, f"signal {number}") for number in members(mask))


@lru_cache(maxsize=256)
def _flag_words(flavor: Flavor) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    """The flag words of a process: attribute and (name, bit) pairs."""
    return tuple((word, tuple(names.items())) for word, names in flavor.flags.items() if word.startswith("p_"))


@lru_cache(maxsize=4096)
def _flag_names(flavor: Flavor, word: str, value: int) -> tuple[str, ...]:
    return tuple(name for name, bit in flavor.flags[word].items() if value & bit)


def signal_name(flavor: Flavor, number: int) -> str:
    """The name of a signal on a system; "none" for 0."""
    return _signal_names(flavor).get(number, f"signal {number}") if number else NONE


def observe(flavor: Flavor, k: Machine, focus: Focus) -> dict[str, Value]:
    """The facts about all processes that take part, their pairs, and the machine. Calls are added by the runner."""
    out: dict[str, Value] = {}
    roles_by_pid = {proc.p_pid: name for proc, name in k.names.items()}
    allproc = k.allproc
    live: list[tuple[str, Proc]] = []
    for proc, name in k.names.items():
        if name in BACKSTAGE and name not in focus.actors:
            continue
        if proc in allproc:
            live.append((name, proc))
            _live_process(out, flavor, k, focus, roles_by_pid, name, proc)
        elif proc in k.zombproc:
            _zombie(out, flavor, k, name, proc)
        else:
            out[f"{name}.state"] = "reaped"
    for index, (one, first) in enumerate(live):
        for other, second in live[index + 1 :]:
            _pair(out, f"{one}~{other}", first, second)
    _machine(out, flavor, k, roles_by_pid, live)
    return out


def _state(flavor: Flavor, proc: Proc) -> str:
    state = flavor.states[proc.p_stat]
    if state == "running" and proc.p_lwps:
        for lwp in proc.p_lwps:
            if lwp.lwp_task is None or lwp.lwp_task.sleep is None:
                return state
        return "asleep"
    return state


def _bit(proc: Proc, where: tuple[str, int] | None) -> bool:
    return where is not None and bool(getattr(proc, where[0]) & where[1])


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


def _live_process(
    out: dict[str, Value], flavor: Flavor, k: Machine, focus: Focus, roles_by_pid: Mapping[int, str], name: str, proc: Proc
) -> None:
    words = flavor.words
    cred, fd, cwdi, acts, pgrp = proc.p_ucred, proc.p_fd, proc.p_cwdi, proc.p_sigacts, proc.p_pgrp
    lwp = _first_lwp(proc)
    pending = proc.p_siglist
    for one in proc.p_lwps:
        pending |= one.lwp_siglist
    cdir = cwdi.cwdi_cdir if cwdi is not None else (fd.fd_cdir if fd is not None else None)
    rdir = cwdi.cwdi_rdir if cwdi is not None else (fd.fd_rdir if fd is not None else None)
    cmask = cwdi.cwdi_cmask if cwdi is not None else (fd.fd_cmask if fd is not None else 0)
    acts_flag = acts.ps_flag if acts is not None else 0
    ignored = flavor.ignored(proc)
    flags: tuple[str, ...] = ()
    for word, _ in _flag_words(flavor):
        if value := getattr(proc, word):
            flags += _flag_names(flavor, word, value)
    values: tuple[Value, ...] = (
        _state(flavor, proc),
        k.role(proc.p_pptr),
        roles_by_pid.get(proc.p_ppid, f"pid {proc.p_ppid}") if proc.p_ppid else k.role(proc.p_pptr),
        tuple([k.role(child) for child in proc.p_children]) if proc.p_children else (),
        roles_by_pid.get(pgrp.pg_id, f"pid {pgrp.pg_id}") if pgrp is not None else NONE,
        _list_of(k, roles_by_pid, proc),
        roles_by_pid.get(pgrp.pg_session.s_sid, f"pid {pgrp.pg_session.s_sid}") if pgrp is not None else NONE,
        _bit(proc, words.terminal),
        cred.cr_uid if cred is not None else -1,
        cred.cr_ruid if cred is not None else -1,
        cred.cr_svuid if cred is not None else -1,
        cred.cr_prison or NONE if cred is not None else NONE,
        _bit(proc, words.sugid),
        _bit(proc, words.exec),
        _bit(proc, words.vfork_wait),
        signal_name(flavor, proc.p_exitsig),
        _bit(proc, words.traced),
        _real_parent(k, roles_by_pid, proc),
        _bit(proc, words.fork_traced),
        roles_by_pid.get(proc.p_fpid, f"pid {proc.p_fpid}") if proc.p_fpid else NONE,
        _signals(flavor, pending) if pending else (),
        _signals(flavor, lwp.lwp_sigmask) if lwp is not None and lwp.lwp_sigmask else (),
        _signals(flavor, ignored) if ignored else (),
        tuple([handled for one in proc.p_lwps for handled in one.lwp_handled]),
        _bit(proc, words.nocldwait) or bool(acts_flag & words.nocldwait_acts),
        _bit(proc, words.nocldstop) or bool(acts_flag & words.nocldstop_acts),
        lwp.lwp_sigstk or NONE if lwp is not None else NONE,
        cdir.name if cdir is not None else NONE,
        rdir.name if rdir is not None else NONE,
        f"{cmask:03o}",
        lwp.lwp_usp or "own" if lwp is not None else NONE,
        lwp.lwp_private or NONE if lwp is not None else NONE,
        len(proc.p_lwps),
        proc.p_nice,
        proc.p_comm,
        proc.p_textvp.name if proc.p_textvp is not None else NONE,
        bool(proc.p_acflag & AFORK),
        _bit(proc, words.profiling),
        proc.p_realtimer != 0,
        proc.p_cputime,
        _ktrace(proc),
        len(proc.p_klist),
        proc.p_mqueue_cnt,
        _bit(proc, words.stop_on_fork),
        _peers(k, proc),
        proc.p_pid,
        tuple([str(one.lwp_tid) for one in proc.p_lwps]),
        f"{lwp.lwp_retval[0]}, {lwp.lwp_retval[1]}" if lwp is not None else NONE,
        flags,
        proc.p_hold,
        lwp.lwp_estcpu if lwp is not None else 0,
    )
    out.update(zip(_paths(name, ALWAYS), values, strict=True))
    if values[0] == "stopped":
        out[f"{name}.status"] = flavor.status(proc.p_xstat << 8 | 0o177)
    if proc.p_nstopchild is not None:
        out[f"{name}.nstopchild"] = proc.p_nstopchild
    _holdings(out, flavor, k, focus, roles_by_pid, name, proc)


def _list_of(k: Machine, roles_by_pid: Mapping[int, str], proc: Proc) -> str:
    """The group whose member list holds the process."""
    pgrp = proc.p_pgrp
    if pgrp is None or proc not in pgrp.pg_members:
        for pgrp in k.pgrps.values():
            if proc in pgrp.pg_members:
                break
        else:
            return NONE
    return roles_by_pid.get(pgrp.pg_id, f"pid {pgrp.pg_id}")


def _ktrace(proc: Proc) -> str:
    if not proc.p_traceflag and proc.p_tracenode is None:
        return NONE
    where = proc.p_tracenode.kn_name if proc.p_tracenode is not None else "nowhere"
    return f"{proc.p_traceflag:#x} to {where}"


def _holdings(
    out: dict[str, Value], flavor: Flavor, k: Machine, focus: Focus, roles_by_pid: Mapping[int, str], name: str, proc: Proc
) -> None:
    """What a process has open, mapped, limited, caught and locked."""
    if (fd := proc.p_fd) is not None:
        exclose = fd.fd_exclose
        for number, file in sorted(fd.fd_files.items()) if len(fd.fd_files) > 1 else fd.fd_files.items():
            out[f"{name}.fd.{number}"] = _file(file, number in exclose)
            if isinstance(file.f_data, KQueue):
                out[f"{name}.events.{number}"] = _events(flavor, roles_by_pid, file.f_data)
    if (vm := proc.p_vmspace) is not None:
        for region, entry in vm.vm_map.items():
            out[f"{name}.memory.{region}"] = entry.obj.data
    if focus.resources and (limit := proc.p_limit) is not None:
        for resource in focus.resources:
            soft, hard = limit.pl_rlimit[resource]
            out[f"{name}.limit.{resource}"] = f"{_limit(soft)}/{_limit(hard)}"
    if (acts := proc.p_sigacts) is not None and acts.ps_sigact:
        for number in sorted(acts.ps_sigact):
            if handler := flavor.handler(proc, number):
                out[f"{name}.handler.{signal_name(flavor, number)}"] = handler
    for vp in k.vnodes.values():
        if vp.v_locks and (locks := sum(owner is proc for owner in vp.v_locks)):
            out[f"{name}.locks.{vp.name}"] = locks


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


def _zombie(out: dict[str, Value], flavor: Flavor, k: Machine, name: str, proc: Proc) -> None:
    out[f"{name}.state"] = "zombie"
    out[f"{name}.parent"] = k.role(proc.p_pptr)
    out[f"{name}.status"] = flavor.status(proc.p_xstat)
    out[f"{name}.exit_signal"] = signal_name(flavor, proc.p_exitsig)


def _relation(same: bool) -> str:
    return SHARED if same else APART


def _pair(out: dict[str, Value], subject: str, one: Proc, other: Proc) -> None:
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
    out.update(zip(_paths(subject, PAIR), values, strict=True))


def _writes_meet(entry: VmEntry, other: VmEntry | None) -> bool:
    return other is not None and entry.obj is other.obj and not entry.needs_copy and not other.needs_copy


def _machine(
    out: dict[str, Value], flavor: Flavor, k: Machine, roles_by_pid: Mapping[int, str], live: Iterable[tuple[str, Proc]]
) -> None:
    out["machine.nprocs"] = k.nprocs
    for uid, info in sorted(k.uidinfo.items()) if len(k.uidinfo) > 1 else k.uidinfo.items():
        if info.ui_proccnt:
            out[f"machine.uid.{uid}"] = info.ui_proccnt
    out["machine.console"] = tuple(k.console)
    out["machine.console_lines"] = len(k.console)
    counters = k.counters
    out["machine.forks"] = counters.get(flavor.counters["forks"], 0)
    out["machine.vforks"] = counters.get(flavor.counters["vforks"], 0)
    for counter, count in counters.items():
        if count:
            out[f"machine.counter.{counter}"] = count
    groups: dict[int, None] = {}
    for _, proc in live:
        if proc.p_pgrp is not None:
            groups[proc.p_pgrp.pg_id] = None
    for pgid in groups:
        if (pgrp := k.pgrps.get(pgid)) is not None:
            out[f"machine.group.{roles_by_pid.get(pgid, pgid)}"] = tuple([k.role(member) for member in pgrp.pg_members])
