"""Values of facts that are one of certain words: whatever models show is one, and a misspelt one is told from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.errors import ScenarioError
from oracle.facts import FACTS, Subject, lookup
from oracle.load import find_scenarios, load_scenario
from oracle.load.fact_words import STATES, words_of
from oracle.load.observed import observations
from oracle.registry import load_flavors
from oracle.run import run
from oracle.scenario import ALWAYS_THERE, Scenario

SPECS = Path(__file__).parents[2] / "specs"
FLAVORS = load_flavors().flavors


def roles_of(scenario: Scenario) -> list[str]:
    born = [step.born or f"child{step.index}" for step in scenario.calls]
    return [*ALWAYS_THERE, *(process.name for process in scenario.processes), *born]


def test_every_value_that_a_model_shows_of_a_shipped_scenario_is_one_that_there_can_be() -> None:
    wrong: list[str] = []
    looked_at = 0
    for file in find_scenarios([SPECS]):
        scenario = load_scenario(file, FLAVORS, SPECS)
        if scenario.concurrent:
            continue
        words = words_of(scenario, roles_of(scenario), FLAVORS)
        for flavor in FLAVORS:
            if not scenario.runs_on(flavor.id):
                continue
            for path, value in run(scenario, flavor, checked=False).observation.facts.items():
                fact = lookup(path)
                assert fact is not None
                for text in value if isinstance(value, tuple) else (value,):
                    looked_at += isinstance(text, str)
                    if isinstance(text, str) and (flaw := words.flaw(path, fact, text)):
                        wrong.append(f"{scenario.name} {flavor.id} {path} {text}{flaw}")
    assert wrong == []
    assert looked_at > 10_000


def observed(path: str, value: str) -> None:
    steps = '[{"do": "fork", "as": "kid"}]'
    scenario = f'{{"title": "one fork", "topic": "results", "steps": {steps}}}'
    text = f'{{"format": 1, "scenarios": [\n{{"scenario": {scenario},\n"facts": {{\n  "{path}": {value}\n}}}}]}}'
    observations(text, "facts.json", FLAVORS, None)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "kid.state",
            '"zombi"',
            "is 'zombi'; expected embryo, running, asleep, stopped, dying, zombie, reaped or never born; did",
        ),
        ("kid.state", '"Running"', "did you mean running?"),
        ("parent~kid.memory", '"shard"', "is 'shard'; expected shared or apart; did you mean shared?"),
        ("kid.parent", '"parnet"', "is 'parnet'; expected kernel, init, shell, parent, kid or none; did you mean parent?"),
        (
            "parent.children",
            '["kid", "kdi"]',
            "has 'kdi'; expected kernel, init, shell, parent, kid or none; did you mean kid?",
        ),
        ("kid.pending", '["sigusr1"]', "has 'sigusr1'; the nearest that there are: SIGUSR1, SIGUSR2"),
        ("kid.masked", '["USER"]', "has 'USER'; it is one such as SIG"),
        ("kid.exit_signal", '"SIGCLD"', "is 'SIGCLD'; the nearest that there are: SIGCHLD"),
        ("kid.umask", '"22"', "is '22'; expected three octal digits in quotes, as in \"022\""),
        ("kid.umask", "22", 'is 22; expected three octal digits in quotes, as in "022"'),
        ("kid.status", '"exitted 3"', "is 'exitted 3'; expected exited, killed or stopped; did you mean exited?"),
        ("kid.status", '"killed SIGKIL"', "is 'killed SIGKIL'; the nearest that there are: SIGKILL"),
        ("kid.status", '"exited SIGKILL"', "expected a number after exited"),
        ("machine.group.shell", '["kdi"]', "did you mean kid?"),
        ("call.1", '"EAGIAN"', "is 'EAGIAN'; did you mean EAGAIN?"),
        ("call.1", '"kidd"', "is 'kidd'; did you mean kid?"),
        ("call.1", '"aslep"', "is 'aslep'; did you mean asleep?"),
        ("call.1", '"kid exitd 3"', "is 'kid exitd 3'; did you mean exited?"),
        ("call.1", "-1", "is -1; a call that fails gives the name of its errno, such as EAGAIN"),
    ],
)
def test_a_misspelt_word_is_named_with_its_place_and_the_words_that_there_are(path: str, value: str, said: str) -> None:
    with pytest.raises(ScenarioError) as found:
        observed(path, value)
    (line,) = str(found.value).splitlines()
    assert line.startswith("facts.json:4:")
    assert f"{path} {said}" in line or said in line


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(("kid.state", f'"{state}"') for state in STATES),
        ("kid.state", '"absent"'),
        ("kid.state", "null"),
        ("parent.children", '["kid", "pid 7"]'),
        ("kid.exit_signal", '"signal 63"'),
        ("kid.exit_signal", '"none"'),
        ("kid.status", '"stopped 0"'),
        ("call.1", '"EPIPE"'),  # an errno that no model gives
        ("call.1", '"kid stopped SIGTRAP"'),
        ("call.1", '"not made: kid was never born"'),
        ("call.1", '"FORK kid"'),
        ("call.1", "17"),
        ("kid.cwd", '"/hoem"'),
    ],
)
def test_other_values_are_taken_as_they_are(path: str, value: str) -> None:
    observed(path, value)


def test_the_words_for_states_are_those_of_the_vocabulary() -> None:
    (state,) = [fact for fact in FACTS if fact.subject is Subject.PROCESS and fact.name == "state"]
    assert state.meaning == f"{', '.join(STATES[:-1])}, or {STATES[-1]}."
