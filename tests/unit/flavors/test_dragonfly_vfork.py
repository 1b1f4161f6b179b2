"""vfork: who sleeps until when, and who forgets to wake whom."""

from __future__ import annotations

import pytest

from oracle.machine.errno import Unmodelled
from oracle.scenario import ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, SPINS, Box


def box_in_vfork() -> Box:
    box = Box()
    assert box.do("parent", "vfork") == ASLEEP
    return box


def test_the_parent_sleeps_on_itself_until_the_child_execs() -> None:
    box = box_in_vfork()
    task = box.lwp("parent").lwp_task
    assert task is not None
    assert task.sleep is not None
    assert (task.sleep.wchan, task.sleep.wmesg, task.sleep.catch) == (box.proc("parent"), "ppwait", False)
    box.do("kid", "exec")
    assert box.said(task) == box.proc("kid").p_pid
    assert box.broken() == []


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_the_parent_wakes_when_the_child_dies(how: str) -> None:
    box = box_in_vfork()
    task = box.lwp("parent").lwp_task
    assert task is not None
    if how == "exit":
        box.do("kid", "exit")
    else:
        box.do("shell", "kill", to="kid", signal="SIGKILL")
    assert box.said(task) == box.proc("kid").p_pid
    assert box.proc("kid") in box.k.zombproc


def test_a_failed_exec_holds_the_parent() -> None:
    box = box_in_vfork()
    assert box.do("kid", "exec", exists=False) == "ENOENT"
    assert box.sleeps_on("parent") == "ppwait"


def test_the_child_works_in_the_parents_memory_and_exec_leaves_it_alone() -> None:
    box = box_in_vfork()
    box.do("kid", "store", value="5")
    box.do("kid", "exec")
    assert box.do("parent", "load") == "5"
    assert box.do("kid", "load") == "0"


def test_even_sigkill_waits_for_the_childs_exec() -> None:
    box = box_in_vfork()
    box.do("shell", "kill", to="parent", signal="SIGKILL")
    assert box.sleeps_on("parent") == "ppwait"
    box.do("kid", "exec")
    assert box.proc("parent") in box.k.zombproc


def test_stop_signals_wait_for_the_childs_exec() -> None:
    box = box_in_vfork()
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert box.sleeps_on("kid") == ""
    assert box.do("kid", "exec") == ASLEEP
    assert box.sleeps_on("kid") == "stop"


def test_a_held_parent_with_other_children_and_no_zombies_is_not_woken_by_its_childs_exit() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGCHLD", handler="default", options="SA_NOCLDWAIT")
    box.do("parent", "fork", "old")
    task = box.start("parent", "vfork")
    box.run()
    box.do("kid", "exit")
    assert box.said(task) == ASLEEP
    assert [waiting.lost for waiting in box.k.sched.waiting()] == [True]
    box.do("old", "exit")
    assert box.said(task) == box.proc("kid").p_pid


def test_reading_a_reaped_child_whose_memory_may_be_used_again_is_not_modelled() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGCHLD", handler="default", options="SA_NOCLDWAIT")
    box.do("parent", "fork", "old")
    task = box.start("parent", "vfork")
    box.run()
    box.do("kid", "exit")
    box.do("init", "wait", options="WNOHANG")
    box.do("shell", "fork", "stranger")
    box.do("old", "exit")
    assert isinstance(task.failure, Unmodelled)


def test_a_debugger_of_the_child_is_woken_instead_of_the_parent() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("debugger"))
    task = box.start("parent", "vfork")
    box.run()
    box.do("debugger", "ptrace", request="attach", process="kid")
    box.do("debugger", "wait")  # SIGSTOP is held back while the parent waits
    box.do("kid", "exec")
    assert box.said(task) == ASLEEP
    assert [waiting.lost for waiting in box.k.sched.waiting() if waiting.wmesg == "ppwait"] == [True]


def test_a_held_child_with_a_pending_stop_spins_in_fork() -> None:
    box = box_in_vfork()
    box.do("shell", "kill", to="kid", signal="SIGTSTP")
    task = box.start("kid", "fork", "grandkid")
    box.run()
    assert box.said(task) == SPINS
    box.do("shell", "kill", to="kid", signal="SIGCONT")
    assert box.said(task) == box.proc("grandkid").p_pid


def test_a_child_that_leaves_the_shared_memory_still_holds_its_parent() -> None:
    box = box_in_vfork()
    assert box.do("kid", "rfork", flags=0) == 0
    assert box.proc("kid").p_vmspace is not box.proc("parent").p_vmspace
    assert box.sleeps_on("parent") == "ppwait"


def test_other_threads_of_the_parent_go_on() -> None:
    box = Box()
    box.do("parent", "lwp_create", "t2")
    box.do("parent", "vfork")
    assert box.do("t2", "getpid") == box.proc("parent").p_pid
    assert box.do("kid", "exit") == GONE
    assert box.do("t2", "wait") == "kid exited 0"
