"""Any program on any flavor comes to a result: no crash, no rule broken that the real kernel keeps, the same each time, and the
same once it was written to a file and read again.

`python -m tests.properties.test_programs 5000` tries that many.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings

from oracle.load import dump_scenario, loads
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import Scenario
from oracle.strategies import programs

FLAVORS = load_flavors().flavors
EXAMPLES = 150


def _sound(program: Scenario) -> None:
    again = loads(dump_scenario(program), "random.yaml", FLAVORS)
    assert again == program
    for flavor in FLAVORS:
        result = run(program, flavor)
        assert not result.crash, f"{flavor.id}: {result.crash}\n{dump_scenario(program)}"
        unknown = [f"{one.rule} after step {one.step}: {one.text}" for one in result.violations if not one.known]
        assert not unknown, f"{flavor.id}: {unknown}\n{dump_scenario(program)}"
        assert run(again, flavor) == result


def checking(examples: int, **more: object) -> Callable[[], None]:
    """The property, for some number of programs."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    configured = settings(max_examples=examples, deadline=None, suppress_health_check=quiet, report_multiple_bugs=False, **more)  # type: ignore[arg-type]
    return configured(given(programs(FLAVORS))(_sound))


def test_every_program_comes_to_a_sound_result() -> None:
    checking(EXAMPLES, derandomize=True)()


if __name__ == "__main__":
    checking(int(sys.argv[1]), database=None, phases=(Phase.generate, Phase.shrink))()
