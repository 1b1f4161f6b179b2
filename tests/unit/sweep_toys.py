"""Two toy systems with a flag word, that part ways on a few words; one looks at its word where nobody can watch."""

from __future__ import annotations

from dataclasses import replace

from oracle.calls import CallSpec, Kind, Param, Result
from oracle.flavor import Args, Call, Flavor
from oracle.machine.errno import EINVAL, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel
from oracle.sweep.states import STATES, State
from tests.unit.toys import TINY

NEW, MASK, BAD, IDLE = 1, 2, 4, 8
NAMES = (("NEW", NEW), ("MASK", MASK), ("BAD", BAD), ("IDLE", IDLE))
SPEC = CallSpec(
    "make",
    "make a child",
    (Param("flags", Kind.FLAGS, "what of it", 0, names=NAMES), Param("loud", Kind.SWITCH, "loudly", False)),
    Result.PROCESS,
    True,
)
PLAIN: State = STATES[0]
ROOT: State = next(state for state in STATES if state.name == "root")


def _make(k: Machine, lwp: Lwp, args: Args, bad: int) -> Kernel[int | str | None]:
    flags = args.number("flags")
    if flags & bad:
        raise EINVAL("bad")
    if not flags & NEW:
        return 0
    pid = yield from TINY.calls["fork"].run(k, lwp, args)
    assert isinstance(pid, int)
    child = k.pfind(pid)
    assert child is not None
    assert child.p_fd is not None
    if flags & MASK:
        child.p_fd.fd_cmask = 0o77
    if args.switch("loud"):
        k.printf("made")
    return pid


def _one(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    return _make(k, lwp, args, BAD)


def _two(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    return _make(k, lwp, args, 0)


def _peeking(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    yield from ()
    return "abcdefghijklmnop"[args.number("flags")]  # an index is taken out of an int without a call


def _vague(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    if args.number("flags") & BAD:
        raise Unmodelled("a mystery")
    return _make(k, lwp, args, BAD)


def _crashing(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    if args.number("flags") & BAD:
        raise RuntimeError("boom")
    return _make(k, lwp, args, BAD)


def _flavor(ident: str, run: object) -> Flavor:
    return replace(TINY, id=ident, calls={**TINY.calls, "make": Call(SPEC, run)})  # type: ignore[arg-type]


ONE = _flavor("one@1", _one)
TWO = _flavor("two@1", _two)
PEEKING = _flavor("peeking@1", _peeking)
VAGUE = _flavor("vague@1", _vague)
CRASHING = _flavor("crashing@1", _crashing)
