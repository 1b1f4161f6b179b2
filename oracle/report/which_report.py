"""Renders the answers to questions about a sweep, for people and (format 1) for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TypeAlias

from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import paragraph, plain, plural
from oracle.sweep.plan import Plan
from oracle.sweep.query import Agreement, Answer, Changes, Cube

FORMAT = 1
Answers: TypeAlias = dict[str, Answer] | dict[str, Changes] | dict[str, tuple[int, list[Answer]]] | Agreement


def render(plan: Plan, question: str, what: str, answers: Answers, look: Look, most: int) -> str:
    """An answer for a terminal."""
    if isinstance(answers, Agreement):
        parts = [
            _set(plan, f"All of {', '.join(plan.flavors)} can do it, and come to the same", answers.done, look, most),
            _set(plan, "They agree that it can't be done by all of them", answers.refused, look, most),
            _by_state(answers, look),
        ]
    else:
        parts = []
        for flavor, one in answers.items():
            if isinstance(one, Answer):
                parts.append(_set(plan, f"Exactly like {what or 'fork'}() on {flavor}", one, look, most))
            elif isinstance(one, Changes):
                parts.append(_changes(plan, f"What {what} changes on {flavor}", one, look))
            else:
                parts.append(_classes(plan, flavor, one, look, most))
    states = f"{plan.space.size:,} of {plan.space.name} from each of {plural(len(plan.states), 'state')}"
    return "\n\n".join([*parts, look.quiet(plain(states))]) + "\n"


def _set(plan: Plan, title: str, answer: Answer, look: Look, most: int) -> str:
    lines = [look.heading(plain(f"{title}: {answer.size:,} of {answer.of:,}"))]
    for cube in answer.cubes[:most]:
        lines.append(paragraph(plain(f"{cube.size:,}: {_shape(cube)}"), look.width, "  "))
    if len(answer.cubes) > most:
        lines.append(f"  … and {plural(len(answer.cubes) - most, 'smaller shape')}")
    if answer.smallest is not None:
        lines.append(plain(f"  the simplest: {plan.space.text(answer.smallest)}"))
    return "\n".join(lines)


def _by_state(agreement: Agreement, look: Look) -> str:
    said = ", ".join(f"{state} {count:,}" for state, count in agreement.by_state)
    return paragraph(plain(f"On so many they agree from each state alone: {said}"), look.width)


def _shape(cube: Cube) -> str:
    fixed = ", ".join(f"{name} {value}" for name, value in cube.fixed) or "any"
    return fixed + (f"; whatever {', '.join(cube.free)}" if cube.free else "")


def _changes(plan: Plan, title: str, one: Changes, look: Look) -> str:
    known = one.pairs - one.silent
    head = f"{title}: something in {known - one.same:,} of {known:,} pairs of cases"
    lines = [look.heading(plain(head))]
    if one.facts:
        rows = [
            [plain(fact.fact), f"{fact.pairs:,}", plain(f"{plan.space.text(fact.smallest)} in {fact.state}")]
            for fact in one.facts
        ]
        lines.append(fitted(rows, ["fact", "pairs", "for instance, added to"], look))
    if one.silent:
        lines.append(look.quiet(f"nothing is known of {plural(one.silent, 'pair')} more, in states that it doesn't model"))
    return "\n".join(lines)


def _classes(plan: Plan, flavor: str, found: tuple[int, list[Answer]], look: Look, most: int) -> str:
    count, classes = found
    lines = [look.heading(plain(f"{flavor}: {count:,} classes of cases that come to the same"))]
    for one in classes:
        assert one.smallest is not None
        shapes = " | ".join(_shape(cube) for cube in one.cubes[:3]) + (" | …" if len(one.cubes) > 3 else "")
        lines.append(paragraph(plain(f"{one.size:,} like {plan.space.text(one.smallest)}: {shapes}"), look.width, "  "))
    if count > len(classes):
        lines.append(f"  … and {count - len(classes):,} smaller ones; --most shows more")
    return "\n".join(lines)


def to_json(plan: Plan, question: str, what: str, answers: Answers) -> str:
    """An answer for programs: the same bytes for the same plan and code."""
    said: object
    if isinstance(answers, Agreement):
        said = asdict(answers)
    else:
        said = {
            flavor: {"classes": one[0], "largest": [asdict(each) for each in one[1]]} if isinstance(one, tuple) else asdict(one)
            for flavor, one in answers.items()
        }
    whole = {
        "format": FORMAT,
        "question": question,
        "what": what,
        "space": plan.space.name,
        "flavors": list(plan.flavors),
        "states": [state.name for state in plan.states],
        "answer": said,
    }
    return json.dumps(whole, indent=1) + "\n"
