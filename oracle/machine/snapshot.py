"""The whole state of a machine as plain values, so that two states can be compared: an object is named by the path on which it
is reached first. The clock, the console and what serves only the scheduler or the reader are left out, and so are records of
files and users that are there only because somebody asked for them."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from enum import Enum

from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.ratelimit import RateLimit

ROOTS = ("nprocs", "maxproc", "allproc", "zombproc", "pgrps", "background", "counters", "proc_lock", "kern")
NOT_STATE = {(Lwp, "lwp_task"), (Lwp, "lwp_retval")}  # of this class, and of those that are made from it to watch it


def snapshot(k: Machine) -> dict[str, object]:
    """Every value that can be reached from the machine, by path."""
    result: dict[str, object] = {}
    first: dict[object, str] = {}
    queue: deque[tuple[str, object]] = deque((root, getattr(k, root)) for root in ROOTS)
    queue.append(("vnodes", {path: vp for path, vp in k.vnodes.items() if vp.v_usecount or vp.v_locks}))
    queue.append(("uidinfo", {uid: info for uid, info in k.uidinfo.items() if info.ui_proccnt}))
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
        elif value in first:
            result[path] = f"the {type(value).__name__} of {first[value]}"
        else:
            first[value] = path
            result[path] = type(value).__name__
            if is_dataclass(value):
                queue.extend(
                    (f"{path}.{field.name}", getattr(value, field.name))
                    for field in fields(value)
                    if not any((kind, field.name) in NOT_STATE for kind in (type(value), *type(value).__bases__))
                )
    return result


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """The paths on which two snapshots differ, with both values, in order."""
    paths = list(before) + [path for path in after if path not in before]
    return [
        f"{path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}"
        for path in paths
        if (was := before.get(path, paths)) != (now := after.get(path, paths)) or type(was) is not type(now)
    ]
