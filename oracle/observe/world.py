"""The facts about all that takes part in a scenario: processes, their pairs, the machine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.observation import Block
from oracle.observe.holdings import holdings, locked_files
from oracle.observe.naming import RolesByPid, paths, roles
from oracle.observe.pair import pair
from oracle.observe.process import live_process, rare, reaped, zombie
from oracle.scenario import Focus
from oracle.start import ALWAYS_THERE

MACHINE = ("machine.nprocs", "machine.console_lines", "machine.forks", "machine.vforks")
CONSOLE = ("machine.console",)


def observe(flavor: Flavor, k: Machine, focus: Focus) -> tuple[list[Block], list[Block]]:
    """The facts about all processes that take part, their pairs, and the machine: those for all flavors, those of one system.

    Calls are added by the runner.
    """
    blocks: list[Block] = []
    system: list[Block] = []
    allproc, actors = k.allproc, focus.actors
    by_pid = RolesByPid()
    cast: list[tuple[str, Proc]] = []  # who is looked at
    for proc, name in k.names.items():
        by_pid[proc.p_pid] = name
        if name not in ALWAYS_THERE or name in actors:
            cast.append((name, proc))
    locked = locked_files(k)
    live: list[tuple[str, Proc]] = []
    for name, proc in cast:
        if proc in allproc:
            common, own = live_process(flavor, k, by_pid, name, proc)
            blocks += (common, holdings(flavor, focus, by_pid, locked, name, proc))
            system.append(own)
            if focus.extras:
                system.append(rare(flavor, k, name, proc))
            for elder_name, elder in live:
                common, own = pair(elder_name, name, elder, proc)
                blocks.append(common)
                system.append(own)
            live.append((name, proc))
        else:
            blocks.append(zombie(flavor, k, name, proc) if proc in k.zombproc else reaped(name))
    blocks.append(_machine(flavor, k, by_pid, live))
    system += (_console(k), _counters(k))
    return blocks, system


def _machine(flavor: Flavor, k: Machine, by_pid: RolesByPid, live: Iterable[tuple[str, Proc]]) -> Block:
    """Counts of processes and forks, and the groups of those that live."""
    counters, pgrps, uidinfo = k.counters, k.pgrps, k.uidinfo
    values: list[Value] = [
        k.nprocs, len(k.console), counters.get(flavor.counters["forks"], 0), counters.get(flavor.counters["vforks"], 0)
    ]  # fmt: skip
    uids: list[int] = []
    for uid in sorted(uidinfo):
        if count := uidinfo[uid].ui_proccnt:
            uids.append(uid)
            values.append(count)
    groups: list[str] = []
    for _, proc in live:
        pgrp = proc.p_pgrp
        if pgrp is None:
            continue
        name = by_pid[pgrp.pg_id]
        if name not in groups and pgrps.get(pgrp.pg_id) is pgrp:
            groups.append(name)
            values.append(roles(k, pgrp.pg_members))
    return _machine_paths(tuple(uids), tuple(groups)), tuple(values)


@lru_cache(maxsize=65536)
def _machine_paths(uids: tuple[int, ...], groups: tuple[str, ...]) -> tuple[str, ...]:
    """The paths of the facts of MACHINE, of what uids are charged, and of the groups."""
    return (*MACHINE, *paths("machine.uid", uids), *paths("machine.group", groups))


def _console(k: Machine) -> Block:
    return CONSOLE, (tuple(k.console),)


def _counters(k: Machine) -> Block:
    """The system's own statistics; one that stands at 0 might as well not be there."""
    counts: tuple[int | None, ...] = tuple(k.counters.values())
    if 0 in counts:
        counts = tuple([count or None for count in counts])
    return paths("machine.counter", tuple(k.counters)), counts
