"""The C files that surround fork1 1.62, cited by function: the tree of 2007-02-16."""

from __future__ import annotations

from oracle.cite import Source


def _source(path: str) -> Source:
    return Source("DragonFly", path, "164b840133e0")


KERN_EXEC = _source("sys/kern/kern_exec.c")
KERN_EXIT = _source("sys/kern/kern_exit.c")
KERN_PROC = _source("sys/kern/kern_proc.c")
KERN_SIG = _source("sys/kern/kern_sig.c")
KERN_SYNCH = _source("sys/kern/kern_synch.c")
USCHED_BSD4 = _source("sys/kern/usched_bsd4.c")
VM_GLUE = _source("sys/vm/vm_glue.c")
VM_ZONE = _source("sys/vm/vm_zone.c")
