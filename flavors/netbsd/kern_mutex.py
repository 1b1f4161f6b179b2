"""Locks for short sections: waiting until nobody has one, where nothing can wait while it is held."""

from __future__ import annotations

from flavors.netbsd.sources import KERN_MUTEX
from oracle.cite import models
from oracle.machine.locks import Mutex, mutex_exit, mutex_tryenter
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, preempt, tsleep


@models(KERN_MUTEX, function="mutex_enter")
def mutex_pass(mutex: Mutex) -> Kernel[None]:
    """Wait until nobody owns a mutex. For a section in which nothing can wait: nobody could see that it was owned meanwhile."""
    while mutex.mtx_owner is not None:
        yield from tsleep(mutex, mutex.mtx_name)


def preempt_owner(k: Machine, l: Lwp, mutex: Mutex, why: str) -> Kernel[None]:
    """A point where the kernel may be preempted in a section under a mutex that is free: who wants it has to wait meanwhile."""
    mutex_tryenter(k, l, mutex)
    yield from preempt(why)
    mutex_exit(k, l, mutex)


def pass_proc_lock(k: Machine) -> Kernel[None]:
    """Wait until nobody has the process lists locked, for a call that works under their lock from here to its end."""
    mutex = k.proc_lock
    assert mutex is not None
    while mutex.mtx_owner is not None:
        yield from tsleep(mutex, mutex.mtx_name)
