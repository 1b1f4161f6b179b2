"""Drafts the map of a listing: the functions with their lines, as Python text to put into a flavor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from oracle.sources.listing import Listing

WIDTH = 120


def draft(listing: Listing) -> str:
    """The start of a `SourceMap`: every function of the listing, and no reason yet for anything to be left out."""
    lines = [line for name in listing.functions for line in _function(listing, name)]
    return "\n".join(["SourceMap(", "    SOURCE,  # the one that @models names", "    (", *lines, "    ),", ")"]) + "\n"


def _function(listing: Listing, name: str) -> Iterator[str]:
    found = listing.c_function(name)
    yield "        CFunction("
    yield f'            "{found.name}", {found.first}, {found.last},'
    yield from _text(found.code)
    if found.decides:
        yield from _text(found.decides)
    yield "        ),"


def _text(lines: str) -> Iterator[str]:
    """A text in quotes, over several lines if it is long."""
    parts = textwrap.wrap(lines, WIDTH - 16, break_on_hyphens=False) or [""]
    for part in parts[:-1]:
        yield f'            "{part} "'
    yield f'            "{parts[-1]}",'
