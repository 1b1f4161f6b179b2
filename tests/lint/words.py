"""Finds what has no place in the project's files: paths of one workplace, registry hosts, and text of the C sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from oracle.sources.listing import Listing
from tests.lint.tree import Complaint

CI = ".ci/run"  # the one file that may know where a checkout's neighbours are


def _whole(*words: str) -> tuple[str, ...]:
    """Words that are written with a ~ inside, so that this file is not its own first find."""
    return tuple(word.replace("~", "") for word in words)


WORKPLACE = _whole("/wo~rk/", "/tmp/te~am", "/ro~ot/")
(NEIGHBOUR,) = _whole("../sha~red")
REGISTRIES = _whole(
    "pyp~i.org", "python~hosted.org", "npm~js.org", "registry.yarn~pkg", "crates~.io", "proxy.gol~ang.org",
    "deb.deb~ian.org", "archive.ubun~tu.com", "security.ubun~tu.com", "docker~.io", "/opt/py~pi",
)  # fmt: skip

RUN = 60  # characters, blanks not counted, that two texts share by copying only
_DECORATION = re.compile(r"^[ \t]*(?:\*(?!/)|#+(?= )|//)?", re.MULTILINE)
_BLANK = re.compile(r"\s+")


def forbidden_words(texts: Mapping[str, str]) -> list[Complaint]:
    """Words that no file may have, by place, but for the neighbour in the script that may know it."""
    found = []
    for place, text in texts.items():
        words = [*WORKPLACE, *REGISTRIES, *([] if place == CI else [NEIGHBOUR])]
        for number, line in enumerate(text.splitlines(), 1):
            found += [Complaint(place, number, f"{word!r} has no place here") for word in words if word in line]
    return sorted(found)


def copied(texts: Mapping[str, str], listings: Iterable[Listing]) -> list[Complaint]:
    """Places that share a run of text with the code or comments of a C source, after its licence."""
    known: set[str] = set()
    for listing in listings:
        start = next((number for number, code in enumerate(listing.code) if code), 0)
        text = _squeezed("\n".join(listing.lines[start:]))
        known.update(text[at : at + RUN] for at in range(len(text) - RUN + 1))
    found = []
    for place, text in texts.items():
        squeezed = _squeezed(text)
        at = 0
        while at <= len(squeezed) - RUN:
            run = squeezed[at : at + RUN]
            if run in known:
                found.append(Complaint(place, _line_of(text, run), f"{run!r} is the C's own text: say it in other words"))
                at += RUN
            else:
                at += 1
    return found


def _squeezed(text: str) -> str:
    """A text without blanks and without what comments start their lines with."""
    return _BLANK.sub("", _DECORATION.sub("", text))


def _line_of(text: str, run: str) -> int:
    """The line of a text in which a run of its squeezed form starts."""
    target = _squeezed(text).index(run)
    seen = 0
    for number, line in enumerate(text.splitlines(), 1):
        seen += len(_squeezed(line))
        if seen > target:
            return number
    return 0
