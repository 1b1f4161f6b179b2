"""fork1 of 768af85b: limits, errors, what is undone, what a child gets."""

from __future__ import annotations

import pytest

from flavors.dragonfly import proc_h
from flavors.dragonfly.proc_h import P_CONTROLT, P_JAILED, P_PROFIL, P_SUGID, SIDL
from flavors.dragonfly.r768af85b.kern_fork import MAX_TID, at_fork, rm_at_fork
from flavors.dragonfly.unistd import RF, RF_NAMES, RFKERNELONLY
from oracle.machine.errno import Panic
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc
from oracle.scenario import FileSpec, MachineSpec, ProcessSpec
from tests.unit.flavors.dragonfly import ASLEEP, GONE, Box

FULL = MachineSpec(maxproc=14)  # process 0, init, the shell and parent are four; users may not have the last ten


def test_fork_gives_the_childs_pid_and_0_1_to_the_child() -> None:
    box = Box()
    pid = box.do("parent", "fork")
    assert pid == box.proc("kid").p_pid
    assert box.lwp("parent").lwp_retval == (pid, 0)
    assert box.lwp("kid").lwp_retval == (0, 1)
    assert box.broken() == []


def test_a_user_is_refused_the_last_ten_slots_and_root_is_not() -> None:
    box = Box(FULL)
    assert box.do("parent", "fork") == "EAGAIN"
    box = Box(FULL, ProcessSpec("parent", uid=0))
    assert box.do("parent", "fork") == box.proc("kid").p_pid


def test_the_refusal_asks_for_the_real_uid() -> None:
    box = Box(FULL, ProcessSpec("parent", uid=1000, euid=0))
    assert box.do("parent", "fork") == "EAGAIN"


def test_a_refused_fork_takes_half_a_second_and_leaves_nothing_but_a_message() -> None:
    box = Box(FULL)
    before = box.k.ticks
    assert box.do("parent", "fork") == "EAGAIN"
    assert box.k.ticks - before == 50
    assert (box.k.nprocs, len(box.k.console)) == (4, 1)
    assert box.broken() == []


def test_the_console_hears_of_at_most_one_refusal_a_second() -> None:
    box = Box(FULL)
    for _ in range(4):  # at 0, 50, 100 and 150 ticks
        box.do("parent", "fork")
    assert len(box.k.console) == 2


def test_the_users_limit_counts_by_real_uid_and_is_undone() -> None:
    box = Box(None, ProcessSpec("parent", limits=(("nproc", 2, 2),)))  # the shell is one, parent is the other
    assert box.do("parent", "fork") == "EAGAIN"
    assert (box.k.nprocs, box.k.uid(1000).ui_proccnt) == (4, 2)


def test_a_limit_above_an_int_is_cut_off_to_one() -> None:
    box = Box(None, ProcessSpec("parent", limits=(("nproc", 1 << 32, 1 << 32),)))
    assert isinstance(box.do("parent", "fork"), int)  # 0 is no limit at all
    box = Box(None, ProcessSpec("parent", limits=(("nproc", -1, -1),)))
    assert box.do("parent", "fork") == "EAGAIN"  # -1 is less than any count


def test_flags_that_copy_and_clean_the_table_are_refused_before_anything_else() -> None:
    box = Box(FULL)
    assert box.do("parent", "rfork", flags="RFPROC|RFFDG|RFCFDG") == "EINVAL"
    assert box.do("parent", "rfork", flags="RFFDG|RFCFDG") == "EINVAL"


@pytest.mark.parametrize("flag", ["RFPPWAIT", "RFPGLOCK"])
def test_the_kernels_own_flags_are_refused(flag: str) -> None:
    assert Box().do("parent", "rfork", flags=f"RFPROC|{flag}") == "EINVAL"


def test_the_kernels_own_flags_are_the_two_that_rfork_refuses() -> None:
    assert RFKERNELONLY == RF.RFPPWAIT | RF.RFPGLOCK == 0xC0000000
    assert dict(RF_NAMES)["RFLINUXTHPN"] == 0x10000


