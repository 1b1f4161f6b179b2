"""exit, wait, exec and stopping on NetBSD: who is told, who counts what, what is forgotten."""

from __future__ import annotations

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.param import PK_NOCLDWAIT, PL_ORPHANPG, PS_NOCLDSTOP, SIGCHLD, SSTOP, SZOMB
from oracle.machine.errno import Panic
from oracle.machine.proc import Lwp
from oracle.scenario import FileSpec, ProcessSpec
from tests.unit.flavors.netbsd import PARENT, World, result

UINT32 = 0xFFFFFFFF


def forked(*specs: ProcessSpec) -> World:
    world = World(*specs)
    world.do("parent", "fork", "kid")
    return world


# --- wait -----------------------------------------------------------------------------------------------------------------


def test_wait_without_children_fails() -> None:
    assert World().do("parent", "wait") == "ECHILD"


def test_wait_for_somebody_elses_child_fails() -> None:
    world = forked()
    assert world.do("parent", "wait", child="shell") == "ECHILD"


def test_an_unknown_wait_option_fails() -> None:
    assert forked().do("parent", "wait", options="0x10") == "EINVAL"


def test_a_child_without_exit_signal_needs_a_wait_for_clones() -> None:
    world = World()
    world.do("parent", "__clone", "kid")
    world.do("kid", "exit", status=3)
    assert world.proc("parent").p_siglist == 0
    assert world.do("parent", "wait") == "ECHILD"
    assert world.do("parent", "wait", options="WALTSIG") == "kid exited 3"


def test_wait_for_all_signals_takes_ordinary_children_too() -> None:
    world = forked()
    world.do("kid", "exit")
    assert world.do("parent", "wait", options="__WALL") == "kid exited 0"


def test_a_wait_for_clones_skips_ordinary_children() -> None:
    assert forked().do("parent", "wait", options="__WCLONE") == "ECHILD"


def test_wait_sleeps_until_a_child_dies() -> None:
    world = forked()
    wait = world.start("parent", "wait")
    world.k.sched.run()
    assert result(wait) == "asleep"
    world.do("kid", "exit", status=1)
    assert result(wait) == "kid exited 1"


def test_a_stop_is_reported_once() -> None:
    world = forked()
    world.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert world.proc("parent").p_nstopchild == 1
    assert world.do("parent", "wait", options="WNOHANG") == 0
    assert world.do("parent", "wait", options="WUNTRACED") == "kid stopped SIGSTOP"
    assert world.proc("parent").p_nstopchild == 0
    assert world.do("parent", "wait", options="WUNTRACED|WNOHANG") == 0


def test_a_count_of_zero_makes_wait_overlook_a_zombie() -> None:
    world = forked()
    world.do("parent", "fork", "younger")
    world.do("kid", "exit")
    parent = world.proc("parent")
    parent.p_children.reverse()
    parent.p_nstopchild = 0
    assert world.do("parent", "wait", options="WNOHANG") == 0
    parent.p_nstopchild = 1
    assert world.do("parent", "wait", options="WNOHANG") == "kid exited 0"


def test_an_interrupted_wait_fails_unless_the_handler_restarts_calls() -> None:
    for options, expected in (("0", "EINTR"), ("SA_RESTART", "asleep")):
        world = forked()
        world.do("parent", "sigaction", signal="SIGUSR1", handler="h", options=options)
        wait = world.start("parent", "wait")
        world.k.sched.run()
        world.do("shell", "kill", to="parent", signal="SIGUSR1")
        assert result(wait) == expected
        assert world.lwp("parent").lwp_handled == ("SIGUSR1 h",)


# --- exit -----------------------------------------------------------------------------------------------------------------


def test_a_parent_that_wants_no_zombies_keeps_a_count_and_init_loses_one() -> None:
    world = World(ProcessSpec("parent", ignored=("SIGCHLD",)))
    world.do("parent", "fork", "kid")
    world.do("kid", "exit")
    assert world.proc("kid").p_pptr is world.k.initproc
    assert world.proc("parent").p_nstopchild == 1
    assert world.k.initproc.p_nstopchild == 0
    world.do("init", "wait")
    assert world.k.initproc.p_nstopchild == UINT32


