"""The whole state of a machine as plain values, so that two states can be compared: an object is named by the path on which it
is reached first. The clock, the console and what serves only the scheduler or the reader are left out, and so are records of
files and users that are there only because somebody asked for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import GeneratorType

from oracle.machine.cred import UidInfo
from oracle.machine.files import Vnode
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.ratelimit import RateLimit
from oracle.machine.task import Task

ROOTS = ("nprocs", "maxproc", "allproc", "zombproc", "pgrps", "background", "counters", "proc_lock", "kern")
NOT_STATE = {(Lwp, "lwp_task"), (Lwp, "lwp_retval")}  # of this class, and of those that are made from it to watch it


def snapshot(k: Machine) -> dict[str, object]:
    """Every value that can be reached from the machine, by path."""
    result: dict[str, object] = {}
    first: dict[object, str] = {}
    queue: deque[tuple[str, object]] = deque((root, getattr(k, root)) for root in ROOTS)
    queue.append(("vnodes", _used_vnodes(k)))
    queue.append(("uidinfo", _used_ids(k)))
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


def _used_vnodes(k: Machine) -> dict[str, Vnode]:
    return {path: vp for path, vp in k.vnodes.items() if vp.v_usecount or vp.v_locks}


def _used_ids(k: Machine) -> dict[int, UidInfo]:
    return {uid: info for uid, info in k.uidinfo.items() if info.ui_proccnt}


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """The paths on which two snapshots differ, with both values, in order."""
    paths = list(before) + [path for path in after if path not in before]
    return [
        f"{path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}"
        for path in paths
        if (was := before.get(path, paths)) != (now := after.get(path, paths)) or type(was) is not type(now)
    ]


def whole_state(k: Machine) -> str:
    """All that the machine's future depends on, as a text: what a snapshot has, and the clock, the roles and the sleepers.

    Two runs that come to one text go on alike, whatever comes. Beside a snapshot, it is quick to make.
    """
    walk = _Walk()
    for root in (*ROOTS, "faults", "ticks", "names", "lwp_names", "roles", "expecting"):
        walk.down(getattr(k, root))
    walk.down(_used_vnodes(k))
    walk.down(_used_ids(k))
    walk.told.append(len(k.console))
    sched = k.sched
    for tasks in (sched.ready, sched.sleepers, sched.spinning):
        for task in tasks:
            walk.down(_stand(task))
    walk.told.append(str(sched.panic))
    return repr(walk.told)


class _Walk:
    """Goes through values, and tells each object once, by its number where it is met again."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.met: dict[object, int] = {}

    def down(self, value: object) -> None:
        """Tell a value, and all that it refers to."""
        told, met = self.told, self.met
        stack = [value]
        while stack:
            value = stack.pop()
            kind: type = type(value)
            if value is None or kind in _PLAIN:
                told.append(value)
            elif kind is dict:
                told.append((len(value),))  # type: ignore[arg-type]
                for key, item in value.items():  # type: ignore[attr-defined]
                    stack += (item, key)
            elif kind in _CONTAINERS:
                told.append((len(value),))  # type: ignore[arg-type]
                stack += value  # type: ignore[arg-type]
            elif isinstance(value, Enum):
                told.append(value.name)
            elif callable(value):
                told.append(getattr(value, "__qualname__", kind.__name__))
            elif (number := met.get(value)) is not None:
                told.append((number, "again"))
            else:
                met[value] = len(met)
                told.append(kind.__name__)
                stack += [getattr(value, name) for name in _state_fields(kind)]


_PLAIN = (bool, int, str, bytes, float)
_CONTAINERS = (list, tuple, deque)


@lru_cache(maxsize=256)
def _state_fields(kind: type) -> tuple[str, ...]:
    """The fields of a class that are state: those of a dataclass, or its slots."""
    slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else slots
    return tuple([name for name in names if not any((one, name) in NOT_STATE for one in kind.__mro__)])


def _stand(task: Task) -> Iterable[object]:
    """Where kernel code stands: the functions that it is in, how far they are, and what they have at hand."""
    found: list[object] = [task.name, task.lwp, task.wake_at, task.wake]
    if (sleep := task.sleep) is not None:
        found += (sleep.wmesg, sleep.catch, sleep.wchan)
    code: object = task.code
    while isinstance(code, GeneratorType) and (frame := code.gi_frame) is not None:
        found += (code.gi_code.co_qualname, frame.f_lasti)
        found += [_at_hand(value) for name, value in frame.f_locals.items() if name != "call"]
        code = code.gi_yieldfrom
    return found


def _at_hand(value: object) -> object:
    """A local of kernel code: the machine itself is no part of its state, and the arguments of a call are a mapping."""
    if isinstance(value, Machine):
        return None
    values = getattr(value, "values", None)
    return values if isinstance(values, dict) else value
