"""The C files of early 2007 that surround fork1, as they stood beside kern_fork.c 1.67. They are cited by function."""

from __future__ import annotations

from oracle.cite import Source


def _source(path: str) -> Source:
    return Source("DragonFly", path, "f9fe34b6a388")


KERN_EVENT = _source("sys/kern/kern_event.c")
KERN_EXEC = _source("sys/kern/kern_exec.c")
KERN_EXIT = _source("sys/kern/kern_exit.c")
KERN_PLIMIT = _source("sys/kern/kern_plimit.c")
TRAP = _source("sys/platform/pc32/i386/trap.c")
VM_GLUE = _source("sys/vm/vm_glue.c")
VM_MAP = _source("sys/vm/vm_map.c")
