"""The plugin contract: what a flavor is, and what the harness asks of it.

A flavor is a frozen value, found through the entry-point group `oracle.flavors`. It brings the system's calls as kernel
coroutines on the shared machine, the names and numbers of its constants, and two functions that make a machine of that system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TypeAlias

from oracle.calls import CallSpec
from oracle.cite import Source, SourceMap
from oracle.conditions.values import Trial
from oracle.extras import MachineExtras, turned
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel
from oracle.scenario import MachineSpec, ProcessSpec

CONTRACT = 1  # raised when a flavor written for the old contract would no longer work

ParsedValue: TypeAlias = bool | int | str | Proc | None


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one call, parsed: names to numbers, roles to processes (None for one that was never born)."""

    values: Mapping[str, ParsedValue]

    def number(self, name: str) -> int:
        """A number, signal, signal set or flag word."""
        value = self.values[name]
        assert isinstance(value, int), (name, value)
        return value

    def text(self, name: str) -> str:
        """A text."""
        value = self.values[name]
        assert isinstance(value, str), (name, value)
        return value

    def switch(self, name: str) -> bool:
        """A switch."""
        return bool(self.values[name])

    def process(self, name: str) -> Proc | None:
        """A process, or None if the scenario names none."""
        value = self.values[name]
        assert value is None or isinstance(value, Proc), (name, value)
        return value

    def given(self, name: str) -> bool:
        """Whether an optional parameter was given."""
        return self.values[name] is not None


