"""Signals, debugging, groups, queues and the rest of what fork touches on NetBSD."""

from __future__ import annotations

import pytest

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.kern_sig import kpsignal
from flavors.netbsd.param import PSL_TRACED, PSL_TRACEFORK, SACTIVE, SIGNALS, SIGSTOP, SSTOP
from flavors.netbsd.status import status
from oracle.calls import SPAWN_PARAMS
from oracle.flavor import Inexpressible, Lowered
from oracle.machine.kevent import KQueue
from oracle.machine.machine import HZ
from oracle.machine.signals import members
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.unit.flavors.netbsd import PARENT, World, result

DEBUGGER = ProcessSpec("debugger")


# --- posting and taking ---------------------------------------------------------------------------------------------------


def test_a_stop_signal_from_the_terminal_is_dropped_in_an_orphaned_group() -> None:
    world = World(ProcessSpec("parent", parent="init"))
    world.do("shell", "kill", to="parent", signal="SIGTSTP")
    assert world.proc("parent").p_stat == SACTIVE
    world.do("shell", "kill", to="parent", signal="SIGSTOP")
    assert world.proc("parent").p_stat == SSTOP


def test_sigcont_takes_pending_stops_away_and_the_other_way_round() -> None:
    world = World(ProcessSpec("parent", masked=("SIGTSTP", "SIGCONT"), caught=(("SIGCONT", "h"),)))
    world.do("shell", "kill", to="parent", signal="SIGTSTP")
    assert world.proc("parent").p_siglist == 1 << 17
    world.do("shell", "kill", to="parent", signal="SIGCONT")
    assert world.proc("parent").p_siglist == 1 << 18
    world.do("shell", "kill", to="parent", signal="SIGTSTP")
    assert world.proc("parent").p_siglist == 1 << 17


def test_a_signal_to_a_stopped_process_stays_pending_until_it_is_continued() -> None:
    world = World()
    world.do("shell", "kill", to="parent", signal="SIGSTOP")
    world.do("shell", "kill", to="parent", signal="SIGTERM")
    assert world.proc("parent").p_stat == SSTOP
    world.do("shell", "kill", to="parent", signal="SIGCONT")
    assert world.proc("parent") in world.k.zombproc


def test_two_handlers_are_set_up_before_the_first_one_runs() -> None:
    world = World(ProcessSpec("parent", masked=("SIGUSR1", "SIGUSR2"), caught=(("SIGUSR1", "one"), ("SIGUSR2", "two"))))
    world.do("shell", "kill", to="parent", signal="SIGUSR2")
    world.do("shell", "kill", to="parent", signal="SIGUSR1")
    world.do("parent", "sigprocmask", how="set", signals=())
    assert world.lwp("parent").lwp_handled == ("SIGUSR1 one", "SIGUSR2 two")
    assert world.lwp("parent").lwp_sigmask == 0


def test_a_one_shot_handler_runs_once() -> None:
    world = World()
    world.do("parent", "sigaction", signal="SIGCHLD", handler="h", options="SA_RESETHAND")
    for _ in range(2):
        world.do("shell", "kill", to="parent", signal="SIGCHLD")
    assert world.lwp("parent").lwp_handled == ("SIGCHLD h",)


def test_a_handler_for_a_signal_ignored_by_default_never_runs_in_the_peer() -> None:
    world = World()
    world.do("parent", "__clone", "kid", flags="CLONE_VM|CLONE_SIGHAND", csignal="SIGCHLD")
    world.do("parent", "sigaction", signal="SIGURG", handler="urgent")
    world.do("parent", "sigaction", signal="SIGUSR1", handler="user")
    world.do("shell", "kill", to="kid", signal="SIGURG")
    world.do("shell", "kill", to="kid", signal="SIGUSR1")
    assert world.lwp("kid").lwp_handled == ("SIGUSR1 user",)
    assert FLAVOR.handler(world.proc("kid"), 16) == ""


def test_kill_and_stop_can_be_neither_caught_nor_masked() -> None:
    world = World()
    for name in ("SIGKILL", "SIGSTOP"):
        assert world.do("parent", "sigaction", signal=name, handler="ignore") == "EINVAL"
    world.do("parent", "sigprocmask", how="block", signals=("SIGKILL", "SIGUSR1"))
    assert world.lwp("parent").lwp_sigmask == 1 << 29


def test_another_users_process_can_be_continued_within_the_session_and_not_killed() -> None:
    world = World(PARENT, ProcessSpec("other", uid=2000))
    assert world.do("parent", "kill", to="other", signal="SIGTERM") == "EPERM"
    assert world.do("parent", "kill", to="other", signal="SIGCONT") is None
    assert world.do("parent", "kill", to="other", signal=64) == "EINVAL"


