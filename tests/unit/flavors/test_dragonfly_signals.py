"""Signals and fork: restarts, stops, groups, what is pending where."""

from __future__ import annotations

from flavors.dragonfly.proc_h import SSTOP
from oracle.scenario import MachineSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, Box


def test_a_pending_signal_is_handled_before_the_fork_is_made_again() -> None:
    box = Box(None, ProcessSpec("parent", pending=("SIGUSR1",), caught=(("SIGUSR1", "h"),)))
    assert box.do("parent", "fork") == box.proc("kid").p_pid
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)
    assert box.lwp("kid").lwp_handled == ()


def test_a_fatal_pending_signal_leaves_no_child() -> None:
    box = Box(None, ProcessSpec("parent", pending=("SIGTERM",)))
    assert box.do("parent", "fork") == GONE
    assert "kid" not in box.k.roles


def test_a_masked_pending_signal_does_not_delay_the_fork_and_stays_with_the_process() -> None:
    box = Box(None, ProcessSpec("parent", pending=("SIGTERM",), masked=("SIGTERM",)))
    box.do("parent", "fork")
    assert box.proc("kid").p_siglist | box.lwp("kid").lwp_siglist == 0


def test_what_is_pending_for_the_thread_is_pending_for_the_childs_thread() -> None:
    box = Box(None, ProcessSpec("parent", masked=("SIGUSR1",)))
    box.do("shell", "lwp_kill", to="parent", tid=0, signal="SIGUSR1")
    box.do("parent", "fork")
    assert box.lwp("kid").lwp_siglist == 1 << 29


def test_a_signal_between_the_test_and_the_copy_reaches_both_processes() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGALRM", handler="h")
    box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGALRM")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at.startswith("kmalloc") else 0
    box.run()
    assert box.lwp("parent").lwp_handled == ("SIGALRM h",)
    assert box.lwp("kid").lwp_handled == ("SIGALRM h",)


def test_a_signal_to_a_fork_that_is_short_of_memory_reaches_the_parent_alone() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGALRM", handler="h")
    box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGALRM")
    box.turns.pick = lambda current, ready: (
        1 if current is not None and "short of memory: kmalloc subproc" in box.turns.at else 0
    )
    box.run()
    assert box.lwp("parent").lwp_handled == ("SIGALRM h",)
    assert box.lwp("kid").lwp_handled == ()


def test_a_stop_that_hits_a_fork_on_its_way_in_stops_the_parent_alone() -> None:
    box = Box()
    task = box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGSTOP")
    box.turns.pick = lambda current, ready: (
        1 if current is not None and (current.name, box.turns.at) == ("fork", "mplock") else 0
    )
    box.run()
    assert box.said(task) == ASLEEP
    assert box.proc("parent").p_stat == SSTOP
    assert box.do("kid", "getpid") == box.proc("kid").p_pid


def test_a_group_signal_waits_out_a_refused_fork() -> None:
    box = Box(MachineSpec(maxproc=14))
    box.do("parent", "sigaction", signal="SIGINT", handler="h")
    box.start("parent", "fork")
    kill = box.start("shell", "type", signal="SIGINT")
    before = box.k.ticks
    box.run()
    assert box.k.ticks - before == 50
    assert kill.slept
    assert box.lwp("parent").lwp_handled == ("SIGINT h",)


def test_a_stop_that_comes_while_fork_waits_for_the_group_lock_starts_the_fork_over() -> None:
    box = Box(
        MachineSpec(maxproc=16),
        ProcessSpec("parent"),
        ProcessSpec("mate", group="parent", uid=0),
        ProcessSpec("other", uid=0, group=""),
    )
    box.start("parent", "fork", "refused")
    signal = box.start("shell", "kill", group="parent", signal="SIGURG")
    fork = box.start("mate", "fork")
    box.start("other", "kill", to="mate", signal="SIGSTOP")
    box.run()
    assert signal.slept
    assert "kid" not in box.k.roles
    assert box.sleeps_on("mate") == "stop"
    box.do("other", "kill", to="mate", signal="SIGCONT")
    assert fork.done
    assert box.proc("kid").p_pptr is box.proc("mate")
    assert not box.broken()


