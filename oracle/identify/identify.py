"""Compares observed facts with what models do, and orders the models by how well they agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oracle.diff import scope_of
from oracle.facts import Scope, Value
from oracle.identify.wrong import Model
from oracle.load.observed import Observed
from oracle.outcome import ABSENT
from oracle.run import run
from oracle.scenario import Scenario

# Shipped scenarios by which all models are told from each other, and which few of them are needed for.
SCENARIOS = (
    "results/what-a-child-inherits",
    "results/what-a-child-does-not-inherit",
    "vfork/until-exec",
    "vfork/three-kinds",
    "files/close-on-exec",
    "files/kqueue-is-not-inherited",
    "files/shared-table",
    "files/exec-without-sharing-keeps-locks",
    "memory/inheritance-set-by-minherit",
    "posix/fork-15-no-memory-locks",
    "posix/fork-24-limit-of-a-user",
    "accounting/ktrace-with-inherit",
    "results/spawn-handlers-without-memory",
    "results/spawn-exit-signal",
    "results/spawn-child-of-init",
    "results/spawn-cwd-apart-from-files",
    "results/spawn-same-leader",
    "defects/netbsd-q1-traced-clone-lost",
    "defects/dragonfly-m1-no-new-process",
    "defects/dragonfly-q2-stop-in-vfork",
    "defects/dragonfly-q5-held-for-ever",
)


NOT_ALIVE = (None, "zombie", "reaped")  # states of those of whom little else is observed


@dataclass(frozen=True, slots=True)
class Parting:
    """A fact on which a model says something else than what was observed; None: it is not there."""

    scenario: str
    path: str
    observed: Value
    model: Value | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a model agrees. Not compared are facts of scenarios that it is not meant for, or has no model of."""

    model: Model
    agreeing: int
    compared: int
    partings: tuple[Parting, ...]
    not_compared: tuple[tuple[str, str], ...]  # (scenario, why)

    @property
    def score(self) -> int:
        """What counts: a fact that agrees speaks for the model, one that doesn't speaks against it, others say nothing."""
        return self.agreeing - len(self.partings)


def identify(
    observed: Sequence[Observed], models: Iterable[Model], progress: Callable[[object], None] | None = None
) -> tuple[Agreement, ...]:
    """The models, those that agree best first; where they agree alike, a real kernel before a wrong implementation."""
    found: list[Agreement] = []
    for model in models:
        found.append(_agreement(observed, model))
        if progress is not None:
            progress(model)
    return tuple(sorted(found, key=lambda one: (-one.score, one.model.wrong is not None)))


def best(ranking: Sequence[Agreement]) -> tuple[Agreement, ...]:
    """The first of a ranking, and those that agree as well."""
    return tuple([one for one in ranking if one.score == ranking[0].score])


def _agreement(observed: Sequence[Observed], model: Model) -> Agreement:
    partings: list[Parting] = []
    silent: list[tuple[str, str]] = []
    agreeing = 0
    for one in observed:
        shown = shows(one.scenario, model)
        if isinstance(shown, str):
            silent.append((one.scenario.name, shown))
            continue
        for path, value in one.facts:
            there = shown.get(path)
            if there == value or (there is None and value == ABSENT):
                agreeing += 1
            else:
                partings.append(Parting(one.scenario.name, path, value, there))
    return Agreement(model, agreeing, agreeing + len(partings), tuple(partings), tuple(silent))


def shows(scenario: Scenario, model: Model) -> Mapping[str, Value] | str:
    """What a model shows of a scenario after its last step; or why it shows nothing."""
    if not scenario.runs_on(model.flavor.id):
        return "the scenario is not meant for it"
    result = run(scenario, model.flavor, checked=False)
    if result.crash:
        return f"crashed: {result.crash.strip().splitlines()[-1]}"
    return f"not modelled: {result.unmodelled}" if result.unmodelled else result.observation.facts


@dataclass(frozen=True, slots=True)
class Question:
    """A scenario, and the facts of it that are worth knowing, with what one model says, if that was asked for."""

    scenario: Scenario
    facts: tuple[tuple[str, Value | None], ...]


def question(scenario: Scenario, models: Sequence[Model], *, every: bool = False, filled: Model | None = None) -> Question:
    """What to observe of a scenario: the facts on which models part; all that any system can have, if `every`.

    `filled` is the model that answers; what it does not have is "absent".
    """
    shown = [one for one in (shows(scenario, model) for model in models) if not isinstance(one, str)]
    paths = dict.fromkeys(path for facts in shown for path in facts if scope_of(path) in (Scope.ALL, Scope.ASKED))
    wanted = [path for path in paths if every or (scope_of(path) is Scope.ALL and _part(path, shown))]
    answer = shows(scenario, filled) if filled is not None else ""
    answers: Mapping[str, Value] = {} if isinstance(answer, str) else {path: answer.get(path, ABSENT) for path in wanted}
    return Question(scenario, tuple([(path, answers.get(path)) for path in wanted]))


def _part(path: str, shown: Sequence[Mapping[str, Value]]) -> bool:
    """Whether a fact is another one for some. That somebody is not there, or dead, is told by that one's state already."""
    head, _, name = path.partition(".")
    if head in ("call", "machine") or name == "state":
        return len({facts.get(path) for facts in shown}) > 1
    states = [f"{role}.state" for role in head.split("~")]
    alive = [facts for facts in shown if all(facts.get(state) not in NOT_ALIVE for state in states)]
    return len({facts.get(path) for facts in alive}) > 1
