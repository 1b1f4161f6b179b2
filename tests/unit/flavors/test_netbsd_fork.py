"""fork1 of NetBSD 1.189: who may fork, what a child is, what the races do."""

from __future__ import annotations

import pytest

from flavors.netbsd.flavor import FLAVOR
from flavors.netbsd.kern_auth import DENY
from flavors.netbsd.kern_fork import fork1
from flavors.netbsd.param import (
    FORK_CLEANFILES,
    FORK_NOWAIT,
    FORK_SHAREFILES,
    FORK_SYSTEM,
    PK_CLDSIGIGN,
    PK_EXEC,
    PK_NOCLDWAIT,
    PK_SUGID,
    PK_SYSTEM,
    PS_STOPEXEC,
    PS_STOPEXIT,
    PSL_CHTRACED,
    PSL_TRACED,
    PSL_TRACEFORK,
    SIDL,
    SSTOP,
)
from oracle.extras import MachineExtras
from oracle.machine.locks import Mutex, mutex_exit, mutex_tryenter
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.task import Task
from oracle.scenario import MachineSpec, ProcessSpec
from oracle.verdict import Verdict
from tests.unit.flavors.netbsd import PARENT, World, result

ROOT = ProcessSpec("root", uid=0)


def pid(world: World, role: str) -> int:
    return world.proc(role).p_pid


def test_one_process_fewer_than_maxproc_exists_at_most() -> None:
    world = World(machine=MachineSpec(maxproc=6))
    assert world.do("parent", "fork", "kid") == pid(world, "kid")
    assert world.do("parent", "fork", "other") == "EAGAIN"
    assert world.k.nprocs == 5


def test_root_has_no_slots_of_its_own() -> None:
    world = World(PARENT, ROOT, machine=MachineSpec(maxproc=6))
    assert world.do("parent", "fork", "kid") == "EAGAIN"
    assert world.do("root", "fork", "kid") == "EAGAIN"


def test_a_maxproc_of_five_or_less_leaves_the_last_slots_to_root_after_all() -> None:
    world = World(PARENT, ROOT)
    world.k.maxproc, world.k.nprocs = 5, 2
    assert world.do("parent", "fork", "kid") == "EAGAIN"
    assert world.do("root", "fork", "kid") == pid(world, "kid")


def test_a_security_model_that_denies_stops_root_too() -> None:
    world = World(ROOT)
    world.globals.fork_listener = lambda k, arg1, arg2: DENY
    assert world.do("root", "fork", "kid") == "EAGAIN"
    assert world.k.nprocs == 4


def test_the_table_full_message_comes_once_in_ten_seconds() -> None:
    world = World(machine=MachineSpec(maxproc=1))
    for ticks in (0, 999, 1):
        world.k.ticks += ticks
        assert world.do("parent", "fork", "kid") == "EAGAIN"
    assert world.k.console == ["proc: table is full - increase kern.maxproc or NPROC"] * 2


def test_a_refused_fork_sleeps_through_a_kill() -> None:
    world = World(machine=MachineSpec(maxproc=1, tunables=(("forkfsleep", 2000),)))
    task = world.start("parent", "fork", "kid")
    world.start("shell", "kill", to="parent", signal="SIGKILL")
    begun = world.k.ticks
    world.k.sched.run()
    assert world.k.ticks - begun == 200
    assert result(task) == "LwpExit"
    assert world.k.nprocs == 4


def test_forkfsleep_below_a_tick_is_a_tick_and_has_a_range() -> None:
    world = World(ROOT, PARENT)
    assert world.do("root", "forkfsleep", ms=1) is None
    assert world.globals.forkfsleep == 1
    assert world.do("root", "forkfsleep", ms=20001) == "EINVAL"
    assert world.do("root", "forkfsleep", ms=-1) == "EINVAL"
    assert world.do("parent", "forkfsleep", ms=0) == "EPERM"


def test_maxproc_can_be_set_below_what_there_is_but_not_to_30000() -> None:
    world = World(ROOT)
    assert world.do("root", "maxproc", number=30000) == "EINVAL"
    assert world.do("root", "maxproc", number=0) is None
    assert world.do("root", "fork", "kid") == "EAGAIN"


def test_the_real_user_is_charged_and_the_effective_user_decides_about_the_limit() -> None:
    limits = (("nproc", 1, 10),)
    world = World(
        ProcessSpec("user", uid=2000, limits=limits),
        ProcessSpec("setuid", uid=3000, euid=0, limits=limits),
        ProcessSpec("lowered", uid=0, euid=1000, limits=limits),
    )
    assert world.do("user", "fork", "a") == "EAGAIN"
    assert world.do("setuid", "fork", "b") == pid(world, "b")
    assert world.do("lowered", "fork", "c") == "EAGAIN"
    assert world.k.uid(2000).ui_proccnt == 1
    assert world.k.uid(3000).ui_proccnt == 2
    assert world.k.console == []


