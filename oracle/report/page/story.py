"""The story of a run for the page: moments with a heading and lines, each kept once however many runs go through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from oracle.facts import Value
from oracle.report.changes import Birth, Changes, Gone
from oracle.report.crash import crash_of
from oracle.report.failures import misplaced_of
from oracle.report.page.picture import Picture, picture
from oracle.report.page.texts import Pool, Texts
from oracle.report.text import show, without_addresses
from oracle.report.walk import Event, Met, Stage, Turn, Walk
from oracle.scenario import Check, Concurrently, Quantifier, Scenario, Step

# What a line is about. The page has a word and a colour for each.
WHY, KERNEL, LATER, BORN, GONE, CHANGED, MET, UNMET, SIGN, KNOWN, BROKEN, CRASH, UNMODELLED, DEADLOCK = range(14)

Moment = list[int | list[int]]
START, END = 0, 100_000  # numbers of the first and of the last moment; those between are steps
LONGEST = 400  # moments of a story, and lines of a moment, that the page shows


@dataclass(frozen=True, slots=True)
class Told:
    """What all stories have in common."""

    texts: Texts = field(default_factory=Texts)
    moments: Pool[Moment] = field(default_factory=Pool)
    pictures: Pool[Picture] = field(default_factory=Pool)

    @property
    def size(self) -> int:
        """About what it takes as JSON."""
        return self.texts.size + self.moments.size + self.pictures.size


def story(walked: Walk, scenario: Scenario, told: Told) -> list[list[int]]:
    """A run as numbers of moments, and of the picture at each of them."""
    moments, pictures = [], []
    last = told.pictures.number([[], []])
    for stage in walked.stages[:LONGEST]:
        moments.append(_moment(stage, told))
        if stage.facts:
            last = told.pictures.number(picture(stage.facts))
        pictures.append(last)
    if left := len(walked.stages) - LONGEST:
        if left > 0:
            moments.append(told.moments.number([END - 1, told.texts.number(f"{left} more steps"), told.texts.number(""), []]))
            pictures.append(last)
    moments.append(_end(walked, scenario, told))
    pictures.append(last)
    return [moments, pictures]


def _moment(stage: Stage, told: Told) -> int:
    number, heading, result = _heading(stage)
    return _made(told, number, heading, result, list(_lines(stage)))


def _made(told: Told, number: int, heading: str, result: str, lines: list[tuple[int, str]]) -> int:
    if len(lines) > LONGEST:
        lines = [*lines[:LONGEST], (CHANGED, f"… and {len(lines) - LONGEST} lines more")]
    flat = [part for kind, text in lines for part in (kind, told.texts.number(text))]
    return told.moments.number([number, told.texts.number(heading), told.texts.number(result), flat])


def _heading(stage: Stage) -> tuple[int, str, str]:
    """The number of a moment, what is done, and what it gives."""
    if isinstance(stage.item, Step):
        if stage.outcome is None:
            return stage.item.index, f"{stage.item.by}: {stage.item.call}", ""
        born = f" as {stage.item.born}" if stage.item.born else ""
        took = f", {stage.outcome.elapsed} ms" if stage.outcome.elapsed else ""
        return stage.item.index, f"{stage.outcome.by}: {stage.outcome.call}{born}", f"{stage.outcome.result}{took}"
    if isinstance(stage.item, Check):
        quantified = stage.item.quantifier is not Quantifier.ALWAYS
        return stage.item.index, stage.item.quantifier.value if quantified else "shows" if stage.item.sign else "check", ""
    if isinstance(stage.item, Concurrently):
        return stage.item.index, f"steps {stage.item.index} to {stage.item.steps[-1].index}, concurrently", ""
    return START, "start", ""


def _lines(stage: Stage) -> Iterator[tuple[int, str]]:
    if stage.outcome is not None and stage.outcome.detail:
        yield WHY, without_addresses(stage.outcome.detail)
    for event in stage.events:
        yield KERNEL, _event(event)
    for turn in stage.turns:
        yield KERNEL, _turn(turn)
    for one in stage.later:
        yield LATER, f"step {one.step}, {one.by}: {one.call}, {'gives' if stage.turns else 'now gives'} {one.result}"
    yield from _changes(stage.changes)
    for met in stage.expected:
        yield _met(met)
    for broken in stage.violations:
        if broken.known:
            yield KNOWN, f"{broken.rule}: {broken.text}. The real kernel breaks it, too: {broken.known}"
        else:
            yield BROKEN, f"{broken.rule}: {broken.text}"


def _event(event: Event) -> str:
    return " ".join(part for part in (f"{event.ms} ms", event.actor, event.event, event.detail) if part)


def _turn(turn: Turn) -> str:
    did = "; ".join(_event(event).partition(" ms ")[2] for event in turn.events)
    if not turn.actor:
        return f"time passes: {did}"
    choice = f"choice {turn.choice}, " if turn.choice else ""
    return f"{choice}{turn.actor}: {did or 'goes on'}"


def _changes(changes: Changes) -> Iterator[tuple[int, str]]:
    for birth in changes.births:
        yield BORN, _birth(birth)
    for gone in changes.gone:
        yield GONE, _gone(gone)
    for one in changes.facts:
        yield CHANGED, f"{one.path}: {_said(one.before)} → {_said(one.after)}"


def _said(value: Value | None) -> str:
    return "not there" if value is None else show(value)


def _birth(birth: Birth) -> str:
    if not birth.like:
        facts = "; ".join(f"{one.path.partition('.')[2]} {_said(one.after)}" for one in birth.differs)
        return f"{birth.role} is born: {facts}"
    differs = "; ".join(f"{one.path.partition('.')[2]} {_said(one.after)} (not {_said(one.before)})" for one in birth.differs)
    relation = ", ".join(f"{name} {_said(value)}" for name, value in birth.relation)
    return f"{birth.role} is born, like {birth.like} except: {differs or 'nothing'}" + (
        f". With {birth.like}: {relation}" if relation else ""
    )


def _gone(gone: Gone) -> str:
    left = [f"{name} {_said(value)}" for name, value in gone.left]
    return f"{gone.role}: {_said(gone.before)} → {_said(gone.state)} ({', '.join([*left, f'{gone.facts} facts are no more'])})"


def _met(one: Met) -> tuple[int, str]:
    if one.claim:
        words = ("so here", "not here") if one.claim == "here" else ("there", "missing")
        but = "" if one.met else f", but {_said(one.actual)}"
        return SIGN, f"{words[not one.met]}: {one.path} is {'' if one.met else 'not '}{show(one.expected)}{but}"
    if one.met:
        return MET, f"{one.path} is {show(one.expected)}"
    return UNMET, f"{one.path} is {show(one.actual)}, expected {show(one.expected)} (line {one.line})"


def _end(walked: Walk, scenario: Scenario, told: Told) -> int:
    result = walked.result
    lines = [_met(one) for one in walked.at_end]
    if result.crash:
        lines.append((CRASH, str(crash_of(result.crash))))
    if result.unmodelled:
        lines.append((UNMODELLED, f"{result.unmodelled}: the rest says nothing"))
    if deadlock := result.observation.facts.get("machine.deadlock"):
        lines.append((DEADLOCK, show(deadlock)))
    lines += [(UNMET, text) for text in misplaced_of(result, scenario, portable=True)]
    return _made(told, END, "end", "as expected" if result.ok else "not as expected", lines)
