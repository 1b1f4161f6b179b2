"""Facts that can have only certain words for values, and what is wrong with a value that is none of them.

Roles, signals and errors are named as observations name them. Of what a call gave, only what is nearly one of the words is
taken for a slip of the pen: other systems have errors of their own, and some calls give any text.
"""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from oracle.args import hint
from oracle.calls import Result
from oracle.facts import APART, SHARED, Fact, Subject
from oracle.flavor import Flavor
from oracle.load.yamlpos import short
from oracle.machine import errno as machine_errno
from oracle.outcome import ASLEEP, GONE, INEXPRESSIBLE, SPINS, UNMODELLED
from oracle.scenario import Scenario

STATES = ("embryo", "running", "asleep", "stopped", "dying", "zombie", "reaped", "never born")
NONE = "none"
ENDS = ("exited", "killed", "stopped")  # how a status begins
ERRNOS = tuple(name for name in vars(machine_errno) if re.fullmatch(r"E[A-Z]+", name))
CALLS = (ASLEEP, SPINS, GONE, INEXPRESSIBLE, UNMODELLED)
WHO = ("parent", "getppid", "children", "group", "group_list", "session", "real_parent", "fork_event", "same_leader_as")
SIGNALS = ("pending", "masked", "ignored", "exit_signal")
FEW = 12  # words that are all named; of more, only the nearest ones

_PID = re.compile(r"pid [0-9]{1,10}")
_SIGNAL = re.compile(r"signal [0-9]{1,3}")
_OCTAL = re.compile(r"[0-7]{3,4}")
_ERRNO = re.compile(r"E[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Words:
    """The names that there are in one scenario."""

    roles: Sequence[str]
    signals: Collection[str]
    texts: Collection[str] = ()  # paths of calls that give a text: `call.3`

    def flaw(self, path: str, fact: Fact, text: str) -> str:
        """What a value, or a part of a list, should have been: a tail for a message, or "" if it can be one."""
        if fact.subject is Subject.PAIR:
            return _one_of(text, (SHARED, APART)) if fact.type == "text" else ""
        if fact.subject is Subject.CALL:
            return self._given(path, text) if not fact.name else ""
        if fact.name == "state":
            return _one_of(text, STATES)
        if fact.name in WHO or fact.name == "group.*":
            return "" if _PID.fullmatch(text) else _one_of(text, (*self.roles, NONE))
        if fact.name in SIGNALS:
            return self._signal(text, (NONE,) if fact.type == "text" else ())
        if fact.name == "umask":
            return "" if _OCTAL.fullmatch(text) else '; expected three octal digits in quotes, as in "022"'
        return self._status(text) if fact.name == "status" else ""

    def _signal(self, text: str, others: Sequence[str] = ()) -> str:
        return "" if _SIGNAL.fullmatch(text) else _one_of(text, (*self.signals, *others))

    def _status(self, text: str) -> str:
        end, _, what = text.partition(" ")
        if end not in ENDS:
            return _one_of(end, ENDS)
        return "" if what.isdecimal() else self._signal(what) if end != "exited" else "; expected a number after exited"

    def _given(self, path: str, text: str) -> str:
        """What is wrong with what a call gave."""
        words = (*self.roles, *CALLS)
        if text in words or (text.isascii() and text.isdecimal()):
            return ""
        if _ERRNO.fullmatch(text):
            return "" if text in (*ERRNOS, *errno.errorcode.values()) else hint(text, ERRNOS)
        who, _, status = text.partition(" ")
        if status and who in self.roles:
            return self._status(status) if status.partition(" ")[0] in ENDS else hint(status.partition(" ")[0], ENDS)
        if path in self.texts:
            return ""
        return "; a call that fails gives the name of its errno, such as EAGAIN" if text == "-1" else hint(text, words)


def words_of(scenario: Scenario, roles: Sequence[str], flavors: Sequence[Flavor]) -> Words:
    """The names of a scenario with these roles."""
    texts = [
        f"call.{step.index}"
        for step in scenario.calls
        if any(flavor.calls[step.call].spec.result is Result.TEXT for flavor in flavors if step.call in flavor.calls)
    ]
    return Words(roles, dict.fromkeys(signal for flavor in flavors for signal in flavor.signals), texts)


def _one_of(text: str, known: Sequence[str]) -> str:
    """A tail that names the words that there are, or the nearest, for what is none of them."""
    if text in known:
        return ""
    if len(known) <= FEW:
        return f"; expected {', '.join(known[:-1])} or {known[-1]}{hint(text, known)}"
    close = difflib.get_close_matches(short(text).upper(), known, 3)
    return f"; the nearest that there are: {', '.join(close)}" if close else f"; it is one such as {', '.join(known[:3])}"
