"""Signals: numbers, what each does by default, SA_ flags."""

from __future__ import annotations

from oracle.machine.signals import SigHandler, sigmask, sigset

SIGNALS: dict[str, int] = {
    "SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGEMT": 7, "SIGFPE": 8, "SIGKILL": 9,
    "SIGBUS": 10, "SIGSEGV": 11, "SIGSYS": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGURG": 16, "SIGSTOP": 17,
    "SIGTSTP": 18, "SIGCONT": 19, "SIGCHLD": 20, "SIGTTIN": 21, "SIGTTOU": 22, "SIGIO": 23, "SIGXCPU": 24, "SIGXFSZ": 25,
    "SIGVTALRM": 26, "SIGPROF": 27, "SIGWINCH": 28, "SIGINFO": 29, "SIGUSR1": 30, "SIGUSR2": 31, "SIGTHR": 32, "SIGCKPT": 33,
    "SIGCKPTEXIT": 34,
}  # fmt: skip
SIGNAL_NAMES: dict[int, str] = {number: name for name, number in SIGNALS.items()}
_SIG_MAXSIG = 128

SIGHUP, SIGILL, SIGTRAP, SIGABRT, SIGKILL, SIGSEGV, SIGALRM = 1, 4, 5, 6, 9, 11, 14
SIGSTOP, SIGTSTP, SIGCONT, SIGCHLD, SIGTTIN, SIGTTOU, SIGUSR1 = 17, 18, 19, 20, 21, 22, 30
SIGCKPT, SIGCKPTEXIT = 33, 34

STOP_MASK = sigset((SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU))
TTYSTOP_MASK = STOP_MASK & ~sigmask(SIGSTOP)
CONT_MASK = sigmask(SIGCONT)
IGNORE_MASK = sigset((16, 19, 20, 23, 28, 29, 32, *range(35, 65)))  # default action: nothing
CKPT_MASK = sigset((SIGCKPT, SIGCKPTEXIT))
CANT_MASK = sigset((SIGKILL, SIGSTOP))
SIGIGNORE_INIT = IGNORE_MASK & ~CONT_MASK  # p_sigignore of a process that has set nothing

SA_ONSTACK = 0x1
SA_RESTART = 0x2
SA_RESETHAND = 0x4
SA_NOCLDSTOP = 0x8
SA_NODEFER = 0x10
SA_NOCLDWAIT = 0x20
SA_SIGINFO = 0x40
SA_FLAGS: dict[str, int] = {
    "SA_ONSTACK": SA_ONSTACK, "SA_RESTART": SA_RESTART, "SA_RESETHAND": SA_RESETHAND, "SA_NOCLDSTOP": SA_NOCLDSTOP,
    "SA_NODEFER": SA_NODEFER, "SA_NOCLDWAIT": SA_NOCLDWAIT, "SA_SIGINFO": SA_SIGINFO,
}  # fmt: skip

SIG_IGN = SigHandler("SIG_IGN")  # stands in ps_sigact for a signal that is ignored on purpose


def signal_name(signo: int) -> str:
    """The name of a signal, or its number for those that have none."""
    return SIGNAL_NAMES.get(signo) or f"signal {signo}"
