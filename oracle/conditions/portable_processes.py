"""Conditions of portable calls that make, end, wait for, signal, group and trace processes, and set their ids and limits."""

from __future__ import annotations

from oracle.conditions.common import FORK, NO_OPTION, NO_SIGNAL, OTHER_USER, SIGNAL, USER, gone, reaped
from oracle.conditions.values import CALLER, Condition, Trial, step

KID = {"kid": {"parent": CALLER}}
ALARM = step(CALLER, "alarm", ms=50)
HANDLES_ALARM = {CALLER: {"caught": (("SIGALRM", "handler"),)}}

EXEC = Trial(
    "exec",
    (
        Condition("the program is not there", {"exists": False}),
        Condition(
            "its ids were changed, and the real user is over its limit",
            processes={CALLER: {"uid": USER, "sugid": True, "limits": (("nproc", 1, 1),)}},
        ),
    ),
)

WAIT = Trial(
    "wait",
    (
        Condition("an unknown option", flags={"options": f"+{NO_OPTION}"}),
        Condition("there is no child", processes={"kid": {"parent": "shell"}}),
        Condition("the process is no child", {"child": "stranger", "group": None}, processes={"stranger": {}}),
        Condition("no child is in the group", {"group": "stranger", "child": None}, processes={"stranger": {}}),
        Condition(
            "it would sleep, and a signal with a handler is pending",
            flags={"options": "-WNOHANG"},
            processes=SIGNAL.processes,
        ),
        Condition(
            "a signal ends the sleep, with a handler set without SA_RESTART",
            flags={"options": "-WNOHANG"},
            processes=HANDLES_ALARM,
            steps=(ALARM,),
            about="the alarm",
        ),
        Condition(
            "a signal ends the sleep, with a handler set with SA_RESTART",
            flags={"options": "-WNOHANG"},
            steps=(step(CALLER, "sigaction", signal="SIGALRM", handler="handler", options="SA_RESTART"), ALARM),
            about="the alarm",
        ),
    ),
    Condition("", {"options": "WNOHANG"}, processes=KID),
)

KILL = Trial(
    "kill",
    (
        Condition("no such signal", {"signal": NO_SIGNAL}),
        gone("to"),
        Condition("the process is a zombie", steps=(step("kid", "exit"),), args={"to": "kid"}),
        Condition(
            "the process is another user's", processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}}, args={"to": "kid"}
        ),
        Condition(
            "the group has no members",
            {"to": None, "group": "gone", "everybody": False},
            processes={"gone": {"parent": CALLER}},
            steps=reaped("gone"),
        ),
        Condition(
            "all in the group are another user's",
            {"to": None, "group": "stranger", "everybody": False},
            processes={CALLER: {"uid": USER}, "stranger": {"uid": OTHER_USER}},
        ),
        Condition(
            "everybody is another user's",
            {"to": None, "everybody": True},
            processes={CALLER: {"uid": 3000}, "kid": {"uid": OTHER_USER}},
        ),
    ),
    Condition("", {"to": "kid", "signal": 0}, processes=KID),
)

TYPE = Trial(
    "type",
    (
        Condition("no such signal", {"signal": NO_SIGNAL}),
        Condition("the caller has no controlling terminal", processes={CALLER: {"terminal": False}}),
    ),
    Condition("", {"signal": "SIGWINCH"}),
)

_ELSEWHERE = {"leader": {"session": ""}}  # a process with a session of its own

