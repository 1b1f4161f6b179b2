"""Descriptor tables: made, copied, shared and freed; closing files; POSIX locks and the nodes that say whose they are."""

from __future__ import annotations

from flavors.dragonfly.kern_event import kqueue_close
from flavors.dragonfly.kern_synch import tsleep
from flavors.dragonfly.proc_h import CMASK, P_ADVLOCK
from flavors.dragonfly.sources import KERN_DESCRIP, KERN_LOCKF
from flavors.dragonfly.sys_mqueue import mq_close_fop
from oracle.cite import models
from oracle.machine.errno import EBADF, Panic
from oracle.machine.files import FdToLeader, File, FileDesc, Vnode, vref, vrele
from oracle.machine.kevent import KQueue
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, may_block, no_wait

NDFILE = 15  # slots of a table that has not grown


def fd_of(p: Proc) -> FileDesc:
    """The descriptor table of a process; without one the kernel would fault."""
    if p.p_fd is None:
        raise Panic("page fault: the process has no descriptor table")
    return p.p_fd


@models(KERN_DESCRIP)
def fdinit(p: Proc) -> FileDesc:
    """An empty table with the process's directories. sic: the mask is the system's default, not the process's."""
    fdp = fd_of(p)
    assert fdp.fd_cdir is not None
    assert fdp.fd_rdir is not None
    return FileDesc({}, {}, 1, {}, vref(fdp.fd_cdir), vref(fdp.fd_rdir), CMASK, 0, NDFILE)


@models(KERN_DESCRIP, function="fdgrow_locked")
def fdgrow(fdp: FileDesc, want: int) -> None:
    """Make room for a slot: the table doubles until it has it. Nothing makes it smaller, whatever is closed."""
    while fdp.fd_nfiles <= want:
        fdp.fd_nfiles = 2 * fdp.fd_nfiles + 1


@models(KERN_DESCRIP)
def fdcopy(p: Proc) -> FileDesc | None:
    """A table with the same open files. Event queues and slots that are merely reserved are left out.

    It has room for the last slot in use, queues and the reserved ones included: a copy may be smaller than what it was made of.
    """
    fdp = p.p_fd
    if fdp is None:
        return None
    fd_files = {}
    dropped = False
    for fd, fp in fdp.fd_files.items():
        if fp.f_type == "kqueue":
            dropped = True
            continue
        fp.f_count += 1
        fd_files[fd] = fp
    fd_exclose = {fd: None for fd in fdp.fd_exclose if fd in fd_files} if dropped else fdp.fd_exclose.copy()
    cdir, rdir = fdp.fd_cdir, fdp.fd_rdir
    if cdir is not None:
        cdir.v_usecount += 1
    if rdir is not None:
        rdir.v_usecount += 1
    copy = FileDesc(fd_files, fd_exclose, 1, {}, cdir, rdir, fdp.fd_cmask, 0, NDFILE)
    if fdp.fd_nfiles > NDFILE:
        fdgrow(copy, max((*fdp.fd_files, *fdp.fd_reserved), default=0))
    return copy


@models(KERN_DESCRIP)
def fdshare(p: Proc) -> FileDesc:
    """The same table, used once more."""
    fdp = fd_of(p)
    fdp.fd_refcnt += 1
    return fdp


@models(KERN_DESCRIP)
def filedesc_to_leader_alloc(old: FdToLeader | None, leader: Proc) -> FdToLeader:
    """A node for a leader: behind `old` in its ring, or in a ring of its own."""
    if old is None:
        fdtol = FdToLeader(leader, [])
        fdtol.fdl_ring.append(fdtol)
    else:
        ring = old.fdl_ring
        fdtol = FdToLeader(leader, ring)
        ring.insert(ring.index(old) + 1, fdtol)
    return fdtol


