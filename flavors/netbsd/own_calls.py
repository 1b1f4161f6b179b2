"""The calls that this system alone has, beside those that make processes: what sysctl sets and reads, and getcontext."""

from __future__ import annotations

from flavors.netbsd import sysctl
from flavors.netbsd.sys_sig import getucontext
from oracle.calls import CallSpec, Kind, Param, Result
from oracle.flavor import Answer, Args, Call
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel, no_wait

_WHAT = Param("what", Kind.TEXT, "which of the three", "stopfork", choices=("stopfork", "stopexec", "stopexit"))
STOPFORK = CallSpec(
    "stopfork",
    "write proc.<pid>.stopfork, or one of its siblings",
    (
        Param("process", Kind.ROLE, "whose", required=True),
        Param("on", Kind.SWITCH, "the new value", True),
        _WHAT,
    ),
)
READ_STOPFORK = CallSpec(
    "read_stopfork",
    "read proc.<pid>.stopfork, or one of its siblings",
    (Param("process", Kind.ROLE, "whose", required=True), _WHAT),
    Result.NUMBER,
)
GETCONTEXT = CallSpec(
    "getcontext",
    "getcontext(2): whose stack begins where uc_stack says that the caller's does",
    (),
    Result.TEXT,
)
FORKFSLEEP = CallSpec(
    "forkfsleep", "set kern.forkfsleep", (Param("ms", Kind.NUMBER, "milliseconds, 0 to 20000", required=True),)
)
MAXPROC = CallSpec("maxproc", "set kern.maxproc", (Param("number", Kind.NUMBER, "0 to 29999", required=True),))


def _stopfork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    yield from sysctl.sysctl_proc_stop(k, l, args.process("process"), args.text("what"), args.switch("on"))
    return None


def _read_stopfork(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    return (yield from sysctl.sysctl_proc_stop_read(k, l, args.process("process"), args.text("what")))


def _getcontext(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    base = getucontext(l)
    return no_wait(next(name for p, name in k.names.items() if p.p_stackbase == base))


def _forkfsleep(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sysctl.sysctl_kern_forkfsleep(k, l, args.number("ms"))
    return no_wait(None)


def _maxproc(k: Machine, l: Lwp, args: Args) -> Kernel[Answer]:
    sysctl.sysctl_kern_maxproc(k, l, args.number("number"))
    return no_wait(None)


OWN_CALLS: dict[str, Call] = {
    "stopfork": Call(STOPFORK, _stopfork),
    "read_stopfork": Call(READ_STOPFORK, _read_stopfork),
    "getcontext": Call(GETCONTEXT, _getcontext),
    "forkfsleep": Call(FORKFSLEEP, _forkfsleep),
    "maxproc": Call(MAXPROC, _maxproc),
}
