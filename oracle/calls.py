"""What a program in a scenario can do: the portable calls, and the kinds of parameters that any call may take.

A flavor supplies code for the portable calls that its system has, and adds native calls of its own with the same `CallSpec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a parameter holds. The value describes what may be written in a scenario."""

    ROLE = "the role of a process"
    NUMBER = "a whole number"
    TEXT = "a text"
    SWITCH = "true or false"
    SIGNAL = "the name of a signal, or its number"
    SIGNALS = "a list of signal names"
    FLAGS = "flag names of the system, joined by |, or a number"  # whose names: CallSpec.params[...].names
    OCTAL = "an octal number in quotes, or a whole number"


class Result(Enum):
    """What a call returns, and so how its value is shown."""

    NOTHING = "0"
    NUMBER = "a number"
    PROCESS = "the role whose pid it returned, or 0"
    TEXT = "a text"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a call.

    `default` is used where a scenario leaves the parameter out; `choices` are the texts allowed, where they are a closed set;
    `names` are the flag names of a `Kind.FLAGS` parameter with their bits, `private` those of them that are the kernel's own: they
    may be written, but are no part of what a program has to say, so that a sweep leaves them out.
    """

    name: str
    kind: Kind
    meaning: str
    default: bool | int | str | tuple[str, ...] | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallSpec:
    """A call that a step may make. `births` says whether it can make a process or thread, and so takes `as:`."""

    name: str
    meaning: str
    params: tuple[Param, ...] = ()
    result: Result = Result.NOTHING
    births: bool = False


_SHARE = ("share", "copy")
_FRESH = ("share", "copy", "fresh")

SPAWN_PARAMS = (
    Param("memory", Kind.TEXT, "whether memory is shared or copied", "copy", choices=_SHARE),
    Param("files", Kind.TEXT, "whether descriptors are shared, copied, or start out empty", "copy", choices=_FRESH),
    Param("handlers", Kind.TEXT, "whether signal handlers are shared or copied", "copy", choices=_SHARE),
    Param("cwd", Kind.TEXT, "whether working directory, root and umask are shared or copied; any: either will do", "any",
          choices=("share", "copy", "any")),
    Param("wait_for_exec", Kind.SWITCH, "whether the caller waits until the child execs or exits", False),
    Param("parent", Kind.TEXT, "whose child it becomes", "caller", choices=("caller", "init")),
    Param("exit_signal", Kind.SIGNAL, "the signal its parent gets when it exits; 0 for none", "SIGCHLD"),
    Param("same_leader", Kind.SWITCH, "whether it joins the caller's leader, and dies with it", False),
    Param("new_stack", Kind.SWITCH, "whether it starts on a stack of its own", False),
)  # fmt: skip

PORTABLE: tuple[CallSpec, ...] = (
    CallSpec("fork", "fork(2)", (), Result.PROCESS, True),
    CallSpec("vfork", "vfork(2), as the C library makes it", (), Result.PROCESS, True),
    CallSpec("spawn", "make a process that is as wanted, by whatever call of the system can", SPAWN_PARAMS, Result.PROCESS, True),
    CallSpec("exit", "_exit(2)", (Param("status", Kind.NUMBER, "exit status", 0),)),
    CallSpec("exec", "execve(2)", (
        Param("path", Kind.TEXT, "the program", "/bin/true"),
        Param("exists", Kind.SWITCH, "whether the program is there", True),
        Param("setuid", Kind.NUMBER, "the owner of a set-user-id program"),
    )),
    CallSpec("wait", "wait4(2)", (
        Param("child", Kind.ROLE, "wait for this child alone; any child, if neither this nor group is given"),
        Param("group", Kind.ROLE, "wait for children in the group that this process leads"),
        Param("options", Kind.FLAGS, "the system's wait options", 0),
    ), Result.TEXT),
    CallSpec("kill", "kill(2)", (
        Param("to", Kind.ROLE, "the process to signal"),
        Param("group", Kind.ROLE, "signal the group that this process leads, instead"),
        Param("everybody", Kind.SWITCH, "signal all processes, instead", False),
        Param("signal", Kind.SIGNAL, "the signal; 0 only checks", required=True),
    )),
    CallSpec("type", "type a character at the caller's controlling terminal, which signals the foreground group", (
        Param("signal", Kind.SIGNAL, "the signal that the character stands for", "SIGINT"),
    )),
    CallSpec("setpgid", "setpgid(2)", (
        Param("of", Kind.ROLE, "the process to move; the caller itself, if not given"),
        Param("group", Kind.ROLE, "the process whose pid names the group; the moved one itself, if not given"),
    )),
    CallSpec("setsid", "setsid(2)"),
    CallSpec("setuid", "setuid(2)", (Param("uid", Kind.NUMBER, "the user id", required=True),)),
    CallSpec("seteuid", "seteuid(2)", (Param("uid", Kind.NUMBER, "the effective user id", required=True),)),
    CallSpec("setreuid", "setreuid(2)", (
        Param("ruid", Kind.NUMBER, "the real user id; -1 leaves it", -1),
        Param("euid", Kind.NUMBER, "the effective user id; -1 leaves it", -1),
    )),
    CallSpec("setrlimit", "setrlimit(2)", (
        Param("resource", Kind.TEXT, "the resource", required=True, choices=("nproc", "nofile", "cpu", "data", "stack")),
        Param("soft", Kind.NUMBER, "the soft limit; -1 for no limit", required=True),
        Param("hard", Kind.NUMBER, "the hard limit; -1 for no limit; as it was, if not given"),
    )),
    CallSpec("sigaction", "sigaction(2)", (
        Param("signal", Kind.SIGNAL, "the signal", required=True),
        Param("handler", Kind.TEXT, "default, ignore, or any other word: the name of a handler", required=True),
        Param("mask", Kind.SIGNALS, "signals to mask while the handler runs", ()),
        Param("options", Kind.FLAGS, "the SA_ flags", 0),
    )),
    CallSpec("sigprocmask", "sigprocmask(2)", (
        Param("how", Kind.TEXT, "what to do with the mask", required=True, choices=("block", "unblock", "set")),
        Param("signals", Kind.SIGNALS, "the signals", required=True),
    )),
    CallSpec("sigaltstack", "sigaltstack(2)", (Param("stack", Kind.TEXT, "a name for the stack; off disables", required=True),)),
    CallSpec("open", "open(2)", (
        Param("path", Kind.TEXT, "the file", required=True),
        Param("cloexec", Kind.SWITCH, "whether exec closes it", False),
    ), Result.NUMBER),
    CallSpec("pipe", "one end of a pipe(2)", (Param("name", Kind.TEXT, "a name for it", "pipe"),), Result.NUMBER),
    CallSpec("kqueue", "kqueue(2)", (), Result.NUMBER),
    CallSpec("kevent", "kevent(2): watch a process", (
        Param("fd", Kind.NUMBER, "descriptor of the queue", required=True),
        Param("process", Kind.ROLE, "the process to watch", required=True),
        Param("notes", Kind.FLAGS, "what to watch for", required=True),
    )),
    CallSpec("close", "close(2)", (Param("fd", Kind.NUMBER, "the descriptor", required=True),)),
    CallSpec("dup2", "dup2(2)", (
        Param("fd", Kind.NUMBER, "the open descriptor", required=True),
        Param("to", Kind.NUMBER, "the descriptor to make", required=True),
    ), Result.NUMBER),
    CallSpec("lseek", "lseek(2), from the start", (
        Param("fd", Kind.NUMBER, "the descriptor", required=True),
        Param("offset", Kind.NUMBER, "bytes", required=True),
    ), Result.NUMBER),
    CallSpec("lock", "fcntl(2) F_SETLK: take a POSIX advisory lock on a whole file", (
        Param("fd", Kind.NUMBER, "the descriptor", required=True),
    )),
    CallSpec("chdir", "chdir(2)", (Param("path", Kind.TEXT, "the directory", required=True),)),
    CallSpec("umask", "umask(2)", (Param("mask", Kind.OCTAL, "the mask", required=True),), Result.TEXT),
    CallSpec("mmap", "mmap(2): map a new region", (
        Param("region", Kind.TEXT, "a name for it", required=True),
        Param("shared", Kind.SWITCH, "MAP_SHARED instead of MAP_PRIVATE", False),
        Param("value", Kind.TEXT, "what it holds at first", "0"),
    )),
    CallSpec("munmap", "munmap(2)", (Param("region", Kind.TEXT, "the region", required=True),)),
    CallSpec("minherit", "minherit(2)", (
        Param("region", Kind.TEXT, "the region", required=True),
        Param("inherit", Kind.TEXT, "what a child gets of it", required=True, choices=("share", "copy", "none")),
    )),
    CallSpec("mlock", "mlock(2)", (Param("region", Kind.TEXT, "the region", required=True),)),
    CallSpec("store", "a store to memory", (
        Param("region", Kind.TEXT, "the region", "data"),
        Param("value", Kind.TEXT, "what to store", required=True),
    )),
    CallSpec("load", "a load from memory", (Param("region", Kind.TEXT, "the region", "data"),), Result.TEXT),
    CallSpec("ptrace", "ptrace(2)", (
        Param("request", Kind.TEXT, "what to do", required=True,
              choices=("traceme", "attach", "detach", "continue", "kill", "set_events", "get_events", "get_state")),
        Param("process", Kind.ROLE, "the process to act on; not used by traceme"),
        Param("signal", Kind.SIGNAL, "the signal to continue or detach with", 0),
        Param("events", Kind.FLAGS, "the events of set_events", 0),
        Param("bad_size", Kind.SWITCH, "pass a wrong structure size", False),
    ), Result.TEXT),
    CallSpec("getpid", "getpid(2)", (), Result.PROCESS),
    CallSpec("getppid", "getppid(2)", (), Result.PROCESS),
    CallSpec("getpgrp", "getpgrp(2)", (), Result.PROCESS),
    CallSpec("alarm", "alarm(3): SIGALRM after a time", (Param("ms", Kind.NUMBER, "simulated milliseconds; 0 disarms", required=True),)),
    CallSpec("sleep", "sleep until a time has passed or a handler has run", (Param("ms", Kind.NUMBER, "simulated milliseconds", required=True),)),
    CallSpec("nice", "setpriority(2) on itself", (Param("nice", Kind.NUMBER, "the new nice value", required=True),)),
    CallSpec("profil", "profil(2): start or stop the profiling clock", (Param("on", Kind.SWITCH, "whether it runs", True),)),
    CallSpec("ktrace", "ktrace(2) on a process", (
        Param("process", Kind.ROLE, "whom to trace; the caller itself, if not given"),
        Param("file", Kind.TEXT, "the trace file", "ktrace.out"),
        Param("inherit", Kind.SWITCH, "whether its children are traced, too", False),
    )),
    CallSpec("mq_open", "mq_open(3)", (
        Param("name", Kind.TEXT, "the queue", required=True),
        Param("create", Kind.SWITCH, "make it, instead of opening one that is there", True),
    ), Result.NUMBER),
    CallSpec("burn", "use processor time in user mode", (Param("ms", Kind.NUMBER, "simulated milliseconds", required=True),)),
)  # fmt: skip

PORTABLE_BY_NAME: dict[str, CallSpec] = {spec.name: spec for spec in PORTABLE}
