"""What init(8) does all day: it collects the zombies that it inherited."""

from __future__ import annotations

from collections.abc import Callable

from oracle.args import parse
from oracle.flavor import Args, Flavor
from oracle.machine.machine import Machine
from oracle.machine.task import Task


def ask(k: Machine, flavor: Flavor) -> Task:
    """Send init into the kernel, to ask once for a zombie of its own."""
    lwp = k.roles["init"]
    call = flavor.calls["wait"]
    values = dict(parse(call.spec, {"options": "WNOHANG"}, flavor))
    return k.sched.spawn(lwp, "wait", flavor.syscall(k, lwp, call, Args(values)))


def reap(k: Machine, flavor: Flavor, over: Callable[[], bool]) -> None:
    """Let init collect its zombies until it has none, or gets none, or nothing is to go on any more."""
    init = k.initproc
    while not over() and any(child in k.zombproc for child in init.p_children):
        if k.roles["init"].lwp_task is not None:
            return
        task = ask(k, flavor)
        k.sched.run()
        if not task.done or task.failure is not None or task.value in (None, 0, "0"):
            return
