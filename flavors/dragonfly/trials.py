"""What makes calls of this system fail beyond what makes them fail anywhere: conditions for `fork-oracle errors`."""

from __future__ import annotations

from oracle.conditions import CALLER, Condition, Trial, with_flags
from oracle.conditions.common import FORK, LIMIT, NO_SIGNAL, OTHER_USER, SIGNAL, SLOTS, USER, gone
from oracle.conditions.values import step

LAST_TEN = Condition(
    "only root's ten slots are left",
    processes={CALLER: {"uid": USER}},
    machine={"maxproc": 200, "background": ((1, 190),)},
)
TRACED = Condition("the caller is traced", steps=(step(CALLER, "ptrace", request="traceme"),))
NOT_ROOT = Condition("not root", processes={CALLER: {"uid": USER}})
CONTRADICTION = Condition("RFFDG with RFCFDG", flags={"flags": "+RFFDG +RFCFDG"})
THREADS = Condition(
    "no RFPROC, and the process has several threads",
    flags={"flags": "-RFPROC"},
    steps=(step(CALLER, "lwp_create", born="thread"),),
)
JAILED = {CALLER: {"jail": "cell"}}
ELSEWHERE = Condition("the caller is in a jail, and the process is not", {"process": "kid"}, processes=JAILED)
KID = {"kid": {"parent": CALLER}}
ATTACHED = Condition("", {"segment": "one"}, steps=(step(CALLER, "shmat", segment="one"),))


def _ptrace(request: str, *conditions: Condition) -> Trial:
    return Trial("ptrace", conditions, variant=request)


PTRACE = _ptrace(
    "attach",
    ELSEWHERE,
    Condition(
        "the caller is traced, and it is an ancestor",
        {"process": "shell"},
        steps=(step(CALLER, "ptrace", request="traceme"),),
    ),
)

SHARED_TRIALS: tuple[Trial, ...] = (
    Trial("fork", (TRACED, LAST_TEN)),
    Trial("vfork", (TRACED, LAST_TEN)),
    Trial(
        "set_maxprocperuid", (NOT_ROOT,), Condition("", {"value": 100}, processes={CALLER: {"uid": 0}})
    ),
    Trial("shmdt", (Condition("the segment is not attached", {"segment": "other"}),), ATTACHED),
    Trial("shm_nattch", (Condition("there is no such segment", {"segment": "other"}),), ATTACHED),
    Trial("kevent", (ELSEWHERE,)),
    Trial("ktrace", (ELSEWHERE,)),
    PTRACE,
)  # fmt: skip


def fork_trials(*divorce: Condition) -> tuple[Trial, ...]:
    """Of rfork and fork1; `divorce`: what a call without RFPROC can fail for."""
    made = with_flags((*FORK, TRACED, LAST_TEN), flags="+RFPROC")
    locked = with_flags((SIGNAL, TRACED), flags="+RFPROC +RFPGLOCK")
    return (
        Trial(
            "rfork",
            (
                Condition("RFPPWAIT or RFPGLOCK, which are the kernel's", flags={"flags": "+RFPPWAIT"}),
                CONTRADICTION,
                *divorce,
                *made,
            ),
            Condition("", {"flags": "RFFDG|RFPROC"}),
        ),
        Trial(
            "fork1",
            (CONTRADICTION, *divorce, *locked, *(one for one in made if one.name not in (SIGNAL.name, TRACED.name))),
            Condition("", {"flags": "RFFDG|RFPROC|RFPGLOCK"}),
        ),
    )


# A thread that sleeps in vfork can't be told to die: an exec of its process waits for it
IN_EXEC = Condition(
    "it is in the middle of exec, waiting for a thread",
    {"process": "kid"},
    processes=KID,
    steps=(step("kid", "lwp_create", born="thread"), step("thread", "vfork", born="grandkid"), step("kid", "exec")),
)

THREAD_TRIALS: tuple[Trial, ...] = (
    _ptrace("attach", IN_EXEC),
    Trial(
        "lwp_create",
        (
            Condition("the parameters can't be read", {"params": "bad"}),
            Condition("the first address for the id can't be written", {"tid1": "bad"}),
            Condition("the second address for the id can't be written", {"tid2": "bad"}),
            Condition("the stack can't be written", {"stack": "bad"}),
            SIGNAL,
            SLOTS,
            LIMIT,
        ),
    ),
    Trial(
        "extexit",
        (
            Condition("neither the process nor the thread is to end", {"who": "neither"}),
            Condition("an unknown action", {"action": "other"}),
            Condition("the status can't be written", {"action": "setint", "addr": "bad"}),
        ),
    ),
    Trial(
        "lwp_kill",
        (
            Condition("the thread has the number -1", {"tid": -1}),
            Condition("no such signal", {"signal": NO_SIGNAL}),
            gone("to"),
            Condition("it is process 0", {"to": "kernel"}),
            Condition(
                "the process is another user's", {"to": "kid"}, processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}}
            ),
            Condition("the process has no such thread", {"tid": 99}),
        ),
        Condition("", {"to": "kid", "tid": 0, "signal": 0}, processes=KID),
    ),
)

QUEUE_TRIALS: tuple[Trial, ...] = (
    Trial(
        "mq_open",
        (
            Condition(
                "as many queues are open as may be", {"create": True}, machine={"tunables": (("kern.mqueue.mq_open_max", 0),)}
            ),
        ),
    ),
)
