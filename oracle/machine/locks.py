"""Locks that really block: shared/exclusive with preference for writers, mutexes, condition variables.

Each LWP lists what it holds, so that a lock which outlives its system call shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle.machine.counted import counted
from oracle.machine.errno import Panic
from oracle.machine.traps import Kernel, Wake, preempt, tsleep

if TYPE_CHECKING:
    from oracle.machine.machine import Machine
    from oracle.machine.proc import Lwp


@dataclass(slots=True, eq=False)
class RwLock:
    """A shared/exclusive lock that sleeps uninterruptibly; a waiting writer keeps new readers out."""

    lk_wmesg: str
    lk_readers: list[Lwp] = field(default_factory=list)
    lk_writer: Lwp | None = None
    lk_waiting_writers: int = 0


@counted("mtx_refcnt")
@dataclass(slots=True, eq=False)
class Mutex:
    """A lock with one owner. Taking it twice is a panic."""

    mtx_name: str
    mtx_owner: Lwp | None = None
    mtx_refcnt: int = 1  # holders of the lock object itself, for locks that processes share
    mtx_serial: int = 0  # order of allocation; stands for the address


@dataclass(slots=True, eq=False)
class CondVar:
    """A condition variable; a sleep channel with a name."""

    cv_wmesg: str


def rw_enter_shared(k: Machine, lwp: Lwp, lock: RwLock) -> Kernel[None]:
    """Take the lock shared; waits while somebody holds it, or waits for it, exclusively."""
    if k.sched.ready:
        yield from preempt(lock.lk_wmesg)
    while lock.lk_writer is not None or lock.lk_waiting_writers:
        yield from tsleep(lock, lock.lk_wmesg)
    lock.lk_readers.append(lwp)
    lwp.lwp_locks.append(lock)


def rw_tryenter_shared(k: Machine, lwp: Lwp, lock: RwLock) -> bool:
    """Take the lock shared if that needs no waiting."""
    if lock.lk_writer is not None or lock.lk_waiting_writers:
        return False
    lock.lk_readers.append(lwp)
    lwp.lwp_locks.append(lock)
    return True


def rw_enter_exclusive(k: Machine, lwp: Lwp, lock: RwLock) -> Kernel[None]:
    """Take the lock exclusively; waits until nobody holds it."""
    if lock.lk_writer is lwp:
        raise Panic(f"{lock.lk_wmesg}: locking against myself")
    if k.sched.ready:
        yield from preempt(lock.lk_wmesg)
    lock.lk_waiting_writers += 1
    while lock.lk_writer is not None or lock.lk_readers:
        yield from tsleep(lock, lock.lk_wmesg)
    lock.lk_waiting_writers -= 1
    lock.lk_writer = lwp
    lwp.lwp_locks.append(lock)


def rw_exit(k: Machine, lwp: Lwp, lock: RwLock) -> None:
    """Release the lock, however this LWP holds it, and wake who waits for it."""
    if lock.lk_writer is lwp:
        lock.lk_writer = None
    elif lwp in lock.lk_readers:
        lock.lk_readers.remove(lwp)
    else:
        raise Panic(f"{lock.lk_wmesg}: released by an LWP that does not hold it")
    lwp.lwp_locks.remove(lock)
    k.wakeup(lock)


def mutex_enter(k: Machine, lwp: Lwp, mutex: Mutex) -> Kernel[None]:
    """Take a mutex, waiting for its owner."""
    if mutex.mtx_owner is lwp:
        raise Panic(f"{mutex.mtx_name}: locking against myself")
    if k.sched.ready:
        yield from preempt(mutex.mtx_name)
    while mutex.mtx_owner is not None:
        yield from tsleep(mutex, mutex.mtx_name)
    mutex.mtx_owner = lwp
    lwp.lwp_locks.append(mutex)


def mutex_tryenter(k: Machine, lwp: Lwp, mutex: Mutex) -> bool:
    """Take a mutex if it is free."""
    if mutex.mtx_owner is not None:
        return False
    mutex.mtx_owner = lwp
    lwp.lwp_locks.append(mutex)
    return True


def mutex_exit(k: Machine, lwp: Lwp, mutex: Mutex) -> None:
    """Release a mutex and wake who waits for it."""
    if mutex.mtx_owner is not lwp:
        raise Panic(f"{mutex.mtx_name}: released by an LWP that does not own it")
    mutex.mtx_owner = None
    lwp.lwp_locks.remove(mutex)
    k.wakeup(mutex)


def cv_wait(k: Machine, lwp: Lwp, cv: CondVar, mutex: Mutex, awaits: Callable[[], object] | None = None) -> Kernel[None]:
    """Release the mutex, sleep uninterruptibly on the condition variable, take the mutex again."""
    mutex_exit(k, lwp, mutex)
    yield from tsleep(cv, cv.cv_wmesg, awaits=awaits)
    yield from mutex_enter(k, lwp, mutex)


def cv_wait_sig(k: Machine, lwp: Lwp, cv: CondVar, mutex: Mutex) -> Kernel[Wake]:
    """Like `cv_wait`, but a signal ends the sleep; says what did."""
    mutex_exit(k, lwp, mutex)
    why = yield from tsleep(cv, cv.cv_wmesg, catch=True)
    yield from mutex_enter(k, lwp, mutex)
    return why