def test_a_zombie_can_be_signalled_and_a_reaped_process_cannot() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    world.do("kid", "exit")
    assert world.do("parent", "kill", to="kid", signal="SIGKILL") is None
    world.do("parent", "wait")
    assert world.do("parent", "kill", to="kid", signal="SIGKILL") == "ESRCH"


def test_an_unmapped_access_kills_even_who_ignores_the_signal() -> None:
    world = World(ProcessSpec("parent", ignored=("SIGSEGV",)))
    assert world.do("parent", "store", region="nowhere", value="1") == "LwpExit"
    assert status(world.proc("parent").p_xstat) == "killed SIGSEGV"


def test_an_alarm_ends_a_sleep() -> None:
    world = World(ProcessSpec("parent", caught=(("SIGALRM", "ring"),)))
    world.do("parent", "alarm", ms=100)
    assert world.do("parent", "sleep", ms=1000) == "EINTR"
    assert world.lwp("parent").lwp_handled == ("SIGALRM ring",)


def test_a_stop_does_not_cut_a_sleep_short() -> None:
    world = World()
    world.k.timer_expired = lambda k, p: kpsignal(k, p, SIGSTOP)
    world.do("parent", "alarm", ms=100)
    end = world.k.ticks + HZ
    sleep = world.start("parent", "sleep", ms=1000)
    world.k.sched.run(sleep)
    assert world.proc("parent").p_stat == SSTOP
    world.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (result(sleep), world.k.ticks) == (None, end)


def test_sa_nodefer_wins_over_a_mask_with_the_signal_itself() -> None:
    world = World()
    world.do("parent", "sigaction", signal="SIGUSR1", handler="on", mask=("SIGUSR1", "SIGUSR2"), options="SA_NODEFER")
    acts = world.proc("parent").p_sigacts
    assert acts is not None
    assert members(acts.ps_sigact[SIGNALS["SIGUSR1"]].mask) == [SIGNALS["SIGUSR2"]]


def test_burning_raises_the_estimate_and_is_charged_at_reaping() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    world.do("kid", "burn", ms=1000)
    assert world.proc("kid").p_cputime == 100
    assert world.lwp("kid").lwp_estcpu == 16 << 11
    world.do("kid", "exit")
    world.do("parent", "wait")
    assert world.proc("parent").p_childtime == 100
    assert world.lwp("parent").lwp_estcpu == 16 << 11


# --- ptrace ---------------------------------------------------------------------------------------------------------------


def attached() -> World:
    world = World(PARENT, DEBUGGER)
    assert world.do("debugger", "ptrace", request="attach", process="parent") == "0"
    assert world.do("debugger", "wait") == "parent stopped SIGSTOP"
    return world


@pytest.mark.parametrize(
    ("who", "request_", "expected"),
    [("debugger", "continue", "EPERM"), ("parent", "attach", "EINVAL"), ("other", "attach", "EPERM"), ("root", "attach", "0")],
)
def test_ptrace_says_no_in_its_own_order(who: str, request_: str, expected: str) -> None:
    world = World(PARENT, DEBUGGER, ProcessSpec("other", uid=2000), ProcessSpec("root", uid=0))
    assert world.do(who, "ptrace", request=request_, process="parent") == expected


def test_a_request_needs_a_stop_that_was_collected() -> None:
    world = World(PARENT, DEBUGGER)
    world.do("debugger", "ptrace", request="attach", process="parent")
    assert world.do("debugger", "ptrace", request="continue", process="parent") == "EBUSY"
    assert world.do("debugger", "ptrace", request="attach", process="parent") == "EBUSY"


def test_a_traced_process_takes_the_signal_that_it_is_continued_with() -> None:
    world = attached()
    world.do("debugger", "ptrace", request="continue", process="parent", signal="SIGTERM")
    assert status(world.proc("parent").p_xstat) == "killed SIGTERM"


def test_every_signal_stops_a_traced_process_even_an_ignored_one() -> None:
    world = attached()
    world.do("debugger", "ptrace", request="continue", process="parent")
    world.do("shell", "kill", to="parent", signal="SIGURG")
    assert world.do("debugger", "wait") == "parent stopped SIGURG"


def test_sigcont_does_not_continue_a_traced_process() -> None:
    world = attached()
    world.do("shell", "kill", to="parent", signal="SIGCONT")
    assert world.proc("parent").p_stat == SSTOP
    assert world.do("debugger", "ptrace", request="kill", process="parent") == "0"
    assert world.proc("parent") in world.k.zombproc


