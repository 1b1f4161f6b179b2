"""The shape of scenario files: pydantic models of what may stand where, made from the calls that the flavors have.

What a well-shaped file means on some flavors is the business of `oracle.load.meaning`. Only this module, the words for its
errors and the JSON Schema import pydantic, because it takes a while to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, create_model
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from oracle.args import SECTIONS
from oracle.calls import PORTABLE, PORTABLE_BY_NAME, CallSpec, Kind, Param
from oracle.errors import FlavorError
from oracle.flavor import Flavor

MAX_STEPS = 500
MAX_PROCESSES = 50  # at the start; steps may make more
MAX_DESCRIPTOR = 9_999
MAX_BACKGROUND = 1_000_000

TOPICS = (
    "results", "limits", "memory", "files", "signals", "groups", "vfork", "parents", "tracing", "stop-on-fork", "threads",
    "accounting", "notes", "native", "defects",
)  # fmt: skip
RESOURCES = next(param.choices for param in PORTABLE_BY_NAME["setrlimit"].params if param.name == "resource")
FILE_KINDS = ("vnode", "pipe", "socket", "kqueue", "mqueue")

ROLE = r"^[A-Za-z][A-Za-z0-9_-]{0,39}$"
OCTAL = r"^(0o)?[0-7]{1,6}$"
DESCRIPTOR = r"^(0|[1-9][0-9]{0,3})$"
ENTRY = r"^[a-z][a-z0-9]{0,19}/[QM][1-9][0-9]{0,2}[a-z]?$"
UID = r"^(0|[1-9][0-9]{0,8})$"
PATTERNS = {  # what a text that does not match should have been
    ROLE: "a role (at most 40 letters, digits, _ and -; a letter first)",
    OCTAL: 'an octal number in quotes, such as "022"',
    DESCRIPTOR: f"a descriptor (0 to {MAX_DESCRIPTOR})",
    UID: "a user id",
    ENTRY: "an entry of a register, such as dragonfly/Q12, or netbsd/M3 for one on a manual page",
}

Text = Annotated[str, StringConstraints(min_length=1)]
Role = TypeAliasType("Role", Annotated[str, StringConstraints(pattern=ROLE)])
Entry = TypeAliasType("Entry", Annotated[str, StringConstraints(pattern=ENTRY)])
RoleOrNothing = Role | Literal[""]
Uid = Annotated[int, Field(ge=0, le=999_999_999)]
Octal = TypeAliasType("Octal", Annotated[str, StringConstraints(pattern=OCTAL)] | Annotated[int, Field(ge=0)])

Selector = TypeAliasType("Selector", Annotated[str, Field(description="A system, a flavor (system@revision), or all.")])
Signal = TypeAliasType("Signal", Annotated[str, Field(description="The name of a signal.")])
Only = TypeAliasType(
    "Only",
    Annotated[
        Selector | Annotated[list[Selector], Field(min_length=1)],
        Field(description="The flavors that this is for; every flavor, if it is left out."),
    ],
)
Word = TypeAliasType("Word", bool | int | str)
Words = TypeAliasType("Words", list[int | str])
Expected = TypeAliasType(
    "Expected",
    Annotated[
        Word | Words | Annotated[dict[Selector, Word | Words], Field(min_length=1)],
        Field(
            description="A value or list of texts, or one of them for each of some flavors. absent: the fact is not observed."
        ),
    ],
)
Signals = Signal | list[Signal]

_LEFT_OUT: Any = None  # the default of what may be left out, but not be empty

# Keys of a step, which no parameter of a call may have as its name.
CHECK, SHOWS = " check", " shows"  # stand for the name of a call where a step is none
STEP_KEYS = ("do", "as", "by", "only", "gives", "finally")


class Shape(BaseModel):
    """A mapping with known keys, whose values are taken as they are.

    A default of None means that the key may be left out, not that it may be empty.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class FileShape(Shape):
    """An open descriptor."""

    path: Text = Field(description="The file, or a name for what has no path.")
    offset: int = Field(0, ge=0, description="Where the next read or write would be, in bytes.")
    cloexec: bool = Field(False, description="Whether exec closes it.")
    kind: Literal[FILE_KINDS] = Field("vnode", description="What it refers to.")  # type: ignore[valid-type]  # made at run time


