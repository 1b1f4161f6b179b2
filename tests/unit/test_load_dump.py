"""Values to YAML and back."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from oracle.load import dump_scenario
from oracle.scenario import ProcessSpec, Scenario, Step
from tests.unit.load_helpers import HEAD, read
from tests.unit.load_strategies import scenarios

TEXT = """\
title: "The last ten slots are root's"
why: A daemon fails earlier there.
topic: limits
only: [alpha]
agree: [parent.umask]
machine: {maxproc: 40, background: {0: 20}, tunables: {atune: 0}}
processes:
  parent:
    euid: 0
    umask: "027"
    files: {3: {path: /a, offset: 10, cloexec: true}, 4: /dev/null}
    memory: {data: "0", map: {value: "7", inherit: share}}
    limits: {nproc: {soft: 5, hard: 10}}
    caught: {SIGUSR1: on_usr1}
  kid: {group: parent, session: shell, masked: [SIGINT]}
steps:
  - {do: rfork, flags: RFPROC|RFFDG, as: other, gives: other}
  - {by: other, do: umask, mask: "022", gives: {alpha@1.1: "027", all: absent}}
  - check:
      parent.umask: "027"
      parent.children: []
    only: alpha@1.1
"""


def test_a_scenario_is_written_the_way_people_write_it() -> None:
    assert dump_scenario(read(TEXT)) == TEXT


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_what_is_written_reads_back_as_the_same_value(scenario: Scenario) -> None:
    text = dump_scenario(scenario)
    found = read(text)
    assert found == scenario
    assert dump_scenario(found) == text


def test_an_argument_that_is_none_is_not_written() -> None:
    step = Step(1, "parent", "wait", {"child": None, "options": 0})
    assert dump_scenario(Scenario("a/b", "t", "", "results", (step,))) == HEAD + "steps:\n  - {do: wait, options: 0}\n"


def test_texts_that_look_like_something_else_are_quoted() -> None:
    for text in (
        "true",
        "yes",
        "null",
        "1",
        "022",
        "089",
        "0o7",
        "1.5",
        "1e3",
        "2001-01-01",
        "",
        " a",
        "a ",
        "=",
        "<<",
        "~",
        "1:30",
    ):
        scenario = Scenario(
            "a/b", "t", "", "results", (Step(1, "parent", "open", {"path": text}),), processes=(ProcessSpec("parent"),)
        )
        dumped = dump_scenario(scenario)
        assert f'path: "{text}"' in dumped
