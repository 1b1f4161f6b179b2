"""Runs a scenario on a flavor: makes the machine, lets the actors make their calls one after the other, checks what is expected
and what must always hold, and ends in one frozen result."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from oracle.args import ArgumentError, parse
from oracle.calls import SPAWN_PARAMS, Kind, Result
from oracle.errors import LimitExceeded
from oracle.facts import Value
from oracle.flavor import Args, Call, Flavor, Inexpressible, ParsedValue
from oracle.machine import invariants
from oracle.machine.errno import EINTR, Errno, LwpExit, Panic, Unmodelled
from oracle.machine.machine import HZ, Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import Task
from oracle.machine.snapshot import differences, snapshot
from oracle.observation import Block, Observation
from oracle.observe import Focus, observe
from oracle.scenario import ArgValue, Check, Expected, ProcessSpec, Scenario, Step, selects

ASLEEP, SPINS, GONE, INEXPRESSIBLE, UNMODELLED = "asleep", "spins", "does not return", "inexpressible", "unmodelled"
SHELL = ProcessSpec("shell", parent="init", uid=1000, session="", command="sh", text="/bin/sh")
MS_PER_TICK = 1000 // HZ
ABSENT = "absent"
END = ("machine.panic", "machine.deadlock")
SPAWN_DEFAULTS = {param.name: param.default for param in SPAWN_PARAMS if isinstance(param.default, bool | int | str)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step. `result` is comparable between flavors; `detail` is the system's own reason."""

    index: int
    by: str
    call: str  # as made on this flavor, with its arguments
    result: str
    detail: str
    elapsed: int  # simulated milliseconds


