"""Makes foreign texts safe and fit to show: control characters escaped, markup literal, widths counted, lengths bounded."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from html import escape
from typing import TypeAlias

from oracle.facts import Value
from oracle.outcome import written

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None  # what reports for programs are made of
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, bidirectional marks, halves of pairs, line separators
_SAFE = re.compile(r"[ -~]*")
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$]|:(?=//)|(?<=www)\.|^[-+=#]|(?<=^\d)[.)]|(?<=^\d\d)[.)])")
_OBJECT_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]{6,}")


def plain(text: str) -> str:
    """A text on one line that a terminal shows as it is: what would steer it, or hide or reorder letters, is escaped."""
    if _SAFE.fullmatch(text):
        return text
    return "".join(_escaped(char) if unicodedata.category(char) in _HIDDEN else char for char in text)


def _escaped(char: str) -> str:
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def prose(text: str) -> str:
    """A text of several lines as one paragraph, safe for a terminal."""
    return plain(" ".join(text.split()))


def markdown(text: str) -> str:
    """A text that Markdown shows as it is, in a paragraph or in a table."""
    return _MARKUP.sub(r"\\\1", prose(text))


def code(text: str, *, cell: bool = False) -> str:
    """A text as a Markdown code span; `cell`: inside a table, where a bar must be escaped even in code."""
    safe = plain(text)
    if not safe.strip():
        return f"`{safe or ' '}`"
    fence = "`" * (max((len(run) for run in re.findall(r"`+", safe)), default=0) + 1)
    pad = " " if safe.startswith("`") or safe.endswith("`") else ""
    span = f"{fence}{pad}{safe}{pad}{fence}"
    return span.replace("|", "\\|") if cell else span


def html(text: str) -> str:
    """A text inside an HTML element."""
    return escape(prose(text))


def show(value: Value | None) -> str:
    """A value of the vocabulary, safe for a terminal."""
    return plain(written(value))


def width(text: str) -> int:
    """How many columns of a terminal a safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, columns: int) -> str:
    """At most this many columns of a safe text, with an ellipsis where it was cut."""
    if width(text) <= columns and len(text) <= 4 * columns:
        return text
    taken, used = [], 0
    for char in text[: 4 * columns]:
        used += _columns(char)
        if used >= columns:
            break
        taken.append(char)
    return "".join(taken) + "…"


def paragraph(text: str, columns: int, indent: str = "") -> str:
    """A safe text wrapped to a width, every line indented."""
    return textwrap.fill(
        text, max(columns, len(indent) + 20), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def without_addresses(text: str) -> str:
    """A text without what differs from run to run: addresses of Python objects."""
    return _OBJECT_ADDRESS.sub("0x…", text)


def plural(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
