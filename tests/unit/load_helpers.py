"""Two small flavors that have names and numbers but run nothing, for tests of all that reads files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import pytest

from oracle.calls import PORTABLE, CallSpec, Kind, Param, Result
from oracle.errors import ScenarioError
from oracle.flavor import Call, Flavor, Inexpressible, Words
from oracle.load import loads
from oracle.scenario import Scenario

FORK_FLAGS = (("RFPROC", 0x10), ("RFFDG", 0x4), ("RFMEM", 0x20))

RFORK = CallSpec(
    "rfork", "rfork(2)", (Param("flags", Kind.FLAGS, "what to share", required=True, names=FORK_FLAGS),), Result.PROCESS, True
)
CLONE = CallSpec(
    "__clone", "__clone(2)", (Param("flags", Kind.FLAGS, "what to share", 0, names=(("CLONE_VM", 256),)),), Result.PROCESS, True
)  # fmt: skip
FORK1_AB = CallSpec(
    "fork1", "fork1 in the kernel", (Param("flags", Kind.FLAGS, "raw flags", 0, names=FORK_FLAGS),), Result.PROCESS, True
)
FORK1_NB = CallSpec(
    "fork1",
    "fork1 in the kernel",
    (Param("flags", Kind.NUMBER, "raw flags", 0), Param("exitsig", Kind.SIGNAL, "sent to the parent", required=True)),
    Result.PROCESS,
    True,
)


def _none(*_: object) -> NoReturn:
    raise AssertionError("a flavor that only names things was run")


def fake(
    ident: str, natives: tuple[CallSpec, ...], lacks: tuple[str, ...], signals: Mapping[str, int], sa: Mapping[str, int]
) -> Flavor:
    """A flavor with all portable calls but some, and with native ones; none has `spawn`, which is lowered."""
    specs = [spec for spec in PORTABLE if spec.name not in ("spawn", *lacks)] + list(natives)
    return Flavor(
        id=ident,
        title=ident,
        sources=(),
        calls={spec.name: Call(spec, _none) for spec in specs},
        boot=_none,
        new_process=_none,
        syscall=_none,
        lower=lambda intent: Inexpressible("it runs nothing"),
        signals=signals,
        flags={"wait": {"WNOHANG": 1, "WUNTRACED": 2}, "sa": sa, "note": {"NOTE_FORK": 1, "NOTE_EXIT": 2}, "ptrace": {}},
        states={},
        words=Words(),
        counters={"forks": "forks", "vforks": "vforks"},
        status=_none,
        ignored=_none,
        handler=_none,
        tunables={f"{ident[:1]}tune": 1, "both": 0},
    )


SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGKILL": 9, "SIGPIPE": 13, "SIGALRM": 14, "SIGCHLD": 20, "SIGUSR1": 30}
ALPHA1 = fake("alpha@1.1", (RFORK, FORK1_AB), ("mq_open",), {**SIGNALS, "SIGCKPT": 33}, {"SA_RESTART": 2})
ALPHA2 = fake("alpha@1.2", (RFORK, FORK1_AB), ("mq_open",), {**SIGNALS, "SIGCKPT": 33}, {"SA_RESTART": 2, "SA_NEW": 4})
BETA = fake("beta@7", (CLONE, FORK1_NB), (), {**SIGNALS, "SIGPWR": 32}, {"SA_RESTART": 2, "SA_NOKERNINFO": 0x80})
FLAVORS = (ALPHA1, ALPHA2, BETA)

HEAD = "title: t\ntopic: results\n"


def read(text: str, flavors: tuple[Flavor, ...] = FLAVORS) -> Scenario:
    """The scenario in a text that has no flaw."""
    return loads(text, "specs/a/b.yaml", flavors)


def flaw(text: str, flavors: tuple[Flavor, ...] = FLAVORS) -> tuple[int, int, str]:
    """Line, column and message of the flaw that is reported for a text."""
    with pytest.raises(ScenarioError) as caught:
        read(text, flavors)
    error = caught.value
    assert error.file == "specs/a/b.yaml"
    place = f"specs/a/b.yaml:{error.line}:{error.column}: " if error.line else "specs/a/b.yaml: "
    assert str(error) == place + error.message
    return error.line, error.column, error.message
