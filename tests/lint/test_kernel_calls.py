"""No kernel routine is called and left lying; bare yields stay in one module."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.lint.kernel_calls import bare_yields, lost_yields
from tests.lint.tree import Complaint, Modules

CHECKED = ("oracle", "flavors")

MACHINE = {
    "oracle": "",
    "oracle.machine": "",
    "oracle.machine.traps": (
        "from typing import Generator, TypeAlias, TypeVar\n_T = TypeVar('_T')\nKernel: TypeAlias = Generator[int, int, _T]\n"
        "def tsleep(wchan: object) -> Kernel[None]:\n    yield 1\n"
    ),
    "oracle.machine.machine": (
        "from collections.abc import Callable\nfrom oracle.machine.traps import Kernel\n"
        "class Scheduler:\n    def run(self) -> None: ...\n"
        "    def spawn(self, lwp: object, code: Kernel[object]) -> None: ...\n"
        "class Call:\n    run: Callable[[object], Kernel[int]]\n"
        "class Machine:\n    def __init__(self) -> None:\n        self.sched = Scheduler()\n"
        "        self.userret: Callable[[object], Kernel[None]] = None\n"
        "    def doze(self) -> Kernel[None]:\n        yield from []\n"
    ),
    "flavors": "",
    "flavors.bsd": "from flavors.bsd.steps import divorce as split_up\n",
    "flavors.bsd.steps": (
        "from oracle.machine.traps import Kernel, tsleep\n"
        "def divorce(k: object) -> Kernel[int]:\n    yield from tsleep(k)\n    return 1\n"
    ),
}

HEADER = """\
from collections.abc import Callable
from flavors import bsd
from flavors.bsd import steps
from flavors.bsd.steps import divorce as part
from oracle.machine.machine import Call, Machine
from oracle.machine.traps import Kernel, tsleep
Routine = Callable[[Machine], Kernel[int]]
TABLE: dict[str, Callable[[Machine], Kernel[int]]] = {}
def taker(k: Machine, code: Kernel[int]) -> Kernel[int]:
    return (yield from code)
"""


def planted(body: str, extra: Mapping[str, str] = MACHINE) -> list[Complaint]:
    return lost_yields(Modules.planted({**extra, "flavors.bsd.kern_fork": HEADER + body}), CHECKED)


@pytest.mark.parametrize(
    "call",
    [
        "tsleep(k)",
        "part(k)",
        "steps.divorce(k)",
        "bsd.split_up(k)",
        "k.doze()",
        "k.userret(k)",
        "call.run(k)",
        "TABLE['fork'](k)",
        "routine(k)",
        "nested(k)",
        "alias(k)",
        "(part if k else steps.divorce)(k)",
    ],
)
@pytest.mark.parametrize("use", ["{}", "x = {}", "if {}: pass", "k.printf({})", "return {}", "y = [{} for _ in ()]"])
def test_a_lost_yield_from_is_found(call: str, use: str) -> None:
    text = (
        "def fork1(k: Machine, call: Call, routine: Routine) -> Kernel[object]:\n"
        "    def nested(k: Machine) -> Kernel[None]:\n        yield from tsleep(k)\n"
        "    alias = steps.divorce\n"
        "    yield from tsleep(k)\n"
        f"    {use.format(call)}\n"
    )
    assert [(complaint.place, complaint.line) for complaint in planted(text)] == [("flavors.bsd.kern_fork", 16)]


@pytest.mark.parametrize(
    "statement",
    [
        "yield from tsleep(k)",
        "x = yield from part(k)",
        "return (yield from steps.divorce(k))",
        "yield from (part(k) if k else steps.divorce(k))",
        "k.sched.spawn(None, k.userret(k))",
        "yield from taker(k, part(k))",
        "yield from taker(k, code=call.run(k))",
        "k.sched.run()",
        "m, c = k, call; m.sched.run()",
        "run = lambda k: part(k)",
    ],
)
def test_a_routine_that_is_run_or_handed_on_is_no_loss(statement: str) -> None:
    assert planted(f"def fork1(k: Machine, call: Call) -> Kernel[object]:\n    {statement}\n") == []


def test_a_plain_hand_over_by_return_is_no_loss() -> None:
    assert planted("def fork1(k: Machine) -> Kernel[int]:\n    return part(k)\n") == []


def test_a_return_from_a_function_that_is_not_kernel_code_is_a_loss() -> None:
    assert len(planted("def fork1(k: Machine) -> object:\n    return part(k)\n")) == 1


def test_a_bare_yield_is_found_outside_the_traps() -> None:
    modules = Modules.planted({**MACHINE, "flavors.bsd.kern_exit": "def f():\n    yield 1\n"})
    assert [complaint.place for complaint in bare_yields(modules, CHECKED)] == ["flavors.bsd.kern_exit"]


def test_the_project_loses_no_kernel_routine() -> None:
    modules = Modules.of_project("oracle", "flavors")
    assert "\n".join(map(str, lost_yields(modules, CHECKED))) == ""


def test_the_project_yields_in_one_module_only() -> None:
    modules = Modules.of_project("oracle", "flavors")
    assert "\n".join(map(str, bare_yields(modules, ("oracle.machine", "flavors")))) == ""
