"""What a machine starts with, value by value, as it is written down in tests/unit/data/starts: a line for each kernel object,
with all in it that is not 0, no or nothing.

`python -m tests.unit.flavors.test_machine_at_start` writes it down anew; read the difference before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle.flavor import Flavor
from oracle.load import load_scenario
from oracle.machine.machine import Machine
from oracle.machine.snapshot import differences, snapshot
from oracle.registry import load_flavors
from oracle.run import Execution
from oracle.scenario import MachineSpec, Scenario

_MEMBER = re.compile(r"(.*?)\.?([^.\[]+|\[\d+\])")  # of a path: the object, and what of it
FOLDER = Path(__file__).parents[1] / "data" / "starts"


def starts() -> Iterator[tuple[Scenario, Flavor]]:
    """Every start, on every flavor that it is for."""
    flavors = load_flavors().flavors
    for file in sorted(FOLDER.glob("*.yaml")):
        scenario = load_scenario(file, flavors)
        yield from ((scenario, flavor) for flavor in flavors if scenario.runs_on(flavor.id))


def listed(scenario: Scenario, flavor: Flavor) -> str:
    """The machine at a start."""
    execution = Execution(scenario, flavor)
    for _ in execution.steps():
        break
    assert execution.started, execution.unmodelled
    objects: dict[str, list[str]] = {}
    for path, value in snapshot(execution.k).items():
        if value:
            owner, member = _MEMBER.fullmatch(path).groups()  # type: ignore[union-attr]  # matches every path
            objects.setdefault(owner or "the machine", []).append(f"{member} = {value}")
    return "".join(f"{owner}: {', '.join(members)}\n" for owner, members in objects.items())


def written(scenario: Scenario, flavor: Flavor) -> Path:
    """Where it is written down."""
    return FOLDER / f"{Path(scenario.file).stem}-on-{flavor.id.replace('@', '-')}.txt"


@pytest.mark.parametrize(("scenario", "flavor"), [pytest.param(*one, id=written(*one).stem) for one in starts()])
def test_a_machine_starts_with_what_is_written_down(scenario: Scenario, flavor: Flavor) -> None:
    assert listed(scenario, flavor).splitlines() == written(scenario, flavor).read_text().splitlines()


@pytest.mark.parametrize("flavor", load_flavors().flavors, ids=lambda flavor: flavor.id)
def test_a_machine_boots_with_the_tunables_that_its_flavor_names(flavor: Flavor) -> None:
    plain, said = Machine(), Machine()
    flavor.boot(plain, MachineSpec())
    flavor.boot(said, MachineSpec(tunables=tuple(flavor.tunables.items())))
    assert differences(snapshot(plain), snapshot(said)) == []


def test_every_start_that_is_written_down_is_compared() -> None:
    assert sorted(FOLDER.glob("*.txt")) == sorted(written(*one) for one in starts())


if __name__ == "__main__":
    for one in starts():
        written(*one).write_text(listed(*one))
