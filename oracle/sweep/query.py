"""Questions about a finished sweep. Each goes through the stored cases once, one job after the other, in little memory."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from oracle.diff import scope_of
from oracle.errors import UsageError
from oracle.facts import Scope
from oracle.flavor import Flavor
from oracle.observation import Observation
from oracle.run import run
from oracle.scenario import ArgValue
from oracle.signature import abstract_roles, kind_of
from oracle.sweep.chunk import INEXPRESSIBLE, SILENT, Outcome, digest
from oracle.sweep.plan import Plan
from oracle.sweep.space import Space
from oracle.sweep.states import State
from oracle.sweep.store import Store
from oracle.sweep.sweep import agree


@dataclass(frozen=True, slots=True)
class Cube:
    """Cases of one shape: a value for each axis, and for its word which bits are meant; the others may be anything."""

    fixed: tuple[tuple[str, str], ...]  # axis and value, where it matters
    free: tuple[str, ...]  # bits and axes that may be anything
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A set of cases: how many of how many, in which shapes, and the simplest."""

    size: int
    of: int
    cubes: tuple[Cube, ...]
    smallest: int | None


def which_are_like(plan: Plan, flavors: Sequence[Flavor], store: Store, call: str) -> dict[str, Answer]:
    """For each flavor, the cases that come to exactly what a call without arguments comes to, in every state there is."""
    answers = {}
    for place, flavor in enumerate(flavors):
        if call not in flavor.calls:
            raise UsageError(f"{flavor.id} has no call {call!r} to compare with")
        standards = {state.name: _standard(state, flavor, call) for state in plan.states}
        like = bytearray(b"\1" * plan.space.size)
        for cell, chunk in store.chunks(plan, cases=True):
            standard = standards[cell.state.name]
            if standard.kind in SILENT:
                continue
            same = bytes(outcome.whole == standard.whole for outcome in chunk.outcomes)
            _and(like, cell.start, chunk.cases[place], same)
        if all(one.kind in SILENT for one in standards.values()):
            raise UsageError(f"{flavor.id} models none of these states")
        answers[flavor.id] = answer(plan.space, like)
    return answers


def _standard(state: State, flavor: Flavor, call: str) -> Outcome:
    return digest(run(state.scenario("standard", call, {}), flavor, checked=False))


def _and(into: bytearray, start: int, cases: Sequence[int], true: Sequence[int]) -> None:
    """Clear the cases whose outcome isn't one of those that are true."""
    stretch = into[start : start + len(cases)]
    into[start : start + len(cases)] = bytes([old & true[place] for old, place in zip(stretch, cases, strict=True)])


@dataclass(frozen=True, slots=True)
class Agreement:
    """The cases on which all flavors agree in every state: that all of them can do, and that none of them can."""

    done: Answer
    refused: Answer
    by_state: tuple[tuple[str, int], ...]  # on how many they agree from each alone: which states leave little


def which_agree(plan: Plan, store: Store) -> Agreement:
    """The largest set of cases on which the flavors agree, whatever the state."""
    if len(plan.flavors) < 2:
        raise UsageError("which agree needs two flavors or more")
    same = bytearray(b"\1" * plan.space.size)
    made = bytearray(b"\1" * plan.space.size)
    by_state = {state.name: 0 for state in plan.states}
    for cell, chunk in store.chunks(plan, cases=True):
        verdicts: dict[tuple[int, ...], tuple[bool, bool]] = {}
        for group in chunk.groups:
            key = [chunk.outcomes[place] for place in group.outcomes]
            agreed = agree(key, plan.flavors)
            by_state[cell.state.name] += agreed * group.size
            verdicts[group.outcomes] = (agreed, all(one.kind != INEXPRESSIBLE for one in key))
        for index, places in enumerate(zip(*chunk.cases, strict=True), cell.start):
            agreed, can = verdicts[places]
            same[index] &= agreed
            made[index] &= can
    done = bytearray(one & two for one, two in zip(same, made, strict=True))
    refused = bytearray(one & ~two & 1 for one, two in zip(same, made, strict=True))
    return Agreement(answer(plan.space, done), answer(plan.space, refused), tuple(by_state.items()))


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of fact that changes, in how many pairs of cases, and the simplest of them: state and case before the change."""

    fact: str
    pairs: int
    state: str
    smallest: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What one change of a case does: in how many pairs nothing, and else to which facts. `silent`: nothing is known of one."""

    pairs: int
    same: int
    silent: int
    facts: tuple[Change, ...]


def what_changes(plan: Plan, flavors: Sequence[Flavor], store: Store, what: str) -> dict[str, Changes]:
    """For each flavor, what a flag changes, all else equal; or `parameter=value`, against the parameter's simplest value."""
    unit, step, size = _change(plan.space, what)
    answers = {}
    for place, flavor in enumerate(flavors):
        by_state: dict[str, tuple[array[int], dict[Outcome, int]]] = {}
        for cell, chunk in store.chunks(plan, cases=True):
            cases, outcomes = by_state.setdefault(cell.state.name, (array("I"), {}))
            renumbered = [outcomes.setdefault(one, len(outcomes)) for one in chunk.outcomes]
            cases.extend(renumbered[one] for one in chunk.cases[place])
        answers[flavor.id] = _changes(plan, flavor, by_state, (unit, step, size))
    return answers


