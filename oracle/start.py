"""The start of a scenario: its machine and its processes, and what no machine can have together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from oracle.errors import ScenarioError
from oracle.extras import LACKS, MAX_COUNT, MAX_TID, SHARED, STOPS, MachineExtras, ProcessExtras, turned

ALWAYS_THERE = ("kernel", "init", "shell")  # roles, in the order in which they are made
STUBBORN = ("SIGKILL", "SIGSTOP")  # signals that no system lets a process catch or ignore
RESERVED = frozenset((*ALWAYS_THERE, "call", "machine", "all", "none", "absent", "asleep", "spins"))  # no role to give


@dataclass(frozen=True, slots=True)
class FileSpec:
    """An open descriptor of a process at the start."""

    fd: int
    path: str
    offset: int = 0
    cloexec: bool = False
    kind: str = "vnode"


@dataclass(frozen=True, slots=True)
class RegionSpec:
    """A mapped region of a process at the start."""

    name: str
    value: str = "0"
    inherit: str = "copy"
    wired: bool = False


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process at the start.

    `parent`, `group` and `session` are roles; a group or session is named by the process that leads it, empty for itself.
    """

    name: str
    parent: str = "shell"
    uid: int = 1000  # real user id
    euid: int | None = None  # effective; the real one, if None
    svuid: int | None = None  # saved; the effective one, if None
    group: str = ""
    session: str = "shell"
    terminal: bool = True  # marked as having its session's controlling terminal
    jail: str = ""
    sugid: bool = False
    nice: int = 0
    command: str = "prog"
    text: str = "/bin/prog"
    cwd: str = "/home"
    root: str = "/"
    umask: int = 0o22
    files: tuple[FileSpec, ...] = (FileSpec(0, "/dev/tty"),)
    memory: tuple[RegionSpec, ...] = (RegionSpec("data"),)
    limits: tuple[tuple[str, int, int], ...] = ()  # (resource, soft, hard) that differ from the system's defaults
    masked: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    caught: tuple[tuple[str, str], ...] = ()  # (signal, handler)
    extras: ProcessExtras | None = None  # what few processes have; None, if it is as on plain ones

    def __post_init__(self) -> None:
        if self.extras is not None and not turned(self.extras):
            object.__setattr__(self, "extras", None)


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """The machine at the start. Process 0, init and a shell (session leader with a terminal) are always there.

    A tunable is meant for the flavors that have it (`Flavor.tunables`): it is nothing to the others, whose kernels have no such
    knob to turn, and they run as if it were not there. So one that no flavor has would say nothing at all: a file with such a
    one is refused when it is read, and a value made in Python when it is compared.
    """

    maxproc: int | None = None  # the system's default, if None
    background: tuple[tuple[int, int], ...] = ()  # (uid, how many processes): counted, but they take no part
    tunables: tuple[tuple[str, int], ...] = ()  # by the system's own names
    terminal: bool = True  # whether the shell's session has a controlling terminal
    extras: MachineExtras | None = None  # what few machines have; None, if it is as on plain ones

    def __post_init__(self) -> None:
        if self.extras is not None and not turned(self.extras):
            object.__setattr__(self, "extras", None)
        for uid, count in self.background:
            if uid < 0 or count < 0:
                raise ScenarioError(f"background: {count} processes of user {uid}; expected numbers from 0 on")


PLAIN_MACHINE = MachineSpec()


def not_a_role(name: str) -> str:
    """What to say of a name that nobody may give to a process."""
    return (
        f"no process can be called {name!r}, which {'is always there' if name in ALWAYS_THERE else 'has a meaning of its own'}"
    )


def check_start(processes: Sequence[ProcessSpec]) -> None:
    """Raise ScenarioError if there can be no such processes, in this order, on one machine."""
    earlier: dict[str, ProcessSpec] = {}
    threads: dict[str, None] = {}
    rare = False  # until then, there is nothing to look at
    for process in processes:
        _check_process(process, [*_BEFORE, *earlier])
        if process.name in threads:
            raise ScenarioError(_twice(process.name))
        if process.extras is not None:
            rare = True
            for thread in process.extras.threads:
                _check_thread(thread.name, [process.name, *earlier, *threads])
                threads[thread.name] = None
        if rare:
            for path, message in flaws(process, earlier):
                raise ScenarioError(f"{process.name}: {'.'.join(path)}: {message}")
        earlier[process.name] = process


_BEFORE = ("shell", "init")  # who is there before the processes of a scenario, and can be named by them


def _check_thread(name: str, taken: list[str]) -> None:
    """Raise ScenarioError if no thread can be called so."""
    if name in RESERVED:
        raise ScenarioError(not_a_role(name))
    if name in taken:
        raise ScenarioError(_twice(name))


def _twice(name: str) -> str:
    return f"there are two processes or threads called {name!r}; give one another name"


def _check_process(process: ProcessSpec, known: list[str]) -> None:
    """Raise ScenarioError if there can be no such process beside those that are known already."""
    name = process.name
    if name in RESERVED:
        raise ScenarioError(not_a_role(name))
    if name in known:
        raise ScenarioError(f"there are two processes called {name!r}; give one another name")
    for key, role in (("parent", process.parent), ("group", process.group), ("session", process.session)):
        if role not in known and (role or key == "parent"):
            raise ScenarioError(f"{name}: {key} is {role!r}; expected a process that stands before it: {', '.join(known)}")
    for signal in (*process.ignored, *(signal for signal, _ in process.caught)):
        if signal in STUBBORN:
            raise ScenarioError(f"{name}: {signal} can be neither caught nor ignored")
    for uid in (process.uid, process.euid, process.svuid):
        if uid is not None and uid < 0:
            raise ScenarioError(f"{name}: user id {uid}; expected a number from 0 on")


