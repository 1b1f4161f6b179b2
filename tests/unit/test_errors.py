"""The order of errors of the four flavors: as committed, as the C has it, of every errno that the models raise.

The committed table is what this prints, reviewed:

    fork-oracle errors --flavor dragonfly@1.62 --flavor dragonfly@1.67 --flavor dragonfly@768af85b --flavor netbsd@1.189 \
        --format markdown --pairs --output tests/unit/data/errors.md
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import pytest

from oracle.conditions.common import FORK
from oracle.machine.errno import Errno
from oracle.precedence.probe import Raised
from oracle.precedence.sites import ERRNOS, Site, sites_in
from oracle.precedence.table import Column, Table, tables, wanted
from oracle.registry import load_flavors
from oracle.report import errors_markdown

COMMITTED = Path(__file__).parent / "data" / "errors.md"
FLAVORS = ("dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b", "netbsd@1.189")

# Raise statements that no condition reaches, and why
UNREACHED = {
    "flavors.dragonfly.fork_calls.sys_lwp_kill: ESRCH('there is no such process')": (
        "a process that was never born can't be named: such a call is not made"
    ),
    "flavors.dragonfly.kern_exit.killalllwps: EALREADY('another thread ends the process')": (
        "a thread that could call exec or exit now was told to die first, and does so before it enters the kernel"
    ),
    "flavors.netbsd.file_calls._kevent: ESRCH('no such process')": "like that of lwp_kill",
    "flavors.netbsd.kern_event.track_child: ESRCH(f'no process {pid} to attach to')": (
        "the kernel registers the watch itself, and turns the error into NOTE_TRACKERR"
    ),
    "flavors.netbsd.kern_proc.proc_enterpgrp: EPERM('the group lives on only as the number of a session')": (
        "a group without members is deleted at once, but for one that a setpgid during a fork has left behind"
    ),
    "flavors.netbsd.sys_process._may: EBUSY('traced through procfs')": "nothing traces through procfs here",
}

HARMLESS = {("lwp_create", "the stack can't be written")}  # makes no error anywhere, and is in the table to say so

SIGNAL = "a signal with a handler is pending"
SLOTS = "every process slot is taken"
LIMIT = "the user has as many processes as its limit allows"
KERNELS_OWN = "RFPPWAIT or RFPGLOCK, which are the kernel's"
CONTRADICTION = "RFFDG with RFCFDG"
THREADS = "no RFPROC, and the process has several threads"
UAREA = "there is no address space for a u-area"

# Read off the listings of kern_fork.c, from top to bottom: what is asked, the errno, the line that gives it, the sleep in ms,
# whether the console hears of it
BY_HAND: dict[tuple[str, str], list[tuple[str, str, int, int, bool]]] = {
    ("rfork", "dragonfly@1.62"): [
        (KERNELS_OWN, "EINVAL", 141, 0, False),
        (CONTRADICTION, "EINVAL", 171, 0, False),
        (SIGNAL, "ERESTART", 221, 0, False),
        (SLOTS, "EAGAIN", 239, 500, True),
        (LIMIT, "EAGAIN", 263, 500, True),
    ],
    ("rfork", "dragonfly@1.67"): [
        (KERNELS_OWN, "EINVAL", 143, 0, False),
        (CONTRADICTION, "EINVAL", 213, 0, False),
        (SIGNAL, "ERESTART", 270, 0, False),
        (SLOTS, "EAGAIN", 288, 500, True),
        (LIMIT, "EAGAIN", 312, 500, True),
    ],
    ("rfork", "dragonfly@768af85b"): [
        (KERNELS_OWN, "EINVAL", 172, 0, False),
        (CONTRADICTION, "EINVAL", 253, 0, False),
        (SIGNAL, "ERESTART", 307, 0, False),
        (SLOTS, "EAGAIN", 325, 500, True),
        (LIMIT, "EAGAIN", 349, 500, True),
    ],
    ("__clone", "netbsd@1.189"): [
        ("CLONE_PID or CLONE_PTRACE", "EINVAL", 163, 0, False),
        ("CLONE_SIGHAND without CLONE_VM", "EINVAL", 170, 0, False),
        ("the exit signal is no signal", "EINVAL", 187, 0, False),
        (SLOTS, "EAGAIN", 245, 0, True),
        (LIMIT, "EAGAIN", 260, 0, False),
        (UAREA, "ENOMEM", 273, 0, False),
    ],
    ("lwp_create", "dragonfly@1.67"): [
        ("the parameters can't be read", "EFAULT", 194, 0, False),
        ("the first address for the id can't be written", "EFAULT", 170, 0, False),
        ("the second address for the id can't be written", "EFAULT", 173, 0, False),
    ],
    ("lwp_create", "dragonfly@768af85b"): [
        ("the parameters can't be read", "EFAULT", 234, 0, False),
        ("the first address for the id can't be written", "EFAULT", 206, 0, False),
        ("the second address for the id can't be written", "EFAULT", 209, 0, False),
    ],
}

_CITED = re.compile(r" \\\[[\d, -]+\\\]")  # lines of the C in a field of the table


def sites_below(package: str) -> tuple[Site, ...]:
    """The sites of all imported modules of a package."""
    found: list[Site] = []
    for name in sorted(sys.modules):
        if name == package or name.startswith(f"{package}."):
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None:
                found += sites_in(name, file)
    return tuple(found)


@cache
def everything() -> tuple[Table, ...]:
    flavors = load_flavors().select(FLAVORS)
    return tables(flavors, wanted(flavors, []))


def column(call: str, flavor: str) -> Column:
    table = next(one for one in everything() if one.call == call)
    return next(one for one in table.columns if one.flavor == flavor)


def every_column() -> list[tuple[str, Column]]:
    return [(table.call, one) for table in everything() for one in table.columns if one.alone]


def test_the_committed_table_is_what_the_flavors_do() -> None:
    texts = (COMMITTED.read_text("utf-8"), errors_markdown.render(everything(), pairs=True))
    was, now = (_CITED.sub("", text).splitlines() for text in texts)  # a citation made more precise changes no error
    assert now == was, "the order of errors has changed: the top of this file says how to write it anew"


def covers(raised: Raised, line: int) -> bool:
    """Whether a C line is among those that an error cites."""
    return any(first <= line <= last for first, last in raised.site.ranges)


@pytest.mark.parametrize(("call", "flavor"), list(BY_HAND))
def test_the_order_is_that_of_the_c(call: str, flavor: str) -> None:
    found = column(call, flavor)
    ranks = []
    for condition, errno, line, after, prints in BY_HAND[call, flavor]:
        alone = found.of(condition)
        assert alone is not None, condition
        first = alone.ending.first
        assert first is not None, condition
        assert (first.errno, first.after, bool(first.console)) == (errno, after, prints), condition
        assert covers(first, line), (condition, first.cite)
        ranks.append(alone.rank)
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(("flavor", "line"), [("dragonfly@1.67", 226), ("dragonfly@768af85b", 265)])
def test_an_unshare_with_threads_fails_after_contradicting_flags(flavor: str, line: int) -> None:
    found = column("rfork", flavor)
    refused, threads = found.of(CONTRADICTION), found.of(THREADS)
    assert refused is not None
    assert threads is not None
    assert refused.rank < threads.rank
    assert threads.ending.first is not None
    assert covers(threads.ending.first, line)


@pytest.mark.parametrize("flavor", ["dragonfly@1.62", "dragonfly@1.67", "dragonfly@768af85b"])
def test_fork_asks_for_signals_then_for_slots_then_for_the_limit_on_dragonfly(flavor: str) -> None:
    for call in ("fork", "vfork"):
        found = column(call, flavor)
        assert [found.of(name).rank for name in (SIGNAL, SLOTS, LIMIT)] == [1, 2, 3]  # type: ignore[union-attr]


@pytest.mark.parametrize("call", ["fork", "vfork", "__vfork14", "vfork44", "fork1"])
def test_fork_asks_for_slots_then_for_the_limit_then_for_a_u_area_on_netbsd(call: str) -> None:
    found = column(call, "netbsd@1.189")
    assert [found.of(name).rank for name in (SLOTS, LIMIT, UAREA)] == [1, 2, 3]  # type: ignore[union-attr]
    signal = found.of(SIGNAL)
    assert signal is None or signal.rank == 0


def test_every_call_has_an_order() -> None:
    assert {(call, one.flavor): one.why_no_order for call, one in every_column() if one.why_no_order} == {}


def test_no_flavor_crashes() -> None:
    assert [one.crash for _, one in every_column() if one.crash] == []


def test_a_call_without_conditions_goes_well() -> None:
    anyway = {(call, one.flavor.partition("@")[0]) for call, one in every_column() if one.anyway is not None}
    assert anyway == {(f"ptrace {name}", "dragonfly") for name in ("set_events", "get_events", "get_state")}  # unknown there


def test_what_a_condition_needs_beforehand_comes_about() -> None:
    failed = {
        (call, alone.condition, result)
        for call, one in every_column()
        for alone in one.alone
        for result in alone.ending.prepared
        if result in ERRNOS or result.startswith(("not made", "inexpressible"))
    }
    calls = ("ptrace attach", "stopfork", "read_stopfork")
    assert failed == {(call, "it is in the middle of exec or exit", "EINVAL") for call in calls}  # how the lock is leaked


def test_every_condition_makes_an_error_somewhere() -> None:
    tried = {(call, alone.condition): False for call, one in every_column() for alone in one.alone}
    for call, one in every_column():
        for alone in one.alone:
            tried[call, alone.condition] |= bool(alone.rank)
    of_any_fork = {one.name for one in FORK}  # those that one kernel's fork fails for are asked of every call like it
    assert {key for key, failed in tried.items() if not failed and key[1] not in of_any_fork} == HARMLESS


def test_every_condition_of_a_flavor_is_tried_there() -> None:
    for flavor in load_flavors().select(FLAVORS):
        for trial in flavor.trials:
            found = column(trial.name, flavor.id)
            assert [one.name for one in trial.conditions if found.of(one.name) is None] == [], (flavor.id, trial.name)


def test_every_errno_that_a_model_raises_is_reached_by_a_condition() -> None:
    reached = {site.place for _, one in every_column() for site in one.reached}
    raised = {site.place for system in ("dragonfly", "netbsd") for site in sites_below(f"flavors.{system}")}
    assert {place for place in raised if place not in reached} == set(UNREACHED)


def test_every_errno_of_the_machine_is_known_by_name() -> None:
    assert {one.__name__ for one in Errno.__subclasses__()} < ERRNOS
