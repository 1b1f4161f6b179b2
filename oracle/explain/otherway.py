"""Whether the way that a decision did not go would have written a place: by the text of the model, and by what its names
stood for when it was decided."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from oracle.explain.events import WHOLE, Decided
from oracle.explain.places import Place
from oracle.explain.statements import ANY, bits_of, calls, effects_of, function_called, statements_of, targets

_get = object.__getattribute__


def would_write(block: Sequence[ast.stmt], decided: Decided, place: Place, deep: bool) -> bool:
    """Whether a block would write a place, by its text and by what its names stood for at the decision.

    `deep`: in what it calls, too. A decision that cites no lines has to write it itself.
    """
    names = vars(statements_of(decided.decision.module).module)
    for target in targets(block):
        holder = _value(target.base, decided)
        if target.key is not None and place.key is not WHOLE and target.key != place.key:
            continue
        if target.field == place.field and holder is place.obj and _meets(bits_of(target.value, names), place.bits):
            return True
        if not target.field and holder is not None and holder is _get(place.obj, place.field):
            return True
    for call in calls(block) if deep else ():
        function = function_called(call, names)
        inner = call.func.value if isinstance(call.func, ast.Attribute) else None
        passed = [*call.args, *([inner] if inner is not None else [])]
        if function is None or not any(_value(one, decided) is place.obj for one in passed):
            continue
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if isinstance(place.key, str) and texts and place.key not in texts:
            continue
        bits = effects_of(function).fields.get(place.field)
        if bits is not None and _meets(bits, place.bits):
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
