from __future__ import annotations

from collections import deque

import pytest

from oracle.errors import LimitExceeded
from oracle.machine import sched
from oracle.machine.errno import EAGAIN, LwpExit, Panic, Unmodelled
from oracle.machine.sched import RESUMES_PER_ROUND, ROUND_TICKS
from oracle.machine.task import Task
from oracle.machine.traps import Kernel, Wake, no_wait, preempt, tsleep
from tests.unit.machine.bare import Bench


def raising(error: Exception) -> Kernel[None]:
    yield from preempt("raising")
    raise error


def spinning() -> Kernel[None]:
    while True:
        yield from preempt("restart")


def test_tasks_run_in_the_order_in_which_they_were_spawned() -> None:
    bench = Bench()
    for lwp in bench.lwps:
        bench.k.sched.spawn(lwp, "says", bench.says(lwp.lwp_proc.p_comm, lwp.lwp_proc.p_comm))
    bench.k.sched.run()
    assert bench.log == ["a", "a", "b", "b", "c", "c"]


def test_a_task_ends_with_its_value_and_leaves_its_lwp_in_user_mode() -> None:
    bench = Bench()
    task = bench.k.sched.spawn(bench.lwps[0], "call", no_wait(7))
    assert bench.lwps[0].lwp_task is task
    bench.k.sched.run()
    assert (task.done, task.value, task.failure) == (True, 7, None)
    assert bench.lwps[0].lwp_task is None


@pytest.mark.parametrize("failure", [EAGAIN("full"), LwpExit(), Unmodelled("who knows")])
def test_a_task_ends_with_its_failure_and_the_others_go_on(failure: Exception) -> None:
    bench = Bench()
    task = bench.k.sched.spawn(bench.lwps[0], "call", raising(failure))
    bench.k.sched.spawn(bench.lwps[1], "says", bench.says("b"))
    bench.k.sched.run()
    assert task.failure is failure
    assert bench.log == ["b"]


def test_whoever_wants_to_know_is_told_of_every_task_that_ends() -> None:
    bench = Bench()
    told: list[str] = []
    bench.k.sched.finished = lambda task: told.append(task.name)
    bench.k.sched.spawn(bench.lwps[0], "one", no_wait(None))
    bench.k.sched.spawn(bench.lwps[1], "two", raising(EAGAIN("full")))
    bench.k.sched.run()
    assert told == ["one", "two"]


def test_a_mistake_in_kernel_code_is_no_failure_of_the_call_and_comes_out() -> None:
    bench = Bench()
    bench.k.sched.spawn(bench.lwps[0], "call", raising(KeyError("oops")))
    with pytest.raises(KeyError):
        bench.k.sched.run()
    assert bench.k.curlwp is None


def test_sleepers_wake_in_the_order_in_which_they_fell_asleep() -> None:
    bench = Bench(4)
    for lwp in (bench.lwps[2], bench.lwps[0], bench.lwps[1]):
        bench.k.sched.spawn(lwp, "sleep", bench.sleeps(lwp.lwp_proc.p_comm, bench))
    waker = bench.k.sched.spawn(bench.lwps[3], "wake", bench.wakes(bench))
    bench.k.sched.run()
    assert waker.value == 3
    assert bench.log == ["c woken", "a woken", "b woken"]


def test_a_wakeup_is_for_its_channel_alone_and_channels_are_told_apart_by_identity() -> None:
    bench = Bench()
    one, other = [1], [1]
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", one))
    bench.k.sched.run()
    assert bench.k.wakeup(other) == 0
    assert bench.k.wakeup(one) == 1


def test_the_clock_jumps_to_the_next_time_out() -> None:
    bench = Bench()
    start = bench.k.ticks
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench, timo=500))
    bench.k.sched.spawn(bench.lwps[1], "sleep", bench.sleeps("b", bench, timo=50))
    bench.k.sched.run()
    assert bench.log == ["b time-out", "a time-out"]
    assert bench.k.ticks == start + 500


def test_the_clock_stands_still_while_nobody_waits_for_it() -> None:
    bench = Bench()
    start = bench.k.ticks
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench))
    bench.k.sched.run()
    assert bench.k.ticks == start
    assert bench.log == []


def test_a_round_does_not_wait_for_ever_for_the_clock() -> None:
    bench = Bench()
    task = bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench, timo=ROUND_TICKS + 1))
    bench.k.sched.run()
    assert not task.done
    bench.k.ticks += 2
    bench.k.sched.run()
    assert task.value is Wake.TIMEOUT


