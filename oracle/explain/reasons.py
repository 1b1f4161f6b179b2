"""What decided one fact on one flavor, from the record of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from oracle.explain.answers import chosen, made_of, own, passed_up, stored_in
from oracle.explain.cites import Cite, cite, deciding, place_of, worth
from oracle.explain.events import WHOLE, Decided, Site, Write
from oracle.explain.otherway import would_write
from oracle.explain.places import SUMS, Place, known_name, places
from oracle.explain.record import Recorder
from oracle.explain.statements import statements_of
from oracle.facts import Subject, Value
from oracle.machine.errno import Errno
from oracle.machine.proc import Lwp, Proc
from oracle.made import Made
from oracle.outcome import ASLEEP
from oracle.run import Execution

AS_AT_THE_START = "is as at the start"  # no kernel code has decided it
MOST = 6  # reasons for one fact


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that decided a fact. `kind` says in words what it did; `now`: in the step at which the flavors part.

    `cite` is None for what the model does without a C of its own, or before the first step.
    """

    kind: str
    cite: Cite | None
    now: bool = True
    detail: str = ""
    at: str = ""  # the statement of the model
    serial: int = field(default=0, compare=False)


class Witness:
    """Answers for one run, at the step that was taken last."""

    def __init__(self, execution: Execution, recorder: Recorder) -> None:
        self._execution = execution
        self._recorder = recorder
        self._since = 0  # serial before the step
        self._calls: tuple[int, ...] = ()  # steps that it consists of
        self._seen: list[Decided] | None = None  # the decisions of the step

    def window(self, since: int, made: tuple[int, ...]) -> None:
        """A step was taken: its calls, and the serial before it."""
        self._since, self._calls, self._seen = since, made, None

    def reasons(self, path: str, value: Value | None, others: Mapping[str, Value]) -> tuple[Reason, ...]:
        """What decided a fact, given its value here and the facts on the other flavor; nothing, if the model can't say."""
        other = others.get(path)
        subject, name, _ = known_name(path)
        if subject is Subject.CALL:
            step = int(path.split(".")[1])
            return _distinct(self._elapsed(step, others) if name == "elapsed" else self._result(step, others))
        if name in ("panic", "deadlock"):
            now = [reason for step in self._calls for reason in self._result(step, {})]
            return _distinct([*now, *(one for role in _stuck(value, other) for one in self._last_call(role, {}))])
        if name == "registers" and (given := self._last_call(path.partition(".")[0], others)):
            return _distinct(given)
        if subject in (Subject.PROCESS, Subject.PAIR):
            unborn = [role for role in path.partition(".")[0].split("~") if not self._is_born(role)]
            births = [step.index for step in self._execution.scenario.calls if step.born in unborn]
            if unborn:
                return _distinct(reason for step in births for reason in self._result(step, {}))
        found = places(self._execution.flavor, self._execution.k, path, value, other)
        if name == "state" and ASLEEP in (value, other):
            found_asleep = self._asleep(path.partition(".")[0], value == ASLEEP)
            if found_asleep:
                return _distinct(found_asleep)
        if name == "state" and value == "zombie":
            lists = [place for place in found if place.obj is self._execution.k]
            if died := [write for place in lists for write in self._writes(place, self._since, explicit=True)[-1:]]:
                return _distinct([_reason("died", deciding(write.site), write.serial) for write in died])
        elif name == "state" and "reaped" not in (value, other):
            found = [place for place in found if place.obj is not self._execution.k]  # it is on the same lists
        if not found:
            return (Reason("has no such thing", None, False),)
        return _distinct(self._of_places(found, name in SUMS))

    def _is_born(self, role: str) -> bool:
        return role in self._execution.k.names.values()

    # --- places ---------------------------------------------------------------------------------------------------------

    def _of_places(self, wanted: Sequence[Place], sums: bool) -> list[Reason]:
        values = [place for place in wanted if not place.leads]
        found: list[Reason] = []
        for place in values:
            writes = self._writes(place, self._since, explicit=True)
            for write in writes if sums else writes[-1:]:
                found.append(_wrote(write, True))
                if not write.born:
                    found += self._shared(write, place, wanted)
        if not found:
            leads = [self._writes(place, self._since, explicit=True)[-1:] for place in wanted if place.leads]
            found = [_wrote(write, True) for writes in leads for write in writes]
        if not found:
            kept = [decided for place in values if (decided := self._kept_from(place)) is not None]
            found = [_reason("did not", decided.site, decided.serial) for decided in kept]
        if not found:
            found = [reason for step in self._calls for reason in self._failure(step)]
        return found or self._earlier(wanted)

    def _writes(self, place: Place, since: int, explicit: bool) -> list[Write]:
        """The writes to a place after some time that made a difference there, or were meant to."""
        return [
            write
            for write in self._recorder.writes
            if write.serial > since
            and write.obj is place.obj
            and write.field == place.field
            and (place.key is WHOLE or write.key is WHOLE or write.key is place.key or write.key == place.key)
            and (write.given or not write.born or not explicit)
            and (not place.bits or _changes(write, place.bits) or (write.born and not explicit))
        ]

    def _shared(self, write: Write, place: Place, wanted: Iterable[Place]) -> list[Reason]:
        """How processes came to share what one of them wrote to: the last reference to it that was made before."""
        found = []
        for lead in wanted:
            holders = [
                proc
                for proc in self._execution.k.names
                if lead.obj in self._execution.k.names and _held(proc, lead) is place.obj
            ]
            if len(holders) < 2:
                continue
            made = [
                one
                for one in self._recorder.writes
                if one.obj in holders and one.field == lead.field and one.after is place.obj and one.serial < write.serial
            ]
            found += [_wrote(one, one.serial > self._since) for one in made[-1:]]
        return found

    def _earlier(self, wanted: Sequence[Place]) -> list[Reason]:
        """What wrote the places last, whenever that was."""
        for among in ([one for one in wanted if not one.leads], [one for one in wanted if one.leads]):
            for explicit in (True, False):
                last = [self._writes(place, 0, explicit)[-1:] for place in among]
                found = [_wrote(write, write.serial > self._since) for writes in last for write in writes]
                if found:
                    return found
        return [Reason(AS_AT_THE_START, None, False)]

    # --- what did not happen --------------------------------------------------------------------------------------------

    def _kept_from(self, place: Place) -> Decided | None:
        """The last decision of the step whose other way would have written a place."""
        actors = [made.task.lwp for step in self._calls if (made := self._made(step)) is not None and made.task is not None]
        for decided in reversed(self._decisions()):
            if place.obj is self._execution.k and decided.lwp not in actors:
                continue  # everybody writes there
            way = statements_of(decided.decision.module).other_way(decided.decision, decided.taken)
            if would_write(way, decided, place, bool(way.calls) and worth(decided.site) == 2):
                return decided
        return None

    def _decisions(self) -> list[Decided]:
        """The decisions of the step; of a loop that was gone through, none that ended it."""
        if self._seen is None:
            now = [decided for decided in self._recorder.decided if decided.serial > self._since]
            looped = {(one.frame, one.decision) for one in now if one.taken and one.decision.loop}
            self._seen = [one for one in now if one.taken or not one.decision.loop or (one.frame, one.decision) not in looped]
        return self._seen

    def _would_raise(self, lwp: Lwp, error: str) -> list[Reason]:
        """The decisions of the step whose other way fails with an error."""
        found = []
        for decided in self._decisions():
            way = statements_of(decided.decision.module).other_way(decided.decision, decided.taken)
            if decided.lwp is lwp and error in way.raises:
                found.append(_reason("passed", decided.site, decided.serial, f"other way: {error}"))
        return found

    def _would_sleep(self, lwp: Lwp | None) -> list[Reason]:
        """The decisions of the step whose other way sleeps."""
        return [
            _reason("did not sleep", decided.site, decided.serial)
            for decided in self._decisions()
            if decided.lwp is lwp and statements_of(decided.decision.module).other_way(decided.decision, decided.taken).sleeps
        ]

    # --- calls ----------------------------------------------------------------------------------------------------------

    def _made(self, step: int) -> Made | None:
        return next((made for made in self._execution.made if made.step.index == step), None)

    def _lwp(self, made: Made) -> Lwp | None:
        return made.task.lwp if made.task is not None else None

    def _result(self, step: int, others: Mapping[str, Value]) -> list[Reason]:
        """Why a call gave what it gave; `others` are the facts on the other flavor."""
        other = others.get(f"call.{step}")
        made = self._made(step)
        if made is None:
            return [Reason("step is not taken", None)]
        task = made.task
        if task is None:
            return [Reason("is not made", None, detail=made.detail)]
        if task.spins:
            return self._failure(step)
        if not task.done:
            return self._sleep_of(task.lwp)
        if task.failure is not None:
            return self._failure(step)
        found = self._return(made, other)
        if isinstance(other, str) and _is_errno(other):
            found = self._would_raise(task.lwp, other) + found
        elif other == ASLEEP and any(value is True and path.endswith(".vfork_wait") for path, value in others.items()):
            found = self._would_sleep(task.lwp)[-1:] + found
        return found

    def _failure(self, step: int) -> list[Reason]:
        """The error that a call failed with, or that makes it start over and over; or why it was not made."""
        made = self._made(step)
        if made is None:
            return []
        if made.task is None:
            return [Reason("is not made", None, detail=made.detail)]
        failure = made.task.failure
        if made.task.spins:
            lwp = made.task.lwp
            again = [one for one in self._recorder.failed if one.lwp is lwp and one.serial > self._since][-1:]
            if again or lwp not in self._recorder.stood:
                return [_reason(f"starts over: {one.error.name}", one.site, one.serial, str(one.error)) for one in again]
            serial, site = self._recorder.stood[lwp]
            return [_reason("goes round", site, serial)]
        if failure is None:
            return []
        site = self._recorder.site_of(failure)
        kind = f"failed with {failure.name}" if isinstance(failure, Errno) else type(failure).__name__.lower()
        return [_reason(kind, site, self._decided_for(site) or self._recorder.serial, str(failure))]

    def _decided_for(self, site: Site) -> int:
        """When the decision was taken that led to a place."""
        if not site:
            return 0
        module, line = site[0]
        around = [
            one.serial
            for one in self._recorder.decided
            if one.decision.module == module
            and any(first <= line <= last for first, last in (one.decision.block, one.decision.orelse))
        ]
        return max(around, default=0)

    def _last_call(self, role: str, others: Mapping[str, Value]) -> list[Reason]:
        """What decided what an actor's last call gave, which is what it has in its registers; or why that gives nothing."""
        made = next((made for made in reversed(self._execution.made) if made.step.by == role), None)
        return [] if made is None else self._result(made.step.index, others)

    def _return(self, made: Made, other: Value | None = None) -> list[Reason]:
        """What decided what a call gave; `other`: what it gave on the other flavor.

        That is the statement that returned it: of those that passed it up, the last that cites lines. If none does, it was made
        of what some function gave that the call's own function called, or of what that one read itself.
        """
        task = made.task
        assert task is not None
        events = [one for one in self._recorder.returned if one.lwp is task.lwp and one.serial > self._since]
        best = passed_up(events, task.value)
        if best is None or not worth(best.site):
            best = made_of(events) or best
        if best is None or not worth(best.site):
            source = stored_in(self._recorder, task.lwp, self._since)
            if source is not None:
                return [_wrote(source, source.serial > self._since)]
        best = best or own(events)
        if best is None:
            return []
        told = chosen(self._recorder, task, best, other)
        return [_reason("returned", best.site, best.serial), *(_wrote(one, one.serial > self._since) for one in told)]

    def _sleep_of(self, lwp: Lwp) -> list[Reason]:
        slept = [one for one in self._recorder.slept if one.lwp is lwp]
        return [_reason("sleeps", slept[-1].site, slept[-1].serial)] if slept else []

    def _asleep(self, role: str, asleep: bool) -> list[Reason]:
        lwp = self._execution.k.roles.get(role)
        if lwp is None:
            return []
        return self._sleep_of(lwp) if asleep else self._would_sleep(lwp)[-1:]

    def _elapsed(self, step: int, others: Mapping[str, Value]) -> list[Reason]:
        """Why a call took as long as it did: where it slept; else why it came to what it came to, or did not sleep."""
        made = self._made(step)
        lwp = self._lwp(made) if made is not None else None
        other = others.get(f"call.{step}")
        if made is None or lwp is None:
            return self._result(step, others)
        slept = [one for one in self._recorder.slept if one.lwp is lwp and one.serial > self._since]
        result, elapsed = made.by_now(self._execution.k.ticks)
        if elapsed:
            return [_reason("slept", one.site, one.serial) for one in slept] or self._sleep_of(lwp)
        if other != result:
            return self._result(step, others)
        return self._would_sleep(lwp)[-1:] or self._failure(step) or self._return(made)


