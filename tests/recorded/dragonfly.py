"""Plays a DragonFly recording on a flavor."""

from __future__ import annotations

import sys
from typing import Any

from flavors.dragonfly.kern import ForkHook
from flavors.dragonfly.proc_h import P_PPWAIT, P_SUGID, P_WEXIT, SACTIVE, SZOMB
from flavors.dragonfly.unistd import RF_NAMES
from oracle.flavor import Args, Flavor, ParsedValue
from oracle.machine.kevent import KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from tests.recorded.dragonfly_build import build
from tests.recorded.people import flag_word
from tests.recorded.recording import Knobs, Recording
from tests.recorded.world import EXIT, REAPED, World, play

RF_FLAGS: dict[str, int] = dict(RF_NAMES)
STATES = {1: "SIDL", 2: "SACTIVE", 3: "SSTOP", 4: "SZOMB"}
SOMEBODY = 31337  # the pid of whoever has a reaped child's memory
LOST = "P_PPWAIT is cleared, but the wakeup goes to init"


def run(flavor: Flavor, recording: Recording) -> World:
    """Play a recording on a flavor."""
    world = build(flavor, Knobs(recording.state))
    _hooks(flavor, world)
    world.remember()
    call = flavor.calls[recording.call]
    args = Args(_arguments(recording, world.knobs))
    if world.knobs.number("race_ktrace"):
        _race(world)
    play(world, recording, lambda: call.run(world.k, world.lp1, args), _wake, lambda p: STATES[p.p_stat], LOST)
    world.p1.__class__ = Proc  # nobody looks any more
    return world


def _arguments(recording: Recording, knobs: Knobs) -> dict[str, ParsedValue]:
    """What the flavor's call gets."""
    given = recording.args
    unread, unready = knobs.number("copyin_error"), knobs.number("prepare_error")
    errors = {f"tid{n}": knobs.number(f"copyout{n}_error") for n in (1, 2)}
    if recording.call == "lwp_create":
        tids = {tid: "null" if given.get(tid) == 0 else "bad" if error else "ok" for tid, error in errors.items()}
        bad = {"params": unread, "func": given.get("func") == 0, "stack": unready or given.get("stack") == 0}
        return {**tids, **{name: "bad" if one else "ok" for name, one in bad.items()}}
    flags = flag_word(given.get("flags", []), RF_FLAGS)
    return {"flags": flags, "start": bool(given.get("start", 0))}


def _hooks(flavor: Flavor, world: World) -> None:
    """Register and remove fork hooks through the revision's own routines."""
    knobs, k = world.knobs, world.k
    wanted, unwanted = knobs.words("hooks"), knobs.words("rm_hooks")
    if wanted or unwanted:
        kern_fork: Any = sys.modules[flavor.calls["rfork"].run.__module__]
        known = {letter: _hook(letter) for letter in (*wanted, *unwanted)}
        register = [kern_fork.at_fork(k, known[letter]) for letter in wanted]
        world.hooks = {"register": register, "remove": [kern_fork.rm_at_fork(k, known[letter]) for letter in unwanted]}


def _hook(letter: str) -> ForkHook:
    """A hook; some spoil the child."""

    def hook(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        if letter == "S":
            p2.p_stat = SACTIVE
        if letter == "N":
            p2.p_nthreads = 2

    return hook


def _race(world: World) -> None:
    """Somebody traces each child just before fork1 looks whether anybody does: as it reads what of the caller is traced."""
    field = vars(Proc)["p_traceflag"]

    def read(p: Proc) -> int:
        child = world.child
        if child is not None and child.p_ucred is not None and child.p_tracenode is None:
            child.p_tracenode, child.p_traceflag = KtrNode("other"), 2
        return int(field.__get__(p))

    looked_at = type("Proc", (Proc,), {"__slots__": (), "p_traceflag": property(read, field.__set__)})
    world.p1.__class__ = looked_at


def _wake(world: World, child: Proc, end: str) -> None:
    """The child execs or exits (or is reaped, too): the parent of record is woken."""
    child.p_flag &= ~P_PPWAIT
    pptr = child.p_pptr
    if end in (EXIT, REAPED):
        child.p_stat = SZOMB
        child.p_flag |= P_WEXIT
    if end == REAPED:
        child.p_pid, child.p_flag = SOMEBODY, P_SUGID
    world.k.wakeup(pptr)
