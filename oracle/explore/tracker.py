"""What a move reads and writes: two moves of different actors commute unless one writes what the other touches.

While a block runs, the kernel objects of its machine are watched: their classes are exchanged for subclasses that note which
field of which object is read or written. Every object gets a name that does not depend on the schedule: by where it is found
in the machine when the block begins, or by who made it, in which of his moves. So what a move touched under one schedule can
be compared with what another touched under another, and the state of the whole machine has a fingerprint that two schedules
share if they lead to the same state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import GeneratorType
from typing import Any, Protocol, TypeAlias

from oracle.concurrent import nameless
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.sched import Scheduler, Task
from oracle.machine.traps import Sleep, Wake

Name: TypeAlias = tuple[str, int, int]  # ("", 0, n): was there; (actor, move, n): made by him
Place: TypeAlias = tuple[Hashable, str]  # a field of an object, by name; or a sleep channel, or whether somebody sleeps

NOT_STATE: dict[type, set[str]] = {
    Machine: {"curlwp", "expecting", "lwp_names", "names", "roles", "sched", "ticks", "timer_expired", "trace", "userret"},
}  # the scheduler's own, the reader's own; the clock stands still while anybody can move
CONTAINERS = (list, dict, deque)
MINUS_ONE = "-1"  # in the place of the number, which has the hash of -2
SCALARS = (int, str, bool, bytes, float)
NOT_WATCHED = (Task, Sleep, Scheduler)  # the scheduler tells what of it matters


@dataclass(frozen=True, slots=True)
class Footprint:
    """The places that a move read, and those that it wrote. `fatal`: it ended everything: nothing commutes with that."""

    reads: frozenset[Place]
    writes: frozenset[Place]
    fatal: bool = False

    def commutes_with(self, other: Footprint) -> bool:
        """Whether two moves lead to the same state in either order."""
        return not (self.fatal or other.fatal) and (
            self.writes.isdisjoint(other.writes) and self.writes.isdisjoint(other.reads) and self.reads.isdisjoint(other.writes)
        )


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
        names = tuple(name for name in _field_names(kind) if name not in NOT_STATE.get(kind, ()))
        states = frozenset(names)
        get, put, kinds = object.__getattribute__, object.__setattr__, self

        def read(self: object, name: str) -> object:
            tracker = kinds.tracker
            if tracker is None or name not in states:
                return get(self, name)
            value = get(self, name)
            tracker.read(self, name, value)
            return value

        def write(self: object, name: str, value: object) -> None:
            if name in states and (tracker := kinds.tracker) is not None:
                try:
                    before = get(self, name)
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


@dataclass(frozen=True, slots=True)
class Birth:
    """How an object that was named in a run is found in another that has come the same way."""

    name: Name
    owner: Name | None  # None: it is the machine itself
    field: str
    inside: tuple[tuple[str, int], ...]  # the way from the field's value, through containers


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a tracker knows at one point of a run, but for the objects themselves."""

    state: int
    hashes: dict[Place, int]
    positions: dict[str, int]
    moves: dict[str, int]


