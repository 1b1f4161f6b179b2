"""The whole state of a machine as plain values, so that two states can be compared: objects become numbers in the order in
which they are reached. The clock, the console and what serves only the scheduler or the reader are left out."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from enum import Enum

from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.ratelimit import RateLimit

ROOTS = ("nprocs", "maxproc", "allproc", "zombproc", "pgrps", "uidinfo", "background", "vnodes", "counters", "proc_lock", "kern")
NOT_STATE = {(Lwp, "lwp_task"), (Lwp, "lwp_retval")}


def snapshot(k: Machine) -> dict[str, object]:
    """Every value that can be reached from the machine, by path."""
    result: dict[str, object] = {}
    numbers: dict[object, int] = {}
    queue: deque[tuple[str, object]] = deque((root, getattr(k, root)) for root in ROOTS)
    while queue:
        path, value = queue.popleft()
        if value is None or isinstance(value, bool | int | str | Enum | bytes | float):
            result[path] = value
        elif isinstance(value, list | tuple | deque):
            result[path] = len(value)
            queue.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            result[path] = len(value)
            for index, (key, item) in enumerate(value.items()):
                queue.append((f"{path}.key{index}", key))
                queue.append((f"{path}.{index}", item))
        elif callable(value) or isinstance(value, RateLimit):
            continue
        elif value in numbers:
            result[path] = f"#{numbers[value]}"
        else:
            numbers[value] = len(numbers)
            result[path] = f"#{numbers[value]} {type(value).__name__}"
            if is_dataclass(value):
                kind = type(value)
                queue.extend(
                    (f"{path}.{field.name}", getattr(value, field.name))
                    for field in fields(value)
                    if (kind, field.name) not in NOT_STATE
                )
    return result


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """The paths on which two snapshots differ, with both values, in order."""
    paths = list(before) + [path for path in after if path not in before]
    return [
        f"{path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}"
        for path in paths
        if before.get(path, paths) != after.get(path, paths)
    ]
