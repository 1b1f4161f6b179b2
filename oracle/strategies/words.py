"""Strategies for what calls are given: flag words, intents; and for what machines fail at."""

from __future__ import annotations

from hypothesis import strategies as st

from oracle.args import flag_names, hint
from oracle.calls import SPAWN_PARAMS, Kind, Param
from oracle.errors import UsageError
from oracle.extras import FAULTS
from oracle.flavor import Flavor
from oracle.sweep.space import SIGNALS

WORD = 32  # bits
Faults = tuple[tuple[str, tuple[int, ...]], ...]


def flag_words(flavor: Flavor, call: str, parameter: str = "flags", *, undeclared: bool = True) -> st.SearchStrategy[int]:
    """Words for the flags of a call: any of the bits that have names there and, if `undeclared`, now and then others.

    They shrink to few bits. Raises UsageError if the flavor has no such call, or the call no such flags.
    """
    declared = [bit for _, bit in _names(flavor, call, parameter)]
    known = 0
    for bit in declared:
        known |= bit
    named = st.lists(st.sampled_from(declared), unique=True).map(_union)
    if not undeclared or known >= (1 << WORD) - 1:
        return named
    others = [1 << place for place in range(WORD) if not known & 1 << place]
    strange = st.lists(st.sampled_from(others), min_size=1, max_size=3, unique=True).map(_union)
    return named | st.tuples(named, strange).map(_union)


def _union(bits: list[int] | tuple[int, ...]) -> int:
    word = 0
    for bit in bits:
        word |= bit
    return word


def _names(flavor: Flavor, call: str, parameter: str) -> tuple[tuple[str, int], ...]:
    if call not in flavor.calls:
        raise UsageError(f"{flavor.id} has no call {call!r}{hint(call, flavor.calls)}")
    spec = flavor.calls[call].spec
    flags: dict[str, Param] = {param.name: param for param in spec.params if param.kind is Kind.FLAGS}
    if parameter not in flags:
        raise UsageError(f"{call} has no flags {parameter!r}; there are {', '.join(flags) or 'none'}")
    return flag_names(spec, flags[parameter], flavor)


def intents() -> st.SearchStrategy[dict[str, bool | int | str]]:
    """Intents: all the parameters of `spawn`. They shrink to what plain fork does."""
    return st.fixed_dictionaries({param.name: _value(param) for param in SPAWN_PARAMS})


def _value(param: Param) -> st.SearchStrategy[bool | int | str]:
    if param.kind is Kind.SWITCH:
        return st.booleans()
    if param.kind is Kind.SIGNAL:
        return st.sampled_from(SIGNALS)
    return st.sampled_from(sorted(param.choices, key=lambda choice: choice != param.default))


def faults() -> st.SearchStrategy[Faults]:
    """What fails, and at which times, for `MachineExtras(faults=…)`. They shrink to none."""
    times = st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True).map(sorted).map(tuple)
    return st.dictionaries(st.sampled_from(sorted(FAULTS)), times).map(lambda found: tuple(found.items()))
