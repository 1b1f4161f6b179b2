"""Tells what a step changed from the facts before and after it: processes born, processes gone, and single facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oracle.facts import Subject, Value, split

Facts = Mapping[str, Value]
DEAD = ("zombie", "reaped")


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that a step changed; None: not observed."""

    path: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class Birth:
    """A process that a step made: how it differs from its model, and how it hangs together with it."""

    role: str
    like: str  # the process whose facts it was compared with, the caller as a rule; empty if there is none
    differs: tuple[Change, ...]  # before: the model's value, after: its own
    relation: tuple[tuple[str, Value], ...]  # the facts about the two as a pair


@dataclass(frozen=True, slots=True)
class Gone:
    """A process that died or was reaped: its state before and now, what is left to see of it, how many facts went."""

    role: str
    before: Value
    state: Value
    left: tuple[tuple[str, Value], ...]
    facts: int


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a step changed."""

    births: tuple[Birth, ...] = ()
    gone: tuple[Gone, ...] = ()
    facts: tuple[Change, ...] = ()


def changes(before: Facts, after: Facts, caller: str = "") -> Changes:
    """What differs between two observations, results of calls left out, in the order of observation."""
    roles = [path.partition(".")[0] for path in after if path.endswith(".state") and split(path)[0] is Subject.PROCESS]
    born = [role for role in roles if f"{role}.state" not in before]
    gone = [
        role
        for role in roles
        if after[f"{role}.state"] in DEAD and before.get(f"{role}.state") not in (None, after[f"{role}.state"])
    ]
    births = tuple(_birth(role, caller, after) for role in born)
    told = {*born, *gone}
    single = []
    for path in dict.fromkeys([*after, *before]):
        old, new = before.get(path), after.get(path)
        subject, _ = split(path)
        if subject is Subject.CALL or old == new or told.intersection(path.partition(".")[0].split("~")):
            continue
        single.append(Change(path, old, new))
    return Changes(births, tuple(_gone(role, before, after) for role in gone), tuple(single))


def _birth(role: str, caller: str, after: Facts) -> Birth:
    parent = str(after.get(f"{role}.parent", ""))
    like = next((one for one in (caller, parent) if f"{one}.state" in after and one != role), "")
    differs = []
    names = dict.fromkeys(path.partition(".")[2] for path in after if path.partition(".")[0] in (role, like))
    for name in names:
        theirs, own = after.get(f"{like}.{name}"), after.get(f"{role}.{name}")
        if theirs != own:
            differs.append(Change(f"{role}.{name}", theirs, own))
    pairs = (f"{like}~{role}", f"{role}~{like}")
    relation = tuple((path.partition(".")[2], value) for path, value in after.items() if path.partition(".")[0] in pairs)
    return Birth(role, like, tuple(differs), relation)


def _gone(role: str, before: Facts, after: Facts) -> Gone:
    left = tuple((path.partition(".")[2], value) for path, value in after.items() if path.partition(".")[0] == role)
    lost = sum(path.partition(".")[0] == role and path not in after for path in before)
    state = f"{role}.state"
    return Gone(role, before[state], after[state], tuple(one for one in left if one[0] != "state"), lost)