def test_the_child_gets_these_flags_and_no_others() -> None:
    box = Box(None, ProcessSpec("parent", jail="j"))
    p1 = box.proc("parent")
    p1.p_flag |= P_PROFIL | P_SUGID | proc_h.P_EXEC | proc_h.P_ADVLOCK | proc_h.P_SYSTEM
    box.do("parent", "fork")
    assert box.proc("kid").p_flag == P_PROFIL | P_SUGID | P_JAILED | P_CONTROLT


def test_the_terminal_is_inherited_only_while_there_is_one() -> None:
    box = Box()
    group = box.proc("parent").p_pgrp
    assert group is not None
    group.pg_session.s_ttyvp = None
    box.do("parent", "fork")
    assert not box.proc("kid").p_flag & P_CONTROLT


def test_the_child_stands_right_behind_its_parent_in_the_group_and_first_among_the_children() -> None:
    box = Box()
    for name in ("one", "two", "three"):
        box.do("parent", "fork", name)
    parent = box.proc("parent")
    group = parent.p_pgrp
    assert group is not None
    assert [box.k.role(p) for p in group.pg_members] == ["parent", "three", "two", "one"]
    assert [box.k.role(p) for p in parent.p_children] == ["three", "two", "one"]


def test_rfork_for_init_gives_init_the_child_and_leaves_it_in_the_group() -> None:
    box = Box()
    box.do("parent", "rfork", flags="RFPROC|RFFDG|RFNOWAIT")
    kid = box.proc("kid")
    assert kid.p_pptr is box.k.initproc
    assert kid.p_pgrp is box.proc("parent").p_pgrp
    assert box.broken() == []


def test_a_copied_table_lacks_queues_and_shares_offsets() -> None:
    box = Box(None, ProcessSpec("parent", files=(FileSpec(0, "/f", cloexec=True), FileSpec(3, "kq", kind="kqueue"))))
    box.do("parent", "fork")
    p1, p2 = box.proc("parent"), box.proc("kid")
    assert p1.p_fd is not None
    assert p2.p_fd is not None
    assert list(p2.p_fd.fd_files) == [0]
    assert p2.p_fd.fd_files[0] is p1.p_fd.fd_files[0]
    assert list(p2.p_fd.fd_exclose) == [0]
    assert box.broken() == []


def test_an_empty_table_has_the_systems_mask_and_the_process_directories() -> None:
    box = Box(None, ProcessSpec("parent", umask=0o77))
    box.do("parent", "rfork", flags="RFPROC|RFCFDG")
    fdp = box.proc("kid").p_fd
    assert fdp is not None
    assert (fdp.fd_files, fdp.fd_cmask) == ({}, 0o22)
    assert fdp.fd_cdir is box.k.vnode("/home")


def test_sharing_the_table_makes_nodes_in_one_ring_for_different_leaders_and_one_node_for_peers() -> None:
    box = Box()
    box.do("parent", "rfork", "other", flags="RFPROC")
    box.do("parent", "rfork", "peer", flags="RFPROC|RFTHREAD")
    p1, other, peer = box.proc("parent"), box.proc("other"), box.proc("peer")
    assert p1.p_fdtol is not None
    assert peer.p_fdtol is p1.p_fdtol
    assert p1.p_fdtol.fdl_refcount == 2
    assert p1.p_fdtol.fdl_ring == [p1.p_fdtol, other.p_fdtol]
    assert box.broken() == []


def test_counters_tell_fork_vfork_and_rfork_by_the_very_flags() -> None:
    box = Box()
    box.k.counters.clear()
    box.do("parent", "fork", "a")
    box.do("parent", "rfork", "b", flags="RFPROC|RFFDG")
    box.do("parent", "rfork", "c", flags="RFPROC|RFFDG|RFNAMEG")
    box.do("kernel", "fork1", "d", flags="RFPROC|RFFDG|RFMEM")
    assert box.k.counters == {
        "v_forks": 2, "v_forkpages": 30, "v_rforks": 1, "v_rforkpages": 15, "v_kthreads": 1, "v_kthreadpages": 0,
    }  # fmt: skip


def test_the_creation_of_init_counts_as_a_kernel_thread() -> None:
    assert Box().k.counters == {"v_kthreads": 1}