def test_the_last_child_of_a_parent_that_wants_no_zombies_wakes_its_wait() -> None:
    world = forked()
    world.proc("parent").p_flag |= PK_NOCLDWAIT
    wait = world.start("parent", "wait")
    world.k.sched.run()
    world.do("kid", "exit")
    assert result(wait) == "ECHILD"


def test_an_orphan_goes_to_init_and_signals_sigchld_whatever_it_was_born_with() -> None:
    world = World()
    world.do("parent", "__clone", "kid", csignal="SIGUSR1")
    world.do("parent", "exit")
    assert world.proc("kid").p_pptr is world.k.initproc
    assert world.proc("kid").p_exitsig == SIGCHLD


def test_init_may_not_refuse_zombies() -> None:
    world = World()
    world.do("init", "sigaction", signal="SIGCHLD", handler="ignore", options="SA_NOCLDWAIT")
    assert world.k.initproc.p_flag == 0


def test_the_exit_of_init_is_a_panic() -> None:
    world = World()
    world.do("init", "exit", status=3)
    assert isinstance(world.k.sched.panic, Panic)


def test_a_session_leaders_exit_hangs_up_the_foreground_group_and_takes_the_terminal() -> None:
    world = World()
    session = world.k.pgrps[world.proc("parent").p_pid].pg_session
    assert session.s_ttypgrp is world.proc("parent").p_pgrp
    world.do("shell", "exit")
    assert world.proc("parent").p_stat == SZOMB
    assert world.proc("parent").p_xstat == 1
    assert session.s_ttyvp is None
    assert session.s_leader is None


def test_a_stopped_group_that_is_orphaned_is_hung_up_and_continued() -> None:
    world = forked()
    world.do("kid", "setpgid")
    world.do("kid", "sigaction", signal="SIGHUP", handler="h")
    world.do("shell", "kill", to="kid", signal="SIGSTOP")
    world.do("parent", "exit")
    assert world.lwp("kid").lwp_handled == ("SIGHUP h",)
    assert world.proc("kid").p_lflag & PL_ORPHANPG


def test_locks_of_a_process_that_was_not_the_tables_last_user_stay_on_the_books() -> None:
    world = World()
    world.do("parent", "open", path="/f")
    world.do("parent", "__clone", "kid", flags="CLONE_FILES", csignal="SIGCHLD")
    world.do("kid", "lock", fd=1)
    kid = world.proc("kid")
    world.do("kid", "exit")
    assert world.k.vnode("/f").v_locks == (kid,)


# --- stops at exec and exit -----------------------------------------------------------------------------------------------


def test_stop_on_exit_is_not_counted_but_continuing_is() -> None:
    world = forked()
    world.do("parent", "stopfork", process="kid", what="stopexit")
    kid_exit = world.start("kid", "exit")
    world.k.sched.run()
    assert world.proc("kid").p_stat == SSTOP
    assert world.proc("parent").p_nstopchild == 0
    world.do("parent", "kill", to="kid", signal="SIGCONT")
    assert result(kid_exit) == "LwpExit"
    assert world.proc("parent").p_nstopchild == 0
    world.do("parent", "wait")
    assert world.proc("parent").p_nstopchild == UINT32


def test_stop_on_exec_clears_the_parents_mark_instead_of_its_own() -> None:
    world = forked()
    parent, kid = world.proc("parent"), world.proc("kid")
    parent.p_waited = kid.p_waited = 1
    world.do("parent", "stopfork", process="kid", what="stopexec")
    assert world.do("kid", "exec") == "asleep"
    assert (parent.p_waited, kid.p_waited) == (0, 1)
    assert parent.p_nstopchild == 1
    assert world.do("parent", "wait", options="WUNTRACED|WNOHANG") == 0


