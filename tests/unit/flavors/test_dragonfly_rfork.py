"""rfork without RFPROC, and what processes share."""

from __future__ import annotations

import pytest

from flavors.dragonfly.r768af85b import lower
from oracle.flavor import Inexpressible, Lowered
from oracle.lowering import spawn_intent
from oracle.machine.errno import Unmodelled
from oracle.scenario import FileSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, Box

SHARING = "RFPROC|RFMEM"


def box_with_sharer(flags: str = SHARING) -> Box:
    box = Box()
    box.do("parent", "rfork", flags=flags)
    return box


def test_rfork_0_takes_the_caller_out_of_shared_memory_alone() -> None:
    box = box_with_sharer()
    assert box.do("kid", "rfork", flags=0) == 0
    p1, p2 = box.proc("parent"), box.proc("kid")
    assert p1.p_vmspace is not p2.p_vmspace
    assert p1.p_fd is p2.p_fd
    assert box.broken() == []


def test_rfork_mem_is_no_operation() -> None:
    box = box_with_sharer()
    assert box.do("kid", "rfork", flags="RFMEM") == 0
    assert box.proc("parent").p_vmspace is box.proc("kid").p_vmspace


def test_rfork_fdg_copies_a_shared_table_and_leaves_an_unshared_one_alone() -> None:
    box = box_with_sharer()
    box.do("kid", "rfork", flags="RFFDG|RFMEM")
    assert box.proc("parent").p_fd is not box.proc("kid").p_fd
    own = box.proc("kid").p_fd
    box.do("kid", "rfork", flags="RFFDG|RFMEM")
    assert box.proc("kid").p_fd is own
    assert box.broken() == []


def test_rfork_cfdg_empties_the_table_and_resets_the_mask() -> None:
    box = Box()
    box.do("parent", "umask", mask=0o77)
    assert box.do("parent", "rfork", flags="RFCFDG") == 0
    assert box.do("parent", "umask", mask=0o77) == "022"
    assert box.do("parent", "close", fd=0) == "EBADF"
    assert box.broken() == []


def test_a_threaded_process_unshares_nothing() -> None:
    box = Box()
    box.do("parent", "lwp_create", "t2")
    assert box.do("parent", "rfork", flags="RFMEM") == "EINVAL"


def test_unsharing_the_table_loses_posix_locks() -> None:
    box = Box(None, ProcessSpec("parent", files=(FileSpec(0, "/f"),)))
    box.do("parent", "lock", fd=0)
    box.do("parent", "rfork", flags="RFPROC")
    assert box.k.vnode("/f").v_locks == (box.proc("parent"),)
    box.do("parent", "rfork", flags="RFFDG|RFMEM")
    assert box.k.vnode("/f").v_locks == ()
    assert box.proc("parent").p_numposixlocks == 0


def test_a_close_by_a_sharer_drops_the_other_leaders_locks() -> None:
    box = Box(None, ProcessSpec("parent", files=(FileSpec(0, "/f"),)))
    box.do("parent", "lock", fd=0)
    box.do("parent", "rfork", flags="RFPROC")
    box.do("kid", "close", fd=0)
    assert box.k.vnode("/f").v_locks == ()


def test_unshared_memory_forgets_that_segments_are_attached() -> None:
    box = Box()
    box.do("parent", "shmat", segment="seg")
    box.do("parent", "rfork", flags=SHARING)
    assert box.kern.shm_nattch == {"seg": 1}
    box.do("kid", "rfork", flags=0)
    assert box.do("kid", "load", region="seg") == "0"
    assert box.do("kid", "shmdt", segment="seg") == "EINVAL"


def test_a_forked_child_has_the_segments_attached_and_counted() -> None:
    box = Box()
    box.do("parent", "shmat", segment="seg")
    box.do("parent", "fork")
    assert box.kern.shm_nattch == {"seg": 2}
    box.do("kid", "store", region="seg", value="5")
    assert box.do("parent", "load", region="seg") == "5"
    box.do("kid", "exit")
    assert box.kern.shm_nattch == {"seg": 1}


def test_peers_die_with_their_leader() -> None:
    box = box_with_sharer("RFPROC|RFMEM|RFTHREAD|RFSIGSHARE")
    box.do("parent", "exit")
    assert box.proc("kid") in box.k.zombproc
    assert box.proc("parent") in box.k.zombproc
    assert box.broken() == []


def test_a_leader_waits_for_ever_for_a_peer_it_may_not_kill() -> None:
    box = Box(None, ProcessSpec("parent", uid=0))
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFTHREAD")
    box.do("parent", "setuid", uid=1000)
    assert box.do("kid", "setuid", uid=2000) is None
    assert box.do("parent", "exit") == "asleep"
    assert box.sleeps_on("parent") == "exit1"
    box.do("kid", "exit")
    assert box.proc("parent") in box.k.zombproc