def test_a_u_area_that_is_not_to_be_had_undoes_both_counts() -> None:
    world = World(machine=MachineSpec(extras=MachineExtras(faults=(("uarea", (1,)),))))
    assert world.do("parent", "fork", "kid") == "ENOMEM"
    assert world.k.nprocs == 4
    assert world.broken() == []
    assert world.do("parent", "fork", "kid") == pid(world, "kid")


# --- the child ------------------------------------------------------------------------------------------------------------


def fork_with(world: World, flags: int) -> Proc:
    made: list[Proc] = []
    lwp = world.lwp("parent")
    world.k.expecting[lwp] = "kid"
    world.k.sched.spawn(lwp, "fork1", fork1(world.k, lwp, flags, 20, "", 0, None, True, made))
    world.k.sched.run()
    return made[0]


def test_a_child_keeps_the_flags_for_sigchld_and_loses_exec() -> None:
    world = World()
    parent = world.proc("parent")
    parent.p_flag |= PK_SUGID | PK_NOCLDWAIT | PK_CLDSIGIGN | PK_EXEC
    assert fork_with(world, 0).p_flag == PK_SUGID | PK_NOCLDWAIT | PK_CLDSIGIGN


def test_stop_on_exit_is_the_stop_flag_that_is_not_inherited() -> None:
    world = World()
    world.proc("parent").p_sflag |= PS_STOPEXIT | PS_STOPEXEC
    assert fork_with(world, 0).p_sflag == PS_STOPEXEC


def test_a_system_process_gives_its_children_to_init() -> None:
    world = World()
    assert fork_with(world, FORK_SYSTEM).p_flag == PK_SYSTEM | PK_NOCLDWAIT


def test_sharing_the_table_wins_over_emptying_it() -> None:
    world = World()
    kid = fork_with(world, FORK_SHAREFILES | FORK_CLEANFILES)
    assert kid.p_fd is world.proc("parent").p_fd


def test_an_empty_table_still_copies_the_count_of_message_queues() -> None:
    world = World()
    world.do("parent", "mq_open", name="/q")
    kid = fork_with(world, FORK_CLEANFILES)
    assert kid.p_fd is not None
    assert kid.p_fd.fd_files == {}
    assert kid.p_mqueue_cnt == 1


def test_a_child_of_init_keeps_its_exit_signal() -> None:
    world = World()
    assert world.do("parent", "fork1", "kid", flags="FORK_NOWAIT", exitsig="SIGUSR1") == 0
    assert world.proc("kid").p_pptr is world.k.initproc
    assert world.proc("kid").p_exitsig == 30
    assert world.lwp("parent").lwp_retval == (0, 0)


def test_the_childs_first_register_is_zero_and_the_parent_gets_the_pid() -> None:
    world = World()
    world.do("parent", "fork", "kid")
    assert world.lwp("parent").lwp_retval == (pid(world, "kid"), 0)
    assert world.lwp("kid").lwp_retval[0] == 0


def test_the_estimate_of_use_comes_from_the_newest_thread() -> None:
    world = World()
    parent, first = world.proc("parent"), world.lwp("parent")
    first.lwp_estcpu = 7
    newest = Lwp(parent, 2, first.lwp_stat, None)
    newest.lwp_estcpu = 99
    parent.p_lwps.insert(0, newest)
    assert fork_with(world, 0).p_estcpu == 99


def test_hooks_run_with_the_most_recent_first_and_before_anybody_sees_the_child() -> None:
    world = World()
    seen: list[tuple[str, bool]] = []

    def hook(name: str) -> None:
        def run(k: Machine, p2: Proc, p1: Proc) -> None:
            seen.append((name, p2 in k.allproc))

        world.globals.forkhooks.insert(0, run)

    hook("first")
    hook("second")
    fork_with(world, 0)
    assert seen == [("second", False), ("first", False)]


def test_ktrace_of_emulation_marks_a_child_that_inherits_no_tracing() -> None:
    world = World()
    world.do("parent", "ktrace")
    kid = fork_with(world, 0)
    assert kid.p_traceflag == 0x10000000
    assert kid.p_tracenode is None


