"""Where each fact of the vocabulary is read from: fields of kernel objects, as `oracle.observe` reads them.

A way starts at the process (`p`), its first thread (`lwp`), each thread (`lwps`) or the machine (`k`) and goes on field by
field. `[]` is the entry of a container that the fact's path names; `{}` the entry for the process itself; `*` each entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.explain.events import WHOLE
from oracle.facts import Subject, Value, split
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.signals import members

_LWP_SETS = ("p.p_siglist", "lwps.lwp_siglist")

WAYS: dict[tuple[Subject, str], tuple[str, ...]] = {
    (Subject.PROCESS, name): ways
    for name, ways in {
        "state": ("p.p_stat", "k.allproc{}", "k.zombproc{}"),
        "parent": ("p.p_pptr",),
        "getppid": ("p.p_ppid", "p.p_pptr"),
        "children": ("p.p_children",),
        "group": ("p.p_pgrp",),
        "group_list": ("p.p_pgrp", "p.p_pgrp.pg_members{}"),
        "session": ("p.p_pgrp.pg_session",),
        "uid": ("p.p_ucred.cr_uid",),
        "ruid": ("p.p_ucred.cr_ruid",),
        "svuid": ("p.p_ucred.cr_svuid",),
        "jail": ("p.p_ucred.cr_prison",),
        "exit_signal": ("p.p_exitsig",),
        "status": ("p.p_xstat", "p.p_stat"),
        "real_parent": ("p.p_opptr", "p.p_oppid"),
        "fork_event": ("p.p_fpid",),
        "pending": _LWP_SETS,
        "masked": ("lwp.lwp_sigmask",),
        "ignored": ("p.p_sigignore", "p.p_sigacts.ps_sigignore", "p.p_sigacts.ps_sigact"),
        "handler.*": ("p.p_sigacts.ps_sigact[]", "p.p_sigignore"),
        "handled": ("lwps.lwp_handled",),
        "altstack": ("lwp.lwp_sigstk", "lwp.lwp_flag"),
        "fd.*": ("p.p_fd.fd_files[].f_offset", "p.p_fd.fd_exclose[]"),
        "cwd": ("p.p_cwdi.cwdi_cdir", "p.p_fd.fd_cdir"),
        "root": ("p.p_cwdi.cwdi_rdir", "p.p_fd.fd_rdir"),
        "umask": ("p.p_cwdi.cwdi_cmask", "p.p_fd.fd_cmask"),
        "locks.*": ("k.vnodes[].v_locks",),
        "memory.*": ("p.p_vmspace.vm_map[].obj.data",),
        "wired.*": ("p.p_vmspace.vm_map[].wired",),
        "limit.*": ("p.p_limit.pl_rlimit[]",),
        "stack": ("lwp.lwp_usp",),
        "tls": ("lwp.lwp_private",),
        "threads": ("p.p_lwps",),
        "nice": ("p.p_nice",),
        "command": ("p.p_comm",),
        "text": ("p.p_textvp",),
        "forked": ("p.p_acflag",),
        "timer": ("p.p_realtimer",),
        "cpu_time": ("p.p_cputime",),
        "ktrace": ("p.p_tracenode", "p.p_traceflag"),
        "watched": ("p.p_klist",),
        "events.*": (
            "p.p_fd.fd_files[].f_data.kq_knotes*.kn_active",
            "p.p_fd.fd_files[].f_data.kq_knotes*.kn_fflags",
            "p.p_fd.fd_files[].f_data.kq_knotes*.kn_data",
        ),
        "mqueues": ("p.p_mqueue_cnt",),
        "same_leader_as": ("p.p_leader", "p.p_leader.p_peers", "p.p_peers"),
        "pid": ("p.p_pid",),
        "tids": ("p.p_lwps", "lwps.lwp_tid"),
        "registers": ("lwp.lwp_retval",),
        "flags": ("p.p_flag", "p.p_sflag", "p.p_slflag", "p.p_lflag", "p.p_stflag"),
        "ktrace_flags": ("p.p_traceflag",),
        "holds": ("p.p_hold",),
        "estcpu": ("lwp.lwp_estcpu",),
        "nstopchild": ("p.p_nstopchild",),
        "arguments": ("p.p_args.ar_args",),
        "emulation": ("p.p_emul",),
        "tracked_leader": ("p.p_fdtol.fdl_leader",),
        "virtual_kernel": ("p.p_vkernel",),
        "terminal": (), "sugid": (), "exec": (), "vfork_wait": (), "traced": (), "fork_traced": (), "profiling": (),
        "stop_on_fork": (), "nocldwait": ("p.p_sigacts.ps_flag",), "nocldstop": ("p.p_sigacts.ps_flag",),
    }.items()
} | {
    (Subject.PAIR, name): ways
    for name, ways in {
        "memory": ("p.p_vmspace",),
        "files": ("p.p_fd",),
        "cwd": ("p.p_cwdi", "p.p_fd"),
        "handlers": ("p.p_sigacts",),
        "offsets": ("p.p_fd.fd_files",),
        "regions": ("p.p_vmspace.vm_map*.needs_copy", "p.p_vmspace.vm_map*.obj"),
        "signal_lock": ("p.p_lock",),
        "limits": ("p.p_limit",),
        "credential": ("p.p_ucred",),
    }.items()
} | {
    (Subject.MACHINE, name): ways
    for name, ways in {
        "nprocs": ("k.nprocs",),
        "uid.*": ("k.uidinfo[].ui_proccnt",),
        "console": ("k.console",),
        "console_lines": ("k.console",),
        "forks": ("k.counters[]",),
        "vforks": ("k.counters[]",),
        "counter.*": ("k.counters[]",),
        "group.*": ("k.pgrps[].pg_members",),
        "panic": (),  # raised, not stored
        "deadlock": (),  # who sleeps
    }.items()
} | {(Subject.CALL, ""): (), (Subject.CALL, "elapsed"): ()}  # fmt: skip

WORD_FACTS = (
    "terminal", "sugid", "exec", "vfork_wait", "traced", "fork_traced", "profiling", "stop_on_fork", "nocldwait", "nocldstop",
)  # fmt: skip
SUMS = frozenset(
    {"nprocs", "uid.*", "counter.*", "forks", "vforks", "console", "console_lines", "estcpu", "holds"}
)  # each write counts
_get = object.__getattribute__


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A field of a kernel object, or one entry of the container in it, or some of its bits.

    `leads`: it only refers to the object that holds the value.
    """

    obj: object
    field: str
    key: object = WHOLE
    bits: int = 0  # 0: all of it
    leads: bool = False


