"""The arguments of a step, as a scenario writes them, turned into what a flavor takes: numbers for names, defaults filled in.

Roles stay names; who they are is known to a running machine alone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from oracle.calls import CallSpec, Kind, Param
from oracle.errors import OracleError
from oracle.flavor import Flavor
from oracle.scenario import ArgValue

Parsed = bool | int | str | None

# Which of `Flavor.flags` names the flags of a portable call's parameter.
SECTIONS: Mapping[tuple[str, str], str] = {
    ("wait", "options"): "wait",
    ("sigaction", "options"): "sa",
    ("kevent", "notes"): "note",
    ("ptrace", "events"): "ptrace",
}

_NUMBER = re.compile(r"[0-9]{1,20}|0x[0-9a-fA-F]{1,16}")
_OCTAL = re.compile(r"(?:0o)?[0-7]{1,6}")


class ArgumentError(OracleError):
    """An argument that a call does not take on a flavor. Its text names the call, the parameter, the value and the cure."""


def parse(spec: CallSpec, args: Mapping[str, ArgValue], flavor: Flavor) -> dict[str, Parsed]:
    """Every parameter of a call with its value on a flavor, in the call's own order.

    Signals, signal sets and flag words become numbers, roles stay names, and what is not given has its default (None, if it has
    none). Raises ArgumentError.
    """
    values: dict[str, Parsed] = {}
    given = 0
    for param in spec.params:
        value = args.get(param.name)
        if value is not None:
            given += 1
        elif param.required:
            raise ArgumentError(f"{spec.name} needs {param.name}: {param.meaning}")
        else:
            value = param.default
        values[param.name] = None if value is None else parse_one(spec, param, value, flavor)
    if given != len(args):
        for name, value in args.items():
            if value is not None and name not in values:
                raise ArgumentError(f"{spec.name} has no parameter {name!r} on {flavor.id}{hint(name, values)}")
    return values


def parse_one(spec: CallSpec, param: Param, value: ArgValue, flavor: Flavor) -> Parsed:
    """One value of a parameter on a flavor; raises ArgumentError."""
    kind = param.kind
    if kind is Kind.TEXT:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _wrong(spec, param, value)
        if param.choices and value not in param.choices:
            known = ", ".join(param.choices)
            raise ArgumentError(f"{spec.name} {param.name}: {value!r} is none of {known}{hint(value, param.choices)}")
        return value
    if kind is Kind.SWITCH:
        if not isinstance(value, bool):
            raise _wrong(spec, param, value)
        return value
    if kind is Kind.SIGNALS:
        if not isinstance(value, tuple):
            raise _wrong(spec, param, value)
        mask = 0
        for name in value:
            mask |= 1 << (_signal(spec, param, name, flavor) - 1)
        return mask
    if isinstance(value, (bool, tuple)) or value is None:
        raise _wrong(spec, param, value)
    if isinstance(value, int):
        if kind is Kind.ROLE:
            raise _wrong(spec, param, value)
        return value
    if kind is Kind.ROLE:
        return value
    if kind is Kind.SIGNAL:
        return _signal(spec, param, value, flavor)
    if kind is Kind.FLAGS:
        return _flags(spec, param, value, flavor)
    if kind is Kind.OCTAL and _OCTAL.fullmatch(value):
        return int(value, 8)
    raise _wrong(spec, param, value)


def flag_names(spec: CallSpec, param: Param, flavor: Flavor) -> tuple[tuple[str, int], ...]:
    """The flag names that a parameter takes on a flavor, with their bits."""
    if param.names:
        return param.names
    section = SECTIONS.get((spec.name, param.name), "")
    return tuple(flavor.flags.get(section, {}).items())


def hint(word: str, known: Collection[str]) -> str:
    """A tail for a message: the known word that comes closest to `word`, if one is close."""
    folded = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word[:40].lower(), folded, 1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def _signal(spec: CallSpec, param: Param, name: str, flavor: Flavor) -> int:
    """The number of a signal."""
    number = flavor.signals.get(name)
    if number is None:
        raise ArgumentError(f"{spec.name} {param.name}: {flavor.id} has no signal {name!r}{hint(name, flavor.signals)}")
    return number


def _flags(spec: CallSpec, param: Param, text: str, flavor: Flavor) -> int:
    """The flag word that a text with names and numbers stands for."""
    word, unknown = _flag_word(text, flag_names(spec, param, flavor))
    if unknown is not None:
        known = [name for name, _ in flag_names(spec, param, flavor)]
        cure = hint(unknown, known) or (f"; it has {', '.join(known)}" if known else "; it has none: write a number")
        raise ArgumentError(f"{spec.name} {param.name}: {flavor.id} has no flag {unknown!r}{cure}")
    return word


@lru_cache(maxsize=4096)
def _flag_word(text: str, names: tuple[tuple[str, int], ...]) -> tuple[int, str | None]:
    """The bits of a text such as `RFPROC|RFFDG|0x8`, and the first word in it that is neither a name nor a number."""
    bits = dict(names)
    word = 0
    for part in text.split("|"):
        name = part.strip()
        bit = bits.get(name)
        if bit is None:
            if not _NUMBER.fullmatch(name):
                return 0, name
            bit = int(name, 0) if name.startswith("0x") else int(name)
        word |= bit
    return word, None


def _wrong(spec: CallSpec, param: Param, value: ArgValue) -> ArgumentError:
    """A value of the wrong kind."""
    return ArgumentError(f"{spec.name} {param.name}: {value!r} is not {param.kind.value}")
