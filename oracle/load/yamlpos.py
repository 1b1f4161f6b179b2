"""YAML text to plain values that know their line and column, within limits, and without running anything.

The dialect is the YAML that people expect today: `yes`, `no`, `on` and `off` are texts, numbers with a leading zero are
refused as ambiguous, and there are no tags, no merge keys, no dates. Only the parser's events are used from PyYAML; values
are built here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from oracle.errors import ScenarioError

MAX_FILE_BYTES = 256 * 1024
MAX_DEPTH = 20  # lists and mappings inside each other
MAX_NODES = 20_000  # values and keys, an alias counted as what it stands for
MAX_ALIASES = 100
MAX_TEXT = 4_096  # characters in one text

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Everything that is neither printable, nor a tab, nor an end of line as each editor counts it.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_RETURN = re.compile(r"\r")
_LONE_RETURN = re.compile(r"\r(?!\n)")

_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,19})|0x[0-9a-fA-F]{1,16}")
_LEADING_ZERO = re.compile(r"[-+]?0o?[0-9]+")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?:inf|nan)")
_TOO_LONG = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+")

Scalar = bool | int | str | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Node:
    """A value of the file, where it starts (both counted from 1), and the nodes below it.

    `value` is the whole value without places; keys are always texts (the key 3 is "3").
    """

    value: Plain
    line: int
    column: int
    entries: dict[str, Node] = field(default_factory=dict)  # of a mapping
    keys: dict[str, Node] = field(default_factory=dict)  # its keys, for their places
    items: list[Node] = field(default_factory=list)  # of a list
    size: int = 1  # nodes in it, itself included
    height: int = 0  # lists and mappings inside each other, itself included

    def below(self, part: str | int) -> Node | None:
        """The entry or item that a part of a path leads to, or None."""
        if isinstance(part, str):
            return self.entries.get(part)
        return self.items[part] if 0 <= part < len(self.items) else None

    def at(self, path: Path) -> Node:
        """The node that a path leads to, or the last one on the way that is there."""
        node = self
        for part in path:
            found = node.below(part)
            if found is None:
                return node
            node = found
        return node


def read(text: str, file: str = "") -> Node:
    """The one document in a text; raises ScenarioError at its first flaw."""
    text = text.removeprefix("\ufeff")
    _check_text(text, file)
    try:
        return _Composer(text, file).document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ScenarioError(f"this is not YAML: {error}", file) from None


def decode(data: bytes, file: str = "", most: int = MAX_FILE_BYTES) -> str:
    """The text of a file's bytes; raises ScenarioError if they are too many or not UTF-8."""
    if len(data) > most:
        raise ScenarioError(f"the file is larger than {most} bytes, the most that is read", file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise ScenarioError(
            f"byte {data[error.start]:#04x} is not UTF-8 ({error.reason}); save the file as UTF-8", file, *_place(before)
        ) from None


def scalar(text: str) -> Plain | float:
    """What a plain (not quoted) scalar stands for. A float is a number with a fraction, which nothing in a scenario takes.

    Raises ValueError, with the cure as its text, for what could be read in two ways.
    """
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _NUMBER.fullmatch(text):
        number = int(text, 0)
        if not -(1 << 63) <= number < 1 << 64:
            raise ValueError(f"{text} does not fit into 64 bits")
        return number
    if _LEADING_ZERO.fullmatch(text):
        shown = short(text)
        raise ValueError(f'{shown} could be octal or decimal; write "{shown}" in quotes for octal, or without the zero')
    if _TOO_LONG.fullmatch(text):
        raise ValueError(f"{short(text)} does not fit into 64 bits")
    if _FRACTION.fullmatch(text):
        return 0.5
    return text


class _Composer:
    """Builds nodes from the events of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, Node | None] = {}  # None: not yet complete
        self.nodes = 0
        self.aliases = 0

    def document(self) -> Node:
        """The only document of the stream."""
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise ScenarioError("the file is empty; a scenario has at least title, topic and steps", self.file, 1, 1)
        root = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.error(event, "a second YAML document starts here; a file holds one scenario")
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        """The node that starts with an event; `depth` counts what it is inside."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth)
        self.count(event, 1)
        assert isinstance(event, yaml.NodeEvent)
        if (tag := getattr(event, "tag", None)) is not None:
            raise self.error(event, f"tag {short(str(tag))}: tags are not used in scenarios; leave it out")
        anchor = event.anchor
        if anchor is not None:
            self.anchors[anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event)
        elif depth == MAX_DEPTH:
            raise self.error(event, f"lists and mappings are nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, depth + 1)
        else:
            node = self.mapping(event, depth + 1)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        """The node that an alias stands for, counted again."""
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise self.error(event, f"more than {MAX_ALIASES} aliases in one file")
        name = str(event.anchor)
        if name not in self.anchors:
            raise self.error(event, f"alias *{short(name)}: nothing before it is marked &{short(name)}")
        found = self.anchors[name]
        if found is None:
            raise self.error(event, f"alias *{short(name)} stands inside what it stands for")
        self.count(event, found.size)
        if depth + found.height > MAX_DEPTH:
            raise self.error(event, f"with alias *{short(name)}, lists and mappings are nested more than {MAX_DEPTH} deep")
        return found

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        """A text, number, switch or nothing."""
        text = event.value
        if len(text) > MAX_TEXT:
            raise self.error(event, f"a text of {len(text)} characters; the longest allowed has {MAX_TEXT}")
        value: Plain | float = text
        if event.implicit[0]:
            try:
                value = scalar(text)
            except ValueError as error:
                raise self.error(event, str(error)) from None
        if isinstance(value, float):
            shown = short(text)
            raise self.error(event, f'{shown}: numbers in a scenario are whole; write "{shown}" in quotes for a text')
        if isinstance(value, str) and (bad := UNPRINTABLE.search(value) or _RETURN.search(value)):
            raise self.error(event, f"a text with the control character {bad[0]!a}")
        return Node(value, *_of(event))

    def sequence(self, event: yaml.Event, depth: int) -> Node:
        """A list."""
        node = Node([], *_of(event), height=1)
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            node.items.append(self.grow(node, self.node(inner, depth)))
        node.value = [item.value for item in node.items]
        return node

    def mapping(self, event: yaml.Event, depth: int) -> Node:
        """A mapping; its keys have to be different names or whole numbers."""
        node = Node({}, *_of(event), height=1)
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.grow(node, self.node(inner, depth))
            name = self.key(key, inner)
            if name in node.keys:
                raise self.error(inner, f"key {name!r} stands here twice; first on line {node.keys[name].line}")
            node.keys[name] = key
            node.entries[name] = self.grow(node, self.node(next(self.events), depth))
        node.value = {name: entry.value for name, entry in node.entries.items()}
        return node

    def key(self, key: Node, event: yaml.Event) -> str:
        """A key as a text."""
        value = key.value
        if isinstance(value, (list, dict)):
            raise self.error(event, "a list or mapping can't be a key; quote a text that starts with [ or {")
        if value is None or isinstance(value, bool):
            raise self.error(event, f"{'an empty key' if value is None else str(value).lower()} can't be a key; write a name")
        if value == "<<" and getattr(event, "implicit", (False,))[0]:
            raise self.error(event, "merge keys (<<) are not used in scenarios; write the keys out, or alias a whole value")
        return str(value)

    def grow(self, outer: Node, inner: Node) -> Node:
        """Count `inner` as a part of `outer`."""
        outer.size += inner.size
        outer.height = max(outer.height, inner.height + 1)
        return inner

    def count(self, event: yaml.Event, more: int) -> None:
        """Stop a file that holds, or stands for, too many values."""
        self.nodes += more
        if self.nodes > MAX_NODES:
            raise self.error(event, f"more than {MAX_NODES} values, aliases written out")

    def error(self, event: yaml.Event, message: str) -> ScenarioError:
        """A flaw at the start of an event."""
        return ScenarioError(message, self.file, *_of(event))


def _check_text(text: str, file: str) -> None:
    """Refuse a text that is too large, or that a person could not see in an editor."""
    if len(text) > MAX_FILE_BYTES:
        raise ScenarioError(f"the text is longer than {MAX_FILE_BYTES} characters, the most that is read", file)
    if bad := UNPRINTABLE.search(text) or _LONE_RETURN.search(text):
        place = _place(text[: bad.start()])
        raise ScenarioError(f"control character {bad[0]!a}; nobody sees it in an editor, so remove it", file, *place)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> ScenarioError:
    """What PyYAML says about a text that is not YAML, in our form."""
    words = error.problem or "it can't be read"
    if error.context:
        words = f"{error.context}, {words}"
    mark = error.problem_mark if error.problem_mark is not None else error.context_mark
    if mark is None:
        return ScenarioError(f"this is not YAML: {words}", file)
    line, column = mark.line, mark.column
    at = text.split("\n")[line : line + 1]
    if at and at[0][column : column + 1] == "\t":
        words = "a tab where YAML allows spaces only; indent with spaces"
    return ScenarioError(f"this is not YAML: {words}", file, line + 1, column + 1)


def _of(event: yaml.Event) -> tuple[int, int]:
    """Line and column at which an event starts, both from 1."""
    mark = event.start_mark
    assert mark is not None
    return mark.line + 1, mark.column + 1


def _place(before: str) -> tuple[int, int]:
    """Line and column, both from 1, of what follows a text."""
    before = before.removeprefix("\ufeff").replace("\r\n", "\n")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def short(text: str) -> str:
    """At most the first 40 characters of a text, for a message."""
    return text if len(text) <= 40 else text[:40] + "…"
