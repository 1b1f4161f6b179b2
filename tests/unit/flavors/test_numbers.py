"""The numbers of the systems' headers, entered a second time: what a program passes as a plain number has to mean the same."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flavors.dragonfly import proc_h, signal_h, unistd
from flavors.netbsd import param
from flavors.netbsd.kern_resource import DATA, STACK
from oracle.flavor import Flavor
from oracle.registry import load_flavors

FLAVORS = {flavor.id: flavor for flavor in load_flavors().flavors}
DRAGONFLY = [name for name in FLAVORS if name.startswith("dragonfly")]
SIGNALS = (
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGEMT", "SIGFPE", "SIGKILL", "SIGBUS", "SIGSEGV", "SIGSYS",
    "SIGPIPE", "SIGALRM", "SIGTERM", "SIGURG", "SIGSTOP", "SIGTSTP", "SIGCONT", "SIGCHLD", "SIGTTIN", "SIGTTOU", "SIGIO",
    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGINFO", "SIGUSR1", "SIGUSR2",
)  # fmt: skip
RFORK = {
    "RFNAMEG": 1 << 0, "RFENVG": 1 << 1, "RFFDG": 1 << 2, "RFNOTEG": 1 << 3, "RFPROC": 1 << 4, "RFMEM": 1 << 5,
    "RFNOWAIT": 1 << 6, "RFCNAMEG": 1 << 10, "RFCENVG": 1 << 11, "RFCFDG": 1 << 12, "RFTHREAD": 1 << 13,
    "RFSIGSHARE": 1 << 14, "RFLINUXTHPN": 1 << 16, "RFPGLOCK": 1 << 30, "RFPPWAIT": 1 << 31,
}  # fmt: skip
NOTES = {
    "NOTE_EXIT": 1 << 31, "NOTE_FORK": 1 << 30, "NOTE_EXEC": 1 << 29, "NOTE_TRACK": 1, "NOTE_TRACKERR": 2, "NOTE_CHILD": 4,
}  # fmt: skip
ACTIONS = {"ONSTACK": 1, "RESTART": 2, "RESETHAND": 4, "NOCLDSTOP": 8, "NODEFER": 16, "NOCLDWAIT": 32, "SIGINFO": 64}
P_FLAG = {
    "P_ADVLOCK": 0, "P_CONTROLT": 1, "P_SWAPPEDOUT": 2, "P_BREAKTSLEEP": 3, "P_PPWAIT": 4, "P_PROFIL": 5, "P_SELECT": 6,
    "P_SINTR": 7, "P_SUGID": 8, "P_SYSTEM": 9, "P_TRACED": 11, "P_WAITED": 12, "P_WEXIT": 13, "P_EXEC": 14, "P_CONTINUED": 15,
    "P_MAILBOX": 16, "P_UPCALLPEND": 17, "P_SWAPWAIT": 18, "P_ZOMBIE": 19, "P_ONRUNQ": 20, "P_KTHREADP": 21, "P_IDLESWAP": 22,
    "P_DEADLKTREAT": 23, "P_JAILED": 24, "P_INEXEC": 27, "P_PASSIVE_ACQ": 28, "P_UPCALLWAIT": 29, "P_XCPU": 30,
}  # fmt: skip
OF_162_ALONE = {"P_BREAKTSLEEP", "P_SELECT", "P_SINTR", "P_ZOMBIE", "P_ONRUNQ"}
OF_LATE_ALONE = {"P_CONTINUED"}
NETBSD: dict[str, dict[str, int]] = {
    "p_flag": {
        "PK_ADVLOCK": 0x1, "PK_SYSTEM": 0x2, "PK_SYSVSEM": 0x4, "PK_SUGID": 0x100, "PK_EXEC": 0x4000, "PK_NOCLDWAIT": 0x20000,
        "PK_32": 0x40000, "PK_CLDSIGIGN": 0x80000,
    },
    "p_sflag": {
        "PS_NOCLDSTOP": 0x8, "PS_WCORE": 0x1000, "PS_WEXIT": 0x2000, "PS_STOPFORK": 0x800000, "PS_STOPEXEC": 0x1000000,
        "PS_STOPEXIT": 0x2000000, "PS_NOTIFYSTOP": 0x10000000, "PS_STOPPING": 0x80000000,
    },
    "p_slflag": {
        "PSL_TRACEFORK": 0x1, "PSL_TRACED": 0x800, "PSL_FSTRACE": 0x10000, "PSL_CHTRACED": 0x400000, "PSL_SYSCALL": 0x4000000,
        "PSL_SYSCALLEMU": 0x8000000,
    },
    "p_lflag": {"PL_CONTROLT": 0x2, "PL_PPWAIT": 0x10, "PL_SIGCOMPAT": 0x200, "PL_ORPHANPG": 0x20000000},
    "p_stflag": {"PST_PROFIL": 0x20},
    "fork": {
        "FORK_PPWAIT": 0x01, "FORK_SHAREVM": 0x02, "FORK_SHARECWD": 0x04, "FORK_SHAREFILES": 0x08, "FORK_SHARESIGS": 0x10,
        "FORK_NOWAIT": 0x20, "FORK_CLEANFILES": 0x40, "FORK_SYSTEM": 0x80,
    },
    "clone": {
        "CLONE_VM": 0x100, "CLONE_FS": 0x200, "CLONE_FILES": 0x400, "CLONE_SIGHAND": 0x800, "CLONE_PID": 0x1000,
        "CLONE_PTRACE": 0x2000, "CLONE_VFORK": 0x4000, "CLONE_PARENT": 0x8000, "CLONE_THREAD": 0x10000, "CLONE_NEWNS": 0x20000,
        "CLONE_SYSVSEM": 0x40000, "CLONE_SETTLS": 0x80000, "CLONE_PARENT_SETTID": 0x100000, "CLONE_CHILD_CLEARTID": 0x200000,
        "CLONE_DETACHED": 0x400000, "CLONE_UNTRACED": 0x800000, "CLONE_CHILD_SETTID": 0x1000000, "CLONE_STOPPED": 0x2000000,
    },
    "wait": {"WNOHANG": 1, "WUNTRACED": 2, "WALTSIG": 4, "WALLSIG": 8, "__WCLONE": 4, "__WALL": 8},
    "note": NOTES,
    "sa": {**{f"SA_{name}": bit for name, bit in ACTIONS.items()}, "SA_NOKERNINFO": 128},
}  # fmt: skip
STATES = {1: "embryo", 2: "running", 3: "stopped"}


def numbers_of(module: object, names: str) -> dict[str, int]:
    """Some constants of a module."""
    return {name: getattr(module, name) for name in names.split()}


def section(flavor: Flavor, name: str) -> Mapping[str, int]:
    return flavor.flags[name]


@pytest.mark.parametrize("name", FLAVORS)
def test_signals_are_numbered_as_in_44bsd(name: str) -> None:
    more = {"netbsd": ["SIGPWR"], "dragonfly": ["SIGTHR", "SIGCKPT", "SIGCKPTEXIT"]}[FLAVORS[name].system]
    assert FLAVORS[name].signals == {signal: number for number, signal in enumerate([*SIGNALS, *more], 1)}


@pytest.mark.parametrize(("module", "name"), [(signal_h, "dragonfly@768af85b"), (param, "netbsd@1.189")])
def test_the_kernels_names_of_signals_are_those_of_programs(module: object, name: str) -> None:
    signals = FLAVORS[name].signals
    own = {word: number for word, number in vars(module).items() if word in signals}
    assert own == {word: signals[word] for word in own}
    assert "SIGCHLD" in own


@pytest.mark.parametrize("name", DRAGONFLY)
def test_the_flags_of_dragonfly(name: str) -> None:
    flavor = FLAVORS[name]
    absent = (
        OF_LATE_ALONE if name == "dragonfly@1.62" else OF_162_ALONE | (OF_LATE_ALONE if name == "dragonfly@1.67" else set())
    )
    assert flavor.flags["p_flag"] == {flag: 1 << bit for flag, bit in P_FLAG.items() if flag not in absent}
    assert flavor.flags["note"] == NOTES
    assert flavor.flags["sa"] == {f"SA_{flag}": bit for flag, bit in ACTIONS.items()}
    waits = {"WNOHANG": 1, "WUNTRACED": 2, "WLINUXCLONE": 1 << 31}
    assert flavor.flags["wait"] == (waits | {"WCONTINUED": 4} if name == "dragonfly@768af85b" else waits)
    assert flavor.states == (STATES if name == "dragonfly@1.62" else {**STATES, 4: "zombie"})


def test_the_flags_of_rfork() -> None:
    assert numbers_of(unistd, " ".join(RFORK)) == RFORK
    assert unistd.RFKERNELONLY == 0xC0000000


def test_other_numbers_of_dragonfly() -> None:
    assert (proc_h.PID_MAX, proc_h.MAXCOMLEN, proc_h.CMASK, proc_h.HZ) == (99999, 16, 0o22, 100)
    assert (proc_h.AFORK, proc_h.AXSIG) == (0x01, 0x10)
    assert (proc_h.KTRFAC_INHERIT, proc_h.KTRFAC_ROOT, proc_h.KTRFAC_DEFAULT) == (0x40000000, 0x80000000, 0x3E)
    assert (proc_h.NOTE_PCTRLMASK, proc_h.NOTE_PDATAMASK) == (0xF0000000, 0x000FFFFF)
    assert (proc_h.PS_NOCLDWAIT, proc_h.PS_NOCLDSTOP) == (1, 2)
    assert (proc_h.LSRUN, proc_h.LSSTOP, proc_h.LSSLEEP) == (1, 2, 3)
    flags = "LWP_ALTSTACK LWP_OLDMASK LWP_BREAKTSLEEP LWP_SINTR LWP_WEXIT LWP_WSTOP"
    assert list(numbers_of(proc_h, flags).values()) == [0x1, 0x2, 0x4, 0x8, 0x40, 0x80]
    assert signal_h._SIG_MAXSIG == 128


@pytest.mark.parametrize("name", NETBSD)
def test_the_flags_of_netbsd(name: str) -> None:
    flags = {**FLAVORS["netbsd@1.189"].flags, "fork": param.FORK_FLAGS, "clone": param.CLONE_FLAGS}
    assert flags[name] == NETBSD[name]


def test_other_numbers_of_netbsd() -> None:
    assert list(numbers_of(param, "SIDL SACTIVE SDYING SSTOP SZOMB SDEAD").values()) == [1, 2, 3, 4, 5, 6]
    assert list(numbers_of(param, "LSIDL LSRUN LSSLEEP LSSTOP LSZOMB LSONPROC").values()) == [1, 2, 3, 4, 5, 7]
    assert (param.NSIG, param.CLONE_CSIGNAL, param.LW_PENDSIG, param.LW_SYSTEM) == (64, 0xFF, 0x01000000, 0x200)
    assert (param.AFORK, param.ACORE, param.AXSIG) == (0x01, 0x08, 0x10)
    assert (param.KTRFAC_SYSCALL, param.KTRFAC_SYSRET, param.KTRFAC_EMUL) == (0x02, 0x04, 0x80)
    assert (param.KTRFAC_DEFAULT, param.KTRFAC_INHERIT, param.KTRFAC_TRC_EMUL) == (0xBE, 0x40000000, 0x10000000)
    assert [signal for signal in range(1, 64) if param.CORESIGS >> signal - 1 & 1] == [3, 4, 5, 6, 7, 8, 10, 11, 12]
    assert (param.MAXUSERS, param.PID_MAX, param.NOFILE, param.MAXFILES, param.MAXSLP) == (64, 30000, 128, 3404, 20)
    assert (param.WCOREFLAG, param.SA_ALLBITS, param.PTRACE_FORK, param.PRIO_MIN, param.PRIO_MAX) == (0x80, 0xFF, 1, -20, 20)
    assert (DATA, STACK) == ((256 << 20, 8 << 30), (4 << 20, 128 << 20))
    assert (param.NOTE_PCTRLMASK, param.NOTE_PDATAMASK) == (0xF0000000, 0x000FFFFF)
    assert (param.MAXPROC, param.CHILD_MAX, param.MQ_OPEN_MAX) == (1044, 160, 512)
