"""Renders a walk for a terminal: step by step, what was called, what the kernel did, what changed, what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oracle.facts import Value
from oracle.lowering import render_call
from oracle.outcome import Outcome, Violation
from oracle.report.changes import Birth, Change, Gone
from oracle.report.crash import crash_of
from oracle.report.digest import place
from oracle.report.failures import misplaced_of
from oracle.report.look import Look
from oracle.report.table_report import grid
from oracle.report.text import clip, paragraph, plain, prose, show
from oracle.report.walk import Event, Met, Stage, Turn, Walk
from oracle.scenario import Check, Concurrently, Quantifier, Scenario, Step

INDENT = "    "


def render(walked: Walk, scenario: Scenario, title: str, look: Look, *, all_facts: bool = False) -> str:
    """The whole story; `title` is the flavor's."""
    parts = [_heading(walked, scenario, title, look)]
    parts += [_stage(stage, scenario, look) for stage in walked.stages]
    parts.append(_end(walked, scenario, look))
    if all_facts:
        parts.append(look.heading("all facts at the end") + "\n" + facts(walked.result.observation.facts, look))
    return "\n\n".join(part for part in parts if part) + "\n"


def facts(observed: Mapping[str, Value], look: Look) -> str:
    """An observation as a table."""
    table = grid([[plain(path), clip(show(value), max(20, look.width - 44))] for path, value in observed.items()])
    return "\n".join(INDENT + line for line in table.splitlines())


def _heading(walked: Walk, scenario: Scenario, title: str, look: Look) -> str:
    head = f"{look.heading(plain(scenario.name))} on {look.name(plain(walked.result.flavor))}"
    lines = [head + (f" ({prose(title)})" if title else "")]
    lines += [paragraph(prose(text), look.width, "  ") for text in (scenario.title, scenario.why) if text.strip()]
    return "\n".join(lines)


def _stage(stage: Stage, scenario: Scenario, look: Look) -> str:
    lines = [_what(stage, scenario, look)]
    if isinstance(stage.item, Step) and stage.item.call == "spawn":
        lines.append(paragraph(f"for {plain(render_call('spawn', stage.item.args))}", look.width, INDENT))
    if stage.outcome is not None and stage.outcome.detail:
        lines.append(look.quiet(paragraph(f"because: {prose(stage.outcome.detail)}", look.width, INDENT)))
    lines += _kernel(stage.events, look) + _columns(stage.turns, look)
    for one in stage.later:
        went_on = f"step {one.step}: {_call(one)} gives" if stage.turns else f"step {one.step} went on: {_call(one)} now gives"
        lines.append(INDENT + look.note(f"{went_on} {plain(one.result)}"))
    for birth in stage.changes.births:
        lines += _birth(birth, look)
    lines += [INDENT + _gone(one, look) for one in stage.changes.gone]
    lines += [INDENT + clip(_change(one), look.width - len(INDENT)) for one in stage.changes.facts]
    lines += [_met(one, scenario, look) for one in stage.expected]
    lines += [_violation(one, look) for one in stage.violations]
    return "\n".join(lines)


def _what(stage: Stage, scenario: Scenario, look: Look) -> str:
    """The first line of a stage."""
    if isinstance(stage.item, Step):
        if stage.outcome is None:
            return look.heading(f"step {stage.item.index}")
        born = f" as {plain(stage.item.born)}" if stage.item.born else ""
        return look.heading(f"step {stage.item.index}  {_call(stage.outcome)}{born} = {plain(stage.outcome.result)}") + _after(
            stage.outcome
        )
    if isinstance(stage.item, Check):
        quantified = stage.item.quantifier is not Quantifier.ALWAYS
        kind = stage.item.quantifier.value if quantified else _look(stage.item, scenario)
        return look.heading(f"step {stage.item.index}  {kind}")
    if isinstance(stage.item, Concurrently):
        last = stage.item.steps[-1].index
        return (
            look.heading(f"steps {stage.item.index} to {last}  concurrently") + "  a line for each move; choices are numbered"
        )
    names = ", ".join(plain(process.name) for process in scenario.processes)
    return look.heading("start") + f"  the kernel, init, the shell{', ' if names else ''}{names}"


def _look(item: Check, scenario: Scenario) -> str:
    """The key of an item that looks at facts."""
    return ("shows" if scenario.standard is None else "requires") if item.sign else "check"


def _call(outcome: Outcome) -> str:
    return f"{plain(outcome.by)}: {plain(outcome.call)}"


def _after(outcome: Outcome) -> str:
    return f", {outcome.elapsed} ms" if outcome.elapsed else ""


def _kernel(events: Sequence[Event], look: Look) -> list[str]:
    """The events of the kernel, times in simulated milliseconds since the start."""
    if not events:
        return []
    rows = [[f"{one.ms} ms", plain(one.actor) or "-", plain(one.event), plain(one.detail)] for one in events]
    return [look.quiet(clip(f"{INDENT}| {line}", look.width)) for line in grid(rows).splitlines()]


