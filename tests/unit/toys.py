"""Small flavors that differ, crash, break invariants or interrupt; scenarios for them; the command with them installed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import oracle.cli.commands
from oracle.flavor import Args, Call, Flavor, KnownViolation, at_once
from oracle.machine.errno import EAGAIN, Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.machine.traps import Kernel
from oracle.registry import Registry
from tests.outside import tinyos

TINY = tinyos.FLAVOR


def other(
    flavor: Flavor, ident: str, call: str, run: Callable[[Machine, Lwp, Args], int | str | None], **rest: object
) -> Flavor:
    """A flavor with other code for one of its calls."""
    calls = {**flavor.calls, call: Call(flavor.calls[call].spec, at_once(run))}
    return replace(flavor, id=ident, calls=calls, **rest)  # type: ignore[arg-type]


def _refuse(k: Machine, lwp: Lwp, args: Args) -> NoReturn:
    raise EAGAIN("it never forks")


def _crash(k: Machine, lwp: Lwp, args: Args) -> NoReturn:
    raise RuntimeError(f"boom {object()}")


def _leak(k: Machine, lwp: Lwp, args: Args) -> str:
    k.nprocs += 1
    return "022"


def _unknown(k: Machine, lwp: Lwp, args: Args) -> NoReturn:
    raise Unmodelled("masks are a mystery")


def _interrupt(k: Machine, lwp: Lwp, args: Args) -> NoReturn:
    raise KeyboardInterrupt


def _signal(k: Machine, lwp: Lwp, args: Args) -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "022"


def _forgetful_fork(k: Machine, lwp: Lwp, args: Args) -> Kernel[int | str | None]:
    pid = yield from TINY.calls["fork"].run(k, lwp, args)
    assert isinstance(pid, int)
    child = k.pfind(pid)
    assert child is not None
    assert child.p_fd is not None
    child.p_fd.fd_cmask = 0
    return pid


FORGETFUL = replace(
    TINY, id="tinyos@2", title="TinyOS 2", order=1, calls={**TINY.calls, "fork": Call(TINY.calls["fork"].spec, _forgetful_fork)}
)
BARREN = other(TINY, "barren@1", "fork", _refuse, title="a kernel that never forks")
CRASHING = other(TINY, "crashing@1", "umask", _crash)
LEAKY = other(TINY, "leaky@1", "umask", _leak)
ODD = replace(LEAKY, id="odd@1", violations=(KnownViolation("nprocs", ".*", "umask counts as a process there", "kern.c 12"),))
VAGUE = other(TINY, "vague@1", "umask", _unknown)
STOPPED = other(TINY, "stopped@1", "umask", _signal)
ENDLESS = other(TINY, "endless@1", "umask", _interrupt)

FORK = """\
title: A child has its parent's umask
why: A child that forgets it makes files that anybody can write.
topic: files
steps:
  - {do: fork, as: kid, gives: kid}
  - check: {parent.umask: "022"}
"""
UMASK = """\
title: umask gives the old mask
why: It says so.
topic: files
steps:
  - {do: umask, mask: "077", gives: "022"}
"""


def install(*flavors: Flavor) -> None:
    """Make the command line see these flavors and no others, for good: for a process that does nothing else."""
    setattr(oracle.cli.commands, "load_flavors", lambda: Registry(flavors))  # noqa: B010  # a name that is not commands' own


def specs(folder: Path, **texts: str) -> Path:
    """A specs folder with scenarios by name; `__` in a name stands for a slash."""
    root = folder / "specs"
    for name, text in texts.items():
        file = root / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


if __name__ == "__main__":  # python -m tests.unit.toys IDS ARGUMENTS…: the command with these flavors installed
    found = {flavor.id: flavor for flavor in (TINY, FORGETFUL, BARREN, CRASHING, LEAKY, ODD, VAGUE, STOPPED)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job that a shell put into the background ignores it
    install(*(found[ident] for ident in sys.argv[1].split(",")))
    sys.exit(oracle.cli.main(sys.argv[2:]))
