"""Runs a scenario on a flavor: makes the machine, lets the actors make their calls one after the other, and ends in one frozen
result."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache, partial

from oracle.concurrent import ConcurrentBlock, Hands
from oracle.diagnosis import deadlock, diagnosis, stuck
from oracle.errors import LimitExceeded
from oracle.facts import Value
from oracle.flavor import Args, Call, Flavor
from oracle.lowering import NotMade, caller, lower
from oracle.machine.errno import EINTR, Errno, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.snapshot import differences, snapshot
from oracle.machine.task import Task, Waiting
from oracle.made import Made
from oracle.observation import Block, Observation
from oracle.observe import observe
from oracle.outcome import UNMODELLED, Outcome, RunResult
from oracle.reaper import ask, reap
from oracle.scenario import Check, Concurrently, Expected, Item, Scenario, Step, selects
from oracle.schedule import Chooser, Scheduled
from oracle.starts import prepare, start_of
from oracle.verdict import Verdict
from oracle.watchdog import Watched

END = ("machine.panic", "machine.deadlock")
TURN = "turn"  # the event with which a move begins: who made it, out of whom


def run(scenario: Scenario, flavor: Flavor, *, checked: bool = True, chooser: Chooser | None = None) -> RunResult:
    """Run the whole scenario, under one schedule. Never raises for what a flavor does: a crash is part of the result.

    Without `checked`, invariants are not looked at: for sweeps over very many cases that differ in little. `chooser` makes the
    choices of concurrent steps.
    """
    execution = Execution(scenario, flavor, checked=checked, chooser=chooser)
    result = execution.finish()
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
        flavor_id = self.flavor.id
        for item in self.scenario.steps:
            if item is until:
                return
            if item.only and not selects(item.only, flavor_id):
                continue
            if isinstance(item, Step):
                self._step(item)
                if self._checked and not self._over():
                    self.verdict.hold(self.k, item.index)
            elif isinstance(item, Check):
                if not self.unmodelled:
                    self.verdict.check(item, self.facts())
            else:
                self._concurrently(item)
            yield item
        for made in self.made:
            if made.step.finally_gives is not None:
                self._gave(made.step.finally_gives, made)

    def finish(self) -> RunResult:
        """Take all steps. Never raises for what a flavor does: a crash is part of the result."""
        try:
            with Watched(self.k):
                for _ in self.steps():
                    pass
            return self.result()
        except LimitExceeded as error:
            return self.result(crash=str(error))
        except Exception:  # the flavor is foreign code; its crash is its result, and the others still run
            return self.result(crash=traceback.format_exc())

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
        return made.outcome(self.k.ticks)

    # --- the start ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        k = self.k
        if self._trace:
            k.trace = []
        self._listen()
        prepare(k, self.flavor, self.scenario)
        if not self._trace and not self.unmodelled:
            self._known.met(k)

    def _listen(self) -> None:
        self.k.sched.finished = self._finished

    # --- a step ---------------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        before = (self.k.sched.switches + 1, self.k.sched.rings)
        made = self._begin(step)
        if made.task is not None:
            self._finish(made, made.task, before)
        if step.gives is not None:
            self._gave(step.gives, made)

    def _begin(self, step: Step) -> Made:
        """Make the call of a step, or note why there is none."""
        made = Made(step, self.k.ticks)
        self.made.append(made)
        if self.unmodelled and self.k.sched.panic is None:
            made.result = UNMODELLED
            return made
        try:
            lwp = caller(self.flavor, self.k, step)
            call, args, made.call = lower(self.flavor, self.k, step)
        except NotMade as reason:
            made.result, made.detail, made.call = reason.result, reason.detail, reason.call
        except Unmodelled as error:
            made.result, made.detail, self.unmodelled = UNMODELLED, str(error), str(error)
        else:
            self._make(made, lwp, call, args)
        return made

    def _concurrently(self, item: Concurrently) -> None:
        """Run the steps of a block, each move by whom the schedule chooses."""
        k = self.k
        chooser = self._chooser = Scheduled() if self._chooser is None else self._chooser
        steps = tuple([step for step in item.steps if not step.only or selects(step.only, self.flavor.id)])
        block = ConcurrentBlock(k, steps, Hands(self._begin, partial(ask, k, self.flavor), self._over))
        chooser.enter(k, partial(self._state, block))
        self._take_turns(block, chooser, item)
        chooser.leave(item is [one for one in self.scenario.steps if isinstance(one, Concurrently)][-1])
        for step in block.close():
            self._begin(step)
        self.made.sort(key=lambda made: made.step.index)
        if self._checked and not self._over():
            self.verdict.hold(k, item.index)
        by_step = {made.step.index: made for made in self.made}
        for step in steps:
            if step.gives is not None:
                self._gave(step.gives, by_step[step.index])

    def _take_turns(self, block: ConcurrentBlock, chooser: Chooser, item: Concurrently) -> None:
        """Let one actor after the other make a move, until nobody can and no time will change that."""
        k, last = self.k, ""
        while True:
            enabled = block.enabled()
            if not enabled:
                chooser.idle()
                if not block.pass_time():
                    return
                continue
            last = chooser.choose(enabled, last)
            if k.trace is not None:
                k.trace.append((k.ticks, last, TURN, ", ".join(enabled)))
            trap = block.move(last)
            over = self._over()
            if chooser.moved(last, over) and self._checked and not over:
                self.verdict.hold_midway(k, item.index)
            if k.trace is not None and trap is not None:
                k.trace.append((k.ticks, last, "stands at", trap.why))

    def _gave(self, expected: Expected, made: Made) -> None:
        """Compare what a step gave with what was expected of it."""
        if not self.unmodelled:
            self.verdict.gave(made.step, expected, made.by_now(self.k.ticks)[0])

    def _over(self) -> bool:
        return self.k.sched.panic is not None or bool(self.unmodelled)

    def _state(self, block: ConcurrentBlock) -> Hashable:
        """What is to come depends on this, too, and on nothing else beside the machine."""
        made = tuple(sorted([(one.step.index, one.result, one.started, one.ended, one.call) for one in self.made]))
        judged = self.verdict
        return block.position(), made, tuple(judged.unmet), tuple(judged.violations), tuple(judged.held.items())

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

    def _finish(self, made: Made, task: Task, before: tuple[int, int]) -> None:
        """Let a call go on until nobody can."""
        k, lwp = self.k, task.lwp
        handled = len(lwp.lwp_handled)
        k.sched.run(task)
        if task.failure is not None and self._checked:
            if before == (k.sched.switches, k.sched.rings) and handled == len(lwp.lwp_handled):
                self._look_for_traces(made, task.failure)  # nobody else ran, no timer went off, no handler was called
        if k.zombproc:
            reap(k, self.flavor, self._over)

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
        made.end(k, task)
        k.expecting.pop(task.lwp, None)  # not before: a call that sleeps first still makes its process
        if k.trace is not None:
            k.note(task.lwp, "returns", made.result)


@lru_cache(maxsize=1024)
def _call_paths(step: int) -> tuple[str, ...]:
    return (f"call.{step}", f"call.{step}.elapsed")
