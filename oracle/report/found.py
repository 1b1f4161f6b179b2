"""A divergence that was found, as a scenario file that tells what it shows: for `fuzz` and for `sweep --save`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oracle.flavor import Flavor
from oracle.fuzz.search import signed
from oracle.harness import compare
from oracle.load import dump_scenario
from oracle.report.text import clip, plain, show
from oracle.scenario import Scenario
from oracle.signature import Signature

WIDTH = 120
MOST = 12  # facts that are named; a scenario in which more disagree says how many more
FIRST = 60  # columns of a title for a fact's values


def found_file(name: str, scenario: Scenario, flavors: Sequence[Flavor], how: str, sign: Signature | None = None) -> str:
    """The text of the file: what diverges between which flavors, what decided it, and how it was found, as comments.

    `sign` is the signature with its deciding lines, if it is known.
    """
    comparison = compare(replace(scenario, name=name), flavors, checked=False)
    if sign is None:
        sign = signed(comparison, flavors)
    lines = [f"Bucket {name}, found by {how}", "", f"{_and([flavor.id for flavor in flavors])} disagree on:"]
    told = [(one.path, " / ".join(show(value) for _, value in one.values)) for one in comparison.divergences]
    lines += [f"  {path}: {values}" for path, values in told[:MOST]]
    lines += [f"  and {len(told) - MOST} facts more"] if len(told) > MOST else []
    if sign.decided:
        lines += ["", "Decided by:"]
        for decided in sign.decided[:MOST]:
            lines.append(f"  {decided.fact}")
            lines += [f"    {flavor}: {'; '.join(by) or 'nothing that is cited'}" for flavor, by in decided.by]
    comments = "".join(f"# {clip(plain(line), WIDTH - 2)}".rstrip() + "\n" for line in lines)
    return comments + dump_scenario(replace(scenario, title=_title(told), why="", only=tuple(flavor.id for flavor in flavors)))


def _title(told: Sequence[tuple[str, str]]) -> str:
    if not told:
        return "No fact disagrees"
    path, values = told[0]
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    return f"{path} is {clip(plain(values), FIRST)}{more}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
