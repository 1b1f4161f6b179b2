"""The closed vocabulary of comparable facts: name, type, one sentence each.

A fact's path is its subject and its name: `kid.umask` (a process role), `parent~kid.files` (a pair of roles, in the order in
which they were made), `machine.nprocs`, `call.3` (the third step of the program). Names that end in `.*` have one more part
that the scenario chooses (a descriptor, a region, a resource, a signal, a uid, a queue).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Value = bool | int | str | tuple[str, ...]


class Subject(Enum):
    """What a fact is about; the value is how its path starts."""

    CALL = "call.<step>"
    PROCESS = "<role>"
    PAIR = "<role>~<role>"
    MACHINE = "machine"


class Scope(Enum):
    """Between which flavors a fact is compared."""

    ALL = "all flavors"
    ASKED = "all, if asked for"  # differs nearly everywhere for one and the same reason
    ASKED_SYSTEM = "system, if asked for"
    SYSTEM = "flavors of one system"  # a number or word that means something on that system alone


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the vocabulary. `type` is "bool", "int", "text" or "list" (of texts)."""

    subject: Subject
    name: str
    type: str
    meaning: str
    scope: Scope = Scope.ALL

    @property
    def pattern(self) -> str:
        """The path with its variable parts in angle brackets, such as `<role>.fd.<n>`."""
        name = self.name.replace("*", "<…>")
        return f"{self.subject.value}.{name}" if name else self.subject.value


SHARED, APART = "shared", "apart"

_C, _P, _R, _M = Subject.CALL, Subject.PROCESS, Subject.PAIR, Subject.MACHINE

