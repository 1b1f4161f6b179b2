"""From a step as written to a call of a flavor: who makes it, intents lowered, names to numbers, roles to processes."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.args import ArgumentError, parse
from oracle.calls import PORTABLE_BY_NAME, SPAWN_PARAMS, Kind
from oracle.flavor import Args, Call, Flavor, Inexpressible, ParsedValue
from oracle.machine.errno import Unmodelled
from oracle.machine.machine import Machine
from oracle.machine.proc import Lwp
from oracle.outcome import INEXPRESSIBLE
from oracle.scenario import ArgValue, Step

SPAWN_DEFAULTS = {param.name: param.default for param in SPAWN_PARAMS if isinstance(param.default, bool | int | str)}
NO_ARGS = Args({})


class NotMade(Exception):
    """A call can't be made: `result` is what the step gives, `detail` the system's own reason."""

    def __init__(self, result: str, detail: str, call: str) -> None:
        super().__init__(result)
        self.result = result
        self.detail = detail
        self.call = call


def caller(flavor: Flavor, k: Machine, step: Step) -> Lwp:
    """The LWP that makes the call of a step. Raises NotMade if it can't."""
    lwp = k.roles.get(step.by)
    detail = ""
    if k.sched.panic is not None:
        why = "the kernel is dead"
    elif lwp is None:
        why = f"{step.by} was never born"
    elif lwp not in lwp.lwp_proc.p_lwps or lwp.lwp_proc not in k.allproc:
        why = f"{step.by} is dead"
    elif lwp.lwp_task is not None:
        stopped = flavor.states[lwp.lwp_proc.p_stat] == "stopped"
        why = f"{step.by} {'has stopped' if stopped else 'is asleep' if lwp.lwp_task.sleep else 'spins'}"
        detail = f"in {lwp.lwp_task.name}"
    else:
        return lwp
    raise NotMade(f"not made: {why}", detail, step.call)


def lower(flavor: Flavor, k: Machine, step: Step) -> tuple[Call, Args, str]:
    """The flavor's call for a step, its arguments, and the call as a person would write it.

    Raises NotMade, also for a call that its kernel does not have; Unmodelled for a portable call that the flavor leaves out.
    """
    name: str = step.call
    args: Mapping[str, ArgValue] = step.args
    if name == "spawn":
        lowered = flavor.lower(spawn_intent(step.args))
        if isinstance(lowered, Inexpressible):
            raise NotMade(INEXPRESSIBLE, lowered.reason, name)
        name, args = lowered.call, lowered.args
    written = render_call(name, args) if args else f"{name}()"
    call = flavor.calls.get(name)
    if call is None:
        if name in flavor.absent:
            raise NotMade(INEXPRESSIBLE, flavor.absent[name], written)
        if name in PORTABLE_BY_NAME:
            raise Unmodelled(flavor.unmodelled.get(name, f"{flavor.id} does not model {name}"))
        raise NotMade(INEXPRESSIBLE, flavor.unmodelled.get(name, f"{flavor.id} has no {name}"), written)
    if not call.spec.params:
        return call, NO_ARGS, written
    return call, resolve(flavor, k, call, args, written), written


def resolve(flavor: Flavor, k: Machine, call: Call, args: Mapping[str, ArgValue], written: str) -> Args:
    """The arguments of a call as its kernel code takes them. Raises NotMade if a name or a role is not there."""
    try:
        values: dict[str, ParsedValue] = dict(parse(call.spec, args, flavor))
    except ArgumentError as error:
        raise NotMade(INEXPRESSIBLE, str(error), written) from error
    for param in call.spec.params:
        if param.kind is Kind.ROLE and (role := values[param.name]) is not None:
            target = k.roles.get(str(role))
            if target is None:
                raise NotMade(f"not made: {role} was never born", "", written)
            values[param.name] = target.lwp_proc
    return Args(values)


def spawn_intent(args: Mapping[str, ArgValue]) -> dict[str, bool | int | str]:
    """All parameters of an intent, defaults filled in."""
    intent = dict(SPAWN_DEFAULTS)
    intent.update({name: value for name, value in args.items() if isinstance(value, bool | int | str)})
    return intent


def render_call(name: str, args: Mapping[str, ArgValue]) -> str:
    """A call as a person would write it."""
    return f"{name}({', '.join(f'{key}={_render(value)}' for key, value in args.items())})"


def _render(value: ArgValue) -> str:
    return "[" + ", ".join(value) + "]" if isinstance(value, tuple) else str(value)