def known_name(path: str) -> tuple[Subject, str, str]:
    """What a path is about, the vocabulary's name of its fact, and the part that the scenario chose."""
    subject, name = split(path)
    if (subject, name) in WAYS:
        return subject, name, ""
    head, _, part = name.partition(".")
    return subject, f"{head}.*", part


def places(flavor: Flavor, k: Machine, path: str, one: Value | None, other: Value | None) -> list[Place]:
    """The places that a fact is read from now. Of sets and flag words, the bits in which two values of the fact differ."""
    subject, name, part = known_name(path)
    ways = WAYS.get((subject, name), ())
    if subject is Subject.MACHINE:
        return [place for way in ways for place in _follow(flavor, k, None, way, name, part)]
    found: list[Place] = []
    for role in path.partition(".")[0].split("~"):
        proc = _proc(k, role)
        if proc is None:
            continue
        if name in WORD_FACTS:
            found += _word(flavor, proc, name)
        for way in ways:
            if proc.p_cwdi is None or name not in ("cwd", "root", "umask") or not way.startswith("p.p_fd"):
                found += _follow(flavor, k, proc, way, name, part)
    if name in ("pending", "masked", "ignored"):
        return _narrowed(found, _signal_bits(flavor, one, other))
    return _flag_bits(flavor, found, one, other) if name == "flags" else found


def _proc(k: Machine, role: str) -> Proc | None:
    return next((proc for proc, name in k.names.items() if name == role), None)


def _word(flavor: Flavor, proc: Proc, name: str) -> list[Place]:
    where = getattr(flavor.words, name)
    return [] if where is None else [Place(proc, where[0], bits=where[1])]


