"""Threads of a process: their birth, their end, and what fork takes of them."""

from __future__ import annotations

from itertools import product

import pytest

from flavors.dragonfly.kern_plimit import SHAREABLE, THREADED
from flavors.dragonfly.proc_h import LWP_ALTSTACK
from oracle.scenario import ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, Box


def box_with_thread() -> Box:
    box = Box()
    assert box.do("parent", "lwp_create", "t2") == 0
    return box


def limit_state(box: Box, role: str) -> tuple[int, int]:
    limit = box.proc(role).p_limit
    assert limit is not None
    return limit.pl_refcnt, limit.pl_exclusive


def test_a_new_thread_shares_all_and_counts_as_no_process() -> None:
    box = box_with_thread()
    assert box.lwp("t2").lwp_proc is box.proc("parent")
    assert (box.proc("parent").p_nthreads, box.lwp("t2").lwp_tid, box.k.nprocs) == (2, 1, 4)
    assert box.broken_but_for_limits() == []


def test_a_new_thread_inherits_mask_pending_signals_and_the_very_signal_stack() -> None:
    box = Box(None, ProcessSpec("parent", masked=("SIGUSR1",)))
    box.do("parent", "sigaltstack", stack="alt")
    box.do("shell", "lwp_kill", to="parent", tid=0, signal="SIGUSR1")
    box.do("parent", "lwp_create", "t2")
    t2 = box.lwp("t2")
    assert (t2.lwp_sigmask, t2.lwp_siglist, t2.lwp_sigstk, t2.lwp_flag) == (1 << 29, 1 << 29, "alt", LWP_ALTSTACK)


@pytest.mark.parametrize("which", ["tid1", "tid2"])
def test_a_bad_address_for_the_id_spends_the_id(which: str) -> None:
    box = Box()
    assert box.do("parent", "lwp_create", "t2", **{which: "bad"}) == "EFAULT"
    p = box.proc("parent")
    assert (p.p_nthreads, len(p.p_lwps), p.p_hold, p.p_lasttid) == (1, 1, 0, 1)
    box.do("parent", "lwp_create", "t2")
    assert box.lwp("t2").lwp_tid == 2


def test_parameters_that_cannot_be_read_spend_nothing() -> None:
    box = Box()
    assert box.do("parent", "lwp_create", "t2", params="bad") == "EFAULT"
    assert box.proc("parent").p_lasttid == 0


def test_a_bad_stack_is_no_error_and_kills_the_process() -> None:
    box = Box()
    task = box.start("parent", "lwp_create", "t2", stack="bad")
    box.run()
    assert box.said(task) == 0
    assert box.do("shell", "wait") == "parent killed SIGSEGV"


def test_limits_become_private_to_a_threaded_process_and_its_forks_copy_them() -> None:
    box = box_with_thread()
    assert limit_state(box, "parent") == (1, THREADED)
    box.do("parent", "fork")
    assert limit_state(box, "kid") == (1, SHAREABLE)
    box.do("t2", "extexit")
    box.do("parent", "fork", "kid2")
    assert limit_state(box, "parent") == (2, SHAREABLE)
    assert box.broken_but_for_limits() == []


def test_fork_takes_the_calling_thread_alone() -> None:
    box = box_with_thread()
    box.do("t2", "fork")
    kid = box.proc("kid")
    assert ([lp.lwp_tid for lp in kid.p_lwps], kid.p_nthreads) == ([0], 1)


def test_a_thread_ends_alone_and_the_last_one_ends_the_process() -> None:
    box = box_with_thread()
    assert box.do("parent", "extexit", status=1) == GONE
    assert box.do("t2", "extexit", status=2) == GONE
    assert box.do("shell", "wait") == "parent exited 2"
    assert box.broken_but_for_limits() == []


