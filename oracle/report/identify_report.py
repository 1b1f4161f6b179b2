"""Renders whose facts some are: who agrees with how many, and where the best part. Writes what is to be filled in.

As JSON, format 1:

    format, about, facts (how many are known), scenarios
    models       best first: name, flavor, wrong (its name, or null), sentence, agreeing, compared,
                 partings: scenario, path, observed, model; not_compared: scenario, why
    best         names of those that agree best
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from oracle.facts import Value, lookup
from oracle.identify.identify import Agreement, Question, best
from oracle.identify.wrong import WRONG, Model
from oracle.load import dump_scenario
from oracle.load.observed import FORMAT as FACTS_FORMAT
from oracle.load.observed import Observations
from oracle.lowering import render_call
from oracle.outcome import ABSENT
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import Json, paragraph, plain, plural, prose, show
from oracle.scenario import Scenario

FORMAT = 1
MOST_PARTINGS = 20


def render(observed: Observations, ranking: Sequence[Agreement], look: Look, most: int) -> str:
    """The whole report for a terminal."""
    parts = [_table(ranking, look, most), _verdict(observed, ranking, look, most)]
    for one in _worth_a_look(ranking):
        parts.append(_partings(one, look))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(ranking: Sequence[Agreement], look: Look, most: int) -> str:
    shown = list(ranking[: max(most, 1)])
    rows = [
        [one.model.flavor.id, plain(one.model.wrong.name) if one.model.wrong else "as it is", f"{one.agreeing}/{one.compared}"]
        for one in shown
    ]
    alike = max(0, len(best(ranking)) - len(shown))
    less = len(ranking) - len(shown) - alike
    text = fitted(rows, ["flavor", "implementation", "agreeing/compared"], look)
    text += f"\n… {alike} more, which agree as well as the first" if alike else ""
    return text + (f"\n… {less} more, which agree less" if less else "")


def _verdict(observed: Observations, ranking: Sequence[Agreement], look: Look, most: int) -> str:
    """Who it is, in a sentence or two; where facts leave open more models than are printed, that, and what to do."""
    first = best(ranking)
    about = f"{prose(observed.about)}: " if observed.about else ""
    facts = f"{plural(observed.count, 'known fact')} of {plural(len(observed.observed), 'scenario')}"
    if not any(one.compared for one in ranking):
        return look.bad(paragraph(f"{about}{facts}; nothing can be compared", look.width))
    agree = "agrees" if len(first) == 1 else "agree"
    how = (
        f"{agree} with all that can be compared" if not any(one.partings for one in first) else f"{agree} best, and not in all"
    )
    if len(first) > max(most, 1):
        cure = "these facts don't tell them from each other, so look at more of those that --template asks for"
        return paragraph(f"{about}{facts}; {len(first)} of {plural(len(ranking), 'model')} {how}: {cure}", look.width)
    lines = [paragraph(f"{about}{facts}; {', '.join(plain(one.model.name) for one in first)} {how}", look.width)]
    for wrong in dict.fromkeys(one.model.wrong for one in first):
        if wrong is not None:
            lines.append(paragraph(f"{wrong.name}: {wrong.sentence}", look.width, "  "))
    return "\n".join(lines)


def _worth_a_look(ranking: Sequence[Agreement]) -> list[Agreement]:
    """The first that parts of those that agree best; and the real kernel that is nearest, if none of them is one."""
    first = best(ranking)
    found = [one for one in first if one.partings][:1]
    if all(one.model.wrong is not None for one in first):
        found += [one for one in ranking if one.model.wrong is None][:1]
    return [one for one in found if one.partings]


def _partings(one: Agreement, look: Look) -> str:
    rows = [
        [plain(part.scenario), plain(part.path), show(part.observed), show(part.model)] for part in one.partings[:MOST_PARTINGS]
    ]
    more = len(one.partings) - len(rows)
    text = look.heading(f"Where {plain(one.model.name)} parts") + "\n"
    text += fitted(rows, ["scenario", "fact", "observed", plain(one.model.flavor.id)], look)
    return text + (f"\n… {more} more" if more else "")


def to_json(observed: Observations, ranking: Sequence[Agreement]) -> str:
    """The whole report for programs."""
    whole: dict[str, Json] = {
        "format": FORMAT,
        "about": observed.about,
        "facts": observed.count,
        "scenarios": [one.scenario.name for one in observed.observed],
        "models": [_model(one) for one in ranking],
        "best": [one.model.name for one in best(ranking)],
    }
    return json.dumps(whole, indent=1) + "\n"


def _model(one: Agreement) -> Json:
    wrong = one.model.wrong
    return {
        "name": one.model.name,
        "flavor": one.model.flavor.id,
        "wrong": None if wrong is None else wrong.name,
        "sentence": "" if wrong is None else wrong.sentence,
        "agreeing": one.agreeing,
        "compared": one.compared,
        "partings": [
            {"scenario": part.scenario, "path": part.path, "observed": _value(part.observed), "model": _value(part.model)}
            for part in one.partings
        ],
        "not_compared": [{"scenario": scenario, "why": why} for scenario, why in one.not_compared],
    }


def _value(value: Value | None) -> Json:
    if value is None:
        return ABSENT
    return list(value) if isinstance(value, tuple) else value


def template(questions: Iterable[Question], about: str) -> str:
    """A file of facts to be filled in: what to do, what to look at, and what that means. Null is for what is not known."""
    whole: dict[str, Json] = {
        "format": FACTS_FORMAT,
        "about": about,
        "scenarios": [
            {
                "scenario": one.scenario.name,
                "program": list(program(one.scenario)),
                "facts": {path: None if value is None else _value(value) for path, value in one.facts},
                "meaning": {path: _meaning(path) for path, _ in one.facts},
            }
            for one in questions
        ],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def program(scenario: Scenario) -> list[str]:
    """What somebody has to do, and no hint of what comes of it: the start, as a file says it, and each call by its number."""
    start = Scenario(scenario.name, scenario.title, "", scenario.topic, (), scenario.machine, scenario.processes, scenario.only)
    lines = [line for line in dump_scenario(start).splitlines() if not line.startswith(("topic:", "steps:"))]
    for step in scenario.calls:
        born = f" as {step.born}" if step.born else ""
        only = f" (only on {', '.join(step.only)})" if step.only else ""
        lines.append(f"call.{step.index}: {step.by}: {render_call(step.call, step.args)}{born}{only}")
    return lines


def _meaning(path: str) -> str:
    fact = lookup(path)
    assert fact is not None
    return f"{fact.type}: {fact.meaning}"


def listing(models: Sequence[Model], look: Look) -> str:
    """The wrong implementations that have names, and whose they can be, if not everybody's."""
    flavors = list(dict.fromkeys(model.flavor.id for model in models))
    rows = []
    for wrong in WRONG:
        whose = [model.flavor.id for model in models if model.wrong is wrong]
        of = "" if whose == flavors else f" (of {', '.join(whose) or 'no installed flavor'})"
        rows.append([plain(wrong.name), plain(wrong.sentence) + of])
    return fitted(rows, ["wrong implementation", "what it does"], look) + "\n"
