"""Descriptor tables and open files, as far as fork, exec and exit care."""

from __future__ import annotations

from flavors.netbsd.kern_event import kqueue_close
from flavors.netbsd.kern_mutex import mutex_pass
from flavors.netbsd.param import MAXFILES, PK_ADVLOCK
from flavors.netbsd.sources import KERN_DESCRIP, SUBR_EXEC_FD, SYS_DESCRIP
from flavors.netbsd.state import is_kqueue, kern
from flavors.netbsd.sys_mqueue import mq_close_fop
from oracle.cite import models
from oracle.machine.errno import EAGAIN, EBADF, EINVAL, EMFILE, ESPIPE
from oracle.machine.files import File, FileDesc, Vnode, lowest_free, vrele
from oracle.machine.kevent import KQueue
from oracle.machine.locks import mutex_enter, mutex_exit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel


def table(p: Proc) -> FileDesc:
    """The descriptor table of a live process."""
    assert p.p_fd is not None
    return p.p_fd


@models(KERN_DESCRIP)
def fd_share(p1: Proc, p2: Proc) -> None:
    """One table for both."""
    fdp = table(p1)
    fdp.fd_refcnt += 1
    p2.p_fd = fdp


@models(KERN_DESCRIP)
def fd_init() -> FileDesc:
    """An empty table."""
    return FileDesc({}, {})


@models(KERN_DESCRIP)
def fd_copy(p1: Proc) -> FileDesc:
    """A copy of the table: the same open files, but no kqueues and no slots half open."""
    fdp = table(p1)
    files: dict[int, File] = {}
    for fd, fp in fdp.fd_files.items():
        if fp.f_type != "kqueue":
            fp.f_count += 1
            files[fd] = fp
    exclose: dict[int, None] = {fd: None for fd in fdp.fd_exclose if fd in files} if fdp.fd_exclose else {}
    return FileDesc(files, exclose)


@models(KERN_DESCRIP)
def closef(k: Machine, p: Proc, fp: File) -> None:
    """Drop a reference to an open file; the last one closes it."""
    fp.f_count -= 1
    if fp.f_count:
        return
    if isinstance(fp.f_data, Vnode):
        vrele(fp.f_data)
    elif isinstance(fp.f_data, KQueue):
        kqueue_close(fp.f_data)
    elif fp.f_type == "mqueue":
        mq_close_fop(kern(k), p, fp.f_name)


@models(KERN_DESCRIP)
def fd_close(k: Machine, p: Proc, fd: int) -> None:
    """Close a descriptor. If the process ever took an advisory lock, all that it holds on the file go."""
    fdp = table(p)
    fp = fdp.fd_files.pop(fd, None)
    if fp is None:
        raise EBADF(f"descriptor {fd} is not open")
    fdp.fd_exclose.pop(fd, None)
    _unlock(p, fp)
    closef(k, p, fp)


def _unlock(p: Proc, fp: File) -> None:
    if p.p_flag & PK_ADVLOCK and isinstance(fp.f_data, Vnode) and p in fp.f_data.v_locks:
        fp.f_data.v_locks = tuple([owner for owner in fp.f_data.v_locks if owner is not p])


@models(KERN_DESCRIP)
def fd_free(k: Machine, p: Proc) -> None:
    """Give up the table at exit. Who is not the last user closes nothing, and keeps its advisory locks on the books."""
    fdp = table(p)
    p.p_fd = None
    fdp.fd_refcnt -= 1
    if fdp.fd_refcnt:
        return
    for fp in fdp.fd_files.values():
        _unlock(p, fp)
        closef(k, p, fp)
    fdp.fd_files.clear()
    fdp.fd_exclose.clear()


@models(KERN_DESCRIP)
def fd_closeexec(k: Machine, p: Proc) -> None:
    """Before the new program runs: a shared table is copied (so kqueues vanish), then what is marked gets closed."""
    fdp = table(p)
    if fdp.fd_refcnt > 1:
        p.p_fd = fd_copy(p)
        fdp.fd_refcnt -= 1
        fdp = p.p_fd
    for fd in list(fdp.fd_exclose):
        fd_close(k, p, fd)


# --- calls ----------------------------------------------------------------------------------------------------------------