def _held(proc: Proc, lead: Place) -> object:
    return getattr(proc, lead.field, None) if lead.leads else None


def _reason(kind: str, site: Site, serial: int, detail: str = "") -> Reason:
    return Reason(kind, cite(site), True, detail, place_of(site), serial)


def _wrote(write: Write, now: bool) -> Reason:
    if not write.born:
        return Reason("wrote", cite(write.site), now, "", place_of(write.site), write.serial)
    kind = type(write.obj)
    names = kind.__init__.__code__.co_varnames[1 : kind.__init__.__code__.co_argcount]
    making = (kind.__name__, names, write.field) if write.given else None
    return Reason("made" if write.given else "zeroed", cite(write.site, making), now, "", place_of(write.site), write.serial)


def _changes(write: Write, bits: int) -> bool:
    before, after = write.before, write.after
    if write.born:
        return write.given or bool(isinstance(after, int) and after & bits)
    return not (isinstance(before, int) and isinstance(after, int)) or bool((before ^ after) & bits)


def _stuck(one: Value | None, other: Value | None) -> list[str]:
    """Who can never go on, on one flavor or the other: `parent in vfork`."""
    lines = [line for value in (one, other) if isinstance(value, tuple) for line in value]
    return list(dict.fromkeys(line.partition(" in ")[0] for line in lines))


def _is_errno(text: str) -> bool:
    return text.isupper() and text.startswith("E")


def _distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """In order of time, each line of C once."""
    found: dict[object, Reason] = {}
    for one in sorted(reasons, key=lambda one: one.serial):
        found.setdefault(one.cite.key if one.cite is not None else (one.kind, one.at, one.detail), one)
    return tuple(found.values())[:MOST]
