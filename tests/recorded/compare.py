"""Compares what a flavor did with what was recorded, member by member."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from oracle.errors import UsageError
from oracle.flavor import Flavor
from tests.recorded import dragonfly, dragonfly_read, netbsd, netbsd_read
from tests.recorded.notions import NO_KNOB, exception, granted, reason
from tests.recorded.recording import Outcome, Recording

UID = re.compile(r"uid = ?(\d+)|uid (\d+)")
INDEX = re.compile(r"\[\d+\]")
LWP = re.compile(r"lwps\[(\d+)\]")
ABSENT = "absent"
DIED = ("FAULT", "PANIC")
STRUCTURED = ("sleeps", "lwps")  # lists whose entries are compared member by member


class Difference(NamedTuple):
    """A member on which the flavor and the recording disagree."""

    flavor: str
    member: str  # its path without indices
    id: str
    expected: Any
    actual: Any


@dataclass(slots=True)
class Compared:
    """How recordings compare: members that agree, that are taken for granted, that are outside the model's notions."""

    recordings: int = 0
    agreeing: int = 0  # recordings without a difference
    members: int = 0  # compared with the machine
    granted: int = 0
    outside: int = 0
    differences: list[Difference] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)  # differences that are no fault of the flavor, by reason

    def add(self, other: Compared) -> None:
        """Count other recordings, too."""
        self.recordings += other.recordings
        self.agreeing += other.agreeing
        self.members += other.members
        self.granted += other.granted
        self.outside += other.outside
        self.differences += other.differences
        self.excused += other.excused


def compare(flavor: Flavor, recording: Recording) -> Compared:
    """Play a recording on a flavor."""
    result = Compared(1)
    try:
        unknown, actual = _play(flavor, recording)
    except UsageError:
        raise
    except Exception as crash:  # noqa: BLE001  # a flavor that crashes differs from its listing, whatever it raises
        result.differences.append(Difference(flavor.id, "crash", recording.id, recording.outcome["error"], repr(crash)))
        return result
    for name in unknown:
        if name not in NO_KNOB:
            result.differences.append(Difference(flavor.id, f"state.{name}", recording.id, "a known knob", ABSENT))
    found = dict(flatten(words(actual)))
    for path, expected in flatten(words(recording.outcome)):
        _member(result, recording, path, expected, found.get(path, ABSENT))
    result.agreeing = int(not result.differences)
    return result


def _play(flavor: Flavor, recording: Recording) -> tuple[list[str], Outcome]:
    """The knobs that nobody knows, and what the flavor did."""
    if flavor.system == "dragonfly":
        world = dragonfly.run(flavor, recording)
        return world.knobs.unknown(), dragonfly_read.outcome(flavor, world, recording)
    if flavor.system == "netbsd":
        world = netbsd.run(flavor, recording)
        return world.knobs.unknown(), netbsd_read.outcome(world, recording)
    raise UsageError(f"{recording.id}: no machine can be built for {flavor.id}; {flavor.system} is no system of the listings")


def _member(result: Compared, recording: Recording, path: str, expected: Any, got: Any) -> None:
    """Compare one member of an outcome."""
    member = INDEX.sub("", path)
    if reason(member, recording.flavor):
        result.outside += 1
        return
    if grant := granted(member, recording.flavor):
        if _half_made(recording, path):
            result.outside += 1
            return
        result.granted += 1
        got = getattr(grant, _whose(recording, path))
    else:
        result.members += 1
    if got == expected and type(got) is type(expected):
        return
    if why := exception(recording, member, expected, got):
        result.excused[why] += 1
    else:
        result.differences.append(Difference(recording.flavor, member, recording.id, expected, got))


def _half_made(recording: Recording, path: str) -> bool:
    """Whether a member is one of a child that the kernel died over, or that has the memory of another."""
    return path.startswith("child.") and (recording.outcome["error"] in DIED or bool(recording.state.get("recycled")))


def _whose(recording: Recording, path: str) -> str:
    """Whether a member is the caller's, a new process's or thread's, or another thread's."""
    process = path.partition(".")[0]
    if match := LWP.search(path):
        return str(recording.outcome[process]["lwps"][int(match[1])]["who"])
    return "new" if process == "child" else "caller"


def words(outcome: Outcome) -> Outcome:
    """An outcome with what the model says in words of its own brought to a common form."""
    return {**outcome, "log": [_uid(line) for line in outcome["log"]], "stop": outcome["stop"] is not None}


def _uid(line: str) -> str:
    match = UID.search(line)
    return f"uid {match[1] or match[2]}" if match else "a line"


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The members of an outcome by path."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from flatten(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and path.rpartition(".")[2] in STRUCTURED:
        yield f"{path}.count", len(value)
        for index, one in enumerate(value):
            yield from flatten(one, f"{path}[{index}]")
    else:
        yield path, value
