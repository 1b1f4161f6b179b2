"""POSIX message queues, as far as their descriptors and the count of them go."""

from __future__ import annotations

from flavors.dragonfly.kern import Mqueue, kern_of
from flavors.dragonfly.sources import SYS_MQUEUE
from oracle.cite import models
from oracle.machine.errno import EMFILE, ENOENT
from oracle.machine.files import File
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc

UINT_MAX = 0xFFFFFFFF


@models(SYS_MQUEUE, function="sys_mq_open")
def check_limit(k: Machine, p: Proc, create: bool) -> None:
    """Refuse one more queue than there may be. It is asked before a descriptor is taken, and again when the queue is made."""
    if create and p.p_mqueue_cnt == kern_of(k).mq_open_max:
        raise EMFILE(f"p_mqueue_cnt is {p.p_mqueue_cnt}, as many as there may be")


@models(SYS_MQUEUE, function="sys_mq_open")
def mq_open(k: Machine, p: Proc, name: str, create: bool) -> File:
    """Open a queue. The count of open queues is the process's own: a fork copies the descriptors and not the count.

    sic: every open counts, but only one that may make a queue asks for the limit, and it asks whether the count equals it.
    """
    kern = kern_of(k)
    check_limit(k, p, create)
    mq = kern.mqueues.get(name)
    if mq is None:
        if not create:
            raise ENOENT(f"there is no message queue {name}")
        mq = kern.mqueues[name] = Mqueue(name)
    p.p_mqueue_cnt = (p.p_mqueue_cnt + 1) & UINT_MAX
    mq.mq_refcnt += 1
    return File("mqueue", name, mq)


@models(SYS_MQUEUE)
def mq_close_fop(k: Machine, fp: File, p: Proc) -> None:
    """The last close of a queue's open file. sic: it is the closer's count that goes down, whoever opened the queue.

    The count is unsigned: one below 0 is the largest there is.
    """
    assert isinstance(fp.f_data, Mqueue)
    fp.f_data.mq_refcnt -= 1
    p.p_mqueue_cnt = (p.p_mqueue_cnt - 1) & UINT_MAX
