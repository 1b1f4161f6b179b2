"""The flaws found in a file, and the words for those that pydantic finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from oracle.args import hint
from oracle.errors import ScenarioError
from oracle.load.parts import PATTERNS
from oracle.load.shape import STANDS_FOR, Shapes, fields_at, step_kind
from oracle.load.yamlpos import Node, Path, short

# What pydantic wanted to see, by the type of its error. All of these mean: the value is of another kind.
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "none_required": "nothing",
}
_QUOTED = re.compile(r"'([^']*)'")
_SHOWN_KEYS = 12
KINDS = ", ".join(f"`{key}`" for key in ("do", *STANDS_FOR))  # what a step can be

Groups = dict[tuple[Path, bool], list[Mapping[str, Any]]]  # pydantic's errors by the value (or the key) that they are about


@dataclass(slots=True)
class Problems:
    """Flaws with their places, in the order in which they were found."""

    file: str
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, node: Node, message: str) -> None:
        """A flaw at a node."""
        self.found.append((node.line, node.column, message))

    def error(self) -> ScenarioError:
        """The flaw that stands first in the file, with the number of the others."""
        line, column, message = min(self.found, key=lambda one: one[:2])
        others = len(self.found) - 1
        if others:
            message += f" (and {others} more {'problem' if others == 1 else 'problems'} in this file)"
        return ScenarioError(message, self.file, line, column)


def check_shape(root: Node, shapes: Shapes, problems: Problems) -> None:
    """Add what is wrong with the shape of a document."""
    if not isinstance(root.value, dict):
        *keys, last = [name for name, field in shapes.scenario.model_fields.items() if field.is_required()]
        wanted = f"{', '.join(keys)} and {last}" if keys else last
        problems.add(root, f"a {shapes.whole} is a mapping with {wanted}, not {show(root)}")
        return
    try:
        shapes.scenario.model_validate(root.value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    else:
        return
    groups: Groups = {}
    for one in found:
        groups.setdefault(_path(root, one["loc"]), []).append(one)
    _forget_misspelled(root, groups, shapes)
    inner = {path[:length] for path, _ in groups for length in range(len(path))}
    for (path, is_key), errors in groups.items():
        others = [one for one in errors if one["type"] not in _WANTED]
        got_further = bool(others) or path in inner  # one branch of a union did: the others say nothing of use
        _describe(root, path, is_key, others if got_further else errors, shapes, problems)


def show(node: Node) -> str:
    """A value in a message."""
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return repr(short(value)) if isinstance(value, str) else str(value)


def _forget_misspelled(root: Node, groups: Groups, shapes: Shapes) -> None:
    """Leave out that a key is missing where another one is there that was probably meant to be it."""
    meant: dict[Path, list[str]] = {}
    for (path, _), errors in groups.items():
        if any(one["type"] == "extra_forbidden" for one in errors):
            meant.setdefault(path[:-1], []).append(_unknown_key(root, path, shapes))
    for path, messages in meant.items():
        if there := groups.get((path, False)):
            there[:] = [one for one in there if not any(f"did you mean {one['loc'][-1]}?" in message for message in messages)]


def _path(root: Node, loc: tuple[str | int, ...]) -> tuple[Path, bool]:
    """The path that pydantic's place stands for, and whether it means the key; names of branches of unions are left out."""
    node = root
    path: list[str | int] = []
    for part in loc:
        found = node.below(part)
        if found is not None:
            node = found
            path.append(part)
    return tuple(path), bool(loc) and loc[-1] == "[key]"


