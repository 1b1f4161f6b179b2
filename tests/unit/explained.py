"""Two little kernels whose umask differs, with lines of a C that exists nowhere; the scenarios that show it."""

from __future__ import annotations

from dataclasses import replace

from oracle.cite import Source, models
from oracle.flavor import Args, Call, Flavor, at_once
from oracle.machine.errno import EINVAL, EPERM
from oracle.machine.limits import PLimit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, tsleep
from oracle.scenario import Scenario, Step
from tests.unit.toys import TINY

KERN = Source("TestBSD", "sys/kern/kern_mask.c", "1.1", 60)
STRICT = 0o700
AFORK, AXSIG = 0x01, 0x10


@models(KERN, 1, 20)
def mask_one(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """The one kernel."""
    p = lwp.lwp_proc
    mask = args.number("mask")
    if mask == 0o777:  # [3]
        raise EINVAL("no such mask")  # [4]
    if mask & STRICT:  # [6]
        p.p_nice = 1  # [7]
    twice = mask == 0o11  # [9]
    if twice:  # [10]
        mark(p)  # [11]
    p.p_limit = new_limit()  # [13]
    if mask == 0o22:  # [15]
        yield from tsleep(p, "mask", 50)  # [16]
    if mask == 0o12:  # [17]
        p.p_mqueue_cnt = 1  # [17]
    return "000"  # [18]


@models(KERN, 21, 30)
def mark(p: Proc) -> None:
    p.p_acflag |= AFORK  # [22]


@models(KERN)
def new_limit() -> PLimit:
    return PLimit({"nofile": (8, 8)})


@models(KERN, 31, 50)
def mask_other(k: Machine, lwp: Lwp, args: Args) -> Kernel[str]:
    """The other kernel."""
    p = lwp.lwp_proc
    mask = args.number("mask")
    if mask == 0o776:  # [33]
        raise EINVAL("never asked for here")  # [34]
    if mask == 0o1:  # [36]
        p.p_nice = 2  # [37]
    if mask == 0o2:  # [38]
        p.p_acflag |= AFORK  # [39]
    if mask == 0o5:  # [40]
        p.p_acflag |= AXSIG  # [40]
    turns = 2
    while turns:  # [46]
        turns -= 1  # [47]
        if mask == 0o6:  # [48]
            p.p_mqueue_cnt = 2  # [49]
    if mask == 0o3:  # [41]
        yield from tsleep(p, "mask", 50)  # [42]
    return "000"  # [44]


def _flavor(ident: str, run: object) -> Flavor:
    calls = {**TINY.calls, "umask": Call(TINY.calls["umask"].spec, run)}  # type: ignore[arg-type]
    return replace(TINY, id=ident, calls=calls, sources=(KERN,))


@at_once
def _crash(k: Machine, lwp: Lwp, args: Args) -> int:
    raise RuntimeError("boom")


@at_once
def _refuse(k: Machine, lwp: Lwp, args: Args) -> int:
    raise EPERM("never")


ONE, OTHER = _flavor("one@1", mask_one), _flavor("other@1", mask_other)
CRASHING, REFUSING = _flavor("crashing@1", _crash), _flavor("refusing@1", _refuse)


def masks(*values: int) -> Scenario:
    """A process that sets its mask several times."""
    steps = tuple(Step(number, "parent", "umask", {"mask": value}) for number, value in enumerate(values, 1))
    return Scenario("masks", "masks are set", "", "", steps)
