"""The calls that this revision does not share with all others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps

from flavors.dragonfly.calls import NO_ENTRY, SHARED_CALLS
from flavors.dragonfly.fork_calls import fork_calls, thread_calls
from flavors.dragonfly.r768af85b.kern_fork import fork1, start_forked_proc, sys_fork, sys_lwp_create, sys_rfork, sys_vfork
from flavors.dragonfly.sys_mqueue import check_limit, mq_open
from flavors.dragonfly.vfs import fdalloc, fsetfd
from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Answer, Args, Call, at_once
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, may_block


def _mq_open(k: Machine, lp: Lwp, args: Args) -> int:
    p, create = lp.lwp_proc, args.switch("create")
    check_limit(k, p, create)
    fdalloc(k, p)
    return fsetfd(k, p, mq_open(k, p, args.text("name"), create))


WITHOUT_LOCK = NO_ENTRY | {"getpid", "getppid", "getpgrp"}


def locked(calls: Mapping[str, Call]) -> dict[str, Call]:
    """The calls as they are when each takes the giant lock itself, once the thread has its credential."""
    return {name: call if name in WITHOUT_LOCK else _locked(call) for name, call in calls.items()}


def _locked(call: Call) -> Call:
    @wraps(call.run)  # whoever asks which function makes the call finds it
    def run(k: Machine, lp: Lwp, args: Args) -> Kernel[Answer]:
        if k.sched.ready:
            yield from may_block("mplock")
        return (yield from call.run(k, lp, args))

    return Call(call.spec, run)


CALLS: dict[str, Call] = (
    locked(SHARED_CALLS)
    | fork_calls(sys_fork, sys_vfork, sys_rfork, fork1, start_forked_proc)
    | locked(thread_calls(sys_lwp_create))
    | locked({"mq_open": Call(PORTABLE_BY_NAME["mq_open"], at_once(_mq_open))})
    | {"lwp_create": thread_calls(sys_lwp_create)["lwp_create"]}  # like fork and its kin, it has its own place for that
)
