"""Mistakes in steps that run at the same time, and in what is claimed of all schedules, each with its place."""

from __future__ import annotations

import pytest

from oracle.scenario import Check, Concurrently, Quantifier
from tests.unit.load_helpers import HEAD, flaw, read

RACE = "  - concurrently: {parent: [{do: fork, as: kid}], shell: [{do: getpid}]}\n"
BLOCK = "  - concurrently:\n"
ROWS = [
    (BLOCK + "      parent: [{check: {parent.umask: '022'}}]\n", 5, 17, "a block holds calls alone; `check` belongs behind it"),
    (BLOCK + "      parent: [{concurrently: {shell: [{do: fork}]}}]\n", 5, 17, "`concurrently` belongs behind it"),
    (BLOCK + "      parent: [{do: fork, by: shell}]\n", 5, 31, "`by` is 'shell', but the step stands among those of 'parent'"),
    (BLOCK + "      nobody: [{do: fork}]\n", 5, 16, "no process is called 'nobody'; there are shell, parent"),
    (BLOCK + "      parent: []\n", 5, 15, "`parent` is empty; expected at least one entry"),
    (BLOCK + "      parent: {do: fork}\n", 5, 15, "`parent` is a mapping; expected a list"),
    (BLOCK + "      parent: [{do: frok}]\n", 5, 21, "no installed flavor has a call 'frok'; did you mean fork?"),
    (BLOCK + "      parent: [{}]\n", 5, 16, "a step has none of `do`"),
    (BLOCK + "      parent: [{do: kill, to: ghost, signal: SIGINT}]\n", 5, 31, "no process is called 'ghost'"),
    (BLOCK + "      parent: [{do: fork, as: kid}]\n      shell: [{do: fork, as: kid}]\n", 6, 30, "'kid' is there already on"),
    ("  - concurrently: {}\n", 4, 19, "`concurrently` is empty; expected at least one entry"),
    ("  - concurrently: []\n", 4, 19, "`concurrently` is a list; expected a mapping"),
    (RACE + "    do: fork\n", 5, 5, "no key is called 'do'; there are concurrently, only"),
    (RACE + "    only: gamma\n", 5, 11, "selector 'gamma' names no installed flavor"),
    (RACE + "  - sometimes: {}\n", 5, 16, "`sometimes` is empty; expected at least one entry"),
    (RACE + "  - check: {call.3: '0'}\n", 5, 13, "call.3: no call before this is step 3; calls are 1, 2"),
    ("  - do: fork\n  - sometimes: {parent.umask: '022'}\n", 5, 5, "so there is one schedule; write `check` for `sometimes`"),
    ("  - do: fork\n  - never: {parent.umask: '022'}\n", 5, 5, "so there is one schedule; write `check` for `never`"),
    ("  - do: fork\n  - always: {parent.umask: '022'}\n", 5, 5, "so there is one schedule; write `check` for `always`"),
]


@pytest.mark.parametrize(("steps", "line", "column", "fragment"), ROWS)
def test_a_mistake_is_told_with_its_place(steps: str, line: int, column: int, fragment: str) -> None:
    found = flaw(HEAD + "steps:\n" + steps)
    assert found[:2] == (line, column), found
    assert fragment in found[2]


def test_the_steps_of_a_block_count_on_and_those_behind_it_follow() -> None:
    program = read(HEAD + "steps:\n  - do: getpid\n" + RACE + "  - {by: kid, do: exit}\n  - sometimes: {call.3: shell}\n")
    _, block, last, claim = program.steps
    assert isinstance(block, Concurrently)
    assert isinstance(claim, Check)
    assert [(step.index, step.by) for step in block.steps] == [(2, "parent"), (3, "shell")]
    assert (last.index, claim.index, claim.quantifier) == (4, 5, Quantifier.SOMETIMES)


def test_who_is_born_in_a_block_may_stand_before_the_step_that_makes_him() -> None:
    (block,) = read(HEAD + "steps:\n" + BLOCK + "      kid: [{do: getpid}]\n      parent: [{do: fork, as: kid}]\n").steps
    assert isinstance(block, Concurrently)
    assert [(step.index, step.by) for step in block.steps] == [(1, "kid"), (2, "parent")]
