"""POSIX message queues, as far as the count of open ones goes."""

from __future__ import annotations

from flavors.netbsd.param import MQ_OPEN_MAX, UINT32
from flavors.netbsd.sources import SYS_MQUEUE
from flavors.netbsd.state import NetBSD, kern
from oracle.cite import models
from oracle.machine.errno import EMFILE, ENOENT
from oracle.machine.files import File
from oracle.machine.machine import Machine
from oracle.machine.proc import Proc


@models(SYS_MQUEUE)
def mq_open(k: Machine, p: Proc, name: str, create: bool) -> File:
    """Open a queue. Only making one is limited and counted."""
    queues = kern(k).mqueues
    if create:
        if p.p_mqueue_cnt >= MQ_OPEN_MAX:
            raise EMFILE(f"p_mqueue_cnt is {p.p_mqueue_cnt}, the most is {MQ_OPEN_MAX}")
        if name not in queues:
            queues[name] = 0
            p.p_mqueue_cnt += 1
    elif name not in queues:
        raise ENOENT(f"there is no message queue {name}")
    queues[name] += 1
    return File("mqueue", name, None)


@models(SYS_MQUEUE)
def mq_close_fop(globals_: NetBSD, p: Proc, name: str) -> None:
    """The last close of a queue's open file takes one off the closer's count, whoever it was counted for; that may wrap."""
    globals_.mqueues[name] -= 1
    # sic: opening a queue that is there was not counted, and a fork copied the number without counting the copies
    p.p_mqueue_cnt = (p.p_mqueue_cnt - 1) & UINT32
