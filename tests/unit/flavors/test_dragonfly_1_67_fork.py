"""fork1 1.67 and what surrounds it: what later revisions do otherwise."""

from __future__ import annotations

import pytest

from flavors.dragonfly.proc_h import SIDL, SSTOP
from flavors.dragonfly.r1_67 import FLAVOR, lower
from flavors.dragonfly.r1_67.kern_fork import at_fork, rm_at_fork
from flavors.dragonfly.r768af85b import FLAVOR as LATER
from oracle.flavor import Flavor, Inexpressible, Lowered
from oracle.lowering import spawn_intent
from oracle.machine.errno import Panic, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, SPINS, Box


def test_init_is_the_only_fork_that_is_counted_as_one() -> None:
    box = Box(flavor=FLAVOR)
    assert box.k.counters == {"v_forks": 1}
    for call in ("fork", "vfork"):
        box.do("parent" if call == "fork" else "kid", call, "kid" if call == "fork" else "grandkid")
    assert (box.k.counters["v_forks"], box.k.counters["v_rforks"], box.k.counters.get("v_vforks")) == (1, 2, None)
    box.do("kernel", "fork1", "a", flags="RFPROC|RFMEM")
    box.do("shell", "fork1", "b", flags="RFPROC|RFFDG")
    box.do("shell", "fork1", "c", flags="RFPROC|RFFDG|RFMEM|RFPPWAIT")
    assert [box.k.counters[name] for name in ("v_kthreads", "v_forks", "v_vforks")] == [1, 2, 1]


def test_a_traced_process_that_forks_loops_for_ever() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "ptrace", request="traceme")
    task = box.start("parent", "fork")
    box.run()
    assert box.said(task) == SPINS
    assert box.k.nprocs == 4
    box.do("shell", "kill", to="parent", signal="SIGKILL")
    assert box.do("shell", "wait") == "parent stopped SIGKILL"


def test_a_traced_process_can_still_unshare_what_it_has() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "ptrace", request="traceme")
    assert box.do("parent", "rfork", flags=0) == 0


def test_a_process_stops_for_its_debugger_in_the_middle_of_a_sleep() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("parent", "ptrace", request="traceme")
    wait = box.start("parent", "wait")
    box.run()
    box.do("shell", "kill", to="parent", signal="SIGUSR1")
    assert (box.said(wait), box.proc("parent").p_stat) == (ASLEEP, SSTOP)
    assert box.do("shell", "wait") == "parent stopped SIGUSR1"
    box.do("shell", "ptrace", request="continue", process="parent")
    assert box.sleeps_on("parent") == "wait"


def test_a_stop_that_hits_a_fork_on_its_way_in_stops_the_parent_alone() -> None:
    box = Box(flavor=FLAVOR)
    task = box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGSTOP")
    box.turns.pick = lambda current, ready: (
        1 if current is not None and (current.name, box.turns.at) == ("fork", "mplock") else 0
    )
    box.run()
    assert box.said(task) == ASLEEP
    assert box.proc("parent").p_stat == SSTOP
    assert box.do("kid", "getpid") == box.proc("kid").p_pid


def test_a_signal_between_the_test_and_the_copy_reaches_both_processes() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "sigaction", signal="SIGALRM", handler="h")
    box.start("parent", "fork")
    box.start("shell", "kill", to="parent", signal="SIGALRM")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "kmalloc subproc" else 0
    box.run()
    assert box.lwp("parent").lwp_handled == ("SIGALRM h",)
    assert box.lwp("kid").lwp_handled == ("SIGALRM h",)


def test_continuing_a_child_tells_its_parent_nothing() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("shell", "kill", to="kid", signal="SIGSTOP")
    assert box.do("parent", "wait", options="WUNTRACED") == "kid stopped SIGSTOP"
    box.do("shell", "kill", to="kid", signal="SIGCONT")
    assert box.do("parent", "wait", options="WNOHANG|WUNTRACED") == "0"
    assert box.do("parent", "wait", options=4) == "EINVAL"
    assert "WCONTINUED" not in FLAVOR.flags["wait"]


def test_memory_that_exec_leaves_beside_a_zombie_stays_until_the_zombie_is_reaped() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "shmat", segment="seg")
    box.do("parent", "vfork")
    box.do("kid", "exit")
    old = box.proc("parent").p_vmspace
    assert old is not None
    box.do("parent", "exec")
    assert (sorted(old.vm_map), box.kern.shm_nattch) == (["data", "seg"], {"seg": 1})
    assert box.do("parent", "wait") == "kid exited 0"
    assert (old.vm_map, box.kern.shm_nattch) == ({}, {"seg": 0})
    assert box.broken() == []