def test_a_set_id_program_clears_the_flags_of_who_writes_a_trace_and_of_nobody_else() -> None:
    world = World()
    world.do("parent", "ktrace")
    kid = fork_with(world, 0)
    world.do("kid", "exec", path="/bin/su", setuid=7)
    assert kid.p_traceflag == 0x10000000
    world.do("parent", "exec", path="/bin/su", setuid=7)
    assert world.proc("parent").p_traceflag == 0


# --- process ids ----------------------------------------------------------------------------------------------------------


def test_pids_rise_and_a_slot_that_comes_round_again_adds_the_size_of_the_table() -> None:
    world = World()
    seen = []
    for _ in range(70):
        seen.append(world.do("parent", "fork", "kid"))
        world.k.roles.pop("kid")
        world.k.names = {p: name for p, name in world.k.names.items() if name != "kid"}
        kid = world.k.allproc[0]
        world.k.roles["kid"] = kid.p_lwps[0]
        world.do("kid", "exit")
        world.do("parent", "wait")
        world.k.roles.pop("kid")
    assert seen[:28] == list(range(4, 32))
    assert seen[28:31] == [36, 37, 38]
    assert len(set(seen)) == 70


def test_the_table_doubles_and_goes_on_counting() -> None:
    world = World()
    pids = [world.do("parent", "fork", f"kid{n}") for n in range(60)]
    assert pids[:26] == list(range(4, 30))
    assert world.globals.pids.mask == 127
    assert len(set(pids)) == 60
    for n in range(60):
        assert world.k.roles[f"kid{n}"].lwp_proc.p_pid == pids[n]
    assert world.broken() == []


def test_a_group_keeps_the_slot_of_its_dead_leader() -> None:
    world = World(PARENT, ProcessSpec("member", group="parent"))
    slot = pid(world, "parent")
    world.do("parent", "exit")
    world.do("shell", "wait")
    assert world.globals.pids.reserved[slot] == slot
    count = world.globals.pids.count
    world.do("member", "exit")
    world.do("shell", "wait")
    assert slot not in world.globals.pids.reserved
    assert world.globals.pids.count == count - 2


# --- races ----------------------------------------------------------------------------------------------------------------


def test_a_signal_to_a_half_made_child_succeeds_and_does_nothing() -> None:
    world = World()
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "getpid")
    world.switch_at("half-made child")
    got: list[object] = []

    def peek() -> None:
        kid = next(p for p, name in world.k.names.items() if name == "kid")
        got.append((kid.p_stat, kid in world.k.allproc))

    world.k.sched.finished = lambda task: peek() if task is not fork else None
    world.k.sched.run()
    assert got[0] == (SIDL, False)
    assert result(fork) == pid(world, "kid")


def test_a_group_signal_during_fork_reaches_the_parent_alone() -> None:
    world = World()
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "kill", group="parent", signal="SIGTERM")
    world.switch_at("half-made child")
    world.k.sched.run()
    assert result(fork) == "LwpExit"
    assert world.proc("kid") in world.k.allproc
    assert world.proc("kid").p_siglist == 0


def test_in_the_knote_window_even_sigkill_misses_the_child() -> None:
    world = World()
    world.do("shell", "kqueue")
    world.do("shell", "kevent", fd=1, process="parent", notes="NOTE_FORK")
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "kill", group="parent", signal="SIGKILL")
    world.switch_at("knote window")
    world.k.sched.run()
    assert result(fork) == "LwpExit"
    assert world.proc("kid") in world.k.allproc


def test_a_group_change_during_fork_leaves_the_child_on_another_list_than_it_names() -> None:
    world = World(PARENT, ProcessSpec("leader"))
    parent = world.proc("parent")
    old = parent.p_pgrp
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "setpgid", of="parent", group="leader")
    world.switch_at("half-made child")
    world.k.sched.run()
    kid = world.proc("kid")
    assert result(fork) == kid.p_pid
    assert kid.p_pgrp is old
    assert old is not None
    assert old.pg_id not in world.k.pgrps
    assert kid in world.k.pgrps[pid(world, "leader")].pg_members


def test_a_change_of_user_during_fork_is_never_made_good() -> None:
    world = World(ProcessSpec("parent", uid=0))
    world.do("parent", "_lwp_create", "sibling")
    assert world.broken() == []
    world.start("parent", "fork", "kid")
    world.start("sibling", "setuid", uid=1000)
    world.switch_at("half-made child")
    world.k.sched.run()
    assert any("uid-count: uid 0 is charged" in text for text in world.broken())
    assert judged(world) == {"uid-count": True}
    world.k.uid(1000).ui_proccnt += 2
    assert judged(world) == {"uid-count": False}