Flaw = tuple[tuple[str, ...], str]  # the keys that lead from a process to what is wrong, and what is


def flaws(process: ProcessSpec, earlier: Mapping[str, ProcessSpec]) -> Iterator[Flaw]:
    """What no machine can have of the rarely turned knobs of a process, beside the processes that stand before it."""
    for key, role in (("group", process.group), ("session", process.session)):
        other = earlier.get(role)
        if other is not None and other.extras is not None and "group" in other.extras.lacks:
            yield (key,), f"{role!r} is in no group, so it leads none and no session"
    extras = process.extras
    if extras is None:
        return
    yield from _strangers(process, extras, earlier)
    yield from _sharing(process, extras, earlier)
    yield from _threads(extras)
    yield from _words(process, extras)
    for watch in extras.watches:
        if not watch.notes:
            yield ("watches",), f"nothing is watched for in {watch.process!r}; expected notes such as NOTE_FORK"
        if (watch.fd, "kqueue") not in _open_files(process, earlier):
            yield ("watches",), f"descriptor {watch.fd} is no open file of kind kqueue; put one into `files`"


def _strangers(process: ProcessSpec, extras: ProcessExtras, earlier: Mapping[str, ProcessSpec]) -> Iterator[Flaw]:
    """Roles that have to stand before the process, and not for itself."""
    shares = extras.shares
    named = [(("shares", key), getattr(shares, key)) for key in SHARED] + [(("leader",), extras.leader)]
    if extras.traced is not None:
        named.append((("traced",), extras.traced.by))
    named += [(("watches",), watch.process) for watch in extras.watches]
    for path, role in named:
        if role == process.name and path[0] != "watches":
            what = {"shares": "shares with", "leader": "stands behind", "traced": "traces"}[path[0]]
            yield path, f"{role!r} is itself; a process {what} another one, or leave it out"
        elif role and role != process.name and role not in earlier and role not in _BEFORE:
            names = ", ".join([*earlier, *_BEFORE])
            yield path, f"{role!r} is no process that stands before it: {names}"


def _sharing(process: ProcessSpec, extras: ProcessExtras, earlier: Mapping[str, ProcessSpec]) -> Iterator[Flaw]:
    """What is another one's can't be described here as well."""
    shares, plain = extras.shares, ProcessSpec(process.name)
    for key, role, own, cure in (
        ("files", shares.files, process.files, "leave `files` out (in Python: files=())"),
        ("memory", shares.memory, process.memory, "leave `memory` out (in Python: memory=())"),
        ("handlers", shares.handlers, process.caught or process.ignored, "leave `caught` and `ignored` out"),
    ):
        if role and own:
            yield ("shares", key), f"they are those of {role!r}: {cure}"
    directories = [key for key in ("cwd", "root", "umask") if getattr(process, key) != getattr(plain, key)]
    if shares.directories and directories:
        yield ("shares", "directories"), f"they are those of {shares.directories!r}: leave {', '.join(directories)} out"
    if shares.files and extras.leader and _leader(shares.files, earlier) != _leader(extras.leader, earlier):
        why = "a peer gets both from the process that forked it"
        yield ("leader",), f"{extras.leader!r} has another leader than {shares.files!r}, whose descriptors it shares; {why}"


def _leader(name: str, earlier: Mapping[str, ProcessSpec]) -> str:
    """Who leads the peers that a process belongs to."""
    while (process := earlier.get(name)) is not None and process.extras is not None and process.extras.leader:
        name = process.extras.leader
    return name


def _threads(extras: ProcessExtras) -> Iterator[Flaw]:
    """Thread ids: each once, and none is that of the first thread, which is 0 or 1."""
    tids: list[int] = []
    for thread in extras.threads:
        tid = thread.tid
        if tid is None:
            tid = max((*tids, 1)) + 1
        if tid in tids or not 2 <= tid <= MAX_TID:
            yield ("threads", thread.name), f"thread id {tid}; expected one from 2 to {MAX_TID} that no other thread has"
        tids.append(tid)
    if extras.last_tid is not None and not 1 <= extras.last_tid <= MAX_TID:
        yield ("last_tid",), f"{extras.last_tid} is no thread id; expected a number from 1 to {MAX_TID}"


def _words(process: ProcessSpec, extras: ProcessExtras) -> Iterator[Flaw]:
    """Words that there are, and that go together."""
    for key, given, known in (("lacks", extras.lacks, LACKS), ("stops_on", extras.stops_on, STOPS)):
        yield from (((key,), f"{one!r} is none of {', '.join(known)}") for one in _not_in(given, known))
        if len(set(given)) != len(given):
            yield (key,), "a word stands here twice"
    if "group" in extras.lacks and (process.group or process.session in ("", process.name)):
        yield ("lacks",), "without a group it is in no other's group, and leads no session: leave `group` and `session` out"
    if "arguments" in extras.lacks and extras.arguments is not None:
        yield ("lacks",), "it has `arguments`, and lacks them"
    if extras.message_queues is not None and not 0 <= extras.message_queues <= MAX_COUNT:
        yield ("message_queues",), f"{extras.message_queues} is no count; expected a number from 0 to {MAX_COUNT}"


def _not_in(given: Iterable[str], known: Sequence[str]) -> list[str]:
    return [one for one in given if one not in known]


def _open_files(process: ProcessSpec, earlier: Mapping[str, ProcessSpec]) -> list[tuple[int, str]]:
    """Descriptors, with what they refer to, of the table that a process uses."""
    owner: ProcessSpec | None = process
    while owner is not None and owner.extras is not None and owner.extras.shares.files:
        owner = earlier.get(owner.extras.shares.files)
    return [(file.fd, file.kind) for file in owner.files] if owner is not None else []
