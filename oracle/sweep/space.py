"""Finite spaces of calls: what a call's parameters can be, counted through, so that a case is one integer.

A space is made out of a call's own parameters, so every flavor's calls have theirs: all words over the names of its flags, both
ways of a switch, each of a set of choices, and signals that stand for the rest. Names and numbers stay as they are by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from oracle.args import flag_names, hint
from oracle.calls import PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.scenario import ArgValue

INTENTS = "spawn"  # has code in no flavor: it is lowered to other calls
UNDECLARED, WORD = "+undeclared", 32  # bits of a flag word
MOST_BITS = 22  # of one word: a sweep over more than four million cases for each state is asked for by mistake
FIRST_BEYOND = 64  # no signal of any system that has 63
SIGNALS: tuple[str | int, ...] = ("SIGCHLD", 0, "SIGUSR1", "SIGKILL")
SIGNALS_OF_WORDS: tuple[str | int, ...] = (*SIGNALS, FIRST_BEYOND)


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter: its values, or the bits of which a word of it is made, by name.

    `stray` are bits that no name stands for, or that are the kernel's own: each is tried alone beside every word of the others.
    """

    name: str
    values: tuple[ArgValue, ...] = ()
    bits: tuple[tuple[str, int], ...] = ()
    stray: tuple[tuple[str, int], ...] = ()

    @property
    def size(self) -> int:
        """How many values it takes."""
        return (1 + len(self.stray) << len(self.bits)) if self.bits else len(self.values)

    def at(self, index: int) -> ArgValue:
        """One of them."""
        return self.words()[index] if self.bits else self.values[index]

    def words(self) -> tuple[int, ...]:
        """All words over its bits, without a stray bit first."""
        return all_words(tuple([bit for _, bit in self.bits]), tuple([bit for _, bit in self.stray]))

    def text(self, index: int) -> str:
        """The same for people."""
        if not self.bits:
            return str(self.values[index]).lower() if isinstance(self.values[index], bool) else str(self.values[index])
        return "|".join((*self.flags(index), *self.astray(index))) or "0"

    def flags(self, index: int) -> list[str]:
        """The names of the bits that are set in one of its words, stray ones apart."""
        return [name for place, (name, _) in enumerate(self.bits) if index >> place & 1]

    def astray(self, index: int) -> list[str]:
        """The stray bit of one of its words, if it has one."""
        which = index >> len(self.bits)
        return [self.stray[which - 1][0]] if which else []

    def weight(self, index: int) -> int:
        """How far it is from the simplest value."""
        return len(self.flags(index)) + len(self.astray(index)) if self.bits else int(index > 0)


@lru_cache(maxsize=8)
def all_words(bits: tuple[int, ...], stray: tuple[int, ...] = ()) -> tuple[int, ...]:
    """All words over some bits: bit n of a word's place says whether it has the n-th. Then the same with each stray bit."""
    made = [0]
    for bit in bits:
        made += [word | bit for word in made]
    return tuple([word | bit for bit in (0, *stray) for word in made])


@dataclass(frozen=True, slots=True)
class Space:
    """Every combination of a call's parameters. Case 0 has the simplest value of each; the first axis turns fastest."""

    name: str
    call: str
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        """How many cases there are."""
        return prod(axis.size for axis in self.axes)

    @property
    def word(self) -> Axis | None:
        """The first axis, if it is a flag word: neighbours differ in it alone."""
        return self.axes[0] if self.axes and self.axes[0].bits else None

    def digits(self, index: int) -> Iterator[tuple[Axis, int]]:
        """Each axis with its place in a case."""
        if not 0 <= index < self.size:
            raise UsageError(f"{self.name} has {self.size} cases, from 0 on; there is no case {index}")
        for axis in self.axes:
            index, digit = divmod(index, axis.size)
            yield axis, digit

    def args(self, index: int) -> dict[str, ArgValue]:
        """The arguments of a case, as a scenario would write them."""
        return {axis.name: axis.at(digit) for axis, digit in self.digits(index)}

    def named(self, index: int) -> dict[str, ArgValue]:
        """The same with flags by name, for scenario files."""
        return {axis.name: axis.text(digit) if axis.bits and digit else axis.at(digit) for axis, digit in self.digits(index)}

    def text(self, index: int) -> str:
        """A case for people; what has its simplest value is left out, but for flags."""
        said = [f"{axis.name}={axis.text(digit)}" for axis, digit in self.digits(index) if digit or axis.bits]
        return f"{self.call}({', '.join(said)})"

    def weight(self, index: int) -> int:
        """How far a case is from case 0: flags set, and parameters that are not as simple as can be."""
        return sum(axis.weight(digit) for axis, digit in self.digits(index))

    def index(self, args: dict[str, ArgValue]) -> int:
        """The case with some arguments; what isn't given has its simplest value. Raises UsageError if there is none."""
        index, unit = 0, 1
        for axis in self.axes:
            wanted = args.get(axis.name, axis.at(0))
            place = next((place for place in range(axis.size) if axis.at(place) == wanted), None)
            if place is None:
                raise UsageError(f"{self.name}: {axis.name} is never {wanted!r} in this space")
            index, unit = index + place * unit, unit * axis.size
        return index


