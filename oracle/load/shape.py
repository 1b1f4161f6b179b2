"""The shape of scenario files: pydantic models of what may stand where, made from the calls that the flavors have.

What a well-shaped file means on some flavors is the business of `oracle.load.meaning`. Only this module, those with its parts,
the words for its errors and the JSON Schema import pydantic, because it takes a while to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, create_model
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from oracle.args import SECTIONS
from oracle.calls import PORTABLE, CallSpec, Kind, Param
from oracle.errors import FlavorError
from oracle.flavor import Flavor
from oracle.load.entry_shape import DefectShape, NotShownShape, StandardShape
from oracle.load.finding_shape import SideShape
from oracle.load.parts import LEFT_OUT, MAX_STEPS, TOPICS, Octal, Only, Role, Selector, Shape, Signal, Text
from oracle.load.start_shape import (
    FileShape,
    KtraceShape,
    LimitShape,
    MachineShape,
    ProcessShape,
    RegionShape,
    SharesShape,
    ThreadShape,
    TracedShape,
    WatchShape,
)

MAX_PROCESSES = 50  # at the start; steps may make more

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

# Keys of a step, which no parameter of a call may have as its name.
SIGNS = ("shows", "requires")  # of these, those with the signs of the scenario's entry
CHECKS = ("check", *SIGNS, "always", "sometimes", "never")  # keys of what looks at facts instead of making a call
CONCURRENTLY = "concurrently"
STANDS_FOR = {key: f" {key}" for key in (*CHECKS, CONCURRENTLY)}  # the name of a call, where a step is none
STEP_KEYS = ("do", "as", "by", "only", "gives", "finally")


class CheckShape(Shape):
    """Facts expected at this point of the program."""

    check: dict[Text, Expected] = Field(
        min_length=1, description="<role>.<fact>, <role>~<role>.<fact> or machine.<fact>, and the value."
    )
    only: Only = Field(LEFT_OUT)


class ShowsShape(Shape):
    """The signs of the scenario's defect at this point: all are there on the flavors that have it, not all on the others."""

    shows: dict[Text, Expected] = Field(
        min_length=1, description="<role>.<fact>, <role>~<role>.<fact> or machine.<fact>, and the value that is a sign."
    )
    only: Only = Field(LEFT_OUT)


class RequiresShape(Shape):
    """What the scenario's standard requires at this point: on the flavors that satisfy it all is there, elsewhere not all."""

    requires: dict[Text, Expected] = Field(
        min_length=1, description="<role>.<fact>, <role>~<role>.<fact>, call.<step> or machine.<fact>, and the value required."
    )
    only: Only = Field(LEFT_OUT)


class AlwaysShape(Shape):
    """Facts expected at this point of the program under every schedule of the concurrent steps before."""

    always: dict[Text, Expected] = Field(min_length=1, description="Facts and their values, as in `check`.")
    only: Only = Field(LEFT_OUT)


class SometimesShape(Shape):
    """Facts that hold together at this point under one schedule at least of the concurrent steps before."""

    sometimes: dict[Text, Expected] = Field(min_length=1, description="Facts and their values, as in `check`.")
    only: Only = Field(LEFT_OUT)


class NeverShape(Shape):
    """Facts that hold together at this point under no schedule of the concurrent steps before."""

    never: dict[Text, Expected] = Field(min_length=1, description="Facts and their values, as in `check`.")
    only: Only = Field(LEFT_OUT)


class ScenarioShape(Shape):
    """A machine state, a program of steps by named actors, and what is expected of it."""

    title: Text = Field(description="What it shows, on one line.")
    why: str = Field("", description="Why it matters, and to whom.")
    topic: Literal[TOPICS] = Field(description="What it is about.")  # type: ignore[valid-type]
    only: Only = Field(LEFT_OUT)
    agree: bool | str | list[Text] = Field(
        False, description="Facts on which its flavors have to agree: globs, or true for all but one system's own."
    )
    defect: DefectShape = Field(LEFT_OUT, description="The entry of a register of defects that it shows.")
    standard: StandardShape = Field(LEFT_OUT, description="The assertion of a standard that it witnesses.")
    machine: MachineShape = Field(LEFT_OUT)
    processes: dict[Role, ProcessShape | None] = Field(
        {"parent": None}, min_length=1, max_length=MAX_PROCESSES, description="The processes at the start, by role."
    )
    steps: list[Any] = Field(min_length=1, max_length=MAX_STEPS, description="The program.")