def test_kill_of_one_process_does_not_wait_for_the_group_lock() -> None:
    box = Box(MachineSpec(maxproc=14))
    box.start("parent", "fork")
    kill = box.start("shell", "kill", to="parent", signal="SIGURG")
    box.run()
    assert not kill.slept


def test_a_process_that_stops_tells_its_parent_unless_it_asked_not_to() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGCHLD", handler="h")
    box.do("parent", "fork")
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert box.lwp("parent").lwp_handled == ("SIGCHLD h",)
    assert box.do("parent", "wait", options="WUNTRACED") == "kid stopped SIGSTOP"
    assert box.do("parent", "wait", options="WUNTRACED|WNOHANG") == "0"
    box.do("parent", "sigaction", signal="SIGCHLD", handler="h", options="SA_NOCLDSTOP")
    box.do("shell", "kill", to="kid", signal="SIGCONT")
    assert box.do("parent", "wait", options="WCONTINUED") == "kid continued"
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert box.lwp("parent").lwp_handled == ("SIGCHLD h",)


def test_sigkill_ends_a_stopped_process() -> None:
    box = Box()
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGKILL")
    assert box.do("shell", "wait") == "parent killed SIGKILL"


def test_sigkill_ends_a_process_that_was_stopped_asleep() -> None:
    box = Box()
    box.do("parent", "fork")
    assert box.do("parent", "wait") == ASLEEP
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    assert box.proc("parent").p_stat == SSTOP
    box.do("shell", "kill", to="parent", signal="SIGKILL")
    assert box.proc("parent") in box.k.zombproc


def test_a_sleep_that_a_stop_interrupts_goes_on_after_the_continue() -> None:
    box = Box()
    box.do("parent", "fork")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGSTOP")
    box.do("shell", "kill", to="parent", signal="SIGCONT")
    assert box.said(wait) == ASLEEP
    box.do("kid", "exit", status=2)
    assert box.said(wait) == "kid exited 2"


def test_a_handler_without_sa_restart_ends_a_wait_and_one_with_it_does_not() -> None:
    box = Box()
    box.do("parent", "fork")
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.said(wait) == "EINTR"
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h", options="SA_RESTART")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert box.said(wait) == ASLEEP
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h", "SIGUSR1 h")


def test_tty_stops_do_not_reach_an_orphaned_group() -> None:
    box = Box()
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFNOWAIT")
    box.do("kid", "setpgid")
    box.do("kid", "kill", to="kid", signal="SIGTSTP")
    assert box.proc("kid").p_stat != SSTOP


def test_handlers_run_with_their_mask_and_the_rest_follows() -> None:
    box = Box(None, ProcessSpec("parent", masked=("SIGUSR1", "SIGUSR2")))
    box.do("parent", "sigaction", signal="SIGUSR1", handler="one", mask=("SIGUSR2",))
    box.do("parent", "sigaction", signal="SIGUSR2", handler="two", options="SA_RESETHAND")
    for signal in ("SIGUSR2", "SIGUSR1"):
        box.do("shell", "kill", to="parent", signal=signal)
    box.do("parent", "sigprocmask", how="set", signals=())
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 one", "SIGUSR2 two")
    assert box.lwp("parent").lwp_sigmask == 0
    assert box.do("parent", "kill", to="parent", signal="SIGUSR2") == GONE


def test_an_alarm_is_not_inherited() -> None:
    box = Box()
    box.do("parent", "sigaction", signal="SIGALRM", handler="h")
    box.do("parent", "alarm", ms=100)
    box.do("parent", "fork")
    assert box.do("parent", "sleep", ms=1000) == "EINTR"
    assert box.lwp("parent").lwp_handled == ("SIGALRM h",)
    assert box.lwp("kid").lwp_handled == ()


def test_everybody_is_signalled_but_the_caller_and_the_system() -> None:
    box = Box(MachineSpec(terminal=False))  # or the shell's death would hang up on the caller
    box.do("parent", "fork")
    assert box.do("parent", "kill", everybody=True, signal="SIGKILL") is None
    assert box.proc("kid") in box.k.zombproc
    assert box.proc("shell") not in box.k.allproc
    assert box.proc("parent") in box.k.allproc
