"""The calls that make processes and threads, end them, and wait for them."""

from __future__ import annotations

from flavors.netbsd.kern_exec import execve1
from flavors.netbsd.kern_exit import do_sys_wait, exit1
from flavors.netbsd.kern_fork import fork1, sys___clone, sys___vfork14, sys_fork, sys_vfork
from flavors.netbsd.param import CLONE_FLAGS, FORK_FLAGS
from flavors.netbsd.portable import portable
from flavors.netbsd.state import occupant
from flavors.netbsd.status import status
from flavors.netbsd.sys_lwp import sys__lwp_create
from oracle.calls import CallSpec, Kind, Param, Result
from oracle.flavor import Answer, Args, Call
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel, no_wait

VFORK14 = CallSpec("__vfork14", "the vfork(2) of today, by its own name", (), Result.PROCESS, True)
VFORK44 = CallSpec("vfork44", "system call 66: the vfork of old binaries, which copies memory", (), Result.PROCESS, True)
CLONE = CallSpec(
    "__clone",
    "__clone(2), as the kernel sees it",
    (
        Param("flags", Kind.FLAGS, "CLONE_ flags", 0, names=tuple(CLONE_FLAGS.items())),
        Param("csignal", Kind.SIGNAL, "the exit signal, in the low byte of the flags; 0 for none", 0),
        Param("stack", Kind.TEXT, "a name for the child's stack; empty for the caller's own", ""),
    ),
    Result.PROCESS,
    True,
)
LWP_CREATE = CallSpec(
    "_lwp_create",
    "_lwp_create(2): another LWP of the calling process",
    (Param("stack", Kind.TEXT, "a name for its stack; empty for the caller's own", ""),),
    Result.NUMBER,
    True,
)
FORK1 = CallSpec(
    "fork1",
    "fork1(9), as code inside the kernel calls it",
    (
        Param("flags", Kind.FLAGS, "FORK_ flags", 0, names=tuple(FORK_FLAGS.items())),
        Param("exitsig", Kind.SIGNAL, "the exit signal", "SIGCHLD"),
        Param("stack", Kind.TEXT, "a name for the child's stack; empty for the caller's own", ""),
        Param("stacksize", Kind.NUMBER, "bytes from there to the stack pointer", 0),
        Param("retval", Kind.SWITCH, "whether the caller wants the pid in its return registers", False),
        Param("rnewprocp", Kind.SWITCH, "whether the caller wants a pointer to the process: gives its pid", False),
    ),
    Result.PROCESS,
    True,
)


def _fork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys_fork(k, l)


def _vfork14(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys___vfork14(k, l)


def _vfork44(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys_vfork(k, l)


def _clone(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return sys___clone(k, l, args.number("flags") | args.number("csignal") & 0xFF, args.text("stack"))


def _lwp_create(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return no_wait(sys__lwp_create(k, l, args.text("stack")))


def _fork1(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    made: list[Proc] | None = [] if args.switch("rnewprocp") else None
    pid = yield from fork1(
        k, l, args.number("flags"), args.number("exitsig"), args.text("stack"), args.number("stacksize"), None,
        args.switch("retval"), made,
    )  # fmt: skip
    return occupant(k, made[0]).p_pid if made else pid  # the pointer, too, is read when the child may be gone


def _exit(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from exit1(k, l, (args.number("status") & 0xFF) << 8)
    return None


def _exec(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from execve1(k, l, args.text("path"), args.switch("exists"), args.number("setuid") if args.given("setuid") else None)
    return None


def _wait(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    child, group = args.process("child"), args.process("group")
    pid = child.p_pid if child is not None else -group.p_pid if group is not None else -1
    found = yield from do_sys_wait(k, l, pid, args.number("options"))
    return 0 if found is None else f"{k.role(found[0])} {status(found[1])}"


FORK_CALLS: dict[str, Call] = {
    **portable(fork=_fork),
    "__vfork14": Call(VFORK14, _vfork14),
    **portable(vfork=_vfork14),
    "vfork44": Call(VFORK44, _vfork44),
    "__clone": Call(CLONE, _clone),
    "_lwp_create": Call(LWP_CREATE, _lwp_create),
    "fork1": Call(FORK1, _fork1),
    **portable(exit=_exit, exec=_exec, wait=_wait),
}
