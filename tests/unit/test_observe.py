from __future__ import annotations

from dataclasses import replace

from oracle.facts import lookup
from oracle.machine.files import File
from oracle.machine.kevent import Knote, KQueue, KtrNode
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.vm import Inherit, VmEntry, VmObject
from oracle.observation import Observation
from oracle.observe import observe
from oracle.observe.naming import signal_name
from oracle.run import Execution, run
from oracle.scenario import FileSpec, Focus, ProcessSpec
from tests.outside.tinyos import FLAVOR, live
from tests.unit.plugins import program, step

FOCUS = Focus(("parent", "kid"), ())


def family() -> tuple[Machine, Proc, Proc]:
    """A parent and its child."""
    execution = Execution(program(step(1, "parent", "fork", "kid")), FLAVOR)
    assert len(list(execution.steps())) == 2
    return execution.k, execution.k.roles["parent"].lwp_proc, execution.k.roles["kid"].lwp_proc


def facts(k: Machine, *resources: str) -> dict[str, object]:
    return dict(Observation(*observe(FLAVOR, k, Focus(FOCUS.actors, resources))).facts)


def test_every_fact_that_is_observed_is_in_the_vocabulary() -> None:
    k, parent, _ = family()
    queue = KQueue()
    live(parent.p_fd).fd_files[5] = File("kqueue", "kqueue", queue)
    k.vnode("/a").v_locks = (parent,)
    found = facts(k, "nproc")
    assert {"parent.events.5", "parent.locks./a", "parent.limit.nproc", "parent~kid.memory"} <= set(found)
    assert [path for path in found if lookup(path) is None] == []


def test_pids_become_roles() -> None:
    found = facts(family()[0])
    assert (found["kid.parent"], found["kid.getppid"], found["parent.children"]) == ("parent", "parent", ("kid",))
    assert (found["kid.group"], found["kid.group_list"], found["kid.session"]) == ("parent", "parent", "shell")
    assert found["machine.group.parent"] == ("parent", "kid")


def test_who_plays_no_part_is_called_by_its_pid() -> None:
    k, parent, _ = family()
    parent.p_ppid = 77
    assert facts(k)["parent.getppid"] == "pid 77"


def test_the_group_that_lists_a_process_need_not_be_the_one_that_it_names() -> None:
    k, _, kid = family()
    live(kid.p_pgrp).pg_members.remove(kid)
    assert facts(k)["kid.group_list"] == "none"
    k.pgrps[k.roles["shell"].lwp_proc.p_pid].pg_members.append(kid)
    assert (facts(k)["kid.group"], facts(k)["kid.group_list"]) == ("parent", "shell")


def test_sharing_is_read_from_identity() -> None:
    k, parent, kid = family()
    before = facts(k)
    for name in ("memory", "files", "cwd", "handlers", "signal_lock"):
        assert before[f"parent~kid.{name}"] == "apart"
    kid.p_vmspace, kid.p_fd, kid.p_sigacts = parent.p_vmspace, parent.p_fd, parent.p_sigacts
    after = facts(k)
    for name in ("memory", "files", "cwd", "handlers", "limits", "credential"):
        assert after[f"parent~kid.{name}"] == "shared"


def test_open_files_in_common_are_listed_by_descriptor() -> None:
    k, parent, kid = family()
    fds = live(kid.p_fd).fd_files
    fds[3] = File("vnode", "/other", None)
    live(parent.p_fd).fd_files[3] = File("vnode", "/other", None)
    assert facts(k)["parent~kid.offsets"] == ("0",)


def test_only_regions_whose_stores_meet_are_common() -> None:
    k, parent, kid = family()
    mine, other = live(parent.p_vmspace).vm_map, live(kid.p_vmspace).vm_map
    both = VmObject("x", 2)
    mine["shm"], other["shm"] = VmEntry("shm", Inherit.SHARE, both), VmEntry("shm", Inherit.SHARE, both)
    assert facts(k)["parent~kid.regions"] == ("shm",)


def test_memory_files_and_limits_are_shown_in_words() -> None:
    spec = ProcessSpec(
        "parent", files=(FileSpec(0, "/a", 10, True), FileSpec(7, "pipe", kind="pipe")), limits=(("nproc", 5, 2**63 - 1),)
    )
    found = run(program(step(1, "parent", "store", value="x"), processes=(spec,)), FLAVOR).observation.facts
    assert (found.get("parent.fd.0"), found.get("parent.fd.7")) == ("/a at 10 close-on-exec", "pipe")
    assert (found.get("parent.memory.data"), found.get("parent.limit.nproc")) == ("x", "5/unlimited")


def test_signals_are_shown_by_name_lowest_first() -> None:
    k, parent, _ = family()
    parent.p_siglist = 1 << 14 | 1
    k.roles["parent"].lwp_siglist = 1 << 1
    assert facts(k)["parent.pending"] == ("SIGHUP", "SIGINT", "SIGTERM")
    k.roles["parent"].lwp_sigmask = 1 << 4
    assert facts(k)["parent.masked"] == ("signal 5",)
    assert (signal_name(FLAVOR, 0), signal_name(FLAVOR, 9), signal_name(FLAVOR, 5)) == ("none", "SIGKILL", "signal 5")


