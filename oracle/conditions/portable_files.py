"""Conditions of portable calls about descriptors, memory and queues."""

from __future__ import annotations

from oracle.conditions.common import OTHER_USER, USER, gone
from oracle.conditions.values import CALLER, Condition, Trial, step
from oracle.scenario import FileSpec

CLOSED, PIPE, QUEUE, NOTES, FAR = 9, 6, 5, 3, 50  # descriptors: of nothing, a pipe, an event queue, a file; one that is far off
NOWHERE = "nowhere"  # a region that is not mapped

_FULL = Condition("as many descriptors are open as the limit allows", processes={CALLER: {"limits": (("nofile", 1, 1),)}})
_NOT_OPEN = Condition("the descriptor is not open", {"fd": CLOSED})
_HAS_PIPE = {CALLER: {"files": (FileSpec(PIPE, "pipe", 0, False, "pipe"),)}}
_HAS_NOTES = {CALLER: {"files": (FileSpec(NOTES, "/tmp/notes"),)}}
_FAULTS = {CALLER: {"caught": (("SIGSEGV", "handler"),)}}

DESCRIPTORS = (
    Trial("open", (_FULL,), Condition("", {"path": "/tmp/notes"})),
    Trial("pipe", (_FULL,)),
    Trial("kqueue", (_FULL,)),
    Trial("close", (_NOT_OPEN,), Condition("", {"fd": 0})),
    Trial(
        "dup2",
        (
            _NOT_OPEN,
            Condition("the new descriptor is negative", {"to": -1}),
            Condition(
                "the new descriptor is beyond the limit", {"to": FAR}, processes={CALLER: {"limits": (("nofile", 20, 20),)}}
            ),
            Condition("the new descriptor is the limit", {"to": 20}, processes={CALLER: {"limits": (("nofile", 20, 20),)}}),
        ),
        Condition("", {"fd": 0, "to": 4}),
    ),
    Trial(
        "lseek",
        (
            _NOT_OPEN,
            Condition("the descriptor is of a pipe", {"fd": PIPE}, processes=_HAS_PIPE),
            Condition("a negative offset", {"offset": -5}),
        ),
        Condition("", {"fd": NOTES, "offset": 5}, processes=_HAS_NOTES),
    ),
    Trial(
        "lock",
        (
            _NOT_OPEN,
            Condition("the descriptor is of a pipe", {"fd": PIPE}, processes=_HAS_PIPE),
            Condition(
                "another process has locked it",
                {"fd": NOTES},
                processes={"other": {"files": (FileSpec(NOTES, "/tmp/notes"),)}},
                steps=(step("other", "lock", fd=NOTES),),
            ),
        ),
        Condition("", {"fd": NOTES}, processes=_HAS_NOTES),
    ),
    Trial(
        "kevent",
        (
            _NOT_OPEN,
            Condition("the descriptor is of a file", {"fd": 0}),
            gone(),
            Condition(
                "the process is another user's",
                {"process": "kid"},
                processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}},
            ),
        ),
        Condition(
            "",
            {"fd": QUEUE, "process": "kid", "notes": "NOTE_FORK"},
            processes={CALLER: {"files": (FileSpec(QUEUE, "queue", 0, False, "kqueue"),)}, "kid": {"parent": CALLER}},
        ),
    ),
    Trial(
        "mq_open",
        (
            _FULL,
            Condition("there is no such queue, and none is to be made", {"create": False}),
        ),
        Condition("", {"name": "/queue"}),
    ),
)

MEMORY = (
    Trial(
        "mlock",
        (
            Condition("not root", processes={CALLER: {"uid": USER}}),
            Condition("nothing is mapped there", {"region": NOWHERE}),
        ),
        Condition("", {"region": "data"}, processes={CALLER: {"uid": 0}}),
    ),
    Trial(
        "store",
        (Condition("nothing is mapped there, and SIGSEGV has a handler", {"region": NOWHERE}, processes=_FAULTS),),
        Condition("", {"value": "1"}),
    ),
    Trial("load", (Condition("nothing is mapped there, and SIGSEGV has a handler", {"region": NOWHERE}, processes=_FAULTS),)),
)

FILES: tuple[Trial, ...] = DESCRIPTORS + MEMORY
