"""Distributions with flavor plugins, laid out as an installer would: a folder on sys.path with metadata beside the modules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oracle.scenario import ArgValue, Check, Concurrently, Expectation, Expected, Scenario, Step
from tests import outside

TINYOS = Path(outside.__file__).with_name("tinyos.py").read_text("utf-8")

# A second TinyOS, to have somebody to disagree with: its children forget the umask.
FORGETFUL = """
from dataclasses import replace
from oracle.flavor import Call
from tinyos import FLAVOR as OLD

def fork(k, lwp, args):
    pid = yield from OLD.calls["fork"].run(k, lwp, args)
    k.pfind(pid).p_fd.fd_cmask = 0
    return pid

FLAVOR = replace(OLD, id="tinyos@2", order=1, calls={**OLD.calls, "fork": Call(OLD.calls["fork"].spec, fork)})
"""


def distribution(folder: Path, name: str, points: Mapping[str, str], modules: Mapping[str, str]) -> None:
    """Lay out a distribution: entry points of the flavor group (name to value), modules (name to text)."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{point} = {value}\n" for point, value in points.items())
    (info / "entry_points.txt").write_text(f"[oracle.flavors]\n{lines}")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def two_tinyos(folder: Path) -> None:
    """A distribution with tinyos@1 and tinyos@2."""
    points = {"tinyos-1": "tinyos:FLAVOR", "tinyos-2": "forgetful:FLAVOR"}
    distribution(folder, "two-tinyos", points, {"tinyos": TINYOS, "forgetful": FORGETFUL})


def program(*steps: Step | Check | Concurrently, **rest: object) -> Scenario:
    """A scenario of these steps, numbered."""
    return Scenario("topic/name", "a title", "", "files", steps, **rest)  # type: ignore[arg-type]


def step(index: int, by: str, call: str, born: str = "", gives: str | None = None, **args: ArgValue) -> Step:
    """One step, and what it should give."""
    return Step(index, by, call, args, born, gives=None if gives is None else Expected((("all", gives),)))


def check(index: int, **facts: bool | int | str) -> Check:
    """Expected facts; `__` in a name stands for a dot."""
    found = (Expectation(path.replace("__", "."), Expected((("all", value),))) for path, value in facts.items())
    return Check(index, tuple(found), line=index)
