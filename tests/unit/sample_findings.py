"""A few findings, true or hostile, for what shows findings; and claims made up out of what scenarios really differ on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from oracle.explain.explain import explain
from oracle.finding import Finding, Kind, Side
from oracle.findings.claims import Apart, Catalogue, Claims
from oracle.flavor import Flavor
from oracle.scenario import Scenario
from oracle.signature import abstract_roles, kind_of

NETBSD, DRAGONFLY = "NetBSD sys/kern/kern_fork.c 1.189", "DragonFly sys/kern/kern_fork.c"

SLOTS = Finding(
    id="last-ten-slots",
    title="DragonFly keeps ten process slots for the superuser, NetBSD keeps none",
    kind=Kind.DESIGN,
    topic="limits",
    facts=("call", "call.elapsed", "machine.*"),
    sides=(
        Side(("netbsd@*",), "forks until the table is full", (f"{NETBSD}, fork1 [258]",), (f"{NETBSD}, fork1 [257-264]",)),
        Side(("dragonfly@*",), "fails for users once ten slots are left", (f"{DRAGONFLY} 1.62, fork1 [212-213]",)),
    ),
    consequence="A program that counts on the last slots fails earlier.",
    advice=(("dragonfly", "Leave ten slots."), ("netbsd@1.189", "Nothing to do."), ("netbsd", "Never read.")),
    scenarios=("limits/last-ten-slots",),
    defects=("netbsd/Q4",),
    promises=("posix-fork/7",),
)
CASES = Finding(
    id="revisions-part",
    title="Revisions of DragonFly part on this",
    kind=Kind.DEFECT,
    topic="accounting",
    facts=("*",),
    sides=(
        Side(("dragonfly@1.62",), "does one thing", ("is not made",), (f"{DRAGONFLY} 1.62, fork1",)),
        Side(("dragonfly@1.67", "dragonfly@768af85b"), "do another thing", ("is not made",), (f"{DRAGONFLY} 1.67, fork1",)),
    ),
    consequence="Somebody notices.",
    advice=(),
    since="dragonfly@1.67",
    until="dragonfly@768af85b",
)
SAMPLES = (SLOTS, CASES)


def apart(scenario: str, path: str, one: str = "tinyos@1", other: str = "barren@1", line: str = "") -> Apart:
    """A difference of two toys."""
    lines = (line or f"{NETBSD}, fork1 [258]",)
    return Apart(scenario, path, path, 1, (one, other), ("kid", "EAGAIN"), (lines, lines))


def hostile(text: str) -> Finding:
    """A finding all of whose texts are one."""
    sides = (Side(("tinyos@*",), text, (text,), (text,)), Side(("barren@1", text), text, (f"{text}.c 1, f [1-2]",)))
    advice = (("barren", text), (text, text))
    return Finding(text, text, Kind.ACCIDENT, text, (text,), sides, text, advice, (text,), text, text, (text,), (text,))


def claimed(scenarios: Iterable[Scenario], flavors: Sequence[Flavor], catalogue: Sequence[Finding]) -> Claims:
    """What some findings claim of how flavors part on scenarios. SLOTS is made to cite what did decide its first fact."""
    found = []
    for scenario in scenarios:
        roles = abstract_roles(scenario)
        for one, other in combinations([flavor for flavor in flavors if scenario.runs_on(flavor.id)], 2):
            for apart in explain(scenario, one, other).differences:
                if apart.lasts:
                    sides = apart.sides
                    found.append(
                        Apart(
                            scenario.name, apart.path, kind_of(apart.path, roles), apart.step, (one.id, other.id),
                            (sides[0].value, sides[1].value), (sides[0].lines, sides[1].lines),
                        )
                    )  # fmt: skip
    return Catalogue(_citing(catalogue, found)).judge(found)


def _citing(catalogue: Sequence[Finding], found: Sequence[Apart]) -> list[Finding]:
    """The findings with all lines that decided what they are about on each of their sides."""
    made = []
    for finding in catalogue:
        lines: list[dict[str, None]] = [dict.fromkeys(side.decided) for side in finding.sides]
        for apart in found:
            for flavor, some in zip(apart.flavors, apart.lines, strict=True):
                place = finding.side_of(flavor)
                if place is not None and finding.within(apart.scenario):
                    lines[place].update(dict.fromkeys(some))
        sides = tuple(replace(side, decided=tuple(some)) for side, some in zip(finding.sides, lines, strict=True))
        made.append(replace(finding, sides=sides, scenarios=finding.scenarios or ("*",)))
    return made
