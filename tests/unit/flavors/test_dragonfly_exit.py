"""exit, wait, exec, ptrace, queues, traces: what surrounds a fork."""

from __future__ import annotations

import pytest

from flavors.dragonfly.proc_h import NOTE_CHILD, NOTE_EXIT, NOTE_FORK
from flavors.dragonfly.words import status
from oracle.machine.errno import Panic
from oracle.machine.kevent import KQueue
from oracle.scenario import FileSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, Box


def test_the_last_attached_child_is_reported_first() -> None:
    box = Box()
    for name in ("one", "two"):
        box.do("parent", "fork", name)
    box.do("one", "exit", status=1)
    box.do("two", "exit", status=2)
    assert [box.do("parent", "wait") for _ in range(3)] == ["two exited 2", "one exited 1", "ECHILD"]
    assert box.broken() == []


def test_children_of_the_dead_go_to_init_in_reverse_and_with_sigchld() -> None:
    box = Box()
    box.do("parent", "rfork", "one", flags="RFPROC|RFFDG|RFLINUXTHPN")
    box.do("parent", "fork", "two")
    box.do("parent", "exit")
    assert [box.k.role(p) for p in box.k.initproc.p_children][:2] == ["one", "two"]
    assert box.proc("one").p_exitsig == 20
    assert box.broken() == []


def test_unknown_wait_options_are_refused() -> None:
    assert Box().do("parent", "wait", options=8) == "EINVAL"


def test_a_held_process_is_no_zombie_until_it_is_let_go() -> None:
    box = Box()
    box.do("parent", "fork")
    kid = box.proc("kid")
    kid.p_hold = 1
    exit_task = box.start("kid", "exit")
    box.run()
    assert box.said(exit_task) == ASLEEP
    assert box.sleeps_on("kid") == "reap1"
    kid.p_hold = 0
    box.run()
    assert kid in box.k.zombproc


def test_the_exit_of_init_is_the_end() -> None:
    box = Box()
    with pytest.raises(Panic, match="init"):
        box.do("init", "exit")


def test_sa_nocldwait_gives_children_to_init_and_wakes_the_last_wait() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGCHLD", handler="default", options="SA_NOCLDWAIT")
    box.do("parent", "fork")
    wait = box.start("parent", "wait")
    box.run()
    box.do("kid", "exit")
    assert box.said(wait) == "ECHILD"
    assert box.proc("kid").p_pptr is box.k.initproc


def test_ignoring_sigchld_still_leaves_zombies() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGCHLD", handler="ignore")
    box.do("parent", "fork")
    box.do("kid", "exit")
    assert box.do("parent", "wait") == "kid exited 0"


def test_exec_resets_handlers_keeps_what_is_ignored_and_unshares() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    box.do("parent", "sigaction", signal="SIGUSR2", handler="ignore")
    box.do("parent", "rfork", flags="RFPROC|RFMEM|RFSIGSHARE")
    box.do("kid", "exec", path="/bin/ls")
    p1, p2 = box.proc("parent"), box.proc("kid")
    assert p1.p_sigacts is not None
    assert p2.p_sigacts is not None
    assert sorted(p1.p_sigacts.ps_sigact) == [30, 31]
    assert sorted(p2.p_sigacts.ps_sigact) == [31]
    assert p1.p_fd is not p2.p_fd
    assert (p2.p_comm, p2.p_acflag) == ("ls", 0)
    assert box.broken() == []


def test_a_set_user_id_program_changes_ids_and_stops_a_users_trace() -> None:
    box = Box()
    box.do("parent", "ktrace")
    box.do("parent", "exec", setuid=0)
    p = box.proc("parent")
    assert p.p_ucred is not None
    assert (p.p_ucred.cr_uid, p.p_ucred.cr_ruid, p.p_ucred.cr_svuid) == (0, 1000, 0)
    assert (p.p_tracenode, p.p_traceflag) == (None, 0)
    assert box.broken() == []


