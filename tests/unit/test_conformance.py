from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.flavor import Args, Call, Flavor, at_once
from oracle.machine.errno import EBADF
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.registry import load_flavors
from oracle.testing import NotConforming, Requirement, conformance
from tests.outside.tinyos import FLAVOR

FLAVORS = {flavor.id: flavor for flavor in (FLAVOR, *load_flavors().flavors)}


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param(requirement, id=f"{name}: {requirement}")
        for name, flavor in FLAVORS.items()
        for requirement in conformance(flavor)
    ],
)
def test_every_flavor_meets_every_requirement(requirement: Requirement) -> None:
    requirement.check()


def with_call(name: str, run: object) -> Flavor:
    return replace(FLAVOR, calls={**FLAVOR.calls, name: Call(FLAVOR.calls[name].spec, run)})  # type: ignore[arg-type]


def leaky_close(k: Machine, lwp: Lwp, args: Args) -> None:
    k.count("closes")
    raise EBADF("always")


def fickle_getpid(k: Machine, lwp: Lwp, args: Args) -> int:
    CALLED.append(None)
    return len(CALLED)


CALLED: list[None] = []
BROKEN = {
    "its value is valid": replace(FLAVOR, counters={}),
    "its flag names stand for different bits": replace(FLAVOR, flags={**FLAVOR.flags, "sa": {"SA_A": 1, "SA_B": 1}}),
    "what it says not to have or not to model is no call of its": replace(FLAVOR, unmodelled={"fork": "too hard"}),
    "it has an answer to every intent": replace(FLAVOR, lower=lambda intent: None),  # type: ignore[arg-type, return-value]
    "fork gives a live child": with_call("fork", at_once(lambda k, lwp, args: 1)),
    "a dead child is a zombie until it is waited for": replace(FLAVOR, status=lambda xstat: "gone"),
    "a killed child says by what": replace(FLAVOR, status=lambda xstat: "gone"),
    "an orphan's zombie is collected by init": with_call("wait", at_once(lambda k, lwp, args: None)),
    "program: files and directories": with_call("close", at_once(leaky_close)),
    "call: close": with_call("close", at_once(leaky_close)),
    "call: getpid": with_call("getpid", at_once(fickle_getpid)),
    "call: umask": with_call("umask", at_once(lambda k, lwp, args: 1 // 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_flavor_that_does_not_conform_is_found_out(name: str) -> None:
    (requirement,) = (one for one in conformance(BROKEN[name]) if one.name == name)
    with pytest.raises(NotConforming):
        requirement.check()
