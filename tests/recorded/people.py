"""The processes of a starting machine: those that run, with a pid of the recording's choice, and those that stand on lists."""

from __future__ import annotations

from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc
from oracle.scenario import ProcessSpec

ACTIVE = 2  # p_stat of a live process, on either system


def flag_word(words: list[str], names: dict[str, int]) -> int:
    """Flag names, or numbers as texts, in one word."""
    word = 0
    for one in words:
        word |= names[one] if one in names else int(one, 0)
    return word


def group_of(p: Proc) -> Pgrp:
    """The group that a process names."""
    assert p.p_pgrp is not None
    return p.p_pgrp


def make(flavor: Flavor, k: Machine, spec: ProcessSpec, parent: Proc, pid: int) -> Lwp:
    """A process that leads a session of its own, and its LWP."""
    lwp = flavor.new_process(k, spec, parent)
    p = lwp.lwp_proc
    p.p_pid = pid
    number(k, group_of(p), pid)
    k.names[p] = k.lwp_names[lwp] = spec.name
    k.roles[spec.name] = lwp
    flavor.furnish(k, lwp, spec)
    return lwp


def number(k: Machine, pgrp: Pgrp, pgid: int) -> None:
    """Give a group and its session another number."""
    del k.pgrps[pgrp.pg_id]
    pgrp.pg_id = pgrp.pg_session.s_sid = pgid
    k.pgrps[pgid] = pgrp


def take_place(k: Machine, p: Proc, old: Proc) -> None:
    """Make a process the process 0, or the init, that the system was booted with."""
    assert p.p_pptr is not None
    p.p_pptr.p_children.remove(p)
    p.p_pptr, p.p_ppid, p.p_pid = old.p_pptr, old.p_ppid, old.p_pid
    if old.p_pptr is not None:
        old.p_pptr.p_children[:] = [p if one is old else one for one in old.p_pptr.p_children]
    p.p_children[:] = old.p_children
    for child in p.p_children:
        child.p_pptr = p
    number(k, group_of(p), group_of(old).pg_id)
    k.allproc.remove(old)
    if old is k.proc0:
        k.proc0 = p
    else:
        k.initproc = p


def extra(k: Machine, name: str, pid: int, parent: Proc) -> Proc:
    """A process that only stands on a list."""
    p = Proc(pid, k.next_serial(), name, ACTIVE, parent)
    p.p_leader = p
    k.names[p] = name
    return p