@dataclass(frozen=True, slots=True)
class Unmet:
    """An expectation that was not met; `line` is where it stands in the file."""

    path: str
    expected: Value
    actual: Value | None
    line: int


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold after a step. `known` says why, if the real kernel breaks it, too."""

    rule: str
    text: str
    step: int
    known: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """All that a run came to."""

    scenario: str
    flavor: str
    outcomes: tuple[Outcome, ...]
    observation: Observation
    unmet: tuple[Unmet, ...] = ()
    violations: tuple[Violation, ...] = ()
    unmodelled: str = ""  # what the flavor does not model, if the scenario met it: then the rest says nothing
    crash: str = ""  # the traceback, if the flavor (or we) failed

    @property
    def ok(self) -> bool:
        """Whether all went as expected."""
        return not (self.unmet or self.crash or any(not violation.known for violation in self.violations))


@dataclass(slots=True, eq=False)
class Made:
    """A step that was taken, while the run goes on."""

    step: Step
    call: str
    result: str
    detail: str = ""
    task: Task | None = None
    started: int = 0
    ended: int = 0
    returns: Result = Result.NOTHING


def run(scenario: Scenario, flavor: Flavor) -> RunResult:
    """Run the whole scenario. Never raises for what a flavor does: a crash is part of the result."""
    execution = Execution(scenario, flavor)
    try:
        for _ in execution.steps():
            pass
        result = execution.result()
    except LimitExceeded as error:
        result = execution.result(crash=str(error))
    except Exception:  # the flavor is foreign code; its crash is its result, and the others still run
        result = execution.result(crash=traceback.format_exc())
    execution.k.dismantle()
    return result


class Execution:
    """One run, step by step. `steps()` yields after the start (None) and after every step or check that was taken."""

    def __init__(self, scenario: Scenario, flavor: Flavor, *, trace: bool = False, checked: bool = True) -> None:
        self.scenario = scenario
        self.flavor = flavor
        self.k = Machine()
        self.made: list[Made] = []
        self.unmet: list[Unmet] = []
        self.violations: dict[tuple[str, str], Violation] = {}
        self.unmodelled = ""
        self.started = False
        self.focus = _focus(scenario)
        self._by_task: dict[Task, Made] = {}
        self._trace = trace
        self._checked = checked

    def steps(self) -> Iterator[Step | Check | None]:
        """Take one step after the other; none, if the flavor does not model the machine that they start on."""
        try:
            self._start()
        except Unmodelled as error:
            self.unmodelled = str(error)
            return
        self.started = True
        yield None
        flavor_id = self.flavor.id
        for item in self.scenario.steps:
            if item.only and not selects(item.only, flavor_id):
                continue
            if isinstance(item, Check):
                self._check(item)
            else:
                self._step(item)
                self._hold(item.index)
            yield item
        self._check_final()

    def observation(self) -> Observation:
        """What there is to observe now."""
        blocks: list[Block] = []
        for made in self.made:
            blocks.append((_call_paths(made.step.index), (self._result_now(made), self._elapsed(made))))
        seen, system = observe(self.flavor, self.k, self.focus)
        blocks += seen
        panic = self.k.sched.panic
        blocks.append((END, ("none" if panic is None else str(panic), self._deadlock())))
        return Observation(blocks, system)

    def facts(self) -> Mapping[str, Value]:
        """The same, by path."""
        return self.observation().facts

    def _elapsed(self, made: Made) -> int:
        """Simulated milliseconds that a call took, or has taken by now."""
        ended = made.ended if made.task is None or made.task.done else self.k.ticks
        return (ended - made.started) * MS_PER_TICK

    def result(self, crash: str = "") -> RunResult:
        """What the run came to, so far. Nothing was observed of a run that crashed or never started."""
        return RunResult(
            self.scenario.name,
            self.flavor.id,
            tuple([self.outcome(made) for made in self.made]),
            Observation() if crash or not self.started else self.observation(),
            tuple(self.unmet),
            tuple(self.violations.values()),
            self.unmodelled,
            crash,
        )

    def outcome(self, made: Made) -> Outcome:
        """What became of a step, so far."""
        return Outcome(made.step.index, made.step.by, made.call, self._result_now(made), made.detail, self._elapsed(made))

    # --- the start ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        k, flavor, spec = self.k, self.flavor, self.scenario.machine
        if self._trace:
            k.trace = []
        k.sched.finished = self._finished
        flavor.boot(k, spec)
        self._new_process(SHELL)
        for process in self.scenario.processes:
            if process.name == SHELL.name:
                raise LimitExceeded("the shell is always there; give your process another name")
            self._new_process(process)
        for uid, count in spec.background:
            k.background[uid] = count
            k.uid(uid).ui_proccnt += count
            k.nprocs += count
        k.counters.clear()
        k.console.clear()
        if k.sched.ready:
            k.sched.run()

    def _new_process(self, spec: ProcessSpec) -> None:
        k = self.k
        lwp = self.flavor.new_process(k, spec, k.roles[spec.parent].lwp_proc)
        k.names[lwp.lwp_proc] = spec.name
        k.lwp_names[lwp] = spec.name
        k.roles[spec.name] = lwp

    # --- a step ---------------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        made = Made(step, step.call, "", started=self.k.ticks, ended=self.k.ticks)
        self.made.append(made)
        lwp = self._actor(step, made)
        if lwp is None:
            self._expect(step.gives, made)
            return
        lowered = self._lower(step, made)
        if lowered is None:
            self._expect(step.gives, made)
            return
        call, args = lowered
        values = self._resolve(call, args, made)
        if values is not None:
            self._make(step, made, lwp, call, values)
        self._expect(step.gives, made)

    def _actor(self, step: Step, made: Made) -> Lwp | None:
        """The LWP that makes the call, or None with the reason in `made` if it can't."""
        k = self.k
        lwp = k.roles.get(step.by)
        if k.sched.panic is not None:
            made.result = "not made: the kernel is dead"
        elif self.unmodelled:
            made.result = UNMODELLED
        elif lwp is None:
            made.result = f"not made: {step.by} was never born"
        elif lwp not in lwp.lwp_proc.p_lwps or lwp.lwp_proc not in k.allproc:
            made.result = f"not made: {step.by} is dead"
        elif lwp.lwp_task is not None:
            stopped = self.flavor.states[lwp.lwp_proc.p_stat] == "stopped"
            made.result = f"not made: {step.by} {'has stopped' if stopped else 'is asleep' if lwp.lwp_task.sleep else 'spins'}"
            made.detail = f"in {lwp.lwp_task.name}"
        else:
            return lwp
        return None

    def _lower(self, step: Step, made: Made) -> tuple[Call, Mapping[str, ArgValue]] | None:
        """The flavor's call for a step and its arguments as written, or None with the reason in `made`."""
        name: str = step.call
        args: Mapping[str, ArgValue] = step.args
        if name == "spawn":
            lowered = self.flavor.lower(spawn_intent(step.args))
            if isinstance(lowered, Inexpressible):
                made.result, made.detail = INEXPRESSIBLE, lowered.reason
                return None
            name, args = lowered.call, lowered.args
        made.call = render_call(name, args)
        call = self.flavor.calls.get(name)
        if call is None:
            made.result = INEXPRESSIBLE
            made.detail = self.flavor.unmodelled.get(name, f"{self.flavor.id} has no {name}")
            return None
        return call, args

    def _resolve(self, call: Call, args: Mapping[str, ArgValue], made: Made) -> Mapping[str, ParsedValue] | None:
        """Names to numbers, roles to processes; None with the reason in `made` if the flavor lacks a name."""
        if not call.spec.params:
            return {}
        try:
            values: dict[str, ParsedValue] = dict(parse(call.spec, args, self.flavor))
        except ArgumentError as error:
            made.result, made.detail = INEXPRESSIBLE, str(error)
            return None
        for param in call.spec.params:
            if param.kind is Kind.ROLE and (role := values[param.name]) is not None:
                target = self.k.roles.get(str(role))
                if target is None:
                    made.result = f"not made: {role} was never born"
                    return None
                values[param.name] = target.lwp_proc
        return values

    def _make(self, step: Step, made: Made, lwp: Lwp, call: Call, values: Mapping[str, ParsedValue]) -> None:
        k = self.k
        if call.spec.births:
            k.expecting[lwp] = step.born or f"child{step.index}"
        made.returns = call.spec.result
        if k.trace is not None:
            k.note(lwp, "calls", made.call)
        switches = k.sched.switches
        made.task = task = k.sched.spawn(lwp, call.spec.name, self.flavor.syscall(k, lwp, call, Args(values)))
        self._by_task[task] = made
        k.sched.run(task)
        if self._checked and isinstance(task.failure, Errno) and not isinstance(task.failure, EINTR):
            if k.sched.switches == switches + 1:
                self._look_for_traces(step, made, task.failure)
        self._let_init_reap()

    def _finished(self, task: Task) -> None:
        """The scheduler says that a task ended."""
        failure = task.failure
        if isinstance(failure, Unmodelled):
            self.unmodelled = str(failure)
        made = self._by_task.get(task)
        if made is None:
            return
        made.ended = self.k.ticks
        self.k.expecting.pop(task.lwp, None)  # not before: a call that sleeps first still makes its process
        if failure is None:
            made.result = self._show_value(task.value, made.returns)
        elif isinstance(failure, Errno):
            made.result, made.detail = failure.name, str(failure)
        elif isinstance(failure, LwpExit):
            made.result = GONE
        elif isinstance(failure, Panic):
            made.result, made.detail = "panic", str(failure)
        else:
            made.result, made.detail = UNMODELLED, str(failure)
        if self.k.trace is not None:
            self.k.note(task.lwp, "returns", made.result)

    def _show_value(self, value: object, returns: Result) -> str:
        if value is None:
            return "0"
        if returns is Result.PROCESS and isinstance(value, int) and value:
            return self.role_of_pid(value)
        return str(value)

    def role_of_pid(self, pid: int) -> str:
        """The role of the process that has or last had a pid."""
        names = [name for proc, name in self.k.names.items() if proc.p_pid == pid]
        return names[-1] if names else f"pid {pid}"

    def _result_now(self, made: Made) -> str:
        if made.task is None or made.task.done:
            return made.result
        return SPINS if made.task.spins else ASLEEP

    def _let_init_reap(self) -> None:
        """What init(8) does all day: collect the zombies that it inherited."""
        k, flavor = self.k, self.flavor
        init = k.initproc
        while k.sched.panic is None and not self.unmodelled and any(child in k.zombproc for child in init.p_children):
            lwp = k.roles["init"]
            if lwp.lwp_task is not None:
                return
            call = flavor.calls["wait"]
            values = dict(parse(call.spec, {"options": "WNOHANG"}, flavor))
            task = k.sched.spawn(lwp, "wait", flavor.syscall(k, lwp, call, Args(values)))
            k.sched.run()
            if not task.done or task.failure is not None or task.value in (None, 0, "0"):
                return

    # --- what must hold, and what is expected ---------------------------------------------------------------------------

    def _hold(self, step: int) -> None:
        """Check the invariants after a step."""
        if not self._checked or self.k.sched.panic is not None or self.unmodelled:
            return
        for broken in invariants.check(self.k, self.flavor.states):
            self._violate(broken.rule, broken.text, step)

    def _violate(self, rule: str, text: str, step: int) -> None:
        if (rule, text) not in self.violations:
            known = next(
                (f"{one.why} ({one.cite})" for one in self.flavor.violations if one.rule == rule and one.contains in text), ""
            )
            self.violations[rule, text] = Violation(rule, text, step, known)

    def _look_for_traces(self, step: Step, made: Made, failure: Errno) -> None:
        """An error return leaves the machine as it found it: compare with the same run up to just before the step."""
        before = Execution(self.scenario, self.flavor, checked=False)
        for item in before.steps_until(step):
            del item
        left = differences(snapshot(before.k), snapshot(self.k))
        if left:
            text = f"{made.call} failed with {failure.name} and left {'; '.join(left[:5])}"
            self._violate("error-trace", text, step.index)

    def steps_until(self, last: Step) -> Iterator[Step | Check | None]:
        """Take the steps before `last`, without checks."""
        self._start()
        for item in self.scenario.steps:
            if item is last:
                return
            if isinstance(item, Step) and selects(item.only, self.flavor.id):
                self._step(item)
                yield item

    def _check(self, check: Check) -> None:
        facts = self.facts()
        for expectation in check.expected:
            expected = expectation.expected.for_flavor(self.flavor.id)
            if expected is not None:
                self._compare(expectation.path, expected, facts.get(expectation.path), expectation.line or check.line)

    def _expect(self, expected: Expected | None, made: Made) -> None:
        if expected is None:
            return
        value = expected.for_flavor(self.flavor.id)
        if value is not None:
            self._compare(f"call.{made.step.index}", str(value), self._result_now(made), expected.line or made.step.line)

    def _check_final(self) -> None:
        for made in self.made:
            self._expect(made.step.finally_gives, made)

    def _compare(self, path: str, expected: Value, actual: Value | None, line: int) -> None:
        met = actual is None if expected == ABSENT else actual == expected and type(actual) is type(expected)
        if not met and not self.unmodelled:
            self.unmet.append(Unmet(path, expected, actual, line))

    def _deadlock(self) -> tuple[str, ...]:
        """Who can never go on: lost wake-ups always, other sleepers only once nobody who makes calls can act any more."""
        k = self.k
        sleepers = k.sched.waiting() if k.sched.sleepers else []
        if not sleepers:
            return ()
        actors = [*self.focus.actors, *(made.step.born for made in self.made if made.step.born)]
        can_act = any(
            lwp.lwp_task is None and lwp in lwp.lwp_proc.p_lwps and lwp.lwp_proc in k.allproc
            for name in actors
            if (lwp := k.roles.get(name)) is not None
        )
        return tuple(
            f"{k.lwp_names.get(one.lwp) or k.role(one.lwp.lwp_proc)} in {one.call}{', which nobody woke' if one.lost else ''}"
            for one in sleepers
            if one.lost or (not can_act and self.flavor.states[one.lwp.lwp_proc.p_stat] != "stopped")
        )


@lru_cache(maxsize=1024)
def _call_paths(step: int) -> tuple[str, ...]:
    return (f"call.{step}", f"call.{step}.elapsed")


def _focus(scenario: Scenario) -> Focus:
    actors = dict.fromkeys(step.by for step in scenario.steps if isinstance(step, Step))
    resources = {
        str(step.args["resource"]): None for step in scenario.steps if isinstance(step, Step) and step.call == "setrlimit"
    }
    resources.update({resource: None for process in scenario.processes for resource, _, _ in process.limits})
    return Focus(tuple(actors), tuple(resources))


def spawn_intent(args: Mapping[str, ArgValue]) -> dict[str, bool | int | str]:
    """All parameters of an intent, defaults filled in."""
    intent = dict(SPAWN_DEFAULTS)
    intent.update({name: value for name, value in args.items() if isinstance(value, bool | int | str)})
    return intent


def render_call(name: str, args: Mapping[str, ArgValue]) -> str:
    """A call as a person would write it."""
    return f"{name}({', '.join(f'{key}={_render(value)}' for key, value in args.items())})"


def _render(value: ArgValue) -> str:
    return "[" + ", ".join(value) + "]" if isinstance(value, tuple) else str(value)
