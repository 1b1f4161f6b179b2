"""The process tree at one moment, and what its members share, as data for a drawing."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.facts import SHARED, Subject, Value, split

SHARES = ("memory", "files", "cwd", "handlers")  # facts of a pair; bit n of a link is for the n-th
Picture = list[list[list[str | int]]]


def picture(facts: Mapping[str, Value]) -> Picture:
    """Processes (role, parent, state) and links between two (role, role, bits of SHARES, regions, offsets), as observed."""
    people: dict[str, list[str | int]] = {}
    links: dict[tuple[str, str], list[str | int]] = {}
    for path, value in facts.items():
        subject, name = split(path)
        who = path.partition(".")[0]
        if subject is Subject.PROCESS and name in ("state", "parent"):
            people.setdefault(who, [who, "", ""])[2 if name == "state" else 1] = str(value)
        elif subject is Subject.PAIR:
            one, _, other = who.partition("~")
            link = links.setdefault((one, other), [one, other, 0, "", ""])
            if name in SHARES and value == SHARED:
                link[2] = int(link[2]) | 1 << SHARES.index(name)
            elif name in ("regions", "offsets") and isinstance(value, tuple):
                link[3 if name == "regions" else 4] = ", ".join(value)
    there = [person for person in people.values() if person[2] not in ("reaped", "never born")]
    return [there, list(links.values())]