SETPGID = Trial(
    "setpgid",
    (
        Condition("the process is gone", {"of": "gone"}, processes={"gone": {"parent": CALLER}}, steps=reaped("gone")),
        Condition("the process is no descendant", {"of": "kid"}, processes={"kid": {"parent": "shell"}}),
        Condition(
            "the process is in another session",
            {"of": "kid"},
            processes={**_ELSEWHERE, "kid": {"session": "leader", "group": ""}},
        ),
        Condition("the process has called exec", {"of": "kid"}, steps=(step("kid", "exec"),)),
        Condition("the caller leads its session", {"of": None}, processes={CALLER: {"session": ""}}),
        Condition(
            "the caller leads its session, and wants another group",
            {"of": None, "group": "kid"},
            processes={CALLER: {"session": ""}, "kid": {"session": CALLER, "group": ""}},
        ),
        Condition("no group has that number", {"group": "member"}, processes={"member": {"parent": CALLER, "group": CALLER}}),
        Condition("the group is in another session", {"group": "leader"}, processes=_ELSEWHERE),
        Condition(
            "the group is in another session, and is for the caller", {"of": None, "group": "leader"}, processes=_ELSEWHERE
        ),
    ),
    Condition("", {"of": "kid"}, processes={"kid": {"parent": CALLER, "group": CALLER}}),
)

SETSID = Trial(
    "setsid",
    (
        Condition("the caller leads a group", processes={CALLER: {"group": ""}}, about="the caller's group"),
        Condition(
            "others are still in the group that the caller led",
            processes={CALLER: {"group": ""}, "kid": {"parent": CALLER, "group": CALLER}},
            steps=(step(CALLER, "setpgid", group="shell"),),
            about="the caller's group",
        ),
    ),
    Condition("", processes={CALLER: {"group": "shell"}}),
)

_ORDINARY = {CALLER: {"uid": USER}}
IDS = (
    Trial(
        "setuid",
        (Condition("not root, and another user's id", {"uid": OTHER_USER}, processes=_ORDINARY),),
        Condition("", {"uid": USER}),
    ),
    Trial(
        "seteuid",
        (Condition("not root, and another user's id", {"uid": OTHER_USER}, processes=_ORDINARY),),
        Condition("", {"uid": USER}),
    ),
    Trial(
        "setreuid",
        (
            Condition("not root, and another user's id as the real one", {"ruid": OTHER_USER}, processes=_ORDINARY),
            Condition("not root, and another user's id as the effective one", {"euid": 3000}, processes=_ORDINARY),
        ),
        Condition("", {"ruid": -1, "euid": -1}),
    ),
)

SETRLIMIT = Trial(
    "setrlimit",
    (
        Condition("the soft limit is above the hard one", {"soft": 25, "hard": 20}),
        Condition("not root, and the soft limit is above the old hard one", {"soft": 200}, processes=_ORDINARY),
        Condition("not root, and the hard limit is raised", {"hard": 100}, processes=_ORDINARY),
        Condition("less stack than a page", {"resource": "stack", "soft": 1, "hard": 2}),
    ),
    Condition("", {"resource": "nofile", "soft": 10, "hard": 20}, processes={CALLER: {"limits": (("nofile", 15, 30),)}}),
)

SIGACTION = Trial(
    "sigaction",
    (
        Condition("no such signal", {"signal": NO_SIGNAL}),
        Condition("signal 0", {"signal": 0}),
        Condition("a handler for SIGKILL", {"signal": "SIGKILL", "handler": "handler"}),
        Condition("the default action for SIGKILL", {"signal": "SIGKILL", "handler": "default"}),
        Condition("an unknown option", flags={"options": f"+{NO_OPTION}"}),
    ),
    Condition("", {"signal": "SIGUSR1", "handler": "ignore"}),
)

NICE = Trial(
    "nice",
    (Condition("not root, and the value is lower than it was", {"nice": 0}, processes={CALLER: {"uid": USER, "nice": 5}}),),
    Condition("", {"nice": 10}),
)

TIME = (
    Trial("alarm", (Condition("a negative time", {"ms": -10}),), Condition("", {"ms": 10})),
    Trial(
        "sleep",
        (
            Condition("a signal with a handler is pending", processes=SIGNAL.processes),
            Condition("a signal with a handler ends it", processes=HANDLES_ALARM, steps=(ALARM,), about="the alarm"),
            Condition(
                "a signal ends it, with a handler set with SA_RESTART",
                steps=(step(CALLER, "sigaction", signal="SIGALRM", handler="handler", options="SA_RESTART"), ALARM),
                about="the alarm",
            ),
        ),
        Condition("", {"ms": 100}),
    ),
)