@models(KERN_DESCRIP)
def fdfree(k: Machine, lp: Lwp, p: Proc, repl: FileDesc | None) -> Kernel[None]:
    """Stop using the table and use `repl` instead. The last user closes everything, with the old table still in place."""
    fdp = p.p_fd
    if fdp is None:
        p.p_fd = repl
        return
    if p.p_fdtol is not None:
        yield from _free_leader_node(k, lp, p, fdp)
    fdp.fd_refcnt -= 1
    if fdp.fd_refcnt > 0:
        p.p_fd = repl
        return
    if k.sched.ready and any(fp.f_count == 1 for fp in fdp.fd_files.values()):
        yield from may_block("closef")  # who closes a file for good may have to wait for its vnode, a terminal's output …
    for fd in sorted(fdp.fd_files):
        yield from closef(k, fdp.fd_files.pop(fd), p)
    fdp.fd_exclose.clear()
    p.p_fd = repl
    while fdp.fd_softrefs:
        yield from tsleep(k, lp, fdp, "fdsoft", 1)
    if fdp.fd_cdir is not None:
        vrele(fdp.fd_cdir)
    if fdp.fd_rdir is not None:
        vrele(fdp.fd_rdir)


def _free_leader_node(k: Machine, lp: Lwp, p: Proc, fdp: FileDesc) -> Kernel[None]:
    """Give up the node that says for which leader the process uses its table.

    sic: its last user drops all the leader's POSIX locks on files of the table, even if the table lives on.
    """
    fdtol = p.p_fdtol
    leader = p.p_leader
    assert fdtol is not None
    assert leader is not None
    if fdtol.fdl_refcount == 1 and leader.p_flag & P_ADVLOCK:
        for fp in list(fdp.fd_files.values()):
            if isinstance(fp.f_data, Vnode):
                lf_unlock(fp.f_data, leader)
    while fdtol.fdl_refcount == 1 and fdtol.fdl_holdcount > 0:
        yield from tsleep(k, lp, fdtol, "fdlhold")
    fdtol.fdl_refcount -= 1
    if fdtol.fdl_refcount == 0 and fdtol.fdl_holdcount == 0:
        fdtol.fdl_ring.remove(fdtol)
    p.p_fdtol = None


@models(KERN_DESCRIP)
def closef(k: Machine, fp: File, p: Proc) -> Kernel[None]:
    """Drop one descriptor's reference to an open file.

    Any close gives up the POSIX locks that the process's leader has on the file, and those of all leaders in the table's ring.
    """
    vp = fp.f_data
    if isinstance(vp, Vnode) and vp.v_locks:
        leader = p.p_leader
        assert leader is not None
        if leader.p_flag & P_ADVLOCK:
            lf_unlock(vp, leader)
        fdtol = p.p_fdtol
        if fdtol is not None:
            for other in fdtol.fdl_ring:
                if other is not fdtol and other.fdl_leader.p_flag & P_ADVLOCK:
                    lf_unlock(vp, other.fdl_leader)
    fp.f_count -= 1
    if fp.f_count == 0:
        if isinstance(vp, Vnode):
            vrele(vp)
        elif isinstance(vp, KQueue):
            kqueue_close(vp)
        elif fp.f_type == "mqueue":
            mq_close_fop(k, fp, p)
    yield from no_wait(None)


@models(KERN_LOCKF, function="lf_clearlock")
def lf_unlock(vp: Vnode, owner: Proc) -> None:
    """Drop all POSIX locks of an owner on a file."""
    owner.p_numposixlocks -= vp.v_locks.count(owner)
    vp.v_locks = tuple([other for other in vp.v_locks if other is not owner])


def holdfp(p: Proc, fd: int) -> File:
    """The open file behind a descriptor."""
    fp = fd_of(p).fd_files.get(fd)
    if fp is None:
        raise EBADF(f"descriptor {fd} is not open")
    return fp


@models(KERN_DESCRIP)
def kern_close(k: Machine, p: Proc, fd: int) -> Kernel[None]:
    """Close a descriptor."""
    fp = holdfp(p, fd)
    fdp = fd_of(p)
    del fdp.fd_files[fd]
    fdp.fd_exclose.pop(fd, None)
    yield from closef(k, fp, p)


@models(KERN_DESCRIP)
def fdcloseexec(k: Machine, p: Proc) -> Kernel[None]:
    """Close what is to be closed at exec."""
    fdp = fd_of(p)
    for fd in sorted(fdp.fd_exclose):
        yield from kern_close(k, p, fd)


def unshare_for_exec(k: Machine, lp: Lwp, p: Proc) -> Kernel[None]:
    """exec works on a table of its own."""
    if fd_of(p).fd_refcnt > 1:
        if k.sched.ready:
            yield from may_block("fdcopy")
        yield from fdfree(k, lp, p, fdcopy(p))