FACTS: tuple[Fact, ...] = (
    Fact(_C, "", "text", "What the call gave: a value, a role, an errno, `asleep`, `spins`, `does not return`, or why it was not made."),
    Fact(_C, "elapsed", "int", "Simulated milliseconds from the call's start to its end, or to now if it has not ended."),
    Fact(_P, "state", "text", "embryo, running, asleep, stopped, dying, zombie, reaped, or never born."),
    Fact(_P, "parent", "text", "Who gets its exit status: the parent in the kernel's process tree."),
    Fact(_P, "getppid", "text", "Whose pid getppid(2) returns to it."),
    Fact(_P, "children", "list", "Its children, in the order in which wait looks at them."),
    Fact(_P, "group", "text", "Whose pid is the id of the group that it says it is in."),
    Fact(_P, "group_list", "text", "Whose pid is the id of the group whose member list holds it: where group signals find it."),
    Fact(_P, "session", "text", "Whose pid is the id of its session."),
    Fact(_P, "terminal", "bool", "Whether it is marked as having a controlling terminal."),
    Fact(_P, "uid", "int", "Its effective user id."),
    Fact(_P, "ruid", "int", "Its real user id, under which it is counted."),
    Fact(_P, "svuid", "int", "Its saved user id."),
    Fact(_P, "jail", "text", "The jail that its credential names, or none."),
    Fact(_P, "sugid", "bool", "Whether it is marked as having changed its ids."),
    Fact(_P, "exec", "bool", "Whether it is marked as having called exec."),
    Fact(_P, "vfork_wait", "bool", "Whether a parent is still held until it execs or exits."),
    Fact(_P, "exit_signal", "text", "The signal that its parent gets when it exits, or none."),
    Fact(_P, "status", "text", "The wait status that it would be reported with, as last set."),
    Fact(_P, "traced", "bool", "Whether a debugger has it."),
    Fact(_P, "real_parent", "text", "Who is its parent again once its debugger lets go, or none."),
    Fact(_P, "fork_traced", "bool", "Whether its forks are reported to its debugger."),
    Fact(_P, "fork_event", "text", "The other process of the traced fork that its debugger can ask about, or none."),
    Fact(_P, "pending", "list", "Signals pending for it or for any of its threads."),
    Fact(_P, "masked", "list", "Signals that its first thread masks."),
    Fact(_P, "ignored", "list", "Signals that it ignores on purpose (ignored by default not counted)."),
    Fact(_P, "handler.*", "text", "The handler of a caught signal, as delivery would find it."),
    Fact(_P, "handled", "list", "The signals its threads ran handlers for, in order."),
    Fact(_P, "nocldwait", "bool", "Whether its children leave no zombies."),
    Fact(_P, "nocldstop", "bool", "Whether stops of its children send it no SIGCHLD."),
    Fact(_P, "altstack", "text", "The alternate signal stack of its first thread, or none; null: it is marked as having one, and has none."),
    Fact(_P, "fd.*", "text", "What a descriptor refers to: name, offset, and whether exec closes it."),
    Fact(_P, "cwd", "text", "Its working directory."),
    Fact(_P, "root", "text", "Its root directory."),
    Fact(_P, "umask", "text", "Its file mode creation mask, in octal."),
    Fact(_P, "locks.*", "int", "Advisory locks that it holds on a file."),
    Fact(_P, "memory.*", "text", "What a region of its memory holds."),
    Fact(_P, "wired.*", "bool", "Whether a region of its memory is locked; not observed where it is not."),
    Fact(_P, "limit.*", "text", "A resource limit, soft/hard."),
    Fact(_P, "stack", "text", "The user stack that its first thread runs on."),
    Fact(_P, "tls", "text", "The thread-local storage pointer of its first thread."),
    Fact(_P, "threads", "int", "How many threads it has."),
    Fact(_P, "nice", "int", "Its nice value."),
    Fact(_P, "command", "text", "Its command name."),
    Fact(_P, "text", "text", "The file that its program came from."),
    Fact(_P, "forked", "bool", "Whether accounting marks it as forked and not yet exec'd."),
    Fact(_P, "profiling", "bool", "Whether the profiling clock runs for it."),
    Fact(_P, "timer", "bool", "Whether its real-time interval timer is armed."),
    Fact(_P, "cpu_time", "int", "Processor time charged to it, in ticks."),
    Fact(_P, "ktrace", "text", "Where ktrace records of it go, and whether its children inherit that, or none."),
    Fact(_P, "watched", "int", "How many kernel event queues watch it."),
    Fact(_P, "events.*", "list", "What the kernel event queue behind a descriptor has to report: watched role, notes, data."),
    Fact(_P, "mqueues", "int", "Open message queues, as counted for its limit."),
    Fact(_P, "stop_on_fork", "bool", "Whether its children are born stopped."),
    Fact(_P, "same_leader_as", "list", "The other processes of its leader's peers chain, in chain order."),
    Fact(_P, "pid", "int", "Its process id.", Scope.SYSTEM),
    Fact(_P, "tids", "list", "The ids of its threads, in the kernel's order.", Scope.SYSTEM),
    Fact(_P, "registers", "text", "The two return registers that its first thread last saw.", Scope.SYSTEM),
    Fact(_P, "flags", "list", "The names of its process flags.", Scope.SYSTEM),
    Fact(_P, "ktrace_flags", "text", "Its ktrace flag word, in hexadecimal.", Scope.SYSTEM),
    Fact(_P, "holds", "int", "Holds that keep it from being freed.", Scope.SYSTEM),
    Fact(_P, "estcpu", "int", "The scheduler's estimate of its first thread's recent use.", Scope.SYSTEM),
    Fact(_P, "nstopchild", "int", "Stopped or dead children that nobody has waited for yet, as it counts them.", Scope.SYSTEM),
    Fact(_P, "arguments", "text", "The arguments that ps shows, or none; seen where a start has rare knobs.", Scope.SYSTEM),
    Fact(_P, "emulation", "text", "Whose calls it makes, or native; seen where a start has rare knobs.", Scope.SYSTEM),
    Fact(_P, "tracked_leader", "text", "For which leader it uses its table, or none; likewise.", Scope.SYSTEM),
    Fact(_P, "virtual_kernel", "bool", "Whether it has the state of a virtual kernel; likewise.", Scope.SYSTEM),
    Fact(_R, "memory", "text", "shared if both use one address space, else apart."),
    Fact(_R, "files", "text", "shared if both use one descriptor table, else apart."),
    Fact(_R, "cwd", "text", "shared if a chdir or umask of one shows in the other, else apart."),
    Fact(_R, "handlers", "text", "shared if both use one table of signal handlers, else apart."),
    Fact(_R, "offsets", "list", "Descriptors that are open in both and refer to one open file, so that its offset is shared."),
    Fact(_R, "regions", "list", "Regions whose stores show in both."),
    Fact(_R, "signal_lock", "text", "shared if one lock guards the signal state of both, else apart.", Scope.SYSTEM),
    Fact(_R, "limits", "text", "shared until one changes a limit, else apart.", Scope.SYSTEM),
    Fact(_R, "credential", "text", "shared if both refer to one credential, else apart.", Scope.SYSTEM),
    Fact(_M, "nprocs", "int", "Processes in all, as the kernel counts them."),
    Fact(_M, "uid.*", "int", "Processes charged to a user id."),
    Fact(_M, "console", "list", "What the kernel printed.", Scope.SYSTEM),
    Fact(_M, "console_lines", "int", "How many lines the kernel printed."),
    Fact(_M, "forks", "int", "The statistic that the system publishes under the name of forks.", Scope.ASKED),
    Fact(_M, "vforks", "int", "The statistic that the system publishes for forks which hold the parent.", Scope.ASKED),
    Fact(_M, "counter.*", "int", "A statistic under the system's own name, if it is not 0.", Scope.ASKED_SYSTEM),
    Fact(_M, "group.*", "list", "The members of the group that a role leads, in the order in which a group signal reaches them."),
    Fact(_M, "panic", "text", "What the kernel died of, or none."),
    Fact(_M, "deadlock", "list", "Who can never go on, asleep on what; set where no actor can act any more, and for lost wake-ups."),
)  # fmt: skip

BY_NAME: dict[tuple[Subject, str], Fact] = {(fact.subject, fact.name): fact for fact in FACTS}


def lookup(path: str) -> Fact | None:
    """The vocabulary entry that a path belongs to, or None."""
    subject, name = split(path)
    found = BY_NAME.get((subject, name))
    if found is None and (head := name.partition(".")[0]) != name:
        found = BY_NAME.get((subject, f"{head}.*"))
    return found


def split(path: str) -> tuple[Subject, str]:
    """What a path is about, and the name of its fact (with the part that the scenario chose)."""
    head, _, name = path.partition(".")
    if head == "call":
        return Subject.CALL, name.partition(".")[2]
    if head == "machine":
        return Subject.MACHINE, name
    return (Subject.PAIR if "~" in head else Subject.PROCESS), name
