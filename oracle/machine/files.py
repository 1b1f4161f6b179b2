"""Vnodes, open files, descriptor tables, and the working-directory structure of kernels that keep one apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle.errors import MachineMisuse
from oracle.machine.counted import counted

if TYPE_CHECKING:
    from oracle.machine.proc import Proc


@counted("v_usecount")
@dataclass(slots=True, eq=False)
class Vnode:
    """A file, directory or terminal of the file system."""

    name: str  # its path
    v_usecount: int = 0  # open files, directories and program texts that refer to it
    v_locks: tuple[Proc, ...] = ()  # owners of POSIX advisory locks, oldest first


@counted("f_count")
@dataclass(slots=True, eq=False)
class File:
    """An open file, as made by open(2): what descriptors refer to."""

    f_type: str  # "vnode", "pipe", "socket", "kqueue" or "mqueue"
    f_name: str  # path, or a name for what has none
    f_data: object  # the Vnode, KQueue …
    f_count: int = 1  # descriptor slots that refer to it
    f_offset: int = 0  # bytes


@counted("fd_refcnt")
@dataclass(slots=True, eq=False)
class FileDesc:
    """A descriptor table."""

    fd_files: dict[int, File]  # open slots
    fd_exclose: dict[int, None]  # slots to close at exec, as an ordered set
    fd_refcnt: int = 1  # processes that use this table
    fd_reserved: dict[int, None] = field(default_factory=dict)  # slots taken by an open in progress
    fd_cdir: Vnode | None = None  # working directory, where the table holds it (else in Cwdi)
    fd_rdir: Vnode | None = None  # root directory, likewise
    fd_cmask: int = 0  # umask, likewise
    fd_softrefs: int = 0  # scanners that look at the table without holding it
    fd_nfiles: int = 0  # slots it has room for, where the kernel's answers depend on that


@counted("cwdi_refcnt")
@dataclass(slots=True, eq=False)
class Cwdi:
    """Working directory, root and umask, where the kernel keeps them apart from the descriptors."""

    cwdi_cdir: Vnode
    cwdi_rdir: Vnode
    cwdi_cmask: int
    cwdi_refcnt: int = 1  # processes that use it


@counted("fdl_refcount")
@dataclass(slots=True, eq=False)
class FdToLeader:
    """Says for which leader a process uses a shared descriptor table. Nodes for one table form a ring."""

    fdl_leader: Proc
    fdl_ring: list[FdToLeader]  # all nodes of the ring, in its order; one list object shared by them
    fdl_refcount: int = 1  # processes that use this node
    fdl_holdcount: int = 0  # operations that still need it


def vref(vp: Vnode) -> Vnode:
    """Take a reference to a vnode."""
    vp.v_usecount += 1
    return vp


def vrele(vp: Vnode) -> None:
    """Drop a reference to a vnode."""
    if vp.v_usecount <= 0:
        raise MachineMisuse(f"vrele of {vp.name}, which nobody holds")
    vp.v_usecount -= 1


def lowest_free(table: FileDesc, least: int = 0) -> int:
    """The lowest descriptor from `least` on that is neither open nor reserved."""
    fd = least
    while fd in table.fd_files or fd in table.fd_reserved:
        fd += 1
    return fd
