"""Finds flavors through the entry-point group `oracle.flavors`, ours like anybody's, and checks what it finds.

A broken plugin is reported and left out; the others are still there.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from oracle.calls import PORTABLE_BY_NAME
from oracle.errors import FlavorError, UsageError
from oracle.flavor import CONTRACT, Call, Flavor

GROUP = "oracle.flavors"
ID = re.compile(r"[a-z][a-z0-9_-]*@[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Registry:
    """The flavors found, in the order of their ids, and what was wrong with those left out."""

    flavors: tuple[Flavor, ...]
    broken: tuple[FlavorError, ...] = ()

    def select(self, wanted: Sequence[str]) -> tuple[Flavor, ...]:
        """The flavors with these ids, in this order; a bare system means its newest revision. None wanted: all of them.

        Raises UsageError for one that is not there.
        """
        return tuple(self.find(one) for one in wanted) if wanted else self.flavors

    def find(self, wanted: str) -> Flavor:
        """One flavor by id or by system."""
        exact = [flavor for flavor in self.flavors if flavor.id == wanted]
        if exact:
            return exact[0]
        same_system = [flavor for flavor in self.flavors if flavor.system == wanted]
        if same_system:
            return max(same_system, key=lambda flavor: flavor.order)
        known = ", ".join(flavor.id for flavor in self.flavors) or "none"
        reasons = "".join(f"\n{error}" for error in self.broken if wanted in str(error))
        raise UsageError(f"there is no flavor {wanted!r}; installed: {known}{reasons}")


def load_flavors(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load all installed flavors. `points` stands in for the installed entry points."""
    found = sorted(entry_points(group=GROUP) if points is None else points, key=lambda point: (point.name, point.value))
    good: dict[str, Flavor] = {}
    origin: dict[str, str] = {}
    broken: list[FlavorError] = []
    for point in dict.fromkeys(found):
        try:
            flavor = _load(point)
            if flavor.id in good:
                raise FlavorError(f"its id {flavor.id!r} is taken by the plugin {origin[flavor.id]}; give it another one")
        except FlavorError as error:
            broken.append(FlavorError(f"flavor plugin {_describe(point)}: {error}"))
            continue
        good[flavor.id] = flavor
        origin[flavor.id] = _describe(point)
    return Registry(tuple(sorted(good.values(), key=lambda flavor: (flavor.system, flavor.order, flavor.id))), tuple(broken))


def _describe(point: EntryPoint) -> str:
    owner = f" of {point.dist.name}" if point.dist is not None else ""
    return f"{point.name!r} ({point.value}{owner})"


def _load(point: EntryPoint) -> Flavor:
    try:
        value = point.load()
    except Exception as error:  # a plugin is foreign code: whatever it raises is that plugin's fault
        where = traceback.extract_tb(error.__traceback__)[-1]
        raise FlavorError(f"can't be imported: {type(error).__name__}: {error} ({where.filename}:{where.lineno})") from error
    if not isinstance(value, Flavor):
        raise FlavorError(f"is a {type(value).__name__}, not an oracle.flavor.Flavor; point it at the flavor's value")
    validate(value)
    return value


def validate(flavor: Flavor) -> None:
    """Raise FlavorError, naming what is wrong, unless the harness can work with this flavor."""
    if flavor.contract != CONTRACT:
        raise FlavorError(f"was written for contract {flavor.contract}, this is contract {CONTRACT}")
    if not ID.fullmatch(str(flavor.id)):
        raise FlavorError(f"its id {flavor.id!r} is not of the form system@revision")
    for name in ("boot", "new_process", "syscall", "lower", "status", "ignored", "handler"):
        if not callable(getattr(flavor, name)):
            raise FlavorError(f"{flavor.id}: its {name} is not a function but {getattr(flavor, name)!r}")
    for name, call in flavor.calls.items():
        if not isinstance(call, Call):
            raise FlavorError(f"{flavor.id}: its call {name!r} is a {type(call).__name__}, not an oracle.flavor.Call")
        if call.spec.name != name:
            raise FlavorError(f"{flavor.id}: its call {name!r} has a spec named {call.spec.name!r}; name them alike")
        portable = PORTABLE_BY_NAME.get(name)
        if portable is not None and call.spec != portable:
            raise FlavorError(f"{flavor.id}: {name!r} is a portable call; give it oracle.calls.PORTABLE_BY_NAME[{name!r}]")
        if not callable(call.run):
            raise FlavorError(f"{flavor.id}: its call {name!r} has no function to run")
    for name in ("fork", "exit", "wait"):
        if name not in flavor.calls:
            raise FlavorError(f"{flavor.id}: it has no call {name!r}; fork, exit and wait are the least there is")
    if "WNOHANG" not in flavor.flags.get("wait", {}):
        raise FlavorError(f"{flavor.id}: its flags have no WNOHANG in section 'wait'; init collects its zombies with it")
    for name in ("forks", "vforks"):
        if name not in flavor.counters:
            raise FlavorError(f"{flavor.id}: its counters don't say which one {name!r} is")
