"""The C files that surround fork1. They are cited by function: no listing of them is at hand."""

from __future__ import annotations

from oracle.cite import Source


def _source(path: str) -> Source:
    return Source("DragonFly", path, "768af85b")


INIT_MAIN = _source("sys/kern/init_main.c")
KERN_CLOCK = _source("sys/kern/kern_clock.c")
KERN_DESCRIP = _source("sys/kern/kern_descrip.c")
KERN_EVENT = _source("sys/kern/kern_event.c")
KERN_EXEC = _source("sys/kern/kern_exec.c")
KERN_EXIT = _source("sys/kern/kern_exit.c")
KERN_KTRACE = _source("sys/kern/kern_ktrace.c")
KERN_LOCK = _source("sys/kern/kern_lock.c")
KERN_LOCKF = _source("sys/kern/kern_lockf.c")
KERN_PLIMIT = _source("sys/kern/kern_plimit.c")
KERN_PROC = _source("sys/kern/kern_proc.c")
KERN_PROT = _source("sys/kern/kern_prot.c")
KERN_RESOURCE = _source("sys/kern/kern_resource.c")
KERN_SIG = _source("sys/kern/kern_sig.c")
KERN_SYNCH = _source("sys/kern/kern_synch.c")
KERN_THREADS = _source("sys/kern/kern_threads.c")
KERN_TIME = _source("sys/kern/kern_time.c")
KERN_VARSYM = _source("sys/kern/kern_varsym.c")
SYS_MQUEUE = _source("sys/kern/sys_mqueue.c")
SYS_PROCESS = _source("sys/kern/sys_process.c")
SYSV_SHM = _source("sys/kern/sysv_shm.c")
TRAP = _source("sys/platform/pc32/i386/trap.c")
TTY = _source("sys/kern/tty.c")
USCHED_BSD4 = _source("sys/kern/usched_bsd4.c")
VFS_SYSCALLS = _source("sys/kern/vfs_syscalls.c")
VM_GLUE = _source("sys/vm/vm_glue.c")
VM_MAP = _source("sys/vm/vm_map.c")