def test_a_traced_childs_death_is_reported_to_debugger_and_parent() -> None:
    world = attached()
    world.do("debugger", "ptrace", request="kill", process="parent")
    assert world.do("shell", "wait", child="parent") == "ECHILD"
    assert world.do("debugger", "wait") == "parent killed SIGKILL"
    assert world.do("shell", "wait") == "parent killed SIGKILL"
    assert world.proc("debugger").p_nstopchild == world.proc("shell").p_nstopchild == 0


def test_the_fork_events_mask_survives_detach() -> None:
    world = attached()
    world.do("debugger", "ptrace", request="set_events", process="parent", events="PTRACE_FORK")
    assert world.do("debugger", "ptrace", request="get_events", process="parent") == "PTRACE_FORK"
    world.do("debugger", "ptrace", request="detach", process="parent")
    assert world.proc("parent").p_slflag & (PSL_TRACED | PSL_TRACEFORK) == PSL_TRACEFORK
    assert world.proc("parent").p_pptr is world.proc("shell")


def test_a_wrong_size_leaves_the_target_unable_to_exec() -> None:
    world = attached()
    assert world.do("debugger", "ptrace", request="get_state", process="parent", bad_size=True) == "EINVAL"
    world.do("debugger", "ptrace", request="detach", process="parent")
    assert world.do("parent", "exec") == "asleep"
    assert any(text.startswith("locks: debugger") for text in world.broken())


def test_children_of_a_debugger_that_exits_are_killed_and_go_home() -> None:
    world = attached()
    world.do("debugger", "exit")
    assert world.proc("parent").p_pptr is world.proc("shell")
    assert world.proc("parent") in world.k.zombproc
    assert world.k.console == [f"pid {world.proc('parent').p_pid} was killed: orphaned traced process"]


def test_exec_stops_a_traced_process_with_a_trap() -> None:
    world = attached()
    world.do("debugger", "ptrace", request="continue", process="parent")
    assert world.do("parent", "exec") == "asleep"
    assert world.do("debugger", "wait") == "parent stopped SIGTRAP"


# --- kernel event queues --------------------------------------------------------------------------------------------------


def watched(tunables: tuple[tuple[str, int], ...] = ()) -> tuple[World, list[int]]:

    world = World(
        PARENT, ProcessSpec("watcher", files=(FileSpec(0, "queue", kind="kqueue"),)), machine=MachineSpec(tunables=tunables)
    )
    assert world.do("watcher", "kevent", fd=0, process="parent", notes="NOTE_FORK|NOTE_TRACK") is None
    world.do("parent", "fork", "kid")
    table = world.proc("watcher").p_fd
    assert table is not None
    queue = table.fd_files[0].f_data
    assert isinstance(queue, KQueue)
    return world, [knote.kn_fflags for knote in queue.kq_knotes]


def test_tracking_a_fork_fails_in_march_2012() -> None:
    assert watched()[1] == [0x40000002]


def test_tracking_a_fork_works_once_the_attach_takes_embryos() -> None:
    world, flags = watched((("note_track", 1),))
    assert flags == [0x40000000, 4]
    (knote,) = world.proc("kid").p_klist
    assert knote.kn_data == world.proc("parent").p_pid


def test_another_users_process_cannot_be_watched() -> None:
    world = World(PARENT, ProcessSpec("other", uid=2000, files=(FileSpec(0, "queue", kind="kqueue"),)))
    assert world.do("other", "kevent", fd=0, process="parent", notes="NOTE_FORK") == "EACCES"
    assert world.do("other", "kevent", fd=1, process="parent", notes="NOTE_FORK") == "EBADF"


# --- ids, groups, limits --------------------------------------------------------------------------------------------------


def test_setuid_moves_the_charge_and_sets_all_three_ids() -> None:
    world = World(ProcessSpec("parent", uid=0))
    world.do("parent", "setuid", uid=3000)
    cred = world.proc("parent").p_ucred
    assert cred is not None
    assert (cred.cr_ruid, cred.cr_uid, cred.cr_svuid) == (3000, 3000, 3000)
    assert world.k.uid(3000).ui_proccnt == 1
    assert world.do("parent", "setuid", uid=0) == "EPERM"
    assert world.broken() == []


def test_setreuid_saves_the_effective_id_when_the_real_one_changes() -> None:
    world = World(ProcessSpec("parent", uid=1000, euid=0, svuid=0))
    world.do("parent", "setreuid", ruid=0, euid=1000)
    cred = world.proc("parent").p_ucred
    assert cred is not None
    assert (cred.cr_ruid, cred.cr_uid, cred.cr_svuid) == (0, 1000, 1000)


