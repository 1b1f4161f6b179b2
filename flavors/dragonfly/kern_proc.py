"""Process table, pids, process groups and sessions."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import HZ, P_CONTROLT, PID_MAX, SSTOP, SZOMB
from flavors.dragonfly.signal_h import SIGCONT, SIGHUP
from flavors.dragonfly.sources import KERN_PROC
from oracle.cite import models
from oracle.machine.errno import Panic, Unmodelled
from oracle.machine.locks import RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Pgrp, Proc, Session
from oracle.machine.traps import Kernel


def pgrp_of(p: Proc) -> Pgrp:
    """The group a process says it is in; without one, which no real process is, the kernel would fault."""
    pgrp = p.p_pgrp
    if pgrp is None:
        raise Panic("page fault: the process is in no group")
    return pgrp


@models(KERN_PROC, function="proc_getnewpid_locked")
def proc_getnewpid(k: Machine) -> int:
    """A pid that no process has, live or dead, and that names no group or session with a member."""
    kern = kern_of(k)
    if kern.randompid:
        raise Unmodelled("kern.randompid: which pids a random generator would give")
    nextpid = kern.nextpid + 1
    pidchecked = kern.pidchecked
    while True:
        if nextpid >= PID_MAX:
            nextpid %= PID_MAX
            if nextpid < 100:
                nextpid += 100
            pidchecked = 0
        if nextpid < pidchecked:
            break
        nextpid, pidchecked = _scan_pids(k, nextpid)
    kern.nextpid = nextpid
    kern.pidchecked = pidchecked
    return nextpid


def _scan_pids(k: Machine, nextpid: int) -> tuple[int, int]:
    """Step over the ids in use from `nextpid` on. The second number bounds the ids known to be free; if the first reaches it,
    the scan has to start over."""
    pidchecked = PID_MAX
    for procs in (k.allproc, k.zombproc):
        for p in procs:
            pgrp = p.p_pgrp
            ids = (p.p_pid,) if pgrp is None else (p.p_pid, pgrp.pg_id, pgrp.pg_session.s_sid)
            while nextpid in ids:
                nextpid += 1
                if nextpid >= pidchecked:
                    return nextpid, pidchecked
            for one in ids:
                if nextpid < one < pidchecked:
                    pidchecked = one
    return nextpid, pidchecked


@models(KERN_PROC)
def proc_add_allproc(k: Machine, p: Proc) -> None:
    """Give a new process its pid and put it at the head of the process list, where pfind sees it."""
    p.p_pid = proc_getnewpid(k)
    k.allproc.insert(0, p)


@models(KERN_PROC)
def proc_move_allproc_zombie(k: Machine, lp: Lwp, p: Proc) -> Kernel[None]:
    """Make a process a zombie, once nobody holds it any more. It keeps its pid, and pfind no longer sees it."""
    while p.p_hold:
        yield from tsleep(k, lp, p, "reap1", HZ // 10)
    k.allproc.remove(p)
    k.zombproc.insert(0, p)
    kern_of(k).rev.make_zombie(p)


@models(KERN_PROC, function="proc_move_allproc_zombie")
def set_szomb(p: Proc) -> None:
    """The state that marks a zombie since there are threads."""
    p.p_stat = SZOMB


def has_szomb(p: Proc) -> bool:
    """Whether a process is a zombie."""
    return p.p_stat == SZOMB


@models(KERN_PROC)
def proc_remove_zombie(k: Machine, p: Proc) -> None:
    """Take a zombie out of the table and away from its parent."""
    k.zombproc.remove(p)
    assert p.p_pptr is not None
    p.p_pptr.p_children.remove(p)


def line_of(p: Proc) -> list[Proc]:
    """A process, its parent, and so on up to process 0.

    sic: a debugger may attach to its own parent; the kernel then walks in a circle, and nothing else ever runs.
    """
    line = [p]
    while (parent := line[-1].p_pptr) is not None:
        if parent in line:
            raise Panic("the kernel hangs: the parents of a process form a circle")
        line.append(parent)
    return line


@models(KERN_PROC)
def inferior(curp: Proc, p: Proc) -> bool:
    """Whether a process is the caller or one of its descendants."""
    return curp in line_of(p)


def new_pgrp(k: Machine, pgid: int, session: Session, members: list[Proc]) -> Pgrp:
    """A group with its first members, if it has any yet."""
    pgrp = k.pgrps[pgid] = Pgrp(pgid, session, members, RwLock("pgwt"))
    return pgrp


@models(KERN_PROC)
def enterpgrp(k: Machine, p: Proc, pgid: int, mksess: bool) -> None:
    """Move a process to the group with an id, which is made if it is not there, for setsid with a session of its own.

    sic: looks at no group lock, so a fork that sleeps can find itself in another group's list.
    """
    pgrp = k.pgrps.get(pgid)
    old = pgrp_of(p)
    if pgrp is None:
        if mksess:
            session = Session(p.p_pid, p)
            p.p_flag &= ~P_CONTROLT
        else:
            session = old.pg_session
            session.s_count += 1
        pgrp = new_pgrp(k, pgid, session, [])
    elif pgrp is old:
        return
    fixjobc(k, p, pgrp, True)
    fixjobc(k, p, old, False)
    unlink_from_group(k, p)
    p.p_pgrp = pgrp
    pgrp.pg_members.insert(0, p)


@models(KERN_PROC)
def leavepgrp(k: Machine, p: Proc) -> None:
    """Take a process out of its group."""
    unlink_from_group(k, p)
    p.p_pgrp = None


def unlink_from_group(k: Machine, p: Proc) -> None:
    """Take a process off the list it is linked in, and delete the group it says it is in if that has no members left."""
    old = pgrp_of(p)
    list_of(k, p).remove(p)
    if not old.pg_members:
        pgdelete(k, old)


def list_of(k: Machine, p: Proc) -> list[Proc]:
    """The member list a process is linked in: nearly always that of the group it says it is in."""
    members = pgrp_of(p).pg_members
    if p in members:
        return members
    return next(pgrp.pg_members for pgrp in k.pgrps.values() if p in pgrp.pg_members)


@models(KERN_PROC)
def pgdelete(k: Machine, pgrp: Pgrp) -> None:
    """Delete a group without members; the session goes with its last group."""
    session = pgrp.pg_session
    if k.pgrps.get(pgrp.pg_id) is not pgrp:
        raise Unmodelled("a process leaves a group that was freed while its parent forked it")
    if session.s_ttypgrp is pgrp:
        session.s_ttypgrp = None
    del k.pgrps[pgrp.pg_id]
    session.s_count -= 1


@models(KERN_PROC)
def fixjobc(k: Machine, p: Proc, pgrp: Pgrp, entering: bool) -> None:
    """Count who can do job control on which group, as a process enters or leaves `pgrp`; none left orphans a group."""
    session = pgrp.pg_session
    assert p.p_pptr is not None
    his = p.p_pptr.p_pgrp
    if his is not None and his is not pgrp and his.pg_session is session:
        _count_jobc(k, pgrp, entering)
    for child in list(p.p_children):
        his = child.p_pgrp
        if his is not None and his is not pgrp and his.pg_session is session and not kern_of(k).rev.is_zombie(child):
            _count_jobc(k, his, entering)


def _count_jobc(k: Machine, pgrp: Pgrp, entering: bool) -> None:
    if entering:
        pgrp.pg_jobc += 1
        return
    pgrp.pg_jobc -= 1
    if pgrp.pg_jobc == 0:
        orphanpg(k, pgrp)


@models(KERN_PROC)
def orphanpg(k: Machine, pgrp: Pgrp) -> None:
    """A group has become orphaned: if a member has stopped, all are told and continued."""
    if any(p.p_stat == SSTOP for p in pgrp.pg_members):
        ksignal = kern_of(k).rev.ksignal
        for p in list(pgrp.pg_members):
            ksignal(k, p, SIGHUP)
            ksignal(k, p, SIGCONT)