def test_an_exit_signal_of_sigusr1_kills_the_parent_and_hides_the_child_from_wait() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFLINUXTHPN")
    box.do("kid", "exit", status=4)
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)
    assert box.do("parent", "wait") == "ECHILD"
    assert box.do("parent", "wait", options="WLINUXCLONE") == "kid exited 4"
    assert box.broken() == []


def test_inits_child_with_another_exit_signal_is_a_zombie_for_ever() -> None:
    box = Box()
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFNOWAIT|RFLINUXTHPN")
    box.do("kid", "exit")
    assert box.do("init", "wait", options="WNOHANG") in ("0", "ECHILD", 0)
    assert box.proc("kid") in box.k.zombproc
    assert box.k.nprocs == 5


@pytest.mark.parametrize(
    ("intent", "call", "flags"),
    [
        ({}, "rfork", "RFPROC|RFFDG"),
        ({"memory": "share", "wait_for_exec": True}, "vfork", None),
        ({"memory": "share", "files": "share", "handlers": "share"}, "rfork", "RFPROC|RFMEM|RFSIGSHARE"),
        ({"files": "fresh", "parent": "init"}, "rfork", "RFPROC|RFCFDG|RFNOWAIT"),
        ({"exit_signal": "SIGUSR1", "same_leader": True}, "rfork", "RFPROC|RFFDG|RFTHREAD|RFLINUXTHPN"),
        ({"files": "share", "cwd": "share"}, "rfork", "RFPROC"),
    ],
)
def test_intents_are_put_in_flags(intent: dict[str, str | bool], call: str, flags: str | None) -> None:
    assert lower(spawn_intent(intent)) == Lowered(call, {} if flags is None else {"flags": flags})


@pytest.mark.parametrize(
    ("intent", "reason"),
    [
        ({"wait_for_exec": True}, "[141]"),
        ({"wait_for_exec": True, "memory": "share", "handlers": "share"}, "[171-172]"),
        ({"exit_signal": 0}, "[412-415]"),
        ({"exit_signal": "SIGUSR2"}, "[412-415]"),
        ({"new_stack": True}, "[239-240]"),
        ({"cwd": "share"}, "[426-429]"),
        ({"cwd": "copy", "files": "share"}, "[432]"),
    ],
)
def test_what_no_call_does_is_said_with_its_lines(intent: dict[str, str | bool | int], reason: str) -> None:
    answer = lower(spawn_intent(intent))
    assert isinstance(answer, Inexpressible)
    assert reason in answer.reason


def test_a_peer_is_woken_along_the_chain_and_nobody_else_is() -> None:
    box = box_with_sharer("RFPROC|RFMEM|RFTHREAD")
    assert box.do("kid", "thr_sleep") == ASLEEP
    assert box.sleeps_on("kid") == "thrslp"
    assert box.do("parent", "thr_wakeup", process="shell") == "ESRCH"
    assert box.do("parent", "thr_wakeup", process="kid") == "0"
    assert box.sleeps_on("kid") == ""


def test_a_wakeup_that_comes_first_is_not_lost_and_a_sleep_can_time_out() -> None:
    box = box_with_sharer("RFPROC|RFMEM|RFTHREAD")
    assert box.do("parent", "thr_wakeup", process="kid") == "EAGAIN"
    assert box.do("kid", "thr_sleep") == "0"
    assert box.do("kid", "thr_sleep", ms=100) == "EAGAIN"


def test_a_signal_ends_the_sleep_of_a_peer_as_if_it_had_been_woken() -> None:
    box = box_with_sharer("RFPROC|RFMEM|RFTHREAD")
    box.do("kid", "sigaction", signal="SIGUSR1", handler="on_usr1")
    sleeping = box.start("kid", "thr_sleep")
    box.run()
    box.do("shell", "kill", to="kid", signal="SIGUSR1")
    assert (box.said(sleeping), box.lwp("kid").lwp_handled) == ("0", ("SIGUSR1 on_usr1",))


def test_a_peer_that_has_stopped_is_not_woken_and_finds_the_wakeup_later() -> None:
    box = box_with_sharer("RFPROC|RFMEM|RFTHREAD")
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert box.do("parent", "thr_wakeup", process="kid") == "EAGAIN"
    assert box.sleeps_on("kid") == "stop"
    box.do("shell", "kill", to="kid", signal="SIGCONT")
    assert box.do("kid", "thr_sleep") == "0"


def test_a_fork_whose_group_was_freed_while_it_slept_is_not_modelled() -> None:
    box = Box()
    fork = box.start("parent", "fork")
    box.start("shell", "setpgid", of="parent", group="shell")
    turns = iter([0, 1])  # past the lock of the group, and before the child is on its list
    box.turns.pick = lambda current, ready: next(turns, 0) if current is not None else 0
    box.run()
    with pytest.raises(Unmodelled, match="freed"):
        box.said(fork)
