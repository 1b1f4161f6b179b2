"""fork1 1.62 and what surrounds it: one thread a process, memory that is used again as it is."""

from __future__ import annotations

import pytest

from flavors.dragonfly.proc_h import LWP_ALTSTACK, SACTIVE, SIDL
from flavors.dragonfly.r1_62 import FLAVOR, lower
from flavors.dragonfly.r1_62.kern import P_ZOMBIE, state_of
from flavors.dragonfly.r1_62.kern_fork import at_fork, rm_at_fork
from oracle.flavor import Inexpressible
from oracle.lowering import spawn_intent
from oracle.machine.errno import Panic, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.machine.task import Task
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, Box


def test_there_are_no_threads_to_be_made() -> None:
    for call in ("lwp_create", "extexit", "lwp_kill"):
        assert call not in FLAVOR.calls
        assert "one thread" in FLAVOR.absent[call]


def test_a_zombie_is_a_live_process_with_a_flag() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("kid", "exit")
    kid = box.proc("kid")
    assert (kid.p_stat, kid.p_flag & P_ZOMBIE, kid.p_nthreads, len(kid.p_lwps)) == (SACTIVE, P_ZOMBIE, 1, 1)
    assert box.do("shell", "kill", group="parent", signal="SIGUSR1") is None  # the zombie is in the group, and is left out
    assert box.do("shell", "wait") == "parent killed SIGUSR1"
    assert box.broken() == []


def test_a_stopped_child_that_dies_is_no_stopped_one() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    box.do("shell", "kill", to="kid", signal="SIGKILL")
    assert box.do("parent", "wait") == "kid killed SIGKILL"


def test_a_child_inherits_flags_from_the_dead_thread_whose_memory_it_gets() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("kid", "sigaltstack", stack="alt")
    box.do("kid", "exit")
    box.do("parent", "fork", "before")
    box.do("parent", "wait")
    box.do("parent", "fork", "after")
    box.do("parent", "fork", "later")
    assert [box.lwp(role).lwp_flag for role in ("before", "after", "later")] == [0, LWP_ALTSTACK, 0]
    assert box.lwp("after").lwp_sigstk == ""


def test_a_handler_on_a_stack_that_was_never_registered_kills() -> None:
    box = Box(flavor=FLAVOR)
    state_of(box.k).lwp_zone.append(LWP_ALTSTACK)
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h", options="SA_ONSTACK")
    box.do("parent", "fork")
    box.do("parent", "kill", to="parent", signal="SIGUSR1")
    assert box.lwp("parent").lwp_handled == ("SIGUSR1 h",)
    assert box.do("kid", "kill", to="kid", signal="SIGUSR1") == GONE
    assert box.do("parent", "wait") == "kid killed SIGILL"


def test_a_handler_on_a_stack_that_was_given_up_is_not_modelled() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "sigaltstack", stack="alt")
    box.do("parent", "sigaltstack", stack="off")
    state_of(box.k).lwp_zone.append(LWP_ALTSTACK)
    box.do("parent", "sigaction", signal="SIGUSR1", handler="h", options="SA_ONSTACK")
    box.do("parent", "fork")
    with pytest.raises(Unmodelled, match="given up"):
        box.do("kid", "kill", to="kid", signal="SIGUSR1")


def test_a_parent_that_waits_is_charged_for_what_its_child_forked() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("kid", "fork", "grandkid")
    box.do("kid", "exit")
    assert box.lwp("parent").lwp_estcpu == 512
    box.do("parent", "wait")
    assert box.lwp("parent").lwp_estcpu == 1024
    box.do("grandkid", "exit")
    box.do("init", "wait")
    assert box.lwp("init").lwp_estcpu == 0


def test_a_debugger_that_hands_a_zombie_back_is_charged_as_well() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("debugger"), flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("kid", "fork", "grandkid")
    box.do("debugger", "ptrace", request="attach", process="kid")
    box.do("debugger", "wait")
    box.do("debugger", "ptrace", request="kill", process="kid")
    assert box.do("debugger", "wait") == "kid killed SIGKILL"
    assert box.do("parent", "wait") == "kid killed SIGKILL"
    assert (box.lwp("debugger").lwp_estcpu, box.lwp("parent").lwp_estcpu) == (512, 1024)
    assert box.broken() == []


def test_handlers_that_are_to_be_shared_move_away_once() -> None:
    box = Box(flavor=FLAVOR)
    points: list[str] = []

    def watch(current: Task | None, ready: object) -> int:
        if current is not None:
            points.append(box.turns.at)
        return 0

    for name in ("one", "two"):
        box.turns.pick = watch
        box.start("parent", "rfork", name, flags="RFPROC|RFMEM|RFSIGSHARE")
        box.start("shell", "getpid")
        box.run()
    acts = box.proc("parent").p_sigacts
    assert acts is not None
    assert acts.ps_refcnt == 3
    assert points.count("malloc sigacts") == 1
    assert list(state_of(box.k).heap_sigacts) == [acts]


def test_a_child_gets_the_sets_of_one_moment_and_the_handlers_of_a_later_one() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "rfork", "sharer", flags="RFPROC|RFMEM|RFSIGSHARE")
    box.start("parent", "fork")
    box.start("sharer", "sigaction", signal="SIGUSR1", handler="h")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "fdcopy" else 0
    box.run()
    acts = box.proc("kid").p_sigacts
    assert acts is not None
    assert (sorted(acts.ps_sigact), acts.ps_sigcatch) == ([30], 0)


