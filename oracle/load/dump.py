"""Scenario values to YAML that reads back to an equal value."""

from __future__ import annotations

import re
from typing import Any

import yaml

from oracle.extras import SHARED, MachineExtras, ProcessExtras, Sharing, ThreadSpec, turned
from oracle.load.yamlpos import scalar
from oracle.scenario import (
    ArgValue,
    Assertion,
    Check,
    Defect,
    Expected,
    FileSpec,
    Item,
    MachineSpec,
    ProcessSpec,
    Quantifier,
    RegionSpec,
    Scenario,
    Step,
)

_WIDTH = 110
_ON_ONE_LINE = 3  # so many keys of a process are written on one line, more below each other
_PLAIN = re.compile(r"[A-Za-z0-9_./~|@*+-][A-Za-z0-9_./~|@*+ -]*(?<! )")
_SIMPLE = ("parent", "uid", "euid", "svuid", "terminal", "jail", "sugid", "nice", "command", "text", "cwd", "root")
_LISTS = ("masked", "pending", "ignored")
_HOOKS = ("fork_hooks", "emulation_hooks")
_IN_FORM = ("shares", "threads", "traced", "ktrace", "watches")  # extras that are more than a value or a list of texts


def dump_scenario(scenario: Scenario) -> str:
    """A scenario as YAML in the form people write it. Arguments that are None are left out: they are not given."""
    top: dict[str, Any] = {"title": scenario.title}
    if scenario.why:
        top["why"] = scenario.why
    top["topic"] = scenario.topic
    if scenario.only:
        top["only"] = _Flow(scenario.only)
    if scenario.agree:
        top["agree"] = True if scenario.agree == ("*",) else _Flow(scenario.agree)
    if scenario.defect is not None:
        top["defect"] = _defect(scenario.defect)
    if scenario.standard is not None:
        top["standard"] = _standard(scenario.standard)
    if scenario.machine != MachineSpec():
        top["machine"] = _machine(scenario.machine)
    if scenario.processes != (ProcessSpec("parent"),):
        top["processes"] = {process.name: _process(process) for process in scenario.processes}
    top["steps"] = [_item(item, "shows" if scenario.standard is None else "requires") for item in scenario.steps]
    return yaml.dump(top, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False)


class _Flow(tuple[Any, ...]):
    """A list on one line."""

    __slots__ = ()


class _FlowMap(dict[Any, Any]):
    """A mapping on one line."""


class Dumper(yaml.SafeDumper):
    """Quotes whatever our reader, or another one, might take for something else than the text it is."""

    def ignore_aliases(self, data: object) -> bool:
        """Never: people write a thing out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand further in than their key."""
        super().increase_indent(flow, False)

    def text(self, data: str) -> yaml.Node:
        """A text, plain if it is one to every reader."""
        plain = (
            _PLAIN.fullmatch(data) is not None and _is_text(data) and self.resolve(yaml.ScalarNode, data, (True, False)) == _STR  # type: ignore[no-untyped-call]
        )
        return self.represent_scalar(_STR, data, None if plain else '"')

    def flow(self, data: _Flow) -> yaml.Node:
        """A list on one line."""
        return self.represent_sequence("tag:yaml.org,2002:seq", list(data), flow_style=True)

    def flow_map(self, data: _FlowMap) -> yaml.Node:
        """A mapping on one line."""
        return self.represent_mapping("tag:yaml.org,2002:map", list(data.items()), flow_style=True)


_STR = "tag:yaml.org,2002:str"
Dumper.add_representer(str, Dumper.text)
Dumper.add_representer(_Flow, Dumper.flow)
Dumper.add_representer(_FlowMap, Dumper.flow_map)


def _is_text(data: str) -> bool:
    """Whether our reader takes a plain scalar for a text."""
    try:
        return isinstance(scalar(data), str)
    except ValueError:
        return False


