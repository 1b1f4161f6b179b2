"""The calls that this revision does not share with all others."""

from __future__ import annotations

from flavors.dragonfly.calls import SHARED_CALLS
from flavors.dragonfly.fork_calls import fork_calls, thread_calls
from flavors.dragonfly.r768af85b.kern_fork import fork1, start_forked_proc, sys_fork, sys_lwp_create, sys_rfork, sys_vfork
from flavors.dragonfly.sys_mqueue import check_limit, mq_open
from flavors.dragonfly.vfs import fdalloc, fsetfd
from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Args, Call, at_once
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp


def _mq_open(k: Machine, lp: Lwp, args: Args) -> int:
    p, create = lp.lwp_proc, args.switch("create")
    check_limit(k, p, create)
    fdalloc(p)
    return fsetfd(p, mq_open(k, p, args.text("name"), create))


CALLS: dict[str, Call] = (
    SHARED_CALLS
    | fork_calls(sys_fork, sys_vfork, sys_rfork, fork1, start_forked_proc)
    | thread_calls(sys_lwp_create)
    | {"mq_open": Call(PORTABLE_BY_NAME["mq_open"], at_once(_mq_open))}
)
