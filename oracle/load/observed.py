"""Files of observed facts: what somebody's emulator, or a real system, showed of scenarios. JSON, read with places for errors.

    {
      "format": 1,
      "about": "what was observed, for people",
      "scenarios": [
        {"scenario": "vfork/until-exec", "facts": {"call.1": "asleep", "kid.umask": "022", "kid.pending": null}},
        {"scenario": {"title": …, "topic": …, "steps": […]}, "facts": {…}}
      ]
    }

A scenario is one of a folder, by name, or a whole one as files hold it. Facts are those after its last step; one that is null
is not known, "absent" is one that was looked for and is not there. `program` and `meaning` are there for whoever fills it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oracle.args import hint
from oracle.facts import FACTS, Fact, Subject, Value, lookup
from oracle.flavor import Flavor
from oracle.load.fact_words import Words, words_of
from oracle.load.files import SUFFIX, find_scenarios, load_scenario, scenario_name, text_of
from oracle.load.jsonpos import MAX_FILE_BYTES, read
from oracle.load.meaning import understand
from oracle.load.problems import Problems, check_shape, show
from oracle.load.shape import shapes
from oracle.load.yamlpos import Node, Plain, short
from oracle.outcome import ABSENT
from oracle.scenario import ALWAYS_THERE, Scenario

FORMAT = 1
MOST = 1_000  # scenarios in a file
KEYS = {"format": True, "about": False, "scenarios": True, "$schema": False}  # whether they have to be there
ENTRY_KEYS = {"scenario": True, "facts": True, "program": False, "meaning": False}


@dataclass(frozen=True, slots=True)
class Observed:
    """The facts that are known of one scenario, by path. The value "absent" is that of a fact that is not there."""

    scenario: Scenario
    facts: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Observations:
    """A whole file."""

    about: str
    observed: tuple[Observed, ...]

    @property
    def count(self) -> int:
        """How many facts are known."""
        return sum(len(one.facts) for one in self.observed)


def load_observations(path: Path, flavors: Sequence[Flavor], specs: Path | None) -> Observations:
    """Read a file. `specs` is the folder of the scenarios that it names. Raises ScenarioError with line and column."""
    return observations(text_of(path, MAX_FILE_BYTES, pipe=True), str(path), flavors, specs)


def observations(text: str, file: str, flavors: Sequence[Flavor], specs: Path | None) -> Observations:
    """What a text says was observed."""
    root = read(text, file)
    problems = Problems(file)
    reader = _Reader(problems, flavors, specs)
    found = reader.document(root)
    if problems.found:
        raise problems.error()
    return found


class _Reader:
    """Makes sense of the nodes of a file."""

    def __init__(self, problems: Problems, flavors: Sequence[Flavor], specs: Path | None) -> None:
        self.problems = problems
        self.flavors = flavors
        self.specs = specs

    def document(self, root: Node) -> Observations:
        """The whole file."""
        observed: list[Observed] = []
        if self.keys(root, KEYS, "the file"):
            version = root.entries["format"]
            if version.value != FORMAT or isinstance(version.value, bool):
                self.problems.add(version, f"`format` is {show(version)}; this program reads format {FORMAT}")
            listed = root.entries["scenarios"]
            if not isinstance(listed.value, list) or not 0 < len(listed.items) <= MOST:
                said = f"`scenarios` is {show(listed)}; expected a list of 1 to {MOST} scenarios with their facts"
                self.problems.add(listed, said)
            else:
                observed = [one for node in listed.items if (one := self.entry(node)) is not None]
        about = root.entries.get("about")
        if about is not None and not isinstance(about.value, str):
            self.problems.add(about, f"`about` is {show(about)}; expected a text")
        return Observations(str(about.value) if about is not None else "", tuple(observed))

    def keys(self, node: Node, known: dict[str, bool], what: str) -> bool:
        """Whether a node is an object with all the keys that it needs; those that nobody knows are flaws."""
        if not isinstance(node.value, dict):
            self.problems.add(node, f"{what} is {show(node)}; expected an object with {', '.join(known)}")
            return False
        missing = [name for name, needed in known.items() if needed and name not in node.entries]
        for name, key in node.keys.items():
            if name not in known:
                missing = [one for one in missing if not hint(name, [one])]
                cure = hint(name, known) or f"; there are {', '.join(known)}"
                self.problems.add(key, f"no key of {what} is called {short(name)!r}{cure}")
        for name in missing:
            self.problems.add(node, f"`{name}` of {what} is missing")
        return all(name in node.entries for name, needed in known.items() if needed)

    def entry(self, node: Node) -> Observed | None:
        """One scenario with its facts."""
        if not self.keys(node, ENTRY_KEYS, "an entry of `scenarios`"):
            return None
        where, facts = node.entries["scenario"], node.entries["facts"]
        if not isinstance(facts.value, dict):
            self.problems.add(facts, f"`facts` is {show(facts)}; expected an object with a value for each path")
            return None
        scenario = self.scenario(where)
        if scenario is None:
            return None
        if scenario.concurrent:
            said = "has concurrent steps: what comes of it depends on the schedule; leave it out"
            self.problems.add(where, f"{scenario.name} {said}")
            return None
        known: list[tuple[str, Value]] = []
        roles = _roles(scenario)
        words = words_of(scenario, roles, self.flavors)
        for path, value in facts.entries.items():
            if self.fact(path, facts.keys[path], scenario, roles) and value.value is not None:
                self.value(path, value, words, known)
        return Observed(scenario, tuple(known))

    def scenario(self, node: Node) -> Scenario | None:
        """A scenario by its name, or written out."""
        if isinstance(node.value, dict):
            before = len(self.problems.found)
            check_shape(node, shapes(self.flavors), self.problems)
            if len(self.problems.found) > before:
                return None
            return understand(node, self.flavors, f"line {node.line}", self.problems)
        if not isinstance(node.value, str):
            self.problems.add(node, f"`scenario` is {show(node)}; expected the name of a scenario, or a whole one")
            return None
        if self.specs is None:
            said = "there is no folder of scenarios here; say where it is with --specs DIR"
            self.problems.add(node, f"{short(node.value)!r}: {said}")
            return None
        file = self.specs / (node.value + SUFFIX)
        if ".." in file.parts or not file.is_file():
            names = [scenario_name(one, self.specs) for one in find_scenarios([self.specs])]
            cure = hint(node.value, names) or f"; 'fork-oracle run {self.specs}' lists them"
            self.problems.add(node, f"there is no scenario {short(node.value)!r} in {str(self.specs)!r}{cure}")
            return None
        return load_scenario(file, self.flavors, self.specs)

    def fact(self, path: str, key: Node, scenario: Scenario, roles: Sequence[str]) -> bool:
        """Whether there can be such a fact in a scenario."""
        found = lookup(path)
        if found is None:
            cure = hint(path, _paths(scenario, roles)) or "; 'fork-oracle facts' lists them"
            self.problems.add(key, f"no fact has the path {short(path)!r}{cure}")
            return False
        if found.subject is Subject.CALL:
            number = path.partition(".")[2].partition(".")[0]
            steps = [str(step.index) for step in scenario.calls]
            if number not in steps:
                self.problems.add(key, f"{short(path)}: the calls of {scenario.name} have the numbers {', '.join(steps)}")
                return False
        elif found.subject is not Subject.MACHINE:
            for role in path.partition(".")[0].split("~"):
                if role not in roles:
                    cure = hint(role, roles) or f"; there are {', '.join(roles)}"
                    self.problems.add(key, f"{short(path)}: nobody in {scenario.name} is called {short(role)!r}{cure}")
                    return False
        return True

    def value(self, path: str, node: Node, words: Words, known: list[tuple[str, Value]]) -> None:
        """A value of the fact's type."""
        found = lookup(path)
        assert found is not None
        told = _typed(found.type, node.value)
        if told is not None:
            if told == ABSENT or self.words(path, found, node, told, words):
                known.append((path, told))
            return
        wanted = {"bool": "true or false", "int": "a whole number", "text": "a text", "list": "a list of texts"}[found.type]
        self.problems.add(node, f'{path} is {show(node)}; expected {wanted}, null if it is not known, or "absent"')

    def words(self, path: str, fact: Fact, node: Node, told: Value, words: Words) -> bool:
        """Whether a value is one that there can be, as far as a fact has a closed set of them."""
        parts = [(one, str(one.value)) for one in node.items] if isinstance(told, tuple) else [(node, told)]
        flaws = [(one, flaw) for one, text in parts if isinstance(text, str) and (flaw := words.flaw(path, fact, text))]
        for one, flaw in flaws:
            self.problems.add(one, f"{path} {'has' if isinstance(told, tuple) else 'is'} {show(one)}{flaw}")
        return not flaws


