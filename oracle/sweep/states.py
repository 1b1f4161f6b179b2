"""Machine states from which all calls of a space are made: a start, who makes the call, and what happens before and after it.

They are in no system's words. One that a system can't have is unmodelled there, and counts as nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from oracle.args import hint
from oracle.errors import UsageError
from oracle.extras import KtraceSpec, MachineExtras, ProcessExtras, Sharing, ThreadSpec, TracedSpec, WatchSpec
from oracle.probes import FILES, NOTES, QUEUE
from oracle.scenario import ArgValue, FileSpec, MachineSpec, ProcessSpec, RegionSpec, Scenario, Step
from oracle.start import PLAIN_MACHINE

CALLER, CHILD = "parent", "kid"  # roles: who calls, and what is born
BEHIND = ProcessSpec("other")


@dataclass(frozen=True, slots=True)
class State:
    """A named start. `before` and `after` are steps around the call: (by, call, arguments, what is born)."""

    name: str
    title: str
    processes: tuple[ProcessSpec, ...] = (ProcessSpec(CALLER),)
    machine: MachineSpec = PLAIN_MACHINE
    before: tuple[tuple[str, str, dict[str, ArgValue], str], ...] = ()
    after: tuple[tuple[str, str, dict[str, ArgValue], str], ...] = ()
    by: str = CALLER

    def scenario(self, name: str, call: str, args: dict[str, ArgValue], title: str = "", why: str = "") -> Scenario:
        """The scenario of one case: the call, from this state."""
        middle = (self.by, call, args, CHILD)
        steps = [
            Step(index, by, what, given, born)
            for index, (by, what, given, born) in enumerate((*self.before, middle, *self.after), 1)
        ]
        return Scenario(name, title or name, why, "results", tuple(steps), self.machine, self.processes)


def known(state: State) -> State:
    """The state that was met first of those that are equal. A job brings its own to a worker each time, but only a start that
    is the same object is known there (`oracle.starts`)."""
    met = _met(state.name)
    if state not in met:
        met.append(state)
    return met[met.index(state)]


@lru_cache(maxsize=256)
def _met(name: str) -> list[State]:
    """States of a name."""
    return []


def _with(*others: ProcessSpec, **own: object) -> dict[str, object]:
    """Processes, the caller with more than plain ones have the last of them."""
    return {"processes": (*others, replace(ProcessSpec(CALLER), **own))}  # type: ignore[arg-type]


def _rare(*others: ProcessSpec, extras: ProcessExtras, **own: object) -> dict[str, object]:
    return _with(*others, extras=extras, **own)


_STATES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("plain", "a process like any other", {}),
    ("child-ends", "a process like any other, and then the child exits and is waited for", {
        "after": ((CHILD, "exit", {"status": 3}, ""), (CALLER, "wait", {"options": "WNOHANG"}, "")),
    }),
    ("root", "the superuser", _with(uid=0)),
    ("no-slot", "every process slot is taken", {"machine": MachineSpec(maxproc=8, background=((0, 4),))}),
    ("at-limit", "the user has as many processes as its limit allows", _with(limits=(("nproc", 2, 5),))),
    ("holdings", "open files with offsets, one of them closed by exec, and memory that is inherited in each way", _with(
        files=(FileSpec(0, "/dev/tty"), FileSpec(3, "/tmp/a", 10), FileSpec(4, "/tmp/b", 0, True)),
        memory=(RegionSpec("data", "1"), RegionSpec("map", "2", "share"), RegionSpec("gone", "3", "none")),
    )),
    ("masked-pending", "a signal is pending, but masked", _with(pending=("SIGTERM",), masked=("SIGTERM",))),
    ("fatal-pending", "a signal is pending that kills", _with(pending=("SIGTERM",))),
    ("handlers", "a handler, an ignored signal, and SIGCHLD caught", _with(
        ignored=("SIGHUP",), caught=(("SIGTERM", "h"), ("SIGCHLD", "reap")),
    )),
    ("no-zombies", "its children leave no zombies, and then the child exits", {
        **_rare(extras=ProcessExtras(nocldwait=True)), "after": ((CHILD, "exit", {}, ""),),
    }),
    ("shared-files", "another process uses its descriptors and directories", _rare(BEHIND, extras=ProcessExtras(
        shares=Sharing(files="other", directories="other")), files=())),
    ("shared-memory", "another process uses its memory", _rare(BEHIND, extras=ProcessExtras(
        shares=Sharing(memory="other")), memory=())),
    ("shared-handlers", "another process uses its signal handlers", _rare(BEHIND, extras=ProcessExtras(
        shares=Sharing(handlers="other")))),
    ("threads", "it has a second thread", _rare(extras=ProcessExtras(threads=(ThreadSpec("parent-two"),)))),
    ("vfork-child", "it is itself the child of a vfork, whose parent waits", {
        "processes": (BEHIND,), "before": (("other", "vfork", {}, CALLER),),
    }),
    ("traced", "a debugger has it", _rare(extras=ProcessExtras(traced=TracedSpec("shell")))),
    ("fork-traced", "a debugger has it, and hears of forks", _rare(extras=ProcessExtras(traced=TracedSpec("shell", True)))),
    ("ktraced", "its trace goes to a file, and that of its children will", _rare(extras=ProcessExtras(
        ktrace=KtraceSpec("out", True)))),
    ("watched", "its own event queue watches it, and will watch its children", _rare(files=FILES, extras=ProcessExtras(
        watches=(WatchSpec(QUEUE, CALLER, NOTES),)))),
    ("jailed", "it is in a jail", _with(jail="cell")),
    ("follower", "it stands among the peers of another one's leader", _rare(BEHIND, extras=ProcessExtras(leader="other"))),
    ("stops-children", "its children are born stopped", _rare(extras=ProcessExtras(stops_on=("fork",)))),
    ("session-leader", "it leads a session, without a terminal", _with(session="", terminal=False)),
    ("last-pid", "the next pid is beyond the highest", {"machine": MachineSpec(extras=MachineExtras(last_pid=29_999))}),
)  # fmt: skip

STATES: tuple[State, ...] = tuple(State(name, title, **rest) for name, title, rest in _STATES)  # type: ignore[arg-type]


def states_named(names: Iterable[str]) -> tuple[State, ...]:
    """States by name, in the order of the list; all of them, if none is named. Raises UsageError for one that isn't there."""
    known = {state.name: state for state in STATES}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no state {name!r}{hint(name, known)}; there are {', '.join(known)}")
    return tuple(state for state in STATES if state.name in wanted or not wanted)