def judged(world: World) -> dict[str, bool]:
    """The rules that do not hold now, and whether every report of each is of something that this kernel is known for."""
    verdict = Verdict(FLAVOR)
    verdict.hold(world.k, 1)
    found: dict[str, bool] = {}
    for one in verdict.violations.values():
        found[one.rule] = found.get(one.rule, True) and bool(one.known)
    return found


def test_fork_returns_a_strangers_pid_if_its_child_is_gone_and_its_memory_in_use_again() -> None:
    world = World(ProcessSpec("parent", ignored=("SIGCHLD",)))
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "getpid")
    world.hold(
        fork,
        "before the pid is read",
        lambda: world.start("shell", "kill", to="kid", signal="SIGKILL"),
        lambda: world.start("init", "wait"),
        lambda: world.start("shell", "fork", "stranger"),
    )
    world.k.sched.run()
    assert world.proc("kid") not in world.k.zombproc
    assert result(fork) == pid(world, "stranger")


def test_a_vfork_parent_sleeps_on_for_the_stranger_that_has_its_childs_memory() -> None:
    world = World(ProcessSpec("parent", ignored=("SIGCHLD",)))
    vfork = world.start("parent", "vfork", "kid")
    world.k.sched.run()
    world.start("kid", "exit")
    world.hold(vfork, "", lambda: world.start("init", "wait"), lambda: world.start("shell", "vfork", "stranger"))
    world.k.sched.run()
    assert world.globals.reborn[world.proc("kid")] is world.proc("stranger")
    assert result(vfork) == "asleep"
    world.do("stranger", "exec")
    assert result(vfork) == "asleep"
    assert [one.lwp for one in world.k.sched.waiting() if one.lost] == [world.lwp("parent")]


# --- vfork ----------------------------------------------------------------------------------------------------------------


def test_a_waiting_parent_of_inits_child_is_not_woken() -> None:
    world = World()
    vfork = world.start("parent", "fork1", "kid", flags="FORK_PPWAIT|FORK_NOWAIT")
    world.k.sched.run()
    world.do("kid", "exec")
    assert result(vfork) == "asleep"
    (waiting,) = world.k.sched.waiting()
    assert waiting.lost


def test_a_failed_exec_wakes_nobody() -> None:
    world = World()
    vfork = world.start("parent", "vfork", "kid")
    world.k.sched.run()
    assert world.do("kid", "exec", exists=False) == "ENOENT"
    assert result(vfork) == "asleep"
    world.do("kid", "exec")
    assert result(vfork) == pid(world, "kid")


def test_the_old_vfork_copies_memory_and_waits() -> None:
    world = World()
    assert world.do("parent", "vfork44", "kid") == "asleep"
    world.do("kid", "store", value="new")
    world.do("kid", "exit")
    assert world.do("parent", "load") == "0"


def test_stops_are_held_for_a_vfork_child_and_forgotten_at_exec() -> None:
    world = World()
    world.start("parent", "vfork", "kid")
    world.k.sched.run()
    world.do("shell", "kill", to="kid", signal="SIGSTOP")
    kid = world.proc("kid")
    assert kid.p_stat != SSTOP
    assert kid.p_siglist
    world.do("kid", "exec")
    assert not kid.p_siglist


# --- fork tracing ---------------------------------------------------------------------------------------------------------


def traced() -> World:
    world = World(PARENT, ProcessSpec("debugger"))
    world.do("debugger", "ptrace", request="attach", process="parent")
    world.do("debugger", "wait")
    world.do("debugger", "ptrace", request="set_events", process="parent", events="PTRACE_FORK")
    world.do("debugger", "ptrace", request="continue", process="parent")
    return world


def test_a_traced_fork_gives_the_child_to_the_debugger_and_stops_both() -> None:
    world = traced()
    fork = world.start("parent", "fork", "kid")
    world.k.sched.run()
    kid, parent, debugger = world.proc("kid"), world.proc("parent"), world.proc("debugger")
    assert kid.p_pptr is debugger
    assert kid.p_opptr is parent
    assert kid.p_ppid == debugger.p_pid
    assert (kid.p_fpid, parent.p_fpid) == (parent.p_pid, kid.p_pid)
    assert parent.p_slflag & PSL_CHTRACED
    assert kid.p_stat == parent.p_stat == SSTOP
    assert not fork.done
    assert world.do("debugger", "wait", child="kid") == "kid stopped SIGTRAP"
    assert world.do("debugger", "wait", child="parent") == "parent stopped SIGTRAP"
    assert world.do("debugger", "ptrace", request="get_state", process="parent") == "FORK kid"
    assert world.do("debugger", "ptrace", request="get_state", process="kid") == "FORK parent"