class Tracker:
    """What the moves of one run touch, and the state that they lead to.

    A run that repeats an earlier one up to some point only has to be told what was named on the way (`repeat`), and at that
    point what was known there (`resume`); its machine is watched from then on.
    """

    __slots__ = ("_actor", "_before", "_channels", "_hashes", "_k", "_kinds", "_made", "_move", "_moves", "_names", "_objects",
                 "_positions", "_roused", "_sleepers", "_state", "_touched", "_watching", "born", "enabled",
                 "roles_given", "roles_read")  # fmt: skip

    def __init__(self, kinds: Kinds, k: Machine) -> None:
        k.furnish()
        self._kinds = kinds
        self._k = k
        self._names: dict[int, Name] = {}  # by id(); `_objects` sees to it that no id is given twice
        self._objects: dict[Name, object] = {}
        self._moves: dict[str, int] = {}  # by actor
        self._hashes: dict[Place, int] = {}  # of places that were written, and of those that were not there at the start
        self._positions: dict[str, int] = {}  # where each actor's kernel code stands
        self._state = 0  # of all these places, against how they were at the start
        self._watching = False
        self.enabled: tuple[str, ...] = ()  # to whom this move gave something to do in the kernel
        self.born: list[Birth] = []  # in this move

    # --- along a way that is known --------------------------------------------------------------------------------------

    def repeat(self, born: Iterable[Birth]) -> None:
        """Name what was named here before."""
        for one in born:
            if one.owner is None:
                found: object = self._k
            else:
                found = _get(self._objects[one.owner], one.field)
                for kind, index in one.inside:
                    found = list(found.values() if isinstance(found, dict) and kind == "value" else found)[index]  # type: ignore[call-overload]
            self._names[id(found)] = one.name
            self._objects[one.name] = found

    def resume(self, checkpoint: Checkpoint) -> None:
        """From here on, the way is new."""
        self._state = checkpoint.state
        self._hashes = checkpoint.hashes.copy()
        self._positions = checkpoint.positions.copy()
        self._moves = checkpoint.moves.copy()
        self._watch()

    def checkpoint(self) -> Checkpoint:
        """What is known now."""
        return Checkpoint(self._state, self._hashes.copy(), self._positions.copy(), self._moves.copy())

    def begin(self) -> None:
        """Name all that there is on the machine, at the start of the first run."""
        self._new_move("")
        self._publish(self._k, None, "")
        self._watch()

    def _watch(self) -> None:
        self._watching = True
        for one in self._objects.values():
            one.__class__ = self._kinds.watched(type(one))  # type: ignore[assignment]
        self._k.sched.__class__ = self._kinds.scheduler
        self._k.roles = Roles(self._kinds, self._k.roles)

    # --- a move ---------------------------------------------------------------------------------------------------------

    def start(self, actor: str) -> None:
        """A move begins."""
        self._new_move(actor)
        self._kinds.tracker = self

    def _new_move(self, actor: str) -> None:
        self._actor = actor
        self._move = self._moves[actor] = self._moves.get(actor, -1) + 1
        self._made = 0
        self._touched: dict[tuple[int, str], object] = {}
        self._before: dict[tuple[int, str], object] = {}  # what stood there: of what was written, and of every container
        self._channels: list[object] = []  # on which somebody fell asleep, or was woken or would have been
        self._sleepers: dict[Lwp, None] = {}  # whose sleep mattered
        self._roused: dict[Lwp, None] = {}  # who has something to do in the kernel since this move
        self.roles_read: dict[str, None] = {}
        self.roles_given: dict[str, None] = {}
        self.enabled = ()
        self.born = []

    def end(self, fatal: bool = False) -> Footprint:
        """The move is over. `fatal`: nothing goes on after it."""
        self._kinds.tracker = None
        names, roused = self._names, self._roused
        writes: dict[Place, None] = {}
        written = []
        for key, before in self._before.items():
            now = _get(self._touched[key], key[1])
            if now is not before and now != before and (name := names.get(key[0])) is not None:
                writes[name, key[1]] = None
                written.append((name, key[1], before, now))
                self._publish(now, name, key[1])
        for name, field, before, now in written:  # now that everything has its name
            self._account((name, field), before, now)
        for one in self.born:
            self._account_born(one.name)
        reads: list[Place] = [
            (name, key[1]) for key in self._touched if (name := names.get(key[0])) is not None
        ]  # else it is private
        reads += [(("role", role), "") for role in self.roles_read]
        writes.update(dict.fromkeys([(("role", role), "") for role in self.roles_given]))
        for wchan in self._channels:
            writes[("channel", self._canonical(wchan, {})), ""] = None
        for lwp in self._sleepers:
            writes[("sleeper", self._who(lwp)), ""] = None
        self.enabled = tuple([self._who(lwp) for lwp in roused])
        movers = dict(zip(self.enabled, roused, strict=True))
        for actor in dict.fromkeys((*movers, self._actor)) if self._actor else movers:
            self._positions[actor] = self._position(movers.get(actor) or self._lwp(actor))
        return Footprint(frozenset(reads), frozenset(writes), fatal)

    def fingerprint(self) -> Hashable:
        """What two schedules share that lead to the same state of the machine, and of the kernel code that runs on it."""
        return self._state, self._k.ticks, tuple(sorted(self._positions.items()))

    # --- what the machine tells -----------------------------------------------------------------------------------------

    def read(self, obj: object, field: str, value: object) -> None:
        """A field was read. What it holds may be changed now without being written."""
        key = (id(obj), field)
        if key not in self._touched:
            self._touched[key] = obj
            if type(value) in CONTAINERS:
                self._before[key] = _copy(value)
            elif field == "lwp_task":
                self.sleeper(obj)  # type: ignore[arg-type]

    def write(self, obj: object, field: str, before: object) -> None:
        """A field is about to be written."""
        key = (id(obj), field)
        self._touched[key] = obj
        if key not in self._before:
            self._before[key] = _copy(before)

    def channel(self, wchan: object) -> None:
        """Somebody goes to sleep on a channel, or wakes who sleeps there."""
        self._channels.append(wchan)

    def sleeper(self, lwp: Lwp) -> None:
        """Somebody falls asleep, or is woken or would have been, or is looked at for that."""
        self._sleepers[lwp] = None

    def enables(self, lwp: Lwp) -> None:
        """Somebody has something to do in the kernel because of this move."""
        self._roused[lwp] = None

    def _who(self, lwp: Lwp) -> str:
        return self._k.lwp_names.get(lwp) or nameless(lwp)

    def _lwp(self, actor: str) -> Lwp | None:
        sched = self._k.sched
        known = self._k.roles.get(actor)
        return known or next((one.lwp for one in (*sched.ready, *sched.sleepers) if nameless(one.lwp) == actor), None)

    # --- names and values -----------------------------------------------------------------------------------------------

    def _publish(self, value: object, owner: Name | None, field: str) -> None:
        """Name, and watch from now on, the kernel objects that can be reached from a value and have no name yet."""
        names, kinds = self._names, self._kinds
        queue: list[tuple[object, Name | None, str, tuple[tuple[str, int], ...]]] = [(value, owner, field, ())]
        for one, whose, where, inside in queue:
            kind = type(one)
            if kind in SCALARS or one is None:
                continue
            if kind in CONTAINERS or kind is tuple:
                for index, item in enumerate(one):  # type: ignore[var-annotated,arg-type]
                    queue.append((item, whose, where, (*inside, ("item", index))))
                if kind is dict:
                    for index, item in enumerate(one.values()):  # type: ignore[attr-defined]
                        queue.append((item, whose, where, (*inside, ("value", index))))
            elif id(one) not in names and (watched := kinds.watched(kind)) is not None:
                name = names[id(one)] = (self._actor, self._move, self._made)
                self._objects[name] = one
                self.born.append(Birth(name, whose, where, inside))
                self._made += 1
                if self._watching:
                    one.__class__ = watched
                for own in kinds.fields[watched]:
                    queue.append((_get(one, own), name, own, ()))

    def _account(self, place: Place, before: object, now: object) -> None:
        """Bring the state up to date with a place that was written."""
        last = self._hashes.get(place)
        if last is None:
            last = hash((place, self._canonical(before, {})))
        self._hashes[place] = new = hash((place, self._canonical(now, {})))
        self._state ^= last ^ new

    def _account_born(self, name: Name) -> None:
        """Make a new object part of the state: what is in it depends on when it was made."""
        one = self._objects[name]
        for field in self._kinds.fields[type(one)]:
            place = (name, field)
            self._hashes[place] = new = hash((place, self._canonical(_get(one, field), {})))
            self._state ^= new

    def _position(self, lwp: Lwp | None) -> int:
        """Where an actor's kernel code stands, with all that it has at hand there."""
        task = _get(lwp, "lwp_task") if lwp is not None else None
        if task is None:
            return 0
        sleep = task.sleep
        seen: dict[int, int] = {}
        at: list[object] = [task.name, task.wake, task.wake_at, task.spins]
        if sleep is not None:
            at += (self._canonical(sleep.wchan, seen), sleep.catch)
        code: object = task.code
        while isinstance(code, GeneratorType) and (frame := code.gi_frame) is not None:
            at += (code.gi_code, frame.f_lasti)
            at += [self._canonical(value, seen) for value in frame.f_locals.values()]
            code = code.gi_yieldfrom
        return hash(tuple(at))

    def _canonical(self, value: object, seen: dict[int, int]) -> Hashable:
        """A value with names in the place of objects. What has no name yet is private to one actor, and told in full."""
        kind = type(value)
        if value is None or kind in SCALARS:
            return value if value != -1 else MINUS_ONE
        name = self._names.get(id(value))
        if name is not None:
            return name
        if kind is dict:
            return tuple([(self._canonical(key, seen), self._canonical(one, seen)) for key, one in value.items()])  # type: ignore[attr-defined]
        if kind in CONTAINERS or kind is tuple:
            return (kind, *[self._canonical(one, seen) for one in value])  # type: ignore[attr-defined]
        if isinstance(value, Enum):
            return value
        if id(value) in seen:
            return ("seen", seen[id(value)])
        seen[id(value)] = len(seen)
        if is_dataclass(kind):
            return (kind, *[self._canonical(_get(value, field), seen) for field in _field_names(kind)])
        return str(getattr(value, "__qualname__", kind))


_get = object.__getattribute__


def _copy(value: object) -> object:
    """A container as it is now, with the containers in it."""
    if type(value) is dict:
        return {key: _copy(one) for key, one in value.items()}
    if type(value) is list or type(value) is deque:
        return type(value)([_copy(one) for one in value])
    return value


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a class: of a dataclass, or by its slots."""
    if is_dataclass(kind):
        return tuple([field.name for field in fields(kind)])
    return tuple([name for base in reversed(kind.__mro__) for name in getattr(base, "__slots__", ())])


def _is_kernel(kind: type) -> bool:
    """Whether a class is one of kernel objects: what it holds changes, and it equals nothing but itself."""
    same: object = kind.__eq__
    if kind in NOT_WATCHED or same is not object.__eq__ or not _field_names(kind):
        return False
    return not (is_dataclass(kind) and kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]
