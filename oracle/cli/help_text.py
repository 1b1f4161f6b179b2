"""Help as wide as the terminal: what the texts of the commands are made of, and how argparse is to lay it out.

A text is made of blocks. Lines at the left edge are a paragraph. Lines indented by two are entries, `name  what it means`, or
examples, `fork-oracle …  # what it is for`. Lines indented by four stay as they are.
"""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence

WIDEST, NARROWEST = 100, 40  # columns; longer lines are hard to read, narrower ones hold no option
PROGRAM = "fork-oracle"
WHY = "  # "
_ENTRY = re.compile(r"  (\S.*?)(?:(  +)(\S.*))?$")


def width() -> int:
    """The columns of a help text: those of the terminal or of COLUMNS, within reason; 80 where nobody knows."""
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((80, 24)).columns))


class Formatter(argparse.HelpFormatter):
    """Lays out descriptions and options in the same width, and breaks no word: an option has hyphens, too."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return laid_out(text, width)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(" ".join(text.split()), width)


def laid_out(text: str, width: int) -> str:
    """A text in lines of a width, as far as what stays as it is lets it."""
    return "\n".join(line for block in _blocks(text) for line in _lines(block, width))


def _blocks(text: str) -> Iterator[list[str]]:
    """The blocks of a text: lines that belong together. An empty line is one of its own."""
    block: list[str] = []
    for line in text.splitlines():
        if block and not _goes_on(block[0], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _goes_on(first: str, line: str) -> bool:
    """Whether a line belongs to the block that begins with another."""
    if not first or not line or _is_example(first):
        return _is_example(first) and _is_example(line)
    return _indent(line) == 0 if _indent(first) == 0 else _indent(line) > 2


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_example(line: str) -> bool:
    return line.startswith(f"  {PROGRAM} ")


def _lines(block: Sequence[str], width: int) -> list[str]:
    first = block[0]
    if not first:
        return [""]
    if _is_example(first):
        return _examples(block, width)
    if _indent(first) > 2:
        return list(block)
    if _indent(first) == 0:
        return _wrapped(" ".join(block), width)
    found = _ENTRY.fullmatch(first)
    assert found is not None, first
    name, gap, meaning = found.groups()
    head = f"  {name}{gap or ''}"
    words = " ".join([meaning or "", *(line.strip() for line in block[1:])]).strip()
    return _wrapped(head + words, width, " " * len(head) if gap else "    ")


def _examples(block: Sequence[str], width: int) -> list[str]:
    """Commands, each with what it is for behind it if there is room for all, else above; so they run as they are printed."""
    pairs = [line.strip().partition(WHY)[::2] for line in block]
    column = max((len(command) for command, why in pairs if why), default=0)
    beside = [f"  {command:{column}}{WHY}{why}" if why else f"  {command}" for command, why in pairs]
    if max(map(len, beside)) <= width:
        return beside
    lines = []
    for command, why in pairs:
        lines += _wrapped(f"  # {why}", width, "  # ") if why else []
        lines += _continued(command, width)
    return lines


def _continued(command: str, width: int) -> list[str]:
    r"""A command on as many lines as it takes, with a \ at the end of each but the last; what is quoted stays together."""
    words = re.findall(r'(?:"[^"]*"|\S)+', command)
    lines = [f"  {words[0]}"]
    for word, after in zip(words[1:], [*words[2:], ""], strict=True):
        room = width - (2 if after else 0)
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"      {word}")
    return lines


def _wrapped(text: str, width: int, after: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=after, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
