"""The C files that surround fork1 1.67, cited by function: the tree of 2007-03-13."""

from __future__ import annotations

from oracle.cite import Source

KERN_EXEC = Source("DragonFly", "sys/kern/kern_exec.c", "f9fe34b6a388")
KERN_EXIT = Source("DragonFly", "sys/kern/kern_exit.c", "f9fe34b6a388")
KERN_SYNCH = Source("DragonFly", "sys/kern/kern_synch.c", "f9fe34b6a388")
KERN_SIG = Source("DragonFly", "sys/kern/kern_sig.c", "f9fe34b6a388")
