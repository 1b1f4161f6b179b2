"""What a call's answer was made of: what functions inside the call returned, and what was stored where it was read from."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.explain.cites import worth
from oracle.explain.events import Returned, Write
from oracle.explain.record import Recorder
from oracle.facts import Value
from oracle.machine.proc import Lwp, Proc
from oracle.machine.task import Task


def passed_up(events: Sequence[Returned], value: object) -> Returned | None:
    """Of the functions that gave what the call gave, the last that cites lines; else the last that cites any C."""
    best: Returned | None = None
    for returned in reversed(events):
        if value is None and len(returned.site) > 1:
            continue  # nearly everything returns nothing
        if returned.value != value or type(returned.value) is not type(value):
            if best is not None and not value:
                break  # many things return 0
            continue
        if best is None or worth(returned.site) >= worth(best.site):
            best = returned
        if worth(best.site) == 2:
            break
    return best


def made_of(events: Sequence[Returned]) -> Returned | None:
    """The function that cites C, of those that the call's own function called, whose result the call has made its own of.

    That is the last that gave anything; the last of all, if none did or if the call gives nothing either. If it only passed on
    what another gave, it is that one.
    """
    end = max((at for at, one in enumerate(events) if len(one.site) == 1), default=-1)
    called = [at for at in _called_by(events, end) if worth(events[at].site)] if end >= 0 else []
    telling = [at for at in called if events[at].value is not None and events[end].value is not None] or called
    if not telling:
        return None
    at = telling[-1]
    while inside := [one for one in _called_by(events, at) if _passes_on(events[at], events[one]) and worth(events[one].site)]:
        at = inside[-1]
    return events[at]


def own(events: Sequence[Returned]) -> Returned | None:
    """The end of the call's own function."""
    return next((one for one in reversed(events) if len(one.site) == 1), None)


def _called_by(events: Sequence[Returned], at: int) -> list[int]:
    """Which events are of what the function of one event called itself."""
    depth = len(events[at].site)
    found = []
    for index in range(at - 1, -1, -1):
        if len(events[index].site) <= depth:
            break
        if len(events[index].site) == depth + 1:
            found.append(index)
    return found[::-1]


def _passes_on(outer: Returned, inner: Returned) -> bool:
    """Whether a function returned what another gave that it called in the same statement."""
    return inner.value is not None and inner.value is outer.value and inner.site[1] == outer.site[0]


def stored_in(recorder: Recorder, lwp: Lwp, since: int) -> Write | None:
    """The last write to anything that the call's own function read, before it did. Whose thread it is was never news."""
    found = [
        write
        for read in recorder.reads
        if read.lwp is lwp and read.serial >= since and read.obj is not lwp
        for write in [last_write(recorder, read.obj, read.field, read.serial)]
        if write is not None
    ]
    return max(found, key=lambda one: one.serial, default=None)


def last_write(
    recorder: Recorder, obj: object, field: str, until: int, *, something: bool = False, key: object = None
) -> Write | None:
    """The last write to a field up to some time; that left `something` in it; to the entry `key` of a list."""
    for one in reversed(recorder.writes):
        if one.serial <= until and one.obj is obj and one.field == field and (one.after or not something):
            if key is None or one.key is key:
                return one
    return None


def chosen(recorder: Recorder, task: Task, told: Returned, other: Value | None) -> list[Write]:
    """Of a wait that told of a child on both flavors: what gave the child its status, or its place among the children."""
    child = told.value[0] if isinstance(told.value, tuple) and told.value else None
    if not isinstance(child, Proc) or not isinstance(task.value, str) or not isinstance(other, str) or " " not in other:
        return []
    if task.value.partition(" ")[0] == other.partition(" ")[0]:
        found = last_write(recorder, child, "p_xstat", told.serial, something=True)
    else:
        found = last_write(recorder, task.lwp.lwp_proc, "p_children", told.serial, something=True, key=child)
    return [] if found is None else [found]
