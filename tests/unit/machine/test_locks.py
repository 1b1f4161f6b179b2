from __future__ import annotations

from collections.abc import Callable

import pytest

from oracle.machine.errno import Panic
from oracle.machine.locks import (
    CondVar,
    Mutex,
    RwLock,
    cv_wait,
    cv_wait_sig,
    mutex_enter,
    mutex_exit,
    mutex_tryenter,
    rw_enter_exclusive,
    rw_enter_shared,
    rw_exit,
)
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.task import Task
from oracle.machine.traps import Kernel, Wake, preempt
from tests.unit.machine.bare import Bench

Enter = Callable[[Machine, Lwp, RwLock], Kernel[None]]


def take(bench: Bench, index: int, enter: Enter, lock: RwLock) -> Task:
    """The LWP takes the lock and keeps it."""
    lwp = bench.lwps[index]

    def code() -> Kernel[None]:
        yield from enter(bench.k, lwp, lock)
        bench.log.append(lwp.lwp_proc.p_comm)

    task = bench.k.sched.spawn(lwp, "take", code())
    bench.k.sched.run()
    return task


def release(bench: Bench, index: int, lock: RwLock) -> None:
    rw_exit(bench.k, bench.lwps[index], lock)
    bench.k.sched.run()


def test_readers_share_and_a_writer_waits_for_all_of_them() -> None:
    bench, lock = Bench(), RwLock("test")
    take(bench, 0, rw_enter_shared, lock)
    take(bench, 1, rw_enter_shared, lock)
    writer = take(bench, 2, rw_enter_exclusive, lock)
    release(bench, 0, lock)
    assert not writer.done
    release(bench, 1, lock)
    assert bench.log == ["a", "b", "c"]
    assert lock.lk_writer is bench.lwps[2]


def test_a_waiting_writer_keeps_new_readers_out() -> None:
    bench, lock = Bench(), RwLock("test")
    take(bench, 0, rw_enter_shared, lock)
    take(bench, 1, rw_enter_exclusive, lock)
    reader = take(bench, 2, rw_enter_shared, lock)
    assert not reader.done
    release(bench, 0, lock)
    assert bench.log == ["a", "b"]
    release(bench, 1, lock)
    assert bench.log == ["a", "b", "c"]


def test_taking_a_lock_exclusively_twice_is_a_panic() -> None:
    bench, lock = Bench(), RwLock("test")
    take(bench, 0, rw_enter_exclusive, lock)
    again = take(bench, 0, rw_enter_exclusive, lock)
    assert isinstance(again.failure, Panic)
    assert str(again.failure) == "test: locking against myself"


def test_releasing_a_lock_that_one_does_not_hold_is_a_panic() -> None:
    bench, lock, mutex = Bench(), RwLock("test"), Mutex("test")
    take(bench, 0, rw_enter_exclusive, lock)
    with pytest.raises(Panic, match="does not hold it"):
        rw_exit(bench.k, bench.lwps[1], lock)
    with pytest.raises(Panic, match="does not own it"):
        mutex_exit(bench.k, bench.lwps[1], mutex)


def test_an_lwp_lists_what_it_holds_until_it_releases_it() -> None:
    bench, lock, mutex = Bench(), RwLock("rw"), Mutex("mutex")
    take(bench, 0, rw_enter_shared, lock)
    assert mutex_tryenter(bench.k, bench.lwps[0], mutex)
    assert bench.lwps[0].lwp_locks == [lock, mutex]
    release(bench, 0, lock)
    mutex_exit(bench.k, bench.lwps[0], mutex)
    assert bench.lwps[0].lwp_locks == []


def test_a_mutex_has_one_owner_at_a_time() -> None:
    bench, mutex = Bench(), Mutex("test")

    def inside(lwp: Lwp) -> Kernel[None]:
        yield from mutex_enter(bench.k, lwp, mutex)
        bench.log.append(f"{lwp.lwp_proc.p_comm} in")
        yield from preempt("inside")
        bench.log.append(f"{lwp.lwp_proc.p_comm} out")
        mutex_exit(bench.k, lwp, mutex)

    bench.turns.pick = lambda current, ready: 1 if current is not None else 0  # whoever could be preempted is
    for lwp in bench.lwps:
        bench.k.sched.spawn(lwp, "inside", inside(lwp))
    bench.k.sched.run()
    assert len(bench.log) == 6
    assert all(first.replace("in", "out") == then for first, then in zip(bench.log[::2], bench.log[1::2], strict=True))


def test_taking_a_mutex_twice_is_a_panic_and_trying_to_is_not() -> None:
    bench, mutex = Bench(), Mutex("test")
    assert mutex_tryenter(bench.k, bench.lwps[0], mutex)
    assert not mutex_tryenter(bench.k, bench.lwps[0], mutex)
    task = bench.k.sched.spawn(bench.lwps[0], "again", mutex_enter(bench.k, bench.lwps[0], mutex))
    bench.k.sched.run()
    assert isinstance(task.failure, Panic)


def test_waiting_on_a_condition_gives_up_the_mutex_and_takes_it_again() -> None:
    bench, mutex, cv = Bench(), Mutex("mutex"), CondVar("cv")

    def waiter(lwp: Lwp) -> Kernel[None]:
        yield from mutex_enter(bench.k, lwp, mutex)
        yield from cv_wait(bench.k, lwp, cv, mutex)
        bench.log.append(f"owner {mutex.mtx_owner is lwp}")
        mutex_exit(bench.k, lwp, mutex)

    bench.k.sched.spawn(bench.lwps[0], "waiter", waiter(bench.lwps[0]))
    bench.k.sched.run()
    assert mutex.mtx_owner is None
    bench.k.wakeup(cv)
    bench.k.sched.run()
    assert bench.log == ["owner True"]
    assert mutex.mtx_owner is None


def test_a_signal_ends_an_interruptible_wait_on_a_condition_with_the_mutex_taken() -> None:
    bench, mutex, cv = Bench(), Mutex("mutex"), CondVar("cv")

    def waiter(lwp: Lwp) -> Kernel[Wake]:
        yield from mutex_enter(bench.k, lwp, mutex)
        return (yield from cv_wait_sig(bench.k, lwp, cv, mutex))

    task = bench.k.sched.spawn(bench.lwps[0], "waiter", waiter(bench.lwps[0]))
    bench.k.sched.run()
    bench.k.sched.interrupt(bench.lwps[0])
    bench.k.sched.run()
    assert task.value is Wake.SIGNAL
    assert mutex.mtx_owner is bench.lwps[0]