def _describe(
    root: Node, path: Path, is_key: bool, errors: list[Mapping[str, Any]], shapes: Shapes, problems: Problems
) -> None:
    """Add the flaws of one value, or of one key."""
    node = root.at(path)
    name = _name(path) if path else f"the {shapes.whole}"
    if is_key:
        wanted = _wanted(errors)
        problems.add(_key(root, path), f"key {str(path[-1])!r}; expected {wanted}{_close(str(path[-1]), errors)}")
        return
    mismatches = []
    for one in errors:
        kind, context = one["type"], one.get("ctx", {})
        if kind == "extra_forbidden":
            problems.add(_key(root, path), _unknown_key(root, path, shapes))
        elif kind == "missing":
            key = str(one["loc"][-1])
            about = fields_at(shapes, path, step_kind(node.value)).get(key, "")
            call = f" of {step_kind(node.value)}" if path[:1] == ("steps",) else ""
            problems.add(node, f"`{key}`{call} is missing{': ' + about if about else ''}")
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            problems.add(*_unknown_step(node, shapes))
        elif kind == "too_long":
            problems.add(node, f"{name} has more than {context['max_length']} entries, the most allowed")
        elif kind in ("too_short", "string_too_short"):
            problems.add(
                node, f"{name} is empty; expected {'some text' if kind == 'string_too_short' else 'at least one entry'}"
            )
        else:
            mismatches.append(one)
    if mismatches:
        text = node.value if isinstance(node.value, str) else ""
        wanted = _wanted(mismatches)
        quote = f'; write "{show(node)}" in quotes for a text' if isinstance(node.value, bool) and "a text" in wanted else ""
        problems.add(node, f"{name} is {show(node)}; expected {wanted}{_close(text, mismatches)}{quote}")


def _name(path: Path) -> str:
    """What a message calls the value at a path."""
    last = path[-1]
    if isinstance(last, str):
        return f"`{last}`"
    above = path[-2] if len(path) > 1 else ""
    return f"step {last + 1}" if above == "steps" else f"item {last + 1} of `{above}`"


def _key(root: Node, path: Path) -> Node:
    """The key at the end of a path."""
    last = path[-1]
    above = root.at(path[:-1])
    return above.keys.get(last, above) if isinstance(last, str) else above


def _unknown_key(root: Node, path: Path, shapes: Shapes) -> str:
    """What to say of a key that does not belong where it stands."""
    above, key = path[:-1], str(path[-1])
    kind = step_kind(root.at(above).value) if path[:1] == ("steps",) else None
    known = fields_at(shapes, above, kind)
    where = f" of {kind}" if kind in shapes.steps and kind not in STANDS_FOR.values() else ""
    if key == "as" and "do" in known:
        return f"`as` names what a call makes, and {kind} makes no process or thread"
    cure = hint(key, known)
    if not cure and known:
        names = list(known)
        cure = f"; there are {', '.join(names[:_SHOWN_KEYS])}{' …' if len(names) > _SHOWN_KEYS else ''}"
    return f"no key{where} is called {short(key)!r}{cure}"


def _unknown_step(node: Node, shapes: Shapes) -> tuple[Node, str]:
    """What to say of a step that names no call."""
    if not isinstance(node.value, dict):
        return node, f"a step is {show(node)}; expected a mapping with {KINDS}"
    name = node.entries.get("do")
    if name is None:
        if key := next((key for key in STANDS_FOR if key in node.entries), ""):  # which is right anywhere but here
            return node.keys[key], f"a block holds calls alone; `{key}` belongs behind it, where all of `concurrently` is over"
        known = ("do", *STANDS_FOR)
        near = next((key for key in node.entries if hint(key, known)), "")
        return node, f"a step has none of {KINDS}{hint(near, known) if near else ''}"
    if not isinstance(name.value, str):
        return name, f"`do` is {show(name)}; expected the name of a call"
    cure = hint(name.value, [kind for kind in shapes.steps if kind not in STANDS_FOR.values()])
    return name, f"no installed flavor has a call {short(name.value)!r}{cure}"


def _wanted(errors: list[Mapping[str, Any]]) -> str:
    """What was expected, in words, by all the branches of a union."""
    words = list(dict.fromkeys(_words(one) for one in errors))
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"


def _words(one: Mapping[str, Any]) -> str:
    """What was expected, in words."""
    kind, context = one["type"], one.get("ctx", {})
    if kind == "literal_error":
        choices = [choice or "an empty text" for choice in _QUOTED.findall(context["expected"])]
        return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], f"a text that matches {context['pattern']}")
    if kind == "string_too_short":
        return "a text that is not empty"
    if kind == "greater_than_equal":
        return f"a number from {context['ge']} on"
    if kind == "less_than_equal":
        return f"a number up to {context['le']}"
    return _WANTED.get(kind, str(one["msg"]))


def _close(text: str, errors: list[Mapping[str, Any]]) -> str:
    """A did-you-mean, where a word out of some was expected."""
    known = [word for one in errors if one["type"] == "literal_error" for word in _QUOTED.findall(one["ctx"]["expected"])]
    return hint(text, known) if text else ""
