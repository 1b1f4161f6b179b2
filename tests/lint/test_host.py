"""Nothing of the host shows in the machine and the flavors."""

from __future__ import annotations

import pytest

from tests.lint.host import host_use
from tests.lint.tree import Modules

CHECKED = ("oracle.machine", "flavors")
HOST = ("os", "sys", "time", "random", "errno", "datetime", "secrets", "uuid", "threading", "asyncio", "socket", "subprocess")


@pytest.mark.parametrize(
    "text",
    [
        *(f"import {name}" for name in HOST),
        "import os.path as p",
        "from os import environ",
        "from time import monotonic",
        "def f():\n    import random",
        "x = id(object())",
        "x = hash('a')",
        "x = open('file')",
        "for x in {1, 2}: pass",
        "for x in set(y): pass",
        "z = [x for x in frozenset(y)]",
        "z = {x: 1 for x in {a for a in y}}",
        "z = list({1, 2})",
        "z = ','.join({'a', 'b'})",
        "z = [*{1, 2}]",
        "s = {1, 2}\nfor x in s: pass",
        "def f(s: set[int]):\n    for x in s: pass",
        "class C:\n    s: frozenset[int]\ndef f(self):\n    self.s: set[int] = set()\n    for x in self.s: pass",
        "s = {1}\nfor x in s | t: pass",
        "s = {1}\nx = s.pop()",
        "for x in a.union(b): pass",
    ],
)
def test_the_host_is_found(text: str) -> None:
    assert len(host_use(Modules.planted({"flavors.bsd": text}), CHECKED)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from oracle.machine.errno import EAGAIN",
        "from collections.abc import Callable",
        "from . import steps",
        "x = 1 in {1, 2}",
        "for x in sorted({1, 2}): pass",
        "x = len(set(y))",
        "def open(k): ...\nx = open(1)",
        "from flavors.bsd.files import open\nx = open(1)",
        "x = p.id()",
        "x = p.hash(1)",
        "d = {}\nx = d.pop()",
        "for x in {1: 2}: pass",
    ],
)
def test_what_is_the_same_on_every_host_is_left_alone(text: str) -> None:
    assert host_use(Modules.planted({"flavors.bsd": text}), CHECKED) == []


def test_other_packages_are_not_looked_at() -> None:
    assert host_use(Modules.planted({"oracle.cli": "import sys"}), CHECKED) == []


def test_the_project_has_nothing_of_the_host_in_its_kernels() -> None:
    assert "\n".join(map(str, host_use(Modules.of_project("oracle", "flavors"), CHECKED))) == ""
