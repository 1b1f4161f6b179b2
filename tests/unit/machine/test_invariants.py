from __future__ import annotations

from collections.abc import Callable

import pytest

from oracle.machine import invariants
from oracle.machine.files import Cwdi, FdToLeader, File
from oracle.machine.invariants import Broken
from oracle.machine.kevent import KtrNode
from oracle.machine.locks import Mutex, RwLock
from oracle.machine.machine import Machine
from oracle.machine.proc import Args, Proc
from oracle.machine.traps import Kernel, tsleep
from oracle.machine.vm import VmSpace
from oracle.run import Execution
from tests.outside.tinyos import EMBRYO, FLAVOR, live
from tests.unit.plugins import program, step


@pytest.fixture
def k() -> Machine:
    """A machine with a parent that has a live child, a zombie, and an open file."""
    steps = (
        step(1, "parent", "open", path="/tmp/a"),
        step(2, "parent", "fork", "kid"),
        step(3, "parent", "fork", "dead"),
        step(4, "dead", "exit"),
    )
    execution = Execution(program(*steps), FLAVOR)
    assert len(list(execution.steps())) == 5
    return execution.k


def proc(k: Machine, role: str) -> Proc:
    return next(proc for proc, name in k.names.items() if name == role)


def check(k: Machine) -> list[Broken]:
    return invariants.check(k, FLAVOR.states)


def test_a_machine_in_order_breaks_nothing(k: Machine) -> None:
    assert check(k) == []


def test_background_processes_are_counted(k: Machine) -> None:
    k.background[7] = 3
    k.nprocs += 3
    k.uid(7).ui_proccnt += 3
    assert check(k) == []


def add(owner: object, attribute: str, by: int = 1) -> None:
    setattr(owner, attribute, getattr(owner, attribute) + by)


def leave_group(k: Machine) -> None:
    live(proc(k, "kid").p_pgrp).pg_members.remove(proc(k, "kid"))


def join_a_second_group(k: Machine) -> None:
    live(proc(k, "shell").p_pgrp).pg_members.append(proc(k, "kid"))


def forget_child(k: Machine) -> None:
    proc(k, "parent").p_children.remove(proc(k, "kid"))


def adopt(k: Machine) -> None:
    k.initproc.p_children.append(proc(k, "kid"))


def give_away(k: Machine) -> None:
    forget_child(k)
    adopt(k)


def vanish(k: Machine) -> None:
    """Off the process table, but not off the lists of its parent and its group; counts are right."""
    k.zombproc.remove(proc(k, "dead"))
    k.nprocs -= 1
    add(k.uid(1000), "ui_proccnt", -1)
    live(proc(k, "dead").p_ucred).cr_ref -= 1


def appear_twice(k: Machine) -> None:
    k.zombproc.append(proc(k, "kid"))


def keep_lock(k: Machine) -> None:
    k.roles["kid"].lwp_locks.append(RwLock("test"))


def never_start(k: Machine) -> None:
    proc(k, "kid").p_stat = EMBRYO


def miscount_children(k: Machine) -> None:
    proc(k, "parent").p_nstopchild = 0


def kid_with(attribute: str, value: object) -> Callable[[Machine], None]:
    def change(k: Machine) -> None:
        setattr(proc(k, "kid"), attribute, value)

    return change


def charge_nobody(k: Machine) -> None:
    del k.uidinfo[1000]


def release_file(k: Machine) -> None:
    k.vnode("/tmp/a").v_usecount -= 1


def share_leader(k: Machine) -> None:
    proc(k, "kid").p_fdtol = FdToLeader(proc(k, "kid"), [], 2)


def held_cwd(k: Machine) -> None:
    proc(k, "kid").p_cwdi = Cwdi(k.vnode("/"), k.vnode("/"), 0)


def leak_vnode(k: Machine) -> None:
    k.vnode("/lost").v_usecount = 1


def lost_terminal(k: Machine) -> None:
    live(proc(k, "shell").p_pgrp).pg_session.s_ttyvp = None


def open_file(k: Machine) -> File:
    return live(proc(k, "kid").p_fd).fd_files[1]