@dataclass(frozen=True, slots=True)
class Shapes:
    """The models of scenario files for some calls: of the whole, and of a step by what `step_kind` says."""

    scenario: type[Shape]
    steps: Mapping[str, type[Shape]]
    whole: str = "scenario"  # what a message calls a file


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
    programs: Any = dict[Role, Annotated[_program(steps), Field(min_length=1, max_length=MAX_STEPS)]]  # type: ignore[misc]
    steps[STANDS_FOR[CONCURRENTLY]] = create_model(
        CONCURRENTLY,
        __base__=Shape,
        __doc__="Steps of several actors that go on at the same time, in every order that the kernel allows.",
        concurrently=(programs, Field(min_length=1, description="By actor: the steps that it takes one after the other.")),
        only=(Only, Field(LEFT_OUT)),
    )
    looks: tuple[type[Shape], ...] = (CheckShape, ShowsShape, RequiresShape, AlwaysShape, SometimesShape, NeverShape)
    steps.update({STANDS_FOR[key]: shape for key, shape in zip(CHECKS, looks, strict=True)})
    program = _program(steps)
    field = FieldInfo.merge_field_infos(ScenarioShape.model_fields["steps"], annotation=program)
    whole = create_model("Scenario", __base__=ScenarioShape, __doc__=ScenarioShape.__doc__, steps=(program, field))
    return Shapes(whole, steps)


def _program(steps: Mapping[str, type[Shape]]) -> Any:
    """A list of steps of these kinds."""
    tagged = [Annotated[model, Tag(kind)] for kind, model in steps.items()]
    return list[Annotated[Union[*tagged], Discriminator(step_kind)]]  # type: ignore[valid-type]  # made at run time


def fields_at(known: Shapes, path: tuple[str | int, ...], kind: str | None) -> dict[str, str]:
    """The keys that the mapping at a path may have, with their descriptions; `kind` is the step's, if the path is in one."""
    inner: dict[str, type[Shape]] = {
        "files": FileShape, "memory": RegionShape, "limits": LimitShape, "threads": ThreadShape, "watches": WatchShape,
    }  # fmt: skip
    single: dict[str, type[Shape]] = {"shares": SharesShape, "traced": TracedShape, "ktrace": KtraceShape}
    model: type[Shape] | None = None
    match path:
        case ():
            model = known.scenario
        case ("machine",):
            model = MachineShape
        case ("defect",):
            model = DefectShape
        case ("standard",):
            model = StandardShape
        case ("not_shown", _):
            model = NotShownShape
        case ("sides", _):
            model = SideShape
        case ("processes", _):
            model = ProcessShape
        case ("processes", _, str(part), _):
            model = inner.get(part)
        case ("processes", _, str(part)):
            model = single.get(part)
        case ("steps", _) | ("steps", _, "concurrently", _, _):
            model = known.steps.get(kind or "")
    fields = model.model_fields if model is not None else {}
    return {field.alias or name: field.description or "" for name, field in fields.items()}


def step_kind(value: object) -> str | None:
    """Which model a step is checked by: the name of its call, what stands for that, None if it says neither."""
    if not isinstance(value, dict):
        return None
    for key, kind in STANDS_FOR.items():
        if key in value:
            return kind
    name = value.get("do")
    return name if isinstance(name, str) and not name.startswith(" ") else None


def _call_shape(name: str, specs: tuple[CallSpec, ...]) -> type[Shape]:
    """The model of a step that makes one call; where systems differ in its parameters, it takes those of each."""
    fields: dict[str, Any] = {"do": (Literal[name], Field(description="The call to make."))}
    if any(spec.births for spec in specs):
        fields["as_"] = (Role, Field(LEFT_OUT, alias="as", description="The role of the process or thread that it makes."))
    for number, key in enumerate(dict.fromkeys(param.name for spec in specs for param in spec.params)):
        if key in STEP_KEYS:
            raise FlavorError(f"call {name}: no parameter can be called {key!r}, which is a key of every step")
        params = [param for spec in specs for param in spec.params if param.name == key]
        required = len(params) == len(specs) and all(param.required for param in params)
        fields[f"p{number}"] = _param_field(name, params, required)
    fields["by"] = (Role, Field("parent", description="The process or thread that makes the call."))
    fields["only"] = (Only, Field(LEFT_OUT))
    fields["gives"] = (Expected, Field(LEFT_OUT, description="What the call gives, as known when the step ends."))
    fields["finally_"] = (Expected, Field(LEFT_OUT, alias="finally", description="What it gives, as known at the very end."))
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
