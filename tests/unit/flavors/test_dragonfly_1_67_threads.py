"""Threads in their first days, 1.67: what later revisions do otherwise."""

from __future__ import annotations

import pytest

from flavors.dragonfly.proc_h import LWP_WEXIT
from flavors.dragonfly.r1_67 import FLAVOR
from flavors.dragonfly.r1_67.kern_fork import MAX_TID
from flavors.dragonfly.r1_67.unmodelled import of_a_miscounted_uid
from flavors.dragonfly.r768af85b import FLAVOR as LATER
from oracle.flavor import Flavor
from oracle.machine.errno import Panic
from oracle.scenario import MachineSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, Box


def box_with_thread(*specs: ProcessSpec) -> Box:
    box = Box(None, *specs, flavor=FLAVOR)
    assert box.do("parent", "lwp_create", "t2") == 0
    return box


def test_the_newest_thread_stands_first() -> None:
    box = box_with_thread()
    box.do("t2", "lwp_create", "t3")
    assert [lp.lwp_tid for lp in box.proc("parent").p_lwps] == [2, 1, 0]
    assert box.broken() == []


def test_after_the_highest_id_comes_the_lowest_free_one_and_the_counter_stays() -> None:
    box = Box(flavor=FLAVOR)
    p = box.proc("parent")
    p.p_lasttid = MAX_TID - 1
    for name in ("t1", "t2", "t3"):
        box.do("parent", "lwp_create", name)
    assert [lp.lwp_tid for lp in p.p_lwps] == [2, 1, MAX_TID - 1, 0]
    assert p.p_lasttid == MAX_TID
    box.do("t2", "extexit")
    box.do("parent", "lwp_create", "t4")
    assert box.lwp("t4").lwp_tid == 1


@pytest.mark.parametrize("which", ["tid1", "tid2"])
def test_a_bad_address_for_the_id_spends_the_id_and_holds_nobody(which: str) -> None:
    box = Box(flavor=FLAVOR)
    assert box.do("parent", "lwp_create", "t2", **{which: "bad"}) == "EFAULT"
    p = box.proc("parent")
    assert (p.p_nthreads, len(p.p_lwps), p.p_hold, p.p_lasttid) == (1, 1, 0, 2)
    assert box.do("parent", "lwp_create", "t2", params="bad") == "EFAULT"
    assert p.p_lasttid == 2


def test_threads_leave_limits_shared() -> None:
    box = box_with_thread()
    box.do("parent", "fork")
    assert box.proc("kid").p_limit is box.proc("parent").p_limit
    box.do("t2", "setrlimit", resource="nproc", soft=5)
    limit = box.proc("parent").p_limit
    assert limit is not None
    assert (limit.pl_refcnt, limit.pl_exclusive) == (1, 0)
    assert box.broken() == []


def test_a_signal_that_the_thread_masks_goes_to_its_process() -> None:
    box = box_with_thread()
    box.do("t2", "sigprocmask", how="block", signals=("SIGUSR1",))
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    box.do("shell", "lwp_kill", to="parent", tid=1, signal="SIGUSR1")
    assert (box.lwp("t2").lwp_siglist, box.proc("parent").p_siglist) == (0, 1 << 29)
    assert box.do("parent", "getpid") == box.proc("parent").p_pid
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)  # whoever looks first takes it


def test_exit_ends_threads_in_user_mode() -> None:
    box = box_with_thread()
    assert box.do("parent", "exit", status=3) == GONE
    assert box.do("shell", "wait") == "parent exited 3"
    assert box.broken() == []


def test_exit_waits_for_a_thread_that_goes_back_to_sleep() -> None:
    box = box_with_thread()
    box.do("parent", "fork")
    box.do("t2", "wait")
    assert box.do("parent", "exit", status=3) == ASLEEP
    assert (box.sleeps_on("parent"), box.sleeps_on("t2")) == ("killlwps", "wait")
    box.do("kid", "exit")
    assert box.do("shell", "wait") == "parent exited 3"
    assert box.broken() == []


def test_a_thread_in_nanosleep_is_woken_and_dies() -> None:
    box = box_with_thread()
    box.start("t2", "sleep", ms=5000)
    end = box.start("parent", "exit")
    before = box.k.ticks
    box.run()
    assert (box.said(end), box.k.ticks - before) == (GONE, 0)


def test_a_second_thread_that_exits_during_the_exit_just_ends() -> None:
    box = box_with_thread()
    box.do("parent", "lwp_create", "t3")
    box.do("t2", "vfork")
    assert box.do("parent", "exit", status=1) == ASLEEP
    box.do("kid", "exec")
    assert box.do("shell", "wait") == "parent exited 1"


@pytest.mark.parametrize("flavor", [FLAVOR, LATER], ids=lambda flavor: flavor.id)
def test_a_refused_fork_whose_process_is_stopped_keeps_its_group_locked_until_somebody_continues_it(flavor: Flavor) -> None:
    box = Box(None, ProcessSpec("parent", limits=(("nproc", 1, 1),)), flavor=flavor)
    box.do("parent", "lwp_create", "t2")
    fork = box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGSTOP")
    box.run()
    assert (box.sleeps_on("parent"), box.sleeps_on("t2"), box.k.ticks) == ("fork", "stop", 100_050)
    group = box.start("shell", "kill", group="parent", signal="SIGCONT")
    box.run()
    assert box.sleeps_on("shell") == "pgwt"
    box.do("init", "kill", to="parent", signal="SIGCONT")
    assert (box.said(fork), box.said(group)) == ("EAGAIN", None)


