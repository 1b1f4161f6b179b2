"""Renders a search: its buckets with their smallest cases, what nobody says anything about, and the counts.

As JSON, format 1: the same seed, number of cases and code give the same bytes, whoever did the work in how many sittings.

    format, flavors, seed, cases, diverging, runs (comparisons, those for shrinking among them)
    buckets      most cases first, those after others last: id, after (a bucket, or none), count, steps,
                 first (number of the case that showed it first), scenario (the text of a file),
                 facts: fact, values (class of the value, flavors); decided: fact, by (flavor, lines)
    silences     flavor, note, count
"""

from __future__ import annotations

import json
from statistics import median

from oracle.fuzz.hunt import Findings
from oracle.fuzz.store import Bucket
from oracle.load import dump_scenario
from oracle.outcome import written
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import paragraph, plain, plural
from oracle.scenario import Step

FORMAT = 1
MOST_FACTS = 4
MOST_SILENCES = 5
LEGEND = (
    "A bucket holds all cases in which the same lines decide that the same facts disagree; it is shown with its smallest case, "
    "without the machine that it starts on. `<caller>` makes the last process, `<child>` is that one. What comes after another "
    "bucket shows that one before its last step, and is perhaps what it leads to. A bucket of 0 cases was met at the beginning "
    "of another one's smallest case, and nowhere else."
)


def render(found: Findings, look: Look) -> str:
    """The whole report for a terminal."""
    parts = [_buckets(found, look), _silences(found, look), _summary(found, look)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _buckets(found: Findings, look: Look) -> str:
    rows = [
        [
            bucket.name,
            f"{bucket.count:,}",
            str(len(bucket.scenario.steps)),
            f"{plain(_program(bucket))}\n{_facts(bucket)}{_after(bucket)}",
        ]
        for bucket in found.buckets
    ]
    if not rows:
        return ""
    headers = ["bucket", "cases", "steps", "smallest case, and what disagrees"]
    return fitted(rows, headers, look) + "\n\n" + look.quiet(paragraph(LEGEND, look.width))


def _program(bucket: Bucket) -> str:
    return "; ".join(_step(step) for step in bucket.scenario.calls)


def _step(step: Step) -> str:
    args = ", ".join(f"{name}={written(value)}" for name, value in step.args.items())
    born = f" → {step.born}" if step.born else ""
    return f"{'' if step.by == 'parent' else f'{step.by}: '}{step.call}({args}){born}"


def _facts(bucket: Bucket) -> str:
    facts = bucket.signature.facts
    said = [f"{one.fact}: " + " / ".join(plain(value) for value, _ in one.values) for one in facts[:MOST_FACTS]]
    more = len(facts) - MOST_FACTS
    crashed = [symptom for symptom in bucket.symptoms if " crashes: " in symptom]
    return "; ".join([*crashed, *said]) + (f"; and {more} more" if more > 0 else "")


def _after(bucket: Bucket) -> str:
    return f"; after {bucket.after}" if bucket.after else ""


def _silences(found: Findings, look: Look) -> str:
    lines = [
        look.quiet(paragraph(plain(f"{flavor} does not model {plural(count, 'case')}: {note}"), look.width))
        for flavor, note, count in found.silences[:MOST_SILENCES]
    ]
    more = len(found.silences) - MOST_SILENCES
    return "\n".join([*lines, *([look.quiet(f"and {plural(more, 'more reason')}")] if more > 0 else [])])


def _summary(found: Findings, look: Look) -> str:
    done = found.progress
    steps = [len(bucket.scenario.steps) for bucket in found.buckets]
    text = f"{done.cases:,} cases on {', '.join(found.flavors)}, seed {found.seed}: {done.diverging:,} diverge"
    if steps:
        text += f"; what is news of that is in {plural(len(steps), 'bucket')}; "
        text += f"their smallest cases have a median of {median(steps):g} and at most "
        text += plural(max(steps), "step")
        text += f"; {sum(bool(bucket.after) for bucket in found.buckets)} of them come after others"
    return paragraph(text, look.width)


def to_json(found: Findings) -> str:
    """The whole report for programs."""
    done = found.progress
    whole = {
        "format": FORMAT,
        "flavors": list(found.flavors),
        "seed": found.seed,
        "cases": done.cases,
        "diverging": done.diverging,
        "runs": done.runs,
        "buckets": [_bucket(bucket) for bucket in found.buckets],
        "silences": [{"flavor": flavor, "note": note, "count": count} for flavor, note, count in found.silences],
    }
    return json.dumps(whole, indent=1) + "\n"


def _bucket(bucket: Bucket) -> dict[str, object]:
    sign = bucket.signature
    return {
        "id": bucket.name,
        "after": bucket.after,
        "count": bucket.count,
        "first": bucket.number,
        "steps": len(bucket.scenario.steps),
        "scenario": dump_scenario(bucket.scenario),
        "facts": [
            {"fact": one.fact, "values": [{"value": value, "flavors": list(who)} for value, who in one.values]}
            for one in sign.facts
        ],
        "decided": [
            {"fact": one.fact, "by": [{"flavor": flavor, "lines": list(lines)} for flavor, lines in one.by]}
            for one in sign.decided
        ],
    }
