"""What the harness relies on in every flavor, as requirements that can be checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from oracle.args import ArgumentError, parse
from oracle.calls import PORTABLE_BY_NAME
from oracle.errors import FlavorError
from oracle.facts import Value, lookup
from oracle.flavor import Call, Flavor, Inexpressible, Lowered
from oracle.outcome import RunResult
from oracle.registry import validate
from oracle.run import run
from oracle.scenario import Scenario
from oracle.testing.programs import FORK, PROGRAMS, around, intents, samples, scenario

TYPES = {"bool": bool, "int": int, "text": str, "list": tuple}


class NotConforming(AssertionError):
    """A flavor does not do what the harness relies on; the text says where."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is required of a flavor. `check()` raises NotConforming if it is not met."""

    name: str
    check: Callable[[], None]

    def __str__(self) -> str:
        return self.name


def conformance(flavor: Flavor) -> tuple[Requirement, ...]:
    """All that is required of a flavor, for a loop or for a parametrised test."""
    return tuple(Requirement(name, partial(check, flavor)) for name, check in _requirements(flavor))


def _requirements(flavor: Flavor) -> Iterator[tuple[str, Callable[[Flavor], None]]]:
    yield "its value is valid", _valid
    yield "its flag names stand for different bits", _flags
    yield "what it says not to have or not to model is no call of its", _unmodelled
    yield "it has an answer to every intent", _intents
    yield "fork gives a live child", _fork
    yield "a dead child is a zombie until it is waited for", _wait
    yield "a killed child says by what", _kill
    yield "an orphan's zombie is collected by init", _orphan
    for program in PROGRAMS:
        yield f"program: {program.name}", partial(_sound, program=program)
    for name, call in flavor.calls.items():
        yield f"call: {name}", partial(_call, call=call)


def _need(condition: bool, text: str) -> None:
    if not condition:
        raise NotConforming(text)


def _valid(flavor: Flavor) -> None:
    try:
        validate(flavor)
    except FlavorError as error:
        raise NotConforming(str(error)) from None


def _flags(flavor: Flavor) -> None:
    for section, names in flavor.flags.items():
        seen: dict[int, str] = {}
        for name, bit in names.items():
            _need(bit > 0, f"{section}: {name} is {bit}, which is no bit")
            if section != "wait":  # wait options are only read, and some have two names
                _need(bit not in seen, f"{section}: {seen.get(bit)} and {name} are both {bit:#x}")
            seen[bit] = name


def _unmodelled(flavor: Flavor) -> None:
    for said, names in (("not to be modelled", flavor.unmodelled), ("not to be there", flavor.absent)):
        for name, why in names.items():
            _need(name not in flavor.calls, f"{name} is said {said} ({why}), but is among the calls")
            _need(bool(why.strip()), f"{name} is said {said}, but not why")


def _intents(flavor: Flavor) -> None:
    for intent in intents():
        answer = flavor.lower(intent)
        if isinstance(answer, Inexpressible):
            _need(bool(answer.reason.strip()), f"{dict(intent)} is inexpressible, but it is not said why")
            continue
        _need(isinstance(answer, Lowered), f"lower gave a {type(answer).__name__} for {dict(intent)}")
        _need(answer.call in flavor.calls, f"lower gave the call {answer.call!r} for {dict(intent)}, which there is not")
        try:
            parse(flavor.calls[answer.call].spec, answer.args, flavor)
        except ArgumentError as error:
            raise NotConforming(f"lower gave arguments for {dict(intent)} that its own call does not take: {error}") from None


def _fork(flavor: Flavor) -> None:
    result = _good(scenario("fork", FORK, "kid getpid"), flavor)
    _expect(result, {"call.1": "kid", "kid.state": "running", "kid.parent": "parent", "parent~kid.memory": "apart"})
    if "getpid" in flavor.calls:
        _expect(result, {"call.2": "kid"})


def _wait(flavor: Flavor) -> None:
    lines = (FORK, "kid exit status=3", "parent wait")
    before = _good(scenario("before", *lines[:1]), flavor)
    dead = _good(scenario("dead", *lines[:2]), flavor)
    _expect(dead, {"call.2": "does not return", "kid.state": "zombie", "kid.status": "exited 3"})
    _expect(dead, {"machine.nprocs": before.observation.facts["machine.nprocs"]})
    reaped = _good(scenario("reaped", *lines), flavor)
    nprocs = before.observation.facts["machine.nprocs"]
    assert isinstance(nprocs, int)
    _expect(reaped, {"call.3": "kid exited 3", "kid.state": "reaped", "machine.nprocs": nprocs - 1})


def _kill(flavor: Flavor) -> None:
    if "kill" in flavor.calls:
        result = _good(scenario("kill", FORK, "parent kill to=kid signal=SIGKILL"), flavor)
        _expect(result, {"kid.state": "zombie", "kid.status": "killed SIGKILL"})


def _orphan(flavor: Flavor) -> None:
    result = _good(scenario("orphan", FORK, "parent exit", "kid exit"), flavor)
    _expect(result, {"kid.state": "reaped", "parent.state": "zombie"})


def _call(flavor: Flavor, call: Call) -> None:
    for args in samples(call, flavor):
        _sound(flavor, around(call, args))


def _sound(flavor: Flavor, program: Scenario) -> None:
    """A program runs, twice alike, without breaking what must always hold, and shows only facts of the vocabulary."""
    result = _good(program, flavor)
    _need(run(program, flavor) == result, f"{program.name}: two runs differ")
    for path, value in result.observation.facts.items():
        fact = lookup(path)
        _need(fact is not None, f"{program.name}: {path} is not in the vocabulary")
        if fact is not None:
            _need(type(value) is TYPES[fact.type], f"{program.name}: {path} is {value!r}, which is not a {fact.type}")


def _good(program: Scenario, flavor: Flavor) -> RunResult:
    """The result of a run in which nothing went wrong that may not."""
    result = run(program, flavor)
    _need(not result.crash, f"{program.name}: crashed\n{result.crash}")
    broken = [one for one in result.violations if not one.known]
    _need(not broken, f"{program.name}: " + "; ".join(f"{one.rule} after step {one.step}: {one.text}" for one in broken))
    panics = [one for one in result.outcomes if one.result == "panic" and one.call.partition("(")[0] in PORTABLE_BY_NAME]
    _need(not panics, f"{program.name}: " + "; ".join(f"{one.call} killed the kernel: {one.detail}" for one in panics))
    return result


def _expect(result: RunResult, facts: dict[str, Value]) -> None:
    for path, value in facts.items():
        found = result.observation.facts.get(path)
        _need(found == value, f"{result.scenario}: {path} is {found!r}, expected {value!r}")