def _changed(value: object, default: object, keys: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a value that differ from those of another one."""
    return {key: getattr(value, key) for key in keys if getattr(value, key) != getattr(default, key)}


def _machine(spec: MachineSpec) -> _FlowMap:
    found = _FlowMap(_changed(spec, MachineSpec(), ("maxproc", "terminal")))
    if spec.background:
        found["background"] = _FlowMap(spec.background)
    if spec.tunables:
        found["tunables"] = _FlowMap(spec.tunables)
    if (extras := spec.extras) is not None:
        found.update(_changed(extras, MachineExtras(), ("last_pid",)))
        found.update({key: _Flow(value) for key, value in _changed(extras, MachineExtras(), _HOOKS).items()})
        if extras.faults:
            found["faults"] = _FlowMap({what: times[0] if len(times) == 1 else _Flow(times) for what, times in extras.faults})
    return found


def _defect(defect: Defect) -> _FlowMap:
    found = _FlowMap(id=defect.id, on=defect.on[0] if len(defect.on) == 1 else _Flow(defect.on))
    if defect.promise is not None:
        found["promise"] = defect.promise.value
    return found


def _standard(standard: Assertion) -> dict[str, Any]:
    found: dict[str, Any] = {"id": standard.id, "clause": standard.clause}
    if standard.violated_on:
        found["violated_on"] = standard.violated_on[0] if len(standard.violated_on) == 1 else _Flow(standard.violated_on)
    return found


def _process(spec: ProcessSpec) -> dict[str, Any]:
    default = ProcessSpec(spec.name)
    found = _FlowMap(_changed(spec, default, _SIMPLE))
    if spec.group:
        found["group"] = spec.group
    if spec.group or spec.session != default.session:
        found["session"] = spec.session
    if spec.umask != default.umask:
        found["umask"] = f"{spec.umask:03o}"
    extras = spec.extras if spec.extras is not None else ProcessExtras()
    if spec.files != (() if extras.shares.files else default.files):
        found["files"] = _FlowMap({one.fd: _file(one) for one in spec.files})
    if spec.memory != (() if extras.shares.memory else default.memory):
        found["memory"] = _FlowMap({one.name: _region(one) for one in spec.memory})
    if spec.limits:
        found["limits"] = _FlowMap({name: _FlowMap(soft=soft, hard=hard) for name, soft, hard in spec.limits})
    found.update({key: _Flow(value) for key, value in _changed(spec, default, _LISTS).items()})
    if spec.caught:
        found["caught"] = _FlowMap(spec.caught)
    if spec.extras is not None:
        found.update(_extras(spec.extras))
    return found if len(found) <= _ON_ONE_LINE else dict(found)


def _extras(extras: ProcessExtras) -> dict[str, Any]:
    """What a process has beyond what every process has."""
    plain = ProcessExtras()
    found: dict[str, Any] = {}
    if extras.shares != plain.shares:
        found["shares"] = _FlowMap(_changed(extras.shares, Sharing(), SHARED))
    if extras.threads:
        found["threads"] = _FlowMap({thread.name: _thread(thread) for thread in extras.threads})
    if (traced := extras.traced) is not None:
        found["traced"] = _FlowMap(by=traced.by, forks=True) if traced.forks else traced.by
    if (ktrace := extras.ktrace) is not None:
        found["ktrace"] = _FlowMap(file=ktrace.file, inherit=True) if ktrace.inherit else ktrace.file
    if extras.watches:
        found["watches"] = _Flow(
            _FlowMap(fd=one.fd, process=one.process, notes="|".join(one.notes)) for one in extras.watches
        )  # fmt: skip
    for key in turned(extras):
        if key not in _IN_FORM:
            value = getattr(extras, key)
            found[key] = _Flow(value) if isinstance(value, tuple) else value
    return found


def _thread(spec: ThreadSpec) -> _FlowMap:
    changed = _changed(spec, ThreadSpec(spec.name), ("tid", "masked", "pending"))
    return _FlowMap({key: _Flow(value) if isinstance(value, tuple) else value for key, value in changed.items()})


def _file(spec: FileSpec) -> str | _FlowMap:
    changed = _changed(spec, FileSpec(spec.fd, spec.path), ("offset", "cloexec", "kind"))
    return _FlowMap(path=spec.path, **changed) if changed else spec.path


def _region(spec: RegionSpec) -> str | _FlowMap:
    changed = _changed(spec, RegionSpec(spec.name, spec.value), ("inherit", "wired"))
    return _FlowMap(value=spec.value, **changed) if changed else spec.value


def _item(item: Item, signs: str) -> dict[str, Any]:
    if isinstance(item, Check):
        return _check(item, signs)
    if isinstance(item, Step):
        return _step(item, "parent")
    programs: dict[str, list[_FlowMap]] = {}
    for step in item.steps:
        programs.setdefault(step.by, []).append(_step(step, step.by))
    found: dict[str, Any] = {"concurrently": programs}
    _only(found, item.only)
    return found


def _step(step: Step, actor: str) -> _FlowMap:
    found = _FlowMap()
    if step.by != actor:
        found["by"] = step.by
    found["do"] = step.call
    found.update({name: _arg(value) for name, value in step.args.items() if value is not None})
    if step.born:
        found["as"] = step.born
    _only(found, step.only)
    for key, expected in (("gives", step.gives), ("finally", step.finally_gives)):
        if expected is not None:
            found[key] = _expected(expected)
    return found


def _check(check: Check, signs: str) -> dict[str, Any]:
    always = signs if check.sign else "check"
    key = always if check.quantifier is Quantifier.ALWAYS else check.quantifier.value
    found: dict[str, Any] = {key: {one.path: _expected(one.expected) for one in check.expected}}
    _only(found, check.only)
    return found


def _only(found: dict[str, Any], only: tuple[str, ...]) -> None:
    if only:
        found["only"] = only[0] if len(only) == 1 else _Flow(only)


def _arg(value: ArgValue) -> Any:
    return _Flow(value) if isinstance(value, tuple) else value


def _expected(expected: Expected) -> Any:
    values = _FlowMap({selector: _arg(value) for selector, value in expected.by_flavor})
    return values["all"] if list(values) == ["all"] else values
