"""The table of a call: every condition alone and all pairs, on every flavor, and which error comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from oracle.args import hint
from oracle.conditions.portable import PORTABLE
from oracle.conditions.values import Condition, Trial
from oracle.errors import UsageError
from oracle.flavor import Flavor
from oracle.precedence.order import Verdict, order
from oracle.precedence.probe import Ending, Raised, attempt
from oracle.precedence.setting import Apart, together
from oracle.precedence.sites import Site
from oracle.scenario import Scenario, Step


@dataclass(frozen=True, slots=True)
class Alone:
    """One condition on one flavor. `rank` is 0 if it makes no error there."""

    condition: str
    ending: Ending
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two conditions at once; `raised` is what won, `why` why they do not go together."""

    one: str
    other: str
    verdict: Verdict
    raised: Raised | None = None
    result: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One call on one flavor. Without conditions, the flavor does not have it; `anyway`: what it fails with in any case."""

    flavor: str
    alone: tuple[Alone, ...] = ()
    pairs: tuple[Pair, ...] = ()
    why_no_order: str = ""
    anyway: Raised | None = None
    crash: str = ""
    reached: frozenset[Site] = frozenset()

    def of(self, condition: str) -> Alone | None:
        """A condition by its name, if it was tried here."""
        return next((one for one in self.alone if one.condition == condition), None)


@dataclass(frozen=True, slots=True)
class Table:
    """One call. `conditions` are the rows: those that win first, then those that make no error anywhere."""

    call: str
    conditions: tuple[str, ...]
    columns: tuple[Column, ...]


def trials_of(flavor: Flavor) -> dict[str, Trial]:
    """The trials of a flavor by name: portable ones with what it adds to them, then its own."""
    found = {trial.name: trial for trial in PORTABLE if trial.call in flavor.calls}
    for own in flavor.trials:
        portable = found.get(own.name)
        if portable is not None:
            found[own.name] = replace(portable, conditions=portable.conditions + own.conditions)
        elif own.call in flavor.calls:
            found[own.name] = own
    return found


def wanted(flavors: Sequence[Flavor], calls: Sequence[str]) -> tuple[str, ...]:
    """The names of trials that are asked for: all for no call; a call means all its variants. Raises UsageError."""
    known: dict[str, str] = {}
    for flavor in flavors:
        known.update({name: trial.call for name, trial in trials_of(flavor).items()})
    for call in calls:
        if call not in known and call not in known.values():
            here = ", ".join(dict.fromkeys(known.values())) or "none"
            raise UsageError(
                f"no condition is known for a call {call!r}{hint(call, known.values())}; calls that have some: {here}"
            )
    return tuple(name for name in known if not calls or name in calls or known[name] in calls)


def tables(
    flavors: Sequence[Flavor], names: Sequence[str], progress: Callable[[Table], None] | None = None
) -> tuple[Table, ...]:
    """The tables of some trials, but for those of which no flavor models anything; `progress` is told of each."""
    found = []
    for name in names:
        made = table(name, flavors)
        if progress is not None:
            progress(made)
        if made.conditions:
            found.append(made)
    return tuple(found)


def table(name: str, flavors: Sequence[Flavor]) -> Table:
    """One call on some flavors."""
    columns = tuple(column(flavor, trials_of(flavor).get(name)) for flavor in flavors)
    rows: dict[str, list[int]] = {}
    for one in columns:
        for alone in one.alone:
            rows.setdefault(alone.condition, []).extend([alone.rank] if alone.rank else [])
    places = list(rows)
    ordered = sorted(rows, key=lambda row: (not rows[row], sum(rows[row]) / max(len(rows[row]), 1), places.index(row)))
    return Table(name, tuple(ordered), columns)


def column(flavor: Flavor, trial: Trial | None) -> Column:
    """One call on one flavor."""
    if trial is None:
        return Column(flavor.id)
    fair = attempt(together(trial, ()), flavor)
    tried: list[tuple[Condition, Scenario, Ending]] = []
    for condition in trial.conditions:
        scenario = together(trial, (condition,))
        ending = attempt(scenario, flavor)
        if ending.made or ending.crash:
            tried.append((condition, scenario, ending))
    failing = [one for one in tried if _own_error(one[2], fair)]
    pairs = [_pair(trial, flavor, one, other) for one, other in combinations(failing, 2)]
    found = order([one[0].name for one in failing], {(pair.one, pair.other): pair.verdict for pair, _ in pairs})
    endings = [fair, *(ending for _, _, ending in tried), *(ending for _, ending in pairs if ending is not None)]
    return Column(
        flavor.id,
        tuple(Alone(condition.name, ending, found.ranks.get(condition.name, 0)) for condition, _, ending in tried),
        tuple(pair for pair, _ in pairs),
        found.why_not,
        fair.first,
        next((ending.crash for ending in endings if ending.crash), ""),
        frozenset().union(*(ending.reached for ending in endings)),
    )


def _own_error(ending: Ending, fair: Ending) -> bool:
    """Whether a condition makes the call fail, and with something else than what it fails with in any case."""
    return ending.first is not None and (fair.first is None or fair.first.site != ending.first.site)


def _pair(
    trial: Trial, flavor: Flavor, one: tuple[Condition, Scenario, Ending], other: tuple[Condition, Scenario, Ending]
) -> tuple[Pair, Ending | None]:
    """Two conditions at once. If the steps of the one spoil those of the other, they are tried the other way round, too."""
    names = (one[0].name, other[0].name)
    alone = _prepared(one[1], one[2]) | _prepared(other[1], other[2])
    why, ending = "", None
    for turned in (False, True):
        try:
            scenario = together(trial, (one[0], other[0]), turned)
        except Apart as error:
            return Pair(*names, _apart(one[2], other[2]), why=str(error)), None
        ending = attempt(scenario, flavor)
        now = _prepared(scenario, ending)
        spoilt = next((f"{step.by}'s {step.call} gives {now[step]}" for step in now if now[step] != alone[step]), "")
        if ending.crash or (ending.made and not spoilt):
            return Pair(*names, _verdict(one[2], other[2], ending), ending.first, ending.result), ending
        why = why or spoilt or ending.result
    return Pair(*names, _apart(one[2], other[2]), why=f"with both, {why}"), ending


def _prepared(scenario: Scenario, ending: Ending) -> dict[_Key, str]:
    """What the steps before the call gave."""
    steps = [_Key(step) for step in scenario.steps[:-1] if isinstance(step, Step)]
    return dict(zip(steps, ending.prepared, strict=False))


class _Key:
    """A step, wherever it stands."""

    __slots__ = ("by", "call", "words")

    def __init__(self, step: Step) -> None:
        self.by = step.by
        self.call = step.call
        self.words = (step.by, step.call, step.born, tuple(step.args.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)


def _apart(one: Ending, other: Ending) -> Verdict:
    """Two conditions that never meet are one error if the kernel says the same of them."""
    assert one.first is not None and other.first is not None
    return Verdict.SAME if one.first.site == other.first.site else Verdict.APART


def _verdict(one: Ending, other: Ending, both: Ending) -> Verdict:
    """Who won: by the place in the kernel's code; where that is one and the same, by its words."""
    assert one.first is not None and other.first is not None
    if both.first is None:
        return Verdict.NEITHER
    site = both.first.site
    if one.first.site != other.first.site:
        return Verdict.FIRST if site == one.first.site else Verdict.SECOND if site == other.first.site else Verdict.THIRD
    if site != one.first.site:
        return Verdict.THIRD
    words = [both.first.message == ending.first.message for ending in (one, other) if ending.first is not None]
    return {(True, False): Verdict.FIRST, (False, True): Verdict.SECOND}.get((words[0], words[1]), Verdict.SAME)
