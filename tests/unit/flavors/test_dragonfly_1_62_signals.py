"""Signals in 1.62: all that is pending is pending for the process, and a process that runs deals with it later."""

from __future__ import annotations

from flavors.dragonfly.proc_h import SACTIVE, SSTOP
from flavors.dragonfly.r1_62 import FLAVOR
from oracle.machine.task import Task
from oracle.scenario import ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, SPINS, Box

SIGUSR1, SIGCONT = 1 << 29, 1 << 18


def hit(point: str, signal: str) -> tuple[Box, Task, dict[str, int]]:
    """A fork that a signal hits at a point, and what was pending each time when it could have been preempted."""
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other"), flavor=FLAVOR)
    fork = box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal=signal)
    box.start("other", "getpid")  # as long as it is ready, the fork can be looked at
    seen: dict[str, int] = {}

    def pick(current: Task | None, ready: object) -> int:
        if current is not fork:
            return 0
        first_time = box.turns.at not in seen
        seen[box.turns.at] = box.proc("parent").p_siglist
        return int(first_time and box.turns.at == point)

    box.turns.pick = pick
    box.run()
    return box, fork, seen


def test_a_stop_that_hits_a_fork_on_its_way_in_delays_it_until_the_continue() -> None:
    box, fork, _ = hit("mplock", "SIGSTOP")
    assert (box.said(fork), box.proc("parent").p_stat) == (ASLEEP, SSTOP)
    assert "kid" not in box.k.roles
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert box.said(fork) == box.proc("kid").p_pid


def test_a_continue_that_hits_a_fork_on_its_way_in_makes_it_start_over() -> None:
    box, fork, seen = hit("mplock", "SIGCONT")
    assert "restart" in seen
    assert box.said(fork) == box.proc("kid").p_pid


def test_a_continue_for_a_running_process_is_pending_until_it_leaves_the_kernel() -> None:
    box, _, seen = hit("fdcopy", "SIGCONT")
    assert (seen["fdcopy"], seen["lwkt_alloc_thread"]) == (0, SIGCONT)
    assert (box.proc("parent").p_siglist, box.proc("kid").p_siglist) == (0, 0)


def test_nothing_is_ever_pending_for_a_thread() -> None:
    box = Box(None, ProcessSpec("parent", masked=("SIGUSR1",)), flavor=FLAVOR)
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert (box.proc("parent").p_siglist, box.lwp("parent").lwp_siglist) == (SIGUSR1, 0)
    box.do("parent", "fork")
    assert box.proc("kid").p_siglist == 0


def test_a_signal_between_the_test_and_the_copy_stays_with_the_parent() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "sigaction", signal="SIGALRM", handler="h")
    box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGALRM")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "malloc procsig" else 0
    box.run()
    assert (box.lwp("parent").lwp_handled, box.lwp("kid").lwp_handled) == (("SIGALRM h",), ())


def test_a_sleeper_stops_at_once_and_sleeps_on_after_the_continue() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGTSTP")
    assert (box.proc("parent").p_stat, box.sleeps_on("parent")) == (SSTOP, "wait")
    box.do("shell", "kill", to="parent", signal="SIGTTIN")  # it need not stop twice
    assert box.proc("parent").p_siglist == 0
    assert box.do("shell", "wait", options="WUNTRACED") == "parent stopped SIGTSTP"
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (box.proc("parent").p_stat, box.proc("parent").p_siglist, box.said(wait)) == (SACTIVE, 0, ASLEEP)
    box.do("kid", "exit", status=2)
    assert box.said(wait) == "kid exited 2"


def test_a_continue_for_a_sleeper_is_forgotten() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("parent", "wait")
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (box.proc("parent").p_siglist, box.sleeps_on("parent")) == (0, "wait")


def test_a_caught_continue_ends_the_sleep_that_a_stop_interrupted() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("parent", "sigaction", signal="SIGCONT", handler="h")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (box.said(wait), box.lwp("parent").lwp_handled) == ("EINTR", ("SIGCONT h",))


def test_a_masked_continue_continues_and_stays_pending() -> None:
    box = Box(None, ProcessSpec("parent", masked=("SIGCONT",)), flavor=FLAVOR)
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert (box.proc("parent").p_stat, box.proc("parent").p_siglist) == (SACTIVE, SIGCONT)