class RegionShape(Shape):
    """A mapped region of memory."""

    value: str | int = Field("0", description="What it holds.")
    inherit: Literal["share", "copy", "none"] = Field("copy", description="What a child gets of it.")
    wired: bool = Field(False, description="Whether it is locked in memory.")


class LimitShape(Shape):
    """A resource limit."""

    soft: int = Field(ge=-1, description="The soft limit; -1 for no limit.")
    hard: int = Field(ge=-1, description="The hard limit; -1 for no limit.")


class ProcessShape(Shape):
    """A process at the start. Roles in it have to stand before it, or be shell or init."""

    uid: Uid = Field(1000, description="Real user id.")
    euid: Uid = Field(_LEFT_OUT, description="Effective user id; the real one, if left out.")
    svuid: Uid = Field(_LEFT_OUT, description="Saved user id; the effective one, if left out.")
    parent: Role = Field("shell", description="Its parent.")
    group: RoleOrNothing = Field("", description="The process that leads its group; itself, if left out.")
    session: RoleOrNothing = Field(
        "shell", description="The process that leads its session, or itself; that of its group's leader, if left out."
    )
    terminal: bool = Field(True, description="Whether it is marked as having its session's controlling terminal.")
    jail: str = Field("", description="The jail it is in.")
    sugid: bool = Field(False, description="Whether it is marked as having changed its ids.")
    nice: int = Field(0, ge=-20, le=20, description="Its nice value.")
    command: Text = Field("prog", description="Its command name.")
    text: Text = Field("/bin/prog", description="The file that its program came from.")
    cwd: Text = Field("/home", description="Its working directory.")
    root: Text = Field("/", description="Its root directory.")
    umask: Octal = Field("022", description="Its file mode creation mask, in octal.")
    files: dict[Annotated[str, StringConstraints(pattern=DESCRIPTOR)], FileShape | Text] = Field(
        {"0": "/dev/tty"}, description="Open descriptors, in place of the default; a text alone is a path."
    )
    memory: dict[Text, RegionShape | str | int] = Field(
        {"data": "0"}, description="Mapped regions, in place of the default; a value alone is copied to children."
    )
    limits: dict[Literal[RESOURCES], LimitShape] = Field(  # type: ignore[valid-type]
        {}, description="Resource limits that differ from the system's."
    )
    masked: Signals = Field([], description="Signals that it masks.")
    pending: Signals = Field([], description="Signals pending for it.")
    ignored: Signals = Field([], description="Signals that it ignores.")
    caught: dict[Signal, Text] = Field({}, description="Signals that it catches, and the names of their handlers.")


class MachineShape(Shape):
    """The machine at the start. Process 0, init and a shell are always there."""

    maxproc: int = Field(_LEFT_OUT, ge=1, le=1_000_000, description="The most processes; the system's default, if left out.")
    background: dict[
        Annotated[str, StringConstraints(pattern=UID)], Annotated[int, Field(ge=0, le=MAX_BACKGROUND)]
    ] = Field({}, description="By user id: processes that are counted and take no part.")  # fmt: skip
    tunables: dict[Text, int] = Field({}, description="By the system's own names.")
    terminal: bool = Field(True, description="Whether the shell's session has a controlling terminal.")


class CheckShape(Shape):
    """Facts expected at this point of the program."""

    check: dict[Text, Expected] = Field(
        min_length=1, description="<role>.<fact>, <role>~<role>.<fact> or machine.<fact>, and the value."
    )
    only: Only = Field(_LEFT_OUT)


