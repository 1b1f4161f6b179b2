"""Conditions: single reasons for a call to fail, as data that can be put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from oracle.scenario import ArgValue, Step

CALLER = "caller"  # the role of the process whose call is looked at


@dataclass(frozen=True, slots=True)
class Condition:
    """A reason for a call to fail, in plain words, and what brings it about: at the start, by earlier steps, or by arguments.

    Two conditions that want one thing to have different values do not go together: an argument, a flag of an argument, a field
    of a process or of the machine, or an item of a field that is a list (a limit, a descriptor, a signal), which add up
    otherwise. Where nothing of that kind tells them apart, `about` does: conditions about the same thing never go together.
    """

    name: str
    args: Mapping[str, ArgValue] = field(default_factory=dict)  # None: the argument is left out
    flags: Mapping[str, str] = field(default_factory=dict)  # of an argument that is a flag word: "+RFCFDG -RFPROC"
    processes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # by role: fields of a ProcessSpec
    machine: Mapping[str, object] = field(default_factory=dict)  # fields of the MachineSpec
    steps: tuple[Step, ...] = ()  # before the call; whatever their indices are
    about: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A call, what it takes for it to go well (`fair`), and conditions that each make it fail alone.

    `variant` tells trials of one call apart: requests of ptrace have different reasons to fail. A flavor that brings a trial
    of its own for a portable call adds conditions to it, and what is fair may be left out then.
    """

    call: str
    conditions: tuple[Condition, ...]
    fair: Condition = field(default_factory=lambda: Condition(""))
    variant: str = ""

    @property
    def name(self) -> str:
        """The call, and which of its variants."""
        return f"{self.call} {self.variant}" if self.variant else self.call


def step(by: str, call: str, born: str = "", **args: ArgValue) -> Step:
    """A step that comes before the call."""
    return Step(0, by, call, args, born)


def with_flags(conditions: tuple[Condition, ...], **flags: str) -> tuple[Condition, ...]:
    """The same conditions of a call that has to be made with or without some flags for them to matter."""
    return tuple(replace(one, flags={**one.flags, **flags}) for one in conditions)