def test_a_signal_for_a_child_that_has_no_actions_yet_is_not_modelled() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other"), flavor=FLAVOR)
    box.start("parent", "fork")
    kill = box.start("other", "kill", everybody=True, signal="SIGUSR1")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "malloc procsig" else 0
    box.run()
    with pytest.raises(Unmodelled, match="no signal actions yet"):
        box.said(kill)


def test_a_signal_for_a_child_that_has_no_thread_yet_kills_the_kernel() -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other"), flavor=FLAVOR)
    box.start("parent", "fork")
    kill = box.start("other", "kill", everybody=True, signal="SIGUSR1")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "lwkt_alloc_thread" else 0
    box.run()
    with pytest.raises(Panic, match="no thread"):
        box.said(kill)


def test_a_masked_signal_for_a_child_that_has_no_thread_yet_just_stays_pending() -> None:
    quiet = MachineSpec(terminal=False)  # or the shell's death would hang up on everybody
    box = Box(quiet, ProcessSpec("parent", masked=("SIGUSR1",)), ProcessSpec("other"), flavor=FLAVOR)
    box.start("parent", "fork")
    box.start("other", "kill", everybody=True, signal="SIGUSR1")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "lwkt_alloc_thread" else 0
    box.run()
    assert box.proc("kid").p_siglist == 1 << 29


def test_rfork_without_a_process_asks_for_no_threads() -> None:
    box = Box(None, ProcessSpec("parent", umask=0o77), flavor=FLAVOR)
    assert box.do("parent", "rfork", flags="RFCFDG|RFMEM") == 0
    assert box.do("parent", "umask", mask=0) == "022"
    box.do("parent", "rfork", flags="RFPROC|RFMEM")
    assert box.do("kid", "rfork", flags="RFFDG") == 0
    assert box.proc("kid").p_vmspace is not box.proc("parent").p_vmspace
    assert box.proc("kid").p_fd is not box.proc("parent").p_fd
    assert box.broken() == []


def test_limits_refusals_and_counters_are_those_of_1_67() -> None:
    assert Box(flavor=FLAVOR).k.counters == {"v_forks": 1}
    full = MachineSpec(maxproc=14)
    assert Box(full, flavor=FLAVOR).do("parent", "fork") == "EAGAIN"
    assert Box(None, ProcessSpec("parent", limits=(("nproc", 2, 2),)), flavor=FLAVOR).do("parent", "fork") == "EAGAIN"
    box = Box(flavor=FLAVOR)
    assert box.do("parent", "rfork", flags="RFPROC|RFFDG|RFCFDG") == "EINVAL"
    assert box.do("parent", "rfork", flags="RFPROC|RFPPWAIT") == "EINVAL"
    assert box.do("parent", "wait", options=4) == "EINVAL"
    for name, flags in (("a", "RFPROC|RFFDG"), ("b", "RFPROC"), ("c", "RFPROC|RFFDG|RFMEM|RFPPWAIT")):
        box.do("shell", "fork1", name, flags=flags)
    box.do("kernel", "fork1", "d", flags="RFPROC")
    assert [box.k.counters[name] for name in ("v_forks", "v_vforks", "v_rforks", "v_kthreads")] == [2, 1, 1, 1]


def test_exec_gives_a_vfork_child_its_own_memory_and_lets_the_parent_go() -> None:
    box = Box(flavor=FLAVOR)
    task = box.start("parent", "vfork")
    box.run()
    assert (box.said(task), box.sleeps_on("parent")) == (ASLEEP, "ppwait")
    box.do("kid", "exec")
    assert box.said(task) == box.proc("kid").p_pid
    assert box.proc("kid").p_vmspace is not box.proc("parent").p_vmspace
    assert box.broken() == []


def test_a_vfork_parent_that_reads_a_reaped_child_is_not_modelled() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "sigaction", signal="SIGCHLD", handler="default", options="SA_NOCLDWAIT")
    box.do("parent", "fork", "old")
    task = box.start("parent", "vfork")
    box.run()
    box.do("kid", "exit")
    box.do("init", "wait", options="WNOHANG")
    box.do("shell", "fork", "stranger")
    box.do("old", "exit")
    assert isinstance(task.failure, Unmodelled)


def test_a_child_that_is_not_started_stays_an_embryo_and_starts_once() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork1", flags="RFPROC|RFFDG", start=False)
    assert box.proc("kid").p_stat == SIDL
    assert box.proc("parent").p_hold == 1


def test_fork_hooks_are_registered_once_and_in_order() -> None:
    box = Box(flavor=FLAVOR)
    seen: list[int] = []

    def hook(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        seen.append(flags)

    assert [at_fork(box.k, hook), at_fork(box.k, hook)] == [0, 0]
    box.do("parent", "fork")
    assert (seen, len(box.k.console)) == ([0x40000014], 1)
    assert [rm_at_fork(box.k, hook), rm_at_fork(box.k, hook)] == [1, 0]


def test_nobody_can_have_a_message_queue_open() -> None:
    with pytest.raises(Unmodelled, match="message queues"):
        Box(None, ProcessSpec("parent", files=(FileSpec(0, "/q", kind="mqueue"),)), flavor=FLAVOR)


@pytest.mark.parametrize(
    ("intent", "lines"),
    [({"wait_for_exec": True}, "[113]"), ({"exit_signal": 0}, "[370-373]"), ({"cwd": "share"}, "[383-387]")],
)
def test_what_no_call_does_is_said_with_this_revisions_lines(intent: dict[str, str | bool | int], lines: str) -> None:
    answer = lower(spawn_intent(intent))
    assert isinstance(answer, Inexpressible)
    assert lines in answer.reason


def test_the_exit_of_init_is_the_end() -> None:
    with pytest.raises(Panic, match="init"):
        Box(flavor=FLAVOR).do("init", "exit")