class ShowsShape(Shape):
    """The signs of the scenario's defect at this point: all are there on the flavors that have it, not all on the others."""

    shows: dict[Text, Expected] = Field(
        min_length=1, description="<role>.<fact>, <role>~<role>.<fact> or machine.<fact>, and the value that is a sign."
    )
    only: Only = Field(_LEFT_OUT)


class DefectShape(Shape):
    """The entry of a register that a scenario shows."""

    id: Entry = Field(description="The system and the entry's name.")
    on: Only = Field(description="The flavors that have it: exactly those on which the scenario shows it.")
    promise: Literal["kept", "broken"] = Field(
        _LEFT_OUT, description="Of an entry on a manual page (M…): what the code does with the page's promise."
    )


class NotShownShape(Shape):
    """An entry of a register that no scenario shows."""

    id: Entry = Field(description="The system and the entry's name.")
    on: Only = Field(description="The flavors that have it.")
    because: Literal["interleaving", "outside"] = Field(
        description="What it waits for: a chosen interleaving, or nothing, because it is outside the model."
    )
    reason: Text = Field(description="One sentence that says why.")


class NotShownListShape(Shape):
    """The entries of registers of defects that no scenario shows, each with the reason."""

    not_shown: list[NotShownShape] = Field(min_length=1, max_length=MAX_STEPS, description="The entries.")


class ScenarioShape(Shape):
    """A machine state, a program of steps by named actors, and what is expected of it."""

    title: Text = Field(description="What it shows, on one line.")
    why: str = Field("", description="Why it matters, and to whom.")
    topic: Literal[TOPICS] = Field(description="What it is about.")  # type: ignore[valid-type]
    only: Only = Field(_LEFT_OUT)
    agree: bool | str | list[Text] = Field(
        False, description="Facts on which its flavors have to agree: globs, or true for all but one system's own."
    )
    defect: DefectShape = Field(_LEFT_OUT, description="The entry of a register of defects that it shows.")
    machine: MachineShape = Field(_LEFT_OUT)
    processes: dict[Role, ProcessShape | None] = Field(
        {"parent": None}, min_length=1, max_length=MAX_PROCESSES, description="The processes at the start, by role."
    )
    steps: list[Any] = Field(min_length=1, max_length=MAX_STEPS, description="The program.")


@dataclass(frozen=True, slots=True)
class Shapes:
    """The models of scenario files for some calls: of the whole, and of a step by what `step_kind` says."""

    scenario: type[Shape]
    steps: Mapping[str, type[Shape]]


def shapes(flavors: Iterable[Flavor]) -> Shapes:
    """The models of scenario files for some flavors; made once for each set of calls."""
    return _shapes(tuple(sorted(union_of_calls(flavors).items())))


def union_of_calls(flavors: Iterable[Flavor]) -> dict[str, tuple[CallSpec, ...]]:
    """The calls that a step can name, each with its different descriptions: the portable one first, then the flavors' own."""
    found: dict[str, tuple[CallSpec, ...]] = {spec.name: (spec,) for spec in PORTABLE}
    for flavor in flavors:
        for name, call in flavor.calls.items():
            known = found.get(name, ())
            if call.spec not in known:
                found[name] = (*known, call.spec)
    return found


@lru_cache(maxsize=16)
def _shapes(calls: tuple[tuple[str, tuple[CallSpec, ...]], ...]) -> Shapes:
    """The models of scenario files whose steps make these calls."""
    steps = {name: _call_shape(name, specs) for name, specs in calls}
    steps[CHECK], steps[SHOWS] = CheckShape, ShowsShape
    tagged = [Annotated[model, Tag(kind)] for kind, model in steps.items()]
    program = list[Annotated[Union[*tagged], Discriminator(step_kind)]]  # type: ignore[valid-type]  # made at run time
    field = FieldInfo.merge_field_infos(ScenarioShape.model_fields["steps"], annotation=program)
    whole = create_model("Scenario", __base__=ScenarioShape, __doc__=ScenarioShape.__doc__, steps=(program, field))
    return Shapes(whole, steps)


