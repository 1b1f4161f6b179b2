"""Random cases: a machine state and a program of several actors, made in tens of microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from oracle.args import flag_names
from oracle.calls import PORTABLE, CallSpec, Kind, Param
from oracle.facts import FACTS, Scope, Subject
from oracle.flavor import Flavor
from oracle.fuzz.dictionary import compared_with
from oracle.fuzz.starts import Weights, start
from oracle.probes import CALLER, IDS, USERS, lacks
from oracle.scenario import ArgValue, ProcessSpec, Scenario, Step
from oracle.start import PLAIN_MACHINE

WORD = 32  # bits of a flag word
WORDS: Mapping[str, tuple[str, ...]] = {
    "path": ("/tmp/a", "/etc/motd"),
    "region": ("data", "data", "map", "nothing"),
    "handler": ("default", "ignore", "h"),
    "stack": ("off", "s1"),
}
LIKELY = ("SIGCHLD", "SIGTERM", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGTSTP", "SIGHUP", "SIGUSR1")
NUMBERS = (0, 0, 1, 2, 3, 10, 99, -1, 1000)
TIMES = (0, 10, 500, 1000)
OFTEN = {
    "fork": 10, "vfork": 6, "spawn": 12, "exit": 8, "wait": 10, "kill": 10, "exec": 5, "sigaction": 4, "ptrace": 5,
    "setpgid": 3, "setsid": 2, "kqueue": 1, "kevent": 3,
}  # fmt: skip
NATIVE = 4  # how often a call is made that one system alone has, if all flavors are of that system
BIRTHS = 3  # the more so, if it makes a process
LENGTHS = (1, 1, 2, 2, 3, 3, 4, 5, 6, 8)
ASKED = tuple(
    f"machine.{fact.name}"
    for fact in FACTS
    if fact.subject is Subject.MACHINE and fact.scope in (Scope.ASKED, Scope.ASKED_SYSTEM)
)
PLAIN_PROCESSES: tuple[ProcessSpec, ...] = (ProcessSpec(CALLER),)
ANY: tuple[str, ...] = ("a", "b")


class Generator:
    """Makes cases that all of some flavors can read. The same random numbers and weights: the same cases."""

    def __init__(self, flavors: Sequence[Flavor]) -> None:
        self.flavors = tuple(flavors)
        self._lacking = lacks(self.flavors)
        first = flavors[0]
        self.specs: dict[str, CallSpec] = {}
        self._chances: dict[str, float] = {}
        for spec in PORTABLE:
            if spec.name == "spawn" or _is_common(spec.name, flavors):
                self._add(spec, OFTEN.get(spec.name, 1))
        for name, call in first.calls.items():
            if name not in self.specs and all(name in one.calls and one.calls[name].spec == call.spec for one in flavors):
                self._add(call.spec, NATIVE * (BIRTHS if call.spec.births else 1))
        self._only = () if len(flavors) < 2 else tuple(one.id for one in flavors)
        one_system = len({one.system for one in flavors}) == 1
        self._agree = ASKED if one_system else ()  # between systems they differ nearly everywhere
        self._portable = frozenset(spec.name for spec in PORTABLE)
        self._signals = tuple(name for name in first.signals if all(name in one.signals for one in flavors))
        self._likely = tuple(name for name in LIKELY if name in self._signals) or self._signals
        self._flags = {
            (spec.name, param.name): _common(spec, param, flavors)
            for spec in self.specs.values()
            for param in spec.params
            if param.kind is Kind.FLAGS
        }
        self._fair = _fair(flavors)
        self._whole = {
            (spec.name, param.name): compared_with(spec, param, flavors, self._near(spec, param))
            for spec in self.specs.values()
            for param in spec.params
            if spec.births and param.kind is Kind.FLAGS
        }
        self._tunables = {name: value for name, value in first.tunables.items() if all(name in one.tunables for one in flavors)}

    def _add(self, spec: CallSpec, chance: float) -> None:
        self.specs[spec.name] = spec
        self._chances[spec.name] = chance

    def _near(self, spec: CallSpec, param: Param) -> list[int]:
        """A word that makes a call go well, and its neighbours."""
        fair = self._fair.get(spec.name, {}).get(param.name, 0)
        return [fair, *(fair ^ bit for bit in self._flags[spec.name, param.name])]

    def chooser(self, weights: Weights) -> Chooser:
        """What makes cases with some weights."""
        return Chooser(self, weights)


class Chooser:
    """A generator with the weights of what it makes cases of."""

    def __init__(self, generator: Generator, weights: Weights) -> None:
        self._of = generator
        self._weights = weights
        self._names = tuple(generator._chances)
        total = 0.0
        self._cumulative = [total := total + generator._chances[name] * weights.get(name, 1.0) for name in self._names]

    def case(self, rng: Random) -> Scenario:
        """A case."""
        of = self._of
        if rng.random() < 0.25:
            machine, processes = PLAIN_MACHINE, PLAIN_PROCESSES
        else:
            machine, processes = start(rng, self._weights, of._lacking, of._tunables)
        roles = [one.name for one in processes]
        for one in processes:
            if one.extras is not None:
                roles += [thread.name for thread in one.extras.threads]
        actors = [CALLER, *roles]
        if rng.random() < 0.1:
            actors.append("shell")
        steps: list[Step] = []
        native = False
        for index in range(1, rng.choice(LENGTHS) + 1):
            name = rng.choices(self._names, cum_weights=self._cumulative)[0]
            spec = of.specs[name]
            native = native or name not in of._portable
            step = Step(index, rng.choice(actors), name, self._args(rng, spec, actors), f"kid{index}" if spec.births else "")
            steps.append(step)
            if step.born:
                actors += (step.born, step.born)
        only = of._only if native else ()
        return Scenario("case", "a random program", "", "results", tuple(steps), machine, processes, only, of._agree)

    def _args(self, rng: Random, spec: CallSpec, actors: Sequence[str]) -> dict[str, ArgValue]:
        args: dict[str, ArgValue] = {}
        fair = self._of._fair.get(spec.name)
        for param in spec.params:
            if param.required or (param.kind is Kind.FLAGS and spec.births) or rng.random() < 0.35:
                args[param.name] = self._value(rng, spec, param, actors, fair)
        return args

    def _value(
        self, rng: Random, spec: CallSpec, param: Param, actors: Sequence[str], fair: Mapping[str, int] | None
    ) -> ArgValue:
        kind = param.kind
        if param.choices:
            return rng.choice(param.choices)
        if kind is Kind.ROLE:
            return rng.choice(actors)
        if kind is Kind.SWITCH:
            return rng.random() < 0.5
        if kind is Kind.SIGNAL:
            return rng.choice(self._of._likely if rng.random() < 0.8 else self._of._signals) if rng.random() < 0.95 else 0
        if kind is Kind.SIGNALS:
            return tuple(rng.sample(self._of._likely, rng.choice((0, 1, 1, 2))))
        if kind is Kind.OCTAL:
            return rng.choice(("000", "022", "077"))
        if kind is Kind.NUMBER:
            return rng.choice(USERS if param.name in IDS else TIMES if param.name == "ms" else NUMBERS)
        if kind is Kind.FLAGS:
            return self._word(rng, spec, param, 0 if fair is None else fair.get(param.name, 0))
        return rng.choice(WORDS.get(param.name, ANY))

    def _word(self, rng: Random, spec: CallSpec, param: Param, fair: int) -> int:
        """A flag word: some named bits put to what makes the call go well, or left away; now and then bits without a name.

        Or a word that a kernel compares as a whole.
        """
        bits = self._of._flags[spec.name, param.name]
        word = fair if rng.random() < 0.85 else 0
        whole = self._of._whole.get((spec.name, param.name))
        if whole and rng.random() < 0.1:
            return rng.choice(whole)
        if bits:
            for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4))):
                word ^= rng.choice(bits)
        if rng.random() < 0.1:
            word ^= 1 << rng.randrange(WORD)
        return word


def _is_common(name: str, flavors: Sequence[Flavor]) -> bool:
    """Whether somebody has a call, and nobody leaves it unmodelled."""
    return any(name in one.calls for one in flavors) and all(name in one.calls or name in one.absent for one in flavors)


def _common(spec: CallSpec, param: Param, flavors: Sequence[Flavor]) -> tuple[int, ...]:
    """The bits that have one name on all flavors. A word is written as a number: of other bits, each makes what it likes."""
    first, *others = [dict(flag_names(spec, param, one)) for one in flavors]
    return tuple(bit for name, bit in first.items() if all(one.get(name) == bit for one in others))


def _fair(flavors: Sequence[Flavor]) -> dict[str, dict[str, int]]:
    """The words with which calls of the system go well, as its trials have them."""
    found: dict[str, dict[str, int]] = {}
    for flavor in flavors[:1]:
        for trial in flavor.trials:
            call = flavor.calls[trial.call]
            for param in call.spec.params:
                value = trial.fair.args.get(param.name)
                if param.kind is Kind.FLAGS and isinstance(value, int | str) and not isinstance(value, bool):
                    names = dict(flag_names(call.spec, param, flavor))
                    found.setdefault(trial.call, {})[param.name] = _number(value, names)
    return found


def _number(value: int | str, names: Mapping[str, int]) -> int:
    if isinstance(value, int):
        return value
    word = 0
    for name in value.split("|"):
        word |= names.get(name, 0)
    return word
