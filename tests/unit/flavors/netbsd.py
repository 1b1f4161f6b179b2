"""A NetBSD machine that tests drive by hand: several calls can be under way at once, under any schedule."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.state import NetBSD, kern
from oracle.args import parse
from oracle.flavor import Args, ParsedValue
from oracle.machine import invariants
from oracle.machine.errno import Errno
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.task import Task
from oracle.scenario import ArgValue, MachineSpec, ProcessSpec
from oracle.starts import SHELL
from tests.turns import Turns

PARENT = ProcessSpec("parent")


class World:
    """A machine with init, a shell, and processes as the specs want them."""

    def __init__(self, *specs: ProcessSpec, machine: MachineSpec | None = None) -> None:
        self.k = k = Machine()
        k.sched = self.turns = Turns(k)
        k.sched.preemptible = FLAVOR.preemptible
        FLAVOR.boot(k, machine or MachineSpec())
        for spec in (SHELL, *(specs or (PARENT,))):
            lwp = FLAVOR.new_process(k, spec, k.roles[spec.parent].lwp_proc)
            k.names[lwp.lwp_proc] = k.lwp_names[lwp] = spec.name
            k.roles[spec.name] = lwp
            FLAVOR.furnish(k, lwp, spec)
        if machine is not None and machine.extras is not None:
            FLAVOR.settle(k, machine.extras)

    def start(self, who: str, call: str, born: str = "", **args: ArgValue) -> Task:
        """Begin a call without letting anybody run."""
        k = self.k
        lwp = k.roles[who]
        found = FLAVOR.calls[call]
        values: dict[str, ParsedValue] = dict(parse(found.spec, args, FLAVOR))
        for param in found.spec.params:
            if param.kind.name == "ROLE" and values[param.name] is not None:
                values[param.name] = k.roles[str(values[param.name])].lwp_proc
        if born:
            k.expecting[lwp] = born
        return k.sched.spawn(lwp, call, FLAVOR.syscall(k, lwp, found, Args(values)))

    def do(self, who: str, call: str, born: str = "", **args: ArgValue) -> object:
        """Make a call and let everybody run; what it came to."""
        task = self.start(who, call, born, **args)
        self.k.sched.run()
        return result(task)

    def proc(self, role: str) -> Proc:
        """The process with a role."""
        return self.lwp(role).lwp_proc

    def lwp(self, role: str) -> Lwp:
        """The first LWP of a role."""
        return self.k.roles[role]

    @property
    def globals(self) -> NetBSD:
        """NetBSD's own globals."""
        return kern(self.k)

    def broken(self) -> list[str]:
        """The rules that do not hold now."""
        return [f"{one.rule}: {one.text}" for one in invariants.check(self.k, FLAVOR.states)]

    def switch_at(self, *points: str) -> None:
        """Let somebody else run at the preemption points of these names, one after the other; go on at all others."""
        left = list(points)

        def pick(current: Task | None, ready: deque[Task]) -> int:
            if current is None or not left or self.turns.at != left[0]:
                return 0
            left.pop(0)
            return 1

        self.turns.pick = pick

    def hold(self, task: Task, point: str, *stages: Callable[[], Task]) -> None:
        """Hold a task at this preemption point ("": whenever it is ready) until all else is done, and the stages after that."""
        left = list(stages)
        held = not point

        def pick(current: Task | None, ready: deque[Task]) -> int:
            nonlocal held
            if current is task:
                held = held or self.turns.at == point
                return 1 if held and ready else 0
            if current is not None or not held or ready[0] is not task:
                return 0
            if len(ready) > 1:
                return 1
            if left:
                left.pop(0)()
                return 1
            return 0

        self.turns.pick = pick


def result(task: Task) -> object:
    """What a call came to: its value, the name of its errno, how it ended, or that it is asleep."""
    if not task.done:
        return "asleep"
    if task.failure is None:
        return task.value
    return task.failure.name if isinstance(task.failure, Errno) else type(task.failure).__name__
