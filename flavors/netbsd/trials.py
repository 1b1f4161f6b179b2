"""What makes calls of this system fail beyond what makes them fail anywhere: conditions for `fork-oracle errors`."""

from __future__ import annotations

from dataclasses import replace

from oracle.conditions import CALLER, Condition, Trial
from oracle.conditions.common import FORK, LIMIT, OTHER_USER, SLOTS, USER, gone
from oracle.conditions.values import step
from oracle.extras import MachineExtras
from oracle.scenario import Step

DOZE = {"tunables": (("forkfsleep", 500),)}
UAREA = Condition("there is no address space for a u-area", machine={"extras": MachineExtras(faults=(("uarea", (1,)),))})
SLOTS_DOZE = replace(SLOTS, name="every slot is taken, and kern.forkfsleep is 500", machine={**SLOTS.machine, **DOZE})
LIMIT_DOZE = replace(LIMIT, name="the user is at its limit, and kern.forkfsleep is 500", machine=DOZE)
OWN = (SLOTS_DOZE, LIMIT_DOZE, UAREA)
NOT_ROOT = Condition("not root", processes={CALLER: {"uid": USER}})
ROOT = {CALLER: {"uid": 0}}
KID = {"kid": {"parent": CALLER}}

CLONE = Trial(
    "__clone",
    (
        Condition("CLONE_PID or CLONE_PTRACE", flags={"flags": "+CLONE_PID"}),
        Condition("CLONE_SIGHAND without CLONE_VM", flags={"flags": "+CLONE_SIGHAND -CLONE_VM"}),
        Condition("the exit signal is no signal", {"csignal": 64}),
        *FORK,
        *OWN,
    ),
    Condition("", {"flags": "CLONE_FILES", "csignal": "SIGCHLD"}),
)

# Somebody who passed a wrong size to the kid holds its reference lock for ever: its exec waits for that
LEAKED: tuple[Step, ...] = (
    step("other", "ptrace", request="attach", process="kid"),
    step("other", "wait", child="kid"),
    step("other", "ptrace", request="set_events", process="kid", bad_size=True),
    step("other", "ptrace", request="detach", process="kid"),
    step("kid", "exec"),
)

BUSY = Condition("it is in the middle of exec or exit", {"process": "kid"}, processes={"other": {"uid": 0}}, steps=LEAKED)

ATTACH = Trial(
    "ptrace",
    (
        BUSY,
        Condition("it is a system process", {"process": "kernel"}),
        Condition(
            "it is outside the caller's root directory",
            {"process": "kid"},
            processes={CALLER: {"root": "/jail"}, "kid": {"root": "/"}},
        ),
    ),
    variant="attach",
)

ONE_LWP = Trial("ptrace", (Condition("the number is that of no LWP", {"signal": -2}),), variant="continue")

TRIALS: tuple[Trial, ...] = (
    Trial("fork", OWN),
    Trial("vfork", OWN),
    Trial("__vfork14", FORK + OWN),
    Trial("vfork44", FORK + OWN),
    CLONE,
    Trial("fork1", FORK + OWN, Condition("", {"retval": True})),
    ATTACH,
    ONE_LWP,
    Trial(
        "mq_open",
        (
            Condition(
                "the count of queues went below zero, and wrapped",
                {"create": True},
                processes={"other": {}},
                steps=(
                    step("other", "mq_open", name="/old"),
                    step(CALLER, "mq_open", name="/old", create=False),
                    step(CALLER, "close", fd=1),
                ),
            ),
        ),
    ),
    Trial(
        "stopfork",
        (
            gone(),
            BUSY,
            Condition(
                "the process is another user's",
                {"process": "kid"},
                processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}},
            ),
        ),
        Condition("", {"process": "kid"}, processes=KID),
    ),
    Trial("read_stopfork", (gone(), BUSY), Condition("", {"process": "kid"}, processes=KID)),
    Trial(
        "forkfsleep",
        (NOT_ROOT, Condition("more than 20 seconds", {"ms": 20001}), Condition("a negative time", {"ms": -1})),
        Condition("", {"ms": 500}, processes=ROOT),
    ),
    Trial(
        "maxproc",
        (NOT_ROOT, Condition("as many as there are pids", {"number": 30000}), Condition("a negative number", {"number": -1})),
        Condition("", {"number": 500}, processes=ROOT),
    ),
)
