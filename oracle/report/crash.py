"""Says what a crash was in a few words that are the same on every machine: no absolute paths, no addresses of objects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oracle.report.text import without_addresses

_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+)(?:, in (?P<function>.*))?$')
_TREES = ("oracle", "flavors", "tests")


@dataclass(frozen=True, slots=True)
class Crash:
    """The last line of a traceback, and its frames from the outermost in, as `file:line in function`."""

    message: str
    frames: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.message} ({self.frames[-1]})" if self.frames else self.message


def crash_of(text: str) -> Crash:
    """What a traceback, or the message of a limit that was met, comes to."""
    lines = text.strip().splitlines()
    frames = []
    last = 0
    for number, line in enumerate(lines):
        if match := _FRAME.match(line):
            function = f" in {match['function']}" if match["function"] else ""
            frames.append(f"{_short(match['file'])}:{match['line']}{function}")
            last = number
    message = next((line for line in lines[last:] if frames and line and not line.startswith(" ")), lines[0] if lines else "")
    return Crash(without_addresses(message), tuple(frames))


def _short(file: str) -> str:
    """A file name that does not depend on where things are installed."""
    parts = file.replace("\\", "/").split("/")
    if "site-packages" in parts:
        return "/".join(parts[len(parts) - parts[::-1].index("site-packages") :])
    for index, part in enumerate(parts):
        if part in _TREES and index < len(parts) - 1:
            return "/".join(parts[index:])
    return parts[-1]