@pytest.mark.parametrize(
    ("args", "errno"),
    [({"who": "neither"}, "EINVAL"), ({"action": "other"}, "EINVAL"), ({"action": "setint", "addr": "bad"}, "EFAULT")],
)
def test_extexit_refuses_what_it_does_not_know(args: dict[str, str], errno: str) -> None:
    assert box_with_thread().do("t2", "extexit", **args) == errno


def test_exit_takes_sleeping_threads_along() -> None:
    box = box_with_thread()
    box.do("parent", "fork")
    box.do("t2", "wait")
    assert box.sleeps_on("t2") == "wait"
    assert box.do("parent", "exit", status=3) == GONE
    assert box.do("shell", "wait") == "parent exited 3"
    assert box.broken_but_for_limits() == []


def test_exit_waits_for_a_thread_that_vfork_holds() -> None:
    box = box_with_thread()
    box.do("t2", "vfork")
    assert box.do("parent", "exit") == ASLEEP
    assert box.sleeps_on("parent") == "killlwps"
    box.do("kid", "exec")
    assert box.proc("parent") in box.k.zombproc


def test_exec_leaves_the_calling_thread_alone_with_its_id() -> None:
    box = box_with_thread()
    assert box.do("t2", "exec") is None
    assert [lp.lwp_tid for lp in box.proc("parent").p_lwps] == [1]
    assert box.do("t2", "fork") == box.proc("kid").p_pid


def test_a_second_thread_that_exits_during_the_exit_just_ends() -> None:
    box = box_with_thread()
    box.do("parent", "lwp_create", "t3")
    box.do("t2", "vfork")
    box.do("parent", "exit", status=1)
    box.do("kid", "exit")
    assert box.do("shell", "wait") == "parent exited 1"


def test_a_signal_to_a_thread_that_masks_it_stays_with_that_thread() -> None:
    box = box_with_thread()
    box.do("t2", "sigprocmask", how="block", signals=("SIGUSR1",))
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    box.do("shell", "lwp_kill", to="parent", tid=1, signal="SIGUSR1")
    assert box.lwp("t2").lwp_siglist == 1 << 29
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)


@pytest.mark.parametrize(("tid", "errno"), [(-1, "EINVAL"), (7, "ESRCH")])
def test_lwp_kill_knows_its_threads(tid: int, errno: str) -> None:
    assert box_with_thread().do("shell", "lwp_kill", to="parent", tid=tid, signal="SIGTERM") == errno


def test_a_stop_stops_all_threads_before_the_parent_hears_of_it() -> None:
    box = box_with_thread()
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    assert (box.sleeps_on("parent"), box.sleeps_on("t2"), box.proc("parent").p_nstopped) == ("stop", "stop", 2)
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (box.sleeps_on("parent"), box.sleeps_on("t2"), box.proc("parent").p_nstopped) == ("", "", 0)


def test_a_fork_is_charged_to_the_credential_its_thread_entered_with() -> None:
    box = Box(None, ProcessSpec("parent", uid=0))
    box.do("parent", "lwp_create", "t2")
    box.do("parent", "fork", "first")
    box.start("t2", "fork")
    box.start("parent", "setuid", uid=1000)
    box.turns.pick = lambda current, ready: 1 if current is not None else 0
    box.run()
    cred = box.proc("kid").p_ucred
    assert cred is not None
    assert cred.cr_ruid == 0
    assert box.broken_but_for_limits() == []


def test_extexit_refuses_an_unknown_word_first_then_a_bad_address_if_it_is_to_store_anything() -> None:
    for who, action, addr in product(("proc", "lwp", "neither"), ("simple", "setint", "other"), ("ok", "bad")):
        box = Box()
        said = box.do("parent", "extexit", who=who, action=action, addr=addr)
        if who == "neither" or action == "other":
            assert said == "EINVAL", (who, action, addr)
        elif action == "setint" and addr == "bad":
            assert said == "EFAULT", (who, action, addr)
        else:
            assert said == GONE, (who, action, addr)