def test_a_zombie_shows_how_it_ended_and_a_reaped_process_that_it_was_there() -> None:
    steps = (step(1, "parent", "fork", "kid"), step(2, "kid", "exit", status=3), step(3, "parent", "wait"))
    zombie = run(program(*steps[:2]), FLAVOR).observation.facts
    assert {path: zombie[path] for path in zombie if path.startswith("kid")} == {
        "kid.state": "zombie",
        "kid.parent": "parent",
        "kid.status": "exited 3",
        "kid.exit_signal": "SIGCHLD",
    }
    reaped = run(program(*steps), FLAVOR).observation.facts
    assert {path for path in reaped if path.startswith("kid")} == {"kid.state"}


def test_a_process_is_asleep_when_all_its_threads_are() -> None:
    steps = (step(1, "parent", "fork", "kid"), step(2, "parent", "wait"))
    execution = Execution(program(*steps), FLAVOR)
    assert len(list(execution.steps())) == 3
    assert facts(execution.k)["parent.state"] == "asleep"
    parent = execution.k.roles["parent"].lwp_proc
    parent.p_lwps.append(Lwp(parent, 2, 1))
    found = facts(execution.k)
    assert (found["parent.state"], found["parent.threads"], found["parent.tids"]) == ("running", 2, ("1", "2"))


def test_the_shell_is_looked_at_only_if_it_acts() -> None:
    assert not any(path.startswith("shell") for path in facts(family()[0]))
    assert run(program(step(1, "shell", "getpid")), FLAVOR).observation.facts.get("shell.state") == "running"


def test_the_peers_of_a_leader_are_listed_in_order_and_a_broken_chain_ends() -> None:
    k, parent, kid = family()
    assert facts(k)["kid.same_leader_as"] == ()
    parent.p_leader = kid.p_leader = parent
    parent.p_peers, kid.p_peers = kid, parent  # a ring, which no kernel should make
    assert facts(k)["kid.same_leader_as"][:1] == ("parent",)  # type: ignore[index]


def test_tracing_is_shown_with_its_file_and_debuggers_by_role() -> None:
    k, parent, kid = family()
    kid.p_traceflag, kid.p_tracenode, kid.p_oppid = 0x80, KtrNode("ktrace.out"), parent.p_pid
    found = facts(k)
    assert (found["kid.ktrace"], found["kid.real_parent"], found["parent.ktrace"]) == ("to ktrace.out", "parent", "none")
    kid.p_tracenode, kid.p_opptr = None, k.initproc
    assert (facts(k)["kid.ktrace"], facts(k)["kid.real_parent"]) == ("none", "init")


def test_a_queue_reports_whom_it_watched_what_happened_and_from_whom() -> None:
    k, parent, kid = family()
    quiet = Knote(KQueue(), None, kid.p_pid, 1)
    active = Knote(quiet.kn_kq, None, kid.p_pid, 3, 1, parent.p_pid, True)
    quiet.kn_kq.kq_knotes += [quiet, active]
    live(parent.p_fd).fd_files[5] = File("kqueue", "kqueue", quiet.kn_kq)
    flavor = replace(FLAVOR, flags={**FLAVOR.flags, "note": {"NOTE_EXIT": 1, "NOTE_FORK": 2}})
    assert Observation(*observe(flavor, k, FOCUS)).facts.get("parent.events.5") == ("kid NOTE_EXIT from parent",)
    active.kn_data, active.kn_ended = 3 << 8, True
    assert Observation(*observe(flavor, k, FOCUS)).facts.get("parent.events.5") == (f"kid NOTE_EXIT {flavor.status(3 << 8)}",)


def test_the_machine_shows_counts_and_console() -> None:
    k, _, _ = family()
    k.printf("proc: table is full")
    found = facts(k)
    assert (found["machine.nprocs"], found["machine.uid.1000"], found["machine.forks"], found["machine.vforks"]) == (5, 3, 1, 0)
    assert (found["machine.console"], found["machine.console_lines"]) == (("proc: table is full",), 1)


def test_the_first_thread_is_the_one_with_the_lowest_id_wherever_it_is_listed() -> None:
    k, _, kid = family()
    first = kid.p_lwps[0]
    first.lwp_usp = "its own"
    kid.p_lwps.insert(0, Lwp(kid, first.lwp_tid + 1, first.lwp_stat, None))
    assert facts(k)["kid.stack"] == "its own"


def test_stores_meet_only_if_neither_side_copies_first() -> None:
    k, parent, kid = family()
    one = VmObject("0", 2)
    ours = live(parent.p_vmspace).vm_map["data"] = VmEntry("data", Inherit.COPY, one)
    theirs = live(kid.p_vmspace).vm_map["data"] = VmEntry("data", Inherit.COPY, one)
    assert facts(k)["parent~kid.regions"] == ("data",)
    theirs.needs_copy = True
    assert facts(k)["parent~kid.regions"] == ()
    ours.needs_copy, theirs.needs_copy = True, False
    assert facts(k)["parent~kid.regions"] == ()
