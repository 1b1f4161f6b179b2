"""Mistakes of ours or of our user, never simulated ones: those are `oracle.machine.errno`."""

from __future__ import annotations


class OracleError(Exception):
    """Base of every error this project raises on its own account. Its text names the value and the cure."""


class UsageError(OracleError):
    """The command line, or a call of the Python API, asks for something that does not exist."""


class ScenarioError(OracleError):
    """A scenario file (or value) is wrong.

    `file`, `line` and `column` (both counted from 1; 0 where there is no place to point at) say where;
    `message` says what stands there and what was expected.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        place = f"{file or '<scenario>'}:{line}:{column}: " if line else (f"{file}: " if file else "")
        super().__init__(place + message)


class FlavorError(OracleError):
    """A flavor plugin can't be used: it does not import, is not a `Flavor`, or repeats an id."""


class LimitExceeded(OracleError):
    """A run went past a limit on steps, processes or memory. Names the limit and where it is set."""


class MachineMisuse(OracleError):
    """A flavor used the shared machine against its rules, such as releasing a reference nobody holds."""
