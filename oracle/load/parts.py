"""What the shapes of all parts of a scenario file have in common: roles, numbers, texts, signals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypeAliasType

MAX_STEPS = 500
MAX_DESCRIPTOR = 9_999
TOPICS = (
    "results", "limits", "memory", "files", "signals", "groups", "vfork", "parents", "tracing", "stop-on-fork", "threads",
    "accounting", "notes", "native", "races", "defects", "posix",
)  # fmt: skip

ROLE = r"^[A-Za-z][A-Za-z0-9_-]{0,39}$"
OCTAL = r"^(0o)?[0-7]{1,6}$"
DESCRIPTOR = r"^(0|[1-9][0-9]{0,3})$"
ENTRY = r"^[a-z][a-z0-9]{0,19}/[QM][1-9][0-9]{0,2}[a-z]?$"
CLAIM = r"^[a-z][a-z0-9]{0,19}/(_?[A-Za-z]{2,20}|_?[A-Za-z]{1,20}-[0-9]{2})$"
UID = r"^(0|[1-9][0-9]{0,8})$"
PATTERNS = {  # what a text that does not match should have been
    ROLE: "a role (at most 40 letters, digits, _ and -; a letter first)",
    OCTAL: 'an octal number in quotes, such as "022"',
    DESCRIPTOR: f"a descriptor (0 to {MAX_DESCRIPTOR})",
    UID: "a user id",
    ENTRY: "an entry of a register, such as dragonfly/Q12, or netbsd/M3 for one on a manual page",
    CLAIM: "an assertion of a standard, such as posix/fork-03",
}

Text = Annotated[str, StringConstraints(min_length=1)]
Role = TypeAliasType("Role", Annotated[str, StringConstraints(pattern=ROLE)])
Entry = TypeAliasType("Entry", Annotated[str, StringConstraints(pattern=ENTRY)])
Claim = TypeAliasType("Claim", Annotated[str, StringConstraints(pattern=CLAIM)])
RoleOrNothing = Role | Literal[""]
Uid = Annotated[int, Field(ge=0, le=999_999_999)]
Selector = TypeAliasType("Selector", Annotated[str, Field(description="A system, a flavor (system@revision), or all.")])
Only = TypeAliasType(
    "Only",
    Annotated[
        Selector | Annotated[list[Selector], Field(min_length=1)],
        Field(description="The flavors that this is for; every flavor, if it is left out."),
    ],
)
Octal = TypeAliasType("Octal", Annotated[str, StringConstraints(pattern=OCTAL)] | Annotated[int, Field(ge=0)])

Signal = TypeAliasType("Signal", Annotated[str, Field(description="The name of a signal.")])
Signals = Signal | list[Signal]

LEFT_OUT: Any = None  # the default of what may be left out, but not be empty


class Shape(BaseModel):
    """A mapping with known keys, whose values are taken as they are.

    A default of None means that the key may be left out, not that it may be empty.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