def _follow(flavor: Flavor, k: Machine, proc: Proc | None, way: str, name: str, part: str) -> Iterator[Place]:
    """The places along a way, as far as it leads."""
    root, *fields = way.split(".")
    if root == "lwps" or root == "lwp":
        assert proc is not None
        lwps: list[Lwp] = sorted(proc.p_lwps, key=lambda lwp: lwp.lwp_tid)
        starts: list[object] = list(lwps if root == "lwps" else lwps[:1])
        yield from [Place(proc, "p_lwps", lwp, leads=True) for lwp in starts]
    else:
        starts = [k if root == "k" else proc]
    for start in starts:
        yield from _along(flavor, k, start, fields, (proc, name, part))


def _along(flavor: Flavor, k: Machine, obj: object, fields: list[str], asked: tuple[Proc | None, str, str]) -> Iterator[Place]:
    proc, name, part = asked
    field, *rest = fields
    bare = field.rstrip("[]{}*")
    value = _get(obj, bare)
    if field.endswith("{}"):
        yield Place(obj, bare, proc)
        return
    if field.endswith("[]"):
        key = _key(flavor, k, name, part)
        yield Place(obj, bare, key, leads=name not in ("fd.*", "memory.*") and bool(rest))
        following = [value.get(key)] if isinstance(value, dict) else []
    elif field.endswith("*"):
        yield Place(obj, bare, leads=bool(rest))
        following = list(value.values() if isinstance(value, dict) else value or ())
    else:
        bits = _bits(flavor, name, bare, part)
        if bits == 0 and name in ("altstack", "nocldwait", "nocldstop") and bare in ("lwp_flag", "ps_flag"):
            return  # this system keeps it elsewhere
        yield Place(obj, bare, bits=bits, leads=bool(rest))
        following = [value]
    for one in following:
        if rest and one is not None and _has(one, rest[0].rstrip("[]{}*")):
            yield from _along(flavor, k, one, rest, asked)


def _key(flavor: Flavor, k: Machine, name: str, part: str) -> object:
    """The entry of a container that a fact's path names."""
    if name in ("fd.*", "events.*", "uid.*"):
        return int(part)
    if name == "handler.*":
        return flavor.signals.get(part, 0)
    if name in ("forks", "vforks"):
        return flavor.counters[name]
    if name == "group.*":
        leader = _proc(k, part)
        return leader.p_pid if leader is not None else 0
    return part


def _bits(flavor: Flavor, name: str, field: str, part: str) -> int:
    """The bits of a field that a fact is about; 0 for all of it."""
    if name == "handler.*" and field == "p_sigignore":
        return 1 << (flavor.signals[part] - 1) if part in flavor.signals else 0
    if field == "ps_flag":
        return flavor.words.nocldwait_acts if name == "nocldwait" else flavor.words.nocldstop_acts
    if field == "lwp_flag":
        return flavor.words.altstack
    return 0x01 if field == "p_acflag" else 0


def _signal_bits(flavor: Flavor, one: Value | None, other: Value | None) -> int:
    bits = 0
    for name in _differing(one, other):
        number = flavor.signals.get(name, 0)
        bits |= 1 << (number - 1) if number else 0
    return bits


def _flag_bits(flavor: Flavor, found: list[Place], one: Value | None, other: Value | None) -> list[Place]:
    names = _differing(one, other)
    kept = []
    for place in found:
        bits = 0
        for name, bit in flavor.flags.get(place.field, {}).items():
            bits |= bit if name in names else 0
        if bits:
            kept.append(Place(place.obj, place.field, bits=bits))
    return kept


def _narrowed(found: list[Place], bits: int) -> list[Place]:
    """Signal sets with the bits in question; of a table of actions, the entries."""
    kept: list[Place] = []
    for one in found:
        if one.field == "ps_sigact":
            kept += [Place(one.obj, one.field, number) for number in members(bits)]
        else:
            kept.append(one if one.leads else Place(one.obj, one.field, one.key, bits))
    return kept


def _differing(one: Value | None, other: Value | None) -> set[str]:
    """The entries of two lists that only one of them has."""
    return set(one if isinstance(one, tuple) else ()) ^ set(other if isinstance(other, tuple) else ())


def _has(obj: object, field: str) -> bool:
    return hasattr(type(obj), field)