def test_a_timer_goes_off_at_its_tick_and_once_while_a_call_sleeps() -> None:
    bench = Bench()
    fired: list[int] = []
    bench.k.timer_expired = lambda k, p: fired.append(k.ticks)
    bench.lwps[0].lwp_proc.p_realtimer = due = bench.k.ticks + 30
    bench.k.sched.run(bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench)))
    assert fired == [due]
    assert bench.lwps[0].lwp_proc.p_realtimer == 0


def test_a_timer_does_not_move_the_clock_once_the_call_has_returned() -> None:
    bench = Bench()
    bench.lwps[0].lwp_proc.p_realtimer = due = bench.k.ticks + 30
    bench.k.sched.run(bench.k.sched.spawn(bench.lwps[0], "call", no_wait(None)))
    assert bench.k.ticks < due
    assert bench.lwps[0].lwp_proc.p_realtimer == due


def test_a_timer_on_the_way_to_somebodys_time_out_goes_off_at_its_own_tick() -> None:
    bench = Bench()
    fired: list[int] = []
    bench.k.timer_expired = lambda k, p: fired.append(k.ticks)
    bench.lwps[0].lwp_proc.p_realtimer = due = bench.k.ticks + 30
    bench.k.sched.spawn(bench.lwps[1], "sleep", bench.sleeps("b", bench, timo=500))
    bench.k.sched.run(bench.k.sched.spawn(bench.lwps[0], "call", no_wait(None)))
    assert fired == [due]
    assert bench.log == ["b time-out"]


def test_a_signal_ends_an_interruptible_sleep_and_no_other() -> None:
    bench = Bench()
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench, catch=True))
    bench.k.sched.spawn(bench.lwps[1], "sleep", bench.sleeps("b", bench))
    bench.k.sched.run()
    assert [bench.k.sched.interrupt(lwp) for lwp in bench.lwps] == [True, False, False]
    bench.k.sched.run()
    assert bench.log == ["a signal"]


def test_one_sleeper_can_be_roused_whatever_it_sleeps_on() -> None:
    bench = Bench()
    for lwp in bench.lwps[:2]:
        bench.k.sched.spawn(lwp, "sleep", bench.sleeps(lwp.lwp_proc.p_comm, bench))
    bench.k.sched.run()
    assert [bench.k.sched.rouse(bench.lwps[1]), bench.k.sched.rouse(bench.lwps[2])] == [True, False]
    bench.k.sched.run()
    assert bench.log == ["b woken"]


def test_a_task_that_spins_is_parked_and_the_others_run() -> None:
    bench = Bench()
    spinner = bench.k.sched.spawn(bench.lwps[0], "spin", spinning())
    bench.k.sched.spawn(bench.lwps[1], "says", bench.says("b"))
    bench.k.sched.run()
    assert spinner.spins
    assert not spinner.done
    assert bench.log == ["b"]


def test_a_parked_spinner_gets_another_round_and_ends_if_what_it_waited_for_has_come() -> None:
    bench = Bench()
    flag: list[bool] = []

    def until_flag() -> Kernel[str]:
        while not flag:
            yield from preempt("restart")
        return "seen"

    task = bench.k.sched.spawn(bench.lwps[0], "spin", until_flag())
    bench.k.sched.run()
    assert bench.k.sched.spinning == [task]
    flag.append(True)
    bench.k.sched.run()
    assert (task.value, task.spins, bench.k.sched.spinning) == ("seen", False, [])


def test_a_long_call_is_not_taken_for_a_spinner_because_it_sleeps_often() -> None:
    bench = Bench()

    def long() -> Kernel[str]:
        for _ in range(RESUMES_PER_ROUND + 10):
            yield from tsleep(bench, "often", 1)
        return "done"

    task = bench.k.sched.spawn(bench.lwps[0], "long", long())
    bench.k.sched.run()
    assert task.value == "done"


def test_tasks_that_wake_each_other_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    monkeypatch.setattr(sched, "SWITCHES_PER_ROUND", 100)

    def ping(mine: object, yours: object) -> Kernel[None]:
        while True:
            bench.k.wakeup(yours)
            yield from tsleep(mine, "ping")

    bench.k.sched.spawn(bench.lwps[0], "ping", ping(bench.lwps[0], bench.lwps[1]))
    bench.k.sched.spawn(bench.lwps[1], "pong", ping(bench.lwps[1], bench.lwps[0]))
    with pytest.raises(LimitExceeded, match="more than 100 switches"):
        bench.k.sched.run()


