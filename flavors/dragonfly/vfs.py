"""Files, directories and the mask, as programs set them."""

from __future__ import annotations

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_descrip import closef, fd_of, fdgrow, holdfp
from flavors.dragonfly.kern_plimit import limit_of
from flavors.dragonfly.proc_h import P_ADVLOCK
from flavors.dragonfly.sources import KERN_DESCRIP, VFS_SYSCALLS
from oracle.cite import models
from oracle.machine.errno import EAGAIN, EBADF, EINVAL, EMFILE, ESPIPE
from oracle.machine.files import File, Vnode, lowest_free, vrele
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.traps import Kernel


@models(KERN_DESCRIP)
def fdalloc(k: Machine, p: Proc) -> int:
    """The lowest free slot, unless the limit leaves none. The table has grown for it, even if nothing is opened then."""
    fdp = fd_of(p)
    fd = lowest_free(fdp)
    if fd >= most_files(k, p):
        raise EMFILE(f"the limit leaves no descriptor below {fd}")
    fdgrow(fdp, fd)
    return fd


def most_files(k: Machine, p: Proc) -> int:
    """The first descriptor that a process can't be given: its limit may be higher than what the system leaves one process."""
    return min(limit_of(p).pl_rlimit["nofile"][0], kern_of(k).maxfilesperproc)


@models(KERN_DESCRIP)
def fsetfd(k: Machine, p: Proc, fp: File, cloexec: bool = False) -> int:
    """Put an open file into the lowest free slot."""
    fdp = fd_of(p)
    fd = fdalloc(k, p)
    fdp.fd_files[fd] = fp
    if cloexec:
        fdp.fd_exclose[fd] = None
    return fd


@models(VFS_SYSCALLS, function="kern_open")
def open_file(k: Machine, p: Proc, path: str, cloexec: bool) -> int:
    """Open a file. The descriptor is taken first."""
    fdalloc(k, p)
    return fsetfd(k, p, File("vnode", path, k.vget(path)), cloexec)


@models(KERN_DESCRIP, function="kern_dup")
def dup2(k: Machine, p: Proc, fd: int, to: int) -> Kernel[int]:
    """Make one descriptor refer to what another refers to. Whether the new one is in range is asked before the old one is open.

    sic: the limit itself passes that test, and is refused only where the table has to grow for it.
    """
    if to < 0 or to > limit_of(p).pl_rlimit["nofile"][0] or to >= kern_of(k).maxfilesperproc:
        raise EINVAL(f"descriptor {to} is not from 0 to the limit")  # sic: whatever dup2(2) promises
    fp = holdfp(p, fd)
    if to == fd:
        return to
    fdp = fd_of(p)
    if to >= fdp.fd_nfiles:
        if to >= most_files(k, p):
            raise EMFILE(f"descriptor {to} is the limit")
        fdgrow(fdp, to)
    old = fdp.fd_files.get(to)
    fp.f_count += 1
    fdp.fd_files[to] = fp
    fdp.fd_exclose.pop(to, None)
    if old is not None:
        yield from closef(k, old, p)
    return to


@models(KERN_DESCRIP)
def fdcheckstd(k: Machine, p: Proc) -> Kernel[None]:
    """Have descriptors 0 to 2 in use before a set-user-id program runs, all for one open file."""
    devnull = -1
    for fd in range(3):
        if fd in fd_of(p).fd_files:
            continue
        if devnull < 0:
            devnull = open_file(k, p, "/dev/null", False)
        else:
            yield from dup2(k, p, devnull, fd)


@models(VFS_SYSCALLS, function="kern_lseek")
def lseek(p: Proc, fd: int, offset: int) -> int:
    """Set the offset of an open file."""
    fp = holdfp(p, fd)
    if fp.f_type != "vnode":
        raise ESPIPE(f"a {fp.f_type} has no offset")
    fp.f_offset = offset
    return offset


@models(KERN_DESCRIP, function="kern_fcntl")
def setlock(p: Proc, fd: int) -> None:
    """Take an exclusive POSIX lock on a whole file. Its owner is the process's leader."""
    vp = holdfp(p, fd).f_data
    leader = p.p_leader
    assert leader is not None
    if not isinstance(vp, Vnode):
        raise EBADF("not a file")
    if any(owner is not leader for owner in vp.v_locks):
        raise EAGAIN(f"{vp.name} is locked")
    leader.p_flag |= P_ADVLOCK
    if leader not in vp.v_locks:
        vp.v_locks += (leader,)
        leader.p_numposixlocks += 1


@models(VFS_SYSCALLS, function="kern_chdir")
def chdir(k: Machine, p: Proc, path: str) -> None:
    """Change the working directory of everybody who uses the table."""
    fdp = fd_of(p)
    old = fdp.fd_cdir
    fdp.fd_cdir = k.vget(path)
    if old is not None:
        vrele(old)


@models(VFS_SYSCALLS, function="sys_umask")
def umask(p: Proc, mask: int) -> int:
    """Change the mask of everybody who uses the table; says what it was."""
    fdp = fd_of(p)
    old = fdp.fd_cmask
    fdp.fd_cmask = mask & 0o777
    return old
