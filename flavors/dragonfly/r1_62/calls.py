"""The calls of this revision: none makes threads."""

from __future__ import annotations

from flavors.dragonfly.calls import SHARED_CALLS
from flavors.dragonfly.fork_calls import fork_calls
from flavors.dragonfly.r1_62.kern_fork import fork1, start_forked_proc, sys_fork, sys_rfork, sys_vfork
from oracle.flavor import Call

CALLS: dict[str, Call] = SHARED_CALLS | fork_calls(sys_fork, sys_vfork, sys_rfork, fork1, start_forked_proc)
