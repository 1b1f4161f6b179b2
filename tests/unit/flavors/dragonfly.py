"""A machine with DragonFly on it, 768af85b unless another revision is asked for, driven call by call."""

from __future__ import annotations

from flavors.dragonfly.kern import Globals, kern_of
from flavors.dragonfly.r768af85b import FLAVOR
from flavors.dragonfly.r768af85b.unmodelled import of_lost_limits
from oracle.args import parse
from oracle.flavor import Args, Flavor, ParsedValue
from oracle.machine import invariants
from oracle.machine.errno import Errno, LwpExit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.task import Task
from oracle.scenario import ArgValue, MachineSpec, ProcessSpec
from tests.turns import Turns

ASLEEP, GONE, SPINS = "asleep", "gone", "spins"


class Box:
    """One machine with a shell and a process `parent`; `do` makes a call and says how it ended."""

    def __init__(self, machine: MachineSpec | None = None, *specs: ProcessSpec, flavor: Flavor = FLAVOR) -> None:
        self.k = Machine()
        self.k.sched = self.turns = Turns(self.k)
        self.flavor = flavor
        flavor.boot(self.k, machine or MachineSpec())
        self.add(ProcessSpec("shell", parent="init", session=""))
        for spec in specs or (ProcessSpec("parent"),):
            self.add(spec)

    def add(self, spec: ProcessSpec) -> None:
        lwp = self.flavor.new_process(self.k, spec, self.k.roles[spec.parent].lwp_proc)
        self.k.names[lwp.lwp_proc] = self.k.lwp_names[lwp] = spec.name
        self.k.roles[spec.name] = lwp

    @property
    def kern(self) -> Globals:
        return kern_of(self.k)

    def lwp(self, role: str) -> Lwp:
        return self.k.roles[role]

    def proc(self, role: str) -> Proc:
        return self.k.roles[role].lwp_proc

    def start(self, role: str, call_name: str, born: str = "kid", /, **args: ArgValue) -> Task:
        """Make a call, without running it yet."""
        call = self.flavor.calls[call_name]
        values: dict[str, ParsedValue] = dict(parse(call.spec, args, self.flavor))
        for param in call.spec.params:
            if param.name in ("to", "group", "process", "of", "child") and values[param.name] is not None:
                values[param.name] = self.proc(str(values[param.name]))
        lwp = self.lwp(role)
        if call.spec.births:
            self.k.expecting[lwp] = born
        return self.k.sched.spawn(lwp, call_name, self.flavor.syscall(self.k, lwp, call, Args(values)))

    def run(self) -> None:
        self.k.sched.run()

    def do(self, role: str, call_name: str, born: str = "kid", /, **args: ArgValue) -> int | str | None:
        """Make a call and run it to its end, or to where it sleeps. Says its value, its errno, or what became of it."""
        task = self.start(role, call_name, born, **args)
        self.run()
        return self.said(task)

    def said(self, task: Task) -> int | str | None:
        if task.spins:
            return SPINS
        if not task.done:
            return ASLEEP
        if isinstance(task.failure, Errno):
            return task.failure.name
        if isinstance(task.failure, LwpExit):
            return GONE
        if task.failure is not None:
            raise task.failure
        assert task.value is None or isinstance(task.value, int | str)
        return task.value

    def sleeps_on(self, role: str) -> str:
        """The wait message of a sleeper, "" for one that does not sleep."""
        task = self.lwp(role).lwp_task
        return "" if task is None or task.sleep is None else task.sleep.wmesg

    def broken(self) -> list[invariants.Broken]:
        return invariants.check(self.k, self.flavor.states)

    def broken_but_for_limits(self) -> list[invariants.Broken]:
        """The same, without the references to limits that 768af85b loses when it makes them private."""
        return [one for one in self.broken() if not of_lost_limits(self.k, one.text)]