BREAKERS: dict[str, tuple[str, str, Callable[[Machine], None]]] = {
    "one process too many": ("nprocs", "nprocs is 7, but there are 6 processes", lambda k: add(k, "nprocs")),
    "a uid charged too much": ("uid-count", "uid 1000 is charged 5, but has 4", lambda k: add(k.uid(1000), "ui_proccnt")),
    "a uid charged nothing": ("uid-count", "uid 1000 is charged nothing, but has 4", charge_nobody),
    "a table": ("references", "FileDesc: fd_refcnt is 2, but 1", lambda k: add(proc(k, "kid").p_fd, "fd_refcnt")),
    "a file nobody closed": ("references", "open file /tmp/a: f_count is 3, but 2", lambda k: add(open_file(k), "f_count")),
    "a vnode nobody closed": ("references", "vnode /lost: v_usecount is 1, but nobody holds it", leak_vnode),
    "a vnode released too often": ("references", "vnode /tmp/a: v_usecount is 0, but 1", release_file),
    "a session without its terminal": ("references", "vnode /dev/tty: v_usecount is", lost_terminal),
    "a directory held twice": ("references", "vnode /: v_usecount is", held_cwd),
    "a credential": ("references", "Cred: cr_ref is", lambda k: add(proc(k, "kid").p_ucred, "cr_ref")),
    "a credential of an LWP": ("references", "Cred: cr_ref is", lambda k: setattr(k.roles["kid"], "lwp_ucred", None)),
    "limits": ("references", "PLimit: pl_refcnt is", lambda k: add(proc(k, "kid").p_limit, "pl_refcnt")),
    "handlers": ("references", "SigActs: ps_refcnt is 2, but 1", lambda k: add(proc(k, "kid").p_sigacts, "ps_refcnt")),
    "an address space": ("references", "VmSpace: vm_refcnt is 2, but 1", lambda k: add(proc(k, "kid").p_vmspace, "vm_refcnt")),
    "a memory object": (
        "references", "VmObject: refs is 3, but 2", lambda k: add(live(proc(k, "kid").p_vmspace).vm_map["data"].obj, "refs"),
    ),
    "arguments": ("references", "Args: ar_ref is 2, but 1", kid_with("p_args", Args("x", 2))),
    "a trace file": ("references", "KtrNode: kn_refs is 2, but 1", kid_with("p_tracenode", KtrNode("x", 2))),
    "a signal lock": ("references", "mutex x: mtx_refcnt is 2, but 1", kid_with("p_lock", Mutex("x", mtx_refcnt=2))),
    "a leader node": ("references", "FdToLeader: fdl_refcount is 2", share_leader),
    "a space that zombies left": ("references", "vm_exitingcnt is 0, but 1 zombies", kid_with("p_exitvm", VmSpace({}))),
    "a space that fewer zombies left": (
        "references",
        "vm_exitingcnt is 2, but 1 zombies",
        kid_with("p_exitvm", VmSpace({}, vm_exitingcnt=2)),
    ),
    "a process twice": ("process-table", "kid is 2 times on the process lists", appear_twice),
    "no group": ("group-list", "kid is on 0 group lists", leave_group),
    "two groups": ("group-list", "kid is on 2 group lists", join_a_second_group),
    "a ghost in a group": ("group-list", "dead is gone, but still listed", vanish),
    "a ghost among the children": ("child-list", "dead is gone, but still listed", vanish),
    "no parent": ("child-list", "kid is not exactly once among the children of its parent", forget_child),
    "the wrong parent": ("child-list", "kid is not exactly once among the children of its parent", give_away),
    "two parents": ("child-list", "kid is not exactly once among the children of its parent", adopt),
    "a lock kept": ("locks", "kid is in user mode and holds 1 locks", keep_lock),
    "an embryo": ("embryo", "kid stays in the embryonic state", never_start),
    "stopped children": ("stopped-children", "parent counts 0 stopped or dead children, there are 1", miscount_children),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKERS)
def test_what_does_not_hold_is_reported(k: Machine, what: str) -> None:
    rule, text, breaker = BREAKERS[what]
    breaker(k)
    assert any(one.rule == rule and text in one.text for one in check(k)), check(k)


def test_every_rule_is_broken_by_some_breaker() -> None:
    assert {rule for rule, _, _ in BREAKERS.values()} == {
        "nprocs", "uid-count", "references", "process-table", "group-list", "child-list", "locks", "embryo", "stopped-children",
    }  # fmt: skip


def test_an_lwp_in_the_kernel_may_hold_locks() -> None:
    execution = Execution(program(step(1, "parent", "fork", "kid"), step(2, "parent", "wait")), FLAVOR)
    assert len(list(execution.steps())) == 3
    execution.k.roles["parent"].lwp_locks.append(RwLock("test"))
    assert check(execution.k) == []


def test_a_reported_stop_is_not_waited_for_again(k: Machine) -> None:
    states = {**FLAVOR.states, 9: "stopped"}
    proc(k, "parent").p_nstopchild = 1
    proc(k, "kid").p_stat, proc(k, "kid").p_waited = 9, 1
    assert invariants.check(k, states) == []
    proc(k, "kid").p_waited = 0
    assert [one.rule for one in invariants.check(k, states)] == ["stopped-children"]


def test_a_child_may_be_half_made_while_somebody_sleeps_in_the_kernel(k: Machine) -> None:
    def sleep() -> Kernel[None]:
        yield from tsleep(k, "halfway")

    proc(k, "kid").p_stat = EMBRYO
    assert [one.rule for one in check(k)] == ["embryo"]
    k.sched.spawn(k.roles["parent"], "fork", sleep())
    k.sched.run()
    assert check(k) == []
