"""A picture of one chart of a sweep: every call of the space, in the colour, pattern and letter of its bucket."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.report.page.layout import Block, Dimension, Layout
from oracle.report.page.markup import Html, element, join, raw
from oracle.report.page.texts import shown
from oracle.sweep.atlas import AGREE, ALONE, MISSING

WIDE, HIGH, LEAST, MOST = 560, 420, 3, 28  # pixels that a picture should take, and that a square may
COLOURS, PATTERNS = 6, 4  # 24 buckets that nobody takes for each other; letters tell more apart
RULER, LABEL = 14, 11  # pixels of a parameter's ruler; of its name's height
LETTERED = 16  # pixels that a letter needs
MOST_BLOCKS, MOST_LETTERS = 8000, 80
SIGNS = {AGREE: ".", ALONE: "-", MISSING: "?"}


def letter(place: int) -> str:
    """A bucket's letter: A to Z, then AA, AB …"""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def style(place: int) -> str:
    """The class that gives a bucket its colour and pattern."""
    if place < 0:
        return {AGREE: "h-agree", ALONE: "h-alone", MISSING: "h-missing"}[place]
    return f"h{place % (COLOURS * PATTERNS)}"


def patterns() -> Html:
    """The patterns that the pictures are filled with, once for the page: colours by class, so that they fit light and dark."""
    strokes = ("", "M0,8L8,0", "M0,0L8,8", "M0,4H8")
    made = []
    for number in range(COLOURS * PATTERNS):
        colour, stroke = number % COLOURS, strokes[number // COLOURS]
        inner = [element("rect", width=8, height=8, class_=f"f{colour}")]
        inner += [element("path", d=stroke)] if stroke else []
        made.append(element("pattern", *inner, id=f"heat-{number}", width=8, height=8, patternUnits="userSpaceOnUse"))
    alone = [element("rect", width=6, height=6, class_="f-paper"), element("circle", cx=3, cy=3, r=1)]
    made.append(element("pattern", *alone, id="heat-alone", width=6, height=6, patternUnits="userSpaceOnUse"))
    return element("svg", element("defs", *made), width=0, height=0, aria_hidden="true", class_="defs")


def swatch(place: int) -> Html:
    """A sample of a bucket's colour and pattern, with its letter, for the legend."""
    box = element("rect", width=30, height=20, x=1, y=1, class_=style(place))
    text = element("text", letter(place), x=16, y=15, text_anchor="middle") if place >= 0 else Html("")
    return element("svg", box, text, width=32, height=22, viewBox="0 0 32 22", aria_hidden="true", class_="heat swatch")


def drawing(made: Layout, found: Sequence[Block], label: str) -> Html:
    """The picture. Rulers above and beside it say where each parameter has which value."""
    side = max(LEAST, min(MOST, WIDE // made.across, HIGH // made.down))
    left, top = (len(some) * RULER + 4 for some in (made.rows, made.columns))
    width, height = made.across * side, made.down * side
    name = max([len(one.name) for one in made.columns], default=0) * 8 + 8
    tall = max([len(one.name) for one in made.rows], default=0) * 8 + 8
    parts = [element("title", shown(label))]
    parts += [_ruler_above(one, index, made.columns, side, left) for index, one in enumerate(made.columns)]
    parts += [_ruler_beside(one, index, made.rows, side, top) for index, one in enumerate(made.rows)]
    frame = element("rect", width=width, height=height, class_="frame")
    inner = [*_paths(found, side), frame, *_letters(found, side)]
    parts.append(element("g", *inner, transform=f"translate({left},{top})"))
    for index, one in enumerate(made.columns):
        parts.append(element("text", shown(one.name, 40), x=left + width + 6, y=index * RULER + LABEL))
    for index, one in enumerate(made.rows):
        at = f"translate({index * RULER + 3},{top + height + 6}) rotate(90)"
        parts.append(element("text", shown(one.name, 40), transform=at))
    whole = (left + width + name, top + height + tall)
    return element(
        "svg",
        *parts,
        width=whole[0],
        height=whole[1],
        viewBox=f"0 0 {whole[0]} {whole[1]}",
        role="img",
        class_="heat",
        data_side=side,
        data_left=left,
        data_top=top,
    )


def _paths(found: Sequence[Block], side: int) -> list[Html]:
    """One path for all blocks of a bucket."""
    strokes: dict[int, list[str]] = {}
    for one in found:
        wide = one.width * side
        strokes.setdefault(one.place, []).append(f"M{one.x * side},{one.y * side}h{wide}v{one.height * side}h-{wide}z")
    return [element("path", d=raw("".join(some)), class_=style(place)) for place, some in sorted(strokes.items())]


def _letters(found: Sequence[Block], side: int) -> list[Html]:
    """Letters on the blocks that have room for them, the largest first."""
    fit = [one for one in found if one.place >= 0 and one.width * side >= LETTERED and one.height * side >= LETTERED]
    fit.sort(key=lambda one: -one.width * one.height)
    return [
        element(
            "text",
            letter(one.place),
            x=(2 * one.x + one.width) * side // 2,
            y=(2 * one.y + one.height) * side // 2 + 4,
            text_anchor="middle",
        )
        for one in fit[:MOST_LETTERS]
    ]


def _steps(index: int, some: Sequence[Dimension]) -> list[tuple[int, int, int]]:
    """A parameter's digits along its side: from where, how many squares, and the digit."""
    inner = 1
    for one in some[index + 1 :]:
        inner *= len(one.values)
    outer = 1
    for one in some[:index]:
        outer *= len(one.values)
    size = len(some[index].values)
    found: list[tuple[int, int, int]] = []
    at = 0
    for turn in range(outer):
        for digit in range(size)[:: -1 if turn % 2 else 1]:
            if found and found[-1][2] == digit:
                start, count, _ = found.pop()
                found.append((start, count + inner, digit))
            else:
                found.append((at, inner, digit))
            at += inner
    return found


def _ruler_above(one: Dimension, index: int, some: Sequence[Dimension], side: int, left: int) -> Html:
    parts: list[str] = []
    y = index * RULER
    for start, count, digit in _steps(index, some):
        x, wide = left + start * side, count * side
        parts.append(element("rect", x=x, y=y, width=wide, height=RULER - 3, class_=_ink(one, digit)))
        if not one.flag and wide > 7 * len(one.values[digit]):
            parts.append(element("text", shown(one.values[digit], 40), x=x + 2, y=y + LABEL - 2, class_=_text(digit)))
    return element("g", join(parts), class_="ruler")


def _ruler_beside(one: Dimension, index: int, some: Sequence[Dimension], side: int, top: int) -> Html:
    parts: list[str] = []
    x = index * RULER
    for start, count, digit in _steps(index, some):
        y, high = top + start * side, count * side
        parts.append(element("rect", x=x, y=y, width=RULER - 3, height=high, class_=_ink(one, digit)))
        if not one.flag and high > 7 * len(one.values[digit]):
            at = f"translate({x + 2},{y + 2}) rotate(90)"
            parts.append(element("text", shown(one.values[digit], 40), transform=at, class_=_text(digit)))
    return element("g", join(parts), class_="ruler")


def _ink(one: Dimension, digit: int) -> str:
    """How dark a ruler is: light for the simplest value, dark for a flag that is set, shades for other values."""
    return "r0" if not digit else "r3" if one.flag else ("r1", "r2", "r3")[digit % 3]


def _text(digit: int) -> str:
    return "on" if digit % 3 else ""
