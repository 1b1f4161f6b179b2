"""What both halves of the second pass share: the flavors, the roles known so far, the reading of selectors and expectations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from oracle.args import hint
from oracle.facts import Value
from oracle.flavor import Flavor
from oracle.load.problems import Problems, show
from oracle.load.yamlpos import Node, short
from oracle.outcome import ABSENT
from oracle.scenario import ALWAYS_THERE, Expected, Selector, selects


@dataclass(slots=True)
class Context:
    """The state of the second pass over one file."""

    problems: Problems
    flavors: Sequence[Flavor]  # installed
    running: list[Flavor] = field(default_factory=list)  # those that the scenario runs on
    born: dict[str, set[str]] = field(default_factory=dict)  # role -> flavor ids on which a step names it, oldest role first
    made: dict[str, set[str]] = field(default_factory=dict)  # the same without those where that step is expected to fail
    later: dict[str, int] = field(default_factory=dict)  # role -> the step that makes it, for all of the file

    def add(self, node: Node, message: str) -> None:
        """A flaw at a node."""
        self.problems.add(node, message)

    def roles(self) -> list[str]:
        """The roles known so far, in the order in which they are made."""
        return [*ALWAYS_THERE, *self.born]

    def selectors(self, node: Node | None, among: Sequence[Flavor], what: str) -> tuple[Selector, ...]:
        """The selectors of an `only`, each of which has to select some of the flavors in question."""
        if node is None:
            return ()
        nodes = node.items if isinstance(node.value, list) else [node]
        found: list[str] = []
        for one in nodes:
            name = str(one.value)
            if self.selector(one, name, among, what):
                if name in found:
                    self.add(one, f"selector {name!r} stands here twice")
                found.append(name)
        return tuple(found)

    def selector(self, node: Node, name: str, among: Sequence[Flavor], what: str) -> bool:
        """Whether a selector names a flavor that is installed, and one of those in question."""
        known = ["all", *dict.fromkeys(flavor.system for flavor in self.flavors), *(flavor.id for flavor in self.flavors)]
        if name not in known:
            self.add(
                node, f"selector {short(name)!r} names no installed flavor{hint(name, known)}; there are {', '.join(known)}"
            )
            return False
        if not any(selects((name,), flavor.id) for flavor in among):
            self.add(node, f"selector {name!r}: {what} does not run there, but on {ids(among) or 'no flavor'}")
            return False
        return True

    def role(self, node: Node, name: str, on: Sequence[Flavor]) -> bool:
        """Whether a role is known by now on one of some flavors."""
        if name in ALWAYS_THERE:
            return True
        there = self.born.get(name)
        if there is None:
            if name in self.later:
                self.add(node, f"{name!r} is made only by step {self.later[name]}")
            else:
                known = [role for role in self.roles() if role not in ("kernel", "init")]
                self.add(node, f"no process is called {short(name)!r}{hint(name, known)}; there are {', '.join(known)}")
            return False
        if on and not any(flavor.id in there for flavor in on):
            made = [flavor for flavor in self.flavors if flavor.id in there]
            self.add(node, f"{name!r} is made on {ids(made)} only, and this runs on {ids(on)}")
            return False
        return True

    def signal(self, node: Node, name: str, on: Sequence[Flavor]) -> str:
        """The name of a signal that one of some flavors has."""
        if not any(name in flavor.signals for flavor in on):
            known = list(dict.fromkeys(signal for flavor in on for signal in flavor.signals))
            self.add(node, f"{short(name)!r} is no signal on {ids(on)}{hint(name, known)}")
        return name

    def expected(self, node: Node, fact_type: str, among: Sequence[Flavor], what: str) -> Expected:
        """An expected value, or several by selector."""
        by_flavor: list[tuple[Selector, Value]] = []
        if isinstance(node.value, dict):
            for name, entry in node.entries.items():
                if self.selector(node.keys[name], name, among, what):
                    by_flavor.append((name, self.value(entry, fact_type)))
        else:
            by_flavor.append(("all", self.value(node, fact_type)))
        return Expected(tuple(by_flavor), node.line)

    def value(self, node: Node, fact_type: str) -> Value:
        """A value of a fact's type. Numbers stand for texts where a text is due; one text stands for a list of one."""
        value = node.value
        if value == ABSENT:
            return ABSENT
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if fact_type == "list":
            if isinstance(value, list):
                return tuple(str(item.value) for item in node.items)
            if isinstance(value, str) or is_number:
                return (str(value),)
        elif fact_type == "text" and (isinstance(value, str) or is_number):
            return str(value)
        elif isinstance(value, int) and fact_type == ("int" if is_number else "bool"):
            return value
        wanted = {"list": "a list of texts", "text": "a text", "int": "a whole number", "bool": "true or false"}[fact_type]
        quote = "; write it in quotes for a text" if isinstance(value, bool) and fact_type == "text" else ""
        self.add(node, f"{show(node)} stands where the fact is {wanted}{quote}")
        return ABSENT


def ids(flavors: Collection[Flavor]) -> str:
    """Flavors in a message."""
    return ", ".join(flavor.id for flavor in flavors)


def given(node: Node, key: str, default: str = "") -> str:
    """A text entry of a mapping."""
    entry = node.entries.get(key)
    return default if entry is None else str(entry.value)
