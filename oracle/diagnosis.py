"""Says of those who can never go on what they wait for, and who would have had to give it to them."""

from __future__ import annotations

from collections.abc import Iterable

from oracle.flavor import Flavor
from oracle.machine.locks import Mutex, RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.task import Waiting


def stuck(k: Machine, flavor: Flavor, actors: Iterable[str]) -> list[Waiting]:
    """Who can never go on: lost wake-ups always, other sleepers only once nobody who makes calls can act any more.

    The oldest comes first: who fell asleep first may depend on the schedule alone.
    """
    order = {lwp: number for number, lwp in enumerate(k.roles.values())}
    can_act = any(
        lwp.lwp_task is None and lwp in lwp.lwp_proc.p_lwps and lwp.lwp_proc in k.allproc
        for name in actors
        if (lwp := k.roles.get(name)) is not None
    )
    return [
        one
        for one in sorted(k.sched.waiting(), key=lambda one: order.get(one.lwp, len(order)))
        if one.lost or (not can_act and flavor.states[one.lwp.lwp_proc.p_stat] != "stopped")
    ]


def deadlock(k: Machine, found: Iterable[Waiting]) -> tuple[str, ...]:
    """The fact: who is stuck, in no system's words."""
    return tuple([f"{_name(k, one.lwp)} in {one.call}{', which nobody woke' if one.lost else ''}" for one in found])


def diagnosis(k: Machine, found: Iterable[Waiting]) -> tuple[str, ...]:
    """For people: who is stuck where, and why nobody wakes it; and whose call only starts over and over."""
    lines = [f"{_name(k, one.lwp)} sleeps on {one.wmesg} in {one.call}: {_why(k, one)}" for one in found]
    for task in k.sched.spinning:
        lines.append(f"{_name(k, task.lwp)} starts {task.name} over and over: nothing happens that could change what it meets")
    return tuple(lines)


def _why(k: Machine, one: Waiting) -> str:
    if one.lost and one.missed is not None and one.missed.lwp is not one.lwp:
        who, call = _name(k, one.missed.lwp), one.missed.name
        return f"what it waits for came about in {who}'s {call}, which should have woken it, and woke another channel or none"
    if one.lost:
        return "what it waits for had come about before it slept"
    holders: list[Lwp] = []
    if isinstance(one.wchan, Mutex):
        holders = [one.wchan.mtx_owner] if one.wchan.mtx_owner is not None else []
    elif isinstance(one.wchan, RwLock):
        holders = [one.wchan.lk_writer] if one.wchan.lk_writer is not None else one.wchan.lk_readers
    if holders:
        return f"held by {' and '.join(_standing(k, holder) for holder in holders)}"
    return "nobody is left who could wake it" + (" but by a signal" if one.interruptible else "")


def _standing(k: Machine, lwp: Lwp) -> str:
    """Somebody, and where he is."""
    task = lwp.lwp_task
    if task is None:
        return f"{_name(k, lwp)}, who is not in the kernel any more"
    return f"{_name(k, lwp)}, who {f'sleeps on {task.sleep.wmesg}' if task.sleep is not None else 'is'} in {task.name}"


def _name(k: Machine, lwp: Lwp) -> str:
    return k.lwp_names.get(lwp) or k.role(lwp.lwp_proc)