def test_a_traced_program_stops_after_exec() -> None:
    box = Box()
    box.do("parent", "ptrace", request="traceme")
    assert box.do("parent", "exec", setuid=0) == ASLEEP
    assert box.do("shell", "wait") == "parent stopped SIGTRAP"
    cred = box.proc("parent").p_ucred
    assert cred is not None
    assert cred.cr_uid == 1000


def test_a_debugger_gets_the_zombie_first_and_hands_it_back() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("debugger"))
    box.do("parent", "fork")
    assert box.do("debugger", "ptrace", request="attach", process="kid") is None
    assert box.do("debugger", "wait") == "kid stopped SIGSTOP"
    assert box.do("debugger", "ptrace", request="continue", process="kid") is None
    box.do("kid", "exit", status=5)
    assert box.do("debugger", "wait") == "kid exited 5"
    assert box.do("parent", "wait") == "kid exited 5"
    assert box.broken() == []


def test_a_fork_under_a_debugger_gives_an_untraced_child_and_does_not_spin() -> None:
    box = Box()
    box.do("parent", "ptrace", request="traceme")
    assert box.do("parent", "fork") == box.proc("kid").p_pid
    assert not box.proc("kid").p_flag & 0x800


@pytest.mark.parametrize("request_", ["set_events", "get_events", "get_state"])
def test_fork_events_do_not_exist(request_: str) -> None:
    box = Box()
    box.do("parent", "fork")
    assert box.do("parent", "ptrace", request=request_, process="kid") == "EINVAL"


@pytest.mark.parametrize(
    ("request_", "process", "errno"),
    [("attach", "parent", "EINVAL"), ("continue", "kid", "EPERM"), ("attach", "shell", None), ("detach", "shell", "EPERM")],
)
def test_ptrace_says_what_it_may_not(request_: str, process: str, errno: str | None) -> None:
    box = Box()
    box.do("parent", "fork")
    assert box.do("parent", "ptrace", request=request_, process=process) == errno


def test_a_tracking_queue_follows_forks_before_the_child_runs() -> None:
    box = Box()
    fd = box.do("shell", "kqueue")
    assert isinstance(fd, int)
    box.do("shell", "kevent", fd=fd, process="parent", notes="NOTE_FORK|NOTE_TRACK|NOTE_EXIT")
    box.do("parent", "fork")
    fdp = box.proc("shell").p_fd
    assert fdp is not None
    queue = fdp.fd_files[fd].f_data
    assert isinstance(queue, KQueue)
    parent, kid = queue.kq_knotes
    assert parent.kn_fflags == NOTE_FORK
    assert (kid.kn_fflags, kid.kn_data) == (NOTE_CHILD, box.proc("parent").p_pid)
    box.do("kid", "exit", status=3)
    assert (kid.kn_fflags, kid.kn_data) == (NOTE_CHILD | NOTE_EXIT, 3 << 8)
    box.do("shell", "close", fd=fd)
    assert box.proc("parent").p_klist == ()


def test_tracking_from_outside_a_jail_is_checked_against_the_forking_process() -> None:
    box = Box(None, ProcessSpec("parent", jail="j"))
    box.do("shell", "kqueue")
    box.do("shell", "kevent", fd=1, process="parent", notes="NOTE_TRACK")
    box.do("parent", "fork")
    assert [kn.kn_fflags for kn in box.proc("parent").p_klist] == [0]
    assert [kn.kn_fflags for kn in box.proc("kid").p_klist] == [NOTE_CHILD]


def test_traces_are_inherited_only_if_asked_for() -> None:
    box = Box()
    box.do("parent", "ktrace", inherit=False)
    box.do("parent", "fork", "one")
    assert box.proc("one").p_tracenode is None
    box.do("parent", "ktrace", inherit=True)
    box.do("parent", "fork", "two")
    assert box.proc("two").p_tracenode is box.proc("parent").p_tracenode
    assert box.broken() == []


def test_message_queue_descriptors_are_inherited_and_their_count_is_not() -> None:
    box = Box()
    fd = box.do("parent", "mq_open", name="/q")
    box.do("parent", "fork")
    assert (box.proc("parent").p_mqueue_cnt, box.proc("kid").p_mqueue_cnt) == (1, 0)
    for role in ("parent", "kid"):
        box.do(role, "close", fd=fd)
    assert (box.proc("parent").p_mqueue_cnt, box.proc("kid").p_mqueue_cnt) == (1, 0xFFFFFFFF)