def test_a_kill_of_a_process_that_is_exiting_is_lost() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.proc("kid").p_hold = 1
    box.do("kid", "exit", status=5)
    assert box.do("shell", "kill", to="kid", signal="SIGKILL") is None
    box.proc("kid").p_hold = 0
    box.run()
    assert box.do("parent", "wait") == "kid exited 5"


def test_a_held_zombie_is_not_reaped() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "fork")
    box.do("kid", "exit")
    box.proc("kid").p_hold = 1
    wait = box.start("parent", "wait")
    box.run()
    assert box.sleeps_on("parent") == "reap3"
    box.proc("kid").p_hold = 0
    box.run()
    assert box.said(wait) == "kid exited 0"
    assert box.broken() == []


def test_the_exit_of_init_is_the_end() -> None:
    with pytest.raises(Panic, match="init"):
        Box(flavor=FLAVOR).do("init", "exit")


def test_fork_hooks_run_in_order_on_an_embryonic_child() -> None:
    box = Box(flavor=FLAVOR)
    seen: list[tuple[str, int]] = []

    def one(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        seen.append(("one", p2.p_stat))

    def two(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        seen.append(("two", p2.p_stat))

    assert [at_fork(box.k, hook) for hook in (one, two, one)] == [0, 0, 0]
    box.do("parent", "fork")
    assert seen == [("two", SIDL), ("one", SIDL)]
    assert [rm_at_fork(box.k, hook) for hook in (one, one)] == [1, 0]


@pytest.mark.parametrize(
    ("flavor", "allocated"), [(FLAVOR, True), (LATER, False)], ids=["dragonfly@1.67", "dragonfly@768af85b"]
)
def test_memory_that_rfork_leaves_as_its_last_user_waits_for_the_zombie_in_early_revisions(
    flavor: Flavor, allocated: bool
) -> None:
    box = Box(flavor=flavor)
    box.do("parent", "rfork", flags="RFPROC|RFMEM")
    shared = box.proc("parent").p_vmspace
    box.start("parent", "rfork", flags="RFFDG")
    box.start("kid", "exit")
    box.turns.pick = lambda current, ready: int(current is not None and box.turns.at == "vmspace_fork")
    box.run()
    assert shared is not None
    assert (shared.vm_refcnt, bool(shared.vm_map)) == (0, allocated)
    box.do("parent", "wait")
    assert (shared.vm_map, box.broken()) == ({}, [])


def test_nobody_can_have_a_message_queue_open() -> None:
    assert "mq_open" not in FLAVOR.calls
    with pytest.raises(Unmodelled, match="message queues"):
        Box(None, ProcessSpec("parent", files=(FileSpec(0, "/q", kind="mqueue"),)), flavor=FLAVOR)


def test_limits_and_refusals_are_as_ever() -> None:
    full = MachineSpec(maxproc=14)
    assert Box(full, flavor=FLAVOR).do("parent", "fork") == "EAGAIN"
    assert Box(None, ProcessSpec("parent", limits=(("nproc", 2, 2),)), flavor=FLAVOR).do("parent", "fork") == "EAGAIN"
    box = Box(full, flavor=FLAVOR)
    assert box.do("parent", "rfork", flags="RFPROC|RFFDG|RFCFDG") == "EINVAL"
    assert box.do("parent", "rfork", flags="RFPROC|RFPPWAIT") == "EINVAL"


def test_what_no_call_does_is_said_with_this_revisions_lines() -> None:
    assert lower(spawn_intent({})) == Lowered("rfork", {"flags": "RFPROC|RFFDG"})
    for intent, lines in (
        (({"wait_for_exec": True}), "[115]"),
        ({"exit_signal": 0}, "[373-376]"),
        ({"new_stack": True}, "[199-200]"),
    ):
        answer = lower(spawn_intent(intent))
        assert isinstance(answer, Inexpressible)
        assert lines in answer.reason


def test_what_processes_share_they_share() -> None:
    box = Box(flavor=FLAVOR)
    box.do("parent", "rfork", flags="RFPROC|RFMEM|RFSIGSHARE|RFTHREAD")
    p1, p2 = box.proc("parent"), box.proc("kid")
    assert (p1.p_vmspace, p1.p_fd, p1.p_sigacts, p1.p_fdtol) == (p2.p_vmspace, p2.p_fd, p2.p_sigacts, p2.p_fdtol)
    assert box.do("parent", "exit") == GONE
    assert p2 in box.k.zombproc
    assert box.broken() == []