def _change(space: Space, what: str) -> tuple[int, int, int]:
    """Of a change: how far apart cases are whose digit differs by one, how far it moves the digit, and the digit's range."""
    name, _, value = what.partition("=")
    unit = 1
    for axis in space.axes:
        for place, (flag, _) in enumerate(axis.bits):
            if flag == what:
                return unit << place, 1, 2
        texts = [axis.text(index) for index in range(0 if axis.bits else axis.size)]
        if axis.name == name and value in texts[1:]:
            return unit, texts.index(value), axis.size
        unit *= axis.size
    known = [flag for axis in space.axes for flag, _ in axis.bits]
    known += [f"{axis.name}={axis.text(place)}" for axis in space.axes if not axis.bits for place in range(1, axis.size)]
    raise UsageError(f"nothing in {space.name} is called {what!r}; there are {', '.join(known)}")


def _changes(
    plan: Plan, flavor: Flavor, by_state: dict[str, tuple[array[int], dict[Outcome, int]]], change: tuple[int, int, int]
) -> Changes:
    unit, step, size = change
    states = {state.name: state for state in plan.states}
    found: dict[str, list[tuple[int, int, str, int]]] = {}
    pairs = same = silent = 0
    for name, (cases, outcomes) in by_state.items():
        kinds = [one.kind for one in outcomes]
        met: Counter[tuple[int, int]] = Counter()
        first: dict[tuple[int, int], int] = {}
        for index in range(len(cases)):
            if index // unit % size:
                continue
            pair = (cases[index], cases[index + step * unit])
            met[pair] += 1
            first.setdefault(pair, index)
        for pair, count in met.items():
            pairs += count
            if any(kinds[one] in SILENT for one in pair):
                silent += count
            elif pair[0] == pair[1]:
                same += count
            else:
                index = first[pair]
                for fact in _facts_apart(plan.space, states[name], flavor, index, index + step * unit):
                    found.setdefault(fact, []).append((plan.space.weight(index), count, name, index))
    facts = []
    for fact, cases_of in found.items():
        _, _, state, smallest = min(cases_of, key=lambda one: one[0])  # the first of the simplest
        facts.append(Change(fact, sum(count for _, count, _, _ in cases_of), state, smallest))
    return Changes(pairs, same, silent, tuple(sorted(facts, key=lambda one: (-one.pairs, one.fact))))


def _facts_apart(space: Space, state: State, flavor: Flavor, index: int, other: int) -> set[str]:
    """The kinds of facts that differ between two cases."""

    def observed(args: dict[str, ArgValue]) -> Observation:
        return run(state.scenario("change", space.call, args), flavor, checked=False).observation

    paths = observed(space.args(index)).differing(observed(space.args(other)), True)
    roles = abstract_roles(state.scenario("change", space.call, {}))
    return {kind_of(path, roles) for path in paths if scope_of(path) not in (Scope.ASKED, Scope.ASKED_SYSTEM)}


def equivalence_classes(plan: Plan, flavors: Sequence[Flavor], store: Store, most: int) -> dict[str, tuple[int, list[Answer]]]:
    """For each flavor, how many classes of cases there are that come to the same in every state, and the largest of them."""
    answers = {}
    for place, flavor in enumerate(flavors):
        classes = array("I", bytes(4 * plan.space.size))
        for state in plan.states:  # what was one class may come apart in the next state
            apart: dict[tuple[int, str], int] = {}
            for cell, chunk in store.chunks(plan, cases=True):
                if cell.state.name != state.name:
                    continue
                wholes = [one.whole for one in chunk.outcomes]
                for index, one in enumerate(chunk.cases[place], cell.start):
                    classes[index] = apart.setdefault((classes[index], wholes[one]), len(apart))
        sizes = Counter(classes)
        largest = sorted(sizes, key=lambda one: (-sizes[one], one))[:most]
        members = [answer(plan.space, bytearray(one == wanted for one in classes)) for wanted in largest]
        answers[flavor.id] = (len(sizes), members)
    return answers


# --- sets of cases in few words -------------------------------------------------------------------------------------------


def answer(space: Space, members: bytearray) -> Answer:
    """A set of cases, given as a byte for each, in shapes as large as can be."""
    indices = [index for index, member in enumerate(members) if member]
    smallest = min(indices, key=lambda index: (space.weight(index), index), default=None)
    left = bytearray(members)
    cubes = []
    for index in sorted(indices, key=lambda index: (space.weight(index), index)):
        if left[index]:
            cube, cases = _grow(space, members, index)
            cubes.append(cube)
            for one in cases:
                left[one] = 0
    return Answer(len(indices), space.size, tuple(sorted(cubes, key=lambda one: -one.size)), smallest)


def _grow(space: Space, members: bytearray, index: int) -> tuple[Cube, list[int]]:
    """The largest shape around a case that is reached by freeing one thing after the other."""
    cases = [index]
    free: list[str] = []
    fixed: list[tuple[str, str]] = []
    unit = 1
    for axis in space.axes:
        digit = index // unit % axis.size
        if axis.bits:
            kept = 0
            for place, (flag, _) in enumerate(axis.bits):
                moved = [one ^ unit << place for one in cases]
                if all(members[one] for one in moved):
                    cases += moved
                    free.append(flag)
                else:
                    kept |= 1 << place
            on = "|".join([*axis.flags(digit & kept), *axis.astray(digit)])
            off = ", ".join(axis.flags(kept & ~digit))
            text = " ".join([*([on] if on else []), *([f"without {off}"] if off else [])])
            if text:
                fixed.append((axis.name, text))
        else:
            values = [
                value
                for value in range(axis.size)
                if value == digit or all(members[one + (value - digit) * unit] for one in cases)
            ]
            if len(values) == axis.size:
                free.append(axis.name)
            else:
                fixed.append((axis.name, " or ".join(axis.text(value) for value in values)))
            cases = [one + (value - digit) * unit for value in values for one in cases]
        unit *= axis.size
    return Cube(tuple(fixed), tuple(free), len(cases)), cases
