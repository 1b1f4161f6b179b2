"""How runs start: a machine with the processes that the scenario wants. Of a start that is met over and over, as in a sweep or
a search, the machine is built from its blueprint; all its objects are new each time."""

from __future__ import annotations

from functools import lru_cache

from oracle.blueprint import Build, blueprint
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.scenario import MachineSpec, ProcessSpec, Scenario

SHELL = ProcessSpec("shell", parent="init", uid=1000, session="", command="sh", text="/bin/sh")
OFTEN = 300  # a blueprint takes as long to draw as so many machines to furnish


class Start:
    """A machine and processes, on one flavor."""

    __slots__ = ("build", "met_by", "of")

    def __init__(self) -> None:
        self.of: tuple[MachineSpec, tuple[ProcessSpec, ...]] | None = None
        self.met_by = 0  # runs
        self.build: Build | None = None  # what makes such machines, once there is a blueprint

    def met(self, k: Machine) -> None:
        """A machine was furnished so, and nothing has happened on it yet."""
        self.met_by += 1
        if self.met_by == OFTEN:
            self.build = blueprint(k)


def start_of(flavor: Flavor, scenario: Scenario) -> Start:
    """What is known of a scenario's start. Scenarios start alike if their machine and processes are the same objects."""
    machine, processes = scenario.machine, scenario.processes
    start = _start(flavor, id(machine), id(processes))
    if start.of is None:
        start.of = machine, processes  # kept as long as this is, so that no others get their ids
    return start


@lru_cache(maxsize=4096)
def _start(flavor: Flavor, machine: int, processes: int) -> Start:
    return Start()


def prepare(k: Machine, flavor: Flavor, scenario: Scenario) -> None:
    """Boot the machine of a scenario, and make and furnish its processes. Raises Unmodelled for what the system has not."""
    spec = scenario.machine
    k.sched.preemptible = flavor.preemptible
    flavor.boot(k, spec)
    for process in (SHELL, *scenario.processes):
        _new_process(k, flavor, process)
    for uid, count in spec.background:
        k.background[uid] = count
        k.uid(uid).ui_proccnt += count
        k.nprocs += count
    if spec.extras is not None:
        flavor.settle(k, spec.extras)
    k.counters.clear()
    k.console.clear()
    if k.sched.ready:
        k.sched.run()


def _new_process(k: Machine, flavor: Flavor, spec: ProcessSpec) -> None:
    lwp = flavor.new_process(k, spec, k.roles[spec.parent].lwp_proc)
    k.names[lwp.lwp_proc] = k.lwp_names[lwp] = spec.name
    k.roles[spec.name] = lwp
    if spec.extras is not None:
        flavor.furnish(k, lwp, spec)
