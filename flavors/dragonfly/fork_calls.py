"""The calls by which programs make processes and threads: what they take. Each revision brings its own kernel code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flavors.dragonfly.kern import kern_of
from flavors.dragonfly.kern_prot import cred_of, suser
from flavors.dragonfly.kern_sig_calls import kern_kill
from flavors.dragonfly.sources import KERN_EXIT, KERN_SIG
from flavors.dragonfly.unistd import RF_NAMES
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param, Result
from oracle.cite import models
from oracle.flavor import Args, Call, at_once
from oracle.machine.errno import EFAULT, EINVAL, EPERM, ESRCH, LwpExit
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp, Proc
from oracle.machine.traps import Kernel

SysCall: TypeAlias = Callable[[Machine, Lwp, Args], Kernel[int]]
Fork1: TypeAlias = Callable[[Machine, Lwp, int], Kernel[Proc | None]]
Start: TypeAlias = Callable[[Machine, Lwp, Proc], Kernel[None]]

_ADDRESS = ("ok", "null", "bad")
_OK_BAD = ("ok", "bad")

RFORK = CallSpec(
    "rfork",
    "rfork(2)",
    (Param("flags", Kind.FLAGS, "RF flags", required=True, names=RF_NAMES, private=("RFPGLOCK", "RFPPWAIT")),),
    Result.PROCESS,
    True,
)
LWP_CREATE = CallSpec(
    "lwp_create",
    "lwp_create(2): make a thread",
    (
        Param("params", Kind.TEXT, "whether the parameter block can be read", "ok", choices=_OK_BAD),
        Param("func", Kind.TEXT, "whether its function is there", "ok", choices=_OK_BAD),
        Param("stack", Kind.TEXT, "whether its stack can be written", "ok", choices=_OK_BAD),
        Param("tid1", Kind.TEXT, "the first address for its id: region tid1, if mapped", "ok", choices=_ADDRESS),
        Param("tid2", Kind.TEXT, "the second address for its id: region tid2, if mapped", "ok", choices=_ADDRESS),
    ),
    Result.NOTHING,
    True,
)
EXTEXIT = CallSpec(
    "extexit",
    "extexit(2): end the thread or the process",
    (
        Param("who", Kind.TEXT, "who ends", "lwp", choices=("proc", "lwp", "neither")),
        Param(
            "action",
            Kind.TEXT,
            "what to do first: nothing, or store the status",
            "simple",
            choices=("simple", "setint", "other"),
        ),
        Param("status", Kind.NUMBER, "exit status", 0),
        Param("addr", Kind.TEXT, "whether the address can be written", "ok", choices=_OK_BAD),
    ),
)
LWP_KILL = CallSpec(
    "lwp_kill",
    "lwp_kill(2): signal a thread",
    (
        Param("to", Kind.ROLE, "its process; the caller's, if not given"),
        Param("tid", Kind.NUMBER, "its id", required=True),
        Param("signal", Kind.SIGNAL, "the signal; 0 only checks", required=True),
    ),
)
FORK1 = CallSpec(
    "fork1",
    "fork1 as only the kernel can call it",
    (
        Param("flags", Kind.FLAGS, "RF flags, the kernel's own among them", required=True, names=RF_NAMES),
        Param("start", Kind.SWITCH, "whether start_forked_proc follows", True),
    ),
    Result.PROCESS,
    True,
)
SYSCTL = CallSpec(
    "set_maxprocperuid", "sysctl kern.maxprocperuid", (Param("value", Kind.NUMBER, "the new value", required=True),)
)


@models(KERN_EXIT)
def sys_extexit(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    """End the calling thread, or the process if it is the last or if asked to."""
    who, action = args.text("who"), args.text("action")
    if who == "neither" or action == "other":
        raise EINVAL(f"who is {who}, action {action}")
    if action == "setint" and args.text("addr") == "bad":
        raise EFAULT("the address can't be written")
    if who == "lwp" and lp.lwp_proc.p_nthreads > 1:
        kern_of(k).rev.lwp_exit(k, lp)
        raise LwpExit
    yield from kern_of(k).rev.exit1(k, lp, (args.number("status") & 0xFF) << 8)


@models(KERN_SIG)
def sys_lwp_kill(k: Machine, lp: Lwp, args: Args) -> Kernel[None]:
    """Signal one thread, whether it masks the signal or not."""
    tid = args.number("tid")
    if tid == -1:
        raise EINVAL("tid -1")
    target = args.process("to") if args.given("to") else lp.lwp_proc
    if target is None:
        raise ESRCH("there is no such process")
    yield from kern_kill(k, lp, args.number("signal"), target.p_pid, tid)


def _set_maxprocperuid(k: Machine, lp: Lwp, args: Args) -> None:
    if not suser(cred_of(lp.lwp_proc)):
        raise EPERM("only the superuser sets kern.maxprocperuid")
    kern_of(k).maxprocperuid = args.number("value")


def fork_calls(sys_fork: SysCall, sys_vfork: SysCall, sys_rfork: SysCall, fork1: Fork1, start: Start) -> dict[str, Call]:
    """The calls that make processes, and fork1 itself, out of a revision's own code."""

    def from_kernel(k: Machine, lp: Lwp, args: Args) -> Kernel[int]:
        p2 = yield from fork1(k, lp, args.number("flags"))
        if p2 is None:
            return 0
        if args.switch("start"):
            yield from start(k, lp, p2)
        else:
            kern_of(k).unstarted[p2] = None
        return p2.p_pid

    return {
        "fork": Call(PORTABLE_BY_NAME["fork"], sys_fork),
        "vfork": Call(PORTABLE_BY_NAME["vfork"], sys_vfork),
        "rfork": Call(RFORK, sys_rfork),
        "fork1": Call(FORK1, from_kernel),
        "set_maxprocperuid": Call(SYSCTL, at_once(_set_maxprocperuid)),
    }


def thread_calls(sys_lwp_create: SysCall) -> dict[str, Call]:
    """The calls of a kernel with threads."""
    return {
        "lwp_create": Call(LWP_CREATE, sys_lwp_create),
        "extexit": Call(EXTEXIT, sys_extexit),
        "lwp_kill": Call(LWP_KILL, sys_lwp_kill),
    }
