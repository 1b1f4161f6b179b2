"""Walks through drafts of findings with the person at the terminal, and writes those that are told to the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from oracle.cli.terminal import Terminal, write_files
from oracle.finding import Finding, Kind, is_citation
from oracle.findings.claims import Claims
from oracle.findings.draft import Draft
from oracle.load import SUFFIX, dump_finding, names_finding
from oracle.report import findings_report
from oracle.report.look import Look

Ask = Callable[[str], str]
KINDS = {kind.value: kind for kind in Kind}


class _Enough(Exception):
    """Nobody answers any more."""


def walk(made: Sequence[Draft], judged: Claims, folder: Path, look: Look, terminal: Terminal) -> int:
    """Ask about each draft what only a person can say. Returns how many are findings now."""

    def ask(prompt: str) -> str:
        terminal.write(f"{prompt}: ")
        line = sys.stdin.readline()
        if not line:
            raise _Enough
        return line.strip()

    written = 0
    for draft in made:
        terminal.write("\n" + findings_report.drafts([draft], judged, look))
        try:
            finding = _told(draft.finding, ask)
        except _Enough:
            break
        if finding is not None:
            name = _free(folder, ask, finding.id)
            write_files({folder / f"{name}{SUFFIX}": dump_finding(replace(finding, id=name))})
            terminal.write(f"written to {folder / name}{SUFFIX}\n")
            written += 1
    return written


def _told(finding: Finding, ask: Ask) -> Finding | None:
    """A finding with what a person says of it; None if it is left for another time."""
    title = ask("title, one plain sentence (nothing: leave this one out)")
    if not title:
        return None
    kind = ""
    while kind not in KINDS:
        kind = ask(f"kind, one of {', '.join(KINDS)}")
    sides = []
    for side in finding.sides:
        does = _answer(ask, f"what {', '.join(side.flavors)} does")
        background = side.background
        while not any(map(is_citation, (*side.decided, *background))):
            background = (ask("a line of C that has to do with it, as 'System path revision, function [lines]'"),)
        sides.append(replace(side, does=does, background=background))
    consequence = _answer(ask, "consequence, what a program notices")
    advice = tuple([(place, _answer(ask, f"advice for a program on its way to {place}")) for place, _ in finding.advice])
    return replace(finding, title=title, kind=KINDS[kind], sides=tuple(sides), consequence=consequence, advice=advice)


def _answer(ask: Ask, prompt: str) -> str:
    said = ""
    while not said:
        said = ask(prompt)
    return said


def _free(folder: Path, ask: Ask, proposed: str) -> str:
    """A name for a finding, as they are called, that no other has."""
    while True:
        name = ask(f"name ({proposed})") or proposed
        if names_finding(name) and not (folder / f"{name}{SUFFIX}").exists():
            return name
