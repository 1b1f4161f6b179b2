"""The classes of kernel objects, exchanged for ones that tell of each access to a field, and of sleeping and waking."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Protocol

from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import Scheduler
from oracle.machine.task import Task
from oracle.machine.traps import Sleep, Wake

NOT_STATE: dict[type, set[str]] = {
    Machine: {"curlwp", "expecting", "lwp_names", "names", "roles", "sched", "ticks", "timer_expired", "trace", "userret"},
}  # the scheduler's own, the reader's own; the clock stands still while anybody can move
NOT_WATCHED = (Task, Sleep, Scheduler)  # the scheduler tells what of it matters

peek = object.__getattribute__  # what a field holds, without anybody hearing of it


class Listener(Protocol):
    """Who hears of each access to a watched object, of sleeping and waking, and of roles that are asked for and given."""

    roles_read: dict[str, None]
    roles_given: dict[str, None]

    def read(self, obj: object, field: str, value: object) -> None:
        """A field was read."""

    def write(self, obj: object, field: str, before: object) -> None:
        """A field is about to be written."""

    def channel(self, wchan: object) -> None:
        """Somebody goes to sleep on a channel, or wakes who sleeps there."""

    def sleeper(self, lwp: Lwp) -> None:
        """Somebody falls asleep, or is woken or would have been."""

    def enables(self, lwp: Lwp) -> None:
        """Somebody can go on."""


class Kinds:
    """The watched subclasses, made once for a search. `tracker` hears of each access; nobody does if it is None."""

    def __init__(self) -> None:
        self._watched: dict[type, type | None] = {}
        self.fields: dict[type, tuple[str, ...]] = {}  # by watched class: the fields that are state
        self.tracker: Listener | None = None
        self.scheduler = self._listening()

    def watched(self, kind: type) -> type | None:
        """The watched subclass of a class of kernel objects; None for a class of plain values."""
        try:
            return self._watched[kind]
        except KeyError:
            made = self._watched[kind] = self._make(kind) if _is_kernel(kind) else None
            return made

    def _make(self, kind: type) -> type:
        names = tuple(name for name in field_names(kind) if name not in NOT_STATE.get(kind, ()))
        states = frozenset(names)
        put, kinds = object.__setattr__, self

        def read(self: object, name: str) -> object:
            tracker = kinds.tracker
            if tracker is None or name not in states:
                return peek(self, name)
            value = peek(self, name)
            tracker.read(self, name, value)
            return value

        def write(self: object, name: str, value: object) -> None:
            if name in states and (tracker := kinds.tracker) is not None:
                try:
                    before = peek(self, name)
                except AttributeError:
                    pass  # a copy of a watched object is being made, and nobody knows it yet
                else:
                    tracker.write(self, name, before)
            put(self, name, value)

        body: dict[str, Any] = {"__slots__": (), "__getattribute__": read, "__setattr__": write}
        made = type(kind.__name__, (kind,), body)
        self._watched[made] = made
        self.fields[made] = names
        return made

    def _listening(self) -> type[Scheduler]:
        """A scheduler that tells of sleeping and waking."""
        kinds = self

        class Listening(Scheduler):
            __slots__ = ()

            def spawn(self, lwp: Lwp, name: str, code: Any) -> Task:
                if kinds.tracker is not None:
                    kinds.tracker.enables(lwp)
                return super().spawn(lwp, name, code)

            def wakeup(self, wchan: object) -> int:
                if kinds.tracker is not None:
                    kinds.tracker.channel(wchan)
                return super().wakeup(wchan)

            def interrupt(self, lwp: Lwp) -> bool:
                if kinds.tracker is not None:
                    kinds.tracker.sleeper(lwp)
                return super().interrupt(lwp)

            def rouse(self, lwp: Lwp) -> bool:
                if kinds.tracker is not None:
                    kinds.tracker.sleeper(lwp)
                return super().rouse(lwp)

            def _fall_asleep(self, task: Task, sleep: Sleep) -> None:
                if kinds.tracker is not None:
                    kinds.tracker.channel(sleep.wchan)
                    kinds.tracker.sleeper(task.lwp)
                super()._fall_asleep(task, sleep)

            def _wake(self, task: Task, why: Wake) -> None:
                if kinds.tracker is not None:
                    kinds.tracker.sleeper(task.lwp)
                    kinds.tracker.enables(task.lwp)
                super()._wake(task, why)

        return Listening


class Roles(dict[str, Lwp]):
    """The roles of a machine; tells which are asked for and which are given: a call may name somebody who is not born yet."""

    __slots__ = ("_kinds",)

    def __init__(self, kinds: Kinds, roles: dict[str, Lwp]) -> None:
        super().__init__(roles)
        self._kinds = kinds

    def get(self, role: str, default: Any = None) -> Any:
        """Whoever plays a role."""
        if self._kinds.tracker is not None:
            self._kinds.tracker.roles_read[role] = None
        return super().get(role, default)

    def __setitem__(self, role: str, lwp: Lwp) -> None:
        if self._kinds.tracker is not None:
            self._kinds.tracker.roles_given[role] = None
        super().__setitem__(role, lwp)


@cache
def field_names(kind: type) -> tuple[str, ...]:
    """The fields of a class: of a dataclass, or by its slots."""
    if is_dataclass(kind):
        return tuple([field.name for field in fields(kind)])
    return tuple([name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ())])


def _is_kernel(kind: type) -> bool:
    """Whether a class is one of kernel objects: what it holds changes, and it equals nothing but itself."""
    same: object = kind.__eq__
    if kind in NOT_WATCHED or same is not object.__eq__ or not field_names(kind):
        return False
    return not (is_dataclass(kind) and kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
