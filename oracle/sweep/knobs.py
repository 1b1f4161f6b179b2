"""Flags, machine states and faults together: too many to visit all, so every combination of a few of them is visited.

The factors are the bits and parameters of a call and the knobs below; the rows are those of a verified covering array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from oracle.errors import UsageError
from oracle.extras import KtraceSpec, MachineExtras, ProcessExtras, Sharing, TracedSpec
from oracle.flavor import Flavor
from oracle.run import run
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec, RegionSpec
from oracle.sweep.covering import covering_array
from oracle.sweep.plan import Cell, Plan
from oracle.sweep.space import Space
from oracle.sweep.states import BEHIND, CALLER, CHILD, State


@dataclass(frozen=True, slots=True)
class Turn:
    """One way to turn a knob: what then is other than on plain processes and machines."""

    name: str
    process: dict[str, Any] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    machine_extras: dict[str, Any] = field(default_factory=dict)
    ends: bool = False  # whether the child exits afterwards and is waited for


# No two knobs meet in one field; each can also stay as it is.
KNOBS: tuple[tuple[Turn, ...], ...] = (
    (Turn("root", {"uid": 0}),),
    (Turn("at-limit", {"limits": (("nproc", 2, 5),)}),),
    (Turn("no-slot", machine={"maxproc": 9, "background": ((0, 4),)}),),
    (
        Turn("some-files", {"files": (FileSpec(0, "/dev/tty"), FileSpec(3, "/tmp/a", 10), FileSpec(4, "/tmp/b", 0, True))}),
        Turn("shared-files", {"files": ()}, shares={"files": "other", "directories": "other"}),
    ),
    (
        Turn(
            "some-memory", {"memory": (RegionSpec("data", "1"), RegionSpec("map", "2", "share"), RegionSpec("x", "3", "none"))}
        ),
        Turn("shared-memory", {"memory": ()}, shares={"memory": "other"}),
    ),
    (
        Turn("some-handlers", {"ignored": ("SIGHUP",), "caught": (("SIGTERM", "h"), ("SIGCHLD", "reap"))}),
        Turn("shared-handlers", shares={"handlers": "other"}),
        Turn("no-zombies", extras={"nocldwait": True}),
    ),
    (Turn("masked-pending", {"pending": ("SIGUSR2",), "masked": ("SIGUSR2",)}),),
    (Turn("traced", extras={"traced": TracedSpec("shell")}),),
    (
        Turn("ktraced", extras={"ktrace": KtraceSpec("out")}),
        Turn("ktrace-inherits", extras={"ktrace": KtraceSpec("out", True)}),
    ),
    (Turn("session-leader", {"session": "", "terminal": False}),),
    (Turn("profiled", extras={"profiling": True}),),
    (Turn("last-pid", machine_extras={"last_pid": 29_999}),),
    (Turn("first-uarea-fails", machine_extras={"faults": (("uarea", (1,)),)}),),
    (Turn("child-ends", ends=True),),
)


def covering_plan(space: Space, flavors: Sequence[Flavor], strength: int, seed: int) -> Plan:
    """The plan in which every combination of `strength` factors is met. Knobs that a flavor lacks are left out, and named."""
    turns, lacking = _fitting(flavors)
    sizes = [
        size for axis in space.axes for size in ([2] * len(axis.bits) + [1 + len(axis.stray)] if axis.bits else [axis.size])
    ]
    rows = covering_array([*sizes, *(1 + len(knob) for knob in turns)], strength, seed)
    cells = []
    for number, row in enumerate(rows):
        turned = [knob[value - 1] for knob, value in zip(turns, row[len(sizes) :], strict=True) if value]
        cells.append(Cell(turned_state(f"row {number}", turned), _index(space, row), 1))
    note = f"every combination of {strength} of {len(sizes) + len(turns)} factors"
    note += "".join(f"; left out, for {flavor} lacks it: {name}" for name, flavor in lacking)
    return Plan(space, tuple(flavor.id for flavor in flavors), tuple(cells), seed=seed, note=note)


def _index(space: Space, row: Sequence[int]) -> int:
    """The case that the first values of a row stand for."""
    values = iter(row)
    index, unit = 0, 1
    for axis in space.axes:
        if axis.bits:
            digit = sum(next(values) << place for place in range(len(axis.bits)))
            digit |= next(values) << len(axis.bits)
        else:
            digit = next(values)
        index, unit = index + digit * unit, unit * axis.size
    return index


def turned_state(name: str, turns: Sequence[Turn]) -> State:
    """The state in which some knobs are turned."""
    process: dict[str, Any] = {}
    extras: dict[str, Any] = {}
    shares: dict[str, str] = {}
    machine: dict[str, Any] = {}
    rare: dict[str, Any] = {}
    for turn in turns:
        for into, more in (
            (process, turn.process), (extras, turn.extras), (shares, turn.shares), (machine, turn.machine),
            (rare, turn.machine_extras),
        ):  # fmt: skip
            into.update(more)
    caller = replace(ProcessSpec(CALLER), **process, extras=ProcessExtras(**extras, shares=Sharing(**shares)))
    ends = any(turn.ends for turn in turns)
    return State(
        name,
        ", ".join(turn.name for turn in turns) or "plain",
        (BEHIND, caller),
        MachineSpec(**machine, extras=MachineExtras(**rare)),
        after=((CHILD, "exit", {"status": 3}, ""), (CALLER, "wait", {"options": "WNOHANG"}, "")) if ends else (),
    )


def _fitting(flavors: Sequence[Flavor]) -> tuple[list[list[Turn]], list[tuple[str, str]]]:
    """The knobs that all flavors have, and those that one lacks: found by trying each alone."""
    kept: list[list[Turn]] = []
    lacking: list[tuple[str, str]] = []
    for knob in KNOBS:
        there = []
        for turn in knob:
            scenario = turned_state("alone", [turn]).scenario("alone", "fork", {})
            lacks = next((flavor.id for flavor in flavors if run(scenario, flavor, checked=False).unmodelled), None)
            if lacks is None:
                there.append(turn)
            else:
                lacking.append((turn.name, lacks))
        if there:
            kept.append(there)
    if not kept:
        raise UsageError("there is no knob that all these flavors have")
    return kept, lacking
