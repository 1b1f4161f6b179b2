"""Flag words are combined as sets, states have no order, numbers are not compared by identity."""

from __future__ import annotations

import pytest

from tests.lint.operators import misused
from tests.lint.tree import Complaint, Modules

HEADER = """\
from bsd import proc_h
from bsd.proc_h import P_TRACED, P_WEXIT, SIDL, SSTOP, PID_MAX, MAXFILES, RFBOTH, SIG_DFL
def f(p, flags, sig, bit, fd, other):
"""
PROC_H = """\
P_TRACED = 0x800
P_WEXIT = 0o20
RFBOTH = P_TRACED | P_WEXIT
STOPSIGS = sigset((1, 2))
SIDL, SSTOP = 1, 3
PID_MAX = 99999
MAXFILES = 0x1000
class Handler: ...
SIG_DFL = Handler()
class Proc:
    p_pid: int
    p_comm: str
    p_pptr: Proc | None
"""


def complaints(expression: str) -> list[Complaint]:
    text = f"{HEADER}    return {expression}\n"
    return misused(Modules.planted({"bsd": "", "bsd.proc_h": PROC_H, "flavors.bsd": text}), ("flavors",))


@pytest.mark.parametrize(
    "expression",
    [
        *(f"p.p_flag {operator} P_TRACED" for operator in ("+", "-", "*", "/", "//", "%", "**", "<<", ">>")),
        "P_TRACED + P_WEXIT",
        "proc_h.P_TRACED + 1",
        "RFBOTH - 1",
        "proc_h.STOPSIGS + 1",
        "flags | P_TRACED - P_WEXIT",
        "sigmask(sig) + bit",
        "1 << sig | 1 + (1 << 3)",
        "p.p_siglist & -bit",
        "p.p_sigignore & +sigmask(sig)",
        "p.p_flag & (not P_TRACED)",
        "flags // 2 if sig else 0",
        "flags > 0",
        "p.p_flag & P_TRACED > 0",
        "p.p_stat >= other",
        "other <= SSTOP",
        "sig < 'kill'",
        "p.p_stat is SSTOP",
        "other is proc_h.SIDL",
        "fd is 3",
        "fd is not -1",
        "fd is 'name'",
        "p.p_pid is other",
        "other is not p.p_comm",
        "p == None",
        "None != p",
    ],
)
def test_an_operator_that_does_not_fit_is_found(expression: str) -> None:
    assert len(complaints(expression)) >= 1


@pytest.mark.parametrize(
    "expression",
    [
        "p.p_flag & P_TRACED",
        "not p.p_flag & ~(P_TRACED | P_WEXIT)",
        "flags ^ P_TRACED",
        "1 << (sig - 1)",
        "(1 << sig) - 1",
        "fd + MAXFILES",
        "fd >= MAXFILES",
        "fd > PID_MAX",
        "p.p_stat == SSTOP",
        "flags == RFBOTH",
        "p is None or p is not other",
        "p.p_pptr is other",
        "other is SIG_DFL",
        "other is True",
        "p.p_pid <= 1",
        "fd + sig * 2 - other",
    ],
)
def test_an_operator_that_fits_is_no_fault(expression: str) -> None:
    assert complaints(expression) == []


def test_a_union_of_types_is_no_arithmetic() -> None:
    text = "def f(flags: int | None) -> int | None:\n    other: int | None = flags\n    return other\n"
    assert misused(Modules.planted({"flavors.bsd": text}), ("flavors",)) == []


def test_the_flavors_apply_operators_that_fit() -> None:
    assert misused(Modules.of_project("oracle/machine", "flavors"), ("flavors",)) == []