def test_setpgid_moves_a_child_until_it_has_called_exec() -> None:
    box = Box()
    box.do("parent", "fork")
    assert box.do("parent", "setpgid", of="kid") is None
    box.do("kid", "exec")
    assert box.do("parent", "setpgid", of="kid", group="parent") == "EACCES"
    assert box.do("parent", "setpgid", of="shell") == "ESRCH"
    assert box.do("shell", "setpgid") == "EPERM"
    assert box.broken() == []


def test_moving_the_parent_during_its_fork_splits_the_child_between_two_groups() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other", group="parent"))
    box.do("parent", "fork", "anchor")
    box.start("parent", "fork")
    box.start("shell", "setpgid", of="parent", group="shell")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "kmalloc subproc" else 0
    box.run()
    kid = box.proc("kid")
    shell_group = box.proc("shell").p_pgrp
    assert shell_group is not None
    assert kid.p_pgrp is not shell_group
    assert kid in shell_group.pg_members


def test_a_session_leaders_exit_hangs_up_the_foreground_group() -> None:
    box = Box()
    box.do("shell", "exit")
    assert box.proc("parent") in box.k.zombproc
    assert status(box.proc("parent").p_xstat) == "killed SIGHUP"
    assert box.broken() == []


@pytest.mark.parametrize(
    ("word", "words"), [(0x300, "exited 3"), (9, "killed SIGKILL"), (0x117F, "stopped SIGSTOP"), (19, "continued")]
)
def test_wait_statuses_read_well(word: int, words: str) -> None:
    assert status(word) == words


def test_setrlimit_clamps_the_process_limit_and_keeps_others_limits() -> None:
    box = Box()
    box.do("parent", "fork")
    assert box.do("kid", "setrlimit", resource="nproc", soft=0) is None
    assert box.do("kid", "setrlimit", resource="nproc", soft=-1, hard=-1) == "EPERM"
    p1, p2 = box.proc("parent"), box.proc("kid")
    assert p1.p_limit is not None
    assert p2.p_limit is not None
    assert p2.p_limit.pl_rlimit["nproc"] == (1, 9 * box.k.maxproc // 10)
    assert p1.p_limit.pl_rlimit["nproc"] == (box.k.maxproc, box.k.maxproc)


def test_the_count_moves_with_the_real_uid() -> None:
    box = Box(None, ProcessSpec("parent", uid=0))
    box.do("parent", "setreuid", ruid=7, euid=8)
    assert (box.k.uid(0).ui_proccnt, box.k.uid(7).ui_proccnt) == (2, 1)
    assert box.do("parent", "setuid", uid=9) == "EPERM"
    assert box.broken() == []


def test_closing_files_at_exec_and_exit_leaves_no_reference() -> None:
    box = Box(None, ProcessSpec("parent", files=(FileSpec(0, "/f", cloexec=True), FileSpec(1, "/g"))))
    box.do("parent", "fork")
    box.do("kid", "exec")
    box.do("kid", "exit")
    box.do("parent", "exit")
    assert (box.k.vnode("/f").v_usecount, box.k.vnode("/g").v_usecount) == (0, 0)


def test_the_most_a_user_may_set_is_a_sysctl_of_the_superusers() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("root", uid=0))
    assert box.do("parent", "set_maxprocperuid", value=9) == "EPERM"
    assert box.do("root", "set_maxprocperuid", value=9) is None
    box.do("root", "setrlimit", resource="nproc", soft=-1, hard=-1)
    limit = box.proc("root").p_limit
    assert limit is not None
    assert limit.pl_rlimit["nproc"] == (9, 9)


def test_a_debugger_of_its_own_parent_makes_a_circle_in_which_the_kernel_hangs() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other"))
    assert box.do("parent", "ptrace", request="attach", process="shell") is None
    with pytest.raises(Panic, match="circle"):
        box.do("other", "setpgid", of="shell")