def spaces(flavors: Sequence[Flavor]) -> dict[str, Space]:
    """The spaces of calls that all of some flavors have and that take the same there, by the name of the call."""
    found: dict[str, Space] = {}
    for name, call in ((name, call.spec) for name, call in flavors[0].calls.items()):
        if call.births and all(name in one.calls and one.calls[name].spec == call for one in flavors):
            space = found[name] = space_of(call, flavors[0])
            if space.word is not None:
                found[name + UNDECLARED] = _with_strays(space, flavors[0])
    found[INTENTS] = space_of(PORTABLE_BY_NAME[INTENTS], flavors[0])
    return found


def space_named(name: str, flavors: Sequence[Flavor]) -> Space:
    """A space by name. Raises UsageError, with those that there are, if these flavors don't have it in common."""
    known = spaces(flavors)
    if name not in known:
        raise UsageError(
            f"{', '.join(flavor.id for flavor in flavors)}: no space {name!r} in common{hint(name, known)}; "
            f"there are {', '.join(known)}"
        )
    return known[name]


def space_of(spec: CallSpec, flavor: Flavor) -> Space:
    """The space of a call: its flag words first, then the rest."""
    axes = [axis for param in spec.params if (axis := _axis(spec, param, flavor)).size > 1]
    axes.sort(key=lambda axis: not axis.bits)  # stable
    return Space(spec.name, spec.name, tuple(axes))


def _with_strays(space: Space, flavor: Flavor) -> Space:
    """The same with each bit that the space lacks, alone beside every word."""
    axis, *rest = space.axes
    param = next(param for param in flavor.calls[space.call].spec.params if param.name == axis.name)
    named = {bit: name for name, bit in flag_names(flavor.calls[space.call].spec, param, flavor)}
    declared = sum(bit for _, bit in axis.bits)
    bits = [1 << place for place in range(WORD) if not declared & 1 << place]
    stray = tuple((named.get(bit, f"{bit:#x}"), bit) for bit in bits)
    return Space(space.name + UNDECLARED, space.call, (replace(axis, stray=stray), *rest))


def _axis(spec: CallSpec, param: Param, flavor: Flavor) -> Axis:
    if param.kind is Kind.FLAGS:
        bits = _bits(param, flag_names(spec, param, flavor))
        if len(bits) > MOST_BITS:
            raise UsageError(f"{spec.name} {param.name}: {len(bits)} flags are too many for a space; at most {MOST_BITS}")
        return Axis(param.name, (0,), bits)
    values: Sequence[ArgValue] = (param.default,)
    if param.kind is Kind.SWITCH:
        values = (False, True)
    elif param.kind is Kind.SIGNAL:
        values = SIGNALS if spec.name in PORTABLE_BY_NAME else SIGNALS_OF_WORDS
    elif param.choices:
        values = param.choices
    first = [value for value in values if value == param.default and type(value) is type(param.default)]
    return Axis(param.name, (*first, *(value for value in values if value not in first)))


def _bits(param: Param, names: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Every single bit that a program may set, with its name; bits that have none of their own by number."""
    single = {value: name for name, value in names if value.bit_count() == 1}
    private = sum({bit for name, bit in names if name in param.private})
    every = 0
    for _, value in names:
        every |= value
    bits = [1 << place for place in range(every.bit_length()) if every & ~private & 1 << place]
    return tuple((single.get(bit, f"{bit:#x}"), bit) for bit in bits)