def _columns(turns: Sequence[Turn], look: Look) -> list[str]:
    """The moves of a concurrent block, a column for each actor."""
    if not turns:
        return []
    actors = list(dict.fromkeys(turn.actor for turn in turns if turn.actor))
    rows = [["choice", *map(plain, actors)]]
    for turn in turns:
        cells = dict.fromkeys(actors, "")
        for event in turn.events:
            who = turn.actor or event.actor
            other = f"{plain(event.actor)} " if event.actor != who else ""
            text = f"{other}{plain(event.event)} {plain(event.detail)}".strip()
            cells[who] = f"{cells.get(who, '')}; {text}" if cells.get(who) else text
        if turn.actor and not cells[turn.actor]:
            cells[turn.actor] = "goes on"
        rows.append([str(turn.choice) if turn.choice else "", *(cells[actor] or "." for actor in actors)])
    return [look.quiet(clip(f"{INDENT}| {line}", look.width)) for line in grid(rows).splitlines()]


def _birth(birth: Birth, look: Look) -> list[str]:
    lines = [INDENT + look.good(f"{plain(birth.role)} is born") + (f", like {plain(birth.like)} except:" if birth.like else "")]
    inner = INDENT * 2
    if birth.like:
        relation = ", ".join(f"{name} {show(value)}" for name, value in birth.relation)
        differs = [f"{one.path.partition('.')[2]} {show(one.after)} (not {show(one.before)})" for one in birth.differs]
        lines.append(paragraph("; ".join(map(plain, differs)) or "nothing", look.width, inner))
        if relation:
            lines.append(paragraph(f"with {plain(birth.like)}: {plain(relation)}", look.width, inner))
    else:
        text = "; ".join(f"{one.path.partition('.')[2]} {show(one.after)}" for one in birth.differs)
        lines.append(paragraph(plain(text), look.width, inner))
    return lines


def _gone(gone: Gone, look: Look) -> str:
    left = [f"{name} {show(value)}" for name, value in gone.left]
    text = f"{plain(gone.role)}: {show(gone.before)} -> {show(gone.state)}"
    return look.note(text) + f" ({', '.join([*left, f'{gone.facts} facts are no more'])})"


def _change(change: Change) -> str:
    return f"{plain(change.path)}: {show(change.before)} -> {show(change.after)}"


def _met(one: Met, scenario: Scenario, look: Look) -> str:
    if one.claim:
        signs = ("sign", "no sign") if scenario.standard is None else ("as required", "not as required")
        words = signs if one.claim == "sign" else ("so here", "not here")
        seen = look.note(words[0]) if one.met else words[1]
        differs = "" if one.met else f" but {show(one.actual)}"
        return f"{INDENT}{seen}    {plain(one.path)} is {'' if one.met else 'not '}{show(one.expected)}{differs}"
    if one.met:
        return INDENT + look.good("met") + f"    {plain(one.path)} is {show(one.expected)}"
    text = f"{plain(one.path)} is {show(one.actual)}, expected {show(one.expected)} ({plain(place(scenario, one.line))})"
    return INDENT + look.bad("UNMET") + f"  {text}"


def _violation(one: Violation, look: Look) -> str:
    text = f"{plain(one.rule)}: {prose(one.text)}"
    if one.known:
        return paragraph(f"invariant, broken by that kernel itself: {text}. Why: {prose(one.known)}", look.width, INDENT)
    return INDENT + look.bad("INVARIANT") + f"  {text}"


def _end(walked: Walk, scenario: Scenario, look: Look) -> str:
    """What was expected at the end, and how the run ended."""
    result = walked.result
    lines = [_met(one, scenario, look) for one in walked.at_end]
    if result.crash:
        lines.append(INDENT + look.bad("CRASH") + f"  {prose(str(crash_of(result.crash)))}")
    if result.unmodelled:
        lines.append(INDENT + look.note("unmodelled") + f"  {prose(result.unmodelled)}: the rest says nothing")
    deadlock = result.observation.facts.get("machine.deadlock")
    if deadlock:
        lines.append(INDENT + look.note("deadlock") + f"  {show(deadlock)}")
    lines += [paragraph(prose(text), look.width, INDENT * 2) for text in result.stuck]
    if result.shown is not None and scenario.entry is not None:
        words = ("does not have", "has") if scenario.standard is None else ("violates", "satisfies")
        lines.append(f"{INDENT}{words[result.shown]} {plain(scenario.entry.id)}")
    lines += [INDENT + look.bad("UNMET") + f"  {text}" for text in misplaced_of(result, scenario)]
    verdict = look.good("as expected") if result.ok else look.bad("not as expected")
    return "\n".join([look.heading("end") + f"  {verdict}", *lines])