@pytest.mark.parametrize(("flavor", "references"), [(FLAVOR, 1), (LATER, 2)], ids=["dragonfly@1.67", "dragonfly@768af85b"])
def test_since_limits_can_be_private_who_replaces_them_keeps_a_reference(flavor: Flavor, references: int) -> None:
    box = Box(None, ProcessSpec("parent", limits=(("nproc", 5, 5),)), flavor=flavor)
    box.do("parent", "fork")
    box.do("kid", "setrlimit", resource="nproc", soft=3)
    limit = box.proc("parent").p_limit
    assert limit is not None
    assert limit.pl_refcnt == references
    assert (box.broken() == []) == (references == 1)
    assert box.broken_but_for_limits() == []


def test_exec_leaves_the_calling_thread_alone_with_its_id() -> None:
    box = box_with_thread()
    assert box.do("t2", "exec") is None
    assert [lp.lwp_tid for lp in box.proc("parent").p_lwps] == [1]
    assert box.do("t2", "fork") == box.proc("kid").p_pid


def test_an_exec_by_a_thread_that_was_told_to_die_kills_the_kernel() -> None:
    box = box_with_thread()
    box.lwp("t2").lwp_flag |= LWP_WEXIT
    with pytest.raises(Panic, match="told to die"):
        box.do("t2", "exec")


def test_without_assertions_two_threads_that_end_each_other_wait_for_ever() -> None:
    box = Box(MachineSpec(tunables=(("options.INVARIANTS", 0),)), flavor=FLAVOR)
    box.do("parent", "lwp_create", "t2")
    box.start("t2", "exec")
    box.start("parent", "exit")
    turns = iter([1])  # exec waits for the giant lock while exit tells its thread to die
    box.turns.pick = lambda current, ready: next(turns, 0) if current is not None else 0
    box.run()
    assert (box.sleeps_on("parent"), box.sleeps_on("t2")) == ("killlwps", "killlwps")


def test_a_child_born_while_its_parent_is_held_can_never_be_buried() -> None:
    box = box_with_thread()
    first = box.start("t2", "fork", "one")
    box.start("parent", "fork", "two")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "vmspace_fork" else 0
    box.run()
    assert box.said(first) == box.proc("one").p_pid
    assert (box.proc("one").p_hold, box.proc("two").p_hold) == (0, 1)
    assert box.do("two", "exit") == ASLEEP
    assert box.sleeps_on("two") == "reap1"
    box.do("one", "exit")
    assert box.do("parent", "wait") == "one exited 0"
    assert box.do("parent", "wait", options="WNOHANG") == "0"


def test_a_fork_is_charged_to_one_user_and_born_as_another_if_a_sibling_changes_ids_meanwhile() -> None:
    box = box_with_thread(ProcessSpec("parent", uid=0))
    box.start("t2", "fork")
    box.start("parent", "setuid", uid=1000)
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "zalloc proc" else 0
    box.run()
    cred = box.proc("kid").p_ucred
    assert cred is not None
    assert cred.cr_ruid == 1000
    assert sorted(broken.rule for broken in box.broken()) == ["uid-count", "uid-count"]
    assert all(of_a_miscounted_uid(box.k, broken.text) for broken in box.broken())


@pytest.mark.parametrize("flavor", [FLAVOR, LATER], ids=lambda flavor: flavor.id)
def test_two_threads_that_fork_at_once_put_their_children_into_different_rings_of_leaders(flavor: Flavor) -> None:
    box = Box(flavor=flavor)
    box.do("parent", "lwp_create", "t2")
    for role, kid in (("parent", "kid1"), ("t2", "kid2")):
        box.start(role, "rfork", kid, flags="RFPROC")
    box.turns.pick = lambda current, ready: int(current is not None and box.turns.at == "filedesc_to_leader_alloc")
    box.run()
    nodes = [box.proc(role).p_fdtol for role in ("parent", "kid1", "kid2")]
    rings = [[box.k.role(one.fdl_leader) for one in node.fdl_ring] for node in nodes if node is not None]
    assert rings == [["parent", "kid2"], ["parent", "kid1"], ["parent", "kid2"]]


def test_two_threads_made_at_once_after_the_highest_id_can_get_the_same_one() -> None:
    box = box_with_thread()
    box.proc("parent").p_lasttid = MAX_TID
    box.start("parent", "lwp_create", "t3")
    box.start("t2", "lwp_create", "t4")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "zalloc lwp" else 0
    box.run()
    assert (box.lwp("t3").lwp_tid, box.lwp("t4").lwp_tid) == (2, 2)


def test_a_poke_at_a_thread_that_is_half_made_kills_the_kernel() -> None:
    box = box_with_thread()
    box.start("t2", "lwp_create", "t3")
    end = box.start("parent", "exit")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "lwkt_alloc_thread" else 0
    box.run()
    with pytest.raises(Panic, match="no thread"):
        box.said(end)
