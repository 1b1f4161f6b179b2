"""Which Python stands for which C, function by function, as it is written down in tests/lint/models.txt.

A decorator that gets lost takes its function out of every report on what is modelled, and nothing else would tell.
`python -m tests.lint.test_models` writes it down anew; read the difference before it is kept.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import flavors
from oracle.sources.reading import read

FILE = Path(__file__).with_name("models.txt")


def listed() -> str:
    """A line for each function that cites one."""
    lines = []
    for module in pkgutil.walk_packages(flavors.__path__, "flavors."):
        reading = read(importlib.import_module(module.name))
        for one in reading.cited:
            said = one.citation
            where = f" [{said.first}-{said.last}]" if said.first else ""
            lines.append(f"{reading.place} {one.name}: {said.source}, {said.function}{where}\n")
    return "".join(sorted(lines))


def test_what_stands_for_which_function_is_written_down() -> None:
    assert listed().splitlines() == FILE.read_text().splitlines()


if __name__ == "__main__":
    FILE.write_text(listed())
