"""The search through all schedules: each execution runs the scenario from its start under a prefix of choices, then goes on by
the default; where two moves of different actors do not commute, the other order is tried as well.

Dynamic partial-order reduction with source sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014) and sleep sets: of all the
schedules that differ only in the order of moves that commute, one is run. States that were met before are not gone through
again; the moves that followed on them then are looked at for races with what led here (Yang, Chen, Gopalakrishnan, Kirby,
SPIN 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from oracle.explore.kinds import Kinds
from oracle.explore.tracker import Birth, Footprint, Tracker
from oracle.explore.tree import NO_EVENT, Event, Node, Seen, join
from oracle.machine.machine import Machine
from oracle.schedule import preferred, render


class Redundant(Exception):
    """What this execution would go on with is covered by others."""


class Search:
    """All executions of one scenario on one flavor: the chooser (`oracle.schedule.Chooser`) of each of them in turn.

    Without `reduce`, every order is run. With `bound`, orders with more preemptions than that are left out: those in which
    somebody else goes on although who went on last could.
    """

    def __init__(self, reduce: bool = True, bound: int | None = None) -> None:
        self.bound = bound
        self.executions = 0
        self.steps = 0
        self.cut = False  # whether the bound left anything out
        self.seen: dict[Hashable, Seen] = {}
        self._reduce = reduce
        self._dynamic = reduce and bound is None
        self._kinds = Kinds()
        self._stack: list[Node] = []
        self._reset()

    def _reset(self) -> None:
        self._depth = 0  # how many nodes of the stack the execution has passed
        self._floor = 0
        self._born: list[Birth] = []  # since the last move
        self._clocks: dict[str, dict[str, int]] = {}
        self._tracker: Tracker | None = None
        self._idle = False  # whether what goes on is nobody's move
        self._moving = ""  # who makes a move just now
        self._state: Callable[[], Hashable] = tuple

    def next(self) -> bool:
        """Get ready for another execution; False if all are done."""
        if self.executions and not self._backtrack():
            return False
        self._reset()
        self.executions += 1
        return True

    def end(self) -> None:
        """The execution is over, perhaps by a crash in the middle of a move; nobody listens any more."""
        if self._moving:
            self.moved(self._moving, fatal=True)
            self._compare(())
        self._kinds.tracker = None

    def schedule(self) -> str:
        """The choices of this execution, as far as they were not the default."""
        differs = {}
        choices = 0
        for node in self._stack[: self._depth]:
            if len(node.enabled) > 1:
                choices += 1
                if node.chosen != preferred(node.enabled, node.last):
                    differs[choices] = node.chosen
        return render(differs)

    def _backtrack(self) -> bool:
        """Back to the last choice with something left to try, and try that."""
        stack = self._stack
        while stack:
            node = stack[-1]
            for actor in node.wanted:
                if actor not in node.done and actor not in node.sleep:
                    node.chosen = actor
                    return True
            stack.pop()
            node.after.update(dict.fromkeys([(actor, event.footprint) for actor, event in node.done.items()]))
            if self._reduce:
                self.seen[node.state] = Seen(node.slept, node.after)
            if stack:
                stack[-1].after.update(node.after)
        return False

    # --- what the run tells ---------------------------------------------------------------------------------------------

    def enter(self, k: Machine, state: Callable[[], Hashable]) -> None:
        """A block begins."""
        self._state = state
        self._floor = self._depth
        if self._tracker is None and self._reduce:
            self._tracker = Tracker(self._kinds, k)
            if not self._stack:
                self._tracker.begin()
                self._born += self._tracker.born
        self._settle()

    def choose(self, enabled: Sequence[str], last: str) -> str:
        """Who goes on: as planned, or somebody whose move is not covered by another execution."""
        self._settle()
        new = self._depth == len(self._stack)
        if new:
            self._arrive(tuple(enabled), last)
        node = self._stack[self._depth]
        if node.enabled != tuple(enabled):
            raise AssertionError(f"a run is not repeatable: {node.enabled} could go on, now it is {tuple(enabled)}")
        tracker = self._tracker
        if tracker is not None:
            if not new:
                tracker.repeat(node.born)
            if node.chosen not in node.done:
                if not new and node.checkpoint is not None:
                    tracker.resume(node.checkpoint)
                    self._clocks = node.clocks
                tracker.start(node.chosen)
        self._moving = node.chosen
        return node.chosen

    def moved(self, actor: str, fatal: bool = False) -> bool:
        """A move was made: note what it touched, and where it should have come earlier as well. Returns whether it is new."""
        self._moving = ""
        node = self._stack[self._depth]
        self._depth += 1
        self.steps += 1
        tracker = self._tracker
        new = actor not in node.done
        if tracker is None:
            node.done[actor] = NO_EVENT
        elif new:
            self._new_move(node, actor, tracker.end(fatal), tracker)
        else:
            tracker.repeat(node.done[actor].born)
        return new

    def _new_move(self, node: Node, actor: str, footprint: Footprint, tracker: Tracker) -> None:
        clock = self._clocks.get(actor, {}).copy()
        if self._dynamic:
            for event in self._before(self._depth - 1):
                if clock.get(event.actor, 0) < event.number and not event.footprint.commutes_with(footprint):
                    self._race(event, actor, clock)
                    join(clock, event.clock)
        number = clock[actor] = clock.get(actor, 0) + 1
        self._clocks = {**self._clocks, actor: clock}
        roused = [other for other in tracker.enabled if other != actor]
        self._follow(roused, clock)
        node.done[actor] = Event(actor, number, footprint, clock, self._depth - 1, tuple(tracker.born))
        if self._dynamic:
            for other in roused:
                if other in node.enabled:  # he could have gone on before, with what he will not do now
                    self._want(node, [other])

    def _follow(self, actors: Iterable[str], clock: dict[str, int]) -> None:
        """What some actors do next comes after the moves of a clock: it was made possible there."""
        for actor in actors:
            his = self._clocks[actor] = self._clocks.get(actor, {}).copy()
            join(his, clock)

    def _compare(self, enabled: tuple[str, ...]) -> None:
        """See whom the last move, if no time has passed since, let go on, or kept from what he could have done."""
        if self._depth == self._floor or self._depth != len(self._stack) or not self._dynamic:
            return
        node = self._stack[-1]
        self._follow(
            [actor for actor in enabled if actor not in node.enabled and actor != node.chosen], node.done[node.chosen].clock
        )
        for actor in node.enabled:
            if actor != node.chosen and actor not in enabled:
                self._want(node, [actor])

    def _before(self, depth: int) -> Iterator[Event]:
        """The moves of the present stretch that came before, the last first."""
        stack = self._stack
        for index in range(depth - 1, self._floor - 1, -1):
            yield stack[index].done[stack[index].chosen]

    def idle(self) -> None:
        """Time passes: after everything that was, and before everything that comes."""
        self._settle()
        self._compare(())
        self._floor = self._depth
        self._idle = True
        if self._tracker is not None and self._depth == len(self._stack):
            self._tracker.start("")

    def leave(self, last: bool) -> None:
        """The block is over; what follows goes on by itself, and matters for the next block alone."""
        if last:
            self._kinds.tracker = None
            self._idle = False

    def _settle(self) -> None:
        """End what went on by itself."""
        if self._idle and self._tracker is not None and self._depth == len(self._stack):
            self._tracker.end()
            self._born += self._tracker.born
        self._idle = False

    # --- where to look further ------------------------------------------------------------------------------------------

    def _arrive(self, enabled: tuple[str, ...], last: str) -> None:
        """A state in which this way has not been before: plan what to try from it. Raises Redundant if that is nothing."""
        self._compare(enabled)
        node = Node(enabled, last, tuple(self._born), None, self._clocks, {})
        self._born.clear()
        if self._stack:
            before = self._stack[-1]
            node.preemptions = before.preemptions + (before.last in before.enabled and before.chosen != before.last)
            if self._dynamic and self._depth > self._floor:  # else the moves before are over and done with
                step = before.done[before.chosen].footprint
                node.sleep = {
                    actor: event
                    for actor, event in (before.sleep | before.done).items()
                    if actor != before.chosen and event.footprint.commutes_with(step)
                }
                if node.sleep:
                    node.after = before.after.copy()
        if self._tracker is not None:
            node.checkpoint = self._tracker.checkpoint()
            node.slept = frozenset(node.sleep)
            spent = (node.preemptions, last) if self.bound is not None else ()
            node.state = (self._tracker.fingerprint(), self._state(), spent)
            seen = self.seen.get(node.state)
            if seen is not None and seen.slept <= node.slept:
                self._remember(seen)
                raise Redundant
        possible = [actor for actor in enabled if actor not in node.sleep]
        if self.bound is not None and last in enabled and node.preemptions >= self.bound:
            self.cut = self.cut or len(possible) > 1
            possible = [last]
        if not possible:
            self._stack[-1].after.update(node.after)
            raise Redundant
        node.chosen = preferred(possible, last)
        node.wanted = dict.fromkeys([node.chosen] if self._dynamic else possible)
        self._stack.append(node)

    def _race(self, event: Event, actor: str, clock: dict[str, int]) -> None:
        """Two moves do not commute, and nothing in between orders them: see to it that the later one is tried first, too."""
        apart = [one for one in self._before(self._depth - 1) if one.node > event.node]
        apart = [one for one in reversed(apart) if one.clock.get(event.actor, 0) < event.number]
        first: dict[str, dict[str, int]] = {}
        for one in apart:
            first.setdefault(one.actor, one.clock)
        first.setdefault(actor, clock)
        initials = [
            who
            for who, his in first.items()
            if not any(one.actor != who and his.get(one.actor, 0) >= one.number for one in apart)
        ]
        self._want(self._stack[event.node], initials)

    def _remember(self, seen: Seen) -> None:
        """What follows here was run before, after other moves: look for races with what led here this time."""
        self._stack[-1].after.update(seen.after)
        before = list(self._before(self._depth))
        for actor, footprint in seen.after:
            clock = self._clocks.get(actor, {})
            for event in before:
                if event.actor != actor and clock.get(event.actor, 0) < event.number:
                    if not event.footprint.commutes_with(footprint):
                        self._want(self._stack[event.node], [actor])

    def _want(self, node: Node, actors: Sequence[str]) -> None:
        """Have one of some actors tried at a node, unless one is already; everybody, if none of them can go on there."""
        if any(actor in node.wanted for actor in actors):
            return
        possible = [actor for actor in actors if actor in node.enabled]
        if possible:
            node.wanted[next((actor for actor in possible if actor not in node.sleep), possible[0])] = None
        else:
            node.wanted.update(dict.fromkeys(node.enabled))