def _typed(kind: str, value: Plain) -> Value | None:
    """A value of a fact of some type, or None if it is none."""
    if value == ABSENT or (kind == "text" and isinstance(value, str)):
        return str(value)
    if isinstance(value, bool):
        return value if kind == "bool" else None
    if isinstance(value, int):
        return value if kind == "int" else str(value) if kind == "text" else None
    if kind == "list" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(map(str, value))
    return None


def _roles(scenario: Scenario) -> list[str]:
    """Everybody who can be spoken of."""
    born = [step.born or f"child{step.index}" for step in scenario.calls]
    return list(dict.fromkeys([*ALWAYS_THERE, *(process.name for process in scenario.processes), *born]))


def _paths(scenario: Scenario, roles: Sequence[str]) -> list[str]:
    """Paths that there could have been, for a did-you-mean."""
    found = [f"call.{step.index}" for step in scenario.calls]
    for fact in FACTS:
        if fact.subject is Subject.PROCESS:
            found += [f"{role}.{fact.name}" for role in roles]
        elif fact.subject is Subject.MACHINE:
            found.append(f"machine.{fact.name}")
        elif fact.subject is Subject.PAIR:
            found += [f"{one}~{other}.{fact.name}" for place, one in enumerate(roles) for other in roles[place + 1 :]]
    return found
