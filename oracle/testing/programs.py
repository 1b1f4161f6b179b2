"""The scenarios of the conformance kit: a few programs that any system can run, and samples of every call's arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from oracle.calls import SPAWN_PARAMS, Kind, Param
from oracle.flavor import Call, Flavor
from oracle.scenario import ArgValue, MachineSpec, ProcessSpec, Scenario, Step

WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")


def scenario(name: str, *lines: str, machine: MachineSpec | None = None) -> Scenario:
    """A scenario in a short notation: `who call name=value …`, and `as=role` for what a call makes."""
    steps = []
    for index, line in enumerate(lines, 1):
        by, call, *words = line.split()
        args = {key: _value(text) for key, _, text in (word.partition("=") for word in words)}
        born = str(args.pop("as", ""))
        steps.append(Step(index, by, call, args, born))
    return Scenario(name, name, "", "conformance", tuple(steps), machine or MachineSpec(), (ProcessSpec("parent"),))


def _value(text: str) -> ArgValue:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if WHOLE.fullmatch(text) else text


FORK = "parent fork as=kid"
PROGRAMS: tuple[Scenario, ...] = (
    scenario("nothing happens"),
    scenario("fork, exit, wait", FORK, "kid exit status=3", "parent wait"),
    scenario("wait before exit", FORK, "parent wait", "kid exit status=3"),
    scenario("wait for nobody", "parent wait"),
    scenario("the parent dies first", FORK, "parent exit", "kid exit"),
    scenario(
        "three generations",
        *(FORK, "kid fork as=grandkid", "kid exit", "parent wait", "grandkid getppid", "grandkid exit status=1"),
    ),
    scenario("vfork and exec", "parent vfork as=kid", "kid store value=1", "kid exec", "kid exit", "parent wait"),
    scenario("vfork and exit", "parent vfork as=kid", "kid exit status=2", "parent wait"),
    scenario("a kill", FORK, "parent kill to=kid signal=SIGKILL", "parent wait child=kid"),
    scenario(
        "a handler interrupts a wait",
        *("parent sigaction signal=SIGTERM handler=h", FORK, "parent wait", "kid kill to=parent signal=SIGTERM", "kid exit"),
    ),
    scenario(
        "files and directories",
        *("parent open path=/tmp/a", FORK, "kid close fd=1", "kid close fd=1", "kid chdir path=/tmp", "kid umask mask=077"),
        *("kid exec exists=false", "kid exec", "kid exit", "parent wait"),
    ),
    scenario("copied memory", FORK, "kid store value=1", "parent load", "parent store value=2", "kid load"),
    scenario("no room for a child", FORK, "parent fork as=other", machine=MachineSpec(maxproc=4)),
    scenario(
        "a crowd", *(f"parent fork as=kid{n}" for n in range(8)), *(f"kid{n} exit status={n}" for n in range(8)), "parent exit"
    ),
    scenario("all is over", FORK, "parent exit", "kid exit", "shell wait", "shell exit"),
)


def around(call: Call, args: Mapping[str, ArgValue]) -> Scenario:
    """One call, made beside a live child, beside its zombie, and after it was reaped."""
    name = call.spec.name
    born = [f"born{index}" if call.spec.births else "" for index in range(3)]
    before, dead, reaped = (Step(2 * index + 2, "parent", name, args, role) for index, role in enumerate(born))
    fork, death = Step(1, "parent", "fork", {}, "kid"), Step(3, "kid", "exit", {"status": 1})
    wait = Step(5, "parent", "wait", {"child": "kid"})
    whole = scenario(f"{name} with {dict(args) or 'no arguments'}")
    return replace(whole, steps=(fork, before, death, dead, wait, reaped))


def samples(call: Call, flavor: Flavor) -> Iterator[Mapping[str, ArgValue]]:
    """Arguments for a call: only what it needs, and then one parameter after the other with each value worth trying."""
    least: dict[str, ArgValue] = {}
    for param in call.spec.params:
        if param.required:
            least[param.name] = next(values(param, call, flavor))
    yield least
    for param in call.spec.params:
        for value in values(param, call, flavor):
            if least.get(param.name) != value:
                yield {**least, param.name: value}


def values(param: Param, call: Call, flavor: Flavor) -> Iterator[ArgValue]:
    """Values worth trying for a parameter; the first is harmless."""
    if param.choices:
        yield from param.choices
    elif param.kind is Kind.ROLE:
        yield from ("kid", "parent")
    elif param.kind is Kind.NUMBER:
        yield from (0, 1, 99, -1)
    elif param.kind is Kind.SWITCH:
        yield from (False, True)
    elif param.kind is Kind.SIGNAL:
        yield from (0, 99, *(name for name in ("SIGCHLD", "SIGTERM", "SIGKILL") if name in flavor.signals))
    elif param.kind is Kind.SIGNALS:
        yield from ((), tuple(flavor.signals))
    elif param.kind is Kind.OCTAL:
        yield "027"
    elif param.kind is Kind.FLAGS:
        names = [name for name, _ in param.names]
        yield 0
        yield from names
        if len(names) > 1:
            yield "|".join(names)
    else:
        yield from ("data", "default", "ignore", "h")


def intents() -> Iterator[Mapping[str, bool | int | str]]:
    """Every intent there is, as the parameters of `spawn`, with two exit signals."""
    choices: list[tuple[bool | int | str, ...]] = []
    for param in SPAWN_PARAMS:
        if param.kind is Kind.SWITCH:
            choices.append((False, True))
        else:
            choices.append(param.choices or ("SIGCHLD", 0))
    names = [param.name for param in SPAWN_PARAMS]
    for combination in product(*choices):
        yield dict(zip(names, combination, strict=True))
