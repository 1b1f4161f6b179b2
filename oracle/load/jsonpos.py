"""JSON text to plain values that know their line and column, within limits. The nodes are those that YAML is read to."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # it is there, if not in the stubs

from oracle.errors import ScenarioError
from oracle.load.yamlpos import MAX_DEPTH, MAX_TEXT, UNPRINTABLE, Node, Plain, short

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_NODES = 100_000

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGITS = 20  # and signs, of the longest number that fits into 64 bits


def read(text: str, file: str = "") -> Node:
    """The value in a text; raises ScenarioError at its first flaw."""
    if len(text) > MAX_FILE_BYTES:
        raise ScenarioError(f"the text is longer than {MAX_FILE_BYTES} characters, the most that is read", file)
    return _Reader(text.removeprefix("\ufeff"), file).document()


class _Reader:
    """Builds nodes out of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self.nodes = 0
        self.line = 1  # of `seen`
        self.seen = 0
        self.start = 0  # of that line

    def document(self) -> Node:
        """The one value of the text."""
        self.skip()
        if self.at == len(self.text):
            raise self.error("the file is empty")
        node = self.value(0)
        self.skip()
        if self.at < len(self.text):
            raise self.error(f"more text after the end of the value: {short(self.text[self.at :].split()[0])!r}")
        return node

    def value(self, depth: int) -> Node:
        """The value that starts here; `depth` counts what it is inside."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.error(f"more than {MAX_NODES} values")
        char = self.text[self.at : self.at + 1]
        if char and char in "{[" and depth == MAX_DEPTH:
            raise self.error(f"lists and objects are nested more than {MAX_DEPTH} deep")
        if char == "{":
            return self.mapping(depth + 1)
        if char == "[":
            return self.sequence(depth + 1)
        node = Node(None, *self.place(self.at))
        node.value = self.string() if char == '"' else self.plain(char)
        return node

    def mapping(self, depth: int) -> Node:
        """An object; its keys have to be different."""
        node = Node({}, *self.place(self.at))
        self.at += 1
        while not self.closed(node, "}", bool(node.keys)):
            if self.text[self.at : self.at + 1] != '"':
                raise self.error("a key in double quotes is expected here")
            key = Node(None, *self.place(self.at))
            self.nodes += 1
            key.value = name = self.string()
            if name in node.keys:
                raise ScenarioError(
                    f"key {short(name)!r} stands here twice; first on line {node.keys[name].line}",
                    self.file,
                    key.line,
                    key.column,
                )
            self.skip()
            if self.text[self.at : self.at + 1] != ":":
                raise self.error(f": is expected here, after the key {short(name)!r}")
            self.at += 1
            self.skip()
            node.keys[name] = key
            node.entries[name] = self.value(depth)
        node.value = {name: entry.value for name, entry in node.entries.items()}
        return node

    def sequence(self, depth: int) -> Node:
        """A list."""
        node = Node([], *self.place(self.at))
        self.at += 1
        while not self.closed(node, "]", bool(node.items)):
            node.items.append(self.value(depth))
        node.value = [item.value for item in node.items]
        return node

    def closed(self, node: Node, bracket: str, some: bool) -> bool:
        """Whether the list or object ends here; else what is next starts here."""
        self.skip()
        char = self.text[self.at : self.at + 1]
        if char == bracket:
            self.at += 1
            return True
        if not char:
            raise self.error(f"the file ends before the {bracket} for line {node.line}, column {node.column}")
        if some:
            if char != ",":
                raise self.error(f", or {bracket} is expected here, not {char!r}")
            self.at += 1
            self.skip()
            if self.text[self.at : self.at + 1] == bracket:
                raise self.error(f"JSON takes no comma before {bracket}; leave it out")
        return False

    def string(self) -> str:
        """A text in quotes."""
        value: str
        try:
            value, end = scanstring(self.text, self.at + 1, True)
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise self.error(error.msg[:1].lower() + error.msg[1:]) from None
        if len(value) > MAX_TEXT:
            raise self.error(f"a text of {len(value)} characters; the longest allowed has {MAX_TEXT}")
        if bad := UNPRINTABLE.search(value):
            raise self.error(f"a text with the control character {bad[0]!a}")
        self.at = end
        return value

    def plain(self, char: str) -> Plain:
        """A number, true, false or null."""
        if found := _WORD.match(self.text, self.at):
            if found[0] not in _WORDS:
                raise self.error(f"{short(found[0])!r} is no JSON; write a text in double quotes, or true, false or null")
            self.at = found.end()
            return _WORDS[found[0]]
        found, longer = _NUMBER.match(self.text, self.at), _FRACTION.match(self.text, self.at)
        if found is None or longer is None:
            raise self.error("a value is expected here" if char else "the file ends where a value is expected")
        if longer.end() > found.end():
            raise self.error(f"{short(longer[0])}: numbers here are whole, and have no leading zero")
        number = int(found[0][:_DIGITS])
        if len(found[0]) > _DIGITS or not -(1 << 63) <= number < 1 << 64:
            raise self.error(f"{short(found[0])} does not fit into 64 bits")
        self.at = found.end()
        return number

    def skip(self) -> None:
        """Go to what is not blank."""
        found = _BLANK.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place behind all that were asked for before, both from 1."""
        newlines = self.text.count("\n", self.seen, at)
        if newlines:
            self.line += newlines
            self.start = self.text.rindex("\n", self.seen, at) + 1
        self.seen = at
        return self.line, at - self.start + 1

    def error(self, message: str) -> ScenarioError:
        """A flaw here."""
        return ScenarioError(message, self.file, *self.place(max(self.at, self.seen)))