Answer: TypeAlias = int | str | None  # of a call: a pid for a process, a descriptor, a text; None for 0
Code: TypeAlias = Callable[[Machine, Lwp, Args], Kernel[Answer]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a flavor: what it takes, and the kernel code that runs in the caller's LWP.

    `run(k, lwp, args)` is a coroutine (see `at_once` for a call that never waits). It returns an int (a pid for a process, a
    descriptor, 0), a text, or None for 0; an errno is raised. The entry and exit of the system call (restart, return to user
    mode) are `Flavor.syscall`'s.

    `wait` returns a text: who it was, by role, and what `Flavor.status` makes of the status word that wait4(2) would give:
    "kid exited 3", "kid killed SIGTERM", "kid stopped SIGTSTP", "kid continued"; 0 if WNOHANG found nothing.
    """

    spec: CallSpec
    run: Code


def at_once(fn: Callable[[Machine, Lwp, Args], Answer]) -> Code:
    """Kernel code for a `Call` out of a plain function, for a call that never waits."""

    @wraps(fn)
    def run(k: Machine, lwp: Lwp, args: Args) -> Kernel[Answer]:
        yield from ()
        return fn(k, lwp, args)

    return run


@dataclass(frozen=True, slots=True)
class Lowered:
    """An intent in the system's own words: one of the flavor's calls, and its arguments as a scenario would write them."""

    call: str
    args: Mapping[str, bool | int | str]


@dataclass(frozen=True, slots=True)
class Inexpressible:
    """Why the system has no call for an intent."""

    reason: str


@dataclass(frozen=True, slots=True)
class KnownViolation:
    """An invariant that the real kernel breaks: which (the rule's name, and what its report reads like), why, and where.

    It has to fit the real kernel's break and no other, or it hides the model's own: `matches` is a regular expression for the
    whole report, and `explains(k, report)`, where words are not enough, says whether the machine shows that this was the cause.
    """

    rule: str
    matches: str
    why: str
    cite: str
    explains: Callable[[Machine, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Where a system keeps what every system knows: (attribute of Proc, bit). None: it has no such thing."""

    terminal: tuple[str, int] | None = None
    sugid: tuple[str, int] | None = None
    exec: tuple[str, int] | None = None
    vfork_wait: tuple[str, int] | None = None
    traced: tuple[str, int] | None = None
    profiling: tuple[str, int] | None = None
    fork_traced: tuple[str, int] | None = None
    stop_on_fork: tuple[str, int] | None = None
    nocldwait: tuple[str, int] | None = None  # None: in SigActs.ps_flag, see nocldwait_acts
    nocldstop: tuple[str, int] | None = None
    nocldwait_acts: int = 0
    nocldstop_acts: int = 0
    altstack: int = 0  # the bit of lwp_flag that says that there is a signal stack, where it is kept apart from the stack


def furnish_nothing(k: Machine, lwp: Lwp, spec: ProcessSpec) -> None:
    """For a flavor that knows plain processes only: nothing is passed over in silence."""
    if spec.extras is not None:
        raise Unmodelled(f"this flavor can't start a process with {', '.join(turned(spec.extras))}")


def settle_nothing(k: Machine, extras: MachineExtras) -> None:
    """Likewise for machines."""
    raise Unmodelled(f"this flavor can't start a machine with {', '.join(turned(extras))}")


@dataclass(frozen=True, slots=True, eq=False)
class Flavor:
    """The model of one kernel revision. Two flavors are the same only if they are the same object.

    What a system keeps in globals of its own, `boot` puts into `Machine.kern`, as a dataclass: what a failed call leaves behind
    is found by going through the fields of all that hangs on the machine, and in anything but a dataclass nothing is seen.

    `status` reads the words of `Proc.p_xstat`: `exit << 8` or the signal that killed it (and, where a system has it, the bit
    for a core dump), as wait4(2) reports them. While `states` calls a process stopped, `p_xstat` holds the bare number of the
    signal that stopped it, and `status` is asked for `p_xstat << 8 | 0o177`, which is what wait4(2) would give.
    """

    id: str  # "system@revision"
    title: str  # one line for people
    sources: tuple[Source, ...]  # the C that is modelled line by line
    calls: Mapping[str, Call]  # by name; portable ones under the portable names
    boot: Callable[[Machine, MachineSpec], None]  # globals, process 0, init: everything before the first user process
    new_process: Callable[[Machine, ProcessSpec, Proc], Lwp]  # a process as the spec wants it, with its parent
    syscall: Callable[[Machine, Lwp, Call, Args], Kernel[Answer]]  # entry, restart, return to user mode
    lower: Callable[[Mapping[str, bool | int | str]], Lowered | Inexpressible]  # an intent (the parameters of `spawn`)
    signals: Mapping[str, int]  # name -> number
    flags: Mapping[str, Mapping[str, int]]  # words of Proc; "wait" with WNOHANG at least; "sa", "note", "ptrace": name -> bit
    states: Mapping[int, str]  # p_stat -> embryo, running, stopped, dying, zombie
    words: Words
    counters: Mapping[str, str]  # "forks" and "vforks" -> the system's own counter
    status: Callable[[int], str]  # wait status -> "exited 3", "killed SIGKILL", "stopped SIGSTOP"
    ignored: Callable[[Proc], int]  # signals ignored on purpose
    handler: Callable[[Proc, int], str]  # the handler that delivery of a signal would find, "" for none
    tunables: Mapping[str, int] = field(default_factory=dict)  # name -> default
    violations: tuple[KnownViolation, ...] = ()
    unmodelled: Mapping[str, str] = field(default_factory=dict)  # what is not modelled -> why
    absent: Mapping[str, str] = field(default_factory=dict)  # calls that its kernel does not have -> why
    order: int = 0  # place among the revisions of its system, oldest first
    contract: int = CONTRACT
    maps: tuple[SourceMap, ...] = ()  # what the C of `sources` consists of, for those that are accounted for line by line
    # Of a start with more than the plain state: the rest of a process that `new_process` made, called once it has its role, and
    # the rest of the machine, called when all processes are there. What the system has not raises Unmodelled.
    furnish: Callable[[Machine, Lwp, ProcessSpec], None] = furnish_nothing
    settle: Callable[[Machine, MachineExtras], None] = settle_nothing
    trials: tuple[Trial, ...] = ()  # what makes its own calls fail, and portable ones there alone: see oracle.conditions
    preemptible: bool = False  # whether kernel code can lose the processor anywhere, or only where it may have to wait

    @property
    def system(self) -> str:
        """The part of the id before the @."""
        return self.id.partition("@")[0]

    @property
    def revision(self) -> str:
        """The part of the id after the @."""
        return self.id.partition("@")[2]


def interpreted() -> bool:
    """Whether kernel code runs as Python. Compiled, it can't be watched: its objects keep their classes."""
    return __file__.endswith(".py")