_BY_ROOT = {"other": {"uid": 0}}  # who may attach to anybody
_ATTACHED = step("other", "ptrace", request="attach", process="kid")
_TRACED = (step(CALLER, "ptrace", request="attach", process="kid"), step(CALLER, "wait", child="kid"))
_FREE = {"free": {"parent": CALLER}}
_REFUSES: tuple[Condition, ...] = (
    gone(),
    Condition("nobody traces it", {"process": "free"}, processes=_FREE),
    Condition(
        "another process traces it",
        {"process": "free"},
        processes={**_FREE, **_BY_ROOT},
        steps=(step("other", "ptrace", request="attach", process="free"), step("other", "wait", child="free")),
        about="who traces it",
    ),
    Condition(
        "another process traces it, and it has not stopped",
        {"process": "free"},
        processes={**_FREE, **_BY_ROOT},
        steps=(step("other", "ptrace", request="attach", process="free"),),
        about="who traces it",
    ),
    Condition(
        "its stop was not waited for",
        {"process": "free"},
        processes=_FREE,
        steps=(step(CALLER, "ptrace", request="attach", process="free"),),
        about="who traces it",
    ),
)


def _request(request: str, *conditions: Condition) -> Trial:
    """A request to a process that the caller traces, and whose stop it has seen."""
    fair = Condition("", {"request": request, "process": "kid"}, processes=KID, steps=_TRACED)
    return Trial("ptrace", (*_REFUSES, *conditions), fair, request)


PTRACE = (
    Trial(
        "ptrace",
        (
            gone(),
            Condition("it is the caller itself", {"process": CALLER}),
            Condition("it is traced already", {"process": "kid"}, processes=_BY_ROOT, steps=(_ATTACHED,)),
            Condition(
                "it is another user's", {"process": "kid"}, processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}}
            ),
            Condition("it has changed its ids", {"process": "kid"}, processes={CALLER: {"uid": USER}, "kid": {"sugid": True}}),
        ),
        Condition("", {"request": "attach", "process": "kid"}, processes=KID),
        "attach",
    ),
    _request("continue", Condition("no such signal", {"signal": NO_SIGNAL})),
    _request("detach", Condition("no such signal", {"signal": NO_SIGNAL})),
    _request("kill"),
    *(
        _request(request, Condition("the structure has another size", {"bad_size": True}))
        for request in ("set_events", "get_events", "get_state")
    ),
    Trial(
        "ptrace",
        (Condition("not root, and the ids were changed", processes={CALLER: {"uid": USER, "sugid": True}}),),
        Condition("", {"request": "traceme"}),
        "traceme",
    ),
)

KTRACE = Trial(
    "ktrace",
    (
        gone(),
        Condition("it is another user's", {"process": "kid"}, processes={CALLER: {"uid": USER}, "kid": {"uid": OTHER_USER}}),
        Condition("it has changed its ids", {"process": "kid"}, processes={CALLER: {"uid": USER}, "kid": {"sugid": True}}),
        Condition(
            "root traces it already",
            {"process": "kid"},
            processes={CALLER: {"uid": USER}, "root": {"uid": 0}},
            steps=(step("root", "ktrace", process="kid"),),
        ),
        Condition("as many descriptors are open as the limit allows", processes={CALLER: {"limits": (("nofile", 1, 1),)}}),
    ),
    Condition("", {"process": "kid"}, processes=KID),
)

PROCESSES: tuple[Trial, ...] = (
    Trial("fork", FORK), Trial("vfork", FORK), EXEC, WAIT, KILL, TYPE, SETPGID, SETSID, *IDS, SETRLIMIT, SIGACTION, NICE, *TIME,
    *PTRACE, KTRACE,
)  # fmt: skip