def test_a_signal_for_a_stopped_process_waits_for_the_continue() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.lwp("parent").lwp_handled == ()
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)


def test_a_kill_ends_stopped_sleeping_and_held_processes() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("parent", "wait")
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGKILL")
    assert box.proc("parent") in box.k.zombproc
    assert box.do("kid", "vfork", "grandkid") == ASLEEP
    box.do("shell", "kill", to="kid", signal="SIGKILL")
    assert box.sleeps_on("kid") == "ppwait"
    box.do("grandkid", "exit")
    assert box.proc("kid") not in box.k.allproc


def test_a_signal_ends_a_sleep_and_its_handler_runs() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h", options="SA_RESTART")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert (box.said(wait), box.lwp("parent").lwp_handled) == (ASLEEP, ("SIGUSR1 h",))


def test_stops_wait_for_the_exec_of_a_vfork_child_even_asleep() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "vfork")
    box.do("kid", "fork", "grandkid")
    box.do("kid", "wait")
    box.do("shell", "kill", to="kid", signal="SIGTSTP")
    assert (box.proc("kid").p_stat, box.sleeps_on("kid")) == (SACTIVE, "wait")
    box.do("grandkid", "exit")
    assert box.do("kid", "exec") == ASLEEP
    assert box.proc("kid").p_stat == SSTOP


def test_a_tty_stop_of_an_orphaned_group_is_dropped_unless_it_is_masked() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFNOWAIT")
    box.do("kid", "setpgid")
    box.do("kid", "kill", to="kid", signal="SIGTSTP")
    assert (box.proc("kid").p_stat, box.proc("kid").p_siglist) == (SACTIVE, 0)
    box.do("kid", "sigprocmask", how="block", signals=("SIGTSTP",))
    box.do("kid", "kill", to="kid", signal="SIGTSTP")
    assert box.proc("kid").p_siglist == 1 << 17


def test_a_fatal_signal_takes_niceness_away() -> None:
    box = Box(None, ProcessSpec("parent", nice=5), flavor=FLAVOR)
    box.do("parent", "vfork")
    box.do("shell", "kill", to="parent", signal="SIGTERM")
    assert box.proc("parent").p_nice == 0


def test_a_debugger_hears_of_stops_even_if_it_asked_not_to() -> None:
    box = Box(flavor=FLAVOR)
    box.do("shell", "sigaction", signal="SIGCHLD", handler="h", options="SA_NOCLDSTOP")
    box.do("parent", "ptrace", request="traceme")
    box.do("parent", "kill", to="parent", signal="SIGUSR1")
    assert box.lwp("shell").lwp_handled == ("SIGCHLD h",)
    assert box.do("shell", "wait") == "parent stopped SIGUSR1"
    box.do("shell", "kill", to="parent", signal="SIGCONT")  # its debugger will see
    assert box.proc("parent").p_stat == SSTOP
    assert box.do("shell", "ptrace", request="continue", process="parent", signal="SIGTERM") is None
    assert box.do("shell", "wait") == "parent killed SIGTERM"


def test_a_traced_process_that_forks_loops_for_ever() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "ptrace", request="traceme")
    task = box.start("parent", "fork")
    box.run()
    assert box.said(task) == SPINS
    assert "kid" not in box.k.roles


def test_a_fault_is_signalled_to_the_process() -> None:
    box = Box(flavor=FLAVOR)
    assert box.do("parent", "store", region="nowhere", value="1") == GONE
    assert box.do("shell", "wait") == "parent killed SIGSEGV"


def test_signals_that_are_ignored_are_dropped_and_those_for_a_tracee_are_not() -> None:
    box = Box(None, ProcessSpec("parent", ignored=("SIGUSR1",)), flavor=FLAVOR)
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.proc("parent").p_siglist == 0
    box.do("parent", "ptrace", request="traceme")
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.do("shell", "wait") == "parent stopped SIGUSR1"
    box.do("shell", "ptrace", request="detach", process="parent")
    assert (box.proc("parent").p_stat, box.proc("parent").p_siglist) == (SACTIVE, 0)
