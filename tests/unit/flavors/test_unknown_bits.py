"""Bits of flag words that nobody has given a meaning make no difference: not to what calls come to, not to any fact.

So every test of a flag tests that flag: with `+`, `*` or a division in place of `&`, other bits would show.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.flavor import Flavor
from oracle.load import find_scenarios, load_scenario
from oracle.outcome import RunResult
from oracle.registry import load_flavors
from oracle.run import Execution
from oracle.scenario import Scenario

SPECS = Path(__file__).parents[3] / "specs"
FLAVORS = load_flavors().flavors
TOPICS = sorted(path.name for path in SPECS.iterdir() if path.is_dir())
BITS = {  # by system and word: unused ones, below and above most of those that have a meaning
    "dragonfly": {"p_flag": 0x80000400, "lwp_flag": 0x8010},
    "netbsd": {
        "p_flag": 0x40000008, "p_sflag": 0x40000001, "p_slflag": 0x40000002, "p_lflag": 0x40000001, "lwp_flag": 0x40000004,
    },
}  # fmt: skip


def result(scenario: Scenario, flavor: Flavor, bits: dict[str, int]) -> RunResult:
    """What a run comes to in which these bits are set before and after every step, in every process and thread."""
    execution = Execution(scenario, flavor, checked=False)
    for _ in execution.steps():
        for p in execution.k.allproc:
            for holder in (p, *p.p_lwps):
                for word, noise in bits.items():
                    if hasattr(holder, word):
                        setattr(holder, word, getattr(holder, word) | noise)
    return execution.result()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("flavor", FLAVORS, ids=lambda flavor: flavor.id)
def test_bits_without_a_meaning_make_no_difference(flavor: Flavor, topic: str) -> None:
    for path in find_scenarios([SPECS / topic]):
        scenario = load_scenario(path, FLAVORS)
        if scenario.runs_on(flavor.id) and not scenario.concurrent:
            assert result(scenario, flavor, BITS[flavor.system]) == result(scenario, flavor, {}), scenario.name


def test_a_bit_with_a_meaning_makes_a_difference() -> None:
    scenario = load_scenario(SPECS / "vfork" / "child-forks.yaml", FLAVORS)
    flavor = next(one for one in FLAVORS if one.system == "netbsd")
    assert result(scenario, flavor, {"p_flag": 0x100}) != result(scenario, flavor, {})