def fields_at(known: Shapes, path: tuple[str | int, ...], kind: str | None) -> dict[str, str]:
    """The keys that the mapping at a path may have, with their descriptions; `kind` is the step's, if the path is in one."""
    inner: dict[str, type[Shape]] = {"files": FileShape, "memory": RegionShape, "limits": LimitShape}
    model: type[Shape] | None = None
    match path:
        case ():
            model = known.scenario
        case ("machine",):
            model = MachineShape
        case ("defect",):
            model = DefectShape
        case ("not_shown", _):
            model = NotShownShape
        case ("processes", _):
            model = ProcessShape
        case ("processes", _, str(part), _):
            model = inner.get(part)
        case ("steps", _):
            model = known.steps.get(kind or "")
    fields = model.model_fields if model is not None else {}
    return {field.alias or name: field.description or "" for name, field in fields.items()}


def step_kind(value: object) -> str | None:
    """Which model a step is checked by: the name of its call, CHECK, SHOWS, None if it says none of them."""
    if not isinstance(value, dict):
        return None
    if "check" in value:
        return CHECK
    if "shows" in value:
        return SHOWS
    name = value.get("do")
    return name if isinstance(name, str) and name not in (CHECK, SHOWS) else None


def _call_shape(name: str, specs: tuple[CallSpec, ...]) -> type[Shape]:
    """The model of a step that makes one call; where systems differ in its parameters, it takes those of each."""
    fields: dict[str, Any] = {"do": (Literal[name], Field(description="The call to make."))}
    if any(spec.births for spec in specs):
        fields["as_"] = (Role, Field(_LEFT_OUT, alias="as", description="The role of the process or thread that it makes."))
    for number, key in enumerate(dict.fromkeys(param.name for spec in specs for param in spec.params)):
        if key in STEP_KEYS:
            raise FlavorError(f"call {name}: no parameter can be called {key!r}, which is a key of every step")
        params = [param for spec in specs for param in spec.params if param.name == key]
        required = len(params) == len(specs) and all(param.required for param in params)
        fields[f"p{number}"] = _param_field(name, params, required)
    fields["by"] = (Role, Field("parent", description="The process or thread that makes the call."))
    fields["only"] = (Only, Field(_LEFT_OUT))
    fields["gives"] = (Expected, Field(_LEFT_OUT, description="What the call gives, as known when the step ends."))
    fields["finally_"] = (Expected, Field(_LEFT_OUT, alias="finally", description="What it gives, as known at the very end."))
    return create_model(f"do: {name}", __base__=Shape, __doc__=f"{specs[-1].meaning}.", **fields)


def _param_field(call: str, params: list[Param], required: bool) -> tuple[Any, Any]:
    """The type and description of one parameter, as it is on each of the systems that have it."""
    types = list(dict.fromkeys(_param_type(param) for param in params))
    first = params[0]
    about = "; or: ".join(dict.fromkeys(param.meaning for param in params))
    if first.kind is not Kind.SWITCH and not first.choices:
        about = f"{about} ({first.kind.value})"
    names = [name for param in params for name, _ in param.names]
    examples = [f"{names[0]}|{names[1]}", *names] if len(names) > 1 else names
    extra: dict[str, Any] = {"alias": first.name, "description": f"{about[0].upper()}{about[1:]}."}
    if examples:
        extra["examples"] = examples
    elif first.kind is Kind.FLAGS:
        extra["json_schema_extra"] = {"section": SECTIONS.get((call, first.name), "")}
    return Union[*types], Field(... if required else first.default, **extra)


def _param_type(param: Param) -> Any:
    """What may be written for a parameter."""
    if param.choices:
        return Literal[param.choices]
    return {
        Kind.ROLE: Role,
        Kind.NUMBER: int,
        Kind.TEXT: str | int,
        Kind.SWITCH: bool,
        Kind.SIGNAL: Signal | int,
        Kind.SIGNALS: list[Signal],
        Kind.FLAGS: Text | int,
        Kind.OCTAL: Octal,
    }[param.kind]