def test_setpgid_checks_in_the_kernels_order() -> None:
    world = World(PARENT, ProcessSpec("stranger", session=""))
    world.do("parent", "fork", "kid")
    assert world.do("kid", "setpgid", of="parent") == "ESRCH"
    assert world.do("parent", "setpgid", group="stranger") == "EPERM"
    assert world.do("shell", "setpgid", group="parent") == "EPERM"
    assert world.do("shell", "setpgid") is None
    world.do("kid", "exec")
    assert world.do("parent", "setpgid", of="kid") == "EACCES"


def test_setsid_leaves_the_terminal_and_fails_for_a_group_leader() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    assert world.do("parent", "setsid") == "EPERM"
    assert world.do("kid", "setsid") is None
    assert world.do("kid", "type") == "ENOTTY"
    assert world.broken() == []


def test_the_first_change_of_a_limit_makes_it_private_and_children_get_copies() -> None:
    world = World()
    world.do("parent", "fork", "before")
    world.do("parent", "setrlimit", resource="cpu", soft=5)
    world.do("parent", "fork", "after")
    limit, after = world.proc("parent").p_limit, world.proc("after").p_limit
    assert limit is not None
    assert after is not None
    assert limit.pl_exclusive == 1
    assert after is not limit
    assert after.pl_exclusive == 0
    assert world.do("parent", "setrlimit", resource="nproc", soft=-1, hard=-1) == "EPERM"
    assert world.broken() == []


def test_a_queue_that_was_only_opened_wraps_the_count_when_it_is_closed() -> None:
    world = World(PARENT, ProcessSpec("maker"))
    world.do("maker", "mq_open", name="/q")
    fd = world.do("parent", "mq_open", name="/q", create=False)
    assert isinstance(fd, int)
    world.do("parent", "close", fd=fd)
    assert world.proc("parent").p_mqueue_cnt == 0xFFFFFFFF
    assert world.do("parent", "mq_open", name="/new") == "EMFILE"
    assert world.do("parent", "mq_open", name="/none", create=False) == "ENOENT"


def test_reading_a_stop_flag_says_zero_whatever_it_is() -> None:
    world = World(PARENT, ProcessSpec("other", uid=2000))
    assert world.do("parent", "stopfork", process="parent") is None
    assert world.do("parent", "read_stopfork", process="parent") == 0
    assert world.do("other", "stopfork", process="parent") == "EPERM"


def test_a_signal_wakes_a_child_born_stopped_and_it_stops_again_quietly() -> None:
    world = World()
    world.do("parent", "stopfork", process="parent")
    world.do("parent", "fork", "kid")
    world.do("shell", "kill", to="kid", signal="SIGUSR1")
    assert world.proc("kid").p_stat == SSTOP
    assert world.proc("parent").p_nstopchild == 1
    assert world.proc("parent").p_siglist == 0
    wait = world.start("parent", "wait", options="WUNTRACED")
    world.k.sched.run()
    assert result(wait) == "kid stopped 0"


# --- intents --------------------------------------------------------------------------------------------------------------


def lowered(**wanted: bool | int | str) -> Lowered | Inexpressible:
    intent = {param.name: param.default for param in SPAWN_PARAMS if isinstance(param.default, bool | int | str)}
    return FLAVOR.lower({**intent, **wanted})


def test_an_intent_without_wishes_is_a_fork() -> None:
    assert lowered() == Lowered("fork", {})


def test_shared_memory_and_a_waiting_parent_are_a_vfork() -> None:
    assert lowered(memory="share", wait_for_exec=True) == Lowered("vfork", {})


def test_everything_else_is_a_clone() -> None:
    assert lowered(memory="share", handlers="share", files="share", cwd="share", exit_signal=0) == Lowered(
        "__clone", {"flags": "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND", "csignal": 0}
    )
    assert lowered(new_stack=True) == Lowered("__clone", {"flags": 0, "csignal": "SIGCHLD", "stack": "new"})
    assert lowered(exit_signal="SIGUSR1") == Lowered("__clone", {"flags": 0, "csignal": "SIGUSR1"})


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"files": "fresh"}, "[174-183]"),
        ({"parent": "init"}, "[174-183]"),
        ({"handlers": "share"}, "[168-170]"),
        ({"exit_signal": 64}, "[185-187]"),
        ({"exit_signal": "SIGTHR"}, "SIGTHR"),
        ({"same_leader": True}, "leader"),
    ],
)
def test_what_clone_has_no_flag_for_is_inexpressible(wanted: dict[str, bool | int | str], reason: str) -> None:
    answer = lowered(**wanted)
    assert isinstance(answer, Inexpressible)
    assert reason in answer.reason
