"""Whether the way that a decision did not go would have written a place: by the text of the model, and by what its names
stood for when it was decided."""

from __future__ import annotations

import ast

from oracle.explain.events import WHOLE, Decided
from oracle.explain.places import Place
from oracle.explain.statements import ANY, Way, effects_of

_get = object.__getattribute__


def would_write(way: Way, decided: Decided, place: Place, deep: bool) -> bool:
    """Whether a way would write a place, by its text and by what its names stood for at the decision.

    `deep`: in what it calls, too. A decision that cites no lines has to write it itself.
    """
    for target, bits in way.targets if way.may_write(place.field) else ():
        if target.key is not None and place.key is not WHOLE and target.key != place.key:
            continue
        holder = _value(target.base, decided)
        if target.field == place.field and holder is place.obj and _meets(bits, place.bits):
            return True
        if not target.field and holder is not None and holder is _get(place.obj, place.field):
            return True
    for called in way.calls_writing(place.field) if deep else ():
        if not any(_value(one, decided) is place.obj for one in called.passed):
            continue
        if isinstance(place.key, str) and called.texts and place.key not in called.texts:
            continue
        if _meets(effects_of(called.function).fields[place.field], place.bits):
            return True
    return False


def _meets(written: int, wanted: int) -> bool:
    return not wanted or written == ANY or bool(written & wanted)


def _value(expression: ast.expr, decided: Decided) -> object:
    """The kernel object that an expression stood for; None if the text does not tell."""
    if isinstance(expression, ast.Name):
        return decided.names.get(expression.id)
    if isinstance(expression, ast.Attribute):
        holder = _value(expression.value, decided)
        return getattr(holder, expression.attr, None) if holder is not None else None
    return None