@pytest.mark.parametrize("flags", ["CLONE_VM", "CLONE_FS", "CLONE_FILES"])
def test_a_traced_fork_with_any_flag_is_lost_to_the_debugger(flags: str) -> None:
    world = traced()
    assert world.do("parent", "__clone", "kid", flags=flags, csignal="SIGCHLD") == pid(world, "kid")
    assert not world.proc("kid").p_slflag & PSL_TRACED
    assert world.proc("parent").p_fpid == 0


def fork_with_a_busy_lock(world: World) -> tuple[Task, Mutex]:
    """A traced fork that finds its process's lock taken by another LWP once it has decided to hand over the child."""
    lock = world.proc("parent").p_lock
    assert lock is not None
    fork = world.start("parent", "fork", "kid")

    def take(k: Machine, p2: Proc, p1: Proc) -> None:
        mutex_tryenter(k, world.lwp("shell"), lock)

    world.globals.forkhooks.append(take)
    world.k.sched.run()
    return fork, lock


def test_a_lock_that_is_busy_makes_a_traced_fork_release_one_it_does_not_own() -> None:
    world = traced()
    fork, lock = fork_with_a_busy_lock(world)
    assert not fork.done
    assert [one.wmesg for one in world.k.sched.waiting() if one.lwp is world.lwp("parent")] == ["p_lock"]
    mutex_exit(world.k, world.lwp("shell"), lock)
    world.k.sched.run()
    assert world.proc("kid").p_pptr is world.proc("debugger")
    assert world.lwp("shell").lwp_locks == []


def test_a_traced_fork_finds_the_lock_of_its_process_taken_while_its_flags_are_changed() -> None:
    world = traced()
    world.globals.diagnostic = 1
    fork = world.start("parent", "fork", "kid")
    world.start("shell", "stopfork", process="parent", on=False)
    world.switch_at("proc_lock", "p_lock held")  # when the child is made, and when the lock is held
    world.k.sched.run()
    assert result(fork) == "Panic"


def test_a_kernel_with_diagnostic_dies_of_the_release() -> None:
    world = traced()
    world.globals.diagnostic = 1
    fork, _ = fork_with_a_busy_lock(world)
    assert result(fork) == "Panic"


def test_a_kernel_with_diagnostic_notices_a_hook_that_broke_the_child() -> None:
    for diagnostic, expected in ((0, None), (1, "Panic")):
        world = World(machine=MachineSpec(tunables=(("options.DIAGNOSTIC", diagnostic),)))

        def spoil(k: Machine, p2: Proc, p1: Proc) -> None:
            p2.p_nrlwps = 2

        world.globals.forkhooks.append(spoil)
        assert world.do("parent", "fork", "kid") == (expected or pid(world, "kid"))


def test_a_fork_for_a_user_of_fewer_processes_than_none_is_refused_and_with_diagnostic_the_kernel_dies() -> None:
    for diagnostic, expected in ((0, "EAGAIN"), (1, "Panic")):
        world = World(machine=MachineSpec(tunables=(("options.DIAGNOSTIC", diagnostic),)))
        world.k.uid(1000).ui_proccnt = -2
        assert world.do("parent", "fork", "kid") == expected


def test_a_process_without_a_group_would_crash_the_kernel() -> None:
    world = World()
    world.proc("parent").p_pgrp = None
    assert world.do("parent", "fork", "kid") == "Panic"


def test_a_traced_vfork_child_that_forks_is_killed_by_its_own_trap() -> None:
    world = World(PARENT, ProcessSpec("debugger"))
    vfork = world.start("parent", "vfork", "kid")
    world.k.sched.run()
    world.proc("kid").p_slflag |= PSL_TRACED | PSL_TRACEFORK
    world.proc("kid").p_opptr = world.proc("parent")
    assert world.do("kid", "fork", "grandkid") == "LwpExit"
    assert result(vfork) == pid(world, "kid")
    assert world.proc("kid").p_xstat & 0o177 == 5


# --- flags that nobody can ask for ----------------------------------------------------------------------------------------


def test_a_child_born_stopped_under_init_takes_inits_count_below_zero() -> None:
    world = World()
    world.do("parent", "stopfork", process="parent")
    fork_with(world, FORK_NOWAIT)
    assert world.proc("parent").p_nstopchild == 1
    world.do("shell", "kill", to="kid", signal="SIGCONT")
    assert world.k.initproc.p_nstopchild == 0xFFFFFFFF
    assert world.proc("parent").p_nstopchild == 1
