"""Conditions and their parts that serve several calls: limits of processes, users, signals, processes that are gone."""

from __future__ import annotations

from oracle.conditions.values import CALLER, Condition, step
from oracle.scenario import Step

USER, OTHER_USER = 1000, 2000
NO_SIGNAL = 200  # above the last signal of any system
NO_OPTION = 0x4000  # a bit that no system's option words have

SIGNAL = Condition(
    "a signal with a handler is pending",
    processes={CALLER: {"pending": ("SIGUSR1",), "caught": (("SIGUSR1", "handler"),)}},
)
SLOTS = Condition(
    "every process slot is taken",
    processes={CALLER: {"uid": USER}},
    machine={"maxproc": 100, "background": ((1, 200),)},
)
SLOTS_ROOT = Condition(
    "every process slot is taken, and root asks",
    processes={CALLER: {"uid": 0}},
    machine={"maxproc": 100, "background": ((1, 200),)},
)
LIMIT = Condition(
    "the user has as many processes as its limit allows",
    processes={CALLER: {"uid": USER, "limits": (("nproc", 1, 1),)}},
)
LIMIT_SETUID = Condition(
    "the real user has as many, and the effective one is root",
    processes={CALLER: {"uid": USER, "euid": 0, "limits": (("nproc", 1, 1),)}},
)
LIMIT_REAL_ROOT = Condition(
    "root has as many, and is the real user alone",
    processes={CALLER: {"uid": 0, "euid": USER, "limits": (("nproc", 1, 1),)}},
)
FORK: tuple[Condition, ...] = (
    SIGNAL,
    SLOTS,
    SLOTS_ROOT,
    LIMIT,
    LIMIT_SETUID,
    LIMIT_REAL_ROOT,
)  # of any call that makes a process


def reaped(role: str) -> tuple[Step, ...]:
    """Steps after which a child of the caller is gone for good."""
    return (step(role, "exit"), step(CALLER, "wait", child=role))


def gone(argument: str = "process", name: str = "the process is gone") -> Condition:
    """The process that an argument names has exited, and was waited for."""
    return Condition(name, {argument: "gone"}, processes={"gone": {"parent": CALLER}}, steps=reaped("gone"))