# --- exec -----------------------------------------------------------------------------------------------------------------


def test_exec_forgets_what_is_pending_sigkill_included() -> None:
    world = World(ProcessSpec("parent", masked=("SIGUSR1",), pending=("SIGUSR1",)))
    world.do("parent", "exec")
    assert world.proc("parent").p_siglist == 0


def test_a_handler_that_a_sharer_installed_survives_the_peers_exec() -> None:
    world = World()
    world.do("parent", "__clone", "kid", flags="CLONE_VM|CLONE_SIGHAND", csignal="SIGCHLD")
    world.do("kid", "sigaction", signal="SIGUSR1", handler="theirs")
    world.do("parent", "exec")
    assert FLAVOR.handler(world.proc("parent"), 30) == "theirs"
    world.do("kid", "exec")
    assert FLAVOR.handler(world.proc("kid"), 30) == ""


def test_exec_unshares_the_handlers_but_not_the_lock() -> None:
    world = World()
    world.do("parent", "__clone", "kid", flags="CLONE_VM|CLONE_SIGHAND", csignal="SIGCHLD")
    world.do("kid", "exec")
    assert world.proc("kid").p_sigacts is not world.proc("parent").p_sigacts
    assert world.proc("kid").p_lock is world.proc("parent").p_lock


def test_exec_drops_a_kqueue_from_a_shared_table_only() -> None:
    files = (FileSpec(0, "queue", kind="kqueue"),)
    world = World(ProcessSpec("parent", files=files))
    world.do("parent", "exec")
    parent = world.proc("parent")
    assert parent.p_fd is not None
    assert list(parent.p_fd.fd_files) == [0]
    world.do("parent", "__clone", "kid", flags="CLONE_FILES", csignal="SIGCHLD")
    world.do("kid", "exec")
    kid = world.proc("kid")
    assert kid.p_fd is not None
    assert list(kid.p_fd.fd_files) == []


def test_a_set_user_id_program_changes_the_effective_and_the_saved_id() -> None:
    world = World()
    world.do("parent", "exec", setuid=0)
    cred = world.proc("parent").p_ucred
    assert cred is not None
    assert (cred.cr_ruid, cred.cr_uid, cred.cr_svuid) == (1000, 0, 0)
    assert world.broken() == []


def test_a_set_user_id_program_is_refused_over_the_limit() -> None:
    world = World(ProcessSpec("parent", uid=2000, sugid=True, limits=(("nproc", 0, 0),)))
    assert world.do("parent", "exec") == "EAGAIN"


def test_exec_of_a_process_with_several_threads_is_not_modelled() -> None:
    world = World()
    parent = world.proc("parent")
    parent.p_lwps.append(Lwp(parent, 2, world.lwp("parent").lwp_stat))
    for call in ("exec", "exit"):
        other = World()
        process = other.proc("parent")
        process.p_lwps.append(Lwp(process, 2, other.lwp("parent").lwp_stat))
        assert other.do("parent", call) == "Unmodelled"


# --- signals of children --------------------------------------------------------------------------------------------------


def test_a_parent_that_wants_no_news_of_stops_still_has_its_wait_woken() -> None:
    world = forked()
    world.do("parent", "sigaction", signal="SIGCHLD", handler="h", options="SA_NOCLDSTOP")
    assert world.proc("parent").p_sflag & PS_NOCLDSTOP
    wait = world.start("parent", "wait", options="WUNTRACED")
    world.k.sched.run()
    world.do("shell", "kill", to="kid", signal="SIGTSTP")
    assert result(wait) == "kid stopped SIGTSTP"
    assert world.lwp("parent").lwp_handled == ()


def test_processes_are_collected_and_all_their_references_with_them() -> None:
    world = World(PARENT)
    world.do("parent", "fork", "kid")
    world.do("kid", "exec")
    world.do("kid", "open", path="/x")
    world.do("kid", "exit")
    world.do("parent", "wait")
    assert world.broken() == []
    assert world.k.nprocs == 4