def test_fork_hooks_run_in_order_on_an_embryonic_child() -> None:
    box = Box()
    seen: list[tuple[str, int, int]] = []

    def one(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        seen.append(("one", p2.p_stat, flags))

    def two(k: Machine, p1: Proc, p2: Proc, flags: int) -> None:
        seen.append(("two", p2.p_stat, flags))

    assert [at_fork(box.k, hook) for hook in (one, two, one)] == [0, 0, 0]
    box.do("parent", "fork")
    assert seen == [("two", SIDL, 0x40000014), ("one", SIDL, 0x40000014)]
    assert [rm_at_fork(box.k, hook) for hook in (one, one)] == [1, 0]


def test_without_the_kernels_checks_a_hook_can_be_registered_twice() -> None:
    box = Box(MachineSpec(tunables=(("options.INVARIANTS", 0),)))
    hook = box.proc("parent").p_children.append  # any function will do
    for _ in range(2):
        at_fork(box.k, hook)  # type: ignore[arg-type]
    assert len(box.kern.fork_list) == 2


def test_pids_pass_over_groups_and_sessions_and_wrap_to_100() -> None:
    box = Box()
    box.do("parent", "fork", "a")  # pid 4, and stays in group 3
    box.kern.nextpid = 99998
    box.kern.pidchecked = 0
    assert box.do("parent", "fork", "b") == 100
    box.kern.nextpid = 1
    box.kern.pidchecked = 0
    assert box.do("parent", "fork", "c") == 5


def test_a_child_that_is_not_started_stays_an_embryo_and_holds_its_parent() -> None:
    box = Box()
    box.do("parent", "fork1", flags="RFPROC|RFFDG", start=False)
    assert box.proc("kid").p_stat == SIDL
    assert box.proc("parent").p_hold == 1


def test_vforks_held_child_for_init_would_never_wake_its_parent() -> None:
    box = Box()
    assert box.do("parent", "fork1", flags="RFPROC|RFMEM|RFPPWAIT|RFNOWAIT") == ASLEEP
    box.do("kid", "exec")
    assert box.sleeps_on("parent") == "ppwait"


def test_thread_ids_go_on_from_1_after_the_highest() -> None:
    box = Box()
    box.proc("parent").p_lasttid = MAX_TID
    box.do("parent", "lwp_create", "t1")
    box.do("parent", "lwp_create", "t2")
    assert [lp.lwp_tid for lp in box.proc("parent").p_lwps] == [0, 1, 2]


@pytest.mark.parametrize(("point", "message"), [("subproc", "page fault"), ("lwkt_alloc_thread", "no thread")])
def test_a_signal_to_everybody_finds_a_half_made_child_and_the_kernel_dies(point: str, message: str) -> None:
    box = Box(None, ProcessSpec("parent"), ProcessSpec("other"))
    box.start("parent", "fork")
    kill = box.start("other", "kill", everybody=True, signal="SIGUSR1")
    box.turns.pick = lambda current, ready: 1 if current is not None and point in box.turns.at else 0
    box.run()
    with pytest.raises(Panic, match=message):
        box.said(kill)


def test_a_thread_made_after_the_exit_looked_for_threads_dies_of_its_makers_sigkill() -> None:
    box = Box()
    box.do("parent", "lwp_create", "t2")
    box.start("t2", "lwp_create", "t3")
    end = box.start("parent", "exit")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "kmalloc lwp" else 0
    box.run()
    assert box.said(end) == GONE
    assert box.lwp("t3").lwp_tid == 2
    assert box.broken_but_for_limits() == []


def test_a_peer_made_behind_the_leaders_back_dies_of_its_makers_sigkill() -> None:
    box = Box()
    box.do("parent", "rfork", "peer", flags="RFPROC|RFTHREAD|RFMEM")
    box.start("peer", "rfork", "late", flags="RFPROC|RFTHREAD|RFMEM")
    end = box.start("parent", "exit")
    box.turns.pick = lambda current, ready: 1 if current is not None and box.turns.at == "kmalloc proc" else 0
    box.run()
    assert box.said(end) == GONE
    assert [box.k.role(p) for p in box.k.zombproc] == ["parent", "late", "peer"]
