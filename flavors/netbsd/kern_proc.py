"""The process table: pids, looking processes up, process groups, sessions, job control counts."""

from __future__ import annotations

from flavors.netbsd.kern_sig import kpsignal
from flavors.netbsd.param import PID_MAX, PK_EXEC, PL_CONTROLT, PL_ORPHANPG, SACTIVE, SIDL, SIGCONT, SIGHUP, SSTOP
from flavors.netbsd.sources import KERN_PROC
from flavors.netbsd.state import NetBSD, PidTable, kern
from oracle.cite import models
from oracle.machine.errno import EACCES, EPERM, ESRCH, Panic
from oracle.machine.files import vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Pgrp, Proc, Session

# --- pids -----------------------------------------------------------------------------------------------------------------


@models(KERN_PROC)
def proc_alloc(k: Machine, comm: str) -> Proc:
    """A process structure with a pid, embryonic, in the pid table and on no list.

    The structure given back last is handed out first, with what nobody clears in it: the stack base of its last exec.
    """
    globals_: NetBSD = k.kern  # type: ignore[assignment]  # see fork1
    p = k.new_proc(comm, SIDL)
    if globals_.freeprocs:
        old = globals_.freeprocs.pop()
        globals_.reborn[old] = p
        p.p_stackbase = old.p_stackbase  # sic: neither zeroed nor copied by fork: a dead stranger's, until the next exec
    proc_alloc_pid(globals_.pids, p)
    return p


@models(KERN_PROC)
def proc_alloc_pid(pt: PidTable, p: Proc) -> None:
    """Take the slot at the head of the free list: its saved use count, plus the table's size, plus its index, is the pid."""
    slot, mask = pt.next_free, pt.mask
    link = pt.slots[slot]
    assert type(link) is int
    while pt.count >= pt.limit or not link & mask:  # the last entry of the free list is never used
        expand_pid_table(pt)
        slot, mask = pt.next_free, pt.mask
        link = pt.slots[slot]
        assert type(link) is int
    pid = (link & ~mask) + mask + 1 + slot
    if pid > pt.pid_max:
        pid &= mask
    pt.next_free = link & mask
    pt.slots[slot] = p
    pt.count += 1
    p.p_pid = pid


@models(KERN_PROC)
def expand_pid_table(pt: PidTable) -> None:
    """Double the table; the new free halves go to the front of the free list so that pids roughly go on rising."""
    size = pt.mask + 1
    slots: list[Proc | int] = [0] * (size * 2)
    reserved: dict[int, int] = {}
    for index in range(size - 1, -1, -1):
        slot = pt.slots[index]
        pgid = pt.reserved.get(index)
        if isinstance(slot, int):
            slot = pid = (slot + size) & ~size  # raise the use count, so that the link stays right
            if pgid is not None:
                pid = pgid
        else:
            pid = slot.p_pid
        half = pid & size
        slots[half + index] = slot
        if pgid is not None:
            reserved[half + index] = pgid
        other = (pid ^ size) & ~pt.mask
        slots[(other & size) + index] = (other & ~size) | pt.next_free
        pt.next_free = index | (other & size)
    pt.slots = slots
    pt.reserved = reserved
    pt.mask = size * 2 - 1
    if pt.mask > PID_MAX:
        pt.pid_max = pt.mask * 2 + 1
        pt.limit |= pt.limit << 1
    else:
        pt.limit <<= 1


@models(KERN_PROC)
def proc_free_pid(k: Machine, pid: int) -> None:
    """Give the slot back, unless a group or session of that number keeps it; one process less."""
    pt = kern(k).pids
    slot = pid & pt.mask
    pt.slots[slot] = pid & ~pt.mask
    if slot not in pt.reserved:
        _link_slot(pt, slot)
    k.nprocs -= 1


def _link_slot(pt: PidTable, slot: int) -> None:
    """Put a slot at the end of the free list."""
    last = pt.slots[pt.last_free]
    assert isinstance(last, int)
    pt.slots[pt.last_free] = last | slot
    pt.last_free = slot
    pt.count -= 1


@models(KERN_PROC)
def proc_find_raw(k: Machine, pid: int) -> Proc | None:
    """The process with a pid in whatever state, embryos and zombies included."""
    pt = kern(k).pids
    found = pt.slots[pid & pt.mask]
    return found if isinstance(found, Proc) and found.p_pid == pid else None


@models(KERN_PROC)
def proc_find(k: Machine, pid: int) -> Proc | None:
    """The active or stopped process with a pid."""
    p = proc_find_raw(k, pid)
    return p if p is not None and (p.p_stat == SACTIVE or p.p_stat == SSTOP) else None


# --- groups and sessions --------------------------------------------------------------------------------------------------


def pgrp_of(p: Proc) -> Pgrp:
    """The group that a process says it is in; without one, which no real process is, the kernel would fault."""
    pgrp = p.p_pgrp
    if pgrp is None:
        raise Panic("page fault: the process is in no group")
    return pgrp


@models(KERN_PROC)
def pgrp_find(k: Machine, pgid: int) -> Pgrp | None:
    """The group with an id, if it has members."""
    pgrp = k.pgrps.get(pgid)
    return pgrp if pgrp is not None and pgrp.pg_members else None


def new_pgrp(k: Machine, pgid: int, session: Session, members: list[Proc]) -> Pgrp:
    """A group with its first members, if it has any yet; it keeps the pid slot of its number."""
    pgrp = k.pgrps[pgid] = Pgrp(pgid, session, members)
    globals_: NetBSD = k.kern  # type: ignore[assignment]  # see fork1
    pt = globals_.pids
    pt.reserved[pgid & pt.mask] = pgid
    return pgrp


