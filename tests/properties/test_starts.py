"""Whatever a machine starts with, alone and together: the start breaks no rule, is the same once written and read again, and a
fork from it comes to a result, the same each time.

`python -m tests.properties.test_starts 5000` tries that many.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracle.load import dump_scenario, loads
from oracle.machine import invariants
from oracle.registry import load_flavors
from oracle.run import Execution, run
from oracle.scenario import ArgValue, Scenario, Step
from oracle.strategies import starts

FLAVORS = load_flavors().flavors
EXAMPLES = 150


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Somebody forks from a start that one flavor can have, or that any might; then everybody else may, threads included."""
    start = draw(st.sampled_from(((), *((flavor,) for flavor in FLAVORS))).flatmap(starts))
    actors = [*start.actors, "init", "kernel"]
    forks = st.sampled_from(("fork", "vfork"))
    calls: list[tuple[str, str, dict[str, ArgValue], str]] = [("parent", draw(forks), {}, "kid")]
    for number in range(draw(st.integers(0, 3))):
        calls.append((draw(st.sampled_from(actors)), draw(forks), {}, f"kid{number}"))
    calls += draw(st.sampled_from(((), (("kid", "exec", {"path": "/bin/ls"}, ""),), (("kid", "exit", {}, ""),))))
    calls += draw(st.sampled_from(((), (("parent", "wait", {"options": "WNOHANG"}, ""), ("parent", "exit", {}, "")))))
    steps = tuple(Step(index, by, call, args, born) for index, (by, call, args, born) in enumerate(calls, 1))
    return Scenario("random", "a random start", "", "results", steps, start.machine, start.processes)


def _sound(scenario: Scenario) -> None:
    text = dump_scenario(scenario)
    again = loads(text, "random.yaml", FLAVORS)
    assert again == scenario
    for flavor in FLAVORS:
        execution = Execution(scenario, flavor)
        next(execution.steps(), None)
        if execution.started:
            broken = invariants.check(execution.k, flavor.states)
            assert not broken, f"{flavor.id} starts with {broken}\n{text}"
        result = run(scenario, flavor)
        assert not result.crash, f"{flavor.id}: {result.crash}\n{text}"
        unknown = [f"{one.rule} after step {one.step}: {one.text}" for one in result.violations if not one.known]
        assert not unknown, f"{flavor.id}: {unknown}\n{text}"
        assert run(again, flavor) == result


def checking(examples: int, **more: object) -> Callable[[], None]:
    """The property, for some number of starts."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    configured = settings(max_examples=examples, deadline=None, suppress_health_check=quiet, report_multiple_bugs=False, **more)  # type: ignore[arg-type]
    return configured(given(scenarios())(_sound))


def test_every_start_is_sound() -> None:
    checking(EXAMPLES, derandomize=True)()


if __name__ == "__main__":
    checking(int(sys.argv[1]), database=None, phases=(Phase.generate, Phase.shrink))()
