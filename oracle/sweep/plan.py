"""What a sweep is to do: a space, the states that its calls are made from, the flavors, and how that is cut into jobs."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.sweep.chunk import Job
from oracle.sweep.space import Space
from oracle.sweep.states import State

CASES = 1 << 15  # of a job
CASES_EVERY = 1 << 12  # if each is run, so that a job ends within seconds; a worker gets to know each state that it is given
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of cases from one state."""

    state: State
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep. `cells` are in the order in which results are told, whatever the order of the work."""

    space: Space
    flavors: tuple[str, ...]
    cells: tuple[Cell, ...]
    every: bool = False
    seed: int = 0
    note: str = ""  # what is left out, for people

    @property
    def cases(self) -> int:
        """How many cases there are, each on all flavors."""
        return sum(cell.count for cell in self.cells)

    @property
    def states(self) -> tuple[State, ...]:
        """The states, each once."""
        return tuple({cell.state.name: cell.state for cell in self.cells}.values())

    def job(self, cell: Cell) -> Job:
        """The work of a cell."""
        return Job(self.space, cell.state, self.flavors, cell.start, cell.count, self.every)

    def identity(self, flavors: Sequence[Flavor]) -> str:
        """What has to be the same for two sweeps to be one: inputs and code."""
        said = {
            "format": FORMAT,
            "space": self.space.name,
            "flavors": self.flavors,
            "cases": self.cases,
            "states": [state.name for state in self.states],
            "every": self.every,
            "seed": self.seed,
            "values": hashlib.sha256(repr((self.space, self.cells)).encode()).hexdigest(),
            "code": fingerprint(flavors),
        }
        return json.dumps(said, sort_keys=True)


def plan(
    space: Space,
    states: Sequence[State],
    flavors: Sequence[Flavor],
    *,
    every: bool = False,
    seed: int = 0,
    cases: int | None = None,
) -> Plan:
    """The plan for all of a space from each of some states. `cases`: how many a job has at most."""
    if not states:
        raise UsageError("a sweep needs a state to start from")
    most = cases or (CASES if space.word is not None and not every else CASES_EVERY)
    cells = tuple(Cell(state, start, min(most, space.size - start)) for state in states for start in range(0, space.size, most))
    return Plan(space, tuple(flavor.id for flavor in flavors), cells, every, seed)


def fingerprint(flavors: Sequence[Flavor]) -> str:
    """A digest of the code that results depend on: this project's core, and the packages of the flavors."""
    roots = {"oracle.run", *(flavor.boot.__module__ for flavor in flavors)}
    found = hashlib.sha256()
    for root in sorted({_package(module) for module in roots}):
        for file in _sources(root):
            found.update(f"{file.name}\0".encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:16]


def _package(module: str) -> Path:
    """The folder of the outermost package that a module is in; the file of one that is in none."""
    top = sys.modules[module.partition(".")[0]]
    places = [Path(place) for place in getattr(top, "__path__", ())]
    if len(places) == 1:
        return places[0]
    return Path(str(sys.modules[module].__file__)).parent if places else Path(str(top.__file__))


def _sources(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    else:
        yield from sorted(path for path in root.rglob("*") if path.suffix in (".py", ".so") and path.is_file())