def test_a_schedule_can_prefer_another_task_at_a_preemption_point() -> None:
    bench = Bench(2)
    bench.k.sched.preemptible = True
    bench.turns.pick = lambda current, ready: 1 if current is not None else 0
    for lwp in bench.lwps:
        bench.k.sched.spawn(lwp, "says", bench.says(*[lwp.lwp_proc.p_comm] * 3))
    bench.k.sched.run()
    assert bench.log == ["a", "b", "a", "b", "a", "b"]


def test_a_schedule_can_choose_who_runs_first() -> None:
    bench = Bench()

    def last_first(current: Task | None, ready: deque[Task]) -> int:
        return 0 if current is not None else len(ready) - 1

    bench.turns.pick = last_first
    for lwp in bench.lwps:
        bench.k.sched.spawn(lwp, "says", bench.says(lwp.lwp_proc.p_comm))
    bench.k.sched.run()
    assert bench.log == ["c", "b", "a"]


def test_whoever_waits_for_what_has_happened_already_has_lost_its_wakeup() -> None:
    bench = Bench()
    done: list[bool] = []
    bench.k.sched.spawn(bench.lwps[0], "wait", bench.sleeps("a", bench, awaits=lambda: done))
    bench.k.sched.spawn(bench.lwps[1], "wait", bench.sleeps("b", bench))
    bench.k.sched.run()
    assert [(one.lwp, one.lost) for one in bench.k.sched.waiting()] == [(bench.lwps[0], False), (bench.lwps[1], False)]
    done.append(True)
    assert [one.lost for one in bench.k.sched.waiting()] == [True, False]


def test_whoever_moves_next_has_no_part_in_what_came_about_before_the_sleep() -> None:
    bench = Bench(2)
    sched = bench.k.sched
    late = sched.spawn(bench.lwps[0], "wait", bench.sleeps("a", bench, awaits=lambda: True))
    other = sched.spawn(bench.lwps[1], "call", no_wait(None))
    assert (sched.advance(late), sched.advance(other)) == (None, None)
    assert [(one.lost, one.missed) for one in sched.waiting()] == [(True, late)]


def test_who_has_a_time_out_is_not_stuck() -> None:
    bench = Bench()
    bench.k.sched.spawn(bench.lwps[0], "wait", bench.sleeps("a", bench, timo=ROUND_TICKS * 2))
    bench.k.sched.run()
    assert bench.k.sched.waiting() == []


def test_a_panic_stops_everybody_at_once_and_for_good() -> None:
    bench = Bench()
    panic = Panic("out of luck")
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench))
    bench.k.sched.spawn(bench.lwps[1], "panic", raising(panic))
    bench.k.sched.spawn(bench.lwps[2], "says", bench.says("c"))
    bench.k.sched.run()
    assert bench.k.sched.panic is panic
    assert bench.log == []
    assert bench.k.wakeup(bench) == 0


def test_nothing_runs_after_a_panic() -> None:
    bench = Bench()
    bench.k.sched.spawn(bench.lwps[0], "panic", raising(Panic("out of luck")))
    bench.k.sched.run()
    bench.k.sched.spawn(bench.lwps[1], "says", bench.says("b"))
    bench.k.sched.run()
    assert bench.log == []


def test_an_lwp_runs_one_call_at_a_time() -> None:
    bench = Bench()
    bench.k.sched.spawn(bench.lwps[0], "first", no_wait(None))
    with pytest.raises(LimitExceeded, match="it is in first"):
        bench.k.sched.spawn(bench.lwps[0], "second", no_wait(None))


def test_the_number_of_tasks_is_limited() -> None:
    bench = Bench()
    bench.k.sched.spawned = sched.TASKS_PER_RUN
    with pytest.raises(LimitExceeded, match="split the scenario"):
        bench.k.sched.spawn(bench.lwps[0], "one too many", no_wait(None))


def test_the_trace_tells_who_slept_and_what_woke_it() -> None:
    bench = Bench()
    bench.k.trace = []
    bench.k.sched.spawn(bench.lwps[0], "sleep", bench.sleeps("a", bench, timo=5))
    bench.k.sched.run()
    assert [(actor, event, detail) for _, actor, event, detail in bench.k.trace] == [
        ("a", "sleeps", "test"),
        ("a", "wakes", "test (time-out)"),
    ]


def test_what_never_waits_can_stand_where_waiting_is_allowed() -> None:
    bench = Bench()
    task = bench.k.sched.spawn(bench.lwps[0], "call", no_wait("at once"))
    bench.k.sched.run()
    assert (task.value, task.slept, task.resumes) == ("at once", False, 0)