@models(KERN_DESCRIP)
def fd_alloc(p: Proc) -> int:
    """The lowest free descriptor."""
    fdp = table(p)
    assert p.p_limit is not None
    fd = lowest_free(fdp)
    if fd >= min(p.p_limit.pl_rlimit["nofile"][0], MAXFILES):
        raise EMFILE(f"{fd} descriptors are open")
    return fd


def install(p: Proc, fp: File, cloexec: bool = False) -> int:
    """Give an open file the lowest free descriptor."""
    fd = fd_alloc(p)
    fdp = table(p)
    fdp.fd_files[fd] = fp
    if cloexec:
        fdp.fd_exclose[fd] = None
    return fd


def open_vnode(k: Machine, p: Proc, path: str, cloexec: bool) -> int:
    """open(2) of a file that is always there."""
    fd_alloc(p)
    return install(p, File("vnode", path, k.vget(path)), cloexec)


@models(SUBR_EXEC_FD)
def fd_checkstd(k: Machine, l: Lwp) -> Kernel[None]:
    """Have descriptors 0 to 2 in use before a set-user-id program runs, each for an open file of its own; and tell of it."""
    p = l.lwp_proc
    closed = [fd for fd in range(3) if fd not in table(p).fd_files]
    for _ in closed:
        open_vnode(k, p, "/dev/null", False)
    if not closed:
        return
    assert k.proc_lock is not None
    yield from mutex_enter(k, l, k.proc_lock)
    pptr = p.p_pptr
    assert pptr is not None and pptr.p_lock is not None
    yield from mutex_pass(pptr.p_lock)
    assert pptr.p_ucred is not None
    who = f"uid {pptr.p_ucred.cr_uid} by pid {pptr.p_pid} ({pptr.p_comm})"
    k.printf(f"set-id pid {p.p_pid} ({p.p_comm}), run as {who}: closed fd {','.join(map(str, closed))}")
    mutex_exit(k, l, k.proc_lock)


def fd_getfile(p: Proc, fd: int) -> File:
    """The open file behind a descriptor."""
    fp = table(p).fd_files.get(fd)
    if fp is None:
        raise EBADF(f"descriptor {fd} is not open")
    return fp


@models(SYS_DESCRIP, function="dodup")
def dup2(k: Machine, p: Proc, fd: int, new: int) -> int:
    """dup2(2): whether the old descriptor is open is asked first."""
    fp = fd_getfile(p, fd)
    assert p.p_limit is not None
    if new < 0 or new >= min(p.p_limit.pl_rlimit["nofile"][0], MAXFILES):
        raise EBADF(f"descriptor {new} is out of range")
    if new != fd:
        fd_dup2(k, p, fp, new)
    return new


@models(KERN_DESCRIP)
def fd_dup2(k: Machine, p: Proc, fp: File, new: int) -> None:
    """Put an open file into a slot, and close what is there. The table grows as far as it has to."""
    fdp = table(p)
    if new in fdp.fd_files:
        fd_close(k, p, new)
    fp.f_count += 1
    fdp.fd_files[new] = fp
    fdp.fd_exclose.pop(new, None)


def lseek(p: Proc, fd: int, offset: int) -> int:
    """lseek(2) from the start; the offset is the open file's, so whoever shares that moves, too."""
    fp = fd_getfile(p, fd)
    if fp.f_type != "vnode":
        raise ESPIPE(f"a {fp.f_type} has no offset")
    if offset < 0:
        raise EINVAL(f"offset {offset}")
    fp.f_offset = offset
    return offset


def advlock(p: Proc, fd: int) -> None:
    """fcntl(2) F_SETLK of a write lock on a whole file."""
    fp = fd_getfile(p, fd)
    if not isinstance(fp.f_data, Vnode):
        raise EINVAL(f"a {fp.f_type} takes no locks")
    owners = fp.f_data.v_locks
    if any(owner is not p for owner in owners):
        raise EAGAIN("locked by another process")
    p.p_flag |= PK_ADVLOCK
    if not owners:
        fp.f_data.v_locks = (p,)


def is_queue(fp: File) -> KQueue:
    """The kernel event queue behind an open file."""
    if not is_kqueue(fp) or not isinstance(fp.f_data, KQueue):
        raise EBADF(f"a {fp.f_type} is no kqueue")
    return fp.f_data