@models(KERN_PROC)
def pg_delete(k: Machine, pgid: int) -> None:
    """Delete a group that has lost its last member; the slot of a session's number stays taken while the session lives."""
    pgrp = k.pgrps.get(pgid)
    if pgrp is None or pgrp.pg_members:
        return
    session = pgrp.pg_session
    if session.s_ttypgrp is pgrp:
        session.s_ttypgrp = None
    del k.pgrps[pgid]
    session.s_count -= 1
    if session.s_sid != pgid:
        _pg_free(kern(k).pids, pgid)
    if session.s_count == 0:
        _pg_free(kern(k).pids, session.s_sid)
        if session.s_ttyvp is not None:
            vrele(session.s_ttyvp)
            session.s_ttyvp = None


def _pg_free(pt: PidTable, pgid: int) -> None:
    """Let go of the slot that a group or session kept."""
    slot = pgid & pt.mask
    if pt.reserved.get(slot) == pgid:
        del pt.reserved[slot]
        if isinstance(pt.slots[slot], int):
            _link_slot(pt, slot)


def list_of(k: Machine, p: Proc) -> Pgrp | None:
    """The group whose member list holds a process: not always the one that it names."""
    named = p.p_pgrp
    if named is not None and p in named.pg_members:
        return named
    for pgrp in k.pgrps.values():
        if p in pgrp.pg_members:
            return pgrp
    return None


@models(KERN_PROC)
def proc_leavepgrp(k: Machine, p: Proc) -> None:
    """Take a dead process off its group's list. Only the group that it names is looked at for having become empty."""
    pgrp = list_of(k, p)
    if pgrp is not None:
        pgrp.pg_members.remove(p)
    named = p.p_pgrp
    p.p_pgrp = None
    if named is not None and not named.pg_members and k.pgrps.get(named.pg_id) is named:
        pg_delete(k, named.pg_id)


@models(KERN_PROC)
def proc_enterpgrp(k: Machine, curp: Proc, pid: int, pgid: int, mksess: bool) -> None:
    """Move a process to a group, existing or new, or to a new session. Checks in the C's order."""
    pgrp = k.pgrps.get(pgid)
    p = curp
    if pid != curp.p_pid:
        found = proc_find(k, pid)
        if found is None or not p_inferior(k, found, curp):
            raise ESRCH(f"no descendant with pid {pid}")
        p = found
        session = pgrp_of(p).pg_session
        if session is not pgrp_of(curp).pg_session:
            raise EPERM("in another session")
        if pgrp is not None and pgrp.pg_session is not session:
            raise EPERM("the group is in another session")
        if p.p_flag & PK_EXEC:
            raise EACCES("has called exec")
    elif mksess and pgrp is not None:
        raise EPERM("there is a process group with the caller's pid")
    old = pgrp_of(p)
    if old.pg_session.s_leader is p:
        if not mksess and old is pgrp:
            return
        raise EPERM("a session leader stays in its group")
    if pgrp is None and pgid != pid:
        raise EPERM("a new group has the pid of its first member")
    if pgrp is not None and not pgrp.pg_members:
        raise EPERM("the group lives on only as the number of a session")
    if pgrp is not None and pgrp.pg_session is not old.pg_session:
        raise EPERM("the group is in another session")
    if pgrp is None:
        if mksess:
            session = Session(pid, p, None, 1)
            p.p_lflag &= ~PL_CONTROLT
        else:
            session = old.pg_session
            session.s_count += 1
        pgrp = new_pgrp(k, pgid, session, [])
    if old is pgrp:
        return
    fixjobc(k, p, pgrp, True)
    fixjobc(k, p, old, False)
    listed = list_of(k, p)
    if listed is not None:
        listed.pg_members.remove(p)
    p.p_pgrp = pgrp
    pgrp.pg_members.insert(0, p)
    if not old.pg_members:
        pg_delete(k, old.pg_id)


@models(KERN_PROC)
def p_inferior(k: Machine, p: Proc, q: Proc) -> bool:
    """Whether p is q or a descendant of it."""
    found: Proc | None = p
    steps = k.nprocs
    while found is not None and found is not q:
        if found.p_pid == 0:
            return False
        if not steps:  # sic: two processes that trace each other are each other's parents, which nothing forbids
            raise Panic("hangs with proc_lock held: parents that go round in a circle")
        steps -= 1
        found = found.p_pptr
    return found is q


@models(KERN_PROC)
def fixjobc(k: Machine, p: Proc, pgrp: Pgrp, entering: bool) -> None:
    """Count, in each group, members whose parent is in another group of the session: they keep it from being orphaned."""
    session = pgrp.pg_session
    assert p.p_pptr is not None
    parents = p.p_pptr.p_pgrp
    if parents is not None and parents is not pgrp and parents.pg_session is session:
        _jobc(k, p, pgrp, entering)
    for child in p.p_children:
        theirs = child.p_pgrp
        if (
            theirs is not None
            and theirs is not pgrp
            and theirs.pg_session is session
            and child.p_stat in (SIDL, SACTIVE, SSTOP)
        ):
            _jobc(k, child, theirs, entering)


def _jobc(k: Machine, member: Proc, pgrp: Pgrp, entering: bool) -> None:
    if entering:
        pgrp.pg_jobc += 1
        member.p_lflag &= ~PL_ORPHANPG
        return
    pgrp.pg_jobc -= 1
    if pgrp.pg_jobc == 0:
        orphanpg(k, pgrp)


@models(KERN_PROC)
def orphanpg(k: Machine, pgrp: Pgrp) -> None:
    """Hang up and continue the stopped members of a group that nobody can control any more."""
    for p in list(pgrp.pg_members):
        if p.p_stat == SSTOP:
            p.p_lflag |= PL_ORPHANPG
            kpsignal(k, p, SIGHUP)
            kpsignal(k, p, SIGCONT)
