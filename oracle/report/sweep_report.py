"""Renders a sweep: its buckets, what nobody says anything about, and the counts.

As JSON, format 1: the same plan and code give the same bytes, whoever did the work in what order.

    format, complete (false if cases are missing), space, call, flavors, states, seed, note
    cases, done, runs, agreeing, outcomes
    buckets      most cases first: id, count, states, smallest (state, index, call, args),
                 facts: fact, values (class of the value, flavors);
                 with --findings: findings that claim differences of the simplest case, and kinds of facts that are new
    silences     flavor, kind (unmodelled, crashed), note, count, smallest
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from oracle.findings.claims import Claims
from oracle.report.look import Look
from oracle.report.table_report import fitted
from oracle.report.text import Json, paragraph, plain, plural
from oracle.sweep.plan import Plan
from oracle.sweep.sweep import Bucket, Case, Findings

FORMAT = 1
NOBODY: Mapping[str, Claims] = {}  # no finding was asked
MOST_FACTS = 6
LEGEND = (
    "A bucket holds all cases in which the same kinds of facts disagree in the same way; it is shown with its simplest case, "
    "and from how many states it is reached. `<caller>` makes the call, `<child>` is what it makes."
)
CLAIMS = (
    " NEW is what no finding claims; `perhaps` are the findings on the same facts and lines that name other `scenarios`. Many "
    "name single buckets of the standard sweeps (those of findings --check), and no bucket of another sweep."
)


def render(found: Findings, look: Look, claims: Mapping[str, Claims] = NOBODY) -> str:
    """The whole report for a terminal. `claims`: by bucket, what findings claim of its simplest case, if they were asked."""
    parts = [_buckets(found, look, claims), _silences(found, look), _summary(found, look)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _buckets(found: Findings, look: Look, claims: Mapping[str, Claims]) -> str:
    rows = []
    for bucket in found.buckets:
        states = f"{bucket.smallest.state.name}" + (f" +{len(bucket.states) - 1}" if len(bucket.states) > 1 else "")
        call = plain(found.plan.space.text(bucket.smallest.index))
        rows.append(
            [bucket.signature.ident, f"{bucket.count:,}", plain(states), f"{call}\n{_facts(bucket)}{_claimed(bucket, claims)}"]
        )
    if not rows:
        return ""
    headers = ["bucket", "cases", "state", "simplest case, and what disagrees"]
    return fitted(rows, headers, look) + "\n\n" + look.quiet(paragraph(LEGEND + (CLAIMS if claims else ""), look.width))


def _facts(bucket: Bucket) -> str:
    said = []
    for one in bucket.signature.facts[:MOST_FACTS]:
        said.append(f"{one.fact}: " + " / ".join(plain(value) for value, _ in one.values))
    more = len(bucket.signature.facts) - MOST_FACTS
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _claimed(bucket: Bucket, claims: Mapping[str, Claims]) -> str:
    """The findings that claim what differs, and what none of them does."""
    there = claims.get(bucket.signature.ident)
    if there is None:
        return ""
    new = list(dict.fromkeys(apart.fact for apart in there.new))
    said = [f"findings: {', '.join(map(plain, there.used))}"] if there.used else []
    said += [f"NEW: {', '.join(map(plain, new))}"] if new else []
    said += [f"perhaps: {', '.join(map(plain, there.perhaps))}"] if there.perhaps else []
    return "".join(f"\n{line}" for line in said)


def _silences(found: Findings, look: Look) -> str:
    lines = []
    for one in found.silences:
        text = f"{one.flavor} {one.kind} in {plural(one.count, 'case')}, such as {_case(found.plan, one.smallest)}: {one.note}"
        shown = paragraph(plain(text), look.width)
        lines.append(look.bad(shown) if one.kind == "crashed" else look.quiet(shown))
    return "\n".join(lines)


def _case(plan: Plan, case: Case) -> str:
    return f"{plan.space.text(case.index)} in {case.state.name}"


def _summary(found: Findings, look: Look) -> str:
    plan = found.plan
    diverging = sum(bucket.count for bucket in found.buckets)
    where = plan.note or f"{plan.space.size:,} of {plan.space.name} from {plural(len(plan.states), 'state')}"
    lines = [f"{where}, on {', '.join(plan.flavors)}"]
    outcomes = f"{found.outcomes:,} different outcome{'' if found.outcomes == 1 else 's'}"
    if len(plan.flavors) > 1:
        lines.append(
            f"{found.done:,} cases: {found.agreeing:,} agree, {diverging:,} diverge in {plural(len(found.buckets), 'bucket')}; "
            + outcomes
        )
    else:
        lines.append(f"{found.done:,} cases, {outcomes}; nothing to compare one flavor with")
    if found.done < plan.cases:
        lines.append(f"interrupted: {found.done:,} of {plan.cases:,} cases are done")
    told = [paragraph(plain(line), look.width) for line in lines]
    return "\n".join([*told[:2], *map(look.bad, told[2:])])


def to_json(found: Findings, claims: Mapping[str, Claims] = NOBODY) -> str:
    """The whole report for programs. `claims`: as for `render`."""
    plan = found.plan
    whole: dict[str, Json] = {
        "format": FORMAT,
        "complete": found.done == plan.cases,
        "space": plan.space.name,
        "call": plan.space.call,
        "flavors": list(plan.flavors),
        "states": [state.name for state in plan.states],
        "seed": plan.seed,
        "note": plan.note,
        "cases": plan.cases,
        "done": found.done,
        "runs": found.runs,
        "agreeing": found.agreeing,
        "outcomes": found.outcomes,
        "buckets": [_bucket(plan, bucket, claims.get(bucket.signature.ident)) for bucket in found.buckets],
        "silences": [
            {
                "flavor": one.flavor,
                "kind": one.kind,
                "note": one.note,
                "count": one.count,
                "smallest": case_to_json(plan, one.smallest),
            }
            for one in found.silences
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def _bucket(plan: Plan, bucket: Bucket, claims: Claims | None) -> dict[str, Json]:
    return {
        "id": bucket.signature.ident,
        "count": bucket.count,
        "states": list(bucket.states),
        "smallest": case_to_json(plan, bucket.smallest),
        "facts": [
            {"fact": one.fact, "values": [{"value": value, "flavors": list(who)} for value, who in one.values]}
            for one in bucket.signature.facts
        ],
        **_claims(claims),
    }


def _claims(there: Claims | None) -> dict[str, Json]:
    if there is None:
        return {}
    new = list(dict.fromkeys(apart.fact for apart in there.new))
    return {"findings": list(there.used), "new": [*new], "perhaps": list(there.perhaps)}


def case_to_json(plan: Plan, case: Case) -> Json:
    """A case: where it starts, its number, and the call."""
    args: dict[str, Json] = {}
    for name, value in plan.space.named(case.index).items():
        args[name] = list(value) if isinstance(value, tuple) else value
    return {"state": case.state.name, "index": case.index, "call": plan.space.text(case.index), "args": args}
