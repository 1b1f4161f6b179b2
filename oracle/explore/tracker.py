"""What a move reads and writes: two moves of different actors commute unless one writes what the other touches.

While a block runs, the kernel objects of its machine are watched: their classes are exchanged for subclasses that note which
field of which object is read or written. Every object gets a name that does not depend on the schedule: by where it is found
in the machine when the block begins, or by who made it, in which of his moves. So what a move touched under one schedule can
be compared with what another touched under another, and the state of the whole machine has a fingerprint that two schedules
share if they lead to the same state.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from oracle.concurrent import nameless
from oracle.explore.kinds import Kinds, Roles, peek
from oracle.explore.values import CONTAINERS, SCALARS, Name, canonical, copied, position
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp

Place: TypeAlias = tuple[Hashable, str]  # a field of an object, by name; or a sleep channel, or whether somebody sleeps


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
                found = peek(self._objects[one.owner], one.field)
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
        names = self._names
        writes: dict[Place, None] = {}
        written = []
        for key, before in self._before.items():
            now = peek(self._touched[key], key[1])
            if now is not before and now != before and (name := names.get(key[0])) is not None:
                writes[name, key[1]] = None
                written.append((name, key[1], before, now))
                self._publish(now, name, key[1])
        for name, field, before, now in written:  # now that everything has its name
            self._account((name, field), before, now)
        for one in self.born:
            self._account_born(one.name)
        known = [(names.get(number), field) for number, field in self._touched]
        reads: list[Place] = [(name, field) for name, field in known if name is not None]  # else it is private
        reads += [(("role", role), "") for role in self.roles_read]
        writes.update(dict.fromkeys([(("role", role), "") for role in self.roles_given]))
        for wchan in self._channels:
            writes[("channel", canonical(names, wchan, {})), ""] = None
        for lwp in self._sleepers:
            writes[("sleeper", self._who(lwp)), ""] = None
        self._place()
        return Footprint(frozenset(reads), frozenset(writes), fatal)

    def _place(self) -> None:
        """Note where the kernel code of everybody whom the move set going stands, and that of who made it."""
        self.enabled = tuple([self._who(lwp) for lwp in self._roused])
        going: dict[str, Lwp | None] = dict(zip(self.enabled, self._roused, strict=True))
        if self._actor and self._actor not in going:
            going[self._actor] = self._lwp(self._actor)
        for actor, lwp in going.items():
            self._positions[actor] = position(self._names, None if lwp is None else peek(lwp, "lwp_task"))

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
                self._before[key] = copied(value)
            elif field == "lwp_task":
                self.sleeper(obj)  # type: ignore[arg-type]

    def write(self, obj: object, field: str, before: object) -> None:
        """A field is about to be written."""
        key = (id(obj), field)
        self._touched[key] = obj
        if key not in self._before:
            self._before[key] = copied(before)

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
                    queue.append((peek(one, own), name, own, ()))

    def _account(self, place: Place, before: object, now: object) -> None:
        """Bring the state up to date with a place that was written."""
        last = self._hashes.get(place)
        if last is None:
            last = hash((place, canonical(self._names, before, {})))
        self._hashes[place] = new = hash((place, canonical(self._names, now, {})))
        self._state ^= last ^ new

    def _account_born(self, name: Name) -> None:
        """Make a new object part of the state: what is in it depends on when it was made."""
        one = self._objects[name]
        for field in self._kinds.fields[type(one)]:
            place = (name, field)
            self._hashes[place] = new = hash((place, canonical(self._names, peek(one, field), {})))
            self._state ^= new
