"""Finds flavors through the entry-point group `oracle.flavors`, ours like anybody's, and checks what it finds.

A broken plugin is reported and left out; the others are still there.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import EntryPoint, entry_points
from inspect import signature

from oracle.calls import PORTABLE_BY_NAME
from oracle.cite import parse_lines
from oracle.conditions.values import Trial
from oracle.errors import FlavorError, UsageError
from oracle.flavor import CONTRACT, Call, Flavor, Words
from oracle.machine.proc import Proc

GROUP = "oracle.flavors"
ID = re.compile(r"[a-z][a-z0-9_-]*@[A-Za-z0-9._-]+")
STATES = ("embryo", "running", "stopped", "dying", "zombie")
KINDS: Mapping[str, type] = {
    "title": str, "sources": tuple, "calls": Mapping, "signals": Mapping, "flags": Mapping, "states": Mapping, "words": Words,
    "counters": Mapping, "tunables": Mapping, "violations": tuple, "unmodelled": Mapping, "maps": tuple, "absent": Mapping,
    "order": int,
    "trials": tuple,
}  # fmt: skip
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "boot": ("k", "spec"),
    "new_process": ("k", "spec", "parent"),
    "furnish": ("k", "lwp", "spec"),
    "settle": ("k", "extras"),
    "syscall": ("k", "lwp", "call", "args"),
    "lower": ("intent",),
    "status": ("xstat",),
    "ignored": ("proc",),
    "handler": ("proc", "signo"),
}


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
    except (Exception, SystemExit) as error:  # a plugin is foreign code: whatever it raises is that plugin's fault
        raise FlavorError(f"can't be imported: {type(error).__name__}: {error}{_where(error)}") from error
    if not isinstance(value, Flavor):
        raise FlavorError(f"is of type {type(value).__name__}, not an oracle.flavor.Flavor; point it at the flavor's value")
    validate(value)
    return value


def _where(error: BaseException) -> str:
    """The innermost line of the plugin that an import got to, if it got to one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames[1:] else ""  # the first is ours


def validate(flavor: Flavor) -> None:
    """Raise FlavorError, naming what is wrong and the cure, unless the harness can work with this flavor."""
    if flavor.contract != CONTRACT:
        raise FlavorError(f"was written for contract {flavor.contract}, this is contract {CONTRACT}")
    if not ID.fullmatch(str(flavor.id)):
        raise FlavorError(f"its id {flavor.id!r} is not of the form system@revision")
    for attribute, kind in KINDS.items():
        value = getattr(flavor, attribute)
        if not isinstance(value, kind):
            raise FlavorError(f"{flavor.id}: its {attribute} is of type {type(value).__name__}, not {kind.__name__}")
    for attribute, arguments in FUNCTIONS.items():
        _check_function(flavor, f"its {attribute}", getattr(flavor, attribute), arguments)
    for name, call in flavor.calls.items():
        _check_call(flavor, name, call)
    for name in ("fork", "exit", "wait"):
        if name not in flavor.calls:
            raise FlavorError(f"{flavor.id}: it has no call {name!r}; fork, exit and wait are the least there is")
    _check_names(flavor)
    _check_maps(flavor)
    for trial in flavor.trials:
        _check_trial(flavor, trial)
    for known in flavor.violations:
        try:
            re.compile(known.matches)
        except re.error as error:
            raise FlavorError(f"{flavor.id}: its known violation of {known.rule!r} matches no report: {error}") from None


def _check_function(flavor: Flavor, what: str, function: object, arguments: tuple[str, ...]) -> None:
    if not callable(function):
        raise FlavorError(f"{flavor.id}: {what} is not a function but {function!r}")
    try:
        wanted = signature(function)
    except ValueError:  # some callables written in C don't tell
        return
    try:
        wanted.bind(*arguments)
    except TypeError:
        raise FlavorError(f"{flavor.id}: {what} can't be called with ({', '.join(arguments)})") from None


def _check_call(flavor: Flavor, name: str, call: object) -> None:
    if not isinstance(call, Call):
        raise FlavorError(f"{flavor.id}: its call {name!r} is of type {type(call).__name__}, not an oracle.flavor.Call")
    if call.spec.name != name:
        raise FlavorError(f"{flavor.id}: its call {name!r} has a spec named {call.spec.name!r}; name them alike")
    portable = PORTABLE_BY_NAME.get(name)
    if portable is not None and call.spec != portable:
        raise FlavorError(f"{flavor.id}: {name!r} is a portable call; give it oracle.calls.PORTABLE_BY_NAME[{name!r}]")
    _check_function(flavor, f"the code of its call {name!r}", call.run, ("k", "lwp", "args"))


def _check_maps(flavor: Flavor) -> None:
    """Maps of sources that are the flavor's, with lines that can be read."""
    for one in flavor.maps:
        if one.source not in flavor.sources:
            raise FlavorError(f"{flavor.id}: it has a map of {one.source}, which is none of its sources")
        texts = [text for function in one.functions for text in (function.code, function.decides)]
        texts += [left.lines for left in one.left_out] + [line.lines for line in one.branchless]
        for text in texts:
            try:
                parse_lines(text)
            except ValueError as error:
                raise FlavorError(f"{flavor.id}: its map of {one.source}: {error}") from None


def _check_trial(flavor: Flavor, trial: object) -> None:
    if not isinstance(trial, Trial):
        raise FlavorError(f"{flavor.id}: its trial {trial!r} is of type {type(trial).__name__}, not an oracle.conditions.Trial")
    if trial.call not in flavor.calls:
        raise FlavorError(f"{flavor.id}: it has conditions of {trial.call!r}, and no such call; name one of its calls")
    names = [condition.name for condition in trial.conditions]
    if twice := [name for name in names if names.count(name) > 1]:
        raise FlavorError(f"{flavor.id}: {trial.name} has two conditions called {twice[0]!r}; give one another name")


def _check_names(flavor: Flavor) -> None:
    """Signals, flags, states and counters: names that are there, and numbers that name one thing each."""
    if "WNOHANG" not in flavor.flags.get("wait", {}):
        raise FlavorError(f"{flavor.id}: its flags have no WNOHANG in section 'wait'; init collects its zombies with it")
    for name in ("forks", "vforks"):
        if name not in flavor.counters:
            raise FlavorError(f"{flavor.id}: its counters don't say which one {name!r} is")
    numbers: dict[int, str] = {}
    for name, number in flavor.signals.items():
        if type(number) is not int or number < 1:
            raise FlavorError(f"{flavor.id}: its signal {name} has the number {number!r}; the first signal is 1")
        if number in numbers:
            raise FlavorError(f"{flavor.id}: its signals {numbers[number]} and {name} have one number, {number}")
        numbers[number] = name
    for number, state in flavor.states.items():
        if state not in STATES:
            raise FlavorError(f"{flavor.id}: its state {number} is {state!r}; a state is one of {', '.join(STATES)}")
    words = [name for name in flavor.flags if name.startswith("p_")]
    places = [getattr(flavor.words, field.name) for field in fields(Words)]
    words += [place[0] for place in places if isinstance(place, tuple)]
    for word in words:
        if word not in Proc.__slots__:
            raise FlavorError(f"{flavor.id}: its flags are in {word!r}, which no oracle.machine.proc.Proc has")
