"""Makes a case as small as it can be while it still shows something: fewer steps, plainer machine, plainer arguments.

It is greedy: whatever can be left out alone is left out, until nothing can. A smaller case shows the same symptom, and not
perhaps for the same reason; the symptom holds the system's own reason where a call failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from oracle.calls import CallSpec
from oracle.errors import ScenarioError
from oracle.extras import MachineExtras, ProcessExtras, Sharing
from oracle.probes import CALLER
from oracle.scenario import ArgValue, MachineSpec, ProcessSpec, Scenario, Step

Shows = Callable[[Scenario], bool]
ROUNDS = 8  # more never change anything


def cost(scenario: Scenario) -> tuple[int, int, int, int]:
    """How large a case is: steps first, then processes and what is turned on them, then arguments."""
    processes = scenario.processes
    turned = sum(_turned(one) for one in processes) + _differing(scenario.machine, MachineSpec())
    if scenario.machine.extras is not None:
        turned += _differing(scenario.machine.extras, MachineExtras())
    weight = sum(_weight(value) for step in scenario.calls for value in step.args.values())
    weight += sum(step.by != CALLER for step in scenario.calls)
    return len(scenario.steps), 4 * len(processes) + turned, weight, len(scenario.agree)


def _turned(process: ProcessSpec) -> int:
    found = _differing(process, ProcessSpec(process.name))
    return found + (_differing(process.extras, ProcessExtras()) if process.extras is not None else 0)


def _differing(one: Any, plain: Any) -> int:
    return sum(getattr(one, field.name) != getattr(plain, field.name) for field in fields(one))


def _weight(value: ArgValue) -> int:
    if isinstance(value, bool) or value is None:
        return 2
    if isinstance(value, int):
        return 2 + value.bit_count() if value >= 0 else 4
    return 2 + len(value) if isinstance(value, tuple) else 2


def shrunk(scenario: Scenario, shows: Shows, specs: Mapping[str, CallSpec]) -> Scenario:
    """The smallest case that this finds; the scenario itself has to show what it is about. `specs` are those of its calls."""
    best = scenario
    steps = partial(_plainer_steps, specs=specs)
    ways = (fewer_steps, _without_processes, _plainer_machine, _plainer_processes, steps, _asking_less)
    for _ in range(ROUNDS):
        before = best
        for attempts in ways:
            best = _greedily(best, attempts, shows)
        if best == before:
            break
    return best


def _greedily(best: Scenario, attempts: Callable[[Scenario], Iterator[Scenario]], shows: Shows) -> Scenario:
    """Take every attempt that is smaller and still shows it, and go on from there."""
    going = True
    while going:
        going = False
        for smaller in attempts(best):
            if cost(smaller) < cost(best) and shows(smaller):
                best = smaller
                going = True
                break
    return best


def renamed(scenario: Scenario, shows: Shows) -> Scenario:
    """With the names that people give to what is born, if it still shows the same."""
    born = [step.born for step in scenario.calls if step.born]
    names = {old: "kid" if at == 1 else f"kid{at}" for at, old in enumerate(born, 1)}
    fresh = with_steps(scenario, [_renamed(step, names) for step in scenario.calls])
    return fresh if fresh != scenario and shows(fresh) else scenario


def _renamed(step: Step, names: Mapping[str, str]) -> Step:
    args = {key: names.get(value, value) if isinstance(value, str) else value for key, value in step.args.items()}
    return replace(step, by=names.get(step.by, step.by), born=names.get(step.born, step.born), args=args)


# --- steps --------------------------------------------------------------------------------------------------------------


def with_steps(scenario: Scenario, steps: list[Step]) -> Scenario:
    """The scenario with other steps, numbered anew."""
    return replace(scenario, steps=tuple([replace(step, index=index) for index, step in enumerate(steps, 1)]))


def fewer_steps(scenario: Scenario) -> Iterator[Scenario]:
    """Large pieces first, from the end. What somebody did that is not born any more, the first process does, or its maker."""
    steps = list(scenario.calls)
    size = len(steps) // 2
    while size:
        for start in range(len(steps) - size, -1, -1):
            births = [step for step in steps[start : start + size] if step.born]
            ways = [{step.born: CALLER for step in births}]
            if any(step.by != CALLER for step in births):
                makers: dict[str, str] = {}
                for step in births:
                    makers[step.born] = makers.get(step.by, step.by)  # whose own maker is gone, too
                ways.append(makers)
            for gone in ways:
                yield with_steps(scenario, steps[:start] + [_renamed(step, gone) for step in steps[start + size :]])
        size //= 2


def _asking_less(scenario: Scenario) -> Iterator[Scenario]:
    """Facts that are compared only if a scenario asks for them: for as few as can be."""
    yield replace(scenario, agree=())
    for at in range(len(scenario.agree)):
        yield replace(scenario, agree=scenario.agree[:at] + scenario.agree[at + 1 :])


def _plainer_steps(scenario: Scenario, specs: Mapping[str, CallSpec]) -> Iterator[Scenario]:
    steps = list(scenario.calls)
    for at, step in enumerate(steps):
        for plainer in _plainer_step(step, specs[step.call]):
            yield with_steps(scenario, [*steps[:at], plainer, *steps[at + 1 :]])


def _plainer_step(step: Step, spec: CallSpec) -> Iterator[Step]:
    if step.call != "fork" and step.born:
        yield replace(step, call="fork", args={})
    if step.by != CALLER:
        yield replace(step, by=CALLER)
    required = {param.name for param in spec.params if param.required}
    for name, value in step.args.items():
        others = {key: one for key, one in step.args.items() if key != name}
        if name not in required:
            yield replace(step, args=others)
        for plainer in _plainer_value(value):
            yield replace(step, args={**step.args, name: plainer})


def _plainer_value(value: ArgValue) -> Iterator[ArgValue]:
    if isinstance(value, tuple):
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
    elif isinstance(value, int) and not isinstance(value, bool) and value:
        yield 0
        if value > 1:
            yield from (value & ~(1 << place) for place in range(value.bit_length()) if value >> place & 1)
        elif value < -1:
            yield -1


# --- the start ----------------------------------------------------------------------------------------------------------


def _without_processes(scenario: Scenario) -> Iterator[Scenario]:
    """Without one of them: whoever hung on it hangs on the shell, or on nobody."""
    for gone in scenario.processes:
        if gone.name == CALLER:
            continue
        left = [_apart(one, gone.name) for one in scenario.processes if one.name != gone.name]
        names = [gone.name, *(thread.name for thread in gone.extras.threads)] if gone.extras is not None else [gone.name]
        steps = [_renamed(step, dict.fromkeys(names, CALLER)) for step in scenario.calls]
        try:
            yield with_steps(replace(scenario, processes=tuple(left)), steps)
        except ScenarioError:
            continue


def _threads(process: ProcessSpec) -> set[str]:
    return {thread.name for thread in process.extras.threads} if process.extras is not None else set()


def _apart(process: ProcessSpec, gone: str) -> ProcessSpec:
    """A process that has nothing to do with another one any more."""
    fresh: dict[str, Any] = {}
    if process.parent == gone:
        fresh["parent"] = "shell"
    if gone in (process.group, process.session):
        fresh |= {"group": "", "session": "shell"}
    extras = process.extras
    if extras is not None:
        rare: dict[str, Any] = {}
        shares = {field.name: "" for field in fields(Sharing) if getattr(extras.shares, field.name) == gone}
        if shares:
            rare["shares"] = replace(extras.shares, **shares)
            fresh |= {what: getattr(ProcessSpec(""), what) for what in ("files", "memory") if what in shares}
        if extras.leader == gone:
            rare["leader"] = ""
        if extras.traced is not None and extras.traced.by == gone:
            rare["traced"] = None
        rare["watches"] = tuple(one for one in extras.watches if one.process != gone)
        fresh["extras"] = replace(extras, **rare)
    return replace(process, **fresh)


def _plainer_machine(scenario: Scenario) -> Iterator[Scenario]:
    machine = scenario.machine
    yield replace(scenario, machine=MachineSpec())
    for plainer in _plainer_fields(machine, MachineSpec()):
        yield replace(scenario, machine=plainer)
    if machine.extras is not None:
        for rare in _plainer_fields(machine.extras, MachineExtras()):
            yield replace(scenario, machine=replace(machine, extras=rare))


def _plainer_processes(scenario: Scenario) -> Iterator[Scenario]:
    for at, process in enumerate(scenario.processes):
        for plainer in _plainer_process(process):
            changed = (*scenario.processes[:at], plainer, *scenario.processes[at + 1 :])
            gone = _threads(process) - _threads(plainer)
            steps = [_renamed(step, dict.fromkeys(gone, CALLER)) for step in scenario.calls]
            try:
                yield with_steps(replace(scenario, processes=changed), steps)
            except ScenarioError:
                continue


def _plainer_process(process: ProcessSpec) -> Iterator[ProcessSpec]:
    plain = ProcessSpec(process.name)
    yield plain
    extras = process.extras
    if extras is not None:
        files = plain.files if extras.shares.files else process.files
        memory = plain.memory if extras.shares.memory else process.memory
        yield replace(process, extras=None, files=files, memory=memory)
        for rare in _plainer_fields(extras, ProcessExtras()):
            yield _owning(process, rare)
        for name in (field.name for field in fields(Sharing)):
            if getattr(extras.shares, name):
                yield _owning(process, replace(extras, shares=replace(extras.shares, **{name: ""})))
        for at, thread in enumerate(extras.threads):
            for one in _plainer_fields(thread, type(thread)(thread.name)):
                yield replace(process, extras=replace(extras, threads=(*extras.threads[:at], one, *extras.threads[at + 1 :])))
        if extras.traced is not None and extras.traced.forks:
            yield replace(process, extras=replace(extras, traced=replace(extras.traced, forks=False)))
        if extras.ktrace is not None and extras.ktrace.inherit:
            yield replace(process, extras=replace(extras, ktrace=replace(extras.ktrace, inherit=False)))
    yield from _plainer_fields(process, plain)


def _owning(process: ProcessSpec, extras: ProcessExtras) -> ProcessSpec:
    """With other rare knobs, and with its own files and memory where it shares them no more."""
    plain = ProcessSpec(process.name)
    before = process.extras.shares if process.extras is not None else Sharing()
    fresh: Mapping[str, Any] = {
        what: getattr(plain, what) for what in ("files", "memory") if getattr(before, what) and not getattr(extras.shares, what)
    }
    return replace(process, extras=extras, **fresh)


def _plainer_fields(one: Any, plain: Any) -> Iterator[Any]:
    """With one field as on plain ones, or one member less in it."""
    for field in fields(one):
        value, usual = getattr(one, field.name), getattr(plain, field.name)
        if value == usual or field.name == "extras":
            continue
        yield replace(one, **{field.name: usual})
        if isinstance(value, tuple) and len(value) > 1:
            for at in range(len(value)):
                yield replace(one, **{field.name: value[:at] + value[at + 1 :]})
