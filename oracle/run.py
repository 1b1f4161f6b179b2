"""Runs a scenario on a flavor: makes the machine, lets the actors make their calls one after the other, and ends in one frozen
result."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache, partial

from oracle.args import parse
from oracle.calls import Result
from oracle.concurrent import ConcurrentBlock, Hands
from oracle.diagnosis import deadlock, diagnosis, stuck
from oracle.errors import LimitExceeded
from oracle.facts import Value
from oracle.flavor import Args, Call, Flavor
from oracle.lowering import NotMade, lower
from oracle.machine.errno import EINTR, Errno, LwpExit, Panic, Unmodelled
from oracle.machine.machine import HZ, Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import Task, Waiting
from oracle.machine.snapshot import differences, snapshot
from oracle.observation import Block, Observation
from oracle.observe import observe
from oracle.outcome import ASLEEP, GONE, SPINS, UNMODELLED, Outcome, RunResult
from oracle.scenario import Check, Concurrently, Expected, Item, ProcessSpec, Quantifier, Scenario, Step, selects
from oracle.schedule import Chooser, Scheduled
from oracle.starts import start_of
from oracle.verdict import Verdict, is_met
from oracle.watchdog import Watched

SHELL = ProcessSpec("shell", parent="init", uid=1000, session="", command="sh", text="/bin/sh")
MS_PER_TICK = 1000 // HZ
END = ("machine.panic", "machine.deadlock")
TURN = "turn"  # the event with which a move begins: who made it, out of whom


class Made:
    """A step that was taken, while the run goes on."""

    __slots__ = ("call", "detail", "ended", "result", "returns", "started", "step", "task")

    def __init__(self, step: Step, now: int) -> None:
        self.step = step
        self.call = step.call  # as made on this flavor
        self.result = ""
        self.detail = ""
        self.task: Task | None = None  # None: the call was not made
        self.started = now
        self.ended = now
        self.returns = Result.NOTHING

    def by_now(self, now: int) -> tuple[str, int]:
        """What the call gave, or that it goes on; and the simulated milliseconds that it took, or has taken by now."""
        task = self.task
        if task is None or task.done:
            return self.result, (self.ended - self.started) * MS_PER_TICK
        return SPINS if task.spins else ASLEEP, (now - self.started) * MS_PER_TICK


def run(scenario: Scenario, flavor: Flavor, *, checked: bool = True, chooser: Chooser | None = None) -> RunResult:
    """Run the whole scenario, under one schedule. Never raises for what a flavor does: a crash is part of the result.

    Without `checked`, invariants are not looked at: for sweeps over very many cases that differ in little. `chooser` makes the
    choices of concurrent steps.
    """
    execution = Execution(scenario, flavor, checked=checked, chooser=chooser)
    try:
        with Watched(execution.k):
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

    def __init__(
        self,
        scenario: Scenario,
        flavor: Flavor,
        *,
        trace: bool = False,
        checked: bool = True,
        chooser: Chooser | None = None,
    ) -> None:
        self.scenario = scenario
        self.flavor = flavor
        self._known = start_of(flavor, scenario)  # of such starts
        build = None if trace else self._known.build
        self.k: Machine = Machine() if build is None else build()
        self._built = build is not None
        self.made: list[Made] = []
        self.verdict = Verdict(flavor)
        self.unmodelled = ""
        self.started = False
        self.focus = scenario.focus
        self._by_task: dict[Task, Made] = {}
        self._trace = trace
        self._checked = checked
        self._chooser: Chooser | None = chooser  # None: the default, whatever there is to choose
        self.held: dict[int, bool] = {}  # by index of each quantified check: whether it held

    def steps(self, until: Step | None = None) -> Iterator[Item | None]:
        """Take one step after the other, up to before `until`; none, if the flavor does not model the machine they start on."""
        try:
            if self._built:
                self._listen()
            else:
                self._start()
        except Unmodelled as error:
            self.unmodelled = str(error)
            return
        self.started = True
        yield None
        k, flavor_id = self.k, self.flavor.id
        for item in self.scenario.steps:
            if item is until:
                return
            if item.only and not selects(item.only, flavor_id):
                continue
            if isinstance(item, Step):
                self._step(item)
                if self._checked and k.sched.panic is None and not self.unmodelled:
                    self.verdict.hold(k, item.index)
            elif isinstance(item, Check):
                self._check(item)
            else:
                self._concurrently(item)
            yield item
        for made in self.made:
            if made.step.finally_gives is not None:
                self._expect(made.step.finally_gives, made)

    def observation(self) -> Observation:
        """What there is to observe now."""
        k = self.k
        sched, now = k.sched, k.ticks
        blocks: list[Block] = []
        for made in self.made:
            blocks.append((_call_paths(made.step.index), made.by_now(now)))
        seen, system = observe(self.flavor, k, self.focus)
        blocks += seen
        panic = "none" if sched.panic is None else str(sched.panic)
        never: tuple[str, ...] = ()
        if sched.sleepers:
            never = deadlock(k, self._stuck())
        blocks.append((END, (panic, never)))
        return Observation(blocks, system)

    def _stuck(self) -> list[Waiting]:
        """Who can never go on, now that nobody acts."""
        return stuck(self.k, self.flavor, [*self.focus.actors, *(made.step.born for made in self.made if made.step.born)])

    def facts(self) -> Mapping[str, Value]:
        """The same, by path."""
        return self.observation().facts

    def result(self, crash: str = "") -> RunResult:
        """What the run came to, so far. Nothing was observed of a run that crashed or never started."""
        unseen = bool(crash) or not self.started
        shown, misplaced = self.verdict.of_signs(self.scenario.entry, self.unmodelled, crash)
        outcomes: list[Outcome] = []
        for made in self.made:
            outcomes.append(self.outcome(made))
        return RunResult(
            self.scenario.name,
            self.flavor.id,
            tuple(outcomes),
            Observation() if unseen else self.observation(),
            tuple(self.verdict.unmet),
            tuple(self.verdict.violations.values()),
            self.unmodelled,
            crash,
            shown,
            misplaced,
            None,
            diagnosis(self.k, self._stuck()) if self.k.sched.sleepers or self.k.sched.spinning else (),
        )

    def outcome(self, made: Made) -> Outcome:
        """What became of a step, so far."""
        step = made.step
        result, elapsed = made.by_now(self.k.ticks)
        return Outcome(step.index, step.by, made.call, result, made.detail, elapsed)

    # --- the start ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        k, flavor, spec = self.k, self.flavor, self.scenario.machine
        if self._trace:
            k.trace = []
        self._listen()
        k.sched.preemptible = flavor.preemptible
        flavor.boot(k, spec)
        self._new_process(SHELL)
        for process in self.scenario.processes:
            self._new_process(process)
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
        if not self._trace and not self.unmodelled:
            self._known.met(k)

    def _listen(self) -> None:
        self.k.sched.finished = self._finished

    def _new_process(self, spec: ProcessSpec) -> None:
        k, name = self.k, spec.name
        lwp = self.flavor.new_process(k, spec, k.roles[spec.parent].lwp_proc)
        k.names[lwp.lwp_proc] = k.lwp_names[lwp] = name
        k.roles[name] = lwp
        if spec.extras is not None:
            self.flavor.furnish(k, lwp, spec)

    # --- a step ---------------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        before = (self.k.sched.switches + 1, self.k.sched.rings)
        made, lwp = self._begin(step)
        if lwp is not None and made.task is not None:
            self._finish(made, lwp, made.task, before)
        if step.gives is not None:
            self._expect(step.gives, made)

    def _begin(self, step: Step) -> tuple[Made, Lwp | None]:
        """Make the call of a step, or say in `made` why there is none."""
        made = Made(step, self.k.ticks)
        self.made.append(made)
        lwp = self._actor(step, made)
        if lwp is not None:
            try:
                call, args, made.call = lower(self.flavor, self.k, step)
            except NotMade as reason:
                made.result, made.detail, made.call = reason.result, reason.detail, reason.call
            except Unmodelled as error:
                made.result, made.detail, self.unmodelled = UNMODELLED, str(error), str(error)
            else:
                self._make(made, lwp, call, args)
        return made, lwp

    def _concurrently(self, item: Concurrently) -> None:
        """Run the steps of a block, each move by whom the schedule chooses."""
        k = self.k
        chooser = self._chooser = Scheduled() if self._chooser is None else self._chooser
        steps = tuple([step for step in item.steps if not step.only or selects(step.only, self.flavor.id)])
        block = ConcurrentBlock(k, steps, Hands(self._begin, self._init_waits, self._over))
        chooser.enter(k, partial(self._state, block))
        last = ""
        while True:
            enabled = block.enabled()
            if enabled:
                last = chooser.choose(enabled, last)
                if k.trace is not None:
                    k.trace.append((k.ticks, last, TURN, ", ".join(enabled)))
                trap = block.move(last)
                over = self._over()
                if chooser.moved(last, over) and self._checked and not over:
                    self.verdict.hold_midway(k, item.index)
                if k.trace is not None and trap is not None:
                    k.trace.append((k.ticks, last, "stands at", trap.why))
            else:
                chooser.idle()
                if not block.pass_time():
                    break
        chooser.leave(item is [one for one in self.scenario.steps if isinstance(one, Concurrently)][-1])
        for step in block.close():
            self._begin(step)
        self.made.sort(key=lambda made: made.step.index)
        if self._checked and k.sched.panic is None and not self.unmodelled:
            self.verdict.hold(k, item.index)
        by_step = {made.step.index: made for made in self.made}
        for step in steps:
            if step.gives is not None:
                self._expect(step.gives, by_step[step.index])

    def _over(self) -> bool:
        return self.k.sched.panic is not None or bool(self.unmodelled)

    def _state(self, block: ConcurrentBlock) -> Hashable:
        """What is to come depends on this, too, and on nothing else beside the machine."""
        made = tuple(sorted([(one.step.index, one.result, one.started, one.ended, one.call) for one in self.made]))
        return block.position(), made, tuple(self.verdict.unmet), tuple(self.verdict.violations), tuple(self.held.items())

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

    def _make(self, made: Made, lwp: Lwp, call: Call, args: Args) -> None:
        """Send an LWP into the kernel."""
        k, step, spec = self.k, made.step, call.spec
        sched = k.sched
        if spec.births:
            k.expecting[lwp] = step.born or f"child{step.index}"
        made.returns = spec.result
        if k.trace is not None:
            k.note(lwp, "calls", made.call)
        made.task = task = sched.spawn(lwp, spec.name, self.flavor.syscall(k, lwp, call, args))
        self._by_task[task] = made

    def _finish(self, made: Made, lwp: Lwp, task: Task, before: tuple[int, int]) -> None:
        """Let a call go on until nobody can."""
        k = self.k
        handled = len(lwp.lwp_handled)
        k.sched.run(task)
        if task.failure is not None and self._checked:
            if before == (k.sched.switches, k.sched.rings) and handled == len(lwp.lwp_handled):
                self._look_for_traces(made, task.failure)  # nobody else ran, no timer went off, no handler was called
        if k.zombproc:
            self._let_init_reap()

    def _look_for_traces(self, made: Made, failure: Exception) -> None:
        """An error return leaves the machine as it found it: compare with the same run up to just before the step."""
        if not isinstance(failure, Errno) or isinstance(failure, EINTR):
            return
        schedule = "" if self._chooser is None else self._chooser.schedule()
        before = Execution(self.scenario, self.flavor, checked=False, chooser=Scheduled(schedule))
        with Watched(before.k):
            for _ in before.steps(made.step):
                pass
        actor = before.k.roles[made.step.by]
        if actor.lwp_siglist | actor.lwp_proc.p_siglist:
            return  # signals that were pending are dealt with on the way back to user mode, whatever the call comes to
        left = differences(snapshot(before.k), snapshot(self.k))
        if left:
            text = f"{made.call} failed with {failure.name} and left {'; '.join(left[:5])}"
            self.verdict.violate("error-trace", text, made.step.index)

    def _finished(self, task: Task) -> None:
        """The scheduler says that a task ended."""
        k, failure = self.k, task.failure
        if failure is not None and isinstance(failure, Unmodelled):
            self.unmodelled = str(failure)
        made = self._by_task.get(task)
        if made is None:
            return
        made.ended = k.ticks
        k.expecting.pop(task.lwp, None)  # not before: a call that sleeps first still makes its process
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
        if k.trace is not None:
            k.note(task.lwp, "returns", made.result)

    def _show_value(self, value: object, returns: Result) -> str:
        if value is None:
            return "0"
        if returns is Result.PROCESS and isinstance(value, int) and value:
            return self.role_of_pid(value)
        return str(value)

    def role_of_pid(self, pid: int) -> str:
        """The role of the process that has or last had a pid."""
        names = self.k.names
        for proc in reversed(names):
            if proc.p_pid == pid:
                return names[proc]
        return f"pid {pid}"

    def _let_init_reap(self) -> None:
        """What init(8) does all day: collect the zombies that it inherited."""
        k = self.k
        init = k.initproc
        while k.sched.panic is None and not self.unmodelled and any(child in k.zombproc for child in init.p_children):
            if k.roles["init"].lwp_task is not None:
                return
            task = self._init_waits()
            k.sched.run()
            if not task.done or task.failure is not None or task.value in (None, 0, "0"):
                return

    def _init_waits(self) -> Task:
        k, flavor = self.k, self.flavor
        lwp = k.roles["init"]
        call = flavor.calls["wait"]
        values = dict(parse(call.spec, {"options": "WNOHANG"}, flavor))
        return k.sched.spawn(lwp, "wait", flavor.syscall(k, lwp, call, Args(values)))

    # --- what is expected -----------------------------------------------------------------------------------------------

    def _check(self, check: Check) -> None:
        facts = self.facts()
        if check.quantifier is not Quantifier.ALWAYS:
            self._quantified(check, facts)
            return
        compare = self.verdict.sign if check.sign else self.verdict.expect
        for expectation in check.expected:
            expected = expectation.expected.for_flavor(self.flavor.id)
            if expected is not None and not self.unmodelled:
                compare(expectation.path, expected, facts.get(expectation.path), expectation.line or check.line)

    def _quantified(self, check: Check, facts: Mapping[str, Value]) -> None:
        """Note whether facts hold together under this schedule; what that means is known when all schedules are."""
        wanted = [(one.path, one.expected.for_flavor(self.flavor.id)) for one in check.expected]
        if not self.unmodelled and all(value is not None for _, value in wanted):
            self.held[check.index] = all(value is not None and is_met(value, facts.get(path)) for path, value in wanted)

    def _expect(self, expected: Expected, made: Made) -> None:
        value = expected.for_flavor(self.flavor.id)
        if value is not None and not self.unmodelled:
            path = f"call.{made.step.index}"
            self.verdict.expect(path, str(value), made.by_now(self.k.ticks)[0], expected.line or made.step.line)


@lru_cache(maxsize=1024)
def _call_paths(step: int) -> tuple[str, ...]:
    return (f"call.{step}", f"call.{step}.elapsed")
