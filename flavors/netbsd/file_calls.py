"""The calls on descriptors, and on what a process keeps of the file system."""

from __future__ import annotations

from flavors.netbsd.kern_auth import cred_of
from flavors.netbsd.kern_descrip import (
    advlock,
    dup2,
    fd_alloc,
    fd_close,
    fd_getfile,
    install,
    is_queue,
    lseek,
    open_vnode,
    table,
)
from flavors.netbsd.kern_event import kqueue_register
from flavors.netbsd.kern_mutex import pass_proc_lock
from flavors.netbsd.portable import portable
from flavors.netbsd.sys_mqueue import mq_open
from flavors.netbsd.vfs_cwd import chdir, umask
from oracle.flavor import Answer, Args
from oracle.machine.errno import ESRCH
from oracle.machine.files import File
from oracle.machine.kevent import KQueue
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, no_wait, preempt


def _open(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(open_vnode(k, l.lwp_proc, args.text("path"), args.switch("cloexec")))


def _pipe(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(install(l.lwp_proc, File("pipe", args.text("name"), None)))


def _kqueue(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(install(l.lwp_proc, File("kqueue", "kqueue", KQueue())))


def _kevent(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    queue = is_queue(fd_getfile(l.lwp_proc, args.number("fd")))
    target = args.process("process")
    if target is None:
        raise ESRCH("no such process")
    yield from pass_proc_lock(k)
    kqueue_register(k, queue, target, args.number("notes"), cred_of(l))
    return None


def _close(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    fd_close(k, l.lwp_proc, args.number("fd"))
    return no_wait(None)


def _dup2(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(dup2(k, l.lwp_proc, args.number("fd"), args.number("to")))


def _lseek(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(lseek(l.lwp_proc, args.number("fd"), args.number("offset")))


def _lock(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    advlock(l.lwp_proc, args.number("fd"))
    return no_wait(None)


def _chdir(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    chdir(k, l.lwp_proc, args.text("path"))
    return no_wait(None)


def _umask(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(umask(l.lwp_proc, args.number("mask")))


def _mq_open(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    p = l.lwp_proc
    fdp = table(p)
    fd = fd_alloc(p)
    queue = mq_open(k, p, args.text("name"), args.switch("create"))
    if k.sched.ready:
        fdp.fd_reserved[fd] = None
        yield from preempt("queue without a descriptor")  # counted already: a fork takes over the count alone
        del fdp.fd_reserved[fd]
    fdp.fd_files[fd] = queue
    return fd


FILE_CALLS = portable(
    open=_open, pipe=_pipe, kqueue=_kqueue, kevent=_kevent, close=_close, dup2=_dup2, lseek=_lseek, lock=_lock, chdir=_chdir,
    umask=_umask, mq_open=_mq_open,
)  # fmt: skip
