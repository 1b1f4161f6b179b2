"""The calls of this revision: none makes threads."""

from __future__ import annotations

from flavors.dragonfly.calls import SHARED_CALLS
from flavors.dragonfly.fork_calls import fork_calls
from flavors.dragonfly.kern_sig_calls import kern_sigaltstack
from flavors.dragonfly.r1_62.kern import state_of
from flavors.dragonfly.r1_62.kern_fork import fork1, start_forked_proc, sys_fork, sys_rfork, sys_vfork
from oracle.calls import PORTABLE_BY_NAME
from oracle.flavor import Args, Call, at_once
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp


def _sigaltstack(k: Machine, lp: Lwp, args: Args) -> None:
    had_one = lp.lwp_sigstk
    kern_sigaltstack(lp, args.text("stack"))
    given_up = state_of(k).given_up
    if lp.lwp_sigstk:
        given_up.pop(lp, None)
    elif had_one:
        given_up[lp] = None


CALLS: dict[str, Call] = (
    SHARED_CALLS
    | fork_calls(sys_fork, sys_vfork, sys_rfork, fork1, start_forked_proc)
    | {"sigaltstack": Call(PORTABLE_BY_NAME["sigaltstack"], at_once(_sigaltstack))}
)
